//! `/o/account/email/` and `/accounts/email/`: an address is somebody's once a link that was sent there comes back.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, AuthorizationRequest, BASE, Browser, Mailbox, TestServer, password_of, server_with_mail,
};

const PATH: &str = "/o/account/email/";

async fn enter(browser: &Browser, address: &str) -> Answer {
    let shown = browser.get(PATH).await.form("email-form");
    assert_eq!(shown.action, PATH);
    let password = password_of(shown.field("username").unwrap());
    browser.submit(&shown.with("email", address).with("current", &password)).await
}

async fn confirm(browser: &Browser, path: &str) -> Answer {
    let shown = browser.get(path).await.form("confirm-email-form");
    assert_eq!(shown.action, path);
    browser.submit(&shown).await
}

#[track_caller]
fn is_no_longer_good(answer: &Answer) {
    answer.is_page(410);
    assert_eq!(answer.element("main h1").as_deref(), Some("This link is no longer good"), "{answer:?}");
}

/// What an application is told.
async fn told(server: &TestServer, browser: &Browser) -> Value {
    let name = format!("client-{}", server.count("clients").await);
    let client = server.client(&name).await;
    let request = AuthorizationRequest::of(&client).with("scope", "openid email");
    let token = client.redeem(&browser.allow(&request).await).await.text("access_token");
    server.userinfo(&token).await.json()
}

async fn entered_and_confirmed(server: &TestServer, mailbox: &Mailbox, browser: &Browser, address: &str) {
    enter(browser, address).await.location();
    let path = mailbox.last_to(server, address).await.path();
    assert_eq!(confirm(browser, &path).await.location(), format!("{BASE}/o/account/"));
}

/// R125: an address that was typed is told as one that proves nothing, and finds nobody; the link changes that, by a form and once.
#[tokio::test]
async fn an_address_is_unverified_until_its_link_comes_back() {
    let (server, mailbox) = server_with_mail().await;
    let browser = server.signed_in("ada").await;
    let account = browser.get("/o/account/").await;
    assert_eq!(account.element("email-state").as_deref(), Some("You have no e-mail address here."));
    assert_eq!(enter(&browser, " Ada@Example.com ").await.location(), format!("{BASE}/o/account/"));
    let account = browser.get("/o/account/").await;
    assert_eq!(account.element("email-state").as_deref(), Some("Ada@Example.com, not confirmed yet."));
    assert!(account.element("email-pending").is_some());
    assert_eq!(
        told(&server, &browser).await,
        json!({"sub": "1", "email": "Ada@Example.com", "email_verified": false})
    );
    let mail = mailbox.last_to(&server, "Ada@Example.com").await;
    assert_eq!(mail.subject, "Confirm your e-mail address - Timetracker");
    let link = mail.link();
    let expected = format!(
        "Hello ada,\n\nthis address was entered for the account ada at Timetracker.\n\
         If that is your account, confirm here that the address is yours, signed in as ada:\n\n{link}\n\n\
         The link works once, until 16 January 2027, 08:00 UTC. Opening it changes nothing yet.\n\n\
         If it is not your account, do nothing: the address is not used then.\n"
    );
    assert_eq!(mail.body.trim_end(), expected.trim_end());
    // It is not good for a new password yet.
    let stranger = server.browser();
    let shown = stranger.get("/accounts/password/reset/").await.form("reset-form");
    stranger.submit(&shown.clone().with("account", "ada@example.com")).await.is_page(200);
    assert_eq!(mailbox.all(&server).await.len(), 1);
    let path = mail.path();
    for method in [Method::GET, Method::HEAD] {
        browser.send(browser.request(method, &path)).await;
    }
    assert_eq!(server.count("verified_emails").await, 0);
    let question = browser.get(&path).await;
    assert_eq!(question.element("address").as_deref(), Some("Ada@Example.com"));
    let form = question.form("confirm-email-form");
    // Who clicks twice sees the same.
    for _ in 0..2 {
        assert_eq!(browser.submit(&form).await.location(), format!("{BASE}/o/account/"));
    }
    is_no_longer_good(&browser.get(&path).await);
    let account = browser.get("/o/account/").await;
    assert_eq!(account.element("email-state").as_deref(), Some("Ada@Example.com, confirmed."));
    assert_eq!(account.element("email-pending"), None);
    assert_eq!(
        told(&server, &browser).await,
        json!({"sub": "1", "email": "Ada@Example.com", "email_verified": true})
    );
    assert_eq!(server.count("audit_events WHERE event = 'email_confirmed' AND user_id = 1").await, 1);
    stranger.submit(&shown.with("account", "ADA@example.COM")).await.is_page(200);
    assert_eq!(mailbox.count(&server, "Choose a new password").await, 1);
}

