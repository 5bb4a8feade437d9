//! The real program as a server: a process of its own, killed when the test is over, also when it fails.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::Child;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::{Http, Program, TestServer};

/// `authz serve`, listening.
pub struct Process {
    pub http: Http,
    /// Kept last: the process outlives whoever asks it.
    running: Running,
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// How much of the machine's memory it holds.
    pub fn resident_kilobytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.running.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    /// One more process on the database of a server, configured alike. The server's clock must go.
    pub fn beside(server: &TestServer) -> Self {
        let mut settings = server.settings.clone();
        settings.push(("AUTHZ_LOG_FORMAT".to_owned(), "json".to_owned()));
        let mut running = Running(Program::new(&settings).spawn(&["serve"]));
        let lines = BufReader::new(running.0.stderr.take().unwrap()).lines();
        let (said, listening) = mpsc::channel();
        std::thread::spawn(move || {
            // To the end, so that the pipe never fills up; nobody listens after the address.
            for line in lines.map_while(Result::ok) {
                let _ = said.send(line);
            }
        });
        let mut told = String::new();
        while let Ok(line) = listening.recv_timeout(Duration::from_secs(20)) {
            if let Some(address) = address_in(&line) {
                return Self { http: Http::new(address), running };
            }
            told += &line;
        }
        panic!("the program does not listen: {told}");
    }
}

/// The address in the line that says that it listens.
fn address_in(line: &str) -> Option<SocketAddr> {
    let said: Value = serde_json::from_str(line).ok()?;
    said["address"].as_str()?.parse().ok()
}
