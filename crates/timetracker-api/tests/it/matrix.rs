//! Every route × every method × every kind of token, from the route table: a route without a row fails.

use std::collections::BTreeMap;

use reqwest::Method;
use timetracker_api::routes::ENDPOINTS;

use crate::support::{Person, World, json};

const UID: &str = "018c0000-0000-7000-8000-00000000dead";
const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"];

/// What a token that may do everything gets, by route, in the order of [`METHODS`]. Bodies are empty and ids do
/// not exist: the point is who comes as far as the handler.
fn with_everything() -> BTreeMap<&'static str, [u16; 8]> {
    BTreeMap::from([
        ("/", [200, 405, 405, 405, 405, 200, 200, 405]),
        ("/activities/", [200, 400, 405, 405, 405, 200, 200, 405]),
        ("/activities/{id}/", [404, 405, 404, 404, 404, 404, 200, 405]),
        ("/reports/summary/", [200, 405, 405, 405, 405, 200, 200, 405]),
        ("/changes/", [200, 405, 405, 405, 405, 200, 200, 405]),
        ("/timer/", [200, 405, 400, 409, 200, 200, 200, 405]),
        ("/tracks/by-uid/{uid}/", [404, 405, 400, 405, 404, 404, 200, 405]),
        ("/tracks/{id}/continue/", [405, 404, 405, 405, 405, 405, 405, 405]),
        ("/tracks/{id}/split/", [405, 404, 405, 405, 405, 405, 405, 405]),
        ("/tracks/{id}/restore/", [405, 404, 405, 405, 405, 405, 405, 405]),
        ("/tracks/", [200, 400, 405, 405, 405, 200, 200, 405]),
        ("/tracks/{id}/", [404, 405, 404, 404, 404, 404, 200, 405]),
    ])
}

/// R155, R156, R157, R160.
#[tokio::test]
async fn every_route_asks_every_token_for_what_it_needs() {
    let world = World::new().await;
    let authority = &world.authority;
    let vouched = |change: serde_json::Value| {
        let mut answer = authority.vouches(5, "ada", "read write");
        for (member, value) in change.as_object().unwrap() {
            answer[member] = value.clone();
        }
        answer
    };
    authority.knows("everything", vouched(json!({})));
    authority.knows("expired", vouched(json!({"exp": authority.in_seconds(-1)})));
    authority.knows("foreign", vouched(json!({"aud": ["calendar"]})));
    authority.knows("id-token", vouched(json!({"token_type": "id_token"})));
    authority.knows("no-scope", vouched(json!({"scope": "profile"})));
    authority.knows("no-scope-at-all", vouched(json!({"scope": null})));
    authority.knows("reader", vouched(json!({"scope": "read"})));
    authority.knows("writer", vouched(json!({"scope": "write"})));
    authority.knows("machine", vouched(json!({"sub": "web", "username": null})));

    let everything = with_everything();
    assert_eq!(ENDPOINTS.len(), everything.len(), "a row without a route");
    for endpoint in &ENDPOINTS {
        let row = everything.get(endpoint.path).unwrap_or_else(|| panic!("{} has no row", endpoint.path));
        let path = format!("/api{}", endpoint.path.replace("{id}", "999999").replace("{uid}", UID));
        for (method, reached) in METHODS.iter().zip(row) {
            let safe = matches!(*method, "GET" | "HEAD" | "OPTIONS");
            let if_needed = |needed: bool| if needed { *reached } else { 403 };
            for (token, expected) in [
                ("everything", *reached),
                ("unknown", 401),
                ("expired", 401),
                ("foreign", 401),
                ("id-token", 401),
                ("mal formed", 401),
                ("no-scope", 403),
                ("no-scope-at-all", 403),
                ("reader", if_needed(safe)),
                ("writer", if_needed(!safe)),
                ("machine", 403),
            ] {
                let holder: Person = world.bearer(token);
                let answer = holder.send(Method::from_bytes(method.as_bytes()).unwrap(), &path).await;
                assert_eq!(answer.status, expected, "{method} {path} with {token}");
                assert_eq!(answer.header("allow"), Some(endpoint.allow), "{method} {path}");
                assert_eq!(
                    answer.header("www-authenticate").is_some(),
                    matches!(expected, 401) || (expected == 403 && token != "machine")
                );
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(world.anonymous(method.clone(), &path).await.status, 401, "{method} {path}");
            // Without the slash it is the same door.
            let bare = path.trim_end_matches('/');
            assert_eq!(world.anonymous(method.clone(), bare).await.status, 401, "{method} {bare}");
            let with_all = world.bearer("everything").send(method.clone(), bare).await;
            assert_eq!(with_all.status, *reached, "{method} {bare}");
        }
        // What the table promises is what answers.
        let listed: Vec<&str> = endpoint.allow.split(", ").collect();
        for (method, reached) in METHODS.iter().zip(row) {
            assert_eq!(listed.contains(method), *reached != 405, "{method} {}", endpoint.path);
        }
    }
}
