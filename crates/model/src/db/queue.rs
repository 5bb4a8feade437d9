//! The bounded queue between callers and database threads, and the task that travels on it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tokio::sync::oneshot;

use super::{Conn, DbError};

/// How many callers may wait. At ten thousand writes a second this is a tenth of a second of work.
const CAPACITY: usize = 1024;

/// The callers' end.
#[derive(Clone)]
pub(super) struct Queue(Sender<Box<dyn Work>>);

/// The threads' end.
pub(super) type Waiting = Receiver<Box<dyn Work>>;

pub(super) fn bounded() -> (Queue, Waiting) {
    let (sender, receiver) = crossbeam_channel::bounded(CAPACITY);
    (Queue(sender), receiver)
}

impl Queue {
    /// Fails at once when the queue is full: waiting longer would only make the queue longer.
    pub(super) fn try_send(&self, work: Box<dyn Work>) -> Result<(), DbError> {
        self.0.try_send(work).map_err(|error| match error {
            TrySendError::Full(_) => DbError::Busy,
            TrySendError::Disconnected(_) => DbError::Unavailable("the database threads have ended".into()),
        })
    }
}

/// A task with its types forgotten, so that tasks of all kinds share a queue.
pub(super) trait Work: Send {
    /// Whether the caller has stopped waiting.
    fn is_abandoned(&self) -> bool;
    /// Does the work once; says whether it is to be kept, undone, or whether the connection is in doubt.
    fn run(&mut self, conn: &mut Conn) -> Outcome;
    /// Tells the caller: what the work answered, or `failure` instead.
    fn answer(self: Box<Self>, failure: Option<DbError>);
}

/// What is to become of a task's statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Keep,
    Undo,
    /// Undo, and do not trust the connection any further.
    Doubt,
}

/// Whether work is to be kept: its thread says so when it has run, its caller that it is not when it has waited too long. Who
/// says so first decides.
#[derive(Clone, Default)]
pub(super) struct Fate(Arc<AtomicBool>);

impl Fate {
    /// Decides, if nobody has yet.
    pub(super) fn claim(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

/// A closure, its answer once it has run, and where the answer goes.
pub(super) struct Task<T, F> {
    work: Option<F>,
    result: Option<Result<T, DbError>>,
    answer: oneshot::Sender<Result<T, DbError>>,
    fate: Fate,
}

impl<T, F> Task<T, F>
where
    T: Send + 'static,
    F: FnOnce(&mut Conn) -> QueryResult<T> + Send + 'static,
{
    pub(super) fn boxed(work: F, answer: oneshot::Sender<Result<T, DbError>>, fate: Fate) -> Box<dyn Work> {
        Box::new(Self { work: Some(work), result: None, answer, fate })
    }
}

impl<T, F> Work for Task<T, F>
where
    T: Send,
    F: FnOnce(&mut Conn) -> QueryResult<T> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn run(&mut self, conn: &mut Conn) -> Outcome {
        let Some(work) = self.work.take() else { return Outcome::Undo };
        let (result, outcome) = match catch_unwind(AssertUnwindSafe(|| work(conn))) {
            Ok(Ok(value)) if self.fate.claim() => (Ok(value), Outcome::Keep),
            Ok(Ok(_)) => (Err(DbError::Busy), Outcome::Undo),
            Ok(Err(error)) => {
                let (error, outcome) = judge(error);
                (Err(error), outcome)
            }
            Err(_panic) => (Err(DbError::Panicked), Outcome::Doubt),
        };
        self.result = Some(result);
        outcome
    }

    fn answer(self: Box<Self>, failure: Option<DbError>) {
        let result = match failure {
            Some(failure) => Err(failure),
            None => self.result.unwrap_or(Err(DbError::Busy)),
        };
        // The caller may have stopped waiting.
        let _ = self.answer.send(result);
    }
}

/// Tells a statement that was refused from a connection that is gone. A refusal by a constraint leaves the
/// connection sound; anything unexpected puts it in doubt, and doubt costs one reconnection.
pub(super) fn judge(error: DieselError) -> (DbError, Outcome) {
    let outcome = match &error {
        DieselError::NotFound
        | DieselError::RollbackTransaction
        | DieselError::QueryBuilderError(_)
        | DieselError::SerializationError(_)
        | DieselError::DeserializationError(_)
        | DieselError::DatabaseError(
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::ExclusionViolation
            | DatabaseErrorKind::RestrictViolation,
            _,
        ) => Outcome::Undo,
        _ => Outcome::Doubt,
    };
    if is_worth_another_try(&error) {
        (DbError::Busy, Outcome::Undo)
    } else {
        (DbError::Query(error), outcome)
    }
}

/// A lock or an answer that was not had in time, or a deadlock the server resolved against us. The connection is sound.
fn is_worth_another_try(error: &DieselError) -> bool {
    let DieselError::DatabaseError(kind, information) = error else { return false };
    matches!(kind, DatabaseErrorKind::SerializationFailure)
        || ["database is locked", "deadlock detected", "lock timeout", "statement timeout"]
            .iter()
            .any(|text| information.message().contains(text))
}
