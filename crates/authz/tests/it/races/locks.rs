//! Whoever ends the same things from different sides at once: none waits for another that waits for them. On PostgreSQL
//! that would be a deadlock, which one of them is told as "busy".

use std::time::Duration;

use authz::app::App;
use authz::audit::Origin;
use authz::store::browser_access::{self, BrowserAccess};
use authz::store::ended_access::Which;
use authz::store::registrations;
use authz::{access, sweeper};
use model::db::DbError;
use model::id::{ClientId, UserId};
use model::time::Timestamp;
use tokio::task::JoinHandle;

use super::one_and_two;
use crate::support::TestServer;

const PEOPLE: i64 = 8;
const ROUNDS: usize = 40;

/// The client has a token of no grant for each of them, which ends then.
async fn has_tokens(app: &App, client: &str, people: &[UserId], ends_at: Timestamp) {
    let (now, client_id, people) = (app.now(), client.to_owned(), people.to_owned());
    let written = app.db.write(move |conn| {
        people.iter().try_for_each(|user_id| {
            let (user_id, client_id, scopes) = (*user_id, client_id.clone(), "read".parse().unwrap());
            let row = BrowserAccess { user_id, client_id, scopes, since: now, last_at: now, ends_at };
            browser_access::remember(conn, &row)
        })
    });
    written.await.unwrap();
}

/// Each of them begins to end the client's access, alternating between the servers.
fn all_end(
    servers: &[TestServer],
    people: &[UserId],
    client: &str,
    which: Which,
) -> Vec<JoinHandle<Result<bool, DbError>>> {
    let begun = people.iter().zip(servers.iter().cycle()).map(|(user, server)| {
        let (app, user, client) = (server.app().clone(), *user, ClientId(client.to_owned()));
        tokio::spawn(async move { access::end(&app, &Origin::Ourselves, user, &client, which).await })
    });
    begun.collect()
}

async fn people(server: &TestServer) -> Vec<UserId> {
    for number in 1..=PEOPLE {
        server.person(&format!("person-{number}")).await;
    }
    (1..=PEOPLE).map(UserId).collect()
}

/// C9: people who end a client's access while it is deleted.
#[tokio::test]
async fn nobody_is_told_busy_who_ends_the_access_of_a_client_while_it_is_deleted() {
    for servers in one_and_two(&[]).await {
        let (app, people) = (servers[0].app(), people(&servers[0]).await);
        for round in 0..ROUNDS {
            let client = servers[0].client(&format!("client-{round}")).await;
            has_tokens(app, &client.id, &people, app.now().plus(Duration::from_secs(3_600))).await;
            let ending = all_end(&servers, &people, &client.id, Which::WithoutGrant);
            servers[round % servers.len()].delete_client(&client).await;
            for each in ending {
                each.await.unwrap().unwrap();
            }
        }
        assert_eq!(servers[0].count("browser_access").await, 0);
    }
}

/// C9: a person who is deleted while all of their applications are.
#[tokio::test]
async fn nobody_is_told_busy_who_deletes_a_person_while_their_clients_are_deleted() {
    for servers in one_and_two(&[]).await {
        let mut clients = Vec::new();
        for round in 0..ROUNDS / 4 {
            let name = format!("person-{round}");
            servers[0].person(&name).await;
            let person = UserId(i64::try_from(round).unwrap() + 1);
            for number in 0..8 {
                let client = servers[0].client(&format!("client-{round}-{number}")).await;
                let app = servers[0].app();
                has_tokens(app, &client.id, &[person], app.now().plus(Duration::from_secs(3_600))).await;
                clients.push(client);
            }
            let deleting = async {
                let each = clients.drain(..).zip(servers.iter().cycle());
                let each = each.map(|(client, server)| async move { server.delete_client(&client).await });
                futures_util::future::join_all(each).await
            };
            futures_util::future::join(deleting, servers[0].delete_person(&name)).await;
        }
        assert_eq!(servers[0].count("browser_access").await, 0);
    }
}

/// C9: people who end a client's access while the sweeper removes another that nobody has used, and what has ended by
/// itself.
#[tokio::test]
async fn nobody_is_told_busy_who_ends_access_while_the_sweeper_sweeps() {
    for servers in one_and_two(&[]).await {
        let (app, people) = (servers[0].app(), people(&servers[0]).await);
        let client = servers[0].client("web").await;
        for round in 0..ROUNDS {
            let unused = servers[0].client(&format!("client-{round}")).await.id;
            let now = app.now();
            let registered = app.db.write(move |conn| registrations::insert(conn, &unused, &[], Some(now)));
            registered.await.unwrap();
            has_tokens(app, &client.id, &people, now).await;
            let ending = all_end(&servers, &people, &client.id, Which::All);
            let sweeper = servers[round % servers.len()].app();
            sweeper::once(sweeper, sweeper::Round::default(), Duration::ZERO).await.unwrap();
            for each in ending {
                each.await.unwrap().unwrap();
            }
        }
        assert_eq!(servers[0].count("clients").await, 1);
        assert_eq!(servers[0].count("browser_access").await, 0);
    }
}
