//! Clients' public keys: registered by value or by address (RFC 7591 section 2), and fetched from there.

use authz::audit::Origin;
use authz::registration::{self, By};
use reqwest::Method;
use serde_json::{Value, json};

use crate::applications::registered;
use crate::support::{
    Answer, CALLBACK, Client, Listener, Signer, TestServer, assertion, server, server_with,
};

const CREDENTIALS: [(&str, &str); 1] = [("grant_type", "client_credentials")];

/// A server that may call this machine.
async fn calling() -> TestServer {
    server_with(&[
        ("OUTBOUND_NETWORKS", "127.0.0.0/8"),
        ("REGISTRATION", "open"),
        ("REGISTRATIONS_PER_HOUR", "0"),
    ])
    .await
}

/// A client whose keys are there.
async fn client_at(server: &TestServer, name: &str, uri: &str) -> Client {
    let metadata = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": uri});
    server.new_client(name).metadata(&metadata.to_string()).register().await
}

async fn prove(server: &TestServer, client: &Client, signer: &Signer) -> u16 {
    let text = signer.sign(&assertion(client, server.clock.now()));
    client.prove("/o/token/", &text, &CREDENTIALS).await.status
}

fn set(signers: &[&Signer]) -> String {
    json!({"keys": signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>()}).to_string()
}

/// R109, R112: once for many, again when a key is not known, and not too often.
#[tokio::test]
async fn keys_are_fetched_when_they_are_needed_and_no_more_often() {
    let (server, listener) = (calling().await, Listener::start().await);
    let [first, second, third] = ["k1", "k2", "k3"].map(|kid| Signer::new("ES256", kid));
    let client = client_at(&server, "web", &listener.url("/keys")).await;
    assert_eq!(listener.heard().len(), 0, "nothing is fetched before it is needed");
    listener.says(&set(&[&first]));
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let text = first.sign(&assertion(&client, server.clock.now()));
            let client = client.clone();
            tokio::spawn(async move { client.prove("/o/token/", &text, &CREDENTIALS).await.status })
        })
        .collect();
    for each in tries {
        assert_eq!(each.await.unwrap(), 200);
    }
    assert_eq!(listener.heard().len(), 1);
    assert!(listener.heard()[0].starts_with("GET /keys HTTP/1.1\r\n"));
    // A new key: not at once after a call, but soon.
    listener.says(&set(&[&first, &second]));
    assert_eq!(prove(&server, &client, &second).await, 401);
    server.advance(10);
    assert_eq!(prove(&server, &client, &second).await, 200);
    assert_eq!(listener.heard().len(), 2);
    // Whoever makes up names of keys costs one call in ten seconds, and those who have a key nothing.
    for _ in 0..5 {
        assert_eq!(prove(&server, &client, &third).await, 401);
        assert_eq!(prove(&server, &client, &first).await, 200);
    }
    assert_eq!(listener.heard().len(), 2);
    server.advance(10);
    assert_eq!(prove(&server, &client, &third).await, 401);
    assert_eq!(listener.heard().len(), 3);
    // What was withdrawn lives ten minutes at most.
    listener.says(&set(&[&second]));
    server.advance(599);
    assert_eq!(prove(&server, &client, &first).await, 200);
    server.advance(1);
    assert_eq!(prove(&server, &client, &first).await, 401);
    assert_eq!(prove(&server, &client, &second).await, 200);
    assert_eq!(listener.heard().len(), 4);
}

