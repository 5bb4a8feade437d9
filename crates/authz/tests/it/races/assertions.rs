//! What proves who a client is.

use super::{MANY, at_once, one_and_two};
use crate::support::{Answer, Signer, assertion};

/// How many were let in. The others were told what every replay is told, or to wait once they were too many.
pub(super) fn let_in(answers: &[Answer]) -> usize {
    for answer in answers {
        match answer.status {
            200 => {}
            429 => answer.is_error(429, "temporarily_unavailable"),
            _ => answer.is_error(401, "invalid_client"),
        }
    }
    answers.iter().filter(|answer| answer.status == 200).count()
}

/// C8, R44: exactly one is let in, in one process and in two.
#[tokio::test]
async fn of_many_uses_of_one_assertion_exactly_one_is_let_in() {
    for servers in one_and_two(&[]).await {
        let signer = Signer::new("EdDSA", "k1");
        let client = servers[0].key_client("web", &signer).await;
        for _ in 0..3 {
            let text = signer.sign(&assertion(&client, servers[0].clock.now()));
            let answers = at_once(&servers, &client, |client| {
                let text = text.clone();
                async move { client.prove("/o/token/", &text, &[("grant_type", "client_credentials")]).await }
            })
            .await;
            assert_eq!((answers.len(), let_in(&answers)), (MANY, 1));
            servers[0].advance(60);
        }
        assert_eq!(servers[0].count("used_ids").await, 3);
    }
}
