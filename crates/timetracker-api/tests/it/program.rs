//! The program itself, as an operator meets it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use model::db::DatabaseUrl;
use model::db::testing::TestDatabase;
use reqwest::Method;
use timetracker_api::server::Server;

use crate::support::{ISSUER, Person, World, json};

fn program(database: &TestDatabase) -> Command {
    let url = match database.url() {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_timetracker-api"));
    command.env_clear().env("TIMETRACKER_DATABASE_URL", url);
    command
}

#[test]
fn migrate_says_what_it_did_also_as_json() {
    let database = TestDatabase::new();
    let said = |arguments: &[&str]| {
        let output = program(&database).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let names: serde_json::Value = serde_json::from_str(&said(&["migrate", "--json"])).unwrap();
    assert!(!names["migrated"].as_array().unwrap().is_empty());
    assert_eq!(said(&["migrate"]), "The database is up to date.\n");
    assert_eq!(said(&["migrate", "--json"]), "{\"migrated\":[]}\n");
    assert_eq!(said(&["--version"]), format!("timetracker-api {}\n", env!("CARGO_PKG_VERSION")));
}

/// R174: a configuration that will not do is told in full, and nothing starts.
#[test]
fn a_bad_configuration_is_told_line_by_line() {
    let database = TestDatabase::new();
    let output = program(&database)
        .arg("serve")
        .envs([("TIMETRACKER_ISSUER", "http://id.example.com/o"), ("TIMETRACKER_LISTN", "x")])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    for line in [
        "TIMETRACKER_ISSUER: http is for loopback",
        "TIMETRACKER_CLIENT_ID: missing",
        "TIMETRACKER_CLIENT_SECRET: missing",
        "TIMETRACKER_LISTN: no such setting",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

/// Pending migrations refuse the start when running them is switched off.
#[tokio::test]
async fn pending_migrations_refuse_the_start_when_switched_off() {
    let world = World::new().await;
    let database = TestDatabase::new();
    let mut config = crate::support::config(&world.authority.url(), &database);
    config.auto_migrate = false;
    let outcome = Server::start(config.clone(), world.clock.clone()).await;
    let message = outcome.err().unwrap().to_string();
    assert!(message.contains("timetracker-api migrate"), "{message}");
    timetracker_api::MIGRATIONS.run(database.url()).unwrap();
    Server::start(config, world.clock.clone()).await.unwrap().abort().await;
}

/// F11: SIGTERM ends it with success, well within fifteen seconds.
#[test]
fn a_signal_ends_the_program_cleanly() {
    let database = TestDatabase::new();
    let mut server = program(&database)
        .arg("serve")
        .envs([
            ("TIMETRACKER_ISSUER", "http://localhost:9/o"),
            ("TIMETRACKER_CLIENT_ID", "api"),
            ("TIMETRACKER_CLIENT_SECRET", "hush"),
            ("TIMETRACKER_LISTEN", "127.0.0.1:0"),
            ("TIMETRACKER_LOG_FORMAT", "json"),
        ])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines().map(Result::unwrap);
    let listening = lines.find(|line| line.contains("listening")).unwrap();
    let line: serde_json::Value = serde_json::from_str(&listening).unwrap();
    assert!(line["address"].as_str().unwrap().starts_with("127.0.0.1:"));
    let began = std::time::Instant::now();
    assert!(Command::new("kill").arg(server.id().to_string()).status().unwrap().success());
    assert!(server.wait().unwrap().success());
    assert!(began.elapsed().as_secs() < 15);
    assert!(lines.any(|line| line.contains("stopped")));
}

/// A program that serves, ended when the test is over.
struct Serving {
    child: Child,
    base: String,
}

impl Serving {
    fn start(world: &World) -> Self {
        let mut child = program(world.database())
            .arg("serve")
            .envs([
                ("TIMETRACKER_ISSUER", ISSUER),
                ("TIMETRACKER_INTROSPECTION_URL", &world.authority.url()),
                ("TIMETRACKER_CLIENT_ID", "api"),
                ("TIMETRACKER_CLIENT_SECRET", "hush"),
                ("TIMETRACKER_LISTEN", "127.0.0.1:0"),
                ("TIMETRACKER_LOG_FORMAT", "json"),
                ("TIMETRACKER_HEARTBEAT_SECONDS", "1"),
            ])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let listening = lines.find(|line| line.contains("listening")).unwrap();
        let line: serde_json::Value = serde_json::from_str(&listening).unwrap();
        let base = format!("http://{}", line["address"].as_str().unwrap());
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, base }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whoever listens at one process hears at once what is written at another, and a process that is told to stop sends its
/// listeners home; with what they heard last they go on elsewhere and miss nothing.
#[tokio::test]
async fn two_processes_tell_what_the_other_wrote_and_one_takes_over_from_the_other() {
    let world = World::new().await;
    let mut vouched = world.authority.vouches(77, "ada", "read write");
    // These programs go by the machine's clock.
    vouched["nbf"] = json!(null);
    vouched["exp"] = json!(4_000_000_000_i64);
    world.authority.knows("lasting", vouched);
    let mut first = Serving::start(&world);
    let second = Serving::start(&world);
    let holder: Person = world.bearer("lasting");
    let (here, there) = (world.at(&first.base, &holder), world.at(&second.base, &holder));
    let activity = here.has_activity("a").await;
    let mut listener = here.listens(None).await;
    let mut heard = Vec::new();
    let mut written = Vec::new();
    for number in 0..10 {
        let writer = if number % 2 == 0 { &here } else { &there };
        written.push(writer.has_track(activity, "").await);
        let event = listener.event().await.unwrap();
        heard.push(event.data["data"]["id"].as_i64().unwrap());
        if number == 9 {
            assert!(Command::new("kill").arg(first.child.id().to_string()).status().unwrap().success());
            written.push(there.has_track(activity, "while nobody listened").await);
            // Perhaps it heard that, too, before it was sent home.
            let (mut last, began) = (event.id, std::time::Instant::now());
            while let Some(event) = listener.event().await {
                heard.push(event.data["data"]["id"].as_i64().unwrap());
                last = event.id;
            }
            assert!(first.child.wait().unwrap().success());
            assert!(began.elapsed().as_secs() < 10);
            listener = there.listens(Some(&last)).await;
            written.push(there.has_track(activity, "last").await);
            while heard.len() < written.len() {
                heard.push(listener.event().await.unwrap().data["data"]["id"].as_i64().unwrap());
            }
        }
    }
    assert_eq!(heard, written);
}

/// R165: a process that is killed in the middle of a batch leaves all of it or nothing, and with its key it is done once.
#[tokio::test]
async fn a_batch_whose_process_is_killed_is_done_once_when_it_is_sent_again() {
    let world = World::new().await;
    let mut vouched = world.authority.vouches(78, "ada", "read write");
    vouched["nbf"] = json!(null);
    vouched["exp"] = json!(4_000_000_000_i64);
    world.authority.knows("lasting", vouched);
    let holder: Person = world.bearer("lasting");
    let activity = holder.has_activity("a").await;
    let send = |base: &str, key: u64| {
        let create = json!({"op": "create", "data": {"activity": activity, "tags": ["a", "b"]}});
        let request = world.at(base, &holder).request(Method::POST, "/api/batch/");
        let request =
            request.header("content-type", "application/json").header("idempotency-key", key.to_string());
        request.body(json!({"operations": vec![create; 100]}).to_string()).send()
    };
    // By the same clock as the ones that are killed: a key is known for a day.
    let other = Serving::start(&world);
    for (round, pause) in (0_u64..).zip([20, 60, 120, 240]) {
        let mut first = Serving::start(&world);
        let lost = tokio::spawn(send(&first.base, pause));
        tokio::time::sleep(Duration::from_millis(pause)).await;
        first.child.kill().unwrap();
        drop((lost.await, first));
        let count = async || holder.get("/api/tracks/?page_size=1").await.json()["count"].as_u64().unwrap();
        let before = count().await;
        assert!([0, 100].contains(&(before - 100 * round)), "{before} in round {round}");
        let again = send(&other.base, pause).await.unwrap();
        assert_eq!(again.status(), 200);
        assert_eq!(count().await, 100 * (round + 1));
    }
}
