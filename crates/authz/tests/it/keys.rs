//! Personal keys: made and ended at `/o/account/keys/`, and what introspection says of them. [`auth_token`] has those that are given
//! for a password.

mod auth_token;

use reqwest::Method;
use serde_json::json;

use crate::support::{
    Answer, BASE, Browser, Client, INACTIVE, ISSUER, TestServer, eventually, password_of, server, server_with,
};

const PATH: &str = "/o/account/keys/";
const DETAILS: &str = r#"{"id":1,"username":"ada","first_name":"","last_name":"","email":""}"#;

/// Makes a key at the page.
pub async fn made(browser: &Browser, name: &str, scopes: &[&str]) -> String {
    let page = make(browser, name, "30", scopes).await;
    page.element("key").unwrap_or_else(|| panic!("no key in {page:?}"))
}

async fn make(browser: &Browser, name: &str, days: &str, scopes: &[&str]) -> Answer {
    let mut shown = browser.get(PATH).await.form("make-form").with("name", name).with("days", days);
    let chosen = scopes.iter().map(|scope| (format!("scope_{scope}"), "yes".to_owned()));
    shown.fields.extend(chosen);
    browser.submit(&shown).await
}

/// Presents a key.
pub async fn with_key(server: &TestServer, key: &str, path: &str) -> Answer {
    let request = server.http.request(Method::GET, path).header("authorization", format!("Token {key}"));
    server.http.send(request).await
}

async fn watcher(server: &TestServer) -> Client {
    server.new_client("watcher").introspects(&["timetracker"]).register().await
}

/// Shown once and kept as a digest; a resource server is told whose it is, what it is for and that it is no bearer token.
#[tokio::test]
async fn a_key_is_shown_once_and_speaks_for_its_person() {
    let server = server().await;
    let watcher = watcher(&server).await;
    let browser = server.signed_in("ada").await;
    assert_eq!(browser.get(PATH).await.element("nothing").as_deref(), Some("You have no keys."));
    let page = make(&browser, "Backups", "7", &["read", "email"]).await;
    let key = page.element("key").unwrap();
    assert!(key.len() == 40 && key.bytes().all(|digit| digit.is_ascii_hexdigit()), "{key}");
    assert_eq!(page.element("header"), Some(format!("Authorization: Token {key}")));
    let again = browser.get(PATH).await;
    assert!(!again.body.contains(&key) && again.body.contains("Backups"));
    let told = watcher.introspect(&key).await.json();
    let id = told["jti"].clone();
    let expected = json!({
        "active": true, "scope": "email read", "username": "ada", "token_type": "Token",
        "exp": 1_800_000_000 + 7 * 86_400, "iat": 1_800_000_000, "nbf": 1_800_000_000, "sub": "1",
        "aud": ["timetracker"], "iss": ISSUER, "jti": id,
    });
    assert_eq!(told, expected);
    assert_eq!(server.count("audit_events WHERE event = 'personal_key_made' AND user_id = 1").await, 1);
    // Who does not answer for what it is for learns nothing of it.
    let other = server.new_client("other").introspects(&["elsewhere"]).register().await;
    assert_eq!(other.introspect(&key).await.body, INACTIVE);
}

