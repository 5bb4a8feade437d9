//! Who waits for something to change: `?wait=` keeps a request until it does ([`waiting`]), and [`events`] tells it for as long
//! as somebody listens. Nobody asks the database over and over: one watch for the whole process wakes them
//! ([`watching`]).

pub mod events;
mod store;
pub mod waiting;
pub mod watching;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::db::Db;
use tokio::sync::{oneshot, watch};

use crate::id::{PersonId, WorkspaceId};
use crate::wire::error::ApiError;
use watching::{Follower, Watch};

/// The most that one person may have waiting at once. Whoever comes then takes the place of the one who came first: a
/// connection that went away without a word is only noticed when something is said on it.
pub const MOST_OF_A_PERSON: usize = 16;

/// Everybody who waits.
pub struct Live {
    watch: Watch,
    waiting: Arc<Mutex<Waiting>>,
    most: usize,
    closing: watch::Sender<bool>,
}

/// Who waits.
#[derive(Debug, Default)]
struct Waiting {
    all: usize,
    /// The last one's number.
    last: u64,
    /// Those of a person who may wait on, the first one first.
    of: HashMap<PersonId, VecDeque<(u64, oneshot::Sender<()>)>>,
}

/// The right to wait; given back when it goes.
#[derive(Debug)]
pub struct Slot {
    waiting: Arc<Mutex<Waiting>>,
    person: PersonId,
    number: u64,
    /// Told when somebody else takes the place.
    taken: oneshot::Receiver<()>,
    closing: watch::Receiver<bool>,
}

impl Live {
    /// Nobody waits yet, and at most so many may.
    pub fn new(db: Db, most: usize) -> Self {
        let waiting = Arc::new(Mutex::new(Waiting::default()));
        Self { watch: Watch::new(db), waiting, most, closing: watch::Sender::new(false) }
    }

    /// Lets somebody wait.
    ///
    /// # Errors
    /// 503 when too many wait, or the service stops.
    pub fn enter(&self, person: PersonId) -> Result<Slot, ApiError> {
        let closing = self.closing.subscribe();
        if *closing.borrow() {
            return Err(ApiError::Unavailable("the service stops".into()));
        }
        let mut guard = lock(&self.waiting);
        let waiting = &mut *guard;
        if waiting.all >= self.most {
            return Err(ApiError::Unavailable("too many are waiting".into()));
        }
        let (leave, taken) = oneshot::channel();
        waiting.all += 1;
        waiting.last += 1;
        let theirs = waiting.of.entry(person).or_default();
        if theirs.len() >= MOST_OF_A_PERSON
            && let Some((_, first)) = theirs.pop_front()
        {
            // It may be leaving just now.
            let _ = first.send(());
        }
        theirs.push_back((waiting.last, leave));
        Ok(Slot { waiting: self.waiting.clone(), person, number: waiting.last, taken, closing })
    }

    /// To be woken when something changes in the workspace.
    pub fn follow(&self, workspace: WorkspaceId) -> Follower {
        self.watch.follow(workspace)
    }

    /// Wakes who waits for the workspace: this process has just written its transaction `seq`.
    pub fn moved(&self, workspace: WorkspaceId, seq: i64) {
        self.watch.moved(workspace, seq);
    }

    /// Sends everybody home.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }
}

impl Slot {
    /// Returns when it is time to go: the service stops, or somebody else takes the place.
    pub async fn over(&mut self) {
        tokio::select! {
            _ = &mut self.taken => {}
            _ = self.closing.wait_for(|is_closing| *is_closing) => {}
        }
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut waiting = lock(&self.waiting);
        waiting.all -= 1;
        if let Some(theirs) = waiting.of.get_mut(&self.person) {
            theirs.retain(|(number, _)| *number != self.number);
            if theirs.is_empty() {
                waiting.of.remove(&self.person);
            }
        }
    }
}
