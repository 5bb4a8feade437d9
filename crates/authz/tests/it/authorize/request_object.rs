//! Requests that a client has signed: OpenID Connect Core section 6.1, RFC 9101.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::request::class_of;
use crate::support::{
    ALGS, Answer, AuthorizationRequest, BASE, Browser, CALLBACK, Client, ISSUER, Signer, TestServer,
    password_of, server,
};

pub(super) const OTHER: &str = "https://client.example/other";

/// A server, and a client with a key and two redirect URIs.
pub(super) struct World {
    pub(super) server: TestServer,
    pub(super) client: Client,
    pub(super) signer: Signer,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(&json!({})).await
    }

    async fn with(more: &Value) -> Self {
        Self::on(server().await, more).await
    }

    /// On this server.
    pub(super) async fn on(server: TestServer, more: &Value) -> Self {
        let signer = Signer::new("ES256", "k1");
        let mut metadata = json!({ "jwks": signer.jwks() });
        metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let client = server.new_client("web").redirect_uris(&[CALLBACK, OTHER]);
        let client = client.metadata(&metadata.to_string()).register().await;
        Self { server, client, signer }
    }

    pub(super) fn in_seconds(&self, seconds: i64) -> i64 {
        self.server.clock.now().unix_seconds() + seconds
    }

    pub(super) fn honest(&self) -> AuthorizationRequest {
        AuthorizationRequest::of(&self.client).with("scope", "openid read")
    }

    /// What a client signs: the whole request, for this server, for a minute; with these members besides, or without those
    /// that are null.
    pub(super) fn claims(&self, honest: &AuthorizationRequest, more: &Value) -> Value {
        let params = honest.params.iter().map(|(name, value)| (name.clone(), json!(value)));
        let mut claims: Map<String, Value> = params.collect();
        let about = json!({"iss": self.client.id, "aud": ISSUER, "exp": self.in_seconds(60)});
        claims.extend(about.as_object().unwrap().clone());
        claims.extend(more.as_object().unwrap().clone());
        claims.retain(|_, value| !value.is_null());
        Value::Object(claims)
    }

    /// The honest request, signed, with beside it what OpenID Connect wants there.
    pub(super) fn signed(&self, more: &Value) -> AuthorizationRequest {
        let honest = self.honest();
        let object = self.signer.sign(&self.claims(&honest, more));
        let mut request = honest.with("request", &object);
        request
            .params
            .retain(|(name, _)| ["client_id", "response_type", "scope", "request"].contains(&name.as_str()));
        request
    }
}

#[track_caller]
pub(super) fn is_told(answer: &Answer, uri: &str, error: &str) {
    assert_eq!(answer.returned_to(uri)[0], ("error".to_owned(), error.to_owned()), "{answer:?}");
}

/// The path somebody comes back to once they have signed in.
pub(super) async fn signs_in(browser: &Browser, answer: &Answer) -> String {
    let page = browser.get(answer.location().strip_prefix(BASE).unwrap()).await;
    let form = page.form("login-form").with("username", "ada").with("password", &password_of("ada"));
    browser.submit(&form).await.location().strip_prefix(BASE).unwrap().to_owned()
}

/// Core section 6.1: with each algorithm, by members that are texts, numbers and objects.
#[tokio::test]
async fn what_is_signed_is_asked_for() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    for alg in ALGS {
        let signer = Signer::new(alg, "k1");
        let client =
            server.new_client(alg).metadata(&json!({"jwks": signer.jwks()}).to_string()).register().await;
        let world = World { server: server.second().await, client, signer };
        let more = json!({"nonce": "n", "max_age": 600, "claims": {"id_token": {"name": null}}, "jti": "1"});
        let request = world.signed(&more);
        for _ in 0..2 {
            let code = browser.allow(&request).await;
            let tokens = world.client.redeem(&code).await;
            assert_eq!(tokens.status, 200, "{alg}: {tokens:?}");
            assert_eq!(tokens.text("scope"), "openid read");
            let claims = tokens.text("id_token").split('.').nth(1).unwrap().to_owned();
            let claims: Value =
                serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
            assert_eq!(claims["nonce"], "n");
        }
    }
}

