//! `authz user …`

mod access;
mod names;
mod profile;

use clap::Subcommand;
use diesel::QueryResult;
use model::db::{Conn, DbError};
use model::id::UserId;
use serde_json::{Value, json};

use super::{Outcome, Report, line_from_stdin};
use crate::app::App;
use crate::audit::{Origin, What};
use crate::people;
use crate::sign_in::username_key;
use crate::sign_up;
use crate::store::users::{self, User};
use crate::store::{attempts, audit_events, groups};

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
        /// Change only what is named, such as {"email_verified":true}; null removes.
        #[arg(long)]
        merge: bool,
    },
    /// Show one account: its groups, and what applications may be told of the person.
    Show {
        /// The name to sign in with.
        username: String,
    },
    /// Give a person another name, and end every session and token, which say the old one. Nobody else can take that.
    Rename {
        /// The name to sign in with.
        username: String,
        /// The new one.
        new: String,
    },
    /// Show which applications may act for a person, and what they have agreed to.
    Grants {
        /// The name to sign in with.
        username: String,
    },
    /// End what applications may do for a person; they are asked again before any gets more.
    Revoke(access::Revoke),
    /// Show in which browsers a person is signed in.
    Sessions {
        /// The name to sign in with.
        username: String,
    },
    /// Sign a person out, in every browser or one; applications that want to know are told. Tokens stay.
    SignOut {
        /// The name to sign in with.
        username: String,
        /// The session, as `user sessions` shows it; all of them without.
        #[arg(long)]
        session: Option<String>,
    },
    /// Remove a person for good: everything of theirs ends and is forgotten, but not the audit log. Nobody else is ever given
    /// their number, nor their name.
    Delete {
        /// The name to sign in with.
        username: String,
        /// Forget the name, too, so that somebody else can take it. Applications that know people by name take them for
        /// each other.
        #[arg(long)]
        free_name: bool,
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
            let user = sign_up::create(app, origin, &username, line_from_stdin("password")?).await?;
            Ok(Report {
                text: format!("Created {} (id {}).", user.username, user.id),
                json: described(&user),
            })
        }
        Command::List => list(app).await,
        Command::SetPassword { username } => set_password(app, origin, &username).await,
        Command::Show { username } => show(app, &username).await,
        Command::SetProfile { username, merge } => profile::set(app, origin, &username, merge).await,
        Command::Groups { username, groups } => profile::set_groups(app, origin, &username, groups).await,
        Command::Rename { username, new } => names::rename(app, origin, &username, &new).await,
        Command::Grants { username } => access::grants(app, &username).await,
        Command::Revoke(revoke) => access::revoke(app, origin, revoke).await,
        Command::Sessions { username } => access::sessions(app, &username).await,
        Command::SignOut { username, session } => access::sign_out(app, origin, &username, session).await,
        Command::Delete { username, free_name } => names::delete(app, origin, &username, free_name).await,
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
    let password = line_from_stdin("password")?;
    people::password(password.expose(), username)?;
    let hash = app.passwords.hash(password).await?;
    let clock = app.clock.clone();
    let changed = change(app, origin, username, What::PasswordSet, move |conn, key| {
        users::set_password(conn, key, &hash, &clock)
    });
    done(changed.await?, username, "has a new password; every session and token made before has ended")
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

async fn show(app: &App, username: &str) -> Outcome {
    let key = username_key(username);
    let found = app.db.read(move |conn| {
        let Some(user) = users::find(conn, &key)? else { return Ok(None) };
        let Some((_, profile)) = users::profile(conn, user.id)? else { return Ok(None) };
        let groups = groups::of(conn, user.id)?;
        Ok(Some((user, profile, groups)))
    });
    let (user, profile, groups) = found.await?.ok_or(NOBODY)?;
    let state = user.disabled_at.map_or_else(|| "active".to_owned(), |at| format!("disabled since {at}"));
    let mut json = described(&user);
    if let Some(members) = json.as_object_mut() {
        members.insert("groups".to_owned(), json!(groups));
        members.insert("profile".to_owned(), json!(&*profile));
    }
    Ok(Report {
        text: format!(
            "id          {}\nusername    {}\nstate       {state}\ncreated     {}\ngroups      {}\nprofile     {}",
            user.id,
            user.username,
            user.created_at,
            groups.join(" "),
            profile.as_str()
        ),
        json,
    })
}

const NOBODY: &str = "there is no such person";

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
        let Some(user) = change(conn, &key)? else { return Ok(false) };
        audit_events::insert_if(conn, true, what.of_user(user, &origin, now))
    });
    changed.await
}

fn done(changed: bool, username: &str, what: &str) -> Outcome {
    if !changed {
        return Err(NOBODY.into());
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
