//! The parameters OpenID Connect adds to a request: Core section 3.1.2.1.

use authz::audit::Origin;
use serde_json::json;

use crate::support::{AuthorizationRequest, BASE, Browser, CALLBACK, Client, password_of, server};

async fn id_token(browser: &Browser, client: &Client) -> String {
    let request = AuthorizationRequest::of(client).with("scope", "openid");
    client.redeem(&browser.allow(&request).await).await.text("id_token")
}

fn error_of(answer: &crate::support::Answer) -> String {
    answer.returned_to(CALLBACK)[0].1.clone()
}

/// A hint says who is meant: also when it has ended, and only when it is ours and this client's.
#[tokio::test]
async fn an_id_token_hint_names_the_only_person_who_will_do() {
    let server = server().await;
    let (client, other) = (server.client("web").await, server.client("other").await);
    let (ada, bob) = (server.signed_in("ada").await, server.signed_in("bob").await);
    let (hint, foreign) = (id_token(&ada, &client).await, id_token(&ada, &other).await);
    let of_bob = id_token(&bob, &client).await;
    let silent = AuthorizationRequest::of(&client).with("prompt", "none").with("scope", "openid");
    server.advance(7_200);
    let hinted = |hint: &str| silent.clone().with("id_token_hint", hint);
    assert_eq!(ada.get(&hinted(&hint).path()).await.returned_to(CALLBACK)[0].0, "code");
    assert_eq!(error_of(&bob.get(&hinted(&hint).path()).await), "login_required");
    assert_eq!(error_of(&ada.get(&hinted(&of_bob).path()).await), "login_required");
    // With a page to show, the right person may sign in, and the wrong one gets nothing.
    let request = hinted(&hint).without("prompt");
    let answer = bob.get(&request.path()).await;
    let page = bob.get(answer.location().strip_prefix(BASE).unwrap()).await;
    let form = page.form("login-form");
    let again = bob.submit(&form.clone().with("username", "bob").with("password", &password_of("bob"))).await;
    assert!(
        bob.get(again.location().strip_prefix(BASE).unwrap()).await.location().contains("/accounts/login/")
    );
    let page = bob.get(answer.location().strip_prefix(BASE).unwrap()).await;
    let form = page.form("login-form").with("username", "ada").with("password", &password_of("ada"));
    let answer = bob.submit(&form).await;
    assert_eq!(
        bob.get(answer.location().strip_prefix(BASE).unwrap()).await.returned_to(CALLBACK)[0].0,
        "code"
    );

    let (signed, signature) = hint.rsplit_once('.').unwrap();
    let access = client.redeem(&ada.allow(&silent).await).await.text("access_token");
    let signed_userinfo = r#"{"userinfo_signed_response_alg":"RS256"}"#;
    authz::registration::change_metadata(server.app(), &Origin::CommandLine(None), "web", signed_userinfo)
        .await
        .unwrap();
    let told = server.userinfo(&access).await.body;
    let another = if signature.starts_with('A') { 'B' } else { 'A' };
    let bent = format!("{signed}.{another}{}", &signature[1..]);
    for wrong in [&foreign, &format!("{signed}."), &bent, &access, &told] {
        assert_eq!(error_of(&ada.get(&hinted(wrong).path()).await), "invalid_request", "{wrong}");
    }
}

/// Section 5.5.1: the same by the claims parameter.
#[tokio::test]
async fn a_subject_in_the_claims_names_the_only_person_who_will_do() {
    let server = server().await;
    let client = server.client("web").await;
    let (ada, bob) = (server.signed_in("ada").await, server.signed_in("bob").await);
    let hint = id_token(&ada, &client).await;
    id_token(&bob, &client).await;
    let claims = json!({"id_token": {"sub": {"value": "1"}}}).to_string();
    let silent = AuthorizationRequest::of(&client)
        .with("prompt", "none")
        .with("scope", "openid")
        .with("claims", &claims);
    assert_eq!(ada.get(&silent.path()).await.returned_to(CALLBACK)[0].0, "code");
    assert_eq!(error_of(&bob.get(&silent.path()).await), "login_required");
    assert_eq!(
        ada.get(&silent.clone().with("id_token_hint", &hint).path()).await.returned_to(CALLBACK)[0].0,
        "code"
    );
    let two = silent.with("claims", &claims.replace('1', "2")).with("id_token_hint", &hint);
    assert_eq!(error_of(&ada.get(&two.path()).await), "invalid_request");
}

/// The sign-in form begins with the name the application expects, if it can be one.
#[tokio::test]
async fn a_login_hint_is_filled_in() {
    let server = server().await;
    let client = server.client("web").await;
    for (hint, expected) in
        [("ada", "ada"), ("Ada@example.com", "Ada@example.com"), ("\"><b>", ""), ("ada lovelace", "")]
    {
        let browser = server.browser();
        let answer = browser.get(&AuthorizationRequest::of(&client).with("login_hint", hint).path()).await;
        let page = browser.get(answer.location().strip_prefix(BASE).unwrap()).await;
        let name = scraper::Selector::parse("#username").unwrap();
        let page = page.html();
        assert_eq!(page.select(&name).next().unwrap().attr("value"), Some(expected), "{hint}");
    }
}

/// Whoever is to choose may sign in as somebody else; whoever is to make an account is shown that page.
#[tokio::test]
async fn select_account_asks_who_it_is_and_create_offers_a_new_account() {
    let server = server().await;
    let client = server.client("web").await;
    server.person("bob").await;
    let browser = server.signed_in("ada").await;
    let honest = AuthorizationRequest::of(&client);
    let answer = browser.get(&honest.clone().with("prompt", "select_account").path()).await;
    let page = browser.get(answer.location().strip_prefix(BASE).unwrap()).await;
    let form = page.form("login-form").with("username", "bob").with("password", &password_of("bob"));
    let answer = browser.submit(&form).await;
    let page = browser.get(answer.location().strip_prefix(BASE).unwrap()).await;
    assert_eq!(page.element("person").as_deref(), Some("bob"));

    let answer = browser.get(&honest.clone().with("prompt", "create").path()).await;
    let page = browser.get(answer.location().strip_prefix(BASE).unwrap()).await;
    let form = page.form("signup-form").with("username", "cy").with("password", &password_of("cy"));
    let answer = browser.submit(&form).await;
    let page = browser.get(answer.location().strip_prefix(BASE).unwrap()).await;
    assert_eq!(page.element("person").as_deref(), Some("cy"));
    let both = browser.get(&honest.with("prompt", "none create").path()).await;
    assert_eq!(error_of(&both), "invalid_request");
}

/// A client may say at registration how old a sign-in may be; a request may say otherwise.
#[tokio::test]
async fn a_client_has_a_max_age_of_its_own() {
    let server = server().await;
    let client =
        server.new_client("web").metadata(r#"{"default_max_age":60,"is_first_party":true}"#).register().await;
    let browser = server.signed_in("ada").await;
    let silent = AuthorizationRequest::of(&client).with("prompt", "none");
    assert_eq!(browser.get(&silent.path()).await.returned_to(CALLBACK)[0].0, "code");
    server.advance(60);
    assert_eq!(error_of(&browser.get(&silent.path()).await), "login_required");
    let older = silent.with("max_age", "100");
    assert_eq!(browser.get(&older.path()).await.returned_to(CALLBACK)[0].0, "code");
}
