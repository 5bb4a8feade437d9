//! The secret: shown once, kept as a digest, changed with both valid for a while.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use model::secret::sha256;

use super::form::registered_public;
use super::registered;
use crate::support::{Answer, server, server_with};

/// The secret and its digest, in all ways to write them.
fn ways_to_say(secret: &str) -> Vec<String> {
    let digest = sha256(secret.as_bytes());
    let hex = digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    vec![secret.to_owned(), hex, BASE64_STANDARD.encode(digest), BASE64_URL_SAFE_NO_PAD.encode(digest)]
}

fn is_silent(page: &Answer, secret: &str) {
    assert_eq!(page.header("cache-control"), Some("no-store"), "{page:?}");
    for said in ways_to_say(secret) {
        assert!(!page.body.contains(&said), "{page:?}");
    }
}

/// R42, R133, R173, section 2 no. 32 of the dossier (CVE-2026-40166)
#[tokio::test]
async fn the_secret_is_on_one_page_once() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    let mine = registered(&ada, "Mine").await;
    let secret = mine.secret.clone().unwrap();
    assert!(secret.starts_with("tts_") && secret.len() == 47);
    assert_eq!(mine.page.header("cache-control"), Some("no-store"));
    assert_eq!(mine.page.set_cookies(), Vec::<&str>::new());
    assert_eq!(mine.client(&server).client_credentials().await.status, 200);
    let run = ada.get(&mine.path("")).await.form("own-form").with("client_secret", &secret);
    is_silent(&ada.submit(&run).await, &secret);
    for path in ["/o/applications/", "/", &mine.path(""), &mine.path("update/"), &mine.path("rotate-secret/")]
    {
        is_silent(&ada.get(path).await, &secret);
    }
    let rotated = ada.submit(&ada.get(&mine.path("rotate-secret/")).await.form("rotate-form")).await;
    is_silent(&rotated, &secret);
    let next = rotated.element("client-secret").unwrap();
    is_silent(&ada.get(&mine.path("")).await, &next);
    is_silent(&ada.get(&mine.path("delete/")).await, &next);
}

/// R42: both are valid until the instant the page says, to the minute.
#[tokio::test]
async fn after_a_rotation_both_secrets_are_valid_for_a_while() {
    let server = server_with(&[("SECRET_OVERLAP_SECONDS", "7200")]).await;
    let ada = server.signed_in("ada").await;
    let mine = registered(&ada, "Mine").await;
    let first = mine.client(&server);
    assert_eq!(ada.get(&mine.path("")).await.element("previous-until"), None);
    let asked = ada.get(&mine.path("rotate-secret/")).await;
    assert_eq!((asked.element("overlap").as_deref(), asked.element("previous")), (Some("2 hours"), None));
    assert_eq!(first.client_credentials().await.status, 200);

    let page = ada.submit(&asked.form("rotate-form")).await;
    let second = first.with_secret(&page.element("client-secret").unwrap());
    let until = "valid until 2027-01-15 10:00 UTC";
    assert_eq!(page.element("previous-until").as_deref(), Some(until));
    assert_eq!(ada.get(&mine.path("")).await.element("previous-until").as_deref(), Some(until));
    for client in [&first, &second] {
        assert_eq!(client.client_credentials().await.status, 200);
    }
    let asked = ada.get(&mine.path("rotate-secret/")).await;
    assert!(asked.element("previous").unwrap().contains("2027-01-15 10:00 UTC"));
    server.advance(7_200);
    first.client_credentials().await.is_error(401, "invalid_client");
    assert_eq!(second.client_credentials().await.status, 200);
    assert_eq!(ada.get(&mine.path("")).await.element("previous-until"), None);
}

/// No more than two at a time: the page says so before it happens.
#[tokio::test]
async fn of_three_secrets_the_two_newest_are_valid() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    let mine = registered(&ada, "Mine").await;
    let first = mine.client(&server);
    let mut newer = Vec::new();
    for _ in 0..2 {
        let page = ada.submit(&ada.get(&mine.path("rotate-secret/")).await.form("rotate-form")).await;
        newer.push(first.with_secret(&page.element("client-secret").unwrap()));
    }
    first.client_credentials().await.is_error(401, "invalid_client");
    for client in newer {
        assert_eq!(client.client_credentials().await.status, 200);
    }
}

/// R40: a public client has none, and cannot be given one.
#[tokio::test]
async fn a_public_application_has_no_secret_and_gets_none() {
    let server = server().await;
    let ada = server.signed_in("ada").await;
    let mine = registered_public(&ada, "Mine").await;
    assert_eq!(mine.secret, None);
    let confidential = registered(&ada, "Other").await;
    let mut rotate = ada.get(&confidential.path("rotate-secret/")).await.form("rotate-form");
    rotate.action = mine.path("rotate-secret/");
    ada.submit(&rotate).await.is_page(404);
    ada.get(&mine.path("rotate-secret/")).await.is_page(404);
    assert_eq!(ada.get(&mine.path("")).await.element("rotate-secret"), None);
    let (access, _) = ada.tokens_for(&mine.client(&server)).await;
    assert!(access.starts_with("tta_"));
}
