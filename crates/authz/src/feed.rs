//! The revocation index: what must not be vouched for, kept in memory, current with the database.
//!
//! Loaded before the first answer; brought up to date at once after this process's own commits and by a short
//! poll for everybody else's. When the database cannot be asked for longer than [`Feed::BOUND`], nothing is
//! vouched for at all. Why a poll and not LISTEN/NOTIFY: docs/decisions/0005-revocation-feed.md.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use model::db::{Conn, Db, DbError};
use model::id::{GrantId, TokenId, UserId};
use model::time::{Clock, Timestamp};
use tokio::sync::Mutex;

use crate::clients::Clients;
use crate::crypto::seal::{AccessToken, Sealer};
use crate::crypto::signing::SigningKeys;
use crate::store::revocations::{LONGEST_ACCESS, Revocation};
use crate::store::{revocations, sealing_keys, signing_keys};

/// How many rows are read at once.
const PAGE: i64 = 1_000;

/// The index, and how it stays current.
pub struct Feed {
    db: Db,
    caches: Caches,
    index: RwLock<Index>,
    /// Held while reading, so that rows are taken in once and in order.
    seen: Mutex<Seen>,
    clock: Clock,
    loaded: AtomicBool,
    started: Instant,
    /// Milliseconds after `started` at which the database was last read to its end.
    current_at: AtomicU64,
}

/// How far the rows were read.
struct Seen {
    /// The last one taken in.
    row: i64,
    /// When it was seen to be the last.
    at: Timestamp,
}

/// What is kept in memory elsewhere and has to hear of changes.
pub struct Caches {
    /// Sealing keys.
    pub sealer: Arc<Sealer>,
    /// Signing keys.
    pub signing: Arc<SigningKeys>,
    /// Clients.
    pub clients: Arc<Clients>,
}

/// What has been revoked. Of people and of everybody the latest instant counts; a client's entry is what its last
/// row says. People and clients are few, and their entries stay.
#[derive(Default)]
struct Index {
    tokens: HashSet<TokenId>,
    grants: HashSet<GrantId>,
    /// What a person ended of a client's: the latest instant.
    access: HashMap<(UserId, String), Timestamp>,
    users: HashMap<i64, Timestamp>,
    clients: HashMap<String, Timestamp>,
    all: Option<Timestamp>,
    /// When each entry may be forgotten.
    drop_after: Vec<(Timestamp, Entry)>,
}

enum Entry {
    Token(TokenId),
    Grant(GrantId),
    Access(UserId, String),
}

impl Feed {
    /// How often the database is asked for what others have committed.
    pub const POLL: Duration = Duration::from_millis(250);
    /// How old the index may be before nothing is vouched for.
    pub const BOUND: Duration = Duration::from_secs(5);
    /// Whoever has not read for so long may find that rows about clients have come and gone (they are kept for
    /// [`LONGEST_ACCESS`]), and believes nothing any more that it knows about them: it reads all rows again.
    pub const AWAY: Duration = Duration::from_secs(3_600);

