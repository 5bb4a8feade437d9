//! What strangers may have this server call. Clients that register or describe themselves name addresses, and whoever is
//! sent here by one has them called.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{
    Answer, AuthorizationRequest, Browser, CALLBACK, Client, Listener, Signer, TestServer, assertion,
    eventually, server_with,
};

const CREDENTIALS: [(&str, &str); 1] = [("grant_type", "client_credentials")];

/// A server where strangers may do what they may anywhere, and which believes what this machine says of where somebody is.
async fn open() -> TestServer {
    server_with(&[
        ("CLIENT_ID_METADATA_DOCUMENTS", "true"),
        ("OUTBOUND_NETWORKS", "127.0.0.0/8"),
        ("REQUEST_URIS", "any"),
        ("REGISTRATION", "open"),
        ("REGISTRATIONS_PER_HOUR", "0"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
    ])
    .await
}

fn from(network: &str, request: RequestBuilder) -> RequestBuilder {
    request.header("x-forwarded-for", network)
}

async fn follows(browser: &Browser, network: &str, request: &AuthorizationRequest) -> Answer {
    browser.send(from(network, browser.request(Method::GET, &request.path()))).await
}

async fn registers(server: &TestServer, network: &str, body: &Value) -> Answer {
    let request = server.http.request(Method::POST, "/o/register/").body(body.to_string());
    server.http.send(from(network, request).header("content-type", "application/json")).await
}

/// A client that nobody has vouched for.
async fn unvouched(server: &TestServer, name: &str, metadata: &Value) -> Client {
    let mut metadata = metadata.clone();
    metadata["is_self_registered"] = json!(true);
    server.new_client(name).metadata(&metadata.to_string()).register().await
}

fn known(server: &TestServer, id: &str) -> AuthorizationRequest {
    AuthorizationRequest::of(&Client::known(server, id, "").as_public())
}

/// R112: ten, in a registration and in a document; who is registered by an administrator has as many as they say.
#[tokio::test]
async fn a_client_that_nobody_vouches_for_keeps_its_requests_at_ten_addresses_at_most() {
    let (server, listener) = (open().await, Listener::start().await);
    let addresses =
        |number| (0..number).map(|each| format!("https://client.example/{each}")).collect::<Vec<_>>();
    let body = |number| json!({"redirect_uris": [CALLBACK], "request_uris": addresses(number)});
    let refused = registers(&server, "192.0.2.1", &body(11)).await;
    assert_eq!(refused.status, 400);
    let told = json!({"error": "invalid_client_metadata", "error_description": "request_uris: at most 10"});
    assert_eq!(refused.json(), told);
    assert_eq!(registers(&server, "192.0.2.1", &body(10)).await.status, 201);
    listener.with_headers(&["content-type: application/json"]);
    for (number, status) in [(11, 400), (10, 303)] {
        let id = listener.url(&format!("/{number}"));
        let mut document = body(number);
        document["client_id"] = json!(id);
        listener.says(&document.to_string());
        assert_eq!(server.browser().get(&known(&server, &id).path()).await.status, status);
    }
    let metadata = json!({"request_uris": addresses(11)});
    server.new_client("web").metadata(&metadata.to_string()).register().await;
}

/// R112: thirty in a minute for a network, whatever kind of address it is; those that an administrator has taken up are not
/// among them, nor is what is in memory.
#[tokio::test]
async fn a_network_has_a_number_of_strangers_servers_called_in_a_minute() {
    let (server, listener) = (open().await, Listener::start().await);
    let (browser, here, elsewhere) = (server.browser(), "192.0.2.1", "198.51.100.7");
    listener.answers(404);
    let mut requests = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let uris: Vec<String> = (0..10).map(|number| listener.url(&format!("/{name}{number}"))).collect();
        let client = unvouched(&server, name, &json!({"request_uris": uris})).await;
        requests.extend(uris.iter().map(|uri| AuthorizationRequest::of(&client).with("request_uri", uri)));
    }
    let told = |answer: Answer| answer.element("error").unwrap();
    for (number, request) in requests.iter().enumerate() {
        for _ in 0..2 {
            let error = if number < 30 { "invalid_request_uri" } else { "temporarily_unavailable" };
            assert_eq!(told(follows(&browser, here, request).await), error, "{number}");
        }
    }
    assert_eq!(listener.heard().len(), 30);
    // A document, what is read to register a client, keys: it is the same count.
    follows(&browser, here, &known(&server, &listener.url("/client.json"))).await.is_page(503);
    let body = json!({"redirect_uris": [CALLBACK], "sector_identifier_uri": "https://client.example/sector"});
    let answer = registers(&server, here, &body).await;
    assert_eq!((answer.status, answer.json()["error"].as_str()), (429, Some("temporarily_unavailable")));
    let signer = Signer::new("ES256", "k1");
    let with_keys = |path: &str| {
        let uri = listener.url(path);
        json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": uri})
    };
    let stranger = unvouched(&server, "stranger", &with_keys("/keys")).await;
    let proves = async |client: &Client| {
        let text = signer.sign(&assertion(client, server.clock.now()));
        let request = from(here, client.proving("/o/token/", &text, &CREDENTIALS));
        server.http.send(request).await
    };
    proves(&stranger).await.is_error(429, "temporarily_unavailable");
    assert_eq!(listener.heard().len(), 30);
    // Another network may have the same called, and an administrator's clients have what they name.
    assert_eq!(told(follows(&browser, elsewhere, &requests[30]).await), "invalid_request_uri");
    assert_eq!(listener.heard().len(), 31);
    let metadata = with_keys("/vouched").to_string();
    let vouched = server.new_client("vouched").metadata(&metadata).register().await;
    listener.answers(200);
    listener.says(&json!({"keys": [signer.jwk()]}).to_string());
    assert_eq!(proves(&vouched).await.status, 200);
    server.advance(60);
    assert_eq!(proves(&stranger).await.status, 200);
    assert_eq!(listener.heard().len(), 33);
}

/// R112: servers of strangers' choosing that never answer keep other strangers' waiting at most.
#[tokio::test]
async fn servers_of_strangers_that_never_answer_keep_no_administrators_client_waiting() {
    let (server, silent) = (open().await, Listener::start().await);
    let (unheard, keys) = (Listener::start().await, Listener::start().await);
    silent.answers(0);
    let follows = |request: &AuthorizationRequest| {
        let (browser, path) = (server.browser(), request.path());
        tokio::spawn(async move { browser.get(&path).await })
    };
    let uri = silent.url("/object");
    let stranger = unvouched(&server, "stranger", &json!({"request_uris": [uri]})).await;
    let mut waiting = vec![
        follows(&AuthorizationRequest::of(&stranger).with("request_uri", &uri)),
        follows(&known(&server, &silent.url("/client.json"))),
    ];
    eventually("both are called", || async { silent.heard().len() == 2 }).await;
    waiting.push(follows(&known(&server, &unheard.url("/client.json"))));
    let signer = Signer::new("ES256", "k1");
    keys.says(&json!({"keys": [signer.jwk()]}).to_string());
    let metadata = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": keys.url("/keys")});
    let client = server.new_client("web").metadata(&metadata.to_string()).register().await;
    let text = signer.sign(&assertion(&client, server.clock.now()));
    assert_eq!(client.prove("/o/token/", &text, &CREDENTIALS).await.status, 200);
    assert_eq!(unheard.heard().len(), 0);
    assert!(waiting.iter().all(|each| !each.is_finished()));
    silent.answers(404);
    for each in waiting {
        each.await.unwrap();
    }
    assert_eq!(unheard.heard().len(), 1);
}
