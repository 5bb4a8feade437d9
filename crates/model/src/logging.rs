//! Structured logs: one line per event, as text for people or JSON for machines.
//!
//! Lines are written by a thread of their own from a bounded buffer, so that a blocked sink never blocks a
//! request; what does not fit is dropped and counted. Values are escaped by the formatter, so that a name with
//! line breaks stays on its line. Never logged: tokens, codes, verifiers, passwords, cookies, query strings.

use std::str::FromStr;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person at a terminal.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

/// Which requests leave a line of their own. A line each costs half the throughput of a short answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogRequests {
    /// Those that failed on our side, and those that took longer than a second.
    #[default]
    Notable,
    /// Every one.
    All,
}

impl FromStr for LogRequests {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "notable" => Ok(Self::Notable),
            "all" => Ok(Self::All),
            _ => Err(()),
        }
    }
}

/// Flushes what is buffered when dropped: keep it until the program ends.
#[must_use]
pub struct LogGuard(#[expect(dead_code, reason = "held for its drop")] WorkerGuard);

/// Sends this process's events to standard error at `level` (a `tracing` filter such as `info`) and above.
/// A second call changes nothing.
pub fn start(format: LogFormat, level: &str) -> LogGuard {
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(8_192).finish(std::io::stderr());
    let lines = tracing_subscriber::fmt()
        // The listener's own small talk is left out unless it is asked for.
        .with_env_filter(EnvFilter::new(format!("actix_server=warn,{level}")))
        .with_ansi(false)
        .with_target(false)
        .with_writer(writer);
    // An error means that a subscriber is already there.
    let _ = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    LogGuard(guard)
}
