//! What people are told when something is wrong, against docs/pages.md.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{Answer, AuthorizationRequest, CALLBACK, form, server_with};

const DOCUMENT: &str = include_str!("../../../../../docs/pages.md");

/// The cells of the rows of the table that begins like this.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, table) = DOCUMENT.split_once(heading).unwrap_or_else(|| panic!("no {heading}"));
    let lines = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    lines.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

const KINDS: &str = "| status | heading | sentence |";
const DETAILS: &str = "| detail | where |";
const OTHERS: &str = "| id | sentence | where |";

/// Looked for by its words, each is found where it belongs and nowhere else.
#[test]
fn no_documented_sentence_is_part_of_another() {
    let kinds = rows(KINDS).into_iter().flat_map(|row| [row[1], row[2]]);
    let details = rows(DETAILS).into_iter().map(|row| row[0]);
    let others = rows(OTHERS).into_iter().map(|row| row[1]);
    let all: Vec<&str> = kinds.chain(details).chain(others).collect();
    assert!(all.len() > 25, "{all:?}");
    for (place, sentence) in all.iter().enumerate() {
        for (elsewhere, other) in all.iter().enumerate() {
            assert!(place == elsewhere || !other.contains(sentence), "{sentence} is in {other}");
        }
    }
}

/// Each detail there is, provoked: exactly its own words, on the page of its kind.
#[tokio::test]
async fn each_fault_of_a_request_is_told_in_its_own_words() {
    let server = server_with(&[("CLIENT_ID_METADATA_DOCUMENTS", "true")]).await;
    let metadata = json!({"post_logout_redirect_uris": [CALLBACK]}).to_string();
    let web = server.new_client("web").metadata(&metadata).register().await;
    let two =
        server.new_client("two").redirect_uris(&[CALLBACK, "https://client.example/b"]).register().await;
    let ada = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&web).with("scope", "openid");
    let hint = web.redeem(&ada.allow(&request).await).await.text("id_token");
    let authorize = |request: AuthorizationRequest| request.path();
    let logout = |fields: &[(&str, &str)]| format!("/o/logout/?{}", form(fields));
    let many: Vec<(String, String)> = (0..101).map(|n| (format!("p{n}"), "x".to_owned())).collect();
    let mut told = BTreeSet::new();
    for (path, detail) in [
        ("/o/authorize/".to_owned(), "Missing client_id parameter."),
        ("/o/authorize/?client_id=nobody".to_owned(), "Invalid client_id parameter value."),
        (
            format!("/o/authorize/?{}", form(&[("client_id", "https://localhost/client.json")])),
            "There is no document at the client_id that describes the application.",
        ),
        (authorize(AuthorizationRequest::of(&two).without("redirect_uri")), "Missing redirect URI."),
        (
            authorize(AuthorizationRequest::of(&web).with("redirect_uri", "https://evil.example/")),
            "Mismatching redirect URI.",
        ),
        (
            authorize(AuthorizationRequest::of(&web).with("state", &"s".repeat(2_049))),
            "The state parameter is too long.",
        ),
        (format!("/o/authorize/?x={}", "x".repeat(8_192)), "The request is too long."),
        (
            authorize(AuthorizationRequest::of(&web).and("state", "again")),
            "A parameter is there more than once.",
        ),
        ("/o/authorize/?x=%ff".to_owned(), "A parameter is not valid UTF-8 text."),
        (format!("/o/authorize/?{}", form(&many)), "There are too many parameters."),
        (logout(&[("id_token_hint", "x")]), "The id_token_hint is not an ID token that was issued here."),
        (
            logout(&[("id_token_hint", &hint), ("client_id", "two")]),
            "The ID token was not issued to this client.",
        ),
        (
            logout(&[("post_logout_redirect_uri", CALLBACK)]),
            "A post_logout_redirect_uri needs an id_token_hint or a client_id.",
        ),
        (
            logout(&[("client_id", "two"), ("post_logout_redirect_uri", CALLBACK)]),
            "The post_logout_redirect_uri is not registered for this client.",
        ),
    ] {
        is_faulty(&ada.get(&path).await, detail);
        told.insert(detail);
    }
    let shown = ada.get("/accounts/login/").await.form("login-form").with("username", &"x".repeat(20_000));
    let detail = "The form did not arrive whole, or is too large.";
    is_faulty(&ada.submit(&shown).await, detail);
    told.insert(detail);
    assert_eq!(told, rows(DETAILS).into_iter().map(|row| row[0]).collect());
}

#[track_caller]
fn is_faulty(answer: &Answer, detail: &str) {
    answer.is_page(400);
    assert_eq!(answer.element("sentence").as_deref(), Some(rows(KINDS)[0][2]));
    assert_eq!(answer.element("detail").as_deref(), Some(detail));
}
