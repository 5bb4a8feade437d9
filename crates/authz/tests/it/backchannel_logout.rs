//! Clients are told that a session has ended: OpenID Connect Back-Channel Logout 1.0, and Front-Channel Logout 1.0.

use serde_json::{Value, json};

use crate::support::{
    AuthorizationRequest, Browser, Client, ISSUER, Listener, TestServer, eventually, server, server_with,
    verified,
};

async fn world() -> (TestServer, Listener) {
    (server_with(&[("OUTBOUND_NETWORKS", "127.0.0.0/8")]).await, Listener::start().await)
}

async fn listening(server: &TestServer, name: &str, listener: &Listener) -> Client {
    let metadata = json!({"backchannel_logout_uri": listener.url("/told?a=1")}).to_string();
    server.new_client(name).metadata(&metadata).register().await
}

/// The claims of the ID token the client gets.
async fn id_token(server: &TestServer, browser: &Browser, client: &Client) -> Value {
    let request = AuthorizationRequest::of(client).with("scope", "openid read");
    let answer = client.redeem(&browser.allow(&request).await).await;
    verified(server, &client.id, &answer.text("id_token")).await
}

async fn sign_out(browser: &Browser) {
    browser.submit(&browser.get("/").await.form("sign-out-form")).await.is_page(200);
}

async fn everybody_was_told(server: &TestServer) {
    eventually("everybody was told", || async { server.count("logout_deliveries").await == 0 }).await;
}

fn logout_token(sent: &str) -> String {
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /told?a=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
    body.strip_prefix("logout_token=").unwrap().to_owned()
}

