//! Notices that a workspace has moved: at once when this process has written, and within a quarter of a second when another
//! one has. For that the number of the last transaction is looked up, in one query for all workspaces that somebody
//! waits for; while nobody waits, nothing is asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::db::Db;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::store;
use crate::id::WorkspaceId;

/// How long others' writes may go unnoticed.
const EVERY: Duration = Duration::from_millis(250);
/// How many workspaces are asked about at once.
const TOGETHER: usize = 500;

/// What was seen of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    /// Its last transaction, as far as anybody has seen.
    seq: i64,
    /// How often it went back: a database was restored, or was looked at too early.
    turn: u64,
}

/// The one watch of the process.
pub struct Watch {
    db: Db,
    followed: Arc<Mutex<Followed>>,
}

#[derive(Default)]
struct Followed {
    workspaces: HashMap<WorkspaceId, watch::Sender<Seen>>,
    task: Option<JoinHandle<()>>,
}

/// Somebody who is woken.
pub struct Follower(watch::Receiver<Seen>);

impl Watch {
    /// Watches nothing yet.
    pub fn new(db: Db) -> Self {
        Self { db, followed: Arc::default() }
    }

    /// Joins those who wait for the workspace.
    pub fn follow(&self, workspace: WorkspaceId) -> Follower {
        let mut followed = lock(&self.followed);
        let nothing = || watch::Sender::new(Seen { seq: i64::MIN, turn: 0 });
        let seen = followed.workspaces.entry(workspace).or_insert_with(nothing).subscribe();
        if followed.task.as_ref().is_none_or(JoinHandle::is_finished) {
            followed.task = Some(tokio::spawn(look_out(self.db.clone(), self.followed.clone())));
        }
        Follower(seen)
    }

    /// A transaction of this process is committed.
    pub fn moved(&self, workspace: WorkspaceId, seq: i64) {
        if let Some(seen) = lock(&self.followed).workspaces.get(&workspace) {
            seen.send_if_modified(|seen| {
                let is_news = seen.seq < seq;
                seen.seq = seen.seq.max(seq);
                is_news
            });
        }
    }
}

impl Follower {
    /// How often it went back so far: to be asked before anything is looked up.
    pub fn turn(&self) -> u64 {
        self.0.borrow().turn
    }

    /// Returns when there is more than the transaction that is `known`, or it went back since `turn`.
    pub async fn moved(&mut self, known: i64, turn: u64) {
        if self.0.wait_for(|seen| seen.seq > known || seen.turn != turn).await.is_err() {
            // Nobody watches any more, so nothing is ever noticed.
            std::future::pending::<()>().await;
        }
    }
}

fn lock(followed: &Mutex<Followed>) -> MutexGuard<'_, Followed> {
    followed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks out for others' writes until nobody waits.
async fn look_out(db: Db, followed: Arc<Mutex<Followed>>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(workspaces) = still_followed(&followed) else { return };
        for some in workspaces.chunks(TOGETHER) {
            let some = some.to_vec();
            // What could not be had now is had next time.
            let Ok(found) = db.read(move |conn| store::last(conn, &some)).await else { continue };
            let followed = lock(&followed);
            for (workspace, seq) in found {
                if let Some(seen) = followed.workspaces.get(&workspace) {
                    seen.send_if_modified(|seen| notice(seen, seq));
                }
            }
        }
    }
}

/// Whether what was looked up is news.
fn notice(seen: &mut Seen, seq: i64) -> bool {
    if seq < seen.seq {
        seen.turn += 1;
    }
    let is_news = seq != seen.seq;
    seen.seq = seq;
    is_news
}

/// Forgets the workspaces that nobody waits for; `None` when that leaves none. Whoever comes then begins anew.
fn still_followed(followed: &Mutex<Followed>) -> Option<Vec<WorkspaceId>> {
    let mut followed = lock(followed);
    followed.workspaces.retain(|_, seen| seen.receiver_count() > 0);
    if followed.workspaces.is_empty() {
        followed.task = None;
        return None;
    }
    Some(followed.workspaces.keys().copied().collect())
}
