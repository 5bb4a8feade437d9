//! Whoever uses a token against whoever ends it.

use std::future::Future;

use authz::registration::Ending;
use tokio::task::JoinHandle;

use super::{one_and_two, winners};
use crate::authorized_tokens;
use crate::support::{Answer, Browser, Client, Code, TestServer};

/// Eight codes of a person for a client.
async fn codes_of(browser: &Browser, client: &Client) -> Vec<Code> {
    let mut codes = Vec::new();
    for _ in 0..8 {
        codes.push(browser.code_for(client).await);
    }
    codes
}

/// Begins to do something with each, all at once, alternating between the servers.
fn each<T, F, R>(
    servers: &[TestServer],
    client: &Client,
    things: Vec<T>,
    what: F,
) -> Vec<JoinHandle<R::Output>>
where
    F: Fn(Client, T) -> R,
    R: Future<Output: Send> + Send + 'static,
{
    let begun = |(number, thing)| tokio::spawn(what(client.at(&servers[number % servers.len()]), thing));
    things.into_iter().enumerate().map(begun).collect()
}

async fn redeem(client: Client, code: Code) -> Answer {
    client.redeem(&code).await
}

/// What came of it.
async fn all<A>(begun: Vec<JoinHandle<A>>) -> Vec<A> {
    let mut answers = Vec::new();
    for each in begun {
        answers.push(each.await.unwrap());
    }
    answers
}

/// C9, R48, R61: whatever the order, once all have returned nothing of the grant is alive.
#[tokio::test]
async fn refreshing_against_revoking_disabling_and_a_new_password_leaves_nothing_alive() {
    for servers in one_and_two(&[]).await {
        let client = servers[0].client("web").await;
        for (round, end) in
            ["revoke", "disable", "password", "replay"].into_iter().cycle().take(12).enumerate()
        {
            let name = format!("person-{round}");
            let browser = servers[0].signed_in(&name).await;
            let code = browser.code_for(&client).await;
            let bought = client.redeem(&code).await;
            let (access, refresh) = (bought.text("access_token"), bought.text("refresh_token"));
            let refreshing = tokio::spawn({
                let (here, there, refresh) =
                    (client.clone(), client.at(servers.last().unwrap()), refresh.clone());
                async move {
                    let mut answers = Vec::new();
                    let mut live = refresh;
                    for number in 0..20 {
                        let client = if number % 2 == 0 { &here } else { &there };
                        let answer = client.refresh(&live).await;
                        if answer.status == 200 {
                            live = answer.text("refresh_token");
                        }
                        answers.push(answer);
                    }
                    answers
                }
            });
            match end {
                "revoke" => assert_eq!(client.revoke(&refresh).await.status, 200),
                "disable" => servers[0].disable(&name, true).await,
                "password" => servers[0].set_password(&name, "something else entirely").await,
                _ => client.redeem(&code).await.is_error(400, "invalid_grant"),
            }
            let answers = refreshing.await.unwrap();
            let mut dead = vec![(access, refresh)];
            for winner in winners(&answers) {
                dead.push((winner.text("access_token"), winner.text("refresh_token")));
            }
            for server in &servers {
                server.app().feed.catch_up().await.unwrap();
                for (access, refresh) in &dead {
                    assert!(!client.at(server).vouches_for(access).await, "{end}");
                    client.at(server).refresh(refresh).await.is_error(400, "invalid_grant");
                }
            }
        }
    }
}

/// R35, R48, C9: codes redeemed while their person is disabled.
#[tokio::test]
async fn redeeming_against_disabling_leaves_nothing_alive() {
    for servers in one_and_two(&[]).await {
        let client = servers[0].client("web").await;
        for round in 0..4 {
            let name = format!("person-{round}");
            let browser = servers[0].signed_in(&name).await;
            let codes = codes_of(&browser, &client).await;
            let redeeming = each(&servers, &client, codes, redeem);
            servers[0].disable(&name, true).await;
            let answers = all(redeeming).await;
            servers[0].advance(1);
            for winner in winners(&answers) {
                for server in &servers {
                    server.app().feed.catch_up().await.unwrap();
                    let client = client.at(server);
                    for _ in 0..2 {
                        client.refresh(&winner.text("refresh_token")).await.is_error(400, "invalid_grant");
                    }
                    assert!(!client.vouches_for(&winner.text("access_token")).await);
                }
            }
        }
    }
}

/// C1, C9: replays, which end grants, against an administrator, who ends them too: nobody stands in another's way.
#[tokio::test]
async fn replaying_against_disabling_ends_in_nothing_but_refusals() {
    for servers in one_and_two(&[]).await {
        let client = servers[0].client("web").await;
        for round in 0..6 {
            let name = format!("person-{round}");
            let browser = servers[0].signed_in(&name).await;
            let mut codes = Vec::new();
            for _ in 0..8 {
                let code = browser.code_for(&client).await;
                assert_eq!(client.redeem(&code).await.status, 200);
                codes.push(code);
            }
            let replaying: Vec<_> = (0..32)
                .map(|number| {
                    let client = client.at(&servers[number % servers.len()]);
                    let code = codes[number % codes.len()].clone();
                    tokio::spawn(async move { client.redeem(&code).await })
                })
                .collect();
            servers[0].disable(&name, true).await;
            for each in replaying {
                each.await.unwrap().is_error(400, "invalid_grant");
            }
        }
    }
}

