//! `/o/account/sessions/`: in which browsers a person is signed in, and ending that.

use reqwest::Method;

use crate::support::{Answer, BASE, Browser, Form, TestServer, password_of, server, server_with};

const PATH: &str = "/o/account/sessions/";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Signs in at a browser that calls itself so.
async fn signed_in_as(server: &TestServer, name: &str, user_agent: &str) -> Browser {
    let browser = server.browser();
    let form = browser.get("/accounts/login/").await.form("login-form");
    let form = form.with("username", name).with("password", &password_of(name));
    browser.send(browser.posting(&form).header("user-agent", user_agent)).await.location();
    browser
}

/// The texts of all elements, in the order of the page, blanks folded.
fn texts(page: &Answer, css: &str) -> Vec<String> {
    let selector = scraper::Selector::parse(css).unwrap();
    let text = |element: scraper::ElementRef| element.text().collect::<String>();
    let folded = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    page.html().select(&selector).map(|element| folded(text(element))).collect()
}

/// What the buttons send, in the order of the page.
pub fn ends(page: &Answer) -> Vec<String> {
    let selector = scraper::Selector::parse("button[name=end]").unwrap();
    page.html().select(&selector).map(|button| button.attr("value").unwrap().to_owned()).collect()
}

async fn shown(browser: &Browser) -> (Answer, Form) {
    let page = browser.get(PATH).await;
    let form = page.form("sessions-form");
    assert_eq!(form.action, PATH);
    (page, form)
}

/// R100, R135: each browser, this one first, then the newest.
#[tokio::test]
async fn a_person_sees_where_they_are_signed_in_since_when_and_when_they_were_last_seen() {
    let server = server().await;
    server.person("ada").await;
    let _old = signed_in_as(&server, "ada", "curl/8.5.0").await;
    server.advance(3_600);
    let browser = signed_in_as(&server, "ada", FIREFOX).await;
    server.advance(60);
    let _new = signed_in_as(&server, "ada", "").await;
    let (page, _) = shown(&browser).await;
    let told = "These browsers are signed in with your account. Sign out any that you do not know, and change your password then.";
    assert_eq!(page.element("sentence").as_deref(), Some(told));
    let names = ["Firefox on Linux", "A browser that does not say what it is", "curl/8.5.0"];
    assert_eq!(texts(&page, "article h2"), names);
    let facts = |since: &str, seen: &str| {
        format!("Address 127.0.0.1 Signed in 15 January 2027, {since} UTC Last seen {seen}")
    };
    assert_eq!(
        texts(&page, ".facts"),
        [facts("09:00", "now"), facts("09:01", "just now"), facts("08:00", "61 minutes ago")]
    );
    assert_eq!(page.element("here").as_deref(), Some("This is the browser in front of you."));
    assert_eq!(ends(&page).len(), 3, "one for each of the others, one for all");
    assert_eq!(page.element("end-others").as_deref(), Some("Sign out of the 2 others"));
    for (from, link) in [("/o/authorized_tokens/", PATH), ("/", PATH), (PATH, "/o/authorized_tokens/")] {
        assert!(browser.get(from).await.body.contains(&format!("href=\"{link}\"")), "{from}");
    }
}

/// R100, R104: at once, that one and no other, and the log says so.
#[tokio::test]
async fn a_browser_that_is_signed_out_from_elsewhere_is_signed_out_at_once() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let (lost, other) = (server.browser(), server.browser());
    lost.sign_in("ada").await;
    server.advance(1);
    other.sign_in("ada").await;
    let (access, _) = lost.tokens_for(&client).await;
    let (page, form) = shown(&browser).await;
    let [_, of_lost, others] = &ends(&page)[..] else { panic!("{page:?}") };
    assert_eq!(others, "others");
    let ending = form.with("end", of_lost);
    // Who clicks twice sees the same again.
    for _ in 0..2 {
        assert_eq!(browser.submit(&ending).await.location(), format!("{BASE}{PATH}"));
        assert!(!lost.is_signed_in().await);
        assert!(browser.is_signed_in().await && other.is_signed_in().await);
    }
    let (page, _) = shown(&browser).await;
    assert_eq!(ends(&page).len(), 1, "one other is left, and nothing to end together");
    let audited = "audit_events WHERE event = 'sign_out' AND user_id = 1 AND origin = '127.0.0.1'";
    assert_eq!(server.count(audited).await, 1);
    assert!(client.vouches_for(&access).await, "a logout ends no access: decision 12");
}

/// R100
#[tokio::test]
async fn all_other_browsers_are_signed_out_together() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let others: Vec<Browser> = (0..3).map(|_| server.browser()).collect();
    for other in &others {
        other.sign_in("ada").await;
    }
    let bob = server.signed_in("bob").await;
    let (_, form) = shown(&browser).await;
    browser.submit(&form.with("end", "others")).await.location();
    for other in &others {
        assert!(!other.is_signed_in().await);
    }
    assert!(browser.is_signed_in().await && bob.is_signed_in().await);
    assert_eq!(ends(&shown(&browser).await.0), Vec::<String>::new());
}