/// R125, R123: the old address stays until the new one is proven, and is told then; the link that was replaced is void.
#[tokio::test]
async fn a_changed_address_is_confirmed_at_the_new_one_and_told_to_the_old_one() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "old@example.com").await;
    let browser = server.browser();
    browser.sign_in("ada").await;
    enter(&browser, "wrong@example.com").await.location();
    let replaced = mailbox.last_to(&server, "wrong@example.com").await.path();
    enter(&browser, "new@example.com").await.location();
    is_no_longer_good(&browser.get(&replaced).await);
    let verified = json!({"sub": "1", "email": "old@example.com", "email_verified": true});
    assert_eq!(told(&server, &browser).await, verified);
    let account = browser.get("/o/account/").await;
    assert_eq!(account.element("email-state").as_deref(), Some("old@example.com, confirmed."));
    assert!(account.element("email-pending").unwrap().contains("new@example.com"));
    let path = mailbox.last_to(&server, "new@example.com").await.path();
    confirm(&browser, &path).await.location();
    let verified = json!({"sub": "1", "email": "new@example.com", "email_verified": true});
    assert_eq!(told(&server, &browser).await, verified);
    let mail = mailbox.last_to(&server, "old@example.com").await;
    assert_eq!(mail.subject, "Your e-mail address was changed - Timetracker");
    assert!(!mail.body.contains("new@example.com"), "{mail:?}");
    // A new password goes to the new one only.
    let stranger = server.browser();
    let shown = stranger.get("/accounts/password/reset/").await.form("reset-form");
    stranger.submit(&shown.clone().with("account", "old@example.com")).await.is_page(200);
    stranger.submit(&shown.with("account", "ada")).await.is_page(200);
    let resets = mailbox.all(&server).await;
    let to: Vec<&str> = resets
        .iter()
        .filter(|mail| mail.subject.starts_with("Choose a new password"))
        .map(|mail| mail.to.as_str())
        .collect();
    assert_eq!(to, ["new@example.com"]);
}

/// R117, C4: whether an address is somebody's is told to nobody but its owner, neither at the account nor at sign-up.
#[tokio::test]
async fn an_address_of_somebody_elses_is_answered_like_any_other_and_its_owner_is_told() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    let bob = server.signed_in("bob").await;
    let mut pages = Vec::new();
    for address in ["ADA@example.com", "free@example.com"] {
        assert_eq!(enter(&bob, address).await.location(), format!("{BASE}/o/account/"));
        // It would be replaced before it is sent.
        mailbox.last_to(&server, address).await;
        let page = bob.get("/o/account/").await;
        pages.push(page.body.replace(address, ""));
    }
    assert_eq!(pages[0], pages[1]);
    let mut answers = Vec::new();
    for (name, address) in [("eve", "ada@example.com"), ("sue", "unknown@example.com")] {
        let stranger = server.browser();
        let shown = stranger.get("/accounts/signup/").await.form("signup-form").with("username", name);
        let shown = shown.with("password", &password_of(name)).with("email", address);
        let answer = stranger.submit(&shown).await;
        assert!(stranger.is_signed_in().await);
        answers.push((answer.status, answer.body.clone(), answer.location().to_owned()));
    }
    assert_eq!(answers[0], answers[1]);
    let mails = mailbox.all(&server).await;
    let to_ada: Vec<_> =
        mails.iter().filter(|mail| mail.to.eq_ignore_ascii_case("ada@example.com")).collect();
    assert_eq!(to_ada.len(), 2, "{mails:#?}");
    for (mail, name) in to_ada.iter().zip(["bob", "eve"]) {
        assert_eq!(mail.subject, "Your e-mail address was entered - Timetracker");
        assert!(mail.body.contains(&format!("was entered for the account {name} at")), "{mail:?}");
        assert!(!mail.body.contains("http"), "there is no link in it: {mail:?}");
    }
    let to_sue = mails.iter().find(|mail| mail.to == "unknown@example.com").unwrap();
    assert_eq!(to_sue.subject, "Confirm your e-mail address - Timetracker");
}

