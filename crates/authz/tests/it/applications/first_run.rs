//! The first run: every line does what it says, and what the page tries is what the token endpoint answers.

use std::process::Command;

use serde_json::Value;

use super::form::{CODE_PAGE, registered_public};
use super::{Mine, filled, registered};
use crate::support::{Answer, Browser, challenge, server};

/// The words of a curl line, as a shell hands them to curl.
fn words_of(line: &str) -> Vec<String> {
    let script = format!(
        "curl() {{ for each; do printf '%s\\n' \"$each\"; done; }}; CLIENT_SECRET=the-secret; CODE=the-code; \
         ACCESS_TOKEN=access; REFRESH_TOKEN=refresh; {line}"
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// A line of the page, as it is pasted.
fn line(page: &Answer, id: &str) -> String {
    page.element(id).unwrap_or_else(|| panic!("no {id} in {page:?}")).replace("\\ ", "\\\n")
}

/// Opens the address of step 1, allows, and reads the code off the code page.
async fn code(browser: &Browser, page: &Answer) -> String {
    let url = page.element("authorize-url").unwrap();
    let path = url.strip_prefix("http://localhost:8000").unwrap();
    let asked = browser.get(path).await.form("consent-form").with("decision", "allow");
    let answer = browser.submit(&asked).await;
    let path =
        answer.location().strip_prefix("http://localhost:8000").unwrap().trim_end_matches("#_").to_owned();
    browser.get(&path).await.element("code").unwrap()
}

async fn try_exchange(browser: &Browser, page: &Answer, code: &str, secret: &str, act: &str) -> Answer {
    let form = page.form("exchange-form").with("code", code).with("client_secret", secret).with("act", act);
    assert!(form.action.ends_with("/#step-2"), "{form:?}");
    let answer = browser.submit(&form).await;
    answer.is_page(200);
    answer
}

fn who(mine: &Mine) -> [String; 2] {
    match mine.secret {
        Some(_) => ["-u".to_owned(), format!("{}:the-secret", mine.id)],
        None => ["-d".to_owned(), format!("client_id={}", mine.id)],
    }
}

/// From the page alone: the address, the code, the exchange in the page, and lines that are right to the last word.
#[tokio::test]
async fn a_first_run_leads_from_the_address_to_the_tokens() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    for mine in [registered(&ada, "Keeps").await, registered_public(&ada, "Public").await] {
        let page = &mine.page;
        let verifier = page.element("verifier").unwrap();
        assert_eq!(page.form("exchange-form").field("code_verifier"), Some(verifier.as_str()));
        let url = page.element("authorize-url").unwrap();
        let query = url.strip_prefix("http://localhost:8000/o/authorize/?").unwrap();
        let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let expected = [
            ("response_type", "code"),
            ("client_id", &mine.id),
            ("redirect_uri", CODE_PAGE),
            ("scope", "read write"),
            ("code_challenge", &challenge(&verifier)),
            ("code_challenge_method", "S256"),
        ];
        assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let exchange = |code: &str| {
            let mut words = vec!["http://localhost:8000/o/token/".to_owned()];
            words.extend(who(&mine));
            for field in ["grant_type=authorization_code", &format!("code={code}")] {
                words.extend(["-d".to_owned(), field.to_owned()]);
            }
            words.extend(["--data-urlencode".to_owned(), format!("redirect_uri={CODE_PAGE}")]);
            words.extend(["-d".to_owned(), format!("code_verifier={verifier}")]);
            words
        };
        assert_eq!(words_of(&line(page, "exchange-line")), exchange("the-code"));

        // The line for the code, without using it up; then the exchange itself.
        let code = code(&ada, page).await;
        let shown = try_exchange(&ada, page, &code, "", "line").await;
        assert_eq!(words_of(&line(&shown, "exchange-line")), exchange(&code));
        assert_eq!(shown.element("verifier").as_ref(), Some(&verifier));
        assert_eq!((shown.element("exchange-answer"), shown.element("exchange-problem")), (None, None));
        let secret = mine.secret.clone().unwrap_or_default();
        let done = try_exchange(&ada, &shown, &code, &secret, "exchange").await;
        assert_eq!(done.element("exchange-status").as_deref(), Some("The answer: 200 OK"));
        let answer: Value = serde_json::from_str(&done.element("exchange-answer").unwrap()).unwrap();
        let members: Vec<_> = answer.as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["access_token", "expires_in", "token_type", "scope", "refresh_token"]);
        let (access, refresh) =
            (answer["access_token"].as_str().unwrap(), answer["refresh_token"].as_str().unwrap());

        let call =
            ["http://localhost:8000/api/activities/", "-H", &format!("Authorization: Bearer {access}")];
        assert_eq!(words_of(&line(&done, "call-line")), call);
        let mut renew = vec!["http://localhost:8000/o/token/".to_owned()];
        renew.extend(who(&mine));
        renew.extend(
            ["-d", "grant_type=refresh_token", "-d", &format!("refresh_token={refresh}")].map(str::to_owned),
        );
        assert_eq!(words_of(&line(&done, "refresh-line")), renew);
        let mut revoke = vec!["http://localhost:8000/o/revoke_token/".to_owned()];
        revoke.extend(who(&mine));
        revoke.extend(["-d".to_owned(), format!("token={access}")]);
        assert_eq!(words_of(&line(&done, "revoke-line")), revoke);
        let client = mine.client(&server);
        assert_eq!(client.refresh(refresh).await.status, 200);
        if !secret.is_empty() {
            assert!(!done.body.contains(&secret), "{done:?}");
            assert!(client.vouches_for(access).await);
        }
    }
}