/// R105
#[tokio::test]
async fn a_client_is_told_which_session_has_ended_and_of_whom() {
    let (server, listener) = world().await;
    let client = listening(&server, "web", &listener).await;
    let browser = server.signed_in("ada").await;
    let id_token = id_token(&server, &browser, &client).await;
    server.advance(10);
    sign_out(&browser).await;
    everybody_was_told(&server).await;
    let heard = listener.heard();
    assert_eq!(heard.len(), 1, "{heard:?}");
    let token = logout_token(&heard[0]);
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("logout+jwt"));
    let mut claims = verified(&server, "web", &token).await;
    assert_eq!(claims["jti"].take().as_str().unwrap().len(), 32);
    assert_eq!(
        claims,
        json!({
            "iss": ISSUER, "sub": "1", "aud": "web", "iat": 1_800_000_010, "exp": 1_800_000_130, "jti": null,
            "sid": id_token["sid"], "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        })
    );
    assert_eq!(server.count("session_clients").await, 0);
    assert_eq!(server.count("audit_events WHERE event = 'logout_told' AND client_id = 'web'").await, 1);
}

/// Section 2: every client of the session, and nobody else.
#[tokio::test]
async fn only_clients_of_that_session_that_want_to_know_are_told() {
    let (server, listener) = world().await;
    let (elsewhere, quiet) = (Listener::start().await, server.client("quiet").await);
    let (web, app) = (listening(&server, "web", &listener).await, listening(&server, "app", &listener).await);
    let other = listening(&server, "other", &elsewhere).await;
    let browser = server.signed_in("ada").await;
    for client in [&web, &app, &web, &quiet] {
        id_token(&server, &browser, client).await;
    }
    // Without `openid` there is no session for the client to be in.
    browser.tokens_for(&other).await;
    let second = server.browser();
    second.sign_in("ada").await;
    id_token(&server, &second, &other).await;
    assert_eq!(server.count("session_clients").await, 3);
    sign_out(&browser).await;
    everybody_was_told(&server).await;
    let mut told = Vec::new();
    for heard in listener.heard() {
        let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(logout_token(&heard)).unwrap().claims;
        told.push(claims["aud"].as_str().unwrap().to_owned());
    }
    told.sort();
    assert_eq!(told, ["app", "web"]);
    assert_eq!(elsewhere.heard(), Vec::<String>::new());
    assert!(second.is_signed_in().await);
}

/// R100, R105: as by signing out there, the clients of a browser that is signed out from elsewhere are told.
#[tokio::test]
async fn clients_are_told_of_a_session_that_its_person_ends_from_another_browser() {
    let (server, listener) = world().await;
    let client = listening(&server, "web", &listener).await;
    let here = server.signed_in("ada").await;
    for (round, others) in [false, true].into_iter().enumerate() {
        let lost = server.browser();
        lost.sign_in("ada").await;
        let id_token = id_token(&server, &lost, &client).await;
        self::id_token(&server, &here, &client).await;
        let page = here.get("/o/account/sessions/").await;
        let end = if others { "others".to_owned() } else { crate::sessions::ends(&page).remove(0) };
        here.submit(&page.form("sessions-form").with("end", &end)).await.location();
        everybody_was_told(&server).await;
        let heard = listener.heard();
        assert_eq!(heard.len(), round + 1);
        let claims = verified(&server, "web", &logout_token(&heard[round])).await;
        assert_eq!((&claims["sid"], &claims["sub"]), (&id_token["sid"], &json!("1")));
        assert!(here.is_signed_in().await);
    }
}

/// The claims of the ID token that the browser carries to the client.
async fn front_channel(
    server: &TestServer,
    browser: &Browser,
    client: &Client,
    response_type: &str,
) -> Value {
    let request = AuthorizationRequest::of(client).with("scope", "openid").with("nonce", "n");
    let answer = browser.decide(&request.with("response_type", response_type), "allow").await;
    let fragment = answer.location().split_once('#').unwrap().1.to_owned();
    let token = form_urlencoded::parse(fragment.as_bytes()).find(|(name, _)| name == "id_token").unwrap().1;
    verified(server, &client.id, &token).await
}

/// An ID token that the authorization endpoint handed out itself counts as any other; a client that does not want to know
/// has nothing written for it.
#[tokio::test]
async fn a_client_that_got_its_id_token_through_the_browser_is_told() {
    let (server, listener) = world().await;
    let types = json!(["code", "id_token", "code id_token", "token"]);
    let wanted = json!({"backchannel_logout_uri": listener.url("/told?a=1"), "response_types": types});
    let quiet = json!({ "response_types": types }).to_string();
    let (web, app) = (server.new_client("web"), server.new_client("app"));
    let (web, app) = (web.metadata(&wanted.to_string()).register().await, app.metadata(&wanted.to_string()));
    let (app, quiet) = (app.register().await, server.new_client("quiet").metadata(&quiet).register().await);
    let browser = server.signed_in("ada").await;
    let claims = front_channel(&server, &browser, &web, "id_token").await;
    front_channel(&server, &browser, &quiet, "id_token").await;
    front_channel(&server, &browser, &quiet, "code id_token").await;
    // An access token alone says nothing about a session.
    let request = AuthorizationRequest::of(&app).with("scope", "openid").with("response_type", "token");
    browser.decide(&request, "allow").await.location();
    assert_eq!(server.count("session_clients").await, 1);
    assert_eq!(server.count("session_clients WHERE client_id = 'web'").await, 1);
    let hybrid = front_channel(&server, &browser, &app, "code id_token").await;
    assert_eq!(hybrid["sid"], claims["sid"]);
    sign_out(&browser).await;
    everybody_was_told(&server).await;
    let mut told = Vec::new();
    for heard in listener.heard() {
        let token = jsonwebtoken::dangerous::insecure_decode::<Value>(logout_token(&heard)).unwrap();
        assert_eq!(token.claims["sid"], claims["sid"]);
        told.push(token.claims["aud"].as_str().unwrap().to_owned());
    }
    told.sort();
    assert_eq!(told, ["app", "web"]);
}

/// A device's client is in the session in which its person decided.
#[tokio::test]
async fn a_device_hears_that_the_session_that_let_it_in_has_ended() {
    let (server, listener) = world().await;
    let (tv, quiet) = (listening(&server, "tv", &listener).await, server.client("quiet").await);
    let browser = server.signed_in("ada").await;
    let mut sids = Vec::new();
    for client in [&tv, &quiet] {
        let begun = client.device_authorization(&[("scope", "openid read")]).await;
        let device = crate::support::Device {
            device_code: begun.text("device_code"),
            user_code: begun.text("user_code"),
        };
        browser.allows(&device).await;
        let tokens = client.poll(&device).await;
        sids.push(verified(&server, &client.id, &tokens.text("id_token")).await["sid"].clone());
        let again = client.refresh(&tokens.text("refresh_token")).await.text("id_token");
        assert_eq!(verified(&server, &client.id, &again).await["sid"], sids[0]);
    }
    assert!(sids[0].is_string() && sids[0] == sids[1], "{sids:?}");
    // Without `openid` there is no session for the client to be in.
    browser.allows(&tv.device().await).await;
    assert_eq!(server.count("session_clients").await, 1);
    sign_out(&browser).await;
    everybody_was_told(&server).await;
    let heard = listener.heard();
    assert_eq!(heard.len(), 1, "{heard:?}");
    let token = jsonwebtoken::dangerous::insecure_decode::<Value>(logout_token(&heard[0])).unwrap();
    assert_eq!((&token.claims["aud"], &token.claims["sid"]), (&json!("tv"), &sids[0]));
}

/// A device that fetches its tokens after the session has ended.
#[tokio::test]
async fn a_device_that_comes_too_late_is_told_at_once() {
    let (server, listener) = world().await;
    let tv = listening(&server, "tv", &listener).await;
    let browser = server.signed_in("ada").await;
    let begun = tv.device_authorization(&[("scope", "openid")]).await;
    let device =
        crate::support::Device { device_code: begun.text("device_code"), user_code: begun.text("user_code") };
    browser.allows(&device).await;
    sign_out(&browser).await;
    assert_eq!(tv.poll(&device).await.status, 200);
    everybody_was_told(&server).await;
    assert_eq!(listener.heard().len(), 1);
    assert_eq!(server.count("session_clients").await, 0);
}

/// R105: whatever ends a session, its clients hear of it.
#[tokio::test]
async fn a_new_password_and_another_person_at_the_browser_end_the_session_for_clients_as_well() {
    let (server, listener) = world().await;
    let client = listening(&server, "web", &listener).await;
    let browser = server.signed_in("ada").await;
    server.person("bob").await;
    let first = id_token(&server, &browser, &client).await;
    // The same person again is the same session.
    browser.sign_in("ada").await;
    assert_eq!(id_token(&server, &browser, &client).await["sid"], first["sid"]);
    assert_eq!(server.count("logout_deliveries").await, 0);
    browser.sign_in("bob").await;
    everybody_was_told(&server).await;
    assert_eq!(listener.heard().len(), 1);
    id_token(&server, &browser, &client).await;
    server.advance(1);
    server.set_password("bob", "another long password of bob").await;
    everybody_was_told(&server).await;
    assert_eq!(listener.heard().len(), 2);
}

/// A code from before the end of the session, redeemed after it.
#[tokio::test]
async fn a_client_that_comes_too_late_is_told_at_once() {
    let (server, listener) = world().await;
    let client = listening(&server, "web", &listener).await;
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client).with("scope", "openid");
    let code = browser.allow(&request).await;
    sign_out(&browser).await;
    assert_eq!(listener.heard(), Vec::<String>::new());
    assert_eq!(client.redeem(&code).await.status, 200);
    everybody_was_told(&server).await;
    assert_eq!(listener.heard().len(), 1);
    assert_eq!(server.count("session_clients").await, 0);
}

