//! Requests that a client keeps at an address of its own: OpenID Connect Core section 6.2.

use serde_json::{Value, json};

use super::request_object::{OTHER, World, is_told, signs_in};
use crate::support::{AuthorizationRequest, CALLBACK, Listener, Signer, part, server_with};

/// A client that keeps requests at the listener.
struct Elsewhere {
    world: World,
    listener: Listener,
    uri: String,
}

impl Elsewhere {
    /// With `REQUEST_URIS` as it says, and a client that has said this besides; `null` takes away what it has.
    async fn new(setting: &str, more: Value) -> Self {
        let listener = Listener::start().await;
        let settings = [("OUTBOUND_NETWORKS", "127.0.0.0/8"), ("REQUEST_URIS", setting)];
        let uri = listener.url("/object?a=1#version");
        let mut metadata = json!({ "request_uris": [uri] });
        metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let world = World::on(server_with(&settings).await, &metadata).await;
        Self { world, listener, uri }
    }

    /// What OpenID Connect wants beside the address.
    fn request(&self) -> AuthorizationRequest {
        self.request_at(&self.uri)
    }

    fn request_at(&self, uri: &str) -> AuthorizationRequest {
        let mut request = self.world.honest();
        request.params.retain(|(name, _)| ["client_id", "response_type", "scope"].contains(&name.as_str()));
        request.with("request_uri", uri)
    }

    /// The honest request, as the client signs it; also what a test needs to redeem the code.
    fn signed(&self, more: &Value) -> (String, AuthorizationRequest) {
        let honest = self.world.honest();
        let object = self.world.signer.sign(&self.world.claims(&honest, more));
        (object, AuthorizationRequest { verifier: honest.verifier, ..self.request() })
    }

    /// The same, with nobody's signature.
    fn unsigned(&self, more: &Value) -> (String, AuthorizationRequest) {
        let honest = self.world.honest();
        let claims = part(&self.world.claims(&honest, more));
        let object = format!("{}.{claims}.", part(&json!({"alg": "none"})));
        (object, AuthorizationRequest { verifier: honest.verifier, ..self.request() })
    }
}

/// Core section 6.2: the fragment is the client's and the cache's, and not what is asked for.
#[tokio::test]
async fn a_request_is_fetched_from_where_the_client_has_said() {
    let there = Elsewhere::new("signed", json!({})).await;
    let (object, request) = there.signed(&json!({"nonce": "n"}));
    there.listener.says(&format!("{object}\n"));
    let browser = there.world.server.signed_in("ada").await;
    let code = browser.allow(&request).await;
    assert_eq!(there.world.client.redeem(&code).await.status, 200);
    let heard = there.listener.heard();
    assert_eq!(heard.len(), 1);
    assert!(heard[0].starts_with("GET /object?a=1 HTTP/1.1\r\n"), "{}", heard[0]);
    assert!(heard[0].contains("accept: application/oauth-authz-req+jwt"), "{}", heard[0]);
}

/// What is there by the time the person has signed in changes nothing, and which process they come back to does not either.
#[tokio::test]
async fn what_was_fetched_is_carried_on_and_not_fetched_again() {
    let there = Elsewhere::new("signed", json!({})).await;
    let (object, request) = there.signed(&json!({}));
    there.listener.says(&object);
    there.world.server.person("ada").await;
    let browser = there.world.server.browser();
    let answer = browser.get(&request.with("redirect_uri", CALLBACK).path()).await;
    there.listener.answers(404);
    there.world.server.advance(600);
    let back = signs_in(&browser, &answer).await;
    assert!(back.contains(&format!("&request={object}&request_seen=")), "{back}");
    assert!(!back.contains("request_uri"), "{back}");
    let question = browser.get(&back).await.form("consent-form");
    let answer = browser.submit(&question.with("decision", "allow")).await;
    assert_eq!(answer.returned_to(CALLBACK)[0].0, "code");
    let second = there.world.server.second().await;
    let elsewhere = second.browser();
    elsewhere.sign_in("ada").await;
    assert_eq!(elsewhere.get(&back).await.returned_to(CALLBACK)[0].0, "code");
    assert_eq!(there.listener.heard().len(), 1);
    // By itself it has ended: an hour is what people have.
    there.world.server.advance(3_000);
    is_told(&browser.get(&back).await, CALLBACK, "invalid_request_object");
}

