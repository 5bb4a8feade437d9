//! Every route × every method × every kind of token, and every object × another person's token, generated from the
//! API's own table of routes. The tokens are real: issued, ended and revoked by the authorization server.

mod credentials;

use std::sync::atomic::{AtomicUsize, Ordering};

use model::time::{Clock, Timestamp};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use timetracker_api::auth::scopes::{Needs, Scopes};
use timetracker_api::routes::{ENDPOINTS, Endpoint};

use crate::support::{Answer, Bearer, World, confidential};
use credentials::{Credential, Verdict};

const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// Scopes with one that neither opens nor closes anything at the API.
const SETTINGS: [(&str, &str); 2] = [
    ("TIMETRACKER_RATE_LIMIT", "0"),
    (
        "AUTHZ_SCOPES",
        "read=Look; write=Change; tracks:read=Look at tracks; timer:write=Press a button; reports:share=Let others see; other=Something else",
    ),
];

/// An id that nothing has.
const NEVER: &str = "4611686018427387904";

async fn world() -> (World, Clock) {
    let clock = Clock::manual(Timestamp::from_unix_seconds(1_800_000_000));
    (World::with(&SETTINGS, clock.clone()).await, clock)
}

/// Something of a person's for each row.
struct Things {
    owner: Bearer,
    activity: i64,
}

impl Things {
    async fn of(owner: Bearer) -> Self {
        let activity = owner.post("/api/activities/", json!({"name": "Reading"})).await.id();
        Self { owner, activity }
    }

    /// One that nothing has.
    fn new_name() -> String {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        format!("Written {}", NUMBER.fetch_add(1, Ordering::Relaxed))
    }

    /// A path with an object that is there, just made. An endpoint that is not known here has no row: add it.
    async fn path(&self, endpoint: &Endpoint) -> String {
        let made = match endpoint.path {
            "/" | "/activities/" | "/projects/" | "/clients/" | "/tags/" | "/tracks/" | "/batch/"
            | "/changes/" | "/events/" | "/reports/summary/" | "/reports/detailed/" | "/me/" | "/limits/" => {
                return format!("/api{}", endpoint.path);
            }
            "/timer/" => {
                self.owner.put("/api/timer/", self.body(endpoint)).await;
                return "/api/timer/".to_owned();
            }
            "/feeds/" => {
                self.end_feeds().await;
                return "/api/feeds/".to_owned();
            }
            "/feeds/{id}/" => {
                self.end_feeds().await;
                self.owner.post("/api/feeds/", json!({})).await
            }
            "/activities/{id}/" | "/projects/{id}/" | "/clients/{id}/" | "/tags/{id}/" => {
                let list = format!("/api{}", endpoint.path.replace("{id}/", ""));
                self.owner.post(&list, json!({"name": Self::new_name()})).await
            }
            "/tracks/by-uid/{uid}/"
            | "/tracks/{id}/"
            | "/tracks/{id}/continue/"
            | "/tracks/{id}/split/"
            | "/tracks/{id}/restore/" => {
                let (start, end) = ("2026-11-02T08:00:00Z", "2026-11-02T09:00:00Z");
                let track =
                    json!({"activity": self.activity, "description": "New", "start": start, "end": end});
                self.owner.post("/api/tracks/", track).await
            }
            path => panic!("no row for {path}"),
        };
        let uid = made.json()["uid"].as_str().unwrap_or_default().to_owned();
        format!("/api{}", endpoint.path.replace("{id}", &made.id().to_string()).replace("{uid}", &uid))
    }

    /// There may not be many.
    async fn end_feeds(&self) {
        for feed in self.owner.get("/api/feeds/").await.json()["results"].as_array().unwrap() {
            let path = format!("/api/feeds/{}/", feed["id"]);
            self.owner.request(Method::DELETE, &path).send().await.unwrap();
        }
    }

