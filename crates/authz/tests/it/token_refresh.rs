//! `POST /o/token/` with `grant_type=refresh_token`.

use std::time::Duration;

use model::time::Clock;

use crate::support::{password_of, server, server_with};

/// R53: the whole answer; the successor differs, and without an overlap the old one is dead at once.
#[tokio::test]
async fn a_refresh_gives_a_successor_and_the_old_one_is_dead() {
    let server = server_with(&[("REFRESH_OVERLAP_SECONDS", "0")]).await;
    for client in [server.client("web").await, server.public_client("phone").await] {
        let watcher = server.new_client(&format!("watcher-of-{}", client.id)).introspects(&["timetracker"]);
        let watcher = watcher.register().await;
        let browser = server.signed_in(&format!("user-of-{}", client.id)).await;
        let (_, first) = browser.tokens_for(&client).await;
        let answer = client.refresh(&first).await;
        let (access, second) = (answer.text("access_token"), answer.text("refresh_token"));
        let expected = format!(
            r#"{{"access_token":"{access}","expires_in":3600,"token_type":"Bearer","scope":"read write","refresh_token":"{second}"}}"#
        );
        assert_eq!((answer.status, answer.body.as_str()), (200, expected.as_str()));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_ne!(first, second);
        assert!(watcher.vouches_for(&access).await);
        client.refresh(&first).await.is_error(400, "invalid_grant");
    }
}

/// R54
#[tokio::test]
async fn a_refresh_token_used_again_ends_the_whole_family() {
    let server = server_with(&[("REFRESH_OVERLAP_SECONDS", "0")]).await;
    let client = server.client("web").await;
    let (access1, refresh1) = server.signed_in("ada").await.tokens_for(&client).await;
    let second = client.refresh(&refresh1).await;
    let third = client.refresh(&second.text("refresh_token")).await;
    assert!(client.vouches_for(&third.text("access_token")).await);
    client.refresh(&refresh1).await.is_error(400, "invalid_grant");
    for access in [access1, second.text("access_token"), third.text("access_token")] {
        assert!(!client.vouches_for(&access).await);
    }
    client.refresh(&third.text("refresh_token")).await.is_error(400, "invalid_grant");
}

/// R55: the immediate predecessor, for ten seconds; it then gets a fresh successor in place of the unseen one.
#[tokio::test]
async fn within_the_overlap_the_immediate_predecessor_gets_a_fresh_successor() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;

    let (_, first) = browser.tokens_for(&client).await;
    let unseen = client.refresh(&first).await.text("refresh_token");
    server.advance(9);
    let answer = client.refresh(&first).await;
    let (access, live) = (answer.text("access_token"), answer.text("refresh_token"));
    assert_ne!(unseen, live);
    let after = client.refresh(&live).await;
    assert_eq!(after.status, 200);
    // The one that was replaced unseen turns up: two parties hold this family.
    client.refresh(&unseen).await.is_error(400, "invalid_grant");
    assert!(!client.vouches_for(&access).await);
    client.refresh(&after.text("refresh_token")).await.is_error(400, "invalid_grant");
}

/// R55, section 2 no. 36 of the dossier (DOT #1617)
#[tokio::test]
async fn after_the_overlap_or_two_back_it_is_reuse() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;

    let (_, first) = browser.tokens_for(&client).await;
    let second = client.refresh(&first).await.text("refresh_token");
    server.advance(10);
    client.refresh(&first).await.is_error(400, "invalid_grant");
    client.refresh(&second).await.is_error(400, "invalid_grant");

    let (_, first) = browser.tokens_for(&client).await;
    let second = client.refresh(&first).await.text("refresh_token");
    let third = client.refresh(&second).await.text("refresh_token");
    client.refresh(&first).await.is_error(400, "invalid_grant");
    client.refresh(&third).await.is_error(400, "invalid_grant");
}

/// R55: an overlap is never measured anew.
#[tokio::test]
async fn using_the_overlap_does_not_lengthen_it() {
    let server = server().await;
    let client = server.client("web").await;
    let (_, first) = server.signed_in("ada").await.tokens_for(&client).await;
    client.refresh(&first).await;
    server.advance(6);
    assert_eq!(client.refresh(&first).await.status, 200);
    server.advance(6);
    client.refresh(&first).await.is_error(400, "invalid_grant");
}

