//! Two processes on one database: what one does, the other knows within the deadline.

use std::time::Duration;

use authz::registration::Ending;
use authz::store::{revocations, sealing_keys};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::time::Clock;

use crate::support::{Client, TestServer, eventually, server, server_with};

/// Waits until a server no longer vouches for a token.
async fn dies(server: &TestServer, client: &Client, token: &str) {
    eventually("the other process hears of it", || async { !client.at(server).vouches_for(token).await })
        .await;
}

/// R81
#[tokio::test]
async fn a_revocation_is_heard_of() {
    let first = server().await;
    let second = first.second().await;
    let client = first.client("web").await;
    let browser = first.signed_in("ada").await;
    let (access, refresh) = browser.tokens_for(&client).await;
    let own = client.client_credentials().await.text("access_token");
    assert!(client.at(&second).vouches_for(&access).await && client.at(&second).vouches_for(&own).await);
    client.revoke(&refresh).await;
    client.revoke(&own).await;
    dies(&second, &client, &access).await;
    dies(&second, &client, &own).await;
    client.at(&second).refresh(&refresh).await.is_error(400, "invalid_grant");
}

/// R48, R61, R81: and what needs the database knows at once.
#[tokio::test]
async fn a_disabled_person_and_a_new_password_are_heard_of() {
    let first = server().await;
    let second = first.second().await;
    let client = first.client("web").await;
    let (ada, bob) = (first.signed_in("ada").await, first.signed_in("bob").await);
    let (of_ada, of_bob) = (ada.tokens_for(&client).await, bob.tokens_for(&client).await);
    let code = ada.code_for(&client).await;
    first.disable("ada", true).await;
    first.set_password("bob", "something else entirely").await;
    assert!(!ada.at(&second).is_signed_in().await && !bob.at(&second).is_signed_in().await);
    client.at(&second).redeem(&code).await.is_error(400, "invalid_grant");
    for (access, refresh) in [&of_ada, &of_bob] {
        client.at(&second).refresh(refresh).await.is_error(400, "invalid_grant");
        dies(&second, &client, access).await;
    }
}

/// R42, C13
#[tokio::test]
async fn a_rotated_secret_and_a_deleted_client_are_heard_of() {
    let first = server_with(&[("SECRET_OVERLAP_SECONDS", "0")]).await;
    let second = first.second().await;
    let (client, watcher) = (
        first.client("web").await,
        first.new_client("watcher").introspects(&["timetracker"]).register().await,
    );
    let access = client.at(&second).client_credentials().await.text("access_token");
    let rotated = client.rotate_secret(&first).await;
    client.client_credentials().await.is_error(401, "invalid_client");
    eventually("the new secret is known", || async {
        second.advance(60);
        rotated.at(&second).client_credentials().await.status == 200
    })
    .await;
    client.at(&second).client_credentials().await.is_error(401, "invalid_client");
    assert!(watcher.at(&second).vouches_for(&access).await || second.clock.now() > first.clock.now());

    let access = rotated.at(&second).client_credentials().await.text("access_token");
    first.delete_client(&rotated).await;
    eventually("the client is gone", || async {
        rotated.at(&second).client_credentials().await.status == 401
    })
    .await;
    dies(&second, &watcher, &access).await;
    let page = second.http.get("/o/authorize/?client_id=web&response_type=code").await;
    page.is_page(400);
}

fn key_of(token: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(&token[4..]).unwrap()[..4].to_vec()
}

/// R72, C12: a new key is known everywhere before it is used, and the old ones still open.
#[tokio::test]
async fn a_new_key_is_known_before_it_is_used() {
    let first = server().await;
    let second = first.second().await;
    let client = first.client("web").await;
    let old = client.client_credentials().await.text("access_token");
    let now = first.app().now();
    let usable_from = first.app().db.write(move |conn| sealing_keys::insert(conn, now)).await.unwrap();
    assert_eq!(usable_from.since(now), Duration::from_secs(10));
    first.app().feed.catch_up().await.unwrap();
    let early = client.client_credentials().await.text("access_token");
    assert_eq!(key_of(&old), key_of(&early));
    first.advance(10);
    let late = client.client_credentials().await.text("access_token");
    assert_ne!(key_of(&old), key_of(&late));
    eventually("the other process opens it", || async { client.at(&second).vouches_for(&late).await }).await;
    for token in [&old, &early, &late] {
        assert!(client.vouches_for(token).await && client.at(&second).vouches_for(token).await);
    }
    let theirs = client.at(&second).client_credentials().await.text("access_token");
    assert_eq!(key_of(&theirs), key_of(&late));
    assert!(client.vouches_for(&theirs).await);
}

/// R60: what was revoked is known before the first answer of a process that starts later.
#[tokio::test]
async fn a_process_that_starts_later_knows_at_once() {
    let first = server().await;
    let client = first.client("web").await;
    let (access, refresh) = first.signed_in("ada").await.tokens_for(&client).await;
    client.revoke(&refresh).await;
    let second = first.second().await;
    assert!(!client.at(&second).vouches_for(&access).await);
}