    /// What can be written there.
    fn body(&self, endpoint: &Endpoint) -> Value {
        match endpoint.path {
            path if ["/activities/", "/projects/", "/clients/", "/tags/"]
                .iter()
                .any(|kind| path.starts_with(kind)) =>
            {
                json!({"name": Self::new_name()})
            }
            "/batch/" => {
                json!({"operations": [{"op": "create", "type": "activity", "data": {"name": "Written"}}]})
            }
            "/tracks/{id}/split/" => json!({"at": "2026-11-02T08:30:00Z"}),
            "/tracks/" | "/tracks/{id}/" | "/tracks/by-uid/{uid}/" | "/timer/" => {
                json!({"activity": self.activity, "description": "Written"})
            }
            _ => json!({}),
        }
    }

    /// Everything they have, as it is shown: what was made last is first.
    async fn everything(&self) -> Vec<String> {
        let lists = ["activities", "projects", "clients", "tags", "tracks", "feeds"]
            .map(|kind| format!("/api/{kind}/?page_size=1000&ordering=-id"));
        let mut shown = Vec::new();
        for path in lists.iter().map(String::as_str).chain(["/api/me/"]) {
            let answer = self.owner.get(path).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
            shown.push(answer.text);
        }
        shown
    }
}

/// What the method needs, as the API's own tests have checked its table.
fn needs(endpoint: &Endpoint, method: &Method) -> Needs {
    let method = actix_web::http::Method::from_bytes(method.as_str().as_bytes()).unwrap();
    endpoint.needs(&method).unwrap_or_else(|| Needs::undeclared(&method))
}

fn suffice(scopes: &[&str], endpoint: &Endpoint, method: &Method) -> bool {
    needs(endpoint, method).are_met_by(Scopes::of(&scopes.iter().copied().collect()))
}

fn is_allowed(endpoint: &Endpoint, method: &Method) -> bool {
    endpoint.allow.split(", ").any(|allowed| allowed == method.as_str())
}

/// The canonical path, the one without the slash, and the one of old clients.
fn spellings(path: &str) -> Vec<String> {
    let bare = path.trim_end_matches('/');
    let mut spellings = vec![path.to_owned(), bare.to_owned()];
    if bare != "/api" && !["/continue", "/split", "/restore"].iter().any(|verb| bare.ends_with(verb)) {
        spellings.push(format!("{bare}.json"));
    }
    spellings
}

/// "Every route × every scope × missing, malformed, expired, revoked, foreign token" (R155–R157).
#[tokio::test]
async fn every_route_admits_exactly_those_it_should() {
    let (world, clock) = world().await;
    let credentials = credentials::all(&world, &clock).await;
    let everything = credentials.iter().find(|credential| credential.name == "everything").unwrap();
    let owner = Bearer::new(world.origin(), everything.token.as_ref().unwrap());
    let things = Things::of(owner).await;
    let mut rows = 0;
    for endpoint in &ENDPOINTS {
        for method in METHODS {
            let is_admitted = |credential: &&Credential| matches!(credential.verdict, Verdict::Scopes(scopes) if suffice(scopes, endpoint, &method));
            let (admitted, refused): (Vec<_>, Vec<_>) = credentials.iter().partition(is_admitted);
            // Who is refused changes nothing, so that one object will do for all of them.
            let there = things.path(endpoint).await;
            let before = things.everything().await;
            for credential in refused {
                for path in spellings(&there) {
                    let body = things.body(endpoint);
                    let answer = send(&world, &clock, credential, &method, &path, &body).await;
                    let row = format!("{method} {path} with {}", credential.name);
                    judge(&row, world.origin(), endpoint, &method, credential, &answer);
                    rows += 1;
                }
            }
            assert_eq!(things.everything().await, before, "{method} {}", endpoint.path);
            for credential in admitted {
                for path in spellings(&things.path(endpoint).await) {
                    let body = things.body(endpoint);
                    let answer = send(&world, &clock, credential, &method, &path, &body).await;
                    let row = format!("{method} {path} with {}", credential.name);
                    judge(&row, world.origin(), endpoint, &method, credential, &answer);
                    rows += 1;
                    // One object, one change.
                    if method == Method::DELETE || endpoint.path.ends_with("/split/") {
                        break;
                    }
                }
            }
        }
    }
    assert!(rows > 1_000, "{rows}");
}

