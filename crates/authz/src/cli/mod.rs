//! The administrator's subcommands. Each says what it did, as text or with `--json` for scripts; passwords are
//! read from standard input, never from arguments, which other people on the machine can see.

mod audit;
mod client;
mod doctor;
mod key;
mod registration_token;
mod user;

use std::error::Error;
use std::io::{BufRead, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use model::db::DatabaseUrl;
use model::logging;
use model::secret::Secret;
use model::settings::Settings;
use model::time::Clock;
use serde_json::{Value, json};

use crate::app::App;
use crate::audit::{Origin, What};
use crate::config::Config;
use crate::store::{audit_events, users};
use crate::{server, store};

/// What a command says when it has gone well.
struct Report {
    text: String,
    json: Value,
}

/// Why one has not.
type Failure = Box<dyn Error + Send + Sync>;

type Outcome = Result<Report, Failure>;

/// OAuth 2.0 authorization server. Settings come from AUTHZ_… variables and the TOML file AUTHZ_CONFIG names.
#[derive(Parser)]
#[command(name = "authz", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Print JSON, for scripts.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve,
    /// Bring the database up to date.
    Migrate,
    /// People.
    #[command(subcommand)]
    User(user::Command),
    /// Clients.
    #[command(subcommand)]
    Client(client::Command),
    /// Keys.
    #[command(subcommand)]
    Key(key::Command),
    /// End every session, code and token of everybody, as after a restored backup or a leak.
    RevokeAll,
    /// Show the audit log: who did what, when and from where.
    Audit(audit::Wanted),
    /// Check the configuration, the database and the cryptography.
    Doctor,
}

/// Runs the command of the process's arguments with these variables. 0: done, 1: it failed, 2: wrong arguments.
pub async fn run(variables: impl IntoIterator<Item = (String, String)>) -> ExitCode {
    let arguments = Arguments::parse();
    let json = arguments.json;
    let variables: Vec<(String, String)> = variables.into_iter().collect();
    let origin = Origin::CommandLine(operator(&variables));
    match dispatch(arguments.command, &origin, Settings::new("AUTHZ_", variables), json).await {
        Ok(Some(report)) => {
            // Nobody reading any more is not a failure of the command.
            let _ = say(&if json { report.json.to_string() } else { report.text });
            ExitCode::SUCCESS
        }
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&if json {
                json!({"error": error.to_string()}).to_string()
            } else {
                format!("authz: {error}")
            });
            ExitCode::FAILURE
        }
    }
}

/// Who runs the command, as far as the system says.
fn operator(variables: &[(String, String)]) -> Option<String> {
    let value =
        |wanted: &str| variables.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(value)
}

fn say(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{text}")
}

fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

async fn dispatch(
    command: Command,
    origin: &Origin,
    settings: Settings,
    as_json: bool,
) -> Result<Option<Report>, Failure> {
    match command {
        Command::Serve => {
            let config = Config::from_settings(settings)?;
            let _flush = logging::start(config.log_format, &config.log_level);
            server::run(config).await?;
            Ok(None)
        }
        Command::Migrate => migrate(&Config::database_from_settings(settings)?).map(Some),
        Command::RevokeAll => revoke_all(&open(settings).await?, origin).await.map(Some),
        Command::Doctor => doctor::run(Config::from_settings(settings)?).await.map(Some),
        Command::Audit(wanted) if wanted.follow => {
            audit::follow(&open(settings).await?, wanted, as_json).await?;
            Ok(None)
        }
        Command::Audit(wanted) => audit::run(&open(settings).await?, wanted).await.map(Some),
        Command::User(command) => user::run(&open(settings).await?, origin, command).await.map(Some),
        Command::Client(command) => client::run(&open(settings).await?, origin, command).await.map(Some),
        Command::Key(key::Command::Generate) => key::generate().map(Some),
        Command::Key(command) => key::run(&open(settings).await?, origin, &command).await.map(Some),
    }
}

async fn open(settings: Settings) -> Result<App, Failure> {
    Ok(App::open(Config::from_settings(settings)?, Clock::system()).await?)
}

async fn revoke_all(app: &App, origin: &Origin) -> Outcome {
    let (clock, event) = (app.clock.clone(), What::AllRevoked.event(origin, app.now()));
    let ended = app.db.write(move |conn| {
        audit_events::insert(conn, &[event])?;
        users::end_all(conn, &clock)
    });
    let at = ended.await?;
    Ok(Report {
        text: format!("Every session, code and token made up to {at} has ended."),
        json: json!({"issued_before": at.to_string()}),
    })
}

fn migrate(database: &DatabaseUrl) -> Outcome {
    let names = store::MIGRATIONS.run(database)?;
    let text = if names.is_empty() {
        "The database is up to date.".to_owned()
    } else {
        format!("Ran {}.", names.join(", "))
    };
    Ok(Report { text, json: json!({"migrations": names}) })
}

/// The first line of standard input.
fn line_from_stdin(what: &str) -> Result<Secret<String>, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let line = line.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        return Err(format!("no {what} on standard input").into());
    }
    Ok(Secret::new(line.to_owned()))
}
