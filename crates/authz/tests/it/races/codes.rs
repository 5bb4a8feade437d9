//! Codes.

use super::{MANY, at_once, one_and_two, winners};
use crate::support::{Code, server};

/// C1, R29: exactly one wins. The others were valid replays, so what the winner got is dead once they are answered.
#[tokio::test]
async fn of_many_redemptions_of_one_code_exactly_one_wins_and_its_grant_ends() {
    for servers in one_and_two(&[]).await {
        let client = servers[0].client("web").await;
        let browser = servers[0].signed_in("ada").await;
        for _ in 0..3 {
            let code = browser.code_for(&client).await;
            let answers = at_once(&servers, &client, |client| {
                let code = code.clone();
                async move { client.redeem(&code).await }
            })
            .await;
            let [winner] = winners(&answers)[..] else { panic!("{} winners", winners(&answers).len()) };
            for server in &servers {
                server.app().feed.catch_up().await.unwrap();
                let client = client.at(server);
                assert!(!client.vouches_for(&winner.text("access_token")).await);
                client.refresh(&winner.text("refresh_token")).await.is_error(400, "invalid_grant");
            }
        }
    }
}

/// C3: wrong verifiers and wrong clients among them neither win, nor spend, nor end anything.
#[tokio::test]
async fn faulty_redemptions_beside_the_right_one_change_nothing() {
    let server = server().await;
    let (client, other) = (server.client("web").await, server.client("other").await);
    let browser = server.signed_in("ada").await;
    for _ in 0..5 {
        let code = browser.code_for(&client).await;
        let wrong = Code { verifier: "x".repeat(43), ..code.clone() };
        let tries: Vec<_> = (0..MANY)
            .map(|number| {
                let (client, code) = match number {
                    31 => (client.clone(), code.clone()),
                    _ if number % 2 == 0 => (client.clone(), wrong.clone()),
                    _ => (other.clone(), code.clone()),
                };
                tokio::spawn(async move { client.redeem(&code).await })
            })
            .collect();
        let mut answers = Vec::new();
        for each in tries {
            answers.push(each.await.unwrap());
        }
        let [winner] = winners(&answers)[..] else { panic!("not one winner") };
        assert_eq!(answers[31].status, 200);
        assert!(client.vouches_for(&winner.text("access_token")).await);
        assert_eq!(client.refresh(&winner.text("refresh_token")).await.status, 200);
    }
}
