//! `/o/logout/`: OpenID Connect RP-Initiated Logout 1.0.

use reqwest::Method;
use serde_json::json;

use crate::support::{
    Answer, AuthorizationRequest, BASE, Browser, Client, TestServer, form, server, server_with,
};

const BACK: &str = "https://client.example/bye";

async fn client(server: &TestServer, name: &str) -> Client {
    let metadata = json!({"post_logout_redirect_uris": [BACK, "https://client.example/bye?a=1"]}).to_string();
    server.new_client(name).metadata(&metadata).register().await
}

async fn id_token(browser: &Browser, client: &Client) -> String {
    let request = AuthorizationRequest::of(client).with("scope", "openid");
    client.redeem(&browser.allow(&request).await).await.text("id_token")
}

fn path(params: &[(&str, &str)]) -> String {
    format!("/o/logout/?{}", form(params))
}

#[track_caller]
fn says(answer: &Answer, sentence: &str) {
    answer.is_page(400);
    assert_eq!(answer.element("detail").as_deref(), Some(sentence));
}

/// R102, R104, R130: asked, answered, sent back; the session is gone on both sides.
#[tokio::test]
async fn a_person_who_agrees_is_signed_out_and_sent_back_with_the_state() {
    let server = server().await;
    let client = client(&server, "web").await;
    let browser = server.signed_in("ada").await;
    let hint = id_token(&browser, &client).await;
    // An ID token that has ended says as well whose it was.
    server.advance(2 * 3_600);
    let asked =
        [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BACK), ("state", "a&b=#\"<é")];
    let page = browser.get(&path(&asked)).await;
    page.is_page(200);
    assert_eq!(page.element("person").as_deref(), Some("ada"));
    assert_eq!(page.element("client").as_deref(), Some("web"));
    assert_eq!(page.element("redirect-host").as_deref(), Some("client.example"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://client.example;"), "{policy}");
    assert!(browser.is_signed_in().await);
    let copy = browser.copied();
    let answer = browser.submit(&page.form("end-session-form").with("decision", "sign-out")).await;
    assert_eq!(answer.location(), "https://client.example/bye?state=a%26b%3D%23%22%3C%C3%A9");
    assert!(answer.set_cookies()[0].contains("Max-Age=0"));
    assert!(!browser.is_signed_in().await && !copy.is_signed_in().await);
    // Nobody is left to be asked.
    let answer = browser.get(&path(&asked)).await;
    assert_eq!(answer.location(), "https://client.example/bye?state=a%26b%3D%23%22%3C%C3%A9");
    let with_query =
        [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", "https://client.example/bye?a=1")];
    let with_query = [with_query[0], with_query[1], ("state", "s")];
    assert_eq!(browser.get(&path(&with_query)).await.location(), "https://client.example/bye?a=1&state=s");
}

/// R130
#[tokio::test]
async fn a_person_who_stays_is_still_signed_in_and_no_link_or_foreign_form_signs_anybody_out() {
    let server = server().await;
    let client = client(&server, "web").await;
    let browser = server.signed_in("ada").await;
    let hint = id_token(&browser, &client).await;
    let asked = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BACK)];
    let shown = browser.get(&path(&asked)).await.form("end-session-form");
    for decision in ["stay", "", "allow"] {
        let answer = browser.submit(&shown.clone().with("decision", decision)).await;
        answer.is_page(200);
        assert!(answer.body.contains("You were not signed out."));
    }
    browser.submit(&shown.clone().with("decision", "sign-out").with("csrf_token", "x")).await.is_page(403);
    for method in [Method::GET, Method::HEAD, Method::PUT] {
        browser.send(browser.request(method, &format!("{}&decision=sign-out", path(&asked)))).await;
    }
    assert!(browser.is_signed_in().await);
}

