//! Devices.

use std::collections::BTreeSet;

use super::{MANY, one_and_two};
use crate::support::{Answer, Browser, Client, Device, Form, TestServer};

/// The answers of everybody who asks for a device at once: polls first to last, with both decisions among them.
struct Outcome {
    polls: Vec<Answer>,
    decisions: Vec<Answer>,
}

/// Both questions, shown and filled in, so that what races is the decision alone.
async fn questions(browser: &Browser, device: &Device) -> [Form; 2] {
    let question = browser.enters(&device.user_code).await.form("device-question-form");
    ["allow", "refuse"].map(|decision| question.clone().with("decision", decision))
}

async fn race(
    servers: &[TestServer],
    browser: &Browser,
    client: &Client,
    device: &Device,
    forms: &[Form],
    expires: bool,
) -> Outcome {
    let mut polling = Vec::new();
    let mut deciding = Vec::new();
    for number in 0..MANY {
        let server = &servers[number % servers.len()];
        let (client, device) = (client.at(server), device.clone());
        polling.push(tokio::spawn(async move { client.poll(&device).await }));
        if number % 8 == 0 {
            let (browser, form) = (browser.at(server), forms[(number / 8) % forms.len()].clone());
            deciding.push(tokio::spawn(async move { browser.submit(&form).await }));
        }
        if expires && number == MANY / 2 {
            tokio::task::yield_now().await;
            servers[0].advance(600);
        }
    }
    let mut outcome = Outcome { polls: Vec::new(), decisions: Vec::new() };
    for each in polling {
        outcome.polls.push(each.await.unwrap());
    }
    for each in deciding {
        outcome.decisions.push(each.await.unwrap());
    }
    outcome
}

impl Outcome {
    /// What the person was told was decided, by the heading; 200 for each.
    fn decided(&self) -> BTreeSet<String> {
        let headings = self.decisions.iter().map(|page| {
            page.is_page(200);
            page.element("main h1").unwrap()
        });
        headings.filter(|heading| heading != "Connect a device").collect()
    }

    fn errors(&self) -> BTreeSet<String> {
        let refused = self.polls.iter().filter(|answer| answer.status != 200);
        refused
            .map(|answer| {
                let error = answer.text("error");
                answer.is_error(400, &error);
                error
            })
            .collect()
    }

    fn winners(&self) -> Vec<&Answer> {
        self.polls.iter().filter(|answer| answer.status == 200).collect()
    }
}

/// C5, R88: allowing, refusing and 64 polls at once: one decision, which everybody is told in the end, and one set of
/// tokens if it is "yes".
#[tokio::test]
async fn of_many_decisions_and_polls_one_decision_and_at_most_one_token_set_come() {
    for servers in one_and_two(&[]).await {
        let client = servers[0].client("tv").await;
        let browser = servers[0].signed_in("ada").await;
        for round in 0..6 {
            let device = client.device().await;
            let [allow, refuse] = questions(&browser, &device).await;
            let forms = if round % 2 == 0 { [allow, refuse] } else { [refuse, allow] };
            let outcome = race(&servers, &browser, &client, &device, &forms, false).await;
            let told = outcome.decided();
            assert_eq!(told.len(), 1, "{told:?}");
            let last = client.poll(&device).await;
            let mut errors = outcome.errors();
            for waiting in ["authorization_pending", "slow_down"] {
                errors.remove(waiting);
            }
            if told.contains("You refused") {
                last.is_error(400, "access_denied");
                assert_eq!((outcome.winners().len(), errors.contains("invalid_grant")), (0, false));
                continue;
            }
            let winners = outcome.winners();
            let answer = match winners[..] {
                [] => &last,
                [winner] => {
                    last.is_error(400, "invalid_grant");
                    winner
                }
                _ => panic!("{} winners", winners.len()),
            };
            assert!(!errors.contains("access_denied"));
            for server in &servers {
                assert!(client.at(server).vouches_for(&answer.text("access_token")).await);
            }
            client.poll(&device).await.is_error(400, "invalid_grant");
        }
        let redeemed = servers[0].count("device_codes WHERE redeemed_at IS NOT NULL").await;
        assert_eq!(servers[0].count("grants").await, redeemed);
    }
}

