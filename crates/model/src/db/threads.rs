//! What a database thread does all day.

use std::ops::RangeInclusive;

use diesel::connection::SimpleConnection;
use diesel::r2d2::PooledConnection;
use diesel::{QueryResult, RunQueryDsl};

use super::connection::Manager;
use super::kept::Text;
use super::queue::{Outcome, Waiting, Work};
use super::{Conn, ConnectionPool, DbError};

/// The most reads answered from one snapshot, if as many are waiting: more of them and other threads had nothing to do
/// meanwhile.
const READS_TOGETHER: usize = 4;
/// The fewest and the most writes committed as one group, if as many are waiting.
const WRITES_TOGETHER: RangeInclusive<usize> = 16..=128;

type Held = Option<PooledConnection<Manager>>;
type Tasks = Vec<Box<dyn Work>>;

/// Answers reads until the last [`super::Db`] is gone.
pub(super) fn serve_reads(pool: &ConnectionPool, waiting: &Waiting) {
    serve(
        pool,
        waiting,
        |_| READS_TOGETHER,
        |conn, tasks| match conn {
            Conn::Sqlite(_) => read_together(conn, tasks),
            Conn::Postgres(_) => tasks.into_iter().all(|task| read_alone(conn, task)),
        },
    );
}

/// Answers writes until the last [`super::Db`] is gone.
pub(super) fn serve_writes(pool: &ConnectionPool, waiting: &Waiting) {
    serve(pool, waiting, writes_together, |conn, tasks| match conn {
        Conn::Sqlite(_) => write_together(conn, tasks),
        Conn::Postgres(_) => tasks.into_iter().all(|task| write_alone(conn, task)),
    });
}

/// Takes what is waiting (on PostgreSQL one task, so that its neighbours go to other threads), has it done,
/// and gives the connection up when `work` says it is no longer sound.
fn serve(
    pool: &ConnectionPool,
    waiting: &Waiting,
    together: impl Fn(usize) -> usize,
    mut work: impl FnMut(&mut Conn, Tasks) -> bool,
) {
    let mut held: Held = None;
    while let Ok(first) = waiting.recv() {
        let conn = match held.take().map_or_else(|| pool.get(), Ok) {
            Ok(conn) => held.insert(conn),
            Err(error) => {
                first.answer(Some(DbError::Unavailable(error.into())));
                continue;
            }
        };
        let mut tasks = vec![first];
        if matches!(**conn, Conn::Sqlite(_)) {
            let together = together(waiting.len() + 1);
            tasks.extend(waiting.try_iter().take(together - 1));
        }
        tasks.retain(|task| !task.is_abandoned());
        if !tasks.is_empty() && !work(conn, tasks) {
            held = None;
        }
    }
}

/// One read, in a transaction per statement.
fn read_alone(conn: &mut Conn, mut task: Box<dyn Work>) -> bool {
    let outcome = task.run(conn);
    task.answer(None);
    outcome != Outcome::Doubt
}

/// Half of those that wait, so that while one half is committed the other half's answers go out and their next requests
/// come in. All of them at once would take turns with the rest of the program: everybody waits for one commit, then
/// everybody answers.
fn writes_together(waiting: usize) -> usize {
    waiting.div_ceil(2).clamp(*WRITES_TOGETHER.start(), *WRITES_TOGETHER.end())
}

/// Reads that wait together share a snapshot, taken after all of them arrived.
fn read_together(conn: &mut Conn, tasks: Tasks) -> bool {
    if let Err(error) = conn.batch_execute("BEGIN") {
        return refuse(tasks, &error);
    }
    let mut sound = true;
    for mut task in tasks {
        sound &= task.run(conn) != Outcome::Doubt;
        task.answer(None);
    }
    conn.batch_execute("COMMIT").is_ok() && sound
}

/// Writes that wait together are one commit; a savepoint each keeps one's failure from its neighbours.
fn write_together(conn: &mut Conn, mut tasks: Tasks) -> bool {
    if let Err(error) = conn.batch_execute("BEGIN IMMEDIATE") {
        return refuse(tasks, &error);
    }
    let alone = tasks.len() == 1;
    let (mut kept, mut sound) = (false, true);
    for task in &mut tasks {
        let done = if alone { Ok(task.run(conn)) } else { in_savepoint(conn, task) };
        match done {
            Ok(outcome) => {
                kept |= outcome == Outcome::Keep;
                sound &= outcome != Outcome::Doubt;
            }
            Err(error) => return abandon(conn, tasks, &error),
        }
    }
    match conn.batch_execute(if alone && !kept { "ROLLBACK" } else { "COMMIT" }) {
        Ok(()) => {
            for task in tasks {
                task.answer(None);
            }
            sound
        }
        Err(error) => abandon(conn, tasks, &error),
    }
}

fn in_savepoint(conn: &mut Conn, task: &mut Box<dyn Work>) -> QueryResult<Outcome> {
    Text("SAVEPOINT task").execute(conn)?;
    let outcome = task.run(conn);
    match outcome {
        Outcome::Keep => drop(Text("RELEASE task").execute(conn)?),
        Outcome::Undo | Outcome::Doubt => conn.batch_execute("ROLLBACK TO task; RELEASE task")?,
    }
    Ok(outcome)
}

/// One write, one transaction.
fn write_alone(conn: &mut Conn, mut task: Box<dyn Work>) -> bool {
    if let Err(error) = conn.batch_execute("BEGIN") {
        return refuse(vec![task], &error);
    }
    let outcome = task.run(conn);
    let end = if outcome == Outcome::Keep { "COMMIT" } else { "ROLLBACK" };
    match conn.batch_execute(end) {
        Ok(()) => {
            task.answer(None);
            outcome != Outcome::Doubt
        }
        Err(error) if outcome == Outcome::Keep => {
            task.answer(Some(DbError::Unknown(error.to_string().into())));
            false
        }
        Err(_) => {
            task.answer(None);
            false
        }
    }
}

/// The transaction did not even begin: nothing was done. A connection that could not get a lock is kept, any other
/// given up.
fn refuse(tasks: Tasks, error: &diesel::result::Error) -> bool {
    let locked = error.to_string().contains("locked");
    for task in tasks {
        let failure = if locked { DbError::Busy } else { DbError::Unavailable(error.to_string().into()) };
        task.answer(Some(failure));
    }
    locked
}

/// The group's transaction broke: no caller may believe that its work was kept, or that it was not.
fn abandon(conn: &mut Conn, tasks: Tasks, error: &diesel::result::Error) -> bool {
    tracing::error!(%error, tasks = tasks.len(), "a group of writes was abandoned");
    // Whether this works or not, the connection is given up.
    let _ = conn.batch_execute("ROLLBACK");
    for task in tasks {
        task.answer(Some(DbError::Unknown(error.to_string().into())));
    }
    false
}