/// R105: bounded retries, with growing pauses, that a restart does not forget.
#[tokio::test]
async fn a_client_that_is_not_reached_is_told_later_and_in_the_end_given_up() {
    let (mut server, listener) = world().await;
    listener.answers(500);
    let client = listening(&server, "web", &listener).await;
    let browser = server.signed_in("ada").await;
    id_token(&server, &browser, &client).await;
    sign_out(&browser).await;
    for (tries, pause) in [(1, 5), (2, 30), (3, 180), (4, 900), (5, 3_600)] {
        let tried = format!("logout_deliveries WHERE tries = {tries}");
        eventually("it was tried", || async {
            server.count(&tried).await == 1 && listener.heard().len() == tries
        })
        .await;
        let due = (server.clock.now().micros() / 1_000_000) + pause;
        let due = format!("logout_deliveries WHERE due_at = {due}000000");
        eventually("it was postponed", || async { server.count(&due).await == 1 }).await;
        server = server.restarted().await;
        server.advance(u64::try_from(pause).unwrap());
    }
    everybody_was_told(&server).await;
    assert_eq!(listener.heard().len(), 6);
    assert_eq!(server.count("audit_events WHERE event = 'logout_not_told'").await, 1);
}

/// R105: who does not answer keeps nobody waiting.
#[tokio::test]
async fn a_client_that_never_answers_keeps_neither_the_person_nor_other_clients_waiting() {
    let (server, listener) = world().await;
    let silent = Listener::start().await;
    silent.answers(0);
    let (web, dead) = (listening(&server, "web", &listener).await, listening(&server, "dead", &silent).await);
    let browser = server.signed_in("ada").await;
    for client in [&dead, &web] {
        id_token(&server, &browser, client).await;
    }
    sign_out(&browser).await;
    eventually("the other one was told", || async { listener.heard().len() == 1 }).await;
    eventually("the dead one was tried", || async { silent.heard().len() == 1 }).await;
    let postponed = "logout_deliveries WHERE tries = 1 AND client_id = 'dead'";
    assert_eq!(server.count(postponed).await, 1);
}

