//! `/o/authorized_tokens/`: which applications have access to a person's account, and ending it.

use authz::registration::Ending;
use authz::store::browser_access;

use crate::support::{Answer, AuthorizationRequest, BASE, Browser, Client, TestServer, server};

const PATH: &str = "/o/authorized_tokens/";

/// The texts of all elements, in the order of the page.
fn texts(page: &Answer, css: &str) -> Vec<String> {
    let selector = scraper::Selector::parse(css).unwrap();
    let text = |element: scraper::ElementRef| element.text().collect::<String>();
    let folded = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    page.html().select(&selector).map(|element| folded(text(element))).collect()
}

/// Where the links to end one lead.
pub async fn ends(browser: &Browser) -> Vec<String> {
    let page = browser.get(PATH).await;
    let selector = scraper::Selector::parse("a[id^=end-]").unwrap();
    page.html().select(&selector).map(|link| link.attr("href").unwrap().to_owned()).collect()
}

pub async fn end(browser: &Browser, path: &str, which: &str) -> Answer {
    let shown = browser.get(path).await.form("end-access-form");
    assert_eq!(shown.action, path);
    browser.submit(&shown.with("which", which)).await
}

async fn allow(server: &TestServer, browser: &Browser, client: &Client, scope: &str) -> (String, String) {
    server.advance(1);
    let request = AuthorizationRequest::of(client).with("scope", scope).with("prompt", "consent");
    let answer = client.redeem(&browser.allow(&request).await).await;
    (answer.text("access_token"), answer.text("refresh_token"))
}

