//! `POST /o/revoke_token/`: RFC 7009.

use crate::support::server;

/// R63, R85: either token ends the grant, and with it the other.
/// Section 2 nos. 36 (DOT #1510) and 40 of the dossier (CVE-2018-1000211).
#[tokio::test]
async fn revoking_one_token_of_a_pair_ends_both() {
    let server = server().await;
    let client = server.client("web").await;
    let phone = server.public_client("phone").await;
    let watcher = server.new_client("watcher").introspects(&["timetracker"]).register().await;
    let browser = server.signed_in("ada").await;
    for client in [&client, &phone] {
        for by_refresh in [true, false] {
            let (access, refresh) = browser.tokens_for(client).await;
            let answer = client.revoke(if by_refresh { &refresh } else { &access }).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, ""));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert!(!watcher.vouches_for(&access).await);
            client.refresh(&refresh).await.is_error(400, "invalid_grant");
            // Once more is no error (section 2.2).
            assert_eq!(client.revoke(&refresh).await.status, 200);
            assert_eq!(client.revoke(&access).await.status, 200);
        }
    }
}

/// A client's own token, which has no grant.
#[tokio::test]
async fn a_token_a_client_got_for_itself_ends_alone() {
    let server = server().await;
    let client = server.client("web").await;
    let first = client.client_credentials().await.text("access_token");
    let second = client.client_credentials().await.text("access_token");
    assert_eq!(client.revoke(&first).await.status, 200);
    assert!(!client.vouches_for(&first).await);
    assert!(client.vouches_for(&second).await);
}

/// A grant ends alone: another of the same person for the same client does not notice.
#[tokio::test]
async fn other_grants_do_not_notice() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let (first, second) = (browser.tokens_for(&client).await, browser.tokens_for(&client).await);
    client.revoke(&first.1).await;
    assert!(client.vouches_for(&second.0).await);
    assert_eq!(client.refresh(&second.1).await.status, 200);
}

/// R83, section 2 no. 36 of the dossier (DOT #727)
#[tokio::test]
async fn a_foreign_or_unknown_token_is_answered_alike_and_nothing_changes() {
    let server = server().await;
    let client = server.client("web").await;
    let other = server.client("other").await;
    let phone = server.public_client("phone").await;
    let browser = server.signed_in("ada").await;
    let (access, refresh) = browser.tokens_for(&client).await;
    let own = client.client_credentials().await.text("access_token");
    let code = browser.code_for(&client).await;
    let mut answers = Vec::new();
    for caller in [&other, &phone] {
        for token in [access.as_str(), &refresh, &own, &code.code, "unknown", "tta_", &browser.cookie(), "é"]
        {
            let answer = caller.revoke(token).await;
            answers.push((answer.status, answer.body));
        }
    }
    answers.dedup();
    assert_eq!(answers, [(200, String::new())]);
    client.as_public().revoke(&access).await.is_error(401, "invalid_client");
    assert!(client.vouches_for(&access).await);
    assert!(client.vouches_for(&own).await);
    assert_eq!(client.refresh(&refresh).await.status, 200);
    assert_eq!(client.redeem(&code).await.status, 200);
}

/// Section 2.1: a hint is a hint, and a wrong one changes nothing.
#[tokio::test]
async fn a_hint_changes_nothing() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    for hint in ["access_token", "refresh_token", "nonsense", ""] {
        let (access, refresh) = browser.tokens_for(&client).await;
        for token in [&access, &refresh] {
            let answer =
                client.post("/o/revoke_token/", &[("token", token), ("token_type_hint", hint)]).await;
            assert_eq!(answer.status, 200);
            assert!(!client.vouches_for(&access).await);
        }
    }
    client.post("/o/revoke_token/", &[]).await.is_error(400, "invalid_request");
    client.revoke("").await.is_error(400, "invalid_request");
}
