//! `authz audit`, by time and as it goes on.

use std::io::{BufRead, BufReader};

use serde_json::Value;

use super::fails;
use crate::support::{Program, server_on_real_time};

/// R172
#[tokio::test]
async fn events_are_chosen_by_time_and_by_the_number_of_a_person() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    server.person("ada").await;
    server.person("bob").await;
    let count = |arguments: &[&str]| {
        let arguments = [&["audit", "--json"], arguments].concat();
        program.run(&arguments, "").json().as_array().unwrap().len()
    };
    assert_eq!(count(&[]), 2);
    assert_eq!(count(&["--user-id", "2"]), 1);
    assert_eq!(count(&["--until", "2026-01-01T00:00:00Z"]), 0);
    assert_eq!(count(&["--since", "2026-01-01T00:00:00Z", "--until", "2999-01-01T00:00:00Z"]), 2);
    for wrong in [
        &["--user", "ada", "--user-id", "1"][..],
        &["--follow", "--until", "2026-01-01T00:00:00Z"],
        &["--since", "now"],
    ] {
        fails(&program, &[&["audit"], wrong].concat(), "", 2);
    }
}

/// What there is, and then what happens, once each.
#[tokio::test]
async fn the_log_is_followed_line_by_line() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    for name in ["ada", "bob"] {
        server.person(name).await;
    }
    let mut following = program.spawn(&["audit", "--follow", "--limit", "1", "--event", "sign_up", "--json"]);
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["user_id"], 2);
    for name in ["eve", "tom"] {
        server.person(name).await;
    }
    assert_eq!((next()["user_id"].as_i64(), next()["user_id"].as_i64()), (Some(3), Some(4)));
    following.kill().unwrap();
    following.wait().unwrap();
}