/// R54, R55, C2: whoever read the clock first may come second, and another process's clock may be behind. Neither makes
/// an overlap where there is none, nor a long one out of a short one.
#[tokio::test]
async fn a_clock_that_is_behind_does_not_lengthen_the_overlap() {
    for (overlap, behind, honoured) in [
        ("0", Duration::from_micros(1), false),
        ("10", Duration::from_secs(60), false),
        ("10", Duration::from_secs(9), true),
    ] {
        let first = server_with(&[("REFRESH_OVERLAP_SECONDS", overlap)]).await;
        let client = first.client("web").await;
        let (_, replaced) = first.signed_in("ada").await.tokens_for(&client).await;
        let second = first.second_with_clock(Clock::manual(first.clock.now().minus(behind))).await;
        let live = client.refresh(&replaced).await.text("refresh_token");
        let again = client.at(&second).refresh(&replaced).await;
        if honoured {
            assert_eq!(again.status, 200, "{again:?}");
        } else {
            again.is_error(400, "invalid_grant");
            client.refresh(&live).await.is_error(400, "invalid_grant");
        }
    }
}

/// R55, R61: the overlap honours nothing that was ended on purpose.
/// Section 2 no. 36 of the dossier (DOT #1816).
#[tokio::test]
async fn the_overlap_revives_nothing() {
    let server = server().await;
    let client = server.client("web").await;
    let (ada, bob, cy) =
        (server.signed_in("ada").await, server.signed_in("bob").await, server.signed_in("cy").await);
    let (_, of_ada) = ada.tokens_for(&client).await;
    let (_, of_bob) = bob.tokens_for(&client).await;
    let (_, of_cy) = cy.tokens_for(&client).await;
    let successor = client.refresh(&of_ada).await.text("refresh_token");
    client.refresh(&of_bob).await;
    client.refresh(&of_cy).await;
    client.revoke(&successor).await;
    server.disable("bob", true).await;
    server.set_password("cy", "something else entirely").await;
    for predecessor in [of_ada, of_bob, of_cy] {
        client.refresh(&predecessor).await.is_error(400, "invalid_grant");
    }
}

/// R48, C9: a grant that was made while its person was being disabled carries no mark of its own; the person's does.
#[tokio::test]
async fn a_grant_that_outran_its_persons_disabling_gives_nothing_however_often_it_is_asked() {
    let server = server().await;
    let client = server.client("web").await;
    let (_, refresh) = server.signed_in("ada").await.tokens_for(&client).await;
    server.sql("UPDATE users SET disabled_at = 1, valid_from = 1800000000000000").await;
    server.advance(1);
    for _ in 0..3 {
        client.refresh(&refresh).await.is_error(400, "invalid_grant");
    }
}

/// R56
#[tokio::test]
async fn another_clients_refresh_token_is_refused_and_its_owner_unaffected() {
    let server = server().await;
    let (client, other, public) =
        (server.client("web").await, server.client("other").await, server.public_client("phone").await);
    let (access, refresh) = server.signed_in("ada").await.tokens_for(&client).await;
    other.refresh(&refresh).await.is_error(400, "invalid_grant");
    public.refresh(&refresh).await.is_error(400, "invalid_grant");
    assert!(client.vouches_for(&access).await);
    assert_eq!(client.refresh(&refresh).await.status, 200);
}

/// R57
#[tokio::test]
async fn a_confidential_client_must_prove_itself_at_refresh() {
    let server = server().await;
    let client = server.client("web").await;
    let (_, refresh) = server.signed_in("ada").await.tokens_for(&client).await;
    client.as_public().refresh(&refresh).await.is_error(401, "invalid_client");
    client.with_secret("wrong").refresh(&refresh).await.is_error(401, "invalid_client");
    assert_eq!(client.refresh(&refresh).await.status, 200);
}

/// R58
#[tokio::test]
async fn a_refresh_may_narrow_the_access_token_and_never_widen_it() {
    let server = server_with(&[("SCOPES", "read=Read; write=Write; admin=Rule")]).await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let (_, mut refresh) = browser.tokens_for(&client).await;
    let with = |refresh: &str, scope: &'static str| {
        let (client, refresh) = (client.clone(), refresh.to_owned());
        async move {
            let fields =
                [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("scope", scope)];
            client.token(&fields).await
        }
    };
    for wider in ["admin", "read write admin", "read  write", "é"] {
        with(&refresh, wider).await.is_error(400, "invalid_scope");
    }
    for (scope, expected) in
        [("read", "read"), ("write read", "read write"), ("write", "write"), ("", "read write")]
    {
        let answer = with(&refresh, scope).await;
        assert_eq!(answer.text("scope"), expected);
        assert_eq!(client.introspect(&answer.text("access_token")).await.text("scope"), expected);
        refresh = answer.text("refresh_token");
    }
}

