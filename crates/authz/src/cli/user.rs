//! `authz user …`

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Outcome, Report, password_from_stdin};
use crate::app::App;
use crate::people;
use crate::sign_in::username_key;
use crate::sign_up;
use crate::store::users::{self, User};

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
    /// Forbid a person to act, and end every session and token of theirs.
    Disable {
        /// The name to sign in with.
        username: String,
    },
    /// Allow a disabled person to sign in again.
    Enable {
        /// The name to sign in with.
        username: String,
    },
}

pub(super) async fn run(app: &App, command: Command) -> Outcome {
    match command {
        Command::Create { username } => {
            let user = sign_up::create(app, &username, password_from_stdin()?).await?;
            Ok(Report {
                text: format!("Created {} (id {}).", user.username, user.id),
                json: described(&user),
            })
        }
        Command::List => list(app).await,
        Command::SetPassword { username } => set_password(app, &username).await,
        Command::Disable { username } => set_disabled(app, &username, true).await,
        Command::Enable { username } => set_disabled(app, &username, false).await,
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

async fn set_password(app: &App, username: &str) -> Outcome {
    let password = password_from_stdin()?;
    people::password(password.expose(), username)?;
    let hash = app.passwords.hash(password).await?;
    let (key, clock) = (username_key(username), app.clock.clone());
    let changed = app.db.write(move |conn| users::set_password(conn, &key, &hash, &clock)).await?;
    done(changed, username, "has a new password; every session and token made before has ended")
}

async fn set_disabled(app: &App, username: &str, disabled: bool) -> Outcome {
    let (key, clock) = (username_key(username), app.clock.clone());
    let changed = app.db.write(move |conn| users::set_disabled(conn, &key, disabled, &clock)).await?;
    let what = if disabled { "is disabled; every session and token has ended" } else { "may sign in again" };
    done(changed, username, what)
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
