//! The program itself: what it prints, how it stops, and that it keeps everything.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::databases::Databases;
use crate::support::{Answer, Application, Browser, Tokens, free_port, http, until};

/// "Ctrl-C stops it cleanly; the second start keeps the data." Also with a browser that keeps its connection open.
#[tokio::test]
async fn ctrl_c_stops_it_cleanly_and_the_second_start_keeps_the_data() {
    let (databases, folder, port) = (Databases::new(), tempfile::tempdir().unwrap(), free_port());
    let start = || {
        Running::start(
            &[
                ("STANDALONE_DIR".to_owned(), folder.path().join("var").display().to_string()),
                ("STANDALONE_LISTEN".to_owned(), format!("127.0.0.1:{port}")),
                ("AUTHZ_PASSWORD_COST".to_owned(), "4".to_owned()),
            ],
            &databases,
        )
    };
    let first = start();
    let origin = format!("http://localhost:{port}");
    first.is_ready(&origin).await;
    let words = first.printed_until("6. Revoke").await;
    assert!(words.contains(&format!("Timetracker listens on {origin}   (data in ")), "{words}");
    let after = |label: &str| {
        let line = words.lines().find_map(|line| line.trim().strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label}: {words}")).trim().to_owned()
    };
    let code_page = format!("{origin}/o/code/");
    let application =
        Application::new(&origin, &after("client_id "), Some(&after("client_secret ")), &code_page);
    let mut browser = Browser::new(&origin);
    let request = application.asks_for("read write");
    let sign_in = browser.open(&request.url).await;
    let filled = [("username", after("name ")), ("password", after("password "))];
    let filled = filled.each_ref().map(|(name, value)| (*name, value.as_str()));
    browser.submit(&sign_in, "#login-form", &filled).await;
    let tokens = browser.allows_at_the_code_page(&request).await;
    let tokens = Tokens::read(&application.exchange(&tokens, &request.verifier).await).unwrap();
    let ada = application.bearer(&tokens.access);
    let made = ada.post("/api/activities/", serde_json::json!({"name": "Reading"})).await;
    let (status, last_words, took) = first.interrupted().await;
    assert_eq!((status, last_words.trim()), (Some(0), "Stopping."));
    assert!(took < Duration::from_secs(5), "{took:?}");

    let second = start();
    second.is_ready(&origin).await;
    let words = second.printed_until("welcome.txt").await;
    assert!(!words.contains("password"), "{words}");
    let ada = ada.reconnected();
    ada.get(&format!("/api/activities/{}/", made.id())).await.is(200, &made.text);
    let application = application.reconnected();
    assert_eq!(application.refresh(&tokens.refresh).await.status, 200);
    assert_eq!(second.interrupted().await.0, Some(0));
}

/// Somebody else has the port: one sentence that says so and what to do, and exit status 1.
#[tokio::test]
async fn a_port_that_is_taken_is_said_in_one_sentence() {
    let (databases, folder) = (Databases::new(), tempfile::tempdir().unwrap());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_timetracker"))
        .envs(databases.settings())
        .env("STANDALONE_DIR", folder.path())
        .env("STANDALONE_LISTEN", address.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.starts_with(&format!("timetracker: cannot listen on {address}: ")), "{said}");
    assert!(said.ends_with("; choose another with STANDALONE_LISTEN\n"), "{said}");
}

/// Every wrong setting is told at once, by its name.
#[tokio::test]
async fn wrong_settings_are_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_timetracker"))
        .env("STANDALONE_DIR", folder.path())
        .env("STANDALONE_LISTEN", "127.0.0.1:0")
        .env("AUTHZ_ISSUER", "http://id.example.com/o")
        .env("AUTHZ_PASSWORD_COST", "99")
        .env("AUTHZ_PASWORD_THREADS", "1")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for name in ["AUTHZ_ISSUER", "AUTHZ_PASSWORD_COST", "AUTHZ_PASWORD_THREADS"] {
        assert!(said.contains(&format!("\n  {name}: ")), "{said}");
    }
}

/// A process of ours.
struct Running {
    child: Child,
    lines: std::cell::RefCell<Option<BufReader<ChildStdout>>>,
}

impl Running {
    fn start(settings: &[(String, String)], databases: &Databases) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_timetracker"))
            .envs(settings.iter().cloned())
            .envs(databases.settings())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = child.stdout.take().map(BufReader::new);
        Self { child, lines: lines.into() }
    }

    async fn is_ready(&self, origin: &str) {
        let url = format!("{origin}/readyz");
        let ready = async || Answer::attempt(http().get(&url)).await.map(|answer| answer.status);
        until(Duration::from_secs(10), ready, |status| *status == Some(200)).await;
    }

    /// What it has printed up to a line that has this.
    async fn printed_until(&self, last: &'static str) -> String {
        let mut lines = self.lines.take().unwrap();
        let reading = tokio::task::spawn_blocking(move || {
            let mut words = String::new();
            while !words.contains(last) && lines.read_line(&mut words).unwrap() > 0 {}
            (lines, words)
        });
        let (lines, words) =
            tokio::time::timeout(Duration::from_secs(10), reading).await.expect(last).unwrap();
        self.lines.replace(Some(lines));
        assert!(words.contains(last), "{words}");
        words
    }

    /// Ctrl-C: its exit status, what it still said in the end, and how long it took.
    async fn interrupted(mut self) -> (Option<i32>, String, Duration) {
        let began = Instant::now();
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let mut lines = self.lines.take().unwrap();
        let reading = tokio::task::spawn_blocking(move || {
            let mut words = String::new();
            lines.read_to_string(&mut words).unwrap();
            words
        });
        let words = tokio::time::timeout(Duration::from_secs(20), reading).await.expect("an end").unwrap();
        let status = self.child.wait().unwrap();
        let words = words.lines().last().unwrap_or_default().to_owned();
        (status.code(), words, began.elapsed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