/// The true answer, also when it is no: exactly what the endpoint says to a client.
#[tokio::test]
async fn what_the_page_tries_is_what_the_endpoint_answers() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    let mine = registered(&ada, "Mine").await;
    let client = mine.client(&server);
    let code = code(&ada, &mine.page).await;
    let wrong = try_exchange(&ada, &mine.page, &code, "tts_wrong", "exchange").await;
    let expected = client.with_secret("tts_wrong").client_credentials().await;
    assert_eq!(wrong.element("exchange-status").as_deref(), Some("The answer: 401 Unauthorized"));
    let told: Value = serde_json::from_str(&wrong.element("exchange-answer").unwrap()).unwrap();
    assert_eq!(told, expected.json());

    let secret = mine.secret.as_deref().unwrap();
    try_exchange(&ada, &mine.page, &code, secret, "exchange").await;
    let again = try_exchange(&ada, &mine.page, &code, secret, "exchange").await;
    assert_eq!(again.element("exchange-status").as_deref(), Some("The answer: 400 Bad Request"));
    let told: Value = serde_json::from_str(&again.element("exchange-answer").unwrap()).unwrap();
    assert_eq!(told["error"], "invalid_grant");
    // What the page cannot use it does not try.
    let lacking = try_exchange(&ada, &mine.page, &code, " ", "exchange").await;
    let told = "Paste the client secret, too. It is used for this one try and not kept.";
    assert_eq!(lacking.element("exchange-problem").as_deref(), Some(told));
    assert_eq!(lacking.element("exchange-answer"), None);
}

/// R119 of client secrets: a try in the page counts like one at the endpoint.
#[tokio::test]
async fn guessing_a_secret_in_the_page_is_counted() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    let mine = registered(&ada, "Mine").await;
    let form = mine.page.form("own-form");
    let mut statuses = Vec::new();
    for number in 0..40 {
        let page = ada.submit(&form.clone().with("client_secret", &format!("tts_{number}"))).await;
        statuses.push(page.element("own-status").unwrap());
    }
    assert_eq!(statuses.first().unwrap(), "The answer: 401 Unauthorized");
    assert_eq!(statuses.last().unwrap(), "The answer: 429 Too Many Requests");
    let right = form.with("client_secret", mine.secret.as_deref().unwrap());
    assert_eq!(ada.submit(&right).await.element("own-status").as_deref(), Some("The answer: 200 OK"));
}

/// R134: only this application's codes get into a line; anything else that is pasted is not shown with a command around it.
#[tokio::test]
async fn only_a_code_of_this_application_gets_into_a_line() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    let mine = registered(&ada, "Mine").await;
    let other = registered(&ada, "Other").await;
    let (access, refresh) = ada.tokens_for(&mine.client(&server)).await;
    let foreign = code(&ada, &other.page).await;
    for text in
        [&foreign, &access, &refresh, "ttc_x", "$(reboot)", "<script>alert(1)</script>", "';reboot;'", ""]
    {
        for act in ["line", "exchange", "anything"] {
            let page = try_exchange(&ada, &mine.page, text, mine.secret.as_deref().unwrap(), act).await;
            let told = "This code has ended, or it is not this application’s. Begin again with step 1.";
            assert_eq!(page.element("exchange-problem").as_deref(), Some(told), "{text}");
            assert!(text.is_empty() || !page.body.contains(text), "{text}");
            assert_eq!(page.element("exchange-answer"), None);
        }
    }
    // What is sent as the verifier is shown only if it could be one.
    let form = mine.page.form("exchange-form").with("code_verifier", "'; reboot; '").with("act", "line");
    let page = ada.submit(&form.with("code", "x")).await;
    assert!(!page.body.contains("reboot"));
    assert_eq!(page.element("verifier").unwrap().len(), 43);
    // Each beginning has a verifier of its own.
    let again = ada.get(&mine.path("")).await;
    assert_ne!(again.element("verifier"), mine.page.element("verifier"));
}

/// An application that only speaks for itself has its one line, and its answer.
#[tokio::test]
async fn an_application_for_itself_gets_its_token_in_the_page() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    let form = filled(&ada.get("/o/applications/register/").await, "Robot").without("redirect_uris");
    let page = ada.submit(&form.without("grant-authorization_code")).await;
    assert_eq!(page.element("first-run"), None);
    let id = page.element("client-id").unwrap();
    let expected = [
        "http://localhost:8000/o/token/",
        "-u",
        &format!("{id}:the-secret"),
        "-d",
        "grant_type=client_credentials",
    ];
    assert_eq!(words_of(&line(&page, "own-line")), expected);
    let secret = page.element("client-secret").unwrap();
    let done = ada.submit(&page.form("own-form").with("client_secret", &secret)).await;
    assert_eq!(done.element("own-status").as_deref(), Some("The answer: 200 OK"));
    let answer: Value = serde_json::from_str(&done.element("own-answer").unwrap()).unwrap();
    assert_eq!(answer["scope"], "read write");
    let refused = ada.submit(&page.form("own-form")).await;
    assert!(refused.element("own-problem").unwrap().starts_with("Paste the client secret"));
}

/// A redirect URI of the developer's own is named, quoted for the shell.
#[tokio::test]
async fn without_the_code_page_the_code_goes_where_it_was_registered() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    let uri = "https://client.example/cb?$(touch$IFS'x');a&b";
    let form = filled(&ada.get("/o/applications/register/").await, "Own").with("redirect_uris", uri);
    let page = ada.submit(&form).await;
    let words = words_of(&line(&page, "exchange-line"));
    assert!(words.contains(&format!("redirect_uri={uri}")), "{words:?}");
    assert!(page.element("step-1").unwrap().contains(uri), "{page:?}");
}