/// Core section 6.1: what is signed counts before what stands beside it, which counts where nothing is signed.
#[tokio::test]
async fn for_openid_what_is_signed_counts_first() {
    let world = World::new().await;
    let browser = world.server.signed_in("ada").await;
    let request = world.signed(&json!({"redirect_uri": OTHER, "state": "signed", "nonce": null}));
    let beside = request.with("redirect_uri", CALLBACK).with("state", "beside").with("prompt", "consent");
    let answer = browser.decide(&beside, "allow").await;
    let params = answer.returned_to(OTHER);
    assert_eq!(params[1], ("state".to_owned(), "signed".to_owned()));
    let answer = browser.get(&beside.with("prompt", "nonsense none").path()).await;
    is_told(&answer, OTHER, "invalid_request");
    let unsigned = world.signed(&json!({"state": null})).with("state", "beside");
    let answer = browser.decide(&unsigned, "refuse").await;
    assert!(answer.returned_to(CALLBACK).contains(&("state".to_owned(), "beside".to_owned())));
}

/// Core section 3.1.2.1: what is signed for the sign-in page reaches it, and nothing that stands beside it.
#[tokio::test]
async fn who_is_expected_and_how_pages_look_is_signed_as_well() {
    let world = World::new().await;
    world.server.person("ada").await;
    let wishes = json!({"login_hint": "ada", "display": "popup"});
    let plain = AuthorizationRequest::of(&world.client);
    let object = world.signer.sign(&world.claims(&plain, &wishes));
    let only_signed = AuthorizationRequest {
        params: vec![("client_id".into(), "web".into()), ("request".into(), object)],
        verifier: plain.verifier.clone(),
    };
    for request in [only_signed, world.signed(&wishes)] {
        let browser = world.server.browser();
        let beside = request.with("login_hint", "bob").with("display", "touch");
        let answer = browser.get(&beside.path()).await;
        let page = browser.get(answer.location().strip_prefix(BASE).unwrap()).await;
        let name = scraper::Selector::parse("#username").unwrap();
        assert_eq!(page.html().select(&name).next().unwrap().attr("value"), Some("ada"));
        assert_eq!(class_of(&page), "popup");
        let back = signs_in(&browser, &answer).await;
        assert_eq!(class_of(&browser.get(&back).await), "popup");
    }
    // A name that nobody can have is not carried along.
    let endless = world.signed(&json!({"login_hint": "x".repeat(400)}));
    let answer = world.server.browser().get(&endless.path()).await;
    assert!(!answer.location().contains("login_hint"), "{answer:?}");
}

/// RFC 9101 section 6.3: without OpenID only what is signed counts.
#[tokio::test]
async fn otherwise_nothing_counts_that_is_not_signed() {
    let world = World::new().await;
    let browser = world.server.signed_in("ada").await;
    let honest = AuthorizationRequest::of(&world.client);
    let object = |more: Value| world.signer.sign(&world.claims(&honest, &more));
    let only = |object: &str| AuthorizationRequest {
        params: vec![("client_id".into(), "web".into()), ("request".into(), object.into())],
        verifier: honest.verifier.clone(),
    };
    let code = browser.allow(&only(&object(json!({})))).await;
    assert_eq!(world.client.redeem(&code).await.status, 200);
    // What somebody has put beside it says nothing.
    let beside = only(&object(json!({"state": null}))).with("state", "x").with("redirect_uri", OTHER);
    let answer = browser.get(&beside.with("scope", "write").with("prompt", "none").path()).await;
    let names: Vec<String> = answer.returned_to(CALLBACK).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["code", "iss"]);
    let answer =
        browser.get(&only(&object(json!({"code_challenge": null}))).with("code_challenge", "x").path()).await;
    is_told(&answer, CALLBACK, "invalid_request");
}

