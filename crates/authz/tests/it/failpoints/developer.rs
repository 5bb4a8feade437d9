//! What a developer does to applications of their own.

use super::trap::{self, Breaks};
use crate::applications::{Mine, filled, registered};
use crate::support::{Browser, Form, TestServer, server};

/// The form of an act, filled in, and how many rows the act writes at least.
async fn act(browser: &Browser, mine: &Mine, name: &str) -> (Form, u32) {
    let page = async |rest: &str| browser.get(&mine.path(rest)).await;
    match name {
        "register" => (filled(&browser.get("/o/applications/register/").await, "Another"), 2),
        "update" => (filled(&page("update/").await, "Another"), 3),
        "rotate" => (page("rotate-secret/").await.form("rotate-form"), 3),
        _ => (page("delete/").await.form("delete-form"), 4),
    }
}

/// Everything an act could have left behind.
async fn state(server: &TestServer) -> [i64; 5] {
    [
        server.count("clients").await,
        server.count("clients WHERE name = 'Mine' AND previous_secret_hash IS NULL").await,
        server.count("grants").await,
        server.count("revocations").await,
        server.count("audit_events WHERE event LIKE 'client%'").await,
    ]
}

/// R62, F3: an act with its event, or nothing of it; the developer is told that it could not be done.
#[tokio::test]
async fn nothing_is_kept_of_a_developers_act_that_breaks() {
    for name in ["register", "update", "rotate", "delete"] {
        let server = server().await;
        let browser = server.signed_in("ada").await;
        let mine = registered(&browser, "Mine").await;
        browser.tokens_for(&mine.client(&server)).await;
        authz::server::write_audit(server.app()).await;
        trap::lay(&server).await;
        let (form, least) = act(&browser, &mine, name).await;
        let before = state(&server).await;
        let mut broken = 0;
        loop {
            for breaks in [Breaks::AtCommit, Breaks::After(broken + 1)] {
                trap::set(&server, breaks).await;
                let answer = browser.submit(&form).await;
                trap::disarm(&server).await;
                if answer.status != 503 {
                    assert_ne!(breaks, Breaks::AtCommit, "{name} committed");
                    assert!(broken >= least, "{name} wrote {broken} rows");
                    assert!([200, 303].contains(&answer.status), "{name}: {answer:?}");
                    assert_ne!(state(&server).await, before, "{name} did nothing");
                    broken = u32::MAX;
                    break;
                }
                assert_eq!(answer.header("retry-after"), Some("1"), "{name}");
                assert_eq!(state(&server).await, before, "{name} {breaks:?}");
                assert_eq!(mine.client(&server).client_credentials().await.status, 200);
                authz::server::write_audit(server.app()).await;
            }
            if broken == u32::MAX {
                break;
            }
            broken += 1;
            assert!(broken < 20, "{name} breaks without a reason");
        }
    }
}
