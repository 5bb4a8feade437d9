//! What an administrator does to a client or a person, broken at each write and at its commit.

use authz::audit::Origin;
use authz::registration::{self, Changes, Ending, ListChange};

use super::trap::{self, Breaks};
use crate::support::{Program, TestServer, server_on_real_time};

/// What is done, and how many rows it writes at least. A program is started for people only: for a client it does no more
/// than to call these functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Describe,
    Narrow,
    Client(Ending, &'static str),
    Person(&'static [&'static str]),
}

const ACTS: [(Act, u32); 7] = [
    (Act::Describe, 3),
    (Act::Narrow, 4),
    (Act::Client(Ending::Tokens, "web"), 4),
    (Act::Client(Ending::Disable, "web"), 5),
    (Act::Client(Ending::Enable, "off"), 4),
    (Act::Person(&["user", "rename", "ada", "lovelace"]), 5),
    (Act::Person(&["user", "delete", "ada"]), 6),
];

impl Act {
    /// Whether it was done.
    async fn attempt(self, server: &TestServer) -> bool {
        let (app, origin) = (server.app(), Origin::CommandLine(None));
        let update = async |changes| registration::update(app, &origin, "web", &changes).await;
        match self {
            Self::Describe => {
                update(Changes { name: Some("Another".to_owned()), ..Changes::default() }).await.is_ok()
            }
            Self::Narrow => {
                let scopes = ListChange { without: vec!["write".to_owned()], ..ListChange::default() };
                update(Changes { scopes, ..Changes::default() }).await.is_ok()
            }
            Self::Client(ending, id) => registration::end(app, &origin, ending, id).await.is_ok(),
            Self::Person(command) => {
                let said = Program::new(&server.settings).run(command, "");
                assert!(said.status == 0 || (said.status, said.out.as_str()) == (1, ""), "{}", said.err);
                said.status == 0
            }
        }
    }
}

/// Everything an act could have left behind.
async fn state(server: &TestServer) -> Vec<i64> {
    let mut counts = Vec::new();
    for rows in [
        "audit_events",
        "revocations",
        "former_names",
        "sessions",
        "consents",
        "grants",
        "grants WHERE revoked_at IS NULL",
        "device_codes",
        "clients WHERE disabled_at IS NULL",
        "clients WHERE valid_from = 0",
        "clients WHERE version = 0",
        "clients WHERE name = 'web' AND scopes LIKE '%write%'",
        "clients WHERE user_id IS NULL",
        "users WHERE username = 'ada' AND username_key = 'ada' AND deleted_at IS NULL",
    ] {
        counts.push(server.count(rows).await);
    }
    counts
}

/// R62, F3: with its event in the log, or nothing of it; and the administrator is told.
#[tokio::test]
async fn nothing_is_kept_of_a_change_by_an_administrator_that_breaks() {
    for (act, least) in ACTS {
        let server = server_on_real_time(&[]).await;
        let browser = server.signed_in("ada").await;
        let web = server.client("web").await;
        let watcher = server.new_client("watcher").introspects(&["timetracker"]).register().await;
        server.sql("UPDATE clients SET user_id = 1").await;
        server.end_client(&server.client("off").await, Ending::Disable).await;
        let (access, refresh) = browser.tokens_for(&web).await;
        browser.allows(&web.device().await).await;
        authz::server::write_audit(server.app()).await;
        trap::lay(&server).await;
        let before = state(&server).await;
        trap::set(&server, Breaks::AtCommit).await;
        assert!(!act.attempt(&server).await, "{act:?} committed");
        let mut broken = 0;
        loop {
            trap::set(&server, Breaks::After(broken + 1)).await;
            let done = act.attempt(&server).await;
            trap::disarm(&server).await;
            if done {
                break;
            }
            assert_eq!(state(&server).await, before, "{act:?} breaks after {broken}");
            assert!(watcher.vouches_for(&access).await, "{act:?}");
            broken += 1;
            assert!(broken < 40, "{act:?} breaks without a reason");
        }
        assert!(broken >= least, "{act:?} wrote {broken} rows");
        assert_ne!(state(&server).await, before, "{act:?} did nothing");
        server.app().feed.catch_up().await.unwrap();
        let is_harmless = matches!(act, Act::Describe | Act::Client(_, "off"));
        assert_eq!(watcher.vouches_for(&access).await, is_harmless, "{act:?}");
        let renews = is_harmless || act == Act::Narrow;
        assert_eq!(web.refresh(&refresh).await.status == 200, renews, "{act:?}");
    }
}
