//! Quotas.

use crate::applications::filled;
use crate::support::{Browser, Held, server_with};

/// C14: of many at once, on two servers, no more are registered than one person may have.
#[tokio::test]
async fn of_many_applications_at_once_no_more_are_registered_than_one_may_have() {
    let first = server_with(&[("CLIENTS_PER_PERSON", "5")]).await;
    let second = first.second().await;
    let browser = first.signed_in("ada").await;
    for round in 0..5_i64 {
        let form = filled(&browser.get("/o/applications/register/").await, "One of many");
        let browsers: [Browser; 2] = [browser.at(&first), browser.at(&second)];
        let wanting = browsers.iter().cycle().take(64).map(|browser| browser.posting(&form));
        let answers = Held::new(wanting).await.release().await;
        let (made, told): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.element("client-secret").is_some());
        assert_eq!(made.len(), 5, "round {round}");
        for answer in told {
            answer.is_page(200);
            let told = answer.element("error-summary").unwrap();
            assert!(
                told.ends_with("You have as many applications as one person may have. Delete one first."),
                "{told}"
            );
        }
        assert_eq!(first.count("clients").await, 5);
        assert_eq!(first.count("audit_events WHERE event = 'client_created'").await, (round + 1) * 5);
        first.sql("DELETE FROM clients").await;
    }
}