/// C5: the same while the code ends. What was not fetched by then never is.
#[tokio::test]
async fn a_code_that_ends_among_decisions_and_polls_ends_for_everybody() {
    for servers in one_and_two(&[]).await {
        let client = servers[0].client("tv").await;
        for round in 0..4 {
            let browser = servers[0].signed_in(&format!("person-{round}")).await;
            let device = client.device().await;
            let forms = questions(&browser, &device).await;
            let outcome = race(&servers, &browser, &client, &device, &forms[round % 2..], true).await;
            assert!(outcome.decided().len() <= 1 && outcome.winners().len() <= 1);
            let last = client.poll(&device).await;
            let expected = match (outcome.winners().len(), outcome.decided().first().map(String::as_str)) {
                (1, _) => "invalid_grant",
                (_, Some("You refused")) => "access_denied",
                _ => "expired_token",
            };
            last.is_error(400, expected);
            if let [winner] = outcome.winners()[..] {
                assert!(outcome.decided().contains("Go back to your device"));
                assert_eq!(client.refresh(&winner.text("refresh_token")).await.status, 200);
            }
        }
    }
}

/// C5, C9, R91: fetching against disabling; once both have returned nothing is alive.
#[tokio::test]
async fn fetching_against_disabling_leaves_nothing_alive() {
    for servers in one_and_two(&[]).await {
        let client = servers[0].client("tv").await;
        for round in 0..4 {
            let name = format!("person-{round}");
            let browser = servers[0].signed_in(&name).await;
            let device = client.device().await;
            browser.allows(&device).await;
            let polling: Vec<_> = (0..8)
                .map(|number| {
                    let (client, device) = (client.at(&servers[number % servers.len()]), device.clone());
                    tokio::spawn(async move { client.poll(&device).await })
                })
                .collect();
            servers[0].disable(&name, true).await;
            let mut answers = Vec::new();
            for each in polling {
                answers.push(each.await.unwrap());
            }
            servers[0].advance(1);
            for winner in super::winners(&answers) {
                for server in &servers {
                    server.app().feed.catch_up().await.unwrap();
                    let client = client.at(server);
                    client.refresh(&winner.text("refresh_token")).await.is_error(400, "invalid_grant");
                    assert!(!client.vouches_for(&winner.text("access_token")).await);
                }
            }
        }
    }
}

/// C13: beginning, entering and fetching against the deletion of the client: nobody waits for another for ever, and
/// nothing is left of it.
#[tokio::test]
async fn devices_against_deleting_their_client_leave_nothing() {
    for servers in one_and_two(&[]).await {
        let browser = servers[0].signed_in("ada").await;
        let watcher = servers[0].new_client("watcher").introspects(&["timetracker"]).register().await;
        for round in 0..6 {
            let client = servers[0].client(&format!("client-{round}")).await;
            let mut devices = Vec::new();
            for _ in 0..12 {
                let device = client.device().await;
                browser.allows(&device).await;
                devices.push(device);
            }
            let tries: Vec<_> = devices
                .into_iter()
                .enumerate()
                .map(|(number, device)| {
                    let client = client.at(&servers[number % servers.len()]);
                    tokio::spawn(async move {
                        [client.poll(&device).await, client.device_authorization(&[]).await]
                    })
                })
                .collect();
            // Most are on their way, and some have arrived.
            while !tries.iter().any(tokio::task::JoinHandle::is_finished) {
                tokio::task::yield_now().await;
            }
            servers[0].delete_client(&client).await;
            for each in tries {
                for answer in each.await.unwrap() {
                    match answer.status {
                        200 if answer.json().get("access_token").is_some() => {
                            for server in &servers {
                                server.app().feed.catch_up().await.unwrap();
                                assert!(!watcher.at(server).vouches_for(&answer.text("access_token")).await);
                            }
                        }
                        200 => {}
                        401 => answer.is_error(401, "invalid_client"),
                        _ => answer.is_error(400, "invalid_grant"),
                    }
                }
            }
            assert_eq!(servers[0].count("device_codes").await, 0);
        }
    }
}
