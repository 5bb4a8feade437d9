//! One token of each kind.

use std::sync::Arc;
use std::time::Duration;

use authz::client_metadata::ClientMetadata;
use authz::registration::Registration;
use model::dpop::testing::Holder;
use model::time::Clock;

use crate::support::{Answer, Application, Browser, PASSWORD, Tokens, World, confidential};

pub const CALLBACK: &str = "https://app.example/callback";

const EVERYTHING: &[&str] = &["read", "write", "reports:share"];

const MISSING: &str = r#"Bearer realm="api""#;
const INVALID: &str =
    r#"Bearer realm="api",error="invalid_token",error_description="The access token is invalid.""#;
const UNBOUND: &str = r#"DPoP realm="api",algs="ES256 Ed25519 EdDSA PS256 RS256",error="invalid_token",error_description="The access token is bound to a key that was not proven, or to none.""#;

/// What a request presents, and what is to come of it.
pub struct Credential {
    pub name: &'static str,
    pub token: Option<String>,
    /// Who proves a key with it.
    pub holder: Option<Arc<Holder>>,
    pub verdict: Verdict,
    /// Whether it is presented as a person's own key.
    pub is_key: bool,
}

#[derive(Clone, Copy)]
pub enum Verdict {
    /// 401 with this challenge.
    Unauthenticated(&'static str),
    /// 403: good, but for nobody.
    NoPerson,
    /// Good for a person and these scopes.
    Scopes(&'static [&'static str]),
}

