//! Every route × every method × every kind of token, from the route table: a route without a row fails.

use std::collections::BTreeMap;

use reqwest::Method;
use timetracker_api::auth::scopes;
use timetracker_api::routes::{ENDPOINTS, Endpoint};

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
        ("/projects/", [200, 400, 405, 405, 405, 200, 200, 405]),
        ("/projects/{id}/", [404, 405, 404, 404, 404, 404, 200, 405]),
        ("/clients/", [200, 400, 405, 405, 405, 200, 200, 405]),
        ("/clients/{id}/", [404, 405, 404, 404, 404, 404, 200, 405]),
        ("/tags/", [200, 400, 405, 405, 405, 200, 200, 405]),
        ("/tags/{id}/", [404, 405, 404, 404, 404, 404, 200, 405]),
        ("/reports/summary/", [200, 405, 405, 405, 405, 200, 200, 405]),
        ("/batch/", [405, 400, 405, 405, 405, 405, 200, 405]),
        ("/reports/detailed/", [200, 405, 405, 405, 405, 200, 200, 405]),
        ("/feeds/", [200, 201, 405, 405, 405, 200, 200, 405]),
        ("/feeds/{id}/", [404, 405, 405, 405, 404, 404, 200, 405]),
        ("/changes/", [200, 405, 405, 405, 405, 200, 200, 405]),
        ("/events/", [200, 405, 405, 405, 405, 200, 200, 405]),
        ("/me/", [200, 405, 405, 200, 405, 200, 200, 405]),
        ("/limits/", [200, 405, 405, 405, 405, 200, 200, 405]),
        ("/timer/", [200, 405, 400, 409, 200, 200, 200, 405]),
        ("/tracks/by-uid/{uid}/", [404, 405, 400, 405, 404, 404, 200, 405]),
        ("/tracks/{id}/continue/", [405, 404, 405, 405, 405, 405, 405, 405]),
        ("/tracks/{id}/split/", [405, 404, 405, 405, 405, 405, 405, 405]),
        ("/tracks/{id}/restore/", [405, 404, 405, 405, 405, 405, 405, 405]),
        ("/tracks/", [200, 400, 405, 405, 405, 200, 200, 405]),
        ("/tracks/{id}/", [404, 405, 404, 404, 404, 404, 200, 405]),
    ])
}

const ANY: &[&str] = &[
    "activities:read",
    "activities:write",
    "tracks:read",
    "tracks:write",
    "timer:write",
    "projects:read",
    "projects:write",
    "rates:read",
    "rates:write",
    "reports:read",
    "reports:share",
    "profile:read",
    "profile:write",
];

/// Of which scopes one suffices, the least first; none for a method that the route does not have.
fn sufficient(path: &str, method: &str) -> &'static [&'static str] {
    let looks = matches!(method, "GET" | "HEAD" | "OPTIONS");
    match (path, method) {
        ("/activities/" | "/activities/{id}/", "OPTIONS") => &["activities:read", "activities:write"],
        (
            "/projects/" | "/projects/{id}/" | "/clients/" | "/clients/{id}/" | "/tags/" | "/tags/{id}/",
            "OPTIONS",
        ) => &["projects:read", "projects:write"],
        ("/tracks/" | "/tracks/{id}/" | "/tracks/by-uid/{uid}/", "OPTIONS") => {
            &["tracks:read", "tracks:write"]
        }
        ("/timer/", "OPTIONS") => &["tracks:read", "timer:write", "tracks:write"],
        ("/me/", "OPTIONS") => &["profile:read", "profile:write"],
        ("/", _) if looks => {
            &["activities:read", "tracks:read", "projects:read", "rates:read", "reports:read", "profile:read"]
        }
        ("/activities/" | "/activities/{id}/", _) if looks => &["activities:read"],
        ("/activities/", "POST") | ("/activities/{id}/", "PUT" | "PATCH" | "DELETE") => &["activities:write"],
        ("/projects/" | "/projects/{id}/" | "/clients/" | "/clients/{id}/" | "/tags/" | "/tags/{id}/", _)
            if looks =>
        {
            &["projects:read"]
        }
        ("/projects/" | "/clients/" | "/tags/", "POST")
        | ("/projects/{id}/" | "/clients/{id}/" | "/tags/{id}/", "PUT" | "PATCH" | "DELETE") => {
            &["projects:write"]
        }
        ("/reports/summary/" | "/reports/detailed/", _) if looks => &["reports:read"],
        ("/feeds/" | "/feeds/{id}/", _) if looks => &["reports:share"],
        ("/feeds/", "POST") | ("/feeds/{id}/", "DELETE") => &["reports:share"],
        ("/changes/" | "/events/", _) if looks => &["tracks:read", "activities:read", "projects:read"],
        ("/batch/", "POST" | "OPTIONS") => &["tracks:write", "activities:write", "projects:write"],
        ("/me/", _) if looks => &["profile:read"],
        ("/me/", "PATCH") => &["profile:write"],
        ("/limits/", _) if looks => ANY,
        ("/timer/", _) if looks => &["tracks:read", "timer:write"],
        ("/timer/", "PUT" | "DELETE") => &["timer:write", "tracks:write"],
        ("/tracks/" | "/tracks/{id}/" | "/tracks/by-uid/{uid}/", _) if looks => &["tracks:read"],
        ("/tracks/" | "/tracks/{id}/continue/" | "/tracks/{id}/split/" | "/tracks/{id}/restore/", "POST")
        | ("/timer/", "PATCH")
        | ("/tracks/{id}/", "PUT" | "PATCH" | "DELETE")
        | ("/tracks/by-uid/{uid}/", "PUT" | "DELETE") => &["tracks:write"],
        _ => &[],
    }
}