/// C4, R125: an address is one person's, however it is written: of many who prove it at once one gets it.
#[tokio::test]
async fn of_many_who_prove_one_address_exactly_one_gets_it() {
    let (server, mailbox) = server_with_mail().await;
    let second = server.second().await;
    let spellings = ["ada@example.com", "ADA@example.com", "Ada@Example.Com", "ａｄａ@example.com"];
    let mut proving = Vec::new();
    for number in 0..8 {
        let name = format!("user{number}");
        let browser = server.signed_in(&name).await;
        enter(&browser, spellings[number % 4]).await.location();
        let mail = mailbox.all(&server).await.pop().unwrap();
        assert!(mail.body.contains(&name), "{mail:?}");
        let form = browser.get(&mail.path()).await.form("confirm-email-form");
        let browser = if number % 2 == 0 { browser } else { browser.at(&second) };
        proving.push((browser, form));
    }
    let proving: Vec<_> = proving
        .into_iter()
        .map(|(browser, form)| tokio::spawn(async move { browser.submit(&form).await }))
        .collect();
    let mut won = 0;
    for each in proving {
        let answer = each.await.unwrap();
        if answer.status == 303 {
            won += 1;
        } else {
            is_no_longer_good(&answer);
        }
    }
    assert_eq!((won, server.count("verified_emails").await), (1, 1));
    assert_eq!(server.count("verified_emails WHERE address_key = 'ada@example.com'").await, 1);
    let verified = "users WHERE profile LIKE '%\"email_verified\":true%'";
    assert_eq!(server.count(verified).await, 1);
}

/// R125: a link proves an address for the account it was entered for, and for nobody else who opens it.
#[tokio::test]
async fn a_link_confirms_nothing_for_anybody_else() {
    let (server, mailbox) = server_with_mail().await;
    let (ada, bob) = (server.signed_in("ada").await, server.signed_in("bob").await);
    enter(&ada, "bob@example.com").await.location();
    let path = mailbox.last_to(&server, "bob@example.com").await.path();
    is_no_longer_good(&bob.get(&path).await);
    let mut forged = bob.get("/").await.form("sign-out-form");
    forged.action.clone_from(&path);
    is_no_longer_good(&bob.submit(&forged).await);
    // Nobody in particular signs in first, and comes back.
    let stranger = server.browser();
    let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
    let to_sign_in = format!("{BASE}/accounts/login/?next={next}");
    assert_eq!(stranger.get(&path).await.location(), to_sign_in);
    let shown = stranger.get(to_sign_in.strip_prefix(BASE).unwrap()).await.form("login-form");
    let shown = shown.with("username", "ada").with("password", &password_of("ada"));
    assert_eq!(stranger.submit(&shown).await.location(), format!("{BASE}{path}"));
    assert_eq!(server.count("verified_emails").await, 0);
    server.advance(86_400);
    is_no_longer_good(&stranger.get(&path).await);
}

/// R125, R61: a new password voids a link that is on its way, which somebody else may have asked for.
#[tokio::test]
async fn a_new_password_voids_the_link() {
    let (server, mailbox) = server_with_mail().await;
    let browser = server.signed_in("ada").await;
    enter(&browser, "eve@example.com").await.location();
    let path = mailbox.last_to(&server, "eve@example.com").await.path();
    let form = browser.get(&path).await.form("confirm-email-form");
    server.advance(1);
    server.set_password("ada", &password_of("ada")).await;
    server.advance(1);
    let again = server.browser();
    again.sign_in("ada").await;
    is_no_longer_good(&again.get(&path).await);
    browser.submit(&form).await.location();
    assert_eq!(server.count("verified_emails").await, 0);
}

/// R125: what is typed is an address or nothing: no header, no second recipient, and it is shown as text (R134).
#[tokio::test]
async fn what_is_no_address_is_refused_and_shown_as_text() {
    let (server, mailbox) = server_with_mail().await;
    let browser = server.signed_in("ada").await;
    for bad in [
        "",
        "ada",
        "ada@example.com\r\nBcc: eve@evil.example",
        "ada@example.com\nSubject: x",
        "ada@example.com,eve@evil.example",
        "Ada <ada@example.com>",
        "\"><script>alert(1)</script>@example.com",
        &format!("{}@example.com", "a".repeat(300)),
    ] {
        let answer = enter(&browser, bad).await;
        answer.is_page(200);
        let told = "Write an e-mail address as in name@example.com.";
        assert_eq!(answer.element("email-error").as_deref(), Some(told), "{bad:?}");
        assert!(!answer.body.contains("<script"), "{answer:?}");
        let stranger = server.browser();
        let shown = stranger.get("/accounts/signup/").await.form("signup-form").with("username", "eve");
        let shown = shown.with("password", &password_of("eve")).with("email", bad);
        if !bad.is_empty() {
            let answer = stranger.submit(&shown).await;
            assert_eq!(answer.element("email-error").as_deref(), Some(told), "{bad:?}");
        }
    }
    // Nor by way of an administrator.
    let profile = json!({"email": "ada@example.com\nBcc: eve@evil.example", "email_verified": true});
    server.set_profile("ada", profile).await;
    assert_eq!(server.count("verified_emails").await, 0);
    assert_eq!(server.count("users").await, 1);
    assert!(mailbox.all(&server).await.is_empty());
}