/// R105: of two processes one tells.
#[tokio::test]
async fn two_processes_do_not_tell_the_same_client_twice() {
    let (first, listener) = world().await;
    let second = first.second().await;
    let client = listening(&first, "web", &listener).await;
    first.person("ada").await;
    for round in 1..=5 {
        let browser = first.browser();
        browser.sign_in("ada").await;
        id_token(&first, &browser, &client).await;
        sign_out(&browser.at(&second)).await;
        everybody_was_told(&first).await;
        assert_eq!(listener.heard().len(), round);
    }
}

/// R109: nobody sends us to this machine, unless its operator says so.
#[tokio::test]
async fn a_client_cannot_send_us_to_this_machine() {
    let server = server().await;
    let listener = Listener::start().await;
    let client = listening(&server, "web", &listener).await;
    let browser = server.signed_in("ada").await;
    id_token(&server, &browser, &client).await;
    sign_out(&browser).await;
    eventually("it was tried and put off", || async {
        server.count("logout_deliveries WHERE tries = 1 AND due_at = 1800000005000000").await == 1
    })
    .await;
    assert_eq!(listener.heard(), Vec::<String>::new());
}

/// Front-Channel Logout section 2: in frames of exactly these origins, and nowhere else.
#[tokio::test]
async fn the_page_after_signing_out_loads_what_clients_of_the_session_named() {
    let server = server().await;
    let with = |uri: &str, required: bool| {
        json!({"frontchannel_logout_uri": uri, "frontchannel_logout_session_required": required}).to_string()
    };
    let new = server.new_client("a").metadata(&with("https://a.example/out?x=1", true));
    let a = new.register().await;
    let b = server.new_client("b").metadata(&with("https://b.example:8443/out", false)).register().await;
    let browser = server.signed_in("ada").await;
    let sid = id_token(&server, &browser, &a).await["sid"].as_str().unwrap().to_owned();
    id_token(&server, &browser, &b).await;
    let answer = browser.submit(&browser.get("/").await.form("sign-out-form")).await;
    answer.is_page(200);
    let frames = scraper::Selector::parse("iframe").unwrap();
    let mut sources: Vec<String> =
        answer.html().select(&frames).map(|frame| frame.attr("src").unwrap().to_owned()).collect();
    sources.sort();
    let iss = "http%3A%2F%2Flocalhost%3A8000%2Fo";
    assert_eq!(
        sources,
        [format!("https://a.example/out?x=1&iss={iss}&sid={sid}"), "https://b.example:8443/out".to_owned()]
    );
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.ends_with("; frame-src https://a.example https://b.example:8443"), "{policy}");
    everybody_was_told(&server).await;
    // A page without frames allows none.
    browser.sign_in("ada").await;
    let answer = browser.submit(&browser.get("/").await.form("sign-out-form")).await;
    assert!(!answer.header("content-security-policy").unwrap().contains("frame-src"));
}
