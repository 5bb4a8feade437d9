//! The program `timetracker`, started and killed.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use authz::app::App;
use authz::audit::Origin;
use authz::registration;
use model::time::Clock;
use tempfile::TempDir;

use crate::support::databases::Databases;
use crate::support::{Answer, Application, confidential, free_port, http, until};

/// A process of ours, or none at the moment.
pub struct Program {
    variables: Vec<(String, String)>,
    folder: TempDir,
    origin: String,
    running: Option<Child>,
}

impl Program {
    /// Not started yet.
    pub fn new(databases: &Databases) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let own = [
            ("STANDALONE_DIR", folder.path().to_str().unwrap().to_owned()),
            ("STANDALONE_LISTEN", format!("127.0.0.1:{port}")),
            ("AUTHZ_PASSWORD_COST", "4".to_owned()),
            ("AUTHZ_CODE_TTL_SECONDS", "600".to_owned()),
            ("AUTHZ_LOG_LEVEL", "warn".to_owned()),
        ];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
        let variables = own.chain(databases.settings()).collect();
        Self { variables, folder, origin: format!("http://localhost:{port}"), running: None }
    }

    /// An administrator's work, done by another process on the same database.
    pub async fn register_an_application(&self) -> Application {
        let both = standalone::settings::decide(self.variables.clone()).unwrap();
        drop(both.listeners);
        let app = App::open(both.authz, Clock::system()).await.unwrap();
        let callback = "https://app.example/callback";
        let registered =
            registration::register(&app, &Origin::CommandLine(None), confidential("Under load", callback))
                .await
                .unwrap();
        let secret = registered.secret.as_ref().map(|secret| secret.expose().as_str());
        Application::new(&self.origin, registered.client.id.as_str(), secret, callback)
    }

    /// Starts it and waits until it is ready; how long that took.
    pub async fn start(&mut self) -> Duration {
        let began = Instant::now();
        let said = File::options().create(true).append(true).open(self.folder.path().join("said")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_timetracker"))
            .envs(self.variables.clone())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .unwrap();
        self.running = Some(child);
        let (http, url) = (http(), format!("{}/readyz", self.origin));
        let ready = async || Answer::attempt(http.get(&url)).await.map(|answer| answer.status);
        until(Duration::from_secs(10), ready, |status| *status == Some(200)).await;
        began.elapsed()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Everything it complained about.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