/// R112: a client's server that fails is left alone for a while, and what it said before counts for an hour.
#[tokio::test]
async fn a_server_of_keys_that_fails_is_left_alone_and_nobody_else_notices() {
    let (server, listener, other) = (calling().await, Listener::start().await, Listener::start().await);
    let signer = Signer::new("EdDSA", "k1");
    let client = client_at(&server, "web", &listener.url("/keys")).await;
    let neighbour = client_at(&server, "neighbour", &other.url("/keys")).await;
    other.says(&set(&[&signer]));
    for (status, body) in
        [(500, set(&[&signer])), (200, "not JSON".to_owned()), (200, "{}".to_owned()), (302, String::new())]
    {
        listener.answers(status);
        listener.says(&body);
        let before = listener.heard().len();
        for _ in 0..3 {
            assert_eq!(prove(&server, &client, &signer).await, 401);
        }
        assert_eq!(listener.heard().len(), before + 1, "{status} {body}");
        server.advance(60);
    }
    listener.answers(200);
    listener.says(&set(&[&signer]));
    assert_eq!(prove(&server, &client, &signer).await, 200);
    listener.answers(503);
    server.advance(3_599);
    assert_eq!(prove(&server, &client, &signer).await, 200);
    server.advance(1);
    assert_eq!(prove(&server, &client, &signer).await, 401);
    // One that never answers keeps its own client waiting, and nobody else.
    server.advance(60);
    listener.answers(0);
    let (waiting, text) = (client.clone(), signer.sign(&assertion(&client, server.clock.now())));
    let waits = tokio::spawn(async move { waiting.prove("/o/token/", &text, &CREDENTIALS).await });
    assert_eq!(prove(&server, &neighbour, &signer).await, 200);
    assert!(!waits.is_finished());
    waits.await.unwrap().is_error(401, "invalid_client");
}

/// R109: no address that this server must not call is called, and a client that names one is nobody.
#[tokio::test]
async fn keys_are_fetched_from_nowhere_that_is_not_to_be_called() {
    let (server, listener) = (server().await, Listener::start().await);
    let signer = Signer::new("ES256", "k1");
    listener.says(&set(&[&signer]));
    let client = client_at(&server, "web", &listener.url("/keys")).await;
    assert_eq!(prove(&server, &client, &signer).await, 401);
    assert_eq!(listener.heard().len(), 0);
    for wrong in
        ["http://keys.example/", "ftp://x/", "keys", "javascript:alert(1)", "https://ada@keys.example/"]
    {
        let metadata = json!({ "jwks_uri": wrong }).to_string();
        assert!(server.new_client("x").metadata(&metadata).try_register().await.is_err(), "{wrong}");
    }
}

/// R71 for others' keys: what is malformed is refused with a sentence that says what is wrong, wherever it comes from.
#[tokio::test]
async fn keys_that_are_none_are_refused_wherever_they_are_registered() {
    let server = calling().await;
    let signer = Signer::new("EdDSA", "k1");
    let (set, uri) = (signer.jwks(), "https://client.example/keys");
    for (wrong, sentence) in [
        (json!({"jwks": set, "jwks_uri": uri}), "jwks and jwks_uri exclude each other"),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt"}),
            "private_key_jwt needs keys: a jwks, or a jwks_uri",
        ),
        (json!({"require_signed_request_object": true}), "signed requests need keys: a jwks, or a jwks_uri"),
        (json!({"jwks": {"keys": []}}), "jwks has 1 to 20 keys"),
        (json!({"jwks": {}}), "jwks is a JWK Set: an object with a list of keys"),
        (json!({"jwks": "x"}), "jwks is a JWK Set: an object with a list of keys"),
        (
            json!({"jwks": {"keys": [signer.private_jwk()]}}),
            "jwks has public keys only: one of them has a private member, or is a shared secret",
        ),
        (
            json!({"jwks": {"keys": [{"kty": "RSA", "n": "_".repeat(168), "e": "AQAB"}]}}),
            "jwks has RSA keys of 2048 to 8192 bits",
        ),
        (json!({"jwks": {"keys": [signer.jwk(), signer.jwk()]}}), "jwks has a kid twice"),
    ] {
        let refused = server.new_client("x").metadata(&wrong.to_string()).try_register().await.unwrap_err();
        assert_eq!(refused.to_string(), sentence, "{wrong}");
        let mut body = json!({"redirect_uris": [CALLBACK]});
        body.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let answer = register(&server, &body).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        let said = json!({"error": "invalid_client_metadata", "error_description": sentence});
        assert_eq!(answer.json(), said, "{wrong}");
    }
    for (name, wrong) in [
        ("token_endpoint_auth_signing_alg", json!("HS256")),
        ("token_endpoint_auth_signing_alg", json!("none")),
        ("request_object_signing_alg", json!("none")),
        ("token_endpoint_auth_method", json!("client_secret_jwt")),
    ] {
        let mut body = json!({"redirect_uris": [CALLBACK]});
        body[name] = wrong;
        assert_eq!(register(&server, &body).await.text("error"), "invalid_client_metadata");
    }
}

