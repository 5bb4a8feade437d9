//! A proof is good once: in one process and in two, at once and one after the other, until it is too old anyway.

use model::dpop::testing::Holder;
use reqwest::RequestBuilder;

use super::{TOKEN, is_bound};
use crate::support::{Client, Held, Http, Process, TestServer, server, server_on_real_time};

const MANY: usize = 64;

fn asking(client: &Client, proof: &str) -> RequestBuilder {
    client.posting("/o/token/", &[("grant_type", "client_credentials")]).header("dpop", proof)
}

/// R75: for as long as it would be accepted at all, from the clock that is most ahead to the one most behind.
#[tokio::test]
async fn a_proof_is_good_once_until_it_is_too_old() {
    let server = server().await;
    let client = server.client("web").await;
    let holder = Holder::new();
    let mut ahead = Holder::claims("POST", TOKEN, None, server.now());
    ahead["iat"] = (server.now().unix_seconds() + 10).into();
    let early = holder.sign(&holder.header(), &ahead);
    let proof = holder.proof("POST", TOKEN, None, server.now());
    for proof in [&early, &proof] {
        is_bound(&server.http.send(asking(&client, proof)).await);
        server.http.send(asking(&client, proof)).await.is_error(400, "invalid_dpop_proof");
    }
    for seconds in [1, 9, 49, 1, 10, 1, 600] {
        server.advance(seconds);
        // What nobody needs any more is swept meanwhile.
        for proof in [&early, &proof] {
            server.http.send(asking(&client, proof)).await.is_error(400, "invalid_dpop_proof");
        }
    }
    is_bound(
        &server.proving(&holder, client.posting("/o/token/", &[("grant_type", "client_credentials")])).await,
    );
}

/// An id is its key's own: nobody can use up what somebody else will need.
#[tokio::test]
async fn two_keys_may_have_the_same_id() {
    let server = server().await;
    let client = server.client("web").await;
    let claims = Holder::claims("POST", TOKEN, None, server.now());
    for holder in [Holder::new(), Holder::new()] {
        let proof = holder.sign(&holder.header(), &claims);
        is_bound(&server.http.send(asking(&client, &proof)).await);
        server.http.send(asking(&client, &proof)).await.is_error(400, "invalid_dpop_proof");
    }
}

/// C8: many at once, at one server and at two on one database, and after a restart of either.
#[tokio::test]
async fn of_many_uses_of_one_proof_exactly_one_counts() {
    let holder = Holder::new();
    let (alone, first) = (server().await, server().await);
    let second = first.second().await;
    for servers in [vec![alone], vec![first, second]] {
        let client = servers[0].client("web").await;
        let mut proofs = Vec::new();
        for _ in 0..3 {
            let proof = holder.proof("POST", TOKEN, None, servers[0].now());
            let tries: Vec<_> = (0..MANY)
                .map(|number| {
                    let http = servers[number % servers.len()].http.clone();
                    let request = asking(&client.reached_by(&http), &proof);
                    tokio::spawn(async move { http.send(request).await })
                })
                .collect();
            let mut bound = 0;
            for each in tries {
                let answer = each.await.unwrap();
                if answer.status == 200 {
                    bound += 1;
                } else {
                    answer.is_error(400, "invalid_dpop_proof");
                }
            }
            assert_eq!(bound, 1);
            proofs.push(proof);
        }
        for server in servers {
            let again: TestServer = server.restarted().await;
            for proof in &proofs {
                again.http.send(asking(&client.at(&again), proof)).await.is_error(400, "invalid_dpop_proof");
            }
        }
    }
}

/// C8: the same between programs, with everything but the last byte of each request there before any is whole.
#[tokio::test]
async fn of_many_uses_of_one_proof_at_two_processes_exactly_one_counts() {
    let registrar = server_on_real_time(&[]).await;
    let client = registrar.client("web").await;
    let processes = [Process::beside(&registrar), Process::beside(&registrar)];
    let holder = Holder::new();
    for _ in 0..3 {
        let proof = holder.proof("POST", TOKEN, None, registrar.now());
        let places = processes.iter().cycle().take(MANY).map(|process| &process.http);
        let request = |http: &Http| asking(&client.reached_by(http), &proof);
        let answers = Held::new(places.map(request)).await.release().await;
        let (bound, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!((bound.len(), refused.len()), (1, MANY - 1));
        for answer in refused {
            answer.is_error(400, "invalid_dpop_proof");
        }
    }
}
