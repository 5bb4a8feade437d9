//! The real program, as an administrator runs it.

use std::io::Write;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// `authz` with its settings.
pub struct Program {
    settings: Vec<(String, String)>,
}

/// What it said.
pub struct Said {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Program {
    pub fn new(settings: &[(String, String)]) -> Self {
        Self { settings: settings.to_vec() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_authz"));
        command.args(arguments).env_clear().envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs to the end, with this on standard input.
    pub fn run(&self, arguments: &[&str], stdin: &str) -> Said {
        let mut child = self.command(arguments).spawn().unwrap();
        // A program that does not read its input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        Said::from(child.wait_with_output().unwrap())
    }

    /// Starts it and lets it run.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Said {
    pub fn json(&self) -> Value {
        assert_eq!(self.status, 0, "{}", self.err);
        serde_json::from_str(&self.out).unwrap()
    }
}
