//! A person's account, and a forgotten password, with the mail that is sent.

use std::path::Path;
use std::time::Duration;

use super::driver::Scripts;
use super::visit_with;
use super::visitor::Visitor;
use crate::support::{PASSWORD, World, until};

const NEW: &str = "something else entirely";

/// The path in the last letter of that subject.
async fn mailed(folder: &Path, subject: &str) -> String {
    let last = async || {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|end| end == "eml")).collect();
        files.sort();
        let mut letters = files.into_iter().map(|path| std::fs::read_to_string(path).unwrap());
        letters.rfind(|letter| letter.contains(&format!("Subject: {subject}")))
    };
    let letter = until(Duration::from_secs(10), last, Option::is_some).await.unwrap();
    let link = letter.lines().find(|line| line.starts_with("http")).unwrap();
    link[link.find("/accounts/").unwrap()..].trim().to_owned()
}

/// All of it, with scripts and without.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_person_has_an_account_an_address_and_forgets_their_password() {
    for scripts in [Scripts::Run, Scripts::Off] {
        let mail = tempfile::tempdir().unwrap();
        let url = format!("file://{}", mail.path().display());
        let visits = async |world: &World, ada: &Visitor| {
            has_an_account(world, ada, mail.path()).await;
            forgets_their_password(ada, mail.path()).await;
            goes(ada).await;
        };
        visit_with(&[("AUTHZ_MAIL", &url)], scripts, visits).await;
    }
}

async fn has_an_account(world: &World, ada: &Visitor, mail: &Path) {
    world.browser().sign_up("ada").await;
    ada.opens("/o/account/").await;
    ada.signs_in("ada").await;
    assert_eq!(ada.reads("h1").await, "Your account");
    ada.inspects("account-new").await;
    ada.clicks("#change-profile").await;
    ada.inspects("profile").await;
    ada.fills("#zoneinfo", "somewhere else").await;
    ada.clicks("#save").await;
    assert_eq!(ada.reads("#zoneinfo-error").await, "Write a time zone as in Europe/Berlin.");
    ada.inspects("profile-error").await;
    ada.fills("#zoneinfo", "Europe/London").await;
    ada.fills("#name", "Ada Lovelace").await;
    ada.clicks("#save").await;
    assert_eq!(ada.reads("#profile-name").await, "Ada Lovelace");
    ada.clicks("#change-email").await;
    ada.inspects("email").await;
    ada.fills("#email", "ada@example.com").await;
    ada.fills("#current", "not the password").await;
    ada.clicks("#send-link").await;
    assert_eq!(ada.reads("#current-error").await, "This is not your password.");
    ada.inspects("email-error").await;
    ada.fills("#current", PASSWORD).await;
    ada.clicks("#send-link").await;
    assert_eq!(ada.reads("#email-state").await, "ada@example.com, not confirmed yet.");
    ada.inspects("account-link-sent").await;
    ada.opens(&mailed(mail, "Confirm your e-mail address").await).await;
    ada.inspects("email-question").await;
    ada.clicks_twice("#confirm").await;
    assert_eq!(ada.reads("#email-state").await, "ada@example.com, confirmed.");
    ada.inspects("account").await;
    ada.need_not_scroll_sideways("account").await;
    ada.clicks("#change-password").await;
    ada.inspects("password").await;
    ada.fills("#current", "not the password").await;
    ada.fills("#password", NEW).await;
    ada.clicks("#change").await;
    assert_eq!(ada.reads("#current-error").await, "This is not your password.");
    ada.inspects("password-error").await;
    ada.fills("#current", PASSWORD).await;
    ada.fills("#password", NEW).await;
    ada.clicks("#change").await;
    assert_eq!(ada.reads("h1").await, "Your account");
    ada.clicks("#sign-out").await;
}

async fn forgets_their_password(ada: &Visitor, mail: &Path) {
    ada.opens("/accounts/login/").await;
    ada.clicks("#forgot-password").await;
    ada.inspects("forgot").await;
    ada.fills("#identifier", "ada@example.com").await;
    ada.clicks("#send-link").await;
    assert_eq!(ada.reads("h1").await, "Look at your mail");
    ada.inspects("forgot-asked").await;
    ada.opens(&mailed(mail, "Choose a new password").await).await;
    ada.inspects("new-password").await;
    ada.fills("#password", PASSWORD).await;
    ada.clicks_twice("#set-password").await;
    assert_eq!(ada.reads("h1").await, "You have a new password");
    ada.inspects("new-password-set").await;
}

async fn goes(ada: &Visitor) {
    ada.opens("/o/account/delete/").await;
    ada.signs_in("ada").await;
    assert_eq!(ada.reads("h1").await, "Delete the account ada?");
    ada.inspects("delete-account").await;
    ada.fills("#current", "not the password").await;
    ada.clicks("#delete").await;
    assert_eq!(ada.reads("#current-error").await, "This is not your password.");
    ada.inspects("delete-account-error").await;
    ada.fills("#current", PASSWORD).await;
    ada.clicks("#delete").await;
    assert_eq!(ada.reads("h1").await, "Your account is deleted");
    ada.inspects("account-deleted").await;
}
