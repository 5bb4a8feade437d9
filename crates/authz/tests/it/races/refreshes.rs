//! Refresh tokens.

use authz::crypto::seal::RefreshToken;

use super::{MANY, at_once, one_and_two, winners};

/// C2, R54, R62: without an overlap one wins, and the others' reuse ends the family.
/// Section 2 no. 3 of the dossier (CVE-2026-1035).
#[tokio::test]
async fn of_many_refreshes_with_one_token_at_most_one_wins() {
    for servers in one_and_two(&[("REFRESH_OVERLAP_SECONDS", "0")]).await {
        let client = servers[0].client("web").await;
        let browser = servers[0].signed_in("ada").await;
        for _ in 0..3 {
            let (access, refresh) = browser.tokens_for(&client).await;
            let answers = at_once(&servers, &client, |client| {
                let refresh = refresh.clone();
                async move { client.refresh(&refresh).await }
            })
            .await;
            let winners = winners(&answers);
            assert_eq!(winners.len(), 1);
            for server in &servers {
                server.app().feed.catch_up().await.unwrap();
                let client = client.at(server);
                assert!(!client.vouches_for(&access).await);
                assert!(!client.vouches_for(&winners[0].text("access_token")).await);
                client.refresh(&winners[0].text("refresh_token")).await.is_error(400, "invalid_grant");
            }
        }
    }
}

/// C2, R55, R62: within the overlap all may win, but only the last successor lives.
#[tokio::test]
async fn of_many_refreshes_within_the_overlap_one_successor_lives() {
    for servers in one_and_two(&[]).await {
        let client = servers[0].client("web").await;
        let (_, refresh) = servers[0].signed_in("ada").await.tokens_for(&client).await;
        let answers = at_once(&servers, &client, |client| {
            let refresh = refresh.clone();
            async move { client.refresh(&refresh).await }
        })
        .await;
        let mut successors: Vec<(i64, String)> = winners(&answers)
            .iter()
            .map(|answer| {
                let text = answer.text("refresh_token");
                let (app, mut buffer) = (servers[0].app(), Vec::new());
                let token: RefreshToken = app.sealer.open(&text, app.now(), &mut buffer).unwrap();
                (token.generation, text)
            })
            .collect();
        assert_eq!(successors.len(), MANY, "a lost answer signs nobody out");
        successors.sort();
        successors.dedup_by_key(|(generation, _)| *generation);
        assert_eq!(successors.len(), MANY, "each has a generation of its own");
        let (_, live) = successors.pop().unwrap();
        let next = client.refresh(&live).await;
        assert_eq!(next.status, 200);
        client.refresh(&successors[0].1).await.is_error(400, "invalid_grant");
        client.refresh(&next.text("refresh_token")).await.is_error(400, "invalid_grant");
    }
}