/// R17, R109: nobody is called for what the client has not registered to the byte.
#[tokio::test]
async fn no_other_address_is_asked_for_a_request() {
    let there = Elsewhere::new("any", json!({})).await;
    there.listener.says(&there.signed(&json!({})).0);
    let browser = there.world.server.signed_in("ada").await;
    for uri in [
        there.listener.url("/object?a=1"),
        there.listener.url("/object?a=1#other"),
        there.listener.url("/object?a=2#version"),
        there.listener.url("/other"),
        there.uri.replace("127.0.0.1", "localhost"),
        there.uri.replace("http:", "HTTP:"),
        format!("{}&", there.uri),
        "urn:ietf:params:oauth:request_uri:x".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let request = there.request_at(&uri).with("redirect_uri", CALLBACK);
        is_told(&browser.get(&request.path()).await, CALLBACK, "invalid_request_uri");
    }
    // Nor where the request is there already, or comes twice.
    let both = there.request().with("request", "a.b.c").with("redirect_uri", CALLBACK);
    is_told(&browser.get(&both.path()).await, CALLBACK, "invalid_request");
    browser.get(&there.request().and("request_uri", &there.uri).path()).await.is_page(400);
    let (nested, _) = there.signed(&json!({"request_uri": there.uri}));
    let nested = there.world.honest().with("request", &nested);
    is_told(&browser.get(&nested.path()).await, CALLBACK, "invalid_request_object");
    assert_eq!(there.listener.heard().len(), 0);
}

/// R17: off unless an operator says so, whatever a client has registered; nor for one that has nothing to sign with.
#[tokio::test]
async fn by_default_nobody_is_asked_for_a_request() {
    let off = Elsewhere::new("off", json!({})).await;
    let keyless = Elsewhere::new("signed", json!({"jwks": null})).await;
    for there in [&off, &keyless] {
        let browser = there.world.server.signed_in("ada").await;
        let request = there.request().with("redirect_uri", CALLBACK);
        is_told(&browser.get(&request.path()).await, CALLBACK, "request_uri_not_supported");
        assert_eq!(there.listener.heard().len(), 0);
    }
}

/// R109: registering an address does not make this server call where it must not.
#[tokio::test]
async fn a_registered_address_of_this_machine_is_not_called() {
    let listener = Listener::start().await;
    let uri = listener.url("/object");
    let world =
        World::on(server_with(&[("REQUEST_URIS", "any")]).await, &json!({"request_uris": [uri]})).await;
    let browser = world.server.signed_in("ada").await;
    let request = world.honest().with("request_uri", &uri);
    is_told(&browser.get(&request.path()).await, CALLBACK, "invalid_request_uri");
    assert_eq!(listener.heard().len(), 0);
}

/// R2, R17, R64: what is there is judged as what comes by value is, before anybody is sent anywhere.
#[tokio::test]
async fn what_was_fetched_is_judged_like_what_comes_by_value() {
    let there = Elsewhere::new("signed", json!({})).await;
    let browser = there.world.server.signed_in("ada").await;
    let stranger = Signer::new("ES256", "k1");
    let claims = |more: Value| there.world.claims(&there.world.honest(), &more);
    let signer = &there.world.signer;
    for object in [
        stranger.sign(&claims(json!({}))),
        there.unsigned(&json!({})).0,
        signer.sign(&claims(json!({"iss": "other"}))),
        signer.sign(&claims(json!({"exp": there.world.in_seconds(-60)}))),
        signer.sign(&claims(json!({"client_id": "other"}))),
        signer.sign_with(&json!({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}), &claims(json!({}))),
    ] {
        there.listener.says(&object);
        let request = there.request().with("redirect_uri", OTHER);
        is_told(&browser.get(&request.path()).await, OTHER, "invalid_request_object");
        there.world.server.advance(10);
    }
    for uri in ["https://evil.example/cb", "javascript:alert(1)"] {
        there.listener.says(&there.signed(&json!({ "redirect_uri": uri })).0);
        browser.get(&there.request().with("redirect_uri", CALLBACK).path()).await.is_page(400);
        there.world.server.advance(10);
    }
}