    /// Loads the index and the keys.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn load(db: Db, caches: Caches, clock: Clock) -> Result<Self, DbError> {
        let feed = Self {
            db,
            caches,
            index: RwLock::default(),
            seen: Mutex::new(Seen { row: 0, at: clock.now() }),
            clock,
            loaded: AtomicBool::new(false),
            started: Instant::now(),
            current_at: AtomicU64::new(0),
        };
        feed.load_keys().await?;
        feed.catch_up().await?;
        feed.loaded.store(true, Ordering::Release);
        Ok(feed)
    }

    /// Takes in everything committed so far. After this returns, what this process committed is in force in it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn catch_up(&self) -> Result<(), DbError> {
        let mut seen = self.seen.lock().await;
        let now = self.clock.now();
        let was_away = now.since(seen.at) > Self::AWAY;
        if was_away {
            self.caches.clients.forget_all();
        }
        let mut after = if was_away { 0 } else { seen.row };
        let mut void_clients = HashSet::new();
        loop {
            let asked_at = self.elapsed();
            let rows = self.db.read(move |conn| revocations::after(conn, after, PAGE)).await?;
            let complete = i64::try_from(rows.len()).is_ok_and(|count| count < PAGE);
            if rows.iter().any(|row| row.kind == "keys") {
                self.load_keys().await?;
            }
            for row in rows {
                after = row.seq;
                let is_news = self.loaded.load(Ordering::Acquire) && row.seq > seen.row;
                self.take_in(&row, is_news.then(|| self.clock.now()));
                if was_away && row.kind == "client" && row.issued_before.is_some() {
                    void_clients.insert(row.key);
                }
            }
            if complete {
                if was_away {
                    self.forget_clients_but(&void_clients);
                }
                self.current_at.store(asked_at, Ordering::Release);
                *seen = Seen { row: after.max(seen.row), at: now };
                return Ok(());
            }
        }
    }

    /// Of other clients nothing is void any more that could be alive.
    fn forget_clients_but(&self, void: &HashSet<String>) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        index.clients.retain(|id, _| void.contains(id));
    }

    async fn load_keys(&self) -> Result<(), DbError> {
        let read = |conn: &mut Conn| Ok((sealing_keys::all(conn)?, signing_keys::all(conn)?));
        let (sealing, signing) = self.db.read(read).await?;
        self.caches.sealer.replace_keys(sealing);
        self.caches.signing.replace(signing);
        Ok(())
    }

    /// `live_at` is now, unless the row was there before this process.
    fn take_in(&self, row: &Revocation, live_at: Option<Timestamp>) {
        if row.kind == "client" {
            self.caches.clients.forget(&row.key);
        }
        let Some(before) = row.issued_before else { return };
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        match row.kind.as_str() {
            "token" => {
                if let Ok(id) = row.key.parse().map(TokenId) {
                    index.tokens.insert(id);
                    index.drop_after.push((row.drop_after, Entry::Token(id)));
                }
            }
            "grant" => {
                if let Ok(id) = row.key.parse().map(GrantId) {
                    index.grants.insert(id);
                    index.drop_after.push((row.drop_after, Entry::Grant(id)));
                }
            }
            "access" => {
                let parts = row.key.split_once(' ');
                if let Some((Ok(user), client)) =
                    parts.map(|(user, client)| (user.parse().map(UserId), client))
                {
                    let known = index.access.entry((user, client.to_owned())).or_insert(before);
                    *known = before.max(*known);
                    index.drop_after.push((row.drop_after, Entry::Access(user, client.to_owned())));
                }
            }
            "user" => {
                if let Ok(id) = row.key.parse() {
                    let known = index.users.entry(id).or_insert(before);
                    *known = before.max(*known);
                }
            }
            "client" => {
                index.clients.insert(row.key.clone(), before);
            }
            // Whoever said so may have a clock behind this one's: "everything so far" is by this clock, too.
            "all" => index.all = index.all.max(Some(before)).max(live_at),
            _ => {}
        }
    }

    /// Whether the index is young enough to vouch by.
    pub fn is_current(&self) -> bool {
        let age = self.elapsed().saturating_sub(self.current_at.load(Ordering::Acquire));
        u128::from(age) <= Self::BOUND.as_millis()
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether a token that opened was revoked since.
    pub fn is_revoked(&self, token: &AccessToken) -> bool {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let voids = |before: Option<&Timestamp>| before.is_some_and(|before| token.issued_at <= *before);
        // A grant that was ended is there by its name.
        let of_no_grant = || {
            let user = token.user.filter(|_| token.grant.is_none() && !index.access.is_empty());
            user.is_some_and(|user| voids(index.access.get(&(user, token.client.to_owned()))))
        };
        index.tokens.contains(&token.id)
            || token.grant.is_some_and(|grant| index.grants.contains(&grant))
            || of_no_grant()
            || token.user.is_some_and(|user| voids(index.users.get(&user.0)))
            || voids(index.clients.get(token.client))
            || voids(index.all.as_ref())
    }

    /// Forgets what has ended by itself.
    pub fn sweep(&self, now: Timestamp) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let entries = std::mem::take(&mut index.drop_after);
        for (drop_after, entry) in entries {
            match entry {
                entry if now <= drop_after => index.drop_after.push((drop_after, entry)),
                Entry::Token(id) => drop(index.tokens.remove(&id)),
                Entry::Grant(id) => drop(index.grants.remove(&id)),
                Entry::Access(user, client) => {
                    // Another may have been ended since: that has an entry of its own.
                    let key = (user, client);
                    if index.access.get(&key).is_some_and(|before| before.plus(LONGEST_ACCESS) <= drop_after)
                    {
                        index.access.remove(&key);
                    }
                }
            }
        }
    }
}
