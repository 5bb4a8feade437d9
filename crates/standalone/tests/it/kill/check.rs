//! The checker: replays a ledger against the restarted program.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use model::db::{Conn, Db};
use serde_json::Value;

use super::actor::Actor;
use super::ledger::{CutOff, Grant};
use crate::support::Tokens;
use crate::support::databases::Databases;

/// A replaced refresh token is honoured for ten seconds; what is asked later than this may come too late.
const OVERLAP: Duration = Duration::from_secs(9);

/// Checks a round, and lays aside what is to be checked again at the end.
pub async fn after_a_restart(mut actor: Actor, killed: Instant) -> Actor {
    let mut grants = std::mem::take(&mut actor.ledger.grants);
    // Those whose time is running first.
    grants.sort_by_key(|grant| grant.cut_off != Some(CutOff::Refresh));
    for (number, grant) in grants.into_iter().enumerate() {
        match (grant.cut_off, grant.revoked) {
            (Some(CutOff::Exchange), _) => actor.redeems_a_code_that_was_cut_off(grant).await,
            (Some(CutOff::Revocation), _) => actor.asks_about_a_revocation_that_was_cut_off(grant).await,
            (None, true) => actor.finds_it_dead(&grant).await,
            (None, false) | (Some(CutOff::Refresh), _) => actor.goes_on(grant, number, killed).await,
        }
    }
    for credential in std::mem::take(&mut actor.ledger.credentials) {
        let active = actor.is_active(&credential.token).await;
        if !credential.cut_off && active == credential.revoked {
            actor.ledger.wrong(format!("a client's token: revoked {}, active {active}", credential.revoked));
        }
        if credential.revoked {
            actor.ledger.dead_credentials.push(credential.token);
        }
    }
    actor.finds_every_track_once().await;
    actor
}

/// Checks everything that must have outlived all kills.
pub async fn at_the_end(actor: &mut Actor) {
    actor.finds_every_track_once().await;
    for tokens in std::mem::take(&mut actor.ledger.survivors) {
        if actor.refreshes(&tokens).await.is_none() {
            actor.ledger.wrong("a grant that outlived its own round no longer refreshes");
        }
    }
    for tokens in std::mem::take(&mut actor.ledger.dead) {
        actor.finds_dead(&tokens, "dead since an earlier round").await;
    }
    for token in std::mem::take(&mut actor.ledger.dead_credentials) {
        if actor.is_active(&token).await {
            actor.ledger.wrong("a client's token that was revoked in an earlier round is active");
        }
    }
}

impl Actor {
    async fn is_active(&self, token: &str) -> bool {
        let answer = self.application.introspect(token).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["active"] == true
    }

    async fn refreshes(&self, tokens: &Tokens) -> Option<Tokens> {
        let answer = self.application.refresh(&tokens.refresh).await;
        assert!(answer.status == 200 || answer.json()["error"] == "invalid_grant", "{answer:?}");
        Tokens::read(&answer)
    }

    async fn redeems(&self, grant: &Grant) -> Option<Tokens> {
        let answer = self.application.exchange(&grant.code, &grant.verifier).await;
        assert!(answer.status == 200 || answer.json()["error"] == "invalid_grant", "{answer:?}");
        Tokens::read(&answer)
    }

    /// It works now or it worked then, and never twice.
    async fn redeems_a_code_that_was_cut_off(&mut self, grant: Grant) {
        let bought = self.redeems(&grant).await;
        if self.redeems(&grant).await.is_some() {
            self.ledger.wrong("a code was redeemed twice");
        }
        if let Some(bought) = bought {
            self.finds_dead(&bought, "its code was replayed").await;
        }
    }

    /// It holds altogether or not at all.
    async fn asks_about_a_revocation_that_was_cut_off(&mut self, grant: Grant) {
        let newest = grant.newest.unwrap();
        let active = self.is_active(&newest.access).await;
        let refreshed = self.refreshes(&newest).await.is_some();
        if active != refreshed {
            self.ledger.wrong(format!("half a revocation: active {active}, refreshed {refreshed}"));
        }
    }