/// R118: a stranger's address is not filled with links, whoever enters it; nor is one's own. What is not sent takes the place
/// of nothing, and the first of each person goes: nobody keeps an owner from their link by entering the address.
#[tokio::test]
async fn a_few_links_go_to_an_address_and_no_more() {
    let (server, mailbox) = server_with_mail().await;
    let browser = server.signed_in("ada").await;
    for _ in 0..5 {
        enter(&browser, "victim@example.com").await.location();
    }
    let sent = mailbox.all(&server).await;
    assert_eq!(sent.len(), 3);
    browser.get(&sent[2].path()).await.is_page(200);
    for number in 0..12 {
        let other = server.signed_in(&format!("user{number}")).await;
        for _ in 0..3 {
            enter(&other, "Victim@example.com").await.location();
        }
    }
    // Ten that count, eight of them others'; and the first ones of ten people from one network.
    assert_eq!(mailbox.all(&server).await.len(), 20);
    server.advance(3_600);
    let owner = server.signed_in("owner").await;
    entered_and_confirmed(&server, &mailbox, &owner, "victim@example.com").await;
}

/// R123: somebody may have taken a session over; the address, by which a new password is set, needs the password.
#[tokio::test]
async fn an_address_is_changed_by_the_password() {
    let (server, mailbox) = server_with_mail().await;
    let browser = server.signed_in("ada").await;
    let shown = browser.get(PATH).await.form("email-form").with("email", "eve@example.com");
    for current in [None, Some(""), Some("not the password")] {
        let sent = current.map_or(shown.clone(), |current| shown.clone().with("current", current));
        let answer = browser.submit(&sent).await;
        answer.is_page(200);
        assert_eq!(answer.element("current-error").as_deref(), Some("This is not your password."));
        assert!(answer.body.contains("value=\"eve@example.com\""), "{answer:?}");
    }
    for _ in 0..3 {
        browser.submit(&shown.clone().with("current", "not the password")).await;
    }
    let answer = browser.submit(&shown.with("current", &password_of("ada"))).await;
    let told = "There were too many wrong tries. Wait a while, then try again.";
    assert_eq!((answer.status, answer.element("current-error").as_deref()), (429, Some(told)));
    assert_eq!((server.count("mail_links").await, mailbox.all(&server).await.len()), (0, 0));
}

/// R121: whoever had the address has nothing of it: a link for a new password ends when another takes its place.
#[tokio::test]
async fn a_link_for_a_new_password_ends_with_the_address() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "old@example.com").await;
    let browser = server.browser();
    browser.sign_in("ada").await;
    let stranger = server.browser();
    let shown = stranger.get("/accounts/password/reset/").await.form("reset-form");
    stranger.submit(&shown.with("account", "ada")).await.is_page(200);
    let link = mailbox.last_to(&server, "old@example.com").await.path();
    stranger.get(&link).await.is_page(200);
    enter(&browser, "new@example.com").await.location();
    let path = mailbox.last_to(&server, "new@example.com").await.path();
    confirm(&browser, &path).await.location();
    is_no_longer_good(&stranger.get(&link).await);
}

/// What an administrator says of an address counts as proven, and is followed.
#[tokio::test]
async fn what_an_administrator_says_of_an_address_is_followed() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    let kept = async |key: &str| server.count(&format!("verified_emails WHERE address_key = '{key}'")).await;
    assert_eq!(kept("ada@example.com").await, 1);
    server.set_profile("ada", json!({"email": "lovelace@example.com", "email_verified": true})).await;
    assert_eq!((kept("ada@example.com").await, kept("lovelace@example.com").await), (0, 1));
    server.person_at("eve", "Lovelace@example.com").await;
    assert_eq!(server.count("verified_emails").await, 1, "it is somebody else's already");
    let eve = server.browser();
    eve.sign_in("eve").await;
    let unverified = json!({"sub": "2", "email": "Lovelace@example.com", "email_verified": false});
    assert_eq!(told(&server, &eve).await, unverified);
    server.set_profile("ada", json!({"email": "lovelace@example.com"})).await;
    assert_eq!(server.count("verified_emails").await, 0);
    let bob = server.signed_in("bob").await;
    entered_and_confirmed(&server, &mailbox, &bob, "lovelace@example.com").await;
    server.delete_person("bob").await;
    for table in ["verified_emails", "mail_links", "outgoing_mail"] {
        assert_eq!(server.count(table).await, 0, "{table}");
    }
}