/// Whether a token with this scope alone comes in, and otherwise which scope it is told to ask for.
fn admits(path: &str, method: &str, scope: &str) -> Result<(), &'static str> {
    let whole = if matches!(method, "GET" | "HEAD" | "OPTIONS") { "read" } else { "write" };
    let sufficient = sufficient(path, method);
    let stands_for_it = |wanted: &&str| {
        *wanted == scope
            || (scope == "read" && wanted.ends_with(":read"))
            || (scope == "write" && !wanted.ends_with(":read") && *wanted != "reports:share")
    };
    match sufficient.first() {
        None if scope == whole => Ok(()),
        None => Err(whole),
        Some(_) if sufficient.iter().any(stands_for_it) => Ok(()),
        Some(least) => Err(*least),
    }
}

/// What a client is told that may not ask for the least.
fn or(least: &str) -> &'static str {
    match least {
        "read" | "write" | "reports:share" => "",
        _ if least.ends_with(":read") => r#","or":["read"]"#,
        _ => r#","or":["write"]"#,
    }
}

fn path_of(endpoint: &Endpoint) -> String {
    format!("/api{}", endpoint.path.replace("{id}", "999999").replace("{uid}", UID))
}

/// R160: each scope opens what it is for and nothing else, and what no row declares is open to no narrow scope.
#[tokio::test]
async fn every_scope_opens_exactly_what_it_is_for() {
    let world = World::new().await;
    let everything = with_everything();
    let holders: Vec<(&str, Person)> =
        scopes::names().map(|scope| (scope, world.person_with("ada", scope))).collect();
    assert_eq!(holders.len(), 15);
    for endpoint in &ENDPOINTS {
        let row = everything.get(endpoint.path).unwrap();
        for (method, reached) in METHODS.iter().zip(row) {
            for (scope, holder) in &holders {
                let answer =
                    holder.send(Method::from_bytes(method.as_bytes()).unwrap(), &path_of(endpoint)).await;
                let row = format!("{method} {} with {scope}", endpoint.path);
                match admits(endpoint.path, method, scope) {
                    Ok(()) => assert_eq!(answer.status, *reached, "{row}"),
                    Err(least) => {
                        assert_eq!(answer.status, 403, "{row}");
                        let challenge =
                            format!(r#"Bearer realm="api",error="insufficient_scope",scope="{least}""#);
                        answer.has("www-authenticate", &challenge);
                        let detail = "You do not have permission to perform this action.";
                        let or = or(least);
                        let body = format!(r#"{{"detail":"{detail}","required_scopes":["{least}"]{or}}}"#);
                        assert_eq!(answer.text, if *method == "HEAD" { "" } else { &body }, "{row}");
                    }
                }
            }
        }
    }
    // Nor does any of them show what is not there.
    for (scope, holder) in &holders {
        let expected = if *scope == "read" { 404 } else { 403 };
        assert_eq!(holder.get("/api/nowhere/").await.status, expected, "{scope}");
    }
}

/// R155, R156, R157, R160.
#[tokio::test]
async fn every_route_asks_every_token_for_what_it_needs() {
    let world = World::new().await;
    let authority = &world.authority;
    let vouched = |change: serde_json::Value| {
        let mut answer = authority.vouches(5, "ada", "read write reports:share");
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
        let path = path_of(endpoint);
        for (method, reached) in METHODS.iter().zip(row) {
            let with =
                |scope: &str| if admits(endpoint.path, method, scope).is_ok() { *reached } else { 403 };
            for (token, expected) in [
                ("everything", *reached),
                ("unknown", 401),
                ("expired", 401),
                ("foreign", 401),
                ("id-token", 401),
                ("mal formed", 401),
                ("no-scope", 403),
                ("no-scope-at-all", 403),
                ("reader", with("read")),
                ("writer", with("write")),
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
