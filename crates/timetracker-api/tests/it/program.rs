//! The program itself, as an operator meets it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use model::db::DatabaseUrl;
use model::db::testing::TestDatabase;
use timetracker_api::server::Server;

use crate::support::World;

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
