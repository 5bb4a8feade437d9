//! An act is one transaction. Each of its writes is made to fail in turn, and its commit: nothing of it is kept.

mod administrator;
mod developer;
mod outside;
mod trap;

use authz::store::{clients, users};
use model::db::DbError;
use model::secret::Secret;
use trap::Breaks;

use crate::support::{Answer, Browser, Client, Code, Device, Form, TestServer, password_of, server};

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Redeem,
    Replay,
    Renew,
    /// With the token that was replaced a moment ago.
    RenewAgain,
    Reuse,
    Revoke,
    /// A token that came from no grant.
    RevokeOwn,
    /// What a person has allowed a device.
    Fetch,
    /// A person allows a device something.
    Allow,
    /// By the person, at their page.
    EndAccess,
    SetPassword,
    Disable,
    RevokeAll,
    DeleteClient,
}

/// R62, F3: what clients do, with how many rows it writes at least.
#[tokio::test]
async fn nothing_is_kept_of_a_redemption_renewal_reuse_or_revocation_that_breaks() {
    for (act, writes) in [
        (Act::Redeem, 1),
        (Act::Replay, 2),
        (Act::Renew, 1),
        (Act::RenewAgain, 1),
        (Act::Reuse, 2),
        (Act::Revoke, 2),
        (Act::RevokeOwn, 1),
        (Act::Fetch, 2),
        (Act::Allow, 2),
        (Act::EndAccess, 5),
    ] {
        is_one_transaction(act, writes).await;
    }
}

/// R62, F3: what an administrator does.
#[tokio::test]
async fn nothing_is_kept_of_an_administrators_act_that_breaks() {
    for (act, writes) in
        [(Act::SetPassword, 6), (Act::Disable, 6), (Act::RevokeAll, 4), (Act::DeleteClient, 3)]
    {
        is_one_transaction(act, writes).await;
    }
}

/// Breaks the act after its first write, its second and so on, until there is none left to break; then at its commit.
async fn is_one_transaction(act: Act, writes: u32) {
    let mut broken = 0;
    loop {
        let world = World::new().await;
        if world.attempt(act, Breaks::After(broken + 1)).await {
            world.shows(act).await;
            break;
        }
        world.is_untouched().await;
        broken += 1;
        assert!(broken < 50, "{act:?} breaks without a reason");
    }
    assert!(broken >= writes, "{act:?} wrote {broken} rows");
    let world = World::new().await;
    assert!(!world.attempt(act, Breaks::AtCommit).await, "{act:?} committed");
    world.is_untouched().await;
}

/// One person at a browser, and a client with a grant that was renewed once, and with a code.
struct World {
    server: TestServer,
    browser: Browser,
    client: Client,
    code: Code,
    /// What bought the grant.
    spent: Code,
    /// The first refresh token of the grant, and the one that replaced it.
    replaced: String,
    refresh: String,
    access: String,
    /// The client's own.
    own: String,
    /// One that may fetch its tokens, and one that waits, with the answer to its question.
    allowed: Device,
    waiting: Device,
    answer: Form,
}

impl World {
    async fn new() -> Self {
        let server = server().await;
        let client = server.client("web").await;
        let browser = server.signed_in("ada").await;
        let spent = browser.code_for(&client).await;
        let replaced = client.redeem(&spent).await.text("refresh_token");
        let renewed = client.refresh(&replaced).await;
        let (access, refresh) = (renewed.text("access_token"), renewed.text("refresh_token"));
        let own = client.client_credentials().await.text("access_token");
        let code = browser.code_for(&client).await;
        let (allowed, waiting) = (client.device().await, client.device().await);
        browser.allows(&allowed).await;
        let answer = browser.enters(&waiting.user_code).await.form("device-question-form");
        let answer = answer.with("decision", "allow");
        trap::lay(&server).await;
        Self {
            server,
            browser,
            client,
            code,
            spent,
            replaced,
            refresh,
            access,
            own,
            allowed,
            waiting,
            answer,
        }
    }