/// All of them. The clock is moved on for those that have ended.
#[expect(clippy::too_many_lines, reason = "a table: a credential each, one after the other")]
pub async fn all(world: &World, clock: &Clock) -> Vec<Credential> {
    let application = world.register(confidential("Time sheets", CALLBACK)).await;
    let elsewhere =
        Registration { audiences: vec!["elsewhere".to_owned()], ..confidential("Elsewhere", CALLBACK) };
    let elsewhere = world.register(elsewhere).await;
    let both = vec!["elsewhere".to_owned(), "timetracker".to_owned()];
    let both = world.register(Registration { audiences: both, ..confidential("Both", CALLBACK) }).await;
    let metadata = ClientMetadata::default().changed_by(r#"{"access_token_format":"jwt"}"#).unwrap();
    let jwt = world.register(Registration { metadata, ..confidential("Signed", CALLBACK) }).await;
    let mut browser = world.browser();
    browser.sign_up("ada").await;

    let expired = browser.lets(&application, "read write").await.access;
    let expired_itself = application.speaks_for_itself("read write").await;
    clock.advance(Duration::from_secs(3_600));
    let revoked = browser.lets(&application, "read write").await;
    application.revoke(&revoked.access).await.is(200, "");
    let dead_grant = browser.lets(&application, "read write").await;
    application.revoke(&dead_grant.refresh).await.is(200, "");
    let revoked_itself = application.speaks_for_itself("read write").await;
    application.revoke(&revoked_itself).await.is(200, "");
    let revoked_jwt = browser.lets(&jwt, "read write").await;
    jwt.revoke(&revoked_jwt.access).await.is(200, "");
    let request = application.asks_for("read write");
    let code = browser.allows(&request).await;

    // Another installation, with a key of its own.
    let other = World::with(&super::SETTINGS, clock.clone()).await;
    let theirs = other.register(confidential("Time sheets", CALLBACK)).await;
    let mut their_browser = other.browser();
    their_browser.sign_up("ada").await;
    let foreign = their_browser.lets(&theirs, "read write").await.access;

    let read_write = browser.lets(&application, "read write").await;
    let everything = browser.lets(&application, &EVERYTHING.join(" ")).await.access;
    let tampered = {
        let mut text = read_write.access.clone();
        let last = text.pop().unwrap();
        let before = text.pop().unwrap();
        text.push(if before == 'A' { 'B' } else { 'A' });
        text.push(last);
        text
    };
    let invalid = |name: &'static str, token: &str| Credential {
        name,
        token: Some(token.to_owned()),
        holder: None,
        verdict: Verdict::Unauthenticated(INVALID),
        is_key: false,
    };
    let scoped = |name: &'static str, token: String, scopes: &'static [&'static str]| Credential {
        name,
        token: Some(token),
        holder: None,
        verdict: Verdict::Scopes(scopes),
        is_key: false,
    };
    let nobody = |name: &'static str, token: String| Credential {
        name,
        token: Some(token),
        holder: None,
        verdict: Verdict::NoPerson,
        is_key: false,
    };
    let [holder, other] = [(); 2].map(|()| Arc::new(Holder::new()));
    let bound = bound(&mut browser, &application, &holder, clock).await;
    let proven = |name: &'static str, token: &str, holder: Option<&Arc<Holder>>, verdict| Credential {
        name,
        token: Some(token.to_owned()),
        holder: holder.cloned(),
        verdict,
        is_key: false,
    };
    let unbound = Verdict::Unauthenticated(UNBOUND);
    let bound = [
        proven("a bound token with its key", &bound, Some(&holder), Verdict::Scopes(EVERYTHING)),
        proven("a bound token with another key", &bound, Some(&other), unbound),
        proven("a bound token without a key", &bound, None, unbound),
        proven("a token bound to none with a key", &read_write.access, Some(&holder), unbound),
    ];
    let others = vec![
        Credential {
            name: "no token",
            token: None,
            holder: None,
            verdict: Verdict::Unauthenticated(MISSING),
            is_key: false,
        },
        invalid("an empty token", ""),
        invalid("two words", "two words"),
        invalid("a token that is too long", &"a".repeat(5_000)),
        invalid("nonsense", "tta_nonsense"),
        invalid("somebody else's kind of token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."),
        invalid("a tampered token", &tampered),
        invalid("an expired token", &expired),
        invalid("an expired token without a person", &expired_itself),
        invalid("a revoked token", &revoked.access),
        invalid("a token of a revoked grant", &dead_grant.access),
        invalid("a revoked token without a person", &revoked_itself),
        invalid("a token of another issuer", &foreign),
        invalid("a token for another audience", &browser.lets(&elsewhere, "read write").await.access),
        invalid("a refresh token", &read_write.refresh),
        invalid("an authorization code", &code),
        nobody("a token without a person", application.speaks_for_itself("read write").await),
        nobody(
            "a token without a person and without a scope of ours",
            application.speaks_for_itself("other").await,
        ),
        scoped("other", browser.lets(&application, "other").await.access, &[]),
        scoped("read", browser.lets(&application, "read").await.access, &["read"]),
        scoped("write", browser.lets(&application, "write").await.access, &["write"]),
        scoped("tracks:read", browser.lets(&application, "tracks:read").await.access, &["tracks:read"]),
        scoped("timer:write", browser.lets(&application, "timer:write").await.access, &["timer:write"]),
        scoped("read write", read_write.access, &["read", "write"]),
        scoped("everything", everything, EVERYTHING),
        scoped(
            "read write for two audiences",
            browser.lets(&both, "read write").await.access,
            &["read", "write"],
        ),
        scoped("read in a JWT", browser.lets(&jwt, "read").await.access, &["read"]),
        invalid("a revoked JWT", &revoked_jwt.access),
        nobody("a JWT without a person", jwt.speaks_for_itself("read write").await),
    ];
    let keys = [
        Credential {
            is_key: true,
            ..scoped("a key for everything", key(&mut browser, EVERYTHING).await, EVERYTHING)
        },
        Credential { is_key: true, ..scoped("a key to read", key(&mut browser, &["read"]).await, &["read"]) },
        invalid("a key in the place of a token", &key(&mut browser, &["read"]).await),
    ];
    others.into_iter().chain(bound).chain(keys).collect()
}

/// A key that is made at the page, as its person does it.
async fn key(browser: &mut Browser, scopes: &[&str]) -> String {
    let mut page = browser.open("/o/account/keys/").await;
    if page.find("#sign-in-again").is_some() {
        let form = browser.open("/accounts/login/").await;
        browser.submit(&form, "#login-form", &[("username", "ada"), ("password", PASSWORD)]).await;
        page = browser.open("/o/account/keys/").await;
    }
    let chosen: Vec<String> = scopes.iter().map(|scope| format!("scope_{scope}")).collect();
    let mut filled = vec![("name", "Script"), ("days", "30")];
    filled.extend(chosen.iter().map(|name| (name.as_str(), "yes")));
    let made = browser.submit(&page, "#make-form", &filled).await;
    made.text("#key")
}

/// A token for everything, of a key's.
async fn bound(browser: &mut Browser, application: &Application, holder: &Holder, clock: &Clock) -> String {
    let request = application.asks_for(&EVERYTHING.join(" "));
    let code = browser.allows(&request).await;
    let proof = holder.proof("POST", &format!("{}/o/token/", application.origin), None, clock.now());
    let exchange = application.exchange_request(&code, &request.verifier).header("dpop", proof);
    Tokens::read(&Answer::to(exchange).await).unwrap().access
}
