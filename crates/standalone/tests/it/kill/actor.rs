//! A person, their browser, the application they let act for them, and what came of it.

use serde_json::json;

use super::ledger::{Credential, CutOff, Grant, Ledger};
use crate::support::{Answer, Application, Bearer, Browser, Tokens};

/// One of those at work.
pub struct Actor {
    pub application: Application,
    pub bearer: Bearer,
    pub ledger: Ledger,
    browser: Browser,
    activity: i64,
}

/// The request got no whole answer: the actor goes home.
struct Gone;

impl Actor {
    pub async fn arrives(application: &Application, number: usize) -> Self {
        let mut browser = Browser::new(&application.origin);
        browser.sign_up(&format!("actor-{number}")).await;
        let tokens = browser.lets(application, "read write").await;
        let bearer = application.bearer(&tokens.access);
        let activity = bearer.post("/api/activities/", json!({"name": "Work"})).await.id();
        let ledger = Ledger::default();
        Self { application: application.clone(), bearer, ledger, browser, activity }
    }

    /// New connections: the old ones led to a process that is no more.
    pub fn reconnect(&mut self) {
        self.application = self.application.reconnected();
        self.bearer = self.bearer.reconnected();
        self.browser.reconnect();
    }

    /// Works until nobody answers.
    pub async fn works(mut self, round: usize) -> Self {
        for turn in 0.. {
            if self.turn(round, turn).await.is_err() {
                self.ledger.unknown += 1;
                break;
            }
        }
        self
    }

    async fn turn(&mut self, round: usize, turn: usize) -> Result<(), Gone> {
        self.buy().await?;
        self.track(&format!("round {round} turn {turn} first")).await?;
        for _ in 0..turn % 3 {
            self.refresh().await?;
        }
        self.track(&format!("round {round} turn {turn} second")).await?;
        match turn % 4 {
            1 => self.revoke(|newest| newest.refresh.clone()).await?,
            3 => self.revoke(|newest| newest.access.clone()).await?,
            _ => {}
        }
        self.credential(turn.is_multiple_of(2)).await
    }

    async fn buy(&mut self) -> Result<(), Gone> {
        let request = self.application.asks_for("read write");
        let consent = self.browser.try_open(&request.url).await.ok_or(Gone)?;
        if consent.status != 200 {
            return Err(self.surprise("consent page", &format!("{consent:?}")));
        }
        let decided =
            self.browser.try_submit(&consent, "#consent-form", &[("decision", "allow")]).await.ok_or(Gone)?;
        let Some(code) = decided.query("code") else {
            return Err(self.surprise("consent", &format!("{decided:?}")));
        };
        let sent = self.application.exchange_request(&code, &request.verifier);
        let cut_off = Some(CutOff::Exchange);
        let verifier = request.verifier;
        self.ledger.grants.push(Grant {
            code,
            verifier,
            newest: None,
            older: Vec::new(),
            cut_off,
            revoked: false,
        });
        let answer = Answer::attempt(sent).await.ok_or(Gone)?;
        let Some(tokens) = Tokens::read(&answer) else { return Err(self.surprise("exchange", &answer)) };
        self.ledger.acknowledged.exchanges += 1;
        self.acknowledge(|grant| grant.newest = Some(tokens));
        Ok(())
    }

    async fn refresh(&mut self) -> Result<(), Gone> {
        let newest = self.begin(CutOff::Refresh);
        let answer = Answer::attempt(self.application.refresh_request(&newest.refresh)).await.ok_or(Gone)?;
        let Some(tokens) = Tokens::read(&answer) else { return Err(self.surprise("refresh", &answer)) };
        self.ledger.acknowledged.refreshes += 1;
        self.acknowledge(|grant| grant.older.extend(grant.newest.replace(tokens)));
        Ok(())
    }

    async fn revoke(&mut self, which: impl FnOnce(&Tokens) -> String) -> Result<(), Gone> {
        let newest = self.begin(CutOff::Revocation);
        let answer = Answer::attempt(self.application.revoke_request(&which(&newest))).await.ok_or(Gone)?;
        if answer.status != 200 {
            return Err(self.surprise("revocation", &answer));
        }
        self.ledger.acknowledged.revocations += 1;
        self.acknowledge(|grant| grant.revoked = true);
        Ok(())
    }

    async fn track(&mut self, description: &str) -> Result<(), Gone> {
        let (start, end) = ("2026-01-02T03:04:05Z", "2026-01-02T03:05:05Z");
        let body = json!({"activity": self.activity, "description": description, "start": start, "end": end});
        let sent = self.bearer.request_with(reqwest::Method::POST, "/api/tracks/", &body);
        let answer = Answer::attempt(sent).await.ok_or(Gone)?;
        if answer.status != 201 {
            return Err(self.surprise("track", &answer));
        }
        self.ledger.acknowledged.tracks += 1;
        self.ledger.tracks.push(answer.json());
        Ok(())
    }

    async fn credential(&mut self, revoke: bool) -> Result<(), Gone> {
        let answer = Answer::attempt(self.application.credentials_request("read")).await.ok_or(Gone)?;
        let Some(token) = answer.json()["access_token"].as_str().map(str::to_owned) else {
            return Err(self.surprise("client credentials", &answer));
        };
        self.ledger.acknowledged.credentials += 1;
        let sent = self.application.revoke_request(&token);
        self.ledger.credentials.push(Credential { token, cut_off: revoke, revoked: false });
        if revoke {
            let answer = Answer::attempt(sent).await.ok_or(Gone)?;
            if answer.status != 200 {
                return Err(self.surprise("revocation", &answer));
            }
            self.ledger.acknowledged.revocations += 1;
            if let Some(credential) = self.ledger.credentials.last_mut() {
                (credential.cut_off, credential.revoked) = (false, true);
            }
        }
        Ok(())
    }

    /// Notes what is about to be asked, and answers the newest tokens.
    fn begin(&mut self, what: CutOff) -> Tokens {
        let grant = self.ledger.grants.last_mut().unwrap();
        grant.cut_off = Some(what);
        grant.newest.clone().unwrap()
    }

    fn acknowledge(&mut self, note: impl FnOnce(&mut Grant)) {
        let grant = self.ledger.grants.last_mut().unwrap();
        grant.cut_off = None;
        note(grant);
    }

    /// An answer that nobody should get, however close the end is. "Try again" is one that anybody may get.
    fn surprise(&mut self, what: &str, answer: &(impl std::fmt::Debug + ?Sized)) -> Gone {
        let answer = format!("{answer:?}");
        if !answer.contains("status: 503") {
            self.ledger.wrong.push(format!("{what} under load: {answer}"));
        }
        Gone
    }
}