/// R34: a key is none of a client's tokens, and passes as nothing else.
#[tokio::test]
async fn a_key_passes_as_nothing_else() {
    let server = server_with(&[("WRONG_PASSWORDS_PER_MINUTE", "0")]).await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let key = made(&browser, "Backups", &["read", "write"]).await;
    for path in ["/users/", "/user_details/", "/o/userinfo/"] {
        let request = server.http.request(Method::GET, path).bearer_auth(&key);
        assert_eq!(server.http.send(request).await.status, 401, "{path}");
    }
    client.refresh(&key).await.is_error(400, "invalid_grant");
    client.password("ada", &key).await.is_error(400, "invalid_grant");
    assert_eq!(client.revoke(&key).await.status, 200);
    let (access, _) = browser.tokens_for(&client).await;
    for text in [&access, &browser.cookie(), &key.to_uppercase()] {
        let answer = with_key(&server, text, "/user_details/").await;
        assert_eq!((answer.status, answer.body.as_str()), (401, r#"{"detail":"Invalid token."}"#), "{text}");
    }
    assert_eq!(with_key(&server, &key, "/user_details/").await.body, DETAILS);
}

/// What the form asks for; each problem is told at its field.
#[tokio::test]
async fn a_key_has_a_name_an_end_and_something_it_is_for() {
    let server = server_with(&[("KEY_LONGEST_DAYS", "90")]).await;
    let browser = server.signed_in("ada").await;
    let offered = browser.get(PATH).await.body;
    assert!(offered.contains(r#"name="days" value="30""#), "{offered}");
    for (scope, is_offered) in [("read", true), ("tracks:write", true), ("groups", true), ("openid", false)] {
        assert_eq!(offered.contains(&format!("scope_{scope}\"")), is_offered, "{scope}");
    }
    let none = make(&browser, "", "91", &[]).await;
    for (id, sentence) in [
        ("name-error", "Give it a name by which you will know it again."),
        ("days-error", "A key lasts for 1 to 90 days."),
        ("scopes-error", "Choose what it may be used for."),
    ] {
        assert_eq!(none.element(id).as_deref(), Some(sentence));
    }
    for days in ["0", "-1", "x", "1000000000000"] {
        assert!(make(&browser, "x", days, &["read"]).await.element("days-error").is_some(), "{days}");
    }
    // What is no scope of a key's is not chosen, whoever writes it into the form.
    assert!(make(&browser, "x", "1", &["openid", "introspection"]).await.element("scopes-error").is_some());
    assert_eq!(server.count("personal_keys").await, 0);
}

/// R123: whoever finds a browser that somebody left makes no key at it.
#[tokio::test]
async fn a_key_is_made_by_who_has_signed_in_lately() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let shown = browser
        .get(PATH)
        .await
        .form("make-form")
        .with("name", "x")
        .with("days", "30")
        .with("scope_read", "yes");
    server.advance(601);
    let page = browser.get(PATH).await;
    assert!(page.element("sign-in-again").is_some() && !page.body.contains("make-form"));
    let answer = browser.submit(&shown).await;
    assert_eq!(answer.location(), format!("{BASE}/accounts/login/?next=%2Fo%2Faccount%2Fkeys%2F"));
    assert_eq!(server.count("personal_keys").await, 0);
    let stranger = server.browser();
    assert_eq!(
        stranger.get(PATH).await.location(),
        format!("{BASE}/accounts/login/?next=%2Fo%2Faccount%2Fkeys%2F")
    );
}

/// At once, that one and no other; another person's is not there.
#[tokio::test]
async fn a_key_that_is_ended_is_nobodys_at_once() {
    let server = server().await;
    let watcher = watcher(&server).await;
    let browser = server.signed_in("ada").await;
    let bob = server.signed_in("bob").await;
    let [key, other] = [made(&browser, "One", &["read"]).await, made(&browser, "Other", &["read"]).await];
    let bobs = made(&bob, "His", &["read"]).await;
    let end = |whose: &Browser, id: String| {
        let whose = whose.clone();
        async move {
            let form = whose.get(PATH).await.form("keys-form").with("end", &id);
            assert_eq!(whose.submit(&form).await.location(), format!("{BASE}{PATH}"));
        }
    };
    let id = watcher.introspect(&key).await.text("jti");
    let id_of_bobs = watcher.introspect(&bobs).await.text("jti");
    end(&browser, id_of_bobs).await;
    assert!(watcher.vouches_for(&bobs).await);
    for _ in 0..2 {
        end(&browser, id.clone()).await;
        assert_eq!(watcher.introspect(&key).await.body, INACTIVE);
        assert!(watcher.vouches_for(&other).await);
    }
    // In another process as well: nothing of it is kept anywhere.
    let second = server.second().await;
    assert_eq!(watcher.at(&second).introspect(&key).await.body, INACTIVE);
    assert_eq!(with_key(&server, &key, "/user_details/").await.body, r#"{"detail":"Invalid token."}"#);
    assert_eq!(server.count("audit_events WHERE event = 'personal_key_ended' AND user_id = 1").await, 1);
}

/// R48: what ends everything of a person's ends their keys; and each says what the framework says.
#[tokio::test]
async fn a_key_ends_with_what_ends_everything_of_its_person() {
    let server = server().await;
    let watcher = watcher(&server).await;
    let browser = server.signed_in("ada").await;
    let key = made(&browser, "Backups", &["read"]).await;
    server.advance(1);
    server.disable("ada", true).await;
    let disabled = r#"{"active":false,"inactive_reason":"user_inactive"}"#;
    assert_eq!(watcher.introspect(&key).await.body, disabled);
    let answer = with_key(&server, &key, "/user_details/").await;
    assert_eq!((answer.status, answer.body.as_str()), (401, r#"{"detail":"User inactive or deleted."}"#));
    assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="api""#));
    server.advance(1);
    server.disable("ada", false).await;
    assert_eq!(watcher.introspect(&key).await.body, INACTIVE, "it stays ended");

    server.advance(1);
    browser.sign_in("ada").await;
    let key = made(&browser, "Backups", &["read"]).await;
    assert!(watcher.vouches_for(&key).await);
    server.advance(1);
    server.set_password("ada", "another horse battery").await;
    assert_eq!(watcher.introspect(&key).await.body, INACTIVE);

    let bob = server.signed_in("bob").await;
    let key = made(&bob, "Backups", &["read"]).await;
    server.delete_person("bob").await;
    assert_eq!(watcher.introspect(&key).await.body, INACTIVE);
    assert_eq!(server.count("personal_keys WHERE user_id = 2").await, 0);
}

/// For a month after its end whoever has it is told so; then it is unknown.
#[tokio::test]
async fn a_key_that_has_ended_by_itself_says_so() {
    let server = server().await;
    let watcher = watcher(&server).await;
    let browser = server.signed_in("ada").await;
    let page = make(&browser, "Short", "1", &["read"]).await;
    let key = page.element("key").unwrap();
    server.advance(86_399);
    assert!(watcher.vouches_for(&key).await);
    server.advance(1);
    assert_eq!(watcher.introspect(&key).await.body, r#"{"active":false,"inactive_reason":"expired"}"#);
    let answer = with_key(&server, &key, "/user_details/").await;
    assert_eq!((answer.status, answer.body.as_str()), (401, r#"{"detail":"Token has expired"}"#));
    server.advance(31 * 86_400);
    let idle = std::time::Duration::from_secs(1);
    authz::sweeper::once(server.app(), authz::sweeper::Round::default(), idle).await.unwrap();
    assert_eq!(watcher.introspect(&key).await.body, INACTIVE);
}

/// When it was used is noted beside the answer, once in five minutes.
#[tokio::test]
async fn the_last_use_of_a_key_is_shown() {
    let server = server().await;
    let watcher = watcher(&server).await;
    let browser = server.signed_in("ada").await;
    let key = made(&browser, "Backups", &["read"]).await;
    let used = async |at: i64| {
        eventually("the use is noted", || async {
            server.count(&format!("personal_keys WHERE used_at = {at}000000")).await == 1
        })
        .await;
    };
    assert!(browser.get(PATH).await.body.contains("never"));
    assert!(watcher.vouches_for(&key).await);
    used(1_800_000_000).await;
    server.advance(299);
    assert!(watcher.vouches_for(&key).await);
    server.advance(1);
    assert!(watcher.vouches_for(&key).await);
    used(1_800_000_300).await;
    assert!(browser.get(PATH).await.body.contains("just now"));
}

/// R153: whatever strangers make up costs no look at the database, and counts as any unknown token does.
#[tokio::test]
async fn made_up_keys_are_counted_as_unknown_tokens() {
    let server = server_with(&[("UNKNOWN_TOKENS_PER_MINUTE", "2")]).await;
    let watcher = watcher(&server).await;
    let browser = server.signed_in("ada").await;
    let key = made(&browser, "Backups", &["read"]).await;
    for _ in 0..2 {
        assert_eq!(watcher.introspect(&"0".repeat(40)).await.body, INACTIVE);
    }
    assert_eq!(watcher.introspect(&"0".repeat(40)).await.status, 429);
    assert!(watcher.vouches_for(&key).await, "who is known does not wait");
}

/// C8: nobody has more than fifty, however many clicks.
#[tokio::test]
async fn a_person_has_fifty_keys_at_most() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let shown = browser
        .get(PATH)
        .await
        .form("make-form")
        .with("name", "x")
        .with("days", "30")
        .with("scope_read", "yes");
    let all = futures_util::future::join_all((0..64).map(|_| browser.submit(&shown))).await;
    assert_eq!(all.iter().filter(|page| page.element("key").is_some()).count(), 50);
    assert_eq!(server.count("personal_keys").await, 50);
    let full = "You have 50 keys. End one that you do not need.";
    assert_eq!(all.iter().filter(|page| page.element("name-error").as_deref() == Some(full)).count(), 14);
    // Those that a new password has ended take nobody's place.
    server.advance(1);
    server.set_password("ada", &password_of("ada")).await;
    server.advance(1);
    browser.sign_in("ada").await;
    made(&browser, "Another", &["read"]).await;
}
