//! The program `timetracker`: both services on one port, ready to be tried.

use std::io::Write;
use std::process::ExitCode;

use model::logging;
use model::stop::StopSignals;
use model::time::Clock;
use standalone::first_look::FirstLook;
use standalone::server::Standalone;
use standalone::settings::{self, Problem};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[actix_web::main]
async fn main() -> ExitCode {
    model::secret::forbid_memory_dumps();
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    match run(variables).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("timetracker: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(variables: impl IntoIterator<Item = (String, String)>) -> Result<(), Problem> {
    let both = settings::decide(variables)?;
    let _flush = logging::start(both.authz.log_format, &both.authz.log_level);
    let mut signals = StopSignals::new()?;
    let welcome = both.folder.join("welcome.txt");
    let folder = both.folder.clone();
    let server = Standalone::start(both, Clock::system()).await?;
    let url = server.public_url().to_owned();
    say(&format!("\nTimetracker listens on {url}   (data in {}, Ctrl-C stops)\n", folder.display()));
    match FirstLook::make(server.authz(), &url, &welcome).await? {
        Some(look) => say(&look.lines(&url)),
        None if welcome.exists() => {
            say(&format!(
                "What was made on first start, and the lines to paste, are in {}.\n",
                welcome.display()
            ));
        }
        None => {}
    }
    signals.next().await;
    say("Stopping.");
    tokio::select! {
        () = server.stop() => {}
        () = signals.next() => {}
    }
    Ok(())
}

/// Nobody reading any more is no reason to stop serving.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