/// C13: a client deleted while codes are redeemed and tokens issued.
#[tokio::test]
async fn issuing_against_deleting_the_client_leaves_nothing_alive() {
    for servers in one_and_two(&[]).await {
        let browser = servers[0].signed_in("ada").await;
        let watcher = servers[0].new_client("watcher").introspects(&["timetracker"]).register().await;
        for round in 0..6 {
            let client = servers[0].client(&format!("client-{round}")).await;
            let codes = codes_of(&browser, &client).await;
            let issuing = each(&servers, &client, codes, |client, code: Code| async move {
                [client.redeem(&code).await, client.client_credentials().await]
            });
            servers[0].delete_client(&client).await;
            let answers = all(issuing).await.concat();
            for server in &servers {
                server.app().feed.catch_up().await.unwrap();
                for answer in &answers {
                    match answer.status {
                        200 => assert!(!watcher.at(server).vouches_for(&answer.text("access_token")).await),
                        401 => answer.is_error(401, "invalid_client"),
                        _ => answer.is_error(400, "invalid_grant"),
                    }
                }
                client.at(server).client_credentials().await.is_error(401, "invalid_client");
            }
        }
    }
}

/// C13, C6: a client that is switched off and on again while codes are redeemed, by a server that has not heard of it as well:
/// nothing from before comes back with it.
#[tokio::test]
async fn issuing_against_switching_the_client_off_leaves_nothing_alive() {
    for servers in one_and_two(&[]).await {
        let browser = servers[0].signed_in("ada").await;
        let watcher = servers[0].new_client("watcher").introspects(&["timetracker"]).register().await;
        for round in 0..6 {
            let client = servers[0].client(&format!("client-{round}")).await;
            let codes = codes_of(&browser, &client).await;
            let redeeming = each(&servers, &client, codes, redeem);
            servers[0].end_client(&client, Ending::Disable).await;
            let answers = all(redeeming).await;
            servers[0].advance(1);
            servers[0].end_client(&client, Ending::Enable).await;
            servers[0].advance(1);
            for server in &servers {
                server.app().feed.catch_up().await.unwrap();
                for answer in &answers {
                    match answer.status {
                        200 => {
                            assert!(!watcher.at(server).vouches_for(&answer.text("access_token")).await);
                            let refresh = answer.text("refresh_token");
                            client.at(server).refresh(&refresh).await.is_error(400, "invalid_grant");
                        }
                        401 => answer.is_error(401, "invalid_client"),
                        _ => answer.is_error(400, "invalid_grant"),
                    }
                }
                assert_eq!(client.at(server).client_credentials().await.status, 200);
            }
        }
    }
}

/// C13, R61: a person who is deleted while codes are redeemed and renewed.
#[tokio::test]
async fn issuing_against_deleting_the_person_leaves_nothing_alive() {
    for servers in one_and_two(&[]).await {
        let client = servers[0].client("web").await;
        for round in 0..4 {
            let name = format!("person-{round}");
            let browser = servers[0].signed_in(&name).await;
            let codes = codes_of(&browser, &client).await;
            let (access, refresh) = browser.tokens_for(&client).await;
            let with_refresh = codes.into_iter().map(|code| (code, refresh.clone())).collect();
            let issuing =
                each(&servers, &client, with_refresh, |client, (code, refresh): (Code, String)| async move {
                    [client.redeem(&code).await, client.refresh(&refresh).await]
                });
            servers[0].delete_person(&name).await;
            let mut dead = vec![(access, refresh)];
            for winner in winners(&all(issuing).await.concat()) {
                dead.push((winner.text("access_token"), winner.text("refresh_token")));
            }
            for server in &servers {
                server.app().feed.catch_up().await.unwrap();
                for (access, refresh) in &dead {
                    assert!(!client.at(server).vouches_for(access).await);
                    client.at(server).refresh(refresh).await.is_error(400, "invalid_grant");
                }
            }
            assert!(!browser.is_signed_in().await);
            assert_eq!(servers[0].count("grants").await, 0);
        }
    }
}

/// R35, R63, C9: codes redeemed while their person ends all of the application's access: whichever comes first, none of
/// it is alive afterwards.
#[tokio::test]
async fn redeeming_against_ending_access_leaves_nothing_alive() {
    for servers in one_and_two(&[]).await {
        let client = servers[0].client("web").await;
        let browser = servers[0].signed_in("ada").await;
        for _ in 0..6 {
            servers[0].advance(1);
            assert_eq!(client.redeem(&browser.code_for(&client).await).await.status, 200);
            let codes = codes_of(&browser, &client).await;
            let path = authorized_tokens::ends(&browser).await.pop().unwrap();
            let shown = browser.get(&path).await.form("end-access-form").with("which", "all");
            let redeeming = each(&servers, &client, codes, redeem);
            browser.at(servers.last().unwrap()).submit(&shown).await.location();
            let answers = all(redeeming).await;
            for server in &servers {
                server.app().feed.catch_up().await.unwrap();
                for winner in winners(&answers) {
                    assert!(!client.at(server).vouches_for(&winner.text("access_token")).await);
                    let refresh = winner.text("refresh_token");
                    client.at(server).refresh(&refresh).await.is_error(400, "invalid_grant");
                }
            }
        }
    }
}
