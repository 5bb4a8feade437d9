//! `resource` (RFC 8707): where a token may be used, at every grant.

use crate::support::{AuthorizationRequest, Browser, CALLBACK, Client, Code, server};

const TIME: &str = "https://time.example/api";
const MAIL: &str = "https://mail.example";

/// `aud` of the answer's access token.
async fn audience(client: &Client, access_token: &str) -> serde_json::Value {
    client.introspect(access_token).await.json()["aud"].clone()
}

async fn redeemed_at(client: &Client, code: &Code, resource: &str) -> crate::support::Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.code.as_str()),
        ("code_verifier", code.verifier.as_str()),
        ("resource", resource),
    ];
    client.token(&fields).await
}

/// R50: without one, a token is for every audience of the client; with one, for that alone.
#[tokio::test]
async fn a_token_is_for_the_resource_that_was_asked_for() {
    let server = server().await;
    let client = server.new_client("web").audiences(&[TIME, MAIL]).register().await;
    let browser: Browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client);

    let whole = client.redeem(&browser.allow(&request).await).await;
    assert_eq!(audience(&client, &whole.text("access_token")).await, serde_json::json!([TIME, MAIL]));

    let code = browser.allow(&request).await;
    let narrow = redeemed_at(&client, &code, MAIL).await;
    assert_eq!(audience(&client, &narrow.text("access_token")).await, serde_json::json!([MAIL]));
    // The grant keeps both.
    let refresh = narrow.text("refresh_token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("resource", TIME)];
    let renewed = client.token(&fields).await;
    assert_eq!(audience(&client, &renewed.text("access_token")).await, serde_json::json!([TIME]));

    let own = client.token(&[("grant_type", "client_credentials"), ("resource", MAIL)]).await;
    assert_eq!(audience(&client, &own.text("access_token")).await, serde_json::json!([MAIL]));
}

/// R50: what was not asked for at the authorization endpoint cannot be had at the token endpoint, and asking does not
/// use the code or the refresh token up.
#[tokio::test]
async fn a_resource_is_never_widened() {
    let server = server().await;
    let client = server.new_client("web").audiences(&[TIME, MAIL]).register().await;
    let browser = server.signed_in("ada").await;
    let code = browser.allow(&AuthorizationRequest::of(&client).with("resource", TIME)).await;
    redeemed_at(&client, &code, MAIL).await.is_error(400, "invalid_target");
    let tokens = redeemed_at(&client, &code, TIME).await;
    assert_eq!(audience(&client, &tokens.text("access_token")).await, serde_json::json!([TIME]));
    let refresh = tokens.text("refresh_token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("resource", MAIL)];
    client.token(&fields).await.is_error(400, "invalid_target");
    assert_eq!(client.refresh(&refresh).await.status, 200);
}

/// R50
#[tokio::test]
async fn an_unknown_or_malformed_resource_is_an_invalid_target() {
    let server = server().await;
    let client = server.new_client("web").audiences(&[TIME, "plain"]).register().await;
    let browser = server.signed_in("ada").await;
    for wrong in
        [MAIL, "/api", "plain", "https://time.example/api#x", "https://time.example/api/", "time.example"]
    {
        let fields = [("grant_type", "client_credentials"), ("resource", wrong)];
        client.token(&fields).await.is_error(400, "invalid_target");
        let request = AuthorizationRequest::of(&client).with("resource", wrong);
        let params = browser.get(&request.path()).await.returned_to(CALLBACK);
        assert_eq!(params[0], ("error".to_owned(), "invalid_target".to_owned()), "{wrong}");
    }
}