#[tokio::test]
async fn a_person_sees_what_each_application_may_do_since_when_and_when_it_last_did() {
    let server = server().await;
    let web = server.new_client("web").named("Time <b>sheets</b>").register().await;
    let phone = server.new_client("phone").named("Phone").register().await;
    let browser = server.signed_in("ada").await;
    let empty = browser.get(PATH).await;
    assert_eq!(
        empty.element("nothing").unwrap(),
        "No application may use your account. When you allow one, it is listed here."
    );
    allow(&server, &browser, &web, "read write").await;
    allow(&server, &browser, &phone, "openid email").await;
    let (_, refresh) = allow(&server, &browser, &web, "read").await;
    server.advance(86_400);
    web.refresh(&refresh).await;
    let page = browser.get(PATH).await;
    assert_eq!(texts(&page, "section h2"), ["Time <b>sheets</b>", "Phone"]);
    assert_eq!(
        texts(&page, "#application-1 .scopes"),
        [
            "See your activities, the time you tracked and all else you keep here, and your user name read",
            "See your activities, the time you tracked and all else you keep here, and your user name read Record time, and change your activities and all else you keep here, and see what it changes write",
        ]
    );
    let facts = texts(&page, ".access .hint");
    let unused = "Since 15 January 2027 · last used 15 January 2027";
    assert_eq!(facts, ["Since 15 January 2027 · last used 16 January 2027", unused, unused]);
    assert_eq!(ends(&browser).await.len(), 3);
    assert!(
        browser.get("/").await.body.contains(r#"<a id="authorized-tokens" href="/o/authorized_tokens/">"#)
    );
}

/// R61, R63, R79, R100: at once, for every token of the grant, and for no other grant.
#[tokio::test]
async fn what_is_ended_has_ended_at_once_and_the_rest_goes_on() {
    let server = server().await;
    let (web, phone) = (server.client("web").await, server.client("phone").await);
    let browser = server.signed_in("ada").await;
    let old = allow(&server, &browser, &web, "read").await;
    let new = allow(&server, &browser, &web, "read").await;
    let other = allow(&server, &browser, &phone, "read").await;
    // By application, and newest first.
    let last_of_web = ends(&browser).await.pop().unwrap();
    assert_eq!(browser.get(&last_of_web).await.element("client").unwrap(), "web");
    let answer = end(&browser, &last_of_web, "one").await;
    assert_eq!(answer.location(), format!("{BASE}{PATH}"));
    assert!(!web.vouches_for(&old.0).await);
    web.refresh(&old.1).await.is_error(400, "invalid_grant");
    for (client, tokens) in [(&web, &new), (&phone, &other)] {
        assert!(client.vouches_for(&tokens.0).await);
    }
    assert_eq!(ends(&browser).await.len(), 2);
    browser.get(&last_of_web).await.is_page(404);
    let audited = "audit_events WHERE event = 'access_ended' AND client_id = 'web' AND user_id = 1";
    assert_eq!(server.count(audited).await, 1);
    assert_eq!(web.refresh(&new.1).await.status, 200);
}

#[tokio::test]
async fn all_access_of_an_application_can_be_ended_together() {
    let server = server().await;
    let (web, phone) = (server.client("web").await, server.client("phone").await);
    let browser = server.signed_in("ada").await;
    let mut of_web = Vec::new();
    for _ in 0..3 {
        of_web.push(allow(&server, &browser, &web, "read").await);
    }
    let other = allow(&server, &browser, &phone, "read").await;
    let path = ends(&browser).await.pop().unwrap();
    let page = browser.get(&path).await;
    assert_eq!(
        page.element("more").unwrap(),
        "This application has access 3 times, for instance from several devices."
    );
    assert_eq!(page.element("end-all").unwrap(), "End all 3");
    end(&browser, &path, "all").await.location();
    for (access, refresh) in of_web {
        assert!(!web.vouches_for(&access).await);
        web.refresh(&refresh).await.is_error(400, "invalid_grant");
    }
    assert!(phone.vouches_for(&other.0).await);
    assert_eq!(server.count("audit_events WHERE event = 'access_ended'").await, 3);
    let page = browser.get(PATH).await;
    assert_eq!(texts(&page, "section h2"), ["phone"]);
    assert_eq!(browser.get(&ends(&browser).await[0]).await.element("end-all"), None);
}

/// R96: what a person agreed to once does not bring back what they have ended.
#[tokio::test]
async fn an_application_whose_access_was_ended_asks_again() {
    let server = server().await;
    let web = server.client("web").await;
    let browser = server.signed_in("ada").await;
    allow(&server, &browser, &web, "read").await;
    let request = AuthorizationRequest::of(&web).with("scope", "read");
    let again = browser.get(&request.path()).await;
    assert!(again.location().starts_with(crate::support::CALLBACK), "agreed to already: {again:?}");
    end(&browser, &ends(&browser).await[0], "one").await.location();
    assert_eq!(server.count("consents").await, 0);
    browser.asked(&request).await;
    let silent = browser.get(&request.with("prompt", "none").path()).await;
    assert!(silent.location().contains("error=consent_required"), "{silent:?}");
}

/// R100: only one's own; another's is not there, to look at or to end.
/// Section 2 no. 40 of the dossier (doorkeeper #1613).
#[tokio::test]
async fn another_persons_is_not_there() {
    let server = server().await;
    let web = server.client("web").await;
    let (ada, bob) = (server.signed_in("ada").await, server.signed_in("bob").await);
    let tokens = allow(&server, &ada, &web, "read").await;
    allow(&server, &bob, &web, "read").await;
    let (hers, his) = (ends(&ada).await, ends(&bob).await);
    assert_eq!((hers.len(), his.len()), (1, 1));
    bob.get(&hers[0]).await.is_page(404);
    let mut shown = bob.get(&his[0]).await.form("end-access-form");
    shown.action.clone_from(&hers[0]);
    for which in ["one", "all"] {
        bob.submit(&shown.clone().with("which", which)).await.is_page(404);
    }
    assert!(web.vouches_for(&tokens.0).await);
    for wrong in ["x", "00000000000000000000000000000000", "%00", "..%2f..", &"a".repeat(500)] {
        ada.get(&format!("{PATH}{wrong}/delete/")).await.is_page(404);
    }
}

/// R103, R129: only from a page of ours, only for whoever is signed in, who then comes back here.
#[tokio::test]
async fn it_takes_a_form_of_ours_and_somebody_signed_in() {
    let server = server().await;
    let web = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let tokens = allow(&server, &browser, &web, "read").await;
    let path = ends(&browser).await.remove(0);
    let shown = browser.get(&path).await.form("end-access-form");
    browser.submit(&shown.clone().without("csrf_token")).await.is_page(403);
    browser.submit(&shown.clone().with("csrf_token", "x")).await.is_page(403);
    let elsewhere = browser.request(reqwest::Method::POST, &path);
    let elsewhere = elsewhere.header("content-type", "application/x-www-form-urlencoded");
    let elsewhere =
        elsewhere.header("origin", "https://evil.example").body(crate::support::form(&shown.fields));
    browser.send(elsewhere).await.is_page(403);
    assert!(web.vouches_for(&tokens.0).await);
    let stranger = server.browser();
    let to_sign_in = format!("{BASE}/accounts/login/?next=%2Fo%2Fauthorized_tokens%2F");
    for path in [PATH, &path] {
        assert_eq!(stranger.get(path).await.location(), to_sign_in);
    }
    let shown = stranger.get(to_sign_in.strip_prefix(BASE).unwrap()).await.form("login-form");
    let shown = shown.with("username", "ada").with("password", &crate::support::password_of("ada"));
    assert_eq!(stranger.submit(&shown).await.location(), format!("{BASE}{PATH}"));
}

/// What gives nothing any more is not called access: ended, ended by itself, or void by a new password.
#[tokio::test]
async fn what_has_ended_is_not_listed() {
    let server = server().await;
    let idle = r#"{"refresh_token_idle_seconds":7200,"access_token_ttl_seconds":60}"#;
    let sleepy = server.new_client("sleepy").metadata(idle).register().await;
    let web = server.client("web").await;
    let browser = server.signed_in("ada").await;
    allow(&server, &browser, &sleepy, "read").await;
    let (access, _) = allow(&server, &browser, &web, "read").await;
    allow(&server, &browser, &web, "read").await;
    assert_eq!(ends(&browser).await.len(), 3);
    web.revoke(&access).await;
    assert_eq!(ends(&browser).await.len(), 2);
    server.advance(7_200);
    browser.sign_in("ada").await;
    assert_eq!(texts(&browser.get(PATH).await, "section h2"), ["web"]);
    server.advance(1);
    server.set_password("ada", &crate::support::password_of("ada")).await;
    server.advance(1);
    browser.sign_in("ada").await;
    assert!(ends(&browser).await.is_empty());
}

/// R63: a token that the browser carried to the application comes from no grant, and is listed and ended all the same.
#[tokio::test]
async fn access_that_comes_from_no_grant_is_listed_and_can_be_ended() {
    let server = server().await;
    let types = r#"{"response_types":["code","token"]}"#;
    let web = server.new_client("web").metadata(types).register().await;
    let browser = server.signed_in("ada").await;
    let token = async |scope: &str| {
        server.advance(60);
        let request = AuthorizationRequest::of(&web).with("response_type", "token").with("scope", scope);
        let answer = browser.decide(&request.with("prompt", "consent"), "allow").await;
        let token = answer.location().split_once("#access_token=").unwrap().1.to_owned();
        token.split('&').next().unwrap().to_owned()
    };
    let (reads, writes) = (token("read").await, token("write").await);
    let page = browser.get(PATH).await;
    assert_eq!(texts(&page, "section h2"), ["web"]);
    assert_eq!(texts(&page, "#application-1 .scopes li").len(), 2);
    let of_web = format!("{PATH}of-S15X9usvQrkDmz0eE5KSlfIxdJxRDL40HNaANtmvl-I/delete/");
    assert_eq!(ends(&browser).await, [of_web.as_str()]);
    let bob = server.signed_in("bob").await;
    bob.get(&ends(&browser).await[0]).await.is_page(404);
    // By itself it ends nothing else of the application.
    let (access, _) = allow(&server, &browser, &web, "read").await;
    server.advance(1);
    end(&browser, &of_web, "one").await.location();
    assert!(!web.vouches_for(&reads).await && !web.vouches_for(&writes).await);
    assert!(web.vouches_for(&access).await);
    assert_eq!(ends(&browser).await.len(), 1);
    let audited = "audit_events WHERE event = 'access_ended' AND detail = 'tokens of no grant'";
    assert_eq!(server.count(audited).await, 1);
    // Whatever ends such tokens otherwise takes them from the list.
    server.advance(1);
    let reads = token("read").await;
    server.end_client(&web, Ending::Tokens).await;
    assert!(!web.vouches_for(&reads).await);
    assert_eq!(ends(&browser).await, Vec::<String>::new());
    token("read").await;
    assert_eq!(ends(&browser).await.len(), 1);
    server.advance(3_600);
    assert!(browser.get(PATH).await.element("nothing").is_some());
    let now = server.app().now();
    let swept = server.app().db.write(move |conn| browser_access::sweep(conn, now, 10)).await;
    assert_eq!((swept.unwrap(), server.count("browser_access").await), (1, 0));
}

/// R63: also that of a client whose id is an address, which would be several segments of a path.
#[tokio::test]
async fn access_of_a_client_whose_id_is_an_address_can_be_ended() {
    let server = server().await;
    let types = r#"{"response_types":["code","token"]}"#;
    let web = server.new_client("https://client.example/a/client.json?v=1").metadata(types).register().await;
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&web).with("response_type", "token");
    let token = browser.decide(&request, "allow").await.location().to_owned();
    let token = token.split_once("#access_token=").unwrap().1.split('&').next().unwrap().to_owned();
    assert!(web.vouches_for(&token).await);
    let paths = ends(&browser).await;
    assert_eq!(paths.len(), 1);
    server.advance(1);
    end(&browser, &paths[0], "one").await.location();
    assert!(!web.vouches_for(&token).await);
    assert_eq!(ends(&browser).await, Vec::<String>::new());
}

