//! Sign-in, question, code: no step is left out, and none counts for another request, person or browser.

use reqwest::Method;

use crate::support::{AuthorizationRequest, BASE, CALLBACK, Form, password_of, server};

/// R95: who gets what, and where it goes, is in the address that is judged; whatever else a form says changes nothing. A
/// question that was put about another client, or to another person, answers none.
#[tokio::test]
async fn a_form_decides_nothing_but_yes_or_no() {
    let server = server().await;
    let (web, evil) = (server.client("web").await, server.new_client("evil"));
    let evil = evil.redirect_uris(&["https://evil.example/cb"]).register().await;
    let (ada, eve) = (server.signed_in("ada").await, server.signed_in("eve").await);
    let request = AuthorizationRequest::of(&web).with("scope", "read");
    let mut bent = ada.asked(&request).await.with("decision", "allow");
    for (name, value) in [
        ("client_id", "evil"),
        ("redirect_uri", "https://evil.example/cb"),
        ("scope", "read write"),
        ("state", "another"),
        ("user", "2"),
        ("username", "eve"),
        ("prompt", "none"),
        ("code_challenge", "x"),
    ] {
        bent = bent.with(name, value);
    }
    let params = ada.submit(&bent).await.returned_to(CALLBACK);
    assert_eq!(params[1], ("state".to_owned(), "the state".to_owned()));
    let code = crate::support::Code { code: params[0].1.clone(), verifier: request.verifier.clone() };
    evil.redirected_to(CALLBACK).redeem(&code).await.is_error(400, "invalid_grant");
    let answer = web.redeem(&code).await;
    assert_eq!(answer.text("scope"), "read");
    assert_eq!(web.introspect(&answer.text("access_token")).await.json()["username"], "ada");

    let others = [
        ada.asked(&AuthorizationRequest::of(&evil).with("scope", "read")).await,
        ada.asked(&AuthorizationRequest::of(&web).with("scope", "write")).await,
        eve.asked(&request).await,
    ];
    let asks_again = request.clone().with("prompt", "consent");
    for other in &others {
        let shown = ada.asked(&asks_again).await.with("decision", "allow");
        let swapped = shown.with("shown", other.field("shown").unwrap());
        ada.submit(&swapped).await.form("consent-form");
    }
    assert_eq!(server.count("grants").await, 1);
}

/// R95, R130: nothing but a form of ours decides.
#[tokio::test]
async fn no_link_decides() {
    let server = server().await;
    let client = server.client("web").await;
    let ada = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client);
    let shown = ada.asked(&request).await.with("decision", "allow");
    let fields = crate::support::form(&shown.fields);
    for method in [Method::GET, Method::HEAD] {
        let answer = ada.send(ada.request(method, &format!("{}&{fields}", request.path()))).await;
        assert_eq!((answer.status, answer.header("location")), (200, None));
    }
    assert_eq!(server.count("consents").await, 0);
}

