//! Requests that the client has not signed, or not as this one: OpenID Connect Core section 6.1, RFC 9101 section 10.

use serde_json::{Value, json};

use super::request_object::{OTHER, World, is_told};
use crate::support::{CALLBACK, ISSUER, Listener, Signer, assertion, part, server, signed_by_hmac};

/// R2, R17: an address in the object is judged like any other, before anything is told to anybody.
#[tokio::test]
async fn a_redirect_uri_in_an_object_is_judged_before_any_redirect() {
    let world = World::new().await;
    let browser = world.server.signed_in("ada").await;
    let evil = "https://evil.example/cb";
    for more in [
        json!({"redirect_uri": evil}),
        json!({"redirect_uri": evil, "response_type": "nonsense"}),
        json!({"redirect_uri": evil, "prompt": "none"}),
        json!({"redirect_uri": evil, "scope": "admin"}),
        json!({"redirect_uri": format!("{CALLBACK}/")}),
        json!({"redirect_uri": "javascript:alert(1)"}),
        json!({"redirect_uri": null}),
    ] {
        browser.get(&world.signed(&more).path()).await.is_page(400);
    }
    // Not even when a good one stands beside it.
    for bad in [evil, "https://client.example/cb/"] {
        let signed = world.signed(&json!({ "redirect_uri": bad })).with("redirect_uri", CALLBACK);
        browser.get(&signed.path()).await.is_page(400);
    }
    // A good one inside is where answers go, whatever stands beside it.
    let signed = world.signed(&json!({"scope": "admin"})).with("redirect_uri", evil);
    is_told(&browser.get(&signed.path()).await, CALLBACK, "invalid_scope");
    // Nobody vouches for what is in a bad one.
    let stranger = Signer::new("ES256", "k1");
    let forged = stranger.sign(&world.claims(&world.honest(), &json!({})));
    let forged = world.signed(&json!({})).with("request", &forged);
    browser.get(&forged.clone().path()).await.is_page(400);
    browser.get(&forged.clone().with("redirect_uri", evil).path()).await.is_page(400);
    is_told(&browser.get(&forged.with("redirect_uri", OTHER).path()).await, OTHER, "invalid_request_object");
}

/// R17, R64, R65, R66, R67, R74
#[tokio::test]
async fn what_the_client_has_not_signed_or_not_for_this_is_refused() {
    let world = World::new().await;
    let World { client, signer, .. } = &world;
    let browser = world.server.signed_in("ada").await;
    let claims = |more: Value| world.claims(&world.honest(), &more);
    let head = |members: Value| {
        let mut head = json!({"typ": "JWT", "alg": "ES256", "kid": "k1"});
        head.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        head
    };
    let stranger = Signer::new("ES256", "k1");
    let mut wrong = vec![
        "x".to_owned(),
        "a.b.c".to_owned(),
        format!("{}.{}.", part(&json!({"alg": "none"})), part(&claims(json!({})))),
        signed_by_hmac(
            signer.jwk().to_string().as_bytes(),
            &head(json!({"alg": "HS256"})),
            &claims(json!({})),
        ),
        signed_by_hmac(
            client.secret.as_deref().unwrap().as_bytes(),
            &head(json!({"alg": "HS256"})),
            &claims(json!({})),
        ),
        stranger.sign(&claims(json!({}))),
        stranger.sign_with(&head(json!({"jwk": stranger.jwk()})), &claims(json!({}))),
        signer.sign(&assertion(client, world.server.clock.now())),
    ];
    for members in [
        json!({"typ": "client-authentication+jwt"}),
        json!({"typ": "at+jwt"}),
        json!({"typ": "dpop+jwt"}),
        json!({"crit": ["exp"]}),
        json!({"jku": "https://evil.example/"}),
        json!({"kid": "k2"}),
        json!({"alg": "RS256"}),
    ] {
        wrong.push(signer.sign_with(&head(members), &claims(json!({}))));
    }
    for more in [
        json!({"iss": "other"}),
        json!({"iss": 7}),
        json!({"sub": "web"}),
        json!({"aud": "https://evil.example"}),
        json!({"aud": []}),
        json!({"exp": world.in_seconds(-30)}),
        json!({"exp": "soon"}),
        json!({"nbf": world.in_seconds(31)}),
        json!({"iat": world.in_seconds(31)}),
        json!({"client_id": "other"}),
        json!({"response_type": "token"}),
        json!({"request": "a.b.c"}),
        json!({"request_uri": "https://client.example/object"}),
        json!({"max_age": 1.5}),
        json!({"max_age": true}),
        json!({"prompt": ["login"], "state": [1]}),
        json!({"state": "a\u{0}b"}),
    ] {
        wrong.push(signer.sign(&claims(more)));
    }
    for object in wrong {
        let answer = browser.get(&world.honest().with("request", &object).path()).await;
        is_told(&answer, CALLBACK, "invalid_request_object");
    }
    for right in [json!({"typ": "oauth-authz-req+jwt"}), json!({"typ": "JWT"})] {
        let object = signer.sign_with(&head(right), &claims(json!({})));
        browser.asked(&world.honest().with("request", &object).with("prompt", "consent")).await;
    }
    for silent in [
        json!({"iss": null, "aud": null, "exp": null}),
        json!({"aud": [ISSUER, "x"], "unknown": {"a": [true]}}),
    ] {
        browser.asked(&world.honest().with("request", &signer.sign(&claims(silent)))).await;
    }
    let long = signer.sign(&claims(json!({"more": "x".repeat(6_000)})));
    browser.get(&world.honest().with("request", &long).path()).await.is_page(400);
    // Core section 6.1: what OAuth wants is beside the object, too.
    let answer = browser
        .get(&world.signed(&json!({})).with("redirect_uri", CALLBACK).without("response_type").path())
        .await;
    is_told(&answer, CALLBACK, "invalid_request");
}

/// R67: an object that the client has signed is no proof of who it is.
#[tokio::test]
async fn a_signed_request_is_not_an_assertion() {
    let server = server().await;
    let signer = Signer::new("ES256", "k1");
    let client = server.key_client("web", &signer).await;
    let world = World { server, client, signer };
    for typ in ["oauth-authz-req+jwt", "JWT"] {
        let claims = world.claims(&world.honest(), &json!({"jti": "1"}));
        let object = world.signer.sign_with(&json!({"typ": typ, "alg": "ES256", "kid": "k1"}), &claims);
        let answer = world.client.prove("/o/token/", &object, &[("grant_type", "client_credentials")]).await;
        answer.is_error(401, "invalid_client");
    }
}

/// R17, R109: no address is called for a request, inside of an object or beside it.
#[tokio::test]
async fn no_request_is_fetched_from_anywhere() {
    let listener = Listener::start().await;
    let world = World::new().await;
    let browser = world.server.signed_in("ada").await;
    let uri = listener.url("/object");
    let honest = world.honest();
    for (request, error) in [
        (honest.clone().with("request_uri", &uri), "request_uri_not_supported"),
        (world.signed(&json!({})).with("request_uri", &uri), "request_uri_not_supported"),
        (world.signed(&json!({"request_uri": uri})).with("redirect_uri", CALLBACK), "invalid_request_object"),
    ] {
        is_told(&browser.get(&request.path()).await, CALLBACK, error);
    }
    assert_eq!(listener.heard().len(), 0);
}