async fn register(server: &TestServer, body: &Value) -> Answer {
    let request = server.http.request(Method::POST, "/o/register/");
    server.http.send(request.header("content-type", "application/json").body(body.to_string())).await
}

/// RFC 7591, RFC 7592: it is told no secret, and may go over to one and back.
#[tokio::test]
async fn a_client_registers_its_keys_itself_and_changes_over() {
    let server = calling().await;
    let signer = Signer::new("ES256", "k1");
    let by_key = json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256", "jwks": signer.jwks()});
    let made = register(&server, &by_key).await;
    assert_eq!(made.status, 201, "{made:?}");
    for (name, value) in by_key.as_object().unwrap() {
        assert_eq!(made.json()[name], *value, "{name}");
    }
    for absent in ["client_secret", "client_secret_expires_at"] {
        assert_eq!(made.json().get(absent), None);
    }
    let (id, token) = (made.text("client_id"), made.text("registration_access_token"));
    let put = |mut body: Value| {
        body["client_id"] = id.as_str().into();
        let request = server.http.request(Method::PUT, &format!("/o/register/{id}/")).bearer_auth(&token);
        server.http.send(request.header("content-type", "application/json").body(body.to_string()))
    };
    let is_known = |secret: String| {
        let client = Client::known(&server, &id, &secret);
        async move { client.revoke("x").await.status == 200 }
    };
    let signs = || async {
        let client = Client::known(&server, &id, "");
        let text = signer.sign(&assertion(&client, server.clock.now()));
        client.prove("/o/revoke_token/", &text, &[("token", "x")]).await.status == 200
    };
    assert!(signs().await);
    let by_secret = put(json!({"redirect_uris": [CALLBACK]})).await;
    assert_eq!(by_secret.status, 200, "{by_secret:?}");
    let secret = by_secret.text("client_secret");
    assert!(is_known(secret.clone()).await && !signs().await);
    assert_eq!(by_secret.json().get("jwks"), None);
    let back = put(by_key.clone()).await;
    assert_eq!((back.status, back.json().get("client_secret")), (200, None), "{back:?}");
    assert!(!is_known(secret.clone()).await && signs().await);
    // The secret it had is gone, and it gets another.
    let again = put(json!({"redirect_uris": [CALLBACK]})).await.text("client_secret");
    assert_ne!(again, secret);
    assert!(is_known(again).await && !is_known(secret).await);
}

/// An administrator may turn a developer's application over to keys: its page shows no secret, and no way to get one.
#[tokio::test]
async fn a_developers_page_of_a_client_that_signs_has_no_secret() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let mine = registered(&browser, "Mine").await;
    let client = mine.client(&server);
    assert!(browser.get(&mine.path("")).await.element("rotate-secret").is_some());
    let metadata =
        json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": Signer::new("EdDSA", "k1").jwks()});
    let origin = Origin::CommandLine(None);
    registration::change_metadata(server.app(), &origin, &client.id, &metadata.to_string()).await.unwrap();
    let page = browser.get(&mine.path("")).await;
    assert_eq!(page.element("type").as_deref(), Some("confidential: it signs with a key of its own"));
    for absent in ["rotate-secret", "first-run", "own-run", "secret"] {
        assert_eq!(page.element(absent), None, "{absent}");
    }
    browser.get(&mine.path("rotate-secret/")).await.is_page(404);
    assert!(browser.get("/o/applications/").await.body.contains("signs with a key, registered"));
    client.client_credentials().await.is_error(401, "invalid_client");
}

/// There is nothing to rotate.
#[tokio::test]
async fn a_client_that_signs_gets_no_secret() {
    let server = server().await;
    let signer = Signer::new("EdDSA", "k1");
    let client = server.key_client("web", &signer).await;
    let rotated =
        registration::rotate_secret(server.app(), &Origin::CommandLine(None), By::Administrator, &client.id)
            .await;
    assert_eq!(rotated.unwrap_err().to_string(), "there is no such client with a secret");
    let given = server.new_client("given").secret("chosen");
    let metadata = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": signer.jwks()});
    let given = given.metadata(&metadata.to_string()).register().await;
    assert_eq!(given.secret, None);
    given.with_secret("chosen").client_credentials().await.is_error(401, "invalid_client");
}
