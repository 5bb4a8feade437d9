//! What can go wrong at the pages without being the person's fault, and how much can be asked.

use std::time::Duration;

use timetracker_api::auth::meter::Quota;

use super::signed_in;
use crate::support::{ISSUER, Mood, Visitor, World, pages};

async fn with_a_quota_of(requests: u32) -> World {
    World::with(|config| {
        pages(config);
        config.quota = Quota::new(requests);
    })
    .await
}

/// R153: a page costs what its address costs, and what is asked to draw it costs nothing.
#[tokio::test]
async fn a_page_costs_as_much_as_its_address() {
    let world = with_a_quota_of(10).await;
    let mut ada = signed_in(&world).await;
    let page = ada.opens("/api/tracks/").await;
    page.has("ratelimit", r#""default";r=9;t=360"#);
    assert!(page.finds("#raw-form").is_some(), "{page:?}");
    let page = ada.opens("/time/").await;
    let refused = ada.submits(&page, "#start-form", "#start", &[]).await;
    assert_eq!(refused.status, 400);
    ada.opens("/api/limits/").await.has("ratelimit", r#""default";r=7;t=360"#);
    for _ in 0..7 {
        assert_eq!(ada.opens("/time/").await.status, 200);
    }
    for page in [ada.opens("/time/").await, ada.submits(&page, "#start-form", "#start", &[]).await] {
        assert_eq!((page.status, page.reads("h1").as_str()), (429, "You have asked too often"));
        page.has("retry-after", "360");
        assert_eq!(page.reads(".who"), "Signed in as ada");
    }
    let page = ada.opens("/api/tracks/").await;
    assert_eq!((page.status, page.reads("#status").as_str()), (429, "429 Too Many Requests"));
    world.clock.advance(Duration::from_secs(360));
    assert_eq!(ada.opens("/time/").await.status, 200);
}

/// What was typed when the quota was used up is shown, to be sent again.
#[tokio::test]
async fn what_could_not_be_asked_now_can_be_sent_again() {
    let world = with_a_quota_of(2).await;
    let mut ada = signed_in(&world).await;
    let page = ada.opens("/api/activities/").await;
    assert_eq!(ada.opens("/time/").await.status, 200);
    let refused = ada.submits(&page, "#fields-form", "#send-fields", &[("name", "Reading")]).await;
    assert_eq!((refused.status, refused.verbatim("#typed").as_str()), (429, "name: Reading"));
    world.clock.advance(Duration::from_secs(1_800));
    let made = ada.submits(&refused, "#again-form", "#again", &[]).await;
    assert_eq!(made.status, 201, "{made:?}");
}

/// R163: a token endpoint that fails is left alone for a moment, and everybody is told at once.
#[tokio::test]
async fn a_token_endpoint_that_fails_is_left_alone_for_a_moment() {
    let world = World::with_pages().await;
    world.authority.issue(Mood::Says(500, "text/html", "<h1>500</h1>".to_owned()));
    let mut ada = Visitor::new(&world);
    for _ in 0..12 {
        let [state, _] = ada.leaves("/time/sign-in/").await;
        let page = ada.returns(&[("code", "x"), ("state", &state), ("iss", ISSUER)]).await;
        assert_eq!((page.status, page.reads("h1").as_str()), (503, "The sign-in service does not answer"));
        page.has("retry-after", "1");
    }
    let asked = world.authority.redeemed().len();
    // Five, and one for each second that it took.
    assert!((5..12).contains(&asked), "{asked}");
    assert!(!ada.cookies.contains_key("__Host-timetracker_session"));
}

/// Whoever has it refuse what they sent closes nobody's way.
#[tokio::test]
async fn a_token_endpoint_that_refuses_is_well() {
    let world = World::with_pages().await;
    let mut ada = Visitor::new(&world);
    for error in ["invalid_grant", "invalid_request"] {
        let refuses = Mood::Says(400, "application/json", format!(r#"{{"error":"{error}"}}"#));
        world.authority.issue(refuses);
        for _ in 0..12 {
            let [state, _] = ada.leaves("/time/sign-in/").await;
            ada.returns(&[("code", "x"), ("state", &state), ("iss", ISSUER)]).await;
        }
    }
    assert_eq!(world.authority.redeemed().len(), 24);
    world.authority.issue(Mood::Helpful);
    assert_eq!(ada.signs_in("ada").await.status, 303);
}

/// R163: of many who come back at once, sixteen are at the token endpoint, and the others wait for their turn.
#[tokio::test]
async fn only_so_many_are_at_the_token_endpoint_at_once() {
    let world = World::with_pages().await;
    world.authority.issue(Mood::Slow(Duration::from_millis(100)));
    let sign_ins = (0..48).map(|number| {
        let mut somebody = Visitor::new(&world);
        async move { somebody.signs_in(&format!("somebody-{number}")).await.status }
    });
    let statuses = futures_util::future::join_all(sign_ins).await;
    assert_eq!(statuses, [303; 48]);
    assert!(
        (2..=16).contains(&world.authority.most_redeemed_at_once()),
        "{}",
        world.authority.most_redeemed_at_once()
    );
}

/// R150: bytes that no text has are refused on both databases.
#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let page = ada.opens("/time/").await;
    for key in ["a\0b", "ключ", &"k".repeat(256)] {
        let refused =
            ada.submits(&page, "#start-form", "#start", &[("name", "Reading"), ("_key", key)]).await;
        assert_eq!(
            (refused.status, refused.reads("#errors").as_str()),
            (400, "That was not done The Idempotency-Key must be a string of at most 255 characters.")
        );
    }
    let refused = ada.submits(&page, "#start-form", "#start", &[("name", "a\0b")]).await;
    assert_eq!(
        (refused.status, refused.reads("#errors").as_str()),
        (400, "That was not done name: Null characters are not allowed.")
    );
}
