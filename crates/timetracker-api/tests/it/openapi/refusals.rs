//! Whether refusals are as the document says, in the framework's form and as problems.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use timetracker_api::auth::meter::Quota;

use super::{document, fits, operations};
use crate::support::{Answer, Mood, Person, World, json};

const TRACKS: &str = "/api/tracks/";
const TIMER: &str = "/api/timer/";
const BATCH: &str = "/api/batch/";

/// What the document says, and who compares.
struct Judge {
    document: Value,
    operations: Vec<(String, Method, Value)>,
}

impl Judge {
    async fn new(world: &World) -> Self {
        let document = document(world).await;
        Self { operations: operations(&document), document }
    }

    fn judge(&self, (method, path): (&Method, &str), status: u16, answer: &Answer) {
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        let found = self.operations.iter().find(|(each, of, _)| each == path && of == method).unwrap();
        fits(&self.document, &found.2, answer);
    }

    /// Sends it for either form.
    async fn both(&self, method: Method, path: &str, status: u16, request: impl Fn() -> RequestBuilder) {
        for form in ["application/json", "application/problem+json"] {
            let answer = Answer::read(request().header("accept", form).send().await.unwrap()).await;
            answer.has("content-type", form);
            self.judge((&method, path), status, &answer);
        }
    }
}

fn sent(person: &Person, method: Method, path: &str, body: &(impl ToString + ?Sized)) -> RequestBuilder {
    person.request(method, path).header("content-type", "application/json").body(body.to_string())
}

/// One of each status, from where it comes from.
#[tokio::test]
async fn every_refusal_has_the_documented_form() {
    let mut world = World::new().await;
    let judge = Judge::new(&world).await;
    let (get, post) = (Method::GET, Method::POST);
    let ada = world.person("ada");
    let activity = ada.has_activity("Reading").await;
    let entry = json!({"activity": activity, "start": "2027-01-14T09:00:00Z", "duration": 60});
    let track = format!("/api/tracks/{}/", ada.post(TRACKS, entry.clone()).await.id());

    for wrong in ["{}", "[]", "{"] {
        judge.both(post.clone(), TRACKS, 400, || sent(&ada, Method::POST, TRACKS, wrong)).await;
    }
    judge.both(get.clone(), TRACKS, 400, || ada.request(Method::GET, "/api/tracks/?search=%00")).await;
    judge.both(get.clone(), TRACKS, 401, || world.request(Method::GET, TRACKS)).await;
    let bob = world.person_with("bob", "write");
    judge.both(get.clone(), TRACKS, 403, || bob.request(Method::GET, TRACKS)).await;
    judge.both(get.clone(), "/api/tracks/{id}/", 404, || ada.request(Method::GET, "/api/tracks/999/")).await;
    judge.both(get.clone(), TRACKS, 404, || ada.request(Method::GET, "/api/tracks/?page=9")).await;
    judge.both(get.clone(), TRACKS, 404, || ada.request(Method::GET, "/api/tracks/?cursor=x")).await;
    let overlapping = || sent(&ada, Method::POST, "/api/tracks/?overlap=reject", &entry);
    judge.both(post.clone(), TRACKS, 409, overlapping).await;
    judge.both(Method::PATCH, TIMER, 409, || sent(&ada, Method::PATCH, TIMER, "{}")).await;
    let all_or_nothing = json!({"atomic": true, "operations": [{"op": "delete", "id": 999}]});
    judge.both(post.clone(), BATCH, 409, || sent(&ada, Method::POST, BATCH, &all_or_nothing)).await;
    let fewer = ada.get("/api/changes/?types=tags").await.json();
    let asked = format!("/api/changes/?types=tracks&since={}", fewer["cursor"].as_str().unwrap());
    judge.both(get.clone(), "/api/changes/", 410, || ada.request(Method::GET, &asked)).await;
    let stale = || sent(&ada, Method::PUT, &track, r#"{"activity":1}"#).header("if-match", "\"9\"");
    judge.both(Method::PUT, "/api/tracks/{id}/", 412, stale).await;
    let large = format!("{{\"description\":\"{}\"}}", "x".repeat(300_000));
    judge.both(post.clone(), TRACKS, 413, || sent(&ada, Method::POST, TRACKS, &large)).await;
    let plain = || ada.request(Method::POST, TRACKS).header("content-type", "text/plain").body("x");
    judge.both(post.clone(), TRACKS, 415, plain).await;
    let keyed = |name: &str| {
        let body = json!({ "name": name });
        sent(&ada, Method::POST, "/api/activities/", &body).header("idempotency-key", "k")
    };
    assert_eq!(keyed("One").send().await.unwrap().status(), 201);
    judge.both(post, "/api/activities/", 422, || keyed("Two")).await;
    world.start_server(|config| config.quota = Quota::new(1)).await;
    let again = world.at_server(1, &ada);
    again.get(TRACKS).await;
    judge.both(get.clone(), TRACKS, 429, || again.request(Method::GET, TRACKS)).await;
    world.authority.behave(Mood::Says(500, "text/plain", String::new()));
    let new = world.person("new");
    judge.both(get, TRACKS, 503, || new.request(Method::GET, TRACKS)).await;
}

/// What `Accept` does not admit is told nevertheless; who asks for a table as a problem gets the problem.
#[tokio::test]
async fn what_accept_does_not_admit_is_refused_as_documented() {
    let world = World::new().await;
    let judge = Judge::new(&world).await;
    let ada = world.person("ada");
    let table = "/api/reports/detailed/?format=csv";
    for (path, asked, accept) in [
        (TRACKS, TRACKS, "image/png"),
        ("/api/reports/detailed/", table, "application/json"),
        ("/api/reports/detailed/", table, "application/problem+json"),
    ] {
        let answer = ada.request(Method::GET, asked).header("accept", accept).send().await.unwrap();
        judge.judge((&Method::GET, path), 406, &Answer::read(answer).await);
    }
}
