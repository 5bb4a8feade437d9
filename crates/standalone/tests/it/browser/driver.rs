//! chromedriver, and the Chromium it starts.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use fantoccini::ClientBuilder;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;

/// Whether pages may run scripts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    Run,
    Off,
}

/// How often it is started at most.
const STARTS: u32 = 3;

/// A chromedriver of our own, ended with the test.
pub struct Driver {
    child: Child,
    port: u16,
    profile: TempDir,
}

impl Driver {
    /// Starts one; again when it does not say in time where it listens, as may be on a busy machine.
    pub async fn start() -> Self {
        for _ in 1..STARTS {
            if let Some(driver) = Self::started().await {
                return driver;
            }
        }
        Self::started().await.expect("chromedriver says which port it has")
    }

    async fn started() -> Option<Self> {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is in the PATH");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Ended and waited for when it is dropped, also when it is of no use.
        let mut driver = Self { child, port: 0, profile: tempfile::tempdir().unwrap() };
        let (sender, receiver) = mpsc::channel();
        // Reads on to the end: a full pipe would stop the driver.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let port = line.strip_prefix("ChromeDriver was started successfully on port ");
                if let Some(port) = port.and_then(|port| port.trim_end_matches('.').parse().ok()) {
                    let _ = sender.send(port);
                }
            }
        });
        let port = tokio::task::spawn_blocking(move || receiver.recv_timeout(Duration::from_secs(20)));
        driver.port = port.await.unwrap().ok()?;
        Some(driver)
    }

    /// A browser with a profile nobody has used.
    pub async fn browser(&self, scripts: Scripts) -> fantoccini::Client {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let mut options = json!({
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
                "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--no-proxy-server", profile,
            ],
        });
        if scripts == Scripts::Off {
            options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        let wanted = json!({
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" },
        });
        ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
            .expect("chromedriver starts Chromium")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