    async fn finds_it_dead(&mut self, grant: &Grant) {
        for tokens in grant.older.iter().chain(&grant.newest) {
            self.finds_dead(tokens, "its revocation was acknowledged").await;
        }
        self.ledger.dead.extend(grant.newest.clone());
    }

    async fn finds_dead(&mut self, tokens: &Tokens, why: &str) {
        if self.is_active(&tokens.access).await {
            self.ledger.wrong(format!("an access token is active although {why}"));
        }
        if self.refreshes(tokens).await.is_some() {
            self.ledger.wrong(format!("a refresh token works although {why}"));
        }
    }

    /// The newest acknowledged refresh token works. Then, in turn: the grant lives on; its code comes back; an old
    /// refresh token comes back.
    async fn goes_on(&mut self, grant: Grant, number: usize, killed: Instant) {
        let newest = grant.newest.clone().unwrap();
        if !self.is_active(&newest.access).await {
            self.ledger.wrong("an acknowledged access token is not active");
        }
        let Some(next) = self.refreshes(&newest).await else {
            if grant.cut_off == Some(CutOff::Refresh) && killed.elapsed() > OVERLAP {
                self.ledger.unjudged += 1;
            } else {
                self.ledger
                    .wrong(format!("the newest refresh token is refused; cut off: {:?}", grant.cut_off));
            }
            return;
        };
        match number % 3 {
            0 => self.ledger.survivors.push(next),
            1 => {
                if self.redeems(&grant).await.is_some() {
                    self.ledger.wrong("a code was redeemed twice");
                }
                self.finds_dead(&next, "its code was replayed").await;
                self.ledger.dead.push(next);
            }
            _ => {
                // Two generations on, what was newest is neither live nor the one before it.
                let Some(last) = self.refreshes(&next).await else {
                    return self.ledger.wrong("a fresh refresh token is refused");
                };
                if self.refreshes(&newest).await.is_some() {
                    self.ledger.wrong("two refresh tokens of one grant are live");
                }
                self.finds_dead(&last, "an old refresh token was reused").await;
                self.ledger.dead.push(last);
            }
        }
    }

    /// Every track that was acknowledged is there as it was, and none is there twice.
    async fn finds_every_track_once(&mut self) {
        let mut found: HashMap<String, Vec<Value>> = HashMap::new();
        let mut next = Some("/api/tracks/?page_size=1000".to_owned());
        while let Some(path) = next {
            let answer = self.bearer.get(&path).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let page = answer.json();
            for track in page["results"].as_array().unwrap() {
                let description = track["description"].as_str().unwrap().to_owned();
                found.entry(description).or_default().push(track.clone());
            }
            next = page["next"].as_str().map(|url| url[self.bearer.origin.len()..].to_owned());
        }
        let wrong = |track: &&Value| {
            found.get(track["description"].as_str().unwrap()) != Some(&vec![(*track).clone()])
        };
        let lost: Vec<String> =
            self.ledger.tracks.iter().filter(wrong).map(|track| format!("not there once: {track}")).collect();
        let twice = found
            .iter()
            .filter(|(_, tracks)| tracks.len() > 1)
            .map(|(name, _)| format!("there twice: {name}"));
        self.ledger.wrong.extend(lost.into_iter().chain(twice));
    }
}

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    said: String,
}

/// SQLite's own opinion. PostgreSQL recovers by itself or does not start.
pub async fn databases_are_sound(databases: &Databases) {
    for database in [&databases.authz, &databases.timetracker] {
        let db = Db::open(database.url()).unwrap();
        let said = db.read(|conn| match conn {
            Conn::Sqlite(conn) => {
                let intact = "SELECT integrity_check AS said FROM pragma_integrity_check";
                let orphans = "SELECT \"table\" AS said FROM pragma_foreign_key_check";
                let mut said: Vec<Said> = sql_query(intact).load(conn)?;
                said.extend(sql_query(orphans).load::<Said>(conn)?);
                Ok(said.into_iter().map(|row| row.said).collect())
            }
            Conn::Postgres(_) => Ok(vec!["ok".to_owned()]),
        });
        assert_eq!(said.await.unwrap(), ["ok"]);
    }
}
