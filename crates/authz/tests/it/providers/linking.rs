//! `/o/account/providers/`: linking and unlinking.

use super::stub::{Stub, comes_back, server_of};
use super::world::{Begun, Guest, subjects};
use crate::support::{Answer, BASE, Browser, Mailbox, TestServer, password_of};

const PATH: &str = "/o/account/providers/";

async fn world() -> (Stub, TestServer) {
    let stub = Stub::start().await;
    let server = server_of(&stub, &[]).await;
    (stub, server)
}

/// Links the account of the stub's person, and answers how that went.
async fn links(stub: &Stub, server: &TestServer, browser: &Browser) -> Answer {
    let begun = Begun::linking(browser, "stub").await;
    stub.sells(Some(&stub.signer.sign(&stub.claims(server, &begun))));
    browser.get(&begun.back(&[("code", "c")])).await
}

async fn unlinks(browser: &Browser, id: i64) -> Answer {
    let page = browser.get(&format!("{PATH}{id}/delete/")).await;
    browser.submit(&page.form("unlink-form")).await
}

/// R123: a person links an account, signs in by it as themselves, and unlinks it.
#[tokio::test]
async fn a_person_links_an_account_signs_in_by_it_and_unlinks_it() {
    let (stub, server) = world().await;
    let browser = server.signed_in("grace").await;
    let page = browser.get(PATH).await;
    assert_eq!(page.element("nothing").as_deref(), Some("You have linked no account."));
    assert_eq!(links(&stub, &server, &browser).await.location(), format!("{BASE}{PATH}"));
    assert_eq!(subjects(&server).await, [(1, "stub".to_owned(), "s-1".to_owned())]);
    assert_eq!(server.count("audit_events WHERE event = 'provider_linked' AND detail = 'stub'").await, 1);
    let text = |page: &Answer| {
        let all: String = page.html().root_element().text().collect();
        all.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let page = text(&browser.get(PATH).await);
    let facts = "The stub You are known there as ada Linked 15 January 2027 Last used never Unlink";
    assert!(page.contains(facts), "{page}");
    // Once more is no more.
    assert_eq!(links(&stub, &server, &browser).await.location(), format!("{BASE}{PATH}"));
    assert_eq!(server.count("linked_accounts").await, 1);
    let other = server.browser();
    assert_eq!(comes_back(&stub, &server, &other, |_| {}).await.location(), format!("{BASE}/"));
    assert!(other.get("/").await.body.contains("<bdi>grace</bdi>"));
    assert!(text(&browser.get(PATH).await).contains("Last used 15 January 2027"));
    let answer = unlinks(&browser, 1).await;
    assert_eq!(answer.location(), format!("{BASE}{PATH}"));
    assert_eq!(server.count("linked_accounts").await, 0);
    assert_eq!(server.count("audit_events WHERE event = 'provider_unlinked' AND detail = 'stub'").await, 1);
    // Whoever came in by it is out.
    assert!(browser.is_signed_in().await && !other.is_signed_in().await);
    browser.get(&format!("{PATH}1/delete/")).await.is_page(404);
}

/// R61, R120, R123: whoever came in by it has nothing left, and this browser goes on under a new id.
#[tokio::test]
async fn unlinking_ends_everything_that_was_made_by_it_but_this_browser() {
    let (stub, server) = world().await;
    let client = server.client("web").await;
    let browser = server.signed_in("grace").await;
    links(&stub, &server, &browser).await.location();
    let thief = server.browser();
    comes_back(&stub, &server, &thief, |_| {}).await.location();
    let (access, refresh) = thief.tokens_for(&client).await;
    server.advance(1);
    let authenticated_at = server.clock.now().micros() - 1_000_000;
    let (before, copied) = (browser.cookie(), browser.copied());
    assert_eq!(unlinks(&browser, 1).await.location(), format!("{BASE}{PATH}"));
    assert_ne!(browser.cookie(), before);
    // It proves nothing anew: or who has taken this session over would keep it for ever.
    assert_eq!(server.count(&format!("sessions WHERE authenticated_at = {authenticated_at}")).await, 1);
    server.advance(1);
    assert!(browser.is_signed_in().await && !thief.is_signed_in().await && !copied.is_signed_in().await);
    assert!(!client.vouches_for(&access).await);
    client.refresh(&refresh).await.is_error(400, "invalid_grant");
}

/// R123: whoever links an account and whoever sets a password hears of all who can sign in without it.
#[tokio::test]
async fn the_owner_is_told_who_can_sign_in_without_the_password() {
    let (stub, mailbox) = (Stub::start().await, Mailbox::new());
    let server = server_of(&stub, &[("MAIL", &mailbox.url())]).await;
    server.person_at("grace", "grace@example.com").await;
    let browser = server.browser();
    browser.sign_in("grace").await;
    for _ in 0..2 {
        links(&stub, &server, &browser).await.location();
    }
    let letter = mailbox.last_to(&server, "grace@example.com").await;
    assert_eq!(letter.subject, "A service was linked to your account - Timetracker");
    let expected = "Hello grace,\n\none more service can sign in to your account at Timetracker since 15 January 2027, 08:00 UTC.\n\
        It can be signed in to now without its password by accounts at:\n\n- The stub\n\n\
        If that was you, there is nothing to do.\nIf it was not you, sign in at once, unlink it, and change your password:\n\n\
        http://localhost:8000/o/account/providers/";
    assert_eq!(letter.body.trim_end(), expected);
    assert_eq!(mailbox.delivered().len(), 1, "once more is no more");
    server.advance(1);
    let asking = server.browser();
    let form = asking.get("/accounts/password/reset/").await.form("reset-form");
    asking.submit(&form.with("account", "grace")).await.is_page(200);
    let link = mailbox.last_to(&server, "grace@example.com").await.path();
    server.advance(1);
    let form = asking.get(&link).await.form("set-password-form");
    let done = asking.submit(&form.with("password", "something else entirely")).await;
    assert!(
        done.body.contains("You can still be signed in without it by accounts at: The stub."),
        "{done:?}"
    );
    assert!(done.body.contains("href=\"/accounts/login/?next=%2Fo%2Faccount%2Fproviders%2F\""), "{done:?}");
    let letter = mailbox.last_to(&server, "grace@example.com").await;
    let told = "have to ask you again.\n\nIt can still be signed in to without the password by accounts at:\n\n- The stub\n\n\
        If you do not know one of them, unlink it:\n\nhttp://localhost:8000/o/account/providers/\n\nIf that was you";
    assert!(letter.body.contains(told), "{letter:?}");
}

/// Nobody links what is somebody else's, and nobody sees or ends others' links.
#[tokio::test]
async fn an_account_that_is_somebody_elses_is_not_linked_and_not_unlinked() {
    let (stub, server) = world().await;
    let ada = Guest::of("s-1", "ada").signed_in(&stub, &server).await;
    let grace = server.signed_in("grace").await;
    let answer = links(&stub, &server, &grace).await;
    answer.is_page(403);
    let told = "It is linked to somebody else here, who would have to unlink it first.";
    assert_eq!(answer.element("detail").as_deref(), Some(told));
    assert_eq!(subjects(&server).await, [(1, "stub".to_owned(), "s-1".to_owned())]);
    assert!(ada.is_signed_in().await && grace.is_signed_in().await);
    grace.get(&format!("{PATH}1/delete/")).await.is_page(404);
    let stolen = ada.get(&format!("{PATH}1/delete/")).await.form("unlink-form");
    let csrf = grace.get(PATH).await.form("link-with-stub").field("csrf_token").unwrap().to_owned();
    grace.submit(&stolen.with("csrf_token", &csrf)).await.is_page(404);
    for id in ["0", "x", "-1", "99999999999999999999"] {
        grace.get(&format!("{PATH}{id}/delete/")).await.is_page(404);
    }
    assert_eq!(server.count("linked_accounts").await, 1);
}

/// R123: what was begun is linked to whoever began it, in their session, and to nobody who has signed in since.
#[tokio::test]
async fn what_one_person_began_to_link_is_not_linked_to_another() {
    let (stub, server) = world().await;
    server.person("grace").await;
    for leaves in [true, false] {
        let browser = server.browser();
        browser.sign_in("grace").await;
        let begun = Begun::linking(&browser, "stub").await;
        stub.sells(Some(&stub.signer.sign(&stub.claims(&server, &begun))));
        if leaves {
            browser.submit(&browser.get("/").await.form("sign-out-form")).await;
        } else {
            server.person("eve").await;
            browser.try_sign_in("eve", &password_of("eve")).await.location();
        }
        browser.get(&begun.back(&[("code", "c")])).await.is_page(400);
        assert_eq!(server.count("linked_accounts").await, 0);
    }
}

/// R123: whoever has not signed in lately does so first.
#[tokio::test]
async fn ways_in_are_changed_shortly_after_signing_in_only() {
    let (stub, server) = world().await;
    let stranger = server.browser();
    let to_sign_in = format!("{BASE}/accounts/login/?next=%2Fo%2Faccount%2Fproviders%2F");
    assert_eq!(stranger.get(PATH).await.location(), to_sign_in);
    assert_eq!(stranger.get(&format!("{PATH}1/delete/")).await.location(), to_sign_in);
    let browser = server.signed_in("grace").await;
    links(&stub, &server, &browser).await.location();
    server.advance(600);
    let link = browser.get(PATH).await.form("link-with-stub");
    assert_eq!(browser.submit(&link).await.location(), to_sign_in);
    assert_eq!(unlinks(&browser, 1).await.location(), to_sign_in);
    assert_eq!(server.count("linked_accounts").await, 1);
    browser.sign_in("grace").await;
    assert_eq!(unlinks(&browser, 1).await.location(), format!("{BASE}{PATH}"));
}

/// Never the last way in: without a password one link stays, and one at a provider that is not there any more is none.
#[tokio::test]
async fn the_last_way_in_is_not_unlinked() {
    let (stub, server) = world().await;
    let browser = Guest::of("s-1", "ada").signed_in(&stub, &server).await;
    let refused = unlinks(&browser, 1).await;
    refused.is_page(200);
    let told =
        "This is your only way to sign in. Set a password or link another account before you unlink it.";
    assert_eq!(refused.element("unlink-error").as_deref(), Some(told));
    server
        .sql("INSERT INTO linked_accounts (user_id, provider, subject, shown_name, linked_at) VALUES (1, 'gone', 'g', 'A', 1)")
        .await;
    let page = browser.get(PATH).await;
    assert!(page.body.contains("Signing in there is not offered here any more."), "{page:?}");
    assert!(unlinks(&browser, 1).await.element("unlink-error").is_some());
    assert_eq!(unlinks(&browser, 2).await.location(), format!("{BASE}{PATH}"));
    server.advance(1);
    server.set_password("ada", &password_of("ada")).await;
    server.advance(1);
    browser.sign_in("ada").await;
    assert_eq!(unlinks(&browser, 1).await.location(), format!("{BASE}{PATH}"));
    assert_eq!(server.count("linked_accounts").await, 0);
}

/// C7: the same, of two links that are unlinked at once, in two processes.
#[tokio::test]
async fn of_two_ways_in_that_are_unlinked_at_once_one_stays() {
    let (stub, server) = world().await;
    let second = server.second().await;
    for round in 0..8 {
        let guest = Guest::of(&format!("s-{round}"), &format!("ada{round}"));
        let browser = guest.signed_in(&stub, &server).await;
        let user = round + 1;
        server
            .sql(&format!(
                "INSERT INTO linked_accounts (user_id, provider, subject, shown_name, linked_at) \
                 VALUES ({user}, 'plain', 'p-{round}', 'A', 1)"
            ))
            .await;
        let page = browser.get(PATH).await;
        let ids = scraper::Selector::parse("a[id^=unlink-]").unwrap();
        let ids: Vec<i64> =
            page.html().select(&ids).map(|a| a.attr("id").unwrap()[7..].parse().unwrap()).collect();
        let other = browser.at(&second);
        let shown = async |id: i64| browser.get(&format!("{PATH}{id}/delete/")).await.form("unlink-form");
        let (first, last) = (shown(ids[0]).await, shown(ids[1]).await);
        let both = (
            tokio::spawn(async move { browser.submit(&first).await }),
            tokio::spawn(async move { other.submit(&last).await }),
        );
        let answers = [both.0.await.unwrap(), both.1.await.unwrap()];
        // The other is told that it is the last, or that what it came with has ended, or to sign in.
        let back = format!("{BASE}{PATH}");
        let won = answers.iter().filter(|it| it.status == 303 && it.location() == back).count();
        assert!(won == 1 && answers.iter().all(|it| [200, 303, 403].contains(&it.status)), "{answers:?}");
        assert_eq!(server.count(&format!("linked_accounts WHERE user_id = {user}")).await, 1);
    }
}

/// C4: however often somebody comes at once for the first time, they are one person, in two processes.
#[tokio::test]
async fn of_many_who_come_at_once_for_the_first_time_there_is_one_person() {
    let (_stub, server) = world().await;
    let second = server.second().await;
    let coming: Vec<_> = (0..64)
        .map(|number| {
            let server = if number % 2 == 0 { &server } else { &second };
            let app = server.app().clone();
            tokio::spawn(async move {
                let provider = authz::upstream::providers::Provider::find(&app, "stub").unwrap();
                let origin = authz::audit::Origin::CommandLine(None);
                let guest = Guest::of("s-1", "ada").0;
                let user = authz::linking::person_of(&app, &origin, provider.settings, &guest, true).await;
                user.unwrap().id
            })
        })
        .collect();
    let mut ids = std::collections::BTreeSet::new();
    for each in coming {
        ids.insert(each.await.unwrap());
    }
    assert_eq!(ids.len(), 1);
    assert_eq!((server.count("users").await, server.count("linked_accounts").await), (1, 1));
    assert_eq!(server.count("audit_events WHERE event = 'sign_up'").await, 1);
}

/// Whoever declines is back at the list.
#[tokio::test]
async fn whoever_declines_to_link_is_back_at_the_list() {
    let (_stub, server) = world().await;
    let browser = server.signed_in("grace").await;
    let begun = Begun::linking(&browser, "stub").await;
    let answer = browser.get(&begun.back(&[("error", "access_denied")])).await;
    assert_eq!(answer.location(), format!("{BASE}{PATH}?declined=stub"));
    let page = browser.get(&format!("{PATH}?declined=stub")).await;
    let told = "You did not sign in with The stub. Nothing was changed.";
    assert_eq!(page.element("notice").as_deref(), Some(told));
}

/// R129: the forms of the page are the person's own.
#[tokio::test]
async fn links_are_made_and_ended_from_pages_of_ours_only() {
    let (stub, server) = world().await;
    let browser = server.signed_in("grace").await;
    links(&stub, &server, &browser).await.location();
    let link = browser.get(PATH).await.form("link-with-stub");
    let unlink = browser.get(&format!("{PATH}1/delete/")).await.form("unlink-form");
    for form in [link.clone(), unlink] {
        browser.submit(&form.clone().without("csrf_token")).await.is_page(403);
        browser.submit(&form.with("csrf_token", "x")).await.is_page(403);
    }
    browser.submit(&link.with("provider", "nobody")).await.is_page(404);
    assert_eq!(server.count("linked_accounts").await, 1);
}
