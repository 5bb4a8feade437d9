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

/// The most that one person may have waiting at once. A stream that comes then takes the place of their oldest one: a
/// connection that went away without a word is only noticed when something is said on it. Requests that wait end by themselves.
pub const MOST_OF_A_PERSON: usize = 16;
/// The most connections of a person's streams, with those that are over and whose readers have not noticed.
const MOST_CONNECTIONS: usize = 2 * MOST_OF_A_PERSON;
/// When somebody whose places are all taken may try again, in seconds.
const AGAIN: u64 = 5;

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
    /// Requests, and connections of streams.
    all: usize,
    /// The last stream's number.
    last: u64,
    of: HashMap<PersonId, Theirs>,
}

/// What a person has waiting.
#[derive(Debug, Default)]
struct Theirs {
    requests: usize,
    /// Those that are told on, the first one first.
    streams: VecDeque<(u64, oneshot::Sender<()>)>,
    connections: usize,
}

impl Theirs {
    fn has_room(&self) -> bool {
        self.requests + self.streams.len() < MOST_OF_A_PERSON
    }
}

/// The right to wait; given back when it goes.
#[derive(Debug)]
pub struct Slot {
    _place: Place,
    /// Of a stream: told when another one takes its place.
    taken: Option<oneshot::Receiver<()>>,
    closing: watch::Receiver<bool>,
}

/// Something that is counted.
#[derive(Debug)]
pub struct Place {
    waiting: Arc<Mutex<Waiting>>,
    person: PersonId,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Request,
    Stream(u64),
    Connection,
}

impl Live {
    /// Nobody waits yet, and at most so many may.
    pub fn new(db: Db, most: usize) -> Self {
        let waiting = Arc::new(Mutex::new(Waiting::default()));
        Self { watch: Watch::new(db), waiting, most, closing: watch::Sender::new(false) }
    }

    /// Lets a request wait.
    ///
    /// # Errors
    /// 429 when its person has enough waiting, 503 when all together have.
    pub fn wait(&self, person: PersonId) -> Result<Slot, ApiError> {
        let mut guard = self.room()?;
        let theirs = guard.of.entry(person).or_default();
        if !theirs.has_room() {
            return Err(ApiError::Throttled(AGAIN));
        }
        theirs.requests += 1;
        guard.all += 1;
        Ok(self.slot(person, What::Request, None))
    }

    /// Lets somebody listen: the right to, and the place of the connection, which may outlive it.
    ///
    /// # Errors
    /// As [`Live::wait`], but that the oldest stream of its person is over before there is none; 503 when the service stops.
    pub fn listen(&self, person: PersonId) -> Result<(Slot, Place), ApiError> {
        if *self.closing.borrow() {
            return Err(ApiError::Unavailable("the service stops".into()));
        }
        let mut guard = self.room()?;
        let waiting = &mut *guard;
        let theirs = waiting.of.entry(person).or_default();
        if theirs.connections >= MOST_CONNECTIONS || (!theirs.has_room() && theirs.streams.is_empty()) {
            return Err(ApiError::Throttled(AGAIN));
        }
        if !theirs.has_room()
            && let Some((_, first)) = theirs.streams.pop_front()
        {
            // It may be leaving just now.
            let _ = first.send(());
        }
        let (leave, taken) = oneshot::channel();
        waiting.last += 1;
        theirs.streams.push_back((waiting.last, leave));
        theirs.connections += 1;
        waiting.all += 1;
        let slot = self.slot(person, What::Stream(waiting.last), Some(taken));
        Ok((slot, self.place(person, What::Connection)))
    }

    fn room(&self) -> Result<MutexGuard<'_, Waiting>, ApiError> {
        let waiting = lock(&self.waiting);
        if waiting.all < self.most {
            Ok(waiting)
        } else {
            Err(ApiError::Unavailable("too many are waiting".into()))
        }
    }

    fn place(&self, person: PersonId, what: What) -> Place {
        Place { waiting: self.waiting.clone(), person, what }
    }

    fn slot(&self, person: PersonId, what: What, taken: Option<oneshot::Receiver<()>>) -> Slot {
        Slot { _place: self.place(person, what), taken, closing: self.closing.subscribe() }
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
    /// Returns when it is time to go: the service stops, or another stream takes the place.
    pub async fn over(&mut self) {
        let taken = async {
            match &mut self.taken {
                // Who took it says so; nobody else has the other end.
                Some(taken) => drop(taken.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = taken => {}
            _ = self.closing.wait_for(|is_closing| *is_closing) => {}
        }
    }

    /// Whether it is time to go.
    pub fn is_over(&mut self) -> bool {
        let is_taken = self.taken.as_mut().is_some_and(|taken| taken.try_recv().is_ok());
        is_taken || *self.closing.borrow()
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut guard = lock(&self.waiting);
        let waiting = &mut *guard;
        let Some(theirs) = waiting.of.get_mut(&self.person) else { return };
        match self.what {
            What::Request => theirs.requests -= 1,
            What::Stream(number) => theirs.streams.retain(|(each, _)| *each != number),
            What::Connection => theirs.connections -= 1,
        }
        if matches!(self.what, What::Request | What::Connection) {
            waiting.all -= 1;
        }
        if theirs.requests + theirs.streams.len() + theirs.connections == 0 {
            waiting.of.remove(&self.person);
        }
    }
}