/// R59
#[tokio::test]
async fn renewing_does_not_outlive_the_grant_and_idling_ends_it_sooner() {
    let server = server_with(&[
        ("REFRESH_TOKEN_TTL_SECONDS", "1000"),
        ("REFRESH_TOKEN_IDLE_SECONDS", "300"),
        ("ACCESS_TOKEN_TTL_SECONDS", "60"),
    ])
    .await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let (_, mut refresh) = browser.tokens_for(&client).await;
    for _ in 0..9 {
        server.advance(100);
        refresh = client.refresh(&refresh).await.text("refresh_token");
    }
    server.advance(99);
    refresh = client.refresh(&refresh).await.text("refresh_token");
    server.advance(1);
    client.refresh(&refresh).await.is_error(400, "invalid_grant");

    let (_, idle) = browser.tokens_for(&client).await;
    server.advance(300);
    client.refresh(&idle).await.is_error(400, "invalid_grant");
}

/// R60, section 2 no. 4 of the dossier (CVE-2026-9802)
#[tokio::test]
async fn a_restart_revives_no_refresh_token() {
    let server = server_with(&[("REFRESH_OVERLAP_SECONDS", "0")]).await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let (_, rotated) = browser.tokens_for(&client).await;
    let live = client.refresh(&rotated).await;
    let (revoked_access, revoked) = browser.tokens_for(&client).await;
    client.revoke(&revoked).await;
    let server = server.restarted().await;
    let client = client.at(&server);
    client.refresh(&revoked).await.is_error(400, "invalid_grant");
    assert!(!client.vouches_for(&revoked_access).await);
    assert!(client.vouches_for(&live.text("access_token")).await);
    client.refresh(&rotated).await.is_error(400, "invalid_grant");
    client.refresh(&live.text("refresh_token")).await.is_error(400, "invalid_grant");
}

/// R61, section 2 no. 47 of the dossier (GHSA-6j4w-g4jh-xjfx)
#[tokio::test]
async fn what_ends_trust_ends_refresh_and_access_tokens() {
    let server = server().await;
    let (client, doomed) = (server.client("web").await, server.client("doomed").await);
    let watcher = server.new_client("watcher").introspects(&["timetracker"]).register().await;
    let (ada, bob) = (server.signed_in("ada").await, server.signed_in("bob").await);
    let of_ada = ada.tokens_for(&client).await;
    let of_bob = bob.tokens_for(&client).await;
    server.person("cy").await;
    let by_password = client.password("cy", &password_of("cy")).await;
    let of_cy = (by_password.text("access_token"), by_password.text("refresh_token"));
    let of_doomed = server.signed_in("dee").await.tokens_for(&doomed).await;
    server.set_password("ada", "something else entirely").await;
    server.disable("bob", true).await;
    server.set_password("cy", "something else entirely").await;
    server.delete_client(&doomed).await;
    for (access, refresh) in [&of_ada, &of_bob, &of_cy, &of_doomed] {
        assert!(!watcher.vouches_for(access).await);
        client.refresh(refresh).await.is_error(400, "invalid_grant");
    }
    doomed.refresh(&of_doomed.1).await.is_error(401, "invalid_client");
    // Coming back revives nothing.
    server.advance(1);
    server.disable("bob", false).await;
    assert!(!watcher.vouches_for(&of_bob.0).await);
    client.refresh(&of_bob.1).await.is_error(400, "invalid_grant");
}

/// R46
#[tokio::test]
async fn a_text_that_is_not_a_refresh_token_of_ours_is_refused() {
    let server = server().await;
    let client = server.client("web").await;
    let (_, refresh) = server.signed_in("ada").await.tokens_for(&client).await;
    client.token(&[("grant_type", "refresh_token")]).await.is_error(400, "invalid_request");
    client.refresh("").await.is_error(400, "invalid_request");
    let cut = &refresh[..refresh.len() - 1];
    for forgery in ["x", "ttr_", cut, &format!("{refresh}A"), &refresh.to_uppercase(), &"ttr_A".repeat(2_000)]
    {
        client.refresh(forgery).await.is_error(400, "invalid_grant");
    }
    assert_eq!(client.refresh(&refresh).await.status, 200);
}
