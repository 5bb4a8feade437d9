//! What a client brings along from another server: its id, its secret, its owner.

use super::fails;
use crate::support::{Client, Program, eventually, server_on_real_time};

const SECRET: &str = "Vb3kQpR8sZ1xY6tN0mL5jH2gF9dC4aW7eU-oI_qT";

/// The command that makes a client of that type.
fn create<'a>(kind: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["client", "create", "--name", "x", "--type", kind], more].concat()
}

/// R51, R42: as Django OAuth Toolkit makes them; and the digest is kept, not the secret.
#[tokio::test]
async fn a_client_keeps_the_id_and_the_secret_it_has() {
    let server = server_on_real_time(&[]).await;
    server.person("ada").await;
    let program = Program::new(&server.settings);
    let id = "9k2Lw7QmZx0RtYpA3sDfGhJ4cVbN8eUiO5oPqW1r";
    let brings =
        ["--grant-type", "client_credentials", "--id", id, "--owner", "ada", "--secret-from-stdin", "--json"];
    let made = program.run(&create("confidential", &brings), &format!("{SECRET}\n")).json();
    assert_eq!(
        (&made["client_id"], &made["user_id"], made.get("client_secret")),
        (&id.into(), &1.into(), None)
    );
    let client = Client::known(&server, id, SECRET);
    let access = client.client_credentials().await.text("access_token");
    assert_eq!(client.introspect(&access).await.json()["sub"], id);
    client.with_secret("another").client_credentials().await.is_error(401, "invalid_client");
    let next = SECRET.replace('V', "v");
    let rotate = ["client", "rotate-secret", id, "--secret-from-stdin", "--json"];
    let told = program.run(&rotate, &next).json();
    assert!(told["previous_valid_until"].is_string() && told.get("client_secret").is_none());
    eventually("both are valid", || async {
        client.with_secret(&next).client_credentials().await.status == 200
    })
    .await;
    assert_eq!(client.client_credentials().await.status, 200);
    assert!(server.browser().get(&format!("/o/applications/{id}/")).await.status == 303);
}

/// R42: what somebody could guess, what cannot be sent, and what is no secret but its hash.
#[tokio::test]
async fn a_secret_that_is_none_is_refused() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    server.new_client("known").register().await;
    let brings = create("confidential", &["--secret-from-stdin"]);
    let rotate = ["client", "rotate-secret", "known", "--secret-from-stdin"];
    for (secret, told) in [
        ("", "no secret on standard input"),
        ("short", "a secret has at least 32 characters"),
        (&"ab".repeat(40), "a secret has at least 32 characters"),
        ("twelve different but with blanks in it 0123456789", "a secret has at least 32 characters"),
        ("pbkdf2_sha256$1000000$6fKx0mZt3Qe1aYbW9cVd2L$h0tJm1nB5vX7zQ3wE8rT2yU6iO4pA9sD=", "not the secret"),
    ] {
        for command in [&brings[..], &rotate] {
            let error = fails(&program, command, secret, 1);
            assert!(error.contains(told), "{error}");
            assert!(secret.is_empty() || !error.contains(secret), "{error}");
        }
    }
    let public = create("public", &["--secret-from-stdin"]);
    assert_eq!(
        fails(&program, &public, SECRET, 1),
        "authz: a client that is public or signs has no secret\n"
    );
    let owned = create("public", &["--owner", "nobody"]);
    assert_eq!(fails(&program, &owned, "", 1), "authz: there is no such person\n");
    fails(&program, &create("confidential", &["--secret", SECRET]), "", 2);
    assert_eq!(server.count("clients").await, 1);
}