/// R100: another person's session is not there, to look at or to end; what is no session is no error either.
#[tokio::test]
async fn another_persons_session_is_not_there() {
    let server = server().await;
    let (ada, bob) = (server.signed_in("ada").await, server.signed_in("bob").await);
    let elsewhere = server.browser();
    elsewhere.sign_in("bob").await;
    let hers = ends(&shown(&bob).await.0).remove(0);
    let (page, form) = shown(&ada).await;
    assert!(!page.body.contains(&hers) && ends(&page).is_empty());
    for end in [&hers, "", "x", "others ", "00000000000000000000000000000000", &"a".repeat(500)] {
        assert_eq!(ada.submit(&form.clone().with("end", end)).await.location(), format!("{BASE}{PATH}"));
    }
    ada.submit(&form.without("end")).await.location();
    assert!(bob.is_signed_in().await && elsewhere.is_signed_in().await && ada.is_signed_in().await);
    assert_eq!(server.count("audit_events WHERE event = 'sign_out'").await, 0);
}

/// Naming one's own is signing out.
#[tokio::test]
async fn ending_this_session_is_signing_out() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let (page, form) = shown(&browser).await;
    let own = texts(&page, "article h2").len();
    assert_eq!(own, 1);
    let selector = scraper::Selector::parse("article").unwrap();
    let id = page.html().select(&selector).next().unwrap().attr("id").unwrap().to_owned();
    let answer = browser.submit(&form.with("end", id.strip_prefix("session-").unwrap())).await;
    assert_eq!(answer.element("main h1").as_deref(), Some("You are signed out"));
    assert!(!browser.is_signed_in().await);
}

/// R103, R130: only whoever is signed in, who then comes back here; and no link ends anything.
#[tokio::test]
async fn it_takes_somebody_signed_in_and_a_form() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    server.browser().sign_in("ada").await;
    let (_, form) = shown(&browser).await;
    for method in [Method::GET, Method::HEAD] {
        browser.send(browser.request(method, &format!("{PATH}?end=others"))).await;
    }
    assert_eq!(server.count("sessions").await, 2);
    let stranger = server.browser();
    let to_sign_in = format!("{BASE}/accounts/login/?next=%2Fo%2Faccount%2Fsessions%2F");
    assert_eq!(stranger.get(PATH).await.location(), to_sign_in);
    let shown = stranger.get(to_sign_in.strip_prefix(BASE).unwrap()).await.form("login-form");
    let shown = shown.with("username", "ada").with("password", &password_of("ada"));
    assert_eq!(stranger.submit(&shown).await.location(), format!("{BASE}{PATH}"));
    // Signed out while the page was open.
    let copy = browser.copied();
    browser.submit(&browser.get("/").await.form("sign-out-form")).await.is_page(200);
    assert_eq!(copy.submit(&form.with("end", "others")).await.location(), to_sign_in);
    assert!(stranger.is_signed_in().await);
}

/// What does not count any more is not listed.
#[tokio::test]
async fn what_has_ended_is_not_listed() {
    let server = server_with(&[("SESSION_TTL_SECONDS", "1000")]).await;
    let _old = server.signed_in("ada").await;
    server.advance(500);
    let browser = server.browser();
    browser.sign_in("ada").await;
    assert_eq!(texts(&shown(&browser).await.0, "article h2").len(), 2);
    server.advance(500);
    assert_eq!(texts(&shown(&browser).await.0, "article h2").len(), 1);
}

/// That a browser was seen is noted every five minutes and no more often, with what it calls itself by then and from where.
#[tokio::test]
async fn a_browser_is_seen_every_few_minutes() {
    let server = server_with(&[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let here = server.signed_in("ada").await;
    let phone = server.browser();
    phone.sign_in("ada").await;
    let asks = async |address: &str| {
        let request = phone.request(Method::GET, "/").header("user-agent", FIREFOX);
        phone.send(request.header("x-forwarded-for", address)).await.is_page(200);
    };
    let listed = async || texts(&shown(&here).await.0, "article h2, dd").split_off(4);
    let signed_in = "15 January 2027, 08:00 UTC";
    let nameless = "A browser that does not say what it is";
    server.advance(299);
    asks("203.0.113.7").await;
    assert_eq!(listed().await, [nameless, "127.0.0.1", signed_in, "just now"]);
    server.advance(1);
    assert_eq!(listed().await, [nameless, "127.0.0.1", signed_in, "5 minutes ago"]);
    asks("203.0.113.7").await;
    let seen = "sessions WHERE address = '203.0.113.7'";
    assert_eq!(server.count(seen).await, 1);
    server.advance(299);
    asks("203.0.113.8").await;
    assert_eq!(listed().await, ["Firefox on Linux", "203.0.113.7", signed_in, "just now"]);
    server.advance(1);
    asks("203.0.113.8").await;
    assert_eq!(listed().await, ["Firefox on Linux", "203.0.113.8", signed_in, "just now"]);
    server.advance(172_800);
    assert_eq!(listed().await, ["Firefox on Linux", "203.0.113.8", signed_in, "on 15 January 2027"]);
}

/// R134: a browser calls itself what it likes, at whatever length.
#[tokio::test]
async fn what_a_browser_calls_itself_is_text_and_not_endless() {
    let server = server().await;
    server.person("ada").await;
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let browser = signed_in_as(&server, "ada", evil).await;
    let long = signed_in_as(&server, "ada", &"x".repeat(4_000)).await;
    let (page, _) = shown(&browser).await;
    assert_eq!(texts(&page, "article h2")[0], evil);
    assert!(!page.body.contains("<script") && !page.body.contains("<img src=x"));
    assert_eq!(texts(&shown(&long).await.0, "article h2")[0].len(), 100);
    assert_eq!(server.count("sessions WHERE length(user_agent) > 256").await, 0);
}