/// R17: `none` counts where an operator allows it, from the client's own address, and for a client that has not said that
/// it signs. By value never, and not because somebody says that it came from there.
#[tokio::test]
async fn an_unsigned_request_counts_from_its_own_address_and_from_nowhere_else() {
    for more in [json!({}), json!({"request_object_signing_alg": "none"}), json!({"jwks": null})] {
        let there = Elsewhere::new("any", more).await;
        let (object, request) = there.unsigned(&json!({}));
        there.listener.says(&object);
        let browser = there.world.server.signed_in("ada").await;
        let code = browser.allow(&request).await;
        assert_eq!(there.world.client.redeem(&code).await.status, 200);
        let by_value = there.world.honest().with("request", &object);
        is_told(&browser.get(&by_value.path()).await, CALLBACK, "request_not_supported");
        // What is said of another object is said of no other.
        let question =
            browser.get(&there.request().with("prompt", "consent").path()).await.form("consent-form");
        let seen = question.action.split_once("&request_seen=").unwrap().1.to_owned();
        let (other, _) = there.unsigned(&json!({"scope": "openid read write"}));
        let forged = there.world.honest().with("request", &other).with("request_seen", &seen);
        is_told(&browser.get(&forged.path()).await, CALLBACK, "request_not_supported");
    }
    for more in [
        json!({"request_object_signing_alg": "ES256"}),
        json!({"require_signed_request_object": true}),
        json!({"require_signed_request_object": true, "request_object_signing_alg": "ES256"}),
    ] {
        let there = Elsewhere::new("any", more).await;
        there.listener.says(&there.unsigned(&json!({})).0);
        let browser = there.world.server.signed_in("ada").await;
        let request = there.request().with("redirect_uri", CALLBACK);
        is_told(&browser.get(&request.path()).await, CALLBACK, "invalid_request_object");
    }
    // One that has said that it does not sign is not taken at its signature either.
    let there = Elsewhere::new("any", json!({"request_object_signing_alg": "none"})).await;
    there.listener.says(&there.signed(&json!({})).0);
    let browser = there.world.server.signed_in("ada").await;
    let request = there.request().with("redirect_uri", CALLBACK);
    is_told(&browser.get(&request.path()).await, CALLBACK, "invalid_request_object");
}

/// R112: one call for many, and none again at once, whether it failed or not.
#[tokio::test]
async fn a_clients_server_is_called_once_for_many_and_left_alone_when_it_fails() {
    let there = Elsewhere::new("signed", json!({})).await;
    let browser = there.world.server.signed_in("ada").await;
    let request = there.request().with("redirect_uri", CALLBACK);
    let large = "a".repeat(8 * 1024 + 1);
    for (status, body) in [(404, ""), (302, "a.b.c"), (200, "not a JWT"), (200, "{}"), (200, large.as_str())]
    {
        there.listener.answers(status);
        there.listener.says(body);
        let before = there.listener.heard().len();
        for _ in 0..3 {
            is_told(&browser.get(&request.path()).await, CALLBACK, "invalid_request_uri");
        }
        assert_eq!(there.listener.heard().len(), before + 1, "{status} {body}");
        there.world.server.advance(10);
    }
    there.listener.answers(200);
    there.listener.says(&there.signed(&json!({})).0);
    let before = there.listener.heard().len();
    let path = request.path();
    let asking = (0..16).map(|_| browser.get(&path));
    for answer in futures_util::future::join_all(asking).await {
        answer.is_page(200);
    }
    assert_eq!(there.listener.heard().len(), before + 1);
}

/// RFC 7591: what may be registered, and what is told of it.
#[tokio::test]
async fn where_requests_are_kept_is_judged_when_it_is_registered() {
    let server = server_with(&[("REQUEST_URIS", "any")]).await;
    let new = |uri: &str| server.new_client("x").metadata(&json!({"request_uris": [uri]}).to_string());
    let long = format!("https://client.example/{}", "a".repeat(490));
    for wrong in [
        "",
        "object",
        "http://client.example/object",
        "https://ada@client.example/object",
        "https://client.example/object#a#b",
        "https://client.example/object#ä",
        "urn:x",
        &long,
    ] {
        assert!(new(wrong).try_register().await.is_err(), "{wrong}");
    }
    let both = r#"{"request_object_signing_alg":"none","require_signed_request_object":true}"#;
    assert!(server.new_client("x").metadata(both).try_register().await.is_err());
    new("https://client.example/object#47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU").register().await;
    let signed = server_with(&[("REQUEST_URIS", "signed")]).await;
    let unsigned = r#"{"request_object_signing_alg":"none"}"#;
    let refused = signed.new_client("x").metadata(unsigned).try_register().await.unwrap_err();
    assert_eq!(refused.to_string(), "request_object_signing_alg none is not taken here");
}