/// Section 2: by POST as well. A browser sends no cookies with another site's form: the request comes back as GET.
#[tokio::test]
async fn an_applications_form_is_put_to_the_person_like_its_link() {
    let server = server().await;
    let client = client(&server, "web").await;
    let browser = server.signed_in("ada").await;
    let hint = id_token(&browser, &client).await;
    let fields =
        [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BACK), ("x", "y"), ("state", "s")];
    let answer = server.http.send_form("/o/logout/", &fields).await;
    let expected = [fields[0], fields[1], fields[3]];
    assert_eq!(answer.location(), format!("{BASE}{}", path(&expected)));
    let page = browser.get(answer.location().strip_prefix(BASE).unwrap()).await;
    let answer = browser.submit(&page.form("end-session-form").with("decision", "sign-out")).await;
    assert_eq!(answer.location(), "https://client.example/bye?state=s");
    let request = server.http.request(Method::POST, "/o/logout/").body("{}");
    says(
        &server.http.send(request.header("content-type", "application/json")).await,
        "The form did not arrive whole, or is too large.",
    );
}

/// R102: without saying who asks there is nowhere to go back to, with it alone only after a question.
#[tokio::test]
async fn who_does_not_prove_who_it_is_gets_nobody_redirected_without_a_question() {
    let server = server().await;
    let client = client(&server, "web").await;
    let browser = server.signed_in("ada").await;
    let page = browser.get("/o/logout/").await;
    assert_eq!(page.element("client"), None);
    let answer = browser.submit(&page.form("end-session-form").with("decision", "sign-out")).await;
    answer.is_page(200);
    assert_eq!(answer.element("continue").as_deref(), Some("Sign in again"));
    let named = [("client_id", client.id.as_str()), ("post_logout_redirect_uri", BACK), ("state", "s")];
    let answer = browser.get(&path(&named)).await;
    answer.is_page(200);
    let link = scraper::Selector::parse("#continue").unwrap();
    let html = answer.html();
    let link = html.select(&link).next().unwrap();
    assert_eq!(link.attr("href"), Some("https://client.example/bye?state=s"));
    assert_eq!(answer.element("continue").as_deref(), Some("Return to client.example"));
    browser.sign_in("ada").await;
    let page = browser.get(&path(&named)).await;
    let answer = browser.submit(&page.form("end-session-form").with("decision", "sign-out")).await;
    assert_eq!(answer.location(), "https://client.example/bye?state=s");
    // A state alone leads nowhere.
    server.browser().get("/o/logout/?state=s").await.is_page(200);
}

/// R16: whoever can register a client can get an ID token for it, too; their link leads nobody away by itself.
#[tokio::test]
async fn a_client_that_nobody_has_vouched_for_gets_nobody_redirected_without_a_question() {
    let server = server().await;
    let metadata = json!({"post_logout_redirect_uris": [BACK], "is_self_registered": true}).to_string();
    let client = server.new_client("self").metadata(&metadata).register().await;
    let browser = server.signed_in("ada").await;
    let hint = id_token(&browser, &client).await;
    let asked = path(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BACK)]);
    let answer = server.browser().get(&asked).await;
    answer.is_page(200);
    assert_eq!(answer.header("refresh"), None);
    assert_eq!(answer.element("continue").as_deref(), Some("Return to client.example"));
    let page = browser.get(&asked).await;
    let answer = browser.submit(&page.form("end-session-form").with("decision", "sign-out")).await;
    assert_eq!(answer.location(), BACK);
}

