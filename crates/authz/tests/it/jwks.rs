//! The key set: RFC 7517. What is in it, for how long, and that every process agrees.

use std::collections::BTreeSet;

use authz::crypto::jwt;
use authz::crypto::signing::SigningAlg;
use authz::signatures;
use serde_json::{Value, json};

use crate::support::{Program, TestServer, eventually, server, server_on_real_time};

const PATH: &str = "/o/.well-known/jwks.json";

async fn keys(server: &TestServer) -> Vec<Value> {
    let answer = server.http.get(PATH).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["keys"].as_array().unwrap().clone()
}

async fn ids(server: &TestServer) -> BTreeSet<String> {
    keys(server).await.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn signed(server: &TestServer, alg: SigningAlg) -> String {
    signatures::sign(server.app(), alg, "JWT", &json!({"sub": "1"})).await.unwrap()
}

/// The id of the key a JWT says it was signed with.
fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

/// R71: public members only, an id of its own each, keys of sufficient length.
#[tokio::test]
async fn the_key_set_has_public_keys_of_each_algorithm_and_nothing_private() {
    let server = server().await;
    let answer = server.http.get(PATH).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300, stale-if-error=3600"));
    let members = |key: &Value| {
        key.as_object().unwrap().keys().map(String::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let keys = keys(&server).await;
    let algs: BTreeSet<&str> = keys.iter().map(|key| key["alg"].as_str().unwrap()).collect();
    assert_eq!(algs, BTreeSet::from(["ES256", "EdDSA", "RS256"]));
    assert_eq!(ids(&server).await.len(), 3);
    for key in &keys {
        let expected: &[&str] = match key["alg"].as_str().unwrap() {
            "RS256" => &["e", "kty", "n", "use", "alg", "kid"],
            "ES256" => &["crv", "kty", "x", "y", "use", "alg", "kid"],
            _ => &["crv", "kty", "x", "use", "alg", "kid"],
        };
        assert_eq!(members(key), expected);
        assert_eq!(key["use"], "sig");
        if key["kty"] == "RSA" {
            assert_eq!(key["n"].as_str().unwrap().len(), 342, "2048 bits");
        }
    }
    assert_eq!(server.http.get(&format!("{PATH}/")).await.body, answer.body);
}

/// C12: however many ask first, in however many processes, there is one key of each algorithm, and all know it.
#[tokio::test]
async fn keys_are_made_once_by_whoever_needs_them_first() {
    let server = server().await;
    assert_eq!(server.count("signing_keys").await, 0, "a start makes no keys");
    let second = server.second().await;
    let asked = futures_util::future::join_all((0..8).map(|each| {
        let server = if each % 2 == 0 { &server } else { &second };
        ids(server)
    }));
    let asked = asked.await;
    assert!(asked.iter().all(|ids| *ids == asked[0]), "{asked:?}");
    assert_eq!(server.count("signing_keys").await, 3);
    for alg in SigningAlg::ALL {
        let token = signed(&second, alg).await;
        assert!(jwt::signed_by_us(&server.app().signing, &token, "JWT").is_some());
    }
}

/// R72: published before it is used; kept until the last token it signed has ended; then its private part is gone.
#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_until_its_last_token_has_ended() {
    let server = server().await;
    let before = ids(&server).await;
    let old = signed(&server, SigningAlg::ES256).await;
    signatures::rotate(server.app()).await.unwrap();
    let both = ids(&server).await;
    assert!(both.len() == 6 && both.is_superset(&before));
    server.advance(599);
    assert!(
        before.contains(&kid(&signed(&server, SigningAlg::ES256).await)),
        "it was published too short a time"
    );
    server.advance(1);
    let new = signed(&server, SigningAlg::ES256).await;
    assert!(!before.contains(&kid(&new)) && both.contains(&kid(&new)));
    server.advance(86_400 - 1);
    assert_eq!(ids(&server).await, both);
    server.advance(1);
    assert_eq!(ids(&server).await, both.difference(&before).cloned().collect());
    // What it signed is still known to be ours, for instance as a hint.
    assert!(jwt::signed_by_us(&server.app().signing, &old, "JWT").is_some());
    let now = server.app().now();
    server.app().db.write(move |conn| authz::store::signing_keys::sweep(conn, now)).await.unwrap();
    assert_eq!(server.count("signing_keys WHERE private_key IS NULL").await, 3);
    assert_eq!(server.count("signing_keys").await, 6);
    let restarted = server.restarted().await;
    assert_eq!(ids(&restarted).await.len(), 3);
    assert!(jwt::signed_by_us(&restarted.app().signing, &old, "JWT").is_some());
}

/// R72: by the command, while the server runs.
#[tokio::test]
async fn the_command_rotates_and_the_running_server_hears_of_it() {
    let server = server_on_real_time(&[]).await;
    let before = ids(&server).await;
    let said = Program::new(&server.settings).run(&["key", "rotate", "--json"], "").json();
    assert!(said["signs_from"].as_str().unwrap() > said["usable_from"].as_str().unwrap());
    eventually("the new keys are published", || async { ids(&server).await.len() == 6 }).await;
    assert!(ids(&server).await.is_superset(&before));
}

/// R72: by the command, for one algorithm: no other key has a successor, and none that seals.
#[tokio::test]
async fn the_command_rotates_the_key_of_one_algorithm_and_no_other() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let before = ids(&server).await;
    for (number, alg) in ["RS256", "ES256", "EdDSA"].into_iter().enumerate() {
        let said = program.run(&["key", "rotate", "--alg", alg, "--json"], "").json();
        assert_eq!(said["alg"], alg);
        eventually("the new key is published", || async { ids(&server).await.len() == 4 + number }).await;
        let known = |key: &Value| key["alg"] == alg && !before.contains(key["kid"].as_str().unwrap());
        let new: Vec<Value> = keys(&server).await.into_iter().filter(known).collect();
        assert_eq!(new.len(), 1, "{alg}");
        let listed = program.run(&["key", "list", "--json"], "").json();
        let signs = |key: &&Value| key["kid"] == new[0]["kid"];
        let from = listed.as_array().unwrap().iter().find(signs).unwrap()["usable_from"].clone();
        assert_eq!(from, said["signs_from"]);
    }
    assert!(ids(&server).await.is_superset(&before));
    assert_eq!(server.count("sealing_keys").await, 1);
    let rotated = "audit_events WHERE event = 'key_rotated' AND detail";
    assert_eq!(server.count(&format!("{rotated} = 'ES256'")).await, 1);
    let said = program.run(&["key", "rotate", "--alg", "HS256"], "");
    assert_eq!(said.status, 2, "{}", said.err);
    assert_eq!(ids(&server).await.len(), 6);
}

/// R73: the private parts are wrapped; somebody else's server with a copy of the database cannot use them.
#[tokio::test]
async fn a_copy_of_the_database_signs_nothing_as_us() {
    let server = server().await;
    let ours = ids(&server).await;
    let token = signed(&server, SigningAlg::EdDSA).await;
    let thief = server.second_with_another_key().await;
    for alg in SigningAlg::ALL {
        assert!(!ours.contains(&kid(&signed(&thief, alg).await)));
    }
    assert!(jwt::signed_by_us(&thief.app().signing, &token, "JWT").is_some(), "public parts are public");
}

/// R72: a key that somebody else may have is gone at once, and everything it signed with it; others sign on.
#[tokio::test]
async fn a_leaked_key_can_be_removed_at_once() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let (leaked, other) =
        (signed(&server, SigningAlg::ES256).await, signed(&server, SigningAlg::EdDSA).await);
    let listed = program.run(&["key", "list", "--json"], "").json();
    let listed: BTreeSet<String> =
        listed.as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed, ids(&server).await);
    assert_eq!(program.run(&["key", "remove", &kid(&leaked), "--json"], "").json()["removed"], true);
    for unknown in [&kid(&leaked), "-begins-with-a-hyphen"] {
        let said = program.run(&["key", "remove", unknown], "");
        assert_eq!((said.status, said.err.as_str()), (1, "authz: there is no such signing key\n"));
    }
    eventually("the key is gone", || async { !ids(&server).await.contains(&kid(&leaked)) }).await;
    assert!(jwt::signed_by_us(&server.app().signing, &leaked, "JWT").is_none());
    assert!(jwt::signed_by_us(&server.app().signing, &other, "JWT").is_some());
    let next = signed(&server, SigningAlg::ES256).await;
    assert!(kid(&next) != kid(&leaked) && ids(&server).await.contains(&kid(&next)));
    assert_eq!(ids(&server).await.len(), 3);
}

/// C12: while keys change, in two processes, whatever either signs verifies by what the other publishes right then.
#[tokio::test]
async fn every_token_verifies_while_keys_are_rotated() {
    let server = server().await;
    let second = server.second().await;
    ids(&server).await;
    let claims = json!({"iss": crate::support::ISSUER, "aud": "web", "sub": "1"});
    let mut signers = BTreeSet::new();
    for _ in 0..3 {
        signatures::rotate(server.app()).await.unwrap();
        // Ten minutes are gone in a moment here: the other process would have heard long before.
        second.app().feed.catch_up().await.unwrap();
        let signing = futures_util::future::join_all((0..30).map(|number| {
            let (signs, publishes) = if number % 2 == 0 { (&server, &second) } else { (&second, &server) };
            let claims = &claims;
            async move {
                if number == 15 {
                    signs.advance(600);
                }
                let alg = SigningAlg::ALL[number % 3];
                let token = signatures::sign(signs.app(), alg, "JWT", claims).await.unwrap();
                assert_eq!(crate::support::verified(publishes, "web", &token).await, *claims);
                kid(&token)
            }
        }));
        signers.extend(signing.await);
    }
    assert_eq!(signers.len(), 12, "each of four generations of three keys has signed");
}