/// R35, R63: what was on its way when the person ended it arrives nowhere: a code, a device that was let in, a token that
/// belongs to no grant. What they allow later does, and others' is untouched.
#[tokio::test]
async fn what_was_on_its_way_when_access_was_ended_gives_nothing() {
    let server = server().await;
    let types = r#"{"response_types":["code","token"]}"#;
    let web = server.new_client("web").metadata(types).register().await;
    let phone = server.client("phone").await;
    let (ada, bob) = (server.signed_in("ada").await, server.signed_in("bob").await);
    for which in ["one", "all"] {
        allow(&server, &ada, &web, "read").await;
        server.advance(1);
        let (code, of_phone, of_bob) =
            (ada.code_for(&web).await, ada.code_for(&phone).await, bob.code_for(&web).await);
        let device = web.device().await;
        ada.allows(&device).await;
        let request = AuthorizationRequest::of(&web).with("response_type", "token");
        let token = ada.decide(&request, "allow").await.location().to_owned();
        let token = token.split_once("#access_token=").unwrap().1.split('&').next().unwrap().to_owned();
        assert!(web.vouches_for(&token).await);
        server.advance(1);
        end(&ada, &ends(&ada).await[0], which).await.location();
        web.redeem(&code).await.is_error(400, "invalid_grant");
        web.poll(&device).await.is_error(400, "invalid_grant");
        assert!(!web.vouches_for(&token).await);
        for (client, code) in [(&phone, of_phone), (&web, of_bob)] {
            assert_eq!(client.redeem(&code).await.status, 200);
        }
        server.advance(1);
        let (access, refresh) = allow(&server, &ada, &web, "read").await;
        assert!(web.vouches_for(&access).await);
        assert_eq!(web.refresh(&refresh).await.status, 200);
        while let Some(path) = ends(&ada).await.pop() {
            end(&ada, &path, "all").await.location();
        }
    }
}