/// The object has ended by the time the person has signed in and decided; that it came in time is not forgotten, for an
/// hour, and for no other object.
#[tokio::test]
async fn an_object_that_came_in_time_counts_until_the_person_has_decided() {
    let world = World::new().await;
    world.server.person("ada").await;
    let browser = world.server.browser();
    let request = world.signed(&json!({})).with("redirect_uri", CALLBACK);
    let answer = browser.get(&request.path()).await;
    world.server.advance(600);
    let back = signs_in(&browser, &answer).await;
    let (plain, seen) = back.split_once("&request_seen=").unwrap();
    assert_eq!(plain, request.path());
    let question = browser.get(&back).await.form("consent-form");
    assert_eq!(question.action, back);
    world.server.advance(600);
    let answer = browser.submit(&question.with("decision", "allow")).await;
    assert_eq!(answer.returned_to(CALLBACK)[0].0, "code");
    // By itself it has ended, and what was said of it is said of nothing else.
    is_told(&browser.get(plain).await, CALLBACK, "invalid_request_object");
    let other = world.signed(&json!({"exp": world.in_seconds(-60)})).with("redirect_uri", CALLBACK).path();
    let (at, tag) = seen.split_once('.').unwrap();
    for (path, seen) in [
        (other.as_str(), seen.to_owned()),
        (plain, format!("{}.{tag}", at.parse::<i64>().unwrap() - 1)),
        (plain, format!("{at}.{}", "A".repeat(43))),
        (plain, at.to_owned()),
    ] {
        let answer = browser.get(&format!("{path}&request_seen={seen}")).await;
        is_told(&answer, CALLBACK, "invalid_request_object");
    }
    world.server.advance(2_399);
    assert_eq!(browser.get(&back).await.returned_to(CALLBACK)[0].0, "code");
    world.server.advance(1);
    is_told(&browser.get(&back).await, CALLBACK, "invalid_request_object");
}

/// R21: a demand to sign in that was signed cannot be taken out of the address; whoever signs in has met it.
#[tokio::test]
async fn a_signed_demand_to_sign_in_is_met_by_signing_in_and_by_nothing_else() {
    for demand in
        [json!({"prompt": "login"}), json!({"max_age": 0}), json!({"prompt": "select_account", "max_age": 0})]
    {
        let world = World::new().await;
        let browser = world.server.signed_in("ada").await;
        world.server.advance(5);
        let request = world.signed(&demand);
        let answer = browser.get(&request.path()).await;
        let next = answer.location().split_once("?next=").unwrap().1;
        let (back, _) = form_urlencoded::parse(next.as_bytes()).next().unwrap();
        assert!(back.contains("&request_seen="), "{back}");
        // Going there without signing in leads to the same page again.
        assert_eq!(browser.get(&back).await.location(), answer.location());
        world.server.advance(5);
        let back = signs_in(&browser, &answer).await;
        let question = browser.get(&back).await.form("consent-form");
        let answer = browser.submit(&question.with("decision", "allow")).await;
        assert_eq!(answer.returned_to(CALLBACK)[0].0, "code");
        // The next request is another.
        world.server.advance(5);
        assert!(browser.get(&world.signed(&demand).path()).await.location().contains("/accounts/login/"));
    }
}

/// RFC 9101 section 10.5, and the algorithm of a client's own.
#[tokio::test]
async fn a_client_may_say_that_it_signs_every_request_and_with_what() {
    let world =
        World::with(&json!({"require_signed_request_object": true, "request_object_signing_alg": "EdDSA"}))
            .await;
    let browser = world.server.signed_in("ada").await;
    is_told(&browser.get(&world.honest().path()).await, CALLBACK, "invalid_request");
    let other = world.signed(&json!({})).with("redirect_uri", CALLBACK);
    is_told(&browser.get(&other.path()).await, CALLBACK, "invalid_request_object");
    let ed = Signer::new("EdDSA", "k1");
    let metadata = json!({"require_signed_request_object": true, "request_object_signing_alg": "EdDSA", "jwks": ed.jwks()});
    let client = world.server.new_client("ed").metadata(&metadata.to_string()).register().await;
    let world = World { client, signer: ed, server: world.server };
    browser.allow(&world.signed(&json!({}))).await;
}
