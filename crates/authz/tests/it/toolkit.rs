//! A resource server that is Django OAuth Toolkit 3.4.1, unmodified: what it sends to introspection, header by header, and
//! what it reads in the answer (`OAuth2Validator._get_token_from_authentication_server`).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::support::{Answer, Client, INACTIVE, TestServer, password_of, server};

/// Where the toolkit serves: it takes a token only if one of its audiences is the beginning of the address asked for.
const RESOURCE: &str = "https://django.example/";

/// What it sends with either setting: a `requests.post(url, data={"token": token}, headers={"Authorization": …})`.
async fn asks(server: &TestServer, authorization: &str, token: &str) -> Answer {
    let request = server.http.post("/o/introspect/", format!("token={token}"));
    let request = [
        ("user-agent", "python-requests/2.34.2"),
        ("accept-encoding", "gzip, deflate"),
        ("accept", "*/*"),
        ("connection", "keep-alive"),
        ("authorization", authorization),
    ]
    .iter()
    .fold(request, |request, (name, value)| request.header(*name, *value));
    server.http.send(request).await
}

/// What it makes of the answer: a person by name, scopes, an end, and audiences. Anything but 200 is nothing.
#[track_caller]
fn is_taken(answer: &Answer, username: Option<&str>, scope: &str) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let content = answer.json();
    assert_eq!(content["active"], true);
    assert_eq!(content.get("username").and_then(|name| name.as_str()), username);
    assert_eq!(content["scope"], scope);
    assert!(content["exp"].as_i64().unwrap() > 1_800_000_000);
    let audiences: Vec<&str> =
        content["aud"].as_array().unwrap().iter().map(|each| each.as_str().unwrap()).collect();
    assert!(audiences.iter().any(|audience| "https://django.example/me/".starts_with(audience)));
}

async fn token_of(client: &Client) -> String {
    client.password("ada", &password_of("ada")).await.text("access_token")
}

/// `RESOURCE_SERVER_INTROSPECTION_CREDENTIALS` and `RESOURCE_SERVER_AUTH_TOKEN`, for both forms of access token.
#[tokio::test]
async fn the_toolkits_resource_server_is_answered_in_both_of_its_ways() {
    let server = server().await;
    server.person("ada").await;
    let audiences = [RESOURCE, "https://other.example"];
    let client = server.new_client("app").audiences(&audiences).scopes(&["read"]).register().await;
    let jwt = server.new_client("jwt").audiences(&[RESOURCE]).scopes(&["read"]);
    let jwt = jwt.metadata(r#"{"access_token_format":"jwt"}"#).register().await;
    let django =
        server.new_client("django").introspects(&[RESOURCE]).scopes(&["introspection"]).register().await;
    // It does not form-encode what it puts into Basic.
    let secret = django.secret.as_deref().unwrap();
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("django:{secret}")));
    let own = [("grant_type", "client_credentials"), ("scope", "introspection")];
    let bearer = format!("Bearer {}", django.token(&own).await.text("access_token"));
    for authorization in [&basic, &bearer] {
        for client in [&client, &jwt] {
            let token = token_of(client).await;
            is_taken(&asks(&server, authorization, &token).await, Some("ada"), "read");
            client.revoke(&token).await;
            assert_eq!(asks(&server, authorization, &token).await.body, INACTIVE);
            let itself = client.client_credentials().await.text("access_token");
            is_taken(&asks(&server, authorization, &itself).await, None, "read");
        }
        assert_eq!(asks(&server, authorization, "unknown1").await.body, INACTIVE);
    }
    for wrong in ["Bearer tta_x", "Basic ZGphbmdvLXJzOnR0c19hLWJfYw=="] {
        assert_eq!(asks(&server, wrong, &token_of(&client).await).await.status, 401);
    }
}