async fn send(
    world: &World,
    clock: &Clock,
    credential: &Credential,
    method: &Method,
    path: &str,
    body: &Value,
) -> Answer {
    let url = format!("{}{path}", world.origin());
    let request = crate::support::http().request(method.clone(), &url);
    let request = match (&credential.token, &credential.holder) {
        (Some(token), Some(holder)) => {
            let proof = holder.proof(method.as_str(), &url, Some(token), clock.now());
            request.header("authorization", format!("DPoP {token}")).header("dpop", proof)
        }
        (Some(token), None) if credential.is_key => request.header("authorization", format!("Token {token}")),
        (Some(token), None) => request.bearer_auth(token),
        (None, _) => request,
    };
    let request = match *method {
        Method::POST | Method::PUT | Method::PATCH => {
            request.header("content-type", "application/json").body(body.to_string())
        }
        _ => request,
    };
    Answer::to(request).await
}

fn judge(
    row: &str,
    origin: &str,
    endpoint: &Endpoint,
    method: &Method,
    credential: &Credential,
    answer: &Answer,
) {
    let scope = needs(endpoint, method).name();
    let detail = |text: &str| {
        if *method == Method::HEAD { String::new() } else { format!(r#"{{"detail":"{text}"}}"#) }
    };
    let forbidden = "You do not have permission to perform this action.";
    let or = needs(endpoint, method).or().map(|more| format!(r#","or":["{more}"]"#)).unwrap_or_default();
    let names_it = detail(forbidden).replace('}', &format!(r#","required_scopes":["{scope}"]{or}}}"#));
    let lacking = format!(r#"Bearer realm="api",error="insufficient_scope",scope="{scope}""#);
    let (status, body, challenge) = match credential.verdict {
        Verdict::Unauthenticated(challenge) => {
            let metadata = format!("{origin}/.well-known/oauth-protected-resource/api");
            let challenge = format!(r#"{challenge},resource_metadata="{metadata}""#);
            (401, Some(detail("Authentication credentials were not provided.")), Some(challenge))
        }
        Verdict::NoPerson => (403, Some(detail(forbidden)), None),
        Verdict::Scopes(scopes) if !suffice(scopes, endpoint, method) => (403, Some(names_it), Some(lacking)),
        Verdict::Scopes(_) if !is_allowed(endpoint, method) => {
            let text = format!(r#"Method \"{method}\" not allowed."#);
            (405, Some(detail(&text)), None)
        }
        Verdict::Scopes(_) => {
            let status = match *method {
                Method::POST if !endpoint.path.starts_with("/tracks/{id}/") && endpoint.path != "/batch/" => {
                    201
                }
                Method::DELETE if endpoint.path != "/timer/" => 204,
                _ => 200,
            };
            (status, None, None)
        }
    };
    assert_eq!(answer.status, status, "{row}: {answer:?}");
    if let Some(body) = body {
        assert_eq!(answer.text, body, "{row}");
    }
    assert_eq!(answer.header("www-authenticate"), challenge.as_deref(), "{row}");
    assert_eq!(answer.header("allow"), Some(endpoint.allow), "{row}");
    let kept = if answer.header("etag").is_some() { "private, no-cache" } else { "no-store" };
    assert_eq!(answer.header("cache-control"), Some(kept), "{row}");
}

/// R158: "every object × another person's": not there, exactly as one that never was.
#[tokio::test]
async fn what_is_somebody_elses_is_not_there() {
    let (world, _) = world().await;
    let application = world.register(confidential("Time sheets", credentials::CALLBACK)).await;
    let mut bearers = Vec::new();
    for name in ["ada", "bob"] {
        let mut browser = world.browser();
        browser.sign_up(name).await;
        bearers
            .push(application.bearer(&browser.lets(&application, "read write reports:share").await.access));
    }
    let bob = bearers.pop().unwrap();
    let adas = Things::of(bearers.pop().unwrap()).await;
    let bobs = Things::of(bob.clone()).await;
    let mut objects = 0;
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.path.contains("{id}")) {
        let there = adas.path(endpoint).await;
        let is_id = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty();
        let id = there.split('/').find(is_id).unwrap().to_owned();
        let never = format!("/api{}", endpoint.path.replace("{id}", NEVER));
        let before = adas.owner.get(&there).await;
        for method in METHODS.iter().filter(|method| is_allowed(endpoint, method)) {
            let writes = [Method::POST, Method::PUT, Method::PATCH].contains(method);
            // Bodies that would do, that would not, and that name what is somebody else's.
            let bodies =
                [bobs.body(endpoint), adas.body(endpoint), json!({}), json!({"name": "", "activity": "x"})];
            for body in &bodies[..if writes { bodies.len() } else { 1 }] {
                let ask = async |path: &str| {
                    let request = if writes {
                        bob.request_with(method.clone(), path, body)
                    } else {
                        bob.request(method.clone(), path)
                    };
                    Answer::to(request).await
                };
                for (there, never) in spellings(&there).iter().zip(spellings(&never)) {
                    let (theirs, nobodys) = (ask(there).await, ask(&never).await);
                    let row = format!("{method} {there} {body}");
                    let expected = if *method == Method::OPTIONS { 200 } else { 404 };
                    assert_eq!(theirs.status, expected, "{row}: {theirs:?}");
                    assert_eq!(alike(&theirs, &id), alike(&nobodys, NEVER), "{row}");
                    objects += 1;
                }
            }
        }
        adas.owner.get(&there).await.is(before.status, &before.text);
    }
    assert!(objects > 70, "{objects}");
}

/// R158, in lists, filters and references.
#[tokio::test]
async fn nothing_leads_to_what_is_somebody_elses() {
    let (world, _) = world().await;
    let application = world.register(confidential("Time sheets", credentials::CALLBACK)).await;
    let mut things = Vec::new();
    for name in ["ada", "bob"] {
        let mut browser = world.browser();
        browser.sign_up(name).await;
        things.push(
            Things::of(application.bearer(&browser.lets(&application, "read write").await.access)).await,
        );
    }
    let (adas, bobs) = (&things[0], &things[1]);
    let track =
        adas.owner.post("/api/tracks/", json!({"activity": adas.activity, "description": "secret"})).await;
    let bob = &bobs.owner;
    let none = r#"{"count":0,"next":null,"previous":null,"results":[]}"#;
    bob.get("/api/tracks/").await.is(200, none);
    bob.get("/api/tracks/?search=secret").await.is(200, none);
    let own = bob.get(&format!("/api/activities/{}/", bobs.activity)).await.text;
    let one = format!(r#"{{"count":1,"next":null,"previous":null,"results":[{own}]}}"#);
    bob.get("/api/activities/").await.is(200, &one);
    bob.get("/api/activities/?search=Reading").await.is(200, &one);

    let (activity, never) = (adas.activity.to_string(), NEVER);
    let filtered = async |id: &str| bob.get(&format!("/api/tracks/?activity={id}")).await;
    let theirs = filtered(&activity).await;
    assert_eq!(theirs.status, 400);
    assert_eq!(alike(&theirs, &activity), alike(&filtered(never).await, never));
    let booked = async |id: &str| bob.post("/api/tracks/", json!({ "activity": id })).await;
    let theirs = booked(&activity).await;
    assert_eq!(theirs.status, 400);
    assert_eq!(alike(&theirs, &activity), alike(&booked(never).await, never));
    let own = bob.post("/api/tracks/", json!({"activity": bobs.activity})).await;
    let moved =
        async |id: &str| bob.patch(&format!("/api/tracks/{}/", own.id()), json!({ "activity": id })).await;
    let theirs = moved(&activity).await;
    assert_eq!(theirs.status, 400);
    assert_eq!(alike(&theirs, &activity), alike(&moved(never).await, never));
    adas.owner.get(&format!("/api/tracks/{}/", track.id())).await.is(200, &track.text);
}

/// What somebody can tell from an answer besides the id they asked about themselves.
fn alike(answer: &Answer, id: &str) -> (u16, String, Vec<(String, String)>) {
    let headers = |headers: &HeaderMap| {
        // Whether all of a body was there before it was answered is a matter of moments, and so is whether the connection is kept.
        let varies = ["date", "x-request-id", "content-length", "connection"];
        let kept = headers.iter().filter(|(name, _)| !varies.contains(&name.as_str()));
        let mut kept: Vec<_> =
            kept.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        kept.sort();
        kept
    };
    let text = answer.text.replace(&format!("\\\"{id}\\\""), "{id}");
    (answer.status, text, headers(&answer.headers))
}