    /// Whether it was done. What broke is told as the machine's fault, and as nothing else.
    async fn attempt(&self, act: Act, breaks: Breaks) -> bool {
        if act == Act::Reuse {
            self.pass_overlap();
        }
        let hash = self.server.app().passwords.hash(Secret::new(password_of("another"))).await.unwrap();
        trap::set(&self.server, breaks).await;
        let (client, clock) = (&self.client, self.server.clock.clone());
        let db = &self.server.app().db;
        let done = match act {
            Act::Redeem => told(&client.redeem(&self.code).await, 200),
            Act::Replay => told(&client.redeem(&self.spent).await, 400),
            Act::Renew => told(&client.refresh(&self.refresh).await, 200),
            Act::RenewAgain => told(&client.refresh(&self.replaced).await, 200),
            Act::Reuse => told(&client.refresh(&self.replaced).await, 400),
            Act::Revoke => told(&client.revoke(&self.refresh).await, 200),
            Act::RevokeOwn => told(&client.revoke(&self.own).await, 200),
            Act::Fetch => told(&client.poll(&self.allowed).await, 200),
            Act::Allow => {
                let page = self.browser.submit(&self.answer).await;
                page.is_page(if page.status == 503 { 503 } else { 200 });
                page.status == 200
            }
            Act::EndAccess => {
                let ends = crate::authorized_tokens::ends(&self.browser).await;
                let answer = crate::authorized_tokens::end(&self.browser, &ends[0], "one").await;
                assert!([303, 503].contains(&answer.status), "{answer:?}");
                answer.status == 303
            }
            Act::SetPassword => {
                let change = db.write(move |conn| users::set_password(conn, "ada", &hash, &clock));
                kept(change.await.map(|user| user.is_some()), breaks)
            }
            Act::Disable => {
                let change = db.write(move |conn| users::set_disabled(conn, "ada", true, &clock));
                kept(change.await.map(|user| user.is_some()), breaks)
            }
            Act::RevokeAll => {
                kept(db.write(move |conn| users::end_all(conn, &clock).map(|_| true)).await, breaks)
            }
            Act::DeleteClient => kept(db.write(|conn| clients::delete(conn, "web")).await, breaks),
        };
        trap::disarm(&self.server).await;
        self.server.app().feed.catch_up().await.unwrap();
        done
    }

    /// Everything is as before: what is good once is good exactly once, and what was good still is.
    async fn is_untouched(&self) {
        let Self { client, .. } = self;
        assert!(client.vouches_for(&self.access).await && client.vouches_for(&self.own).await);
        assert!(self.browser.is_signed_in().await);
        assert_eq!(client.password("ada", &password_of("ada")).await.status, 200);
        assert_eq!(client.redeem(&self.code).await.status, 200);
        client.redeem(&self.code).await.is_error(400, "invalid_grant");
        assert_eq!(client.poll(&self.allowed).await.status, 200);
        client.poll(&self.allowed).await.is_error(400, "invalid_grant");
        client.poll(&self.waiting).await.is_error(400, "authorization_pending");
        self.browser.submit(&self.answer).await.is_page(200);
        assert_eq!(client.poll(&self.waiting).await.status, 200);
        assert_eq!(self.server.count("audit_events WHERE event = 'device_approved'").await, 2);
        assert_eq!(client.refresh(&self.refresh).await.status, 200);
        self.pass_overlap();
        client.refresh(&self.refresh).await.is_error(400, "invalid_grant");
    }

    /// It was done, all of it.
    async fn shows(&self, act: Act) {
        let Self { client, .. } = self;
        if act == Act::DeleteClient {
            return client.client_credentials().await.is_error(401, "invalid_client");
        }
        let ends_own = matches!(act, Act::RevokeOwn | Act::RevokeAll);
        assert_eq!(client.vouches_for(&self.own).await, !ends_own, "{act:?}");
        let ends_everything = matches!(act, Act::SetPassword | Act::Disable | Act::RevokeAll);
        assert_eq!(self.browser.is_signed_in().await, !ends_everything, "{act:?}");
        let ends_grant =
            ends_everything || matches!(act, Act::Replay | Act::Reuse | Act::Revoke | Act::EndAccess);
        assert_eq!(client.vouches_for(&self.access).await, !ends_grant, "{act:?}");
        // What was on its way when the person ended it.
        let ends_what_comes = ends_everything || act == Act::EndAccess;
        let spends_code = ends_what_comes || act == Act::Redeem;
        assert_eq!(client.redeem(&self.code).await.status, if spends_code { 400 } else { 200 }, "{act:?}");
        let fetched = client.poll(&self.allowed).await.status;
        assert_eq!(fetched, if ends_what_comes || act == Act::Fetch { 400 } else { 200 }, "{act:?}");
        let waits = client.poll(&self.waiting).await.status;
        assert_eq!(waits, if act == Act::Allow { 200 } else { 400 }, "{act:?}");
        self.pass_overlap();
        let spends_refresh = ends_grant || matches!(act, Act::Renew | Act::RenewAgain);
        let renewed = client.refresh(&self.refresh).await;
        assert_eq!(renewed.status, if spends_refresh { 400 } else { 200 }, "{act:?}");
    }

    /// From now on a replaced refresh token is reuse.
    fn pass_overlap(&self) {
        self.server.advance(11);
    }
}

/// Whether the client was told what an act that was done is told.
fn told(answer: &Answer, done: u16) -> bool {
    if answer.status == 503 {
        answer.is_error(503, "temporarily_unavailable");
        let told = "The server cannot answer right now. Try again shortly.";
        assert_eq!(answer.text("error_description"), told);
        assert_eq!(answer.header("retry-after"), Some("1"));
        return false;
    }
    assert_eq!(answer.status, done, "{answer:?}");
    true
}

/// Whether the administrator was told so. After a commit that broke nobody claims to know.
fn kept(result: Result<bool, DbError>, breaks: Breaks) -> bool {
    match (result, breaks) {
        (Ok(done), _) => done,
        (Err(DbError::Query(_)), Breaks::After(_)) | (Err(DbError::Unknown(_)), Breaks::AtCommit) => false,
        (Err(error), _) => panic!("{error}"),
    }
}