/// R99: a step that is left out is asked for, whatever is sent in its place; what was proved for one request proves nothing
/// for one that asks for more.
#[tokio::test]
async fn a_step_that_was_left_out_is_asked_for() {
    let server = server().await;
    server.person("ada").await;
    let client = server.client("web").await;
    let browser = server.browser();
    let request = AuthorizationRequest::of(&client);
    let to_sign_in = format!("{BASE}/accounts/login/?next=");

    // The decision before the sign-in: with the token of a page of ours, and nothing else.
    let token =
        browser.get("/accounts/login/").await.form("login-form").field("csrf_token").unwrap().to_owned();
    let empty = Form { action: request.path(), fields: vec![("csrf_token".to_owned(), token)] };
    for form in [empty.clone(), empty.clone().with("decision", "allow"), empty.clone().with("shown", "x")] {
        assert!(browser.submit(&form).await.location().starts_with(&to_sign_in));
    }
    // A sign-in that fails, and an empty one, lead nowhere.
    for (name, password) in [("ada", "wrong"), ("", ""), ("ada", "")] {
        browser.try_sign_in(name, password).await.is_page(200);
        assert!(browser.get(&request.path()).await.location().starts_with(&to_sign_in));
    }
    // Signed in, but never asked.
    browser.sign_in("ada").await;
    let token = browser.get("/").await.form("sign-out-form").field("csrf_token").unwrap().to_owned();
    let empty = empty.with("csrf_token", &token);
    for form in [empty.clone(), empty.clone().with("decision", "allow"), empty.clone().with("shown", "")] {
        browser.submit(&form).await.form("consent-form");
    }
    // Asked, but for less: the sign-in is too old for this request, or is to be made anew, or the person is another.
    let shown = browser.asked(&request).await.with("decision", "allow");
    server.advance(10);
    for (name, value) in [("prompt", "login"), ("max_age", "5"), ("prompt", "select_account")] {
        let stricter = request.clone().with(name, value);
        let bent = Form { action: stricter.path(), ..shown.clone() };
        assert!(browser.submit(&bent).await.location().starts_with(&to_sign_in), "{name}={value}");
    }
    let aged = request.clone().with("max_age", "15");
    let shown = browser.asked(&aged).await.with("decision", "allow");
    server.advance(10);
    assert!(browser.submit(&shown).await.location().starts_with(&to_sign_in));
    // Back to the page from before somebody else signed in.
    let shown = browser.asked(&request).await.with("decision", "allow");
    server.person("eve").await;
    browser.sign_in("eve").await;
    browser.submit(&shown).await.is_page(403);
    assert_eq!(server.count("consents").await, 0);
}

/// R33: whoever opens an address that somebody else began gets an answer in their own browser, and nobody else does.
#[tokio::test]
async fn who_began_a_request_gets_nothing_from_who_finished_it() {
    let server = server().await;
    server.person("ada").await;
    let client = server.client("web").await;
    let eve = server.browser();
    let request = AuthorizationRequest::of(&client);
    let lured = eve.get(&request.path()).await.location().strip_prefix(BASE).unwrap().to_owned();
    let ada = server.browser();
    let form = ada.get(&lured).await.form("login-form").with("username", "ada");
    let back = ada.submit(&form.with("password", &password_of("ada"))).await;
    let shown = ada.get(back.location().strip_prefix(BASE).unwrap()).await.form("consent-form");
    let shown = shown.with("decision", "allow");
    eve.submit(&shown).await.is_page(403);
    assert_eq!(ada.submit(&shown).await.returned_to(CALLBACK)[0].0, "code");
    // Nothing was kept for the request that eve could come back to.
    assert_eq!(eve.get(&request.path()).await.location(), format!("{BASE}{lured}"));
    let silent = eve.get(&request.with("prompt", "none").path()).await.returned_to(CALLBACK);
    assert_eq!(silent[0].1, "login_required");
    assert!(!eve.is_signed_in().await);
}

/// C6: access that was ended in another tab stays ended until the open question is answered, which is a decision of its own.
#[tokio::test]
async fn a_question_that_was_open_while_access_was_ended_is_still_a_question() {
    let server = server().await;
    let client = server.client("web").await;
    let ada = server.signed_in("ada").await;
    ada.tokens_for(&client).await;
    let request = AuthorizationRequest::of(&client);
    let asks = request.clone().with("prompt", "consent");
    let (shown, another) = (ada.asked(&asks).await, ada.asked(&asks).await);
    let ending = crate::authorized_tokens::ends(&ada).await.remove(0);
    crate::authorized_tokens::end(&ada, &ending, "one").await.location();
    assert_eq!(server.count("consents").await, 0);
    ada.submit(&another.with("decision", "refuse")).await.location();
    ada.get(&request.path()).await.form("consent-form");
    assert_eq!(ada.submit(&shown.with("decision", "allow")).await.returned_to(CALLBACK)[0].0, "code");
}
