//! Tokens that end while somebody is signed in.

use std::time::Duration;

use crate::support::{Mood, Visitor, World, pages};

const HOUR: Duration = Duration::from_secs(3_600);

/// Ada, whose first token ends in an hour, and a second one for the refresh token.
async fn signed_in(world: &World) -> Visitor<'_> {
    let mut ada = Visitor::new(world);
    ada.signs_in("ada").await;
    ada
}

/// Another token of ada's, for this refresh token.
fn has_another(world: &World, token: &str, refresh: &str) {
    let mut answer = world.authority.vouches(5, "ada", "read write");
    answer["sub"] = world.authority.known("access-ada")["sub"].clone();
    world.authority.knows(token, answer);
    world.authority.redeems(refresh, token, &format!("refresh-{token}"));
}

fn renewals(world: &World) -> Vec<String> {
    let sent = world.authority.redeemed();
    sent.into_iter().filter_map(|sent| sent.get("refresh_token").cloned()).collect()
}

#[tokio::test]
async fn a_token_that_is_about_to_end_is_renewed_and_the_cookie_stays() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let cookies = ada.cookies.clone();
    world.clock.advance(Duration::from_secs(3_600 - 61));
    assert_eq!(ada.opens("/api/").await.status, 200);
    assert_eq!(renewals(&world), Vec::<String>::new());
    world.clock.advance(Duration::from_secs(1));
    has_another(&world, "second", "refresh-ada");
    assert_eq!(ada.opens("/api/").await.status, 200);
    assert_eq!(renewals(&world), ["refresh-ada"]);
    // What there was is not used any more, and what there is not renewed again.
    world.authority.forgets("access-ada");
    assert_eq!(ada.opens("/api/").await.status, 200);
    assert_eq!(renewals(&world), ["refresh-ada"]);
    assert_eq!(ada.cookies, cookies);
}

/// However short they last, new ones are good enough: they are not renewed again before they were used.
#[tokio::test]
async fn tokens_that_last_half_a_minute_are_renewed_once_for_each_page() {
    let world = World::with_pages().await;
    world.authority.issues_for(30);
    let mut ada = signed_in(&world).await;
    let first = renewals(&world).len();
    has_another(&world, "second", "refresh-ada");
    has_another(&world, "third", "refresh-second");
    assert_eq!(ada.opens("/api/").await.status, 200);
    assert_eq!(ada.opens("/api/").await.status, 200);
    assert_eq!(renewals(&world)[first..], ["refresh-ada", "refresh-second"]);
}

/// A refresh token is good once: of many tabs at several servers one uses it, and nobody is signed out.
#[tokio::test]
async fn of_many_tabs_one_renews_and_all_go_on() {
    let mut world = World::with_pages().await;
    world.start_server(pages).await;
    let ada = signed_in(&world).await;
    for (left, token, refresh) in [(30, "second", "refresh-ada"), (0, "third", "refresh-second")] {
        world.clock.advance(Duration::from_secs(3_600 - left));
        has_another(&world, token, refresh);
        world.authority.issue(Mood::Slow(Duration::from_millis(50)));
        let tabs = (0..8).map(|number| {
            let mut tab = ada.at_server(number % 2);
            async move { tab.opens("/api/").await.status }
        });
        let statuses = futures_util::future::join_all(tabs).await;
        world.authority.issue(Mood::Helpful);
        assert_eq!(statuses, [200; 8]);
    }
    assert_eq!(renewals(&world), ["refresh-ada", "refresh-second"]);
}

#[tokio::test]
async fn whose_refresh_token_is_refused_has_to_sign_in_again() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    world.clock.advance(HOUR);
    let page = ada.opens("/api/").await;
    assert_eq!(
        (page.status, page.reads("#stranger").as_str()),
        (401, "You are not signed in any more. Sign in again to go on.")
    );
    assert!(ada.cookies.is_empty());
}

#[tokio::test]
async fn while_the_authority_does_not_answer_nobody_is_signed_out() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    // The token there is serves to its end.
    world.authority.issue(Mood::Says(500, "text/html", String::new()));
    world.clock.advance(Duration::from_secs(3_600 - 5));
    assert_eq!(ada.opens("/api/").await.status, 200);
    world.clock.advance(Duration::from_secs(5));
    for _ in 0..2 {
        let page = ada.opens("/api/").await;
        assert_eq!((page.status, page.reads("h1").as_str()), (503, "Too busy just now"));
        page.has("retry-after", "1");
    }
    world.authority.issue(Mood::Helpful);
    has_another(&world, "second", "refresh-ada");
    let page = ada.opens("/api/").await;
    assert_eq!((page.status, page.reads(".who").as_str()), (200, "Signed in as ada"));
}

/// Access that was ended at the authorization server ends the session.
#[tokio::test]
async fn whose_access_was_ended_is_not_signed_in_any_more() {
    let world = World::with_pages().await;
    for (path, name) in [("/api/", "ada"), ("/time/", "bob")] {
        let mut ada = Visitor::new(&world);
        ada.signs_in(name).await;
        assert_eq!(ada.opens(path).await.status, 200);
        world.authority.forgets(&format!("access-{name}"));
        world.clock.advance(Duration::from_secs(11));
        let page = ada.opens(path).await;
        assert!(page.text.contains("You are not signed in any more. Sign in again to go on."), "{page:?}");
        assert!(ada.cookies.is_empty(), "{path}");
        assert_eq!(renewals(&world), Vec::<String>::new());
    }
}
