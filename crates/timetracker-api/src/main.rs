//! The program `timetracker-api`.

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use model::settings::Settings;
use timetracker_api::config::{Config, PREFIX};
use timetracker_api::{MIGRATIONS, server};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The time tracker's API. Settings come from TIMETRACKER_… variables; the README has the table.
#[derive(Parser)]
#[command(name = "timetracker-api", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until told to stop.
    Serve,
    /// Bring the database up to date and say what was done.
    Migrate {
        /// Say it as JSON, for scripts.
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    model::secret::forbid_memory_dumps();
    let arguments = Arguments::parse();
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    let variables = std::env::vars_os();
    let variables =
        variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let settings = Settings::new(PREFIX, variables);
    let outcome = match arguments.command {
        Command::Serve => serve(settings),
        Command::Migrate { json } => migrate(settings, json),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("timetracker-api: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(settings: Settings) -> Result<(), Box<dyn Error>> {
    let config = Config::from_settings(settings)?;
    let _log = model::logging::start(config.log_format, &config.log_level);
    Ok(actix_web::rt::System::new().block_on(server::run(config))?)
}

fn migrate(settings: Settings, json: bool) -> Result<(), Box<dyn Error>> {
    let names = MIGRATIONS.run(&Config::database_from_settings(settings)?)?;
    if json {
        println!("{}", serde_json::json!({ "migrated": names }));
    } else if names.is_empty() {
        println!("The database is up to date.");
    } else {
        for name in names {
            println!("migrated {name}");
        }
    }
    Ok(())
}
