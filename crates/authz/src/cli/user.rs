//! `authz user …`

use std::io::Read;

use clap::Subcommand;
use diesel::QueryResult;
use model::db::{Conn, DbError};
use model::id::UserId;
use serde_json::{Value, json};

use super::{Outcome, Report, password_from_stdin};
use crate::app::App;
use crate::audit::{Origin, What};
use crate::people;
use crate::profile::Profile;
use crate::sign_in::username_key;
use crate::sign_up;
use crate::store::groups;
use crate::store::json::Json;
use crate::store::users::{self, User};
use crate::store::{attempts, audit_events};

/// No honest profile is longer, in bytes.
const MAX_PROFILE: u64 = 16 * 1024;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an account; the password is the first line of standard input.
    Create {
        /// The name to sign in with.
        username: String,
    },
    /// Show every account.
    List,
    /// Set a new password from standard input, and end every session and token of the person.
    SetPassword {
        /// The name to sign in with.
        username: String,
    },
    /// Set what a person is to applications that may know, as a JSON object of OpenID Connect claims from standard
    /// input; it replaces what was said before.
    SetProfile {
        /// The name to sign in with.
        username: String,
    },
    /// Put a person into exactly these groups.
    Groups {
        /// The name to sign in with.
        username: String,
        /// The groups' names; none: out of all.
        groups: Vec<String>,
    },
    /// Forbid a person to act, and end every session and token of theirs.
    Disable {
        /// The name to sign in with.
        username: String,
    },
    /// Forget a person's wrong passwords, of which only so many in a row are looked at.
    Unlock {
        /// The name to sign in with.
        username: String,
    },
    /// Allow a disabled person to sign in again.
    Enable {
        /// The name to sign in with.
        username: String,
    },
}

pub(super) async fn run(app: &App, origin: &Origin, command: Command) -> Outcome {
    match command {
        Command::Create { username } => {
            let user = sign_up::create(app, origin, &username, password_from_stdin()?).await?;
            Ok(Report {
                text: format!("Created {} (id {}).", user.username, user.id),
                json: described(&user),
            })
        }
        Command::List => list(app).await,
        Command::SetPassword { username } => set_password(app, origin, &username).await,
        Command::SetProfile { username } => set_profile(app, origin, &username).await,
        Command::Groups { username, groups } => set_groups(app, origin, &username, groups).await,
        Command::Disable { username } => set_disabled(app, origin, &username, true).await,
        Command::Enable { username } => set_disabled(app, origin, &username, false).await,
        Command::Unlock { username } => unlock(app, origin, &username).await,
    }
}

async fn list(app: &App) -> Outcome {
    let all = app.db.read(users::all).await?;
    let line = |user: &User| {
        let state = if user.disabled_at.is_some() { "disabled" } else { "active" };
        format!("{:>6}  {:8}  {}  {}", user.id.0, state, user.created_at, user.username)
    };
    Ok(Report {
        text: all.iter().map(line).collect::<Vec<_>>().join("\n"),
        json: all.iter().map(described).collect(),
    })
}

async fn set_password(app: &App, origin: &Origin, username: &str) -> Outcome {
    let password = password_from_stdin()?;
    people::password(password.expose(), username)?;
    let hash = app.passwords.hash(password).await?;
    let clock = app.clock.clone();
    let changed = change(app, origin, username, What::PasswordSet, move |conn, key| {
        users::set_password(conn, key, &hash, &clock)
    });
    done(changed.await?, username, "has a new password; every session and token made before has ended")
}

async fn set_profile(app: &App, origin: &Origin, username: &str) -> Outcome {
    let said = std::io::read_to_string(std::io::stdin().lock().take(MAX_PROFILE))?;
    let mut profile: Profile =
        serde_json::from_str(&said).map_err(|error| format!("the profile: {error}"))?;
    profile.updated_at.get_or_insert(app.now().unix_seconds());
    let profile = Json::new(profile)?;
    let changed = change(app, origin, username, What::ProfileSet, move |conn, key| {
        users::set_profile(conn, key, &profile)
    });
    done(changed.await?, username, "has a new profile")
}

async fn set_groups(app: &App, origin: &Origin, username: &str, names: Vec<String>) -> Outcome {
    let is_name = |name: &String| (1..=100).contains(&name.len()) && !name.chars().any(char::is_control);
    if !names.iter().all(is_name) {
        return Err("a group's name has 1 to 100 bytes and no control characters".into());
    }
    let changed =
        change(app, origin, username, What::GroupsSet, move |conn, key| groups::replace(conn, key, &names));
    done(changed.await?, username, "is in these groups")
}

async fn set_disabled(app: &App, origin: &Origin, username: &str, disabled: bool) -> Outcome {
    let clock = app.clock.clone();
    let what = if disabled { What::UserDisabled } else { What::UserEnabled };
    let changed = change(app, origin, username, what, move |conn, key| {
        users::set_disabled(conn, key, disabled, &clock)
    });
    let changed = changed.await?;
    let what = if disabled { "is disabled; every session and token has ended" } else { "may sign in again" };
    done(changed, username, what)
}

async fn unlock(app: &App, origin: &Origin, username: &str) -> Outcome {
    let changed = change(app, origin, username, What::UserUnlocked, |conn, key| {
        let Some(user) = users::find(conn, key)? else { return Ok(None) };
        attempts::forget_person(conn, user.id)?;
        Ok(Some(user.id))
    });
    done(changed.await?, username, "may sign in; wrong passwords so far no longer count")
}

/// Makes a change to the person of that name, and tells the audit log in the same transaction. Whether there is one.
async fn change(
    app: &App,
    origin: &Origin,
    username: &str,
    what: What,
    change: impl FnOnce(&mut Conn, &str) -> QueryResult<Option<UserId>> + Send + 'static,
) -> Result<bool, DbError> {
    let (key, origin, now) = (username_key(username), origin.clone(), app.now());
    let changed = app.db.write(move |conn| {
        let user = change(conn, &key)?;
        if let Some(user) = user {
            audit_events::insert(conn, &[what.of_user(user, &origin, now)])?;
        }
        Ok(user.is_some())
    });
    changed.await
}

fn done(changed: bool, username: &str, what: &str) -> Outcome {
    if !changed {
        return Err("there is no such person".into());
    }
    Ok(Report { text: format!("{username} {what}."), json: json!({"username": username, "done": true}) })
}

fn described(user: &User) -> Value {
    json!({
        "id": user.id,
        "username": user.username,
        "created_at": user.created_at.to_string(),
        "disabled_at": user.disabled_at.map(|at| at.to_string()),
    })
}
