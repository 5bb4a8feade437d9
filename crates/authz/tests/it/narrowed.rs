//! What a client was given, once it may do less: by an administrator, by its owner, or by itself.

use authz::registration::{Changes, Ending, ListChange};

use crate::applications::filled;
use crate::support::{AuthorizationRequest, Browser, Client, Code, Device, server};

fn without(names: &[&str]) -> ListChange {
    ListChange { without: names.iter().map(|&name| name.to_owned()).collect(), ..ListChange::default() }
}

fn also(names: &[&str]) -> ListChange {
    ListChange { also: names.iter().map(|&name| name.to_owned()).collect(), ..ListChange::default() }
}

/// All that ends at once when a client may do less, and a refresh token.
struct Given {
    access: String,
    refresh: String,
    own: String,
    code: Code,
    device: Device,
}

impl Given {
    async fn to(client: &Client, browser: &Browser) -> Self {
        let (access, refresh) = browser.tokens_for(client).await;
        let own = client.client_credentials().await.text("access_token");
        let (code, device) = (browser.code_for(client).await, client.device().await);
        browser.allows(&device).await;
        Self { access, refresh, own, code, device }
    }

    async fn has_ended(&self, client: &Client) {
        for token in [&self.access, &self.own] {
            assert!(!client.vouches_for(token).await);
        }
        client.redeem(&self.code).await.is_error(400, "invalid_grant");
        client.poll(&self.device).await.is_error(400, "invalid_grant");
    }
}

/// R49: never more than the client may now, whatever it could when it was allowed; and all of it again when it may again.
#[tokio::test]
async fn a_scope_that_is_taken_away_ends_in_access_tokens_and_comes_with_no_refresh() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let given = Given::to(&client, &browser).await;
    server.update_client(&client, Changes { scopes: without(&["write"]), ..Changes::default() }).await;
    server.advance(6);
    given.has_ended(&client).await;
    let wider =
        [("grant_type", "refresh_token"), ("refresh_token", given.refresh.as_str()), ("scope", "read write")];
    client.token(&wider).await.is_error(400, "invalid_scope");
    let answer = client.refresh(&given.refresh).await;
    assert_eq!(answer.text("scope"), "read");
    assert!(client.vouches_for(&answer.text("access_token")).await);
    assert_eq!(client.client_credentials().await.text("scope"), "read");
    server.update_client(&client, Changes { scopes: also(&["write"]), ..Changes::default() }).await;
    assert!(client.vouches_for(&answer.text("access_token")).await, "more is no reason to end anything");
    let answer = client.refresh(&answer.text("refresh_token")).await;
    assert_eq!(answer.text("scope"), "read write");
}

/// R50: the same for audiences; and nothing is left of what was for others only.
#[tokio::test]
async fn an_audience_that_is_taken_away_is_in_no_token_any_more() {
    let server = server().await;
    let client =
        server.new_client("web").audiences(&["https://a.example", "https://b.example"]).register().await;
    let browser = server.signed_in("ada").await;
    let (access, refresh) = browser.tokens_for(&client).await;
    server.advance(1);
    let code = browser.allow(&AuthorizationRequest::of(&client).with("resource", "https://b.example")).await;
    let at_b = client.redeem(&code).await.text("refresh_token");
    server
        .update_client(&client, Changes { audiences: without(&["https://b.example"]), ..Changes::default() })
        .await;
    server.advance(1);
    assert!(!client.vouches_for(&access).await);
    let renewed = client.refresh(&refresh).await.text("access_token");
    assert_eq!(client.introspect(&renewed).await.json()["aud"], serde_json::json!(["https://a.example"]));
    client.refresh(&at_b).await.is_error(400, "invalid_grant");
}

/// C6, R1: a code for an address that is not the client's any more buys nothing; what was bought before can be renewed.
#[tokio::test]
async fn a_redirect_uri_that_is_taken_away_ends_the_codes_on_their_way_to_it() {
    let server = server().await;
    let uris = ["https://client.example/cb", "https://client.example/other"];
    let client = server.new_client("web").redirect_uris(&uris).register().await;
    let browser = server.signed_in("ada").await;
    let (_, refresh) = browser.tokens_for(&client).await;
    let code = browser.code_for(&client).await;
    server.update_client(&client, Changes { redirect_uris: without(&uris[..1]), ..Changes::default() }).await;
    server.advance(1);
    client.redeem(&code).await.is_error(400, "invalid_grant");
    browser.get(&AuthorizationRequest::of(&client).path()).await.is_page(400);
    assert_eq!(client.refresh(&refresh).await.status, 200);
}

/// The same when its owner takes something away at the developer pages.
#[tokio::test]
async fn what_an_owner_takes_away_ends_as_well() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let mine = crate::applications::registered(&browser, "Mine").await;
    let client = mine.client(&server);
    let own = client.client_credentials().await.text("access_token");
    assert!(client.vouches_for(&own).await);
    let form = filled(&browser.get(&mine.path("update/")).await, "Mine").without("scope-write");
    browser.submit(&form).await.location();
    server.advance(1);
    assert!(!client.vouches_for(&own).await);
    assert_eq!(client.client_credentials().await.text("scope"), "read");
}

/// R48: everything it was given ends, and it begins anew; people are not asked again.
#[tokio::test]
async fn a_client_whose_tokens_are_ended_begins_anew() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let given = Given::to(&client, &browser).await;
    server.end_client(&client, Ending::Tokens).await;
    server.advance(6);
    given.has_ended(&client).await;
    client.refresh(&given.refresh).await.is_error(400, "invalid_grant");
    assert_eq!(browser.get(&AuthorizationRequest::of(&client).path()).await.status, 303);
    let (access, refresh) = browser.tokens_for(&client).await;
    assert!(client.vouches_for(&access).await);
    assert_eq!(client.refresh(&refresh).await.status, 200);
    // After a restart as well.
    let server = server.restarted().await;
    assert!(!client.at(&server).vouches_for(&given.own).await);
    assert!(client.at(&server).vouches_for(&access).await);
}
