//! `GET` and `POST /register-by-access-token/{backend}/`.

use reqwest::Method;
use serde_json::json;

use super::{UNSUCCESSFUL, World, hostile};
use crate::support::{Answer, form, server};

async fn asks(world: &World, backend: &str, token: &str) -> Answer {
    let query = form(&[("access_token", token)]);
    world.here.http.get(&format!("/register-by-access-token/{backend}/?{query}")).await
}

/// The whole answer in the order of the tutorial; no session begins, and nothing is kept on the way.
#[tokio::test]
async fn a_providers_token_signs_its_person_up_and_in() {
    let world = World::new().await;
    let token = world.token("ada").await;
    let query = form(&[("access_token", token.as_str())]);
    let path = "/register-by-access-token/site";
    let body = json!({"access_token": token}).to_string();
    let http = &world.here.http;
    let watcher = world.here.new_client("watcher").introspects(&["timetracker"]).register().await;
    let json = |path: &str| {
        http.request(Method::POST, path).header("content-type", "application/json").body(body.clone())
    };
    for request in [
        http.request(Method::GET, &format!("{path}/?{query}")),
        http.request(Method::GET, &format!("{path}?{query}")),
        http.post(&format!("{path}/"), query.clone()),
        http.post(path, query.clone()),
        json(&format!("{path}/")),
        json(path),
    ] {
        let answer = http.send(request).await;
        let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
        let expected = format!(
            r#"{{"access_token":"{access}","expires_in":3600,"token_type":"Bearer","refresh_token":"{refresh}","scope":"read write"}}"#
        );
        assert_eq!((answer.status, answer.body.as_str()), (200, expected.as_str()));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.set_cookies(), Vec::<&str>::new());
        let said = watcher.introspect(&access).await.json();
        assert_eq!((&said["sub"], &said["client_id"]), (&"1".into(), &"ours".into()));
        world.here.advance(1);
    }
    assert_eq!(world.here.count("users").await, 1);
}

/// The pair before is replaced, as in the tutorial.
#[tokio::test]
async fn the_pair_before_ends() {
    let world = World::new().await;
    let token = world.token("ada").await;
    let watcher = world.here.new_client("watcher").introspects(&["timetracker"]).register().await;
    let first = asks(&world, "site", &token).await;
    let (access, refresh) = (first.text("access_token"), first.text("refresh_token"));
    let others = world.converts(&token).await.text("access_token");
    assert!(watcher.vouches_for(&access).await);
    let second = asks(&world, "site", &token).await.text("access_token");
    assert!(watcher.vouches_for(&second).await);
    assert!(!watcher.vouches_for(&access).await);
    let renewed =
        world.here.http.send_form("/authentication/token/refresh/", &[("refresh_token", &refresh)]).await;
    renewed.is_error(400, "invalid_grant");
    // What other clients have is theirs.
    assert!(watcher.vouches_for(&others).await);
}

/// However many come at once, one pair lives.
#[tokio::test]
async fn of_many_at_once_one_pair_is_left() {
    let world = World::new().await;
    let token = world.token("ada").await;
    let query = form(&[("access_token", token.as_str())]);
    let second = world.here.second().await;
    let tries: Vec<_> = (0..32)
        .map(|number| {
            let http = if number % 2 == 0 { &world.here.http } else { &second.http }.clone();
            let query = query.clone();
            tokio::spawn(async move { http.get(&format!("/register-by-access-token/site/?{query}")).await })
        })
        .collect();
    for each in tries {
        let answer = each.await.unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert_eq!(world.here.count("users").await, 1);
    assert_eq!(world.here.count("grants WHERE revoked_at IS NULL").await, 1);
}

/// One answer for whatever the provider does not vouch for.
#[tokio::test]
async fn what_the_provider_does_not_vouch_for_is_unsuccessful() {
    let world = World::new().await;
    let theirs = World::token_of(&world.there.client("somebody-elses").await, "ada").await;
    for token in ["", "made-up", &theirs] {
        let answer = asks(&world, "site", token).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, UNSUCCESSFUL), "{token}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="authz""#));
    }
    let answer = world.here.http.get("/register-by-access-token/site/").await;
    assert_eq!((answer.status, answer.body.as_str()), (401, UNSUCCESSFUL));
    let answer = asks(&world, "nobody", "x").await;
    assert_eq!((answer.status, answer.body.as_str()), (404, r#"{"detail":"Not found."}"#));
    let head = world.here.http.request(Method::HEAD, "/register-by-access-token/site/?access_token=x");
    assert_eq!(world.here.http.send(head).await.status, 405);
    assert_eq!(world.here.count("users").await, 0);
}

/// The variant whose profiles are found by name: the name is sent along, and who is not there is nobody here.
#[tokio::test]
async fn a_profile_that_is_found_by_name_is_asked_for_by_it() {
    let (listener, here, _) = hostile(&[]).await;
    listener.says(&super::vouching("17"));
    let path = "/register-by-access-token/by_name/?access_token=abc";
    let answer = here.http.get(path).await;
    assert_eq!((answer.status, answer.body.as_str()), (401, UNSUCCESSFUL));
    let answer = here.http.get(&format!("{path}&username=a%2Fb")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let heard = listener.heard();
    assert!(heard.last().unwrap().starts_with("GET /by_name/a%2Fb/ "), "{heard:?}");
    assert!(heard.last().unwrap().contains("uthorization: Bearer abc"), "{heard:?}");
    assert_eq!(here.count("linked_accounts WHERE subject = '17' AND provider = 'by_name'").await, 1);
}

/// What anybody brings in vain is counted, as wrong passwords are.
#[tokio::test]
async fn who_brings_too_many_bad_tokens_must_wait() {
    let (listener, here, app) = hostile(&[("WRONG_PASSWORDS_PER_HOUR", "3")]).await;
    let path = "/register-by-access-token/site/?access_token=abc";
    listener.says(r#"{"active":false}"#);
    for _ in 0..3 {
        assert_eq!(here.http.get(path).await.status, 401);
    }
    listener.says(&super::vouching("17"));
    let asked = listener.heard().len();
    let answer = here.http.get(path).await;
    let told = r#"{"detail":"Request was throttled. Expected available in 3600 seconds."}"#;
    assert_eq!((answer.status, answer.body.as_str()), (429, told));
    assert_eq!(answer.header("retry-after"), Some("3600"));
    assert_eq!(listener.heard().len(), asked);
    // Who has proved who it is answers for what it brings.
    assert_eq!(super::converts(&here, &app, "site", "abc").await.status, 200);
    here.advance(3_600);
    assert_eq!(here.http.get(path).await.status, 200);
}

/// Nothing of this is there before an operator wants it.
#[tokio::test]
async fn without_a_client_of_the_servers_own_it_is_not_there() {
    let server = server().await;
    server.http.get("/register-by-access-token/site/?access_token=x").await.is_page(404);
    let world = World::new().await;
    world.here.sql("UPDATE clients SET disabled_at = 1 WHERE id = 'ours'").await;
    let answer = asks(&world, "site", "x").await;
    assert_eq!((answer.status, answer.body.as_str()), (404, r#"{"detail":"Not found."}"#));
}