/// Clock jumps do not revive anything, on whichever machine: what was issued before the end is over, whatever the
/// clocks of the two say.
#[tokio::test]
async fn a_clock_that_is_behind_ends_no_less() {
    let first = server().await;
    let behind = Clock::manual(first.clock.now().minus(Duration::from_secs(3_600)));
    let second = first.second_with_clock(behind).await;
    let client = first.client("web").await;
    let (ada, bob) = (first.signed_in("ada").await, first.signed_in("bob").await);
    let (of_ada, of_bob) = (ada.tokens_for(&client).await, bob.tokens_for(&client).await);
    second.disable("ada", true).await;
    second.set_password("bob", "something else entirely").await;
    first.app().feed.catch_up().await.unwrap();
    for (browser, (access, refresh)) in [(ada, of_ada), (bob, of_bob)] {
        client.refresh(&refresh).await.is_error(400, "invalid_grant");
        assert!(!client.vouches_for(&access).await);
        assert!(!browser.is_signed_in().await);
    }
}

/// That a client has changed is told as long as anybody may have to hear of it, and then no longer.
#[tokio::test]
async fn a_change_of_a_client_is_told_for_a_day() {
    let server = server().await;
    let client = server.client("web").await;
    client.rotate_secret(&server).await;
    assert_eq!(left(&server).await, 1);
    server.advance(86_399);
    assert_eq!(left(&server).await, 1);
    server.advance(1);
    assert_eq!(left(&server).await, 0);
}

/// How many rows about clients the sweeper leaves.
async fn left(server: &TestServer) -> i64 {
    let now = server.app().now();
    let swept = server.app().db.write(move |conn| revocations::sweep(conn, None, now, 100)).await;
    swept.unwrap();
    server.count("revocations WHERE kind = 'client'").await
}

/// R61: what a client was given before an ending is refused as long as any of it could live, by a process that starts later
/// as well; then the row goes, and none before it comes into force again. That a client is off or gone stays.
#[tokio::test]
async fn an_ending_of_a_client_is_told_as_long_as_it_refuses_anything() {
    let server = server().await;
    let client = server.new_client("web").metadata(r#"{"access_token_ttl_seconds":86400}"#).register().await;
    let before = client.client_credentials().await.text("access_token");
    server.advance(1);
    for ending in [Ending::Disable, Ending::Enable, Ending::Tokens] {
        server.end_client(&client, ending).await;
    }
    assert_eq!(left(&server).await, 1);
    server.advance(86_398);
    assert_eq!(left(&server).await, 1);
    let second = server.second().await;
    assert!(!client.at(&second).vouches_for(&before).await);
    server.advance(2);
    assert_eq!(left(&server).await, 0);
    let third = server.second().await;
    for server in [&server, &second, &third] {
        let after = client.at(server).client_credentials().await.text("access_token");
        assert!(client.at(server).vouches_for(&after).await && !client.at(server).vouches_for(&before).await);
    }
    for ending in [Ending::Tokens, Ending::Disable] {
        server.end_client(&client, ending).await;
    }
    server.advance(2 * 86_400);
    assert_eq!(left(&server).await, 1);
    server.delete_client(&client).await;
    server.advance(2 * 86_400);
    assert_eq!(left(&server).await, 1);
}

/// The same process may have missed that a client which was off is on again.
#[tokio::test]
async fn a_process_that_was_cut_off_refuses_nothing_for_what_has_come_and_gone() {
    let server = server().await;
    let client = server.client("web").await;
    let other = server.new_client("other").metadata(r#"{"access_token_ttl_seconds":86400}"#).register().await;
    let of_other = other.client_credentials().await.text("access_token");
    server.end_client(&client, Ending::Disable).await;
    server.end_client(&other, Ending::Tokens).await;
    server.sql("UPDATE clients SET disabled_at = NULL").await;
    server.sql("DELETE FROM revocations WHERE key = 'web'").await;
    server.advance(3_500);
    let access = client.client_credentials().await.text("access_token");
    server.app().feed.catch_up().await.unwrap();
    assert!(!client.vouches_for(&access).await);
    server.advance(3_601);
    let access = client.client_credentials().await.text("access_token");
    server.app().feed.catch_up().await.unwrap();
    assert!(client.vouches_for(&access).await);
    assert!(!other.vouches_for(&of_other).await);
}

/// Whoever could not ask for so long that rows may have come and gone believes nothing of what it knows about clients.
#[tokio::test]
async fn a_process_that_was_cut_off_asks_for_every_client_again() {
    let server = server().await;
    let client = server.client("web").await;
    assert_eq!(client.client_credentials().await.status, 200);
    server.sql("UPDATE clients SET grant_types = 'authorization_code'").await;
    server.advance(3_600);
    server.app().feed.catch_up().await.unwrap();
    assert_eq!(client.client_credentials().await.status, 200);
    server.advance(3_601);
    server.app().feed.catch_up().await.unwrap();
    client.client_credentials().await.is_error(400, "unauthorized_client");
}