/// R3, R102, R103
#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered_to_the_byte() {
    let server = server().await;
    let (web, other) = (client(&server, "web").await, server.client("other").await);
    let browser = server.signed_in("ada").await;
    let (hint, others) = (id_token(&browser, &web).await, id_token(&browser, &other).await);
    let sentence = "The post_logout_redirect_uri is not registered for this client.";
    for uri in [
        "https://client.example/bye/",
        "https://client.example/BYE",
        "https://client.example/bye?b=1",
        "https://client.example/bye#x",
        "https://evil.example/",
        "//evil.example",
        "/",
        "javascript:alert(1)",
        "https://client.example/bye%2f",
        "http://client.example/bye",
        "https://client.example/cb",
    ] {
        says(
            &browser.get(&path(&[("id_token_hint", &hint), ("post_logout_redirect_uri", uri)])).await,
            sentence,
        );
        says(&browser.get(&path(&[("client_id", "web"), ("post_logout_redirect_uri", uri)])).await, sentence);
    }
    says(
        &browser.get(&path(&[("id_token_hint", &others), ("post_logout_redirect_uri", BACK)])).await,
        sentence,
    );
    says(
        &browser.get(&path(&[("post_logout_redirect_uri", BACK)])).await,
        "A post_logout_redirect_uri needs an id_token_hint or a client_id.",
    );
    assert!(browser.is_signed_in().await);
}

/// R67, R102: a hint is an ID token of ours for that client, and nothing that looks like one.
#[tokio::test]
async fn a_hint_that_is_no_id_token_of_ours_is_refused() {
    let server = server_with(&[]).await;
    let metadata = json!({"post_logout_redirect_uris": [BACK], "userinfo_signed_response_alg": "RS256"});
    let web = server.new_client("web").metadata(&metadata.to_string()).register().await;
    let other = client(&server, "other").await;
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&web).with("scope", "openid");
    let tokens = web.redeem(&browser.allow(&request).await).await;
    let (hint, access) = (tokens.text("id_token"), tokens.text("access_token"));
    let userinfo = server.http.request(Method::GET, "/o/userinfo/").bearer_auth(&access);
    let userinfo = server.http.send(userinfo).await.body;
    let (signed, signature) = hint.rsplit_once('.').unwrap();
    let (head, _) = signed.split_once('.').unwrap();
    let modified = format!("{head}.eyJzdWIiOiIyIn0.{signature}");
    let elsewhere = crate::support::server().await;
    let foreign_client = client(&elsewhere, "web").await;
    let foreign = id_token(&elsewhere.signed_in("ada").await, &foreign_client).await;
    let sentence = "The id_token_hint is not an ID token that was issued here.";
    let unsigned = format!("{signed}.");
    for wrong in ["x", &unsigned, &modified, &foreign, &access, &userinfo] {
        for with in [&[("post_logout_redirect_uri", BACK)][..], &[]] {
            let params: Vec<_> = [("id_token_hint", wrong)].into_iter().chain(with.iter().copied()).collect();
            says(&browser.get(&path(&params)).await, sentence);
        }
    }
    says(
        &browser.get(&path(&[("id_token_hint", &hint), ("client_id", &other.id)])).await,
        "The ID token was not issued to this client.",
    );
    says(&browser.get(&path(&[("client_id", "nobody")])).await, "Invalid client_id parameter value.");
    says(
        &browser.get(&format!("{}&state=a&state=b", path(&[("id_token_hint", &hint)]))).await,
        "A parameter is there more than once.",
    );
    assert!(browser.is_signed_in().await);
}

/// Front-Channel Logout: the frames are loaded before the browser goes on.
#[tokio::test]
async fn a_browser_that_has_frames_to_load_goes_on_by_itself() {
    let server = server().await;
    let metadata = json!({
        "post_logout_redirect_uris": [BACK], "frontchannel_logout_uri": "https://client.example/out",
    });
    let client = server.new_client("web").metadata(&metadata.to_string()).register().await;
    let browser = server.signed_in("ada").await;
    let hint = id_token(&browser, &client).await;
    let page = browser.get(&path(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BACK)])).await;
    let answer = browser.submit(&page.form("end-session-form").with("decision", "sign-out")).await;
    answer.is_page(200);
    assert_eq!(answer.header("refresh"), Some("2; url=https://client.example/bye"));
    assert_eq!(answer.element("continue").as_deref(), Some("Return to client.example"));
    assert!(!browser.is_signed_in().await);
}
