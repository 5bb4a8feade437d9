//! Names.

use authz::audit::Origin;
use authz::sign_up;
use authz::store::former_names::{self, Renamed};
use model::db::Conn;
use model::secret::Secret;

use crate::support::{password_of, server};

/// C4, R124: one person per name, however it is written, on two servers at once.
#[tokio::test]
async fn of_many_who_want_one_name_exactly_one_gets_it() {
    let first = server().await;
    let second = first.second().await;
    let spellings = ["ada", "ADA", "Ada", "aDa", "ａｄａ", "ＡＤＡ", "adA", "AdA"];
    let mut wanting = Vec::new();
    for number in 0..64 {
        let browser = if number % 2 == 0 { first.browser() } else { second.browser() };
        let form = browser.get("/accounts/signup/").await.form("signup-form");
        let form = form.with("username", spellings[number % 8]).with("password", &password_of("whoever"));
        wanting.push(tokio::spawn(async move { browser.submit(&form).await }));
    }
    let mut winners = 0;
    for each in wanting {
        let answer = each.await.unwrap();
        match answer.status {
            303 => winners += 1,
            // The queue for passwords is short on purpose.
            503 => assert_eq!(answer.header("retry-after"), Some("1")),
            _ => {
                answer.is_page(200);
                let told = answer.element("username-error");
                assert_eq!(told.as_deref(), Some("This name is taken. Choose another."));
            }
        }
    }
    assert_eq!(winners, 1);
    assert_eq!(first.count("users").await, 1);
}

/// C10, R119: guesses are counted before they are looked at, so that many at once are no more than many.
#[tokio::test]
async fn of_many_guesses_at_once_no_more_are_looked_at_than_one_after_another() {
    let server = server().await;
    server.person("ada").await;
    let client = server.client("web").await;
    let guesses: Vec<_> = (0..64)
        .map(|number| {
            let client = client.clone();
            tokio::spawn(async move { client.password("ada", &format!("guess {number}")).await })
        })
        .collect();
    let mut looked_at = 0;
    for each in guesses {
        let answer = each.await.unwrap();
        if answer.status == 429 {
            answer.is_error(429, "temporarily_unavailable");
        } else {
            answer.is_error(400, "invalid_grant");
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, 5);
}

/// Right passwords do not count, however many come at once.
#[tokio::test]
async fn of_many_right_passwords_all_are_welcome() {
    let server = server().await;
    server.person("ada").await;
    let client = server.client("web").await;
    for _ in 0..30 {
        assert_eq!(client.password("ada", &password_of("ada")).await.status, 200);
    }
}

/// C4, R69: a name that its person gives up is nobody's, also for whoever asks for it at that very moment.
#[tokio::test]
async fn a_name_that_is_given_up_is_taken_by_nobody_who_wants_it_meanwhile() {
    let first = server().await;
    let second = first.second().await;
    for round in 0..6 {
        let name = format!("ada-{round}");
        first.person(&name).await;
        let wanting: Vec<_> = (0..16)
            .map(|number| {
                let app = if number % 2 == 0 { first.app().clone() } else { second.app().clone() };
                let (name, password) = (name.clone(), Secret::new(password_of("eve")));
                tokio::spawn(async move {
                    sign_up::create(&app, &Origin::CommandLine(None), &name, password).await.is_ok()
                })
            })
            .collect();
        if round % 2 == 0 {
            first.delete_person(&name).await;
        } else {
            let (old, new, clock) = (name.clone(), format!("other-{round}"), first.clock.clone());
            let rename = move |conn: &mut Conn| former_names::rename(conn, &old, [&new, &new], &clock);
            assert!(matches!(first.app().db.write(rename).await.unwrap(), Renamed::Now(_)));
        }
        for each in wanting {
            assert!(!each.await.unwrap());
        }
        assert_eq!(first.count(&format!("users WHERE username_key = '{name}'")).await, 0);
    }
}
