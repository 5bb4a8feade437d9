//! Who may begin a batch. One holds a writer of the database for as long as hundreds of single changes would, and on
//! PostgreSQL each that waits for its workspace's turn holds one as well. So of a workspace there is one batch at a time, of a process
//! there are few, and all others wait here, where waiting costs nothing. So do the single changes of a workspace while
//! its batch is done.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::id::WorkspaceId;
use crate::wire::error::ApiError;

/// Who waits, and for what.
#[derive(Debug)]
pub struct Turns {
    few: Arc<Semaphore>,
    patience: Duration,
    doors: Arc<Mutex<Doors>>,
}

/// The workspaces that have batches.
type Doors = HashMap<WorkspaceId, Door>;

/// What a workspace's batches pass one by one.
#[derive(Clone, Debug)]
struct Door {
    /// Held by the one that is next, or is done.
    next: Arc<Semaphore>,
    /// Held while one is done.
    done: Arc<Semaphore>,
    /// Who stands at it.
    guests: Arc<()>,
}

/// The right to do a batch, until it goes. The right goes before the place at the door.
#[derive(Debug)]
pub struct Turn {
    _rights: [OwnedSemaphorePermit; 3],
    _guest: Guest,
}

/// A place at a door.
#[derive(Debug)]
struct Guest {
    doors: Arc<Mutex<Doors>>,
    workspace: WorkspaceId,
    door: Door,
}

impl Turns {
    /// At most so many batches at once, for which others wait so long.
    pub fn new(few: usize, patience: Duration) -> Self {
        Self { few: Arc::new(Semaphore::new(few)), patience, doors: Arc::default() }
    }

    /// Waits until a batch of the workspace may be done.
    ///
    /// # Errors
    /// 503 when that takes too long.
    pub async fn batch(&self, workspace: WorkspaceId) -> Result<Turn, ApiError> {
        let guest = self.guest(workspace);
        let rights = self.within(async {
            Some([
                guest.door.next.clone().acquire_owned().await.ok()?,
                self.few.clone().acquire_owned().await.ok()?,
                guest.door.done.clone().acquire_owned().await.ok()?,
            ])
        });
        Ok(Turn { _rights: rights.await?, _guest: guest })
    }

    /// Waits until the batch of the workspace that is being done is done, if there is one.
    ///
    /// # Errors
    /// 503 when that takes too long.
    pub async fn single(&self, workspace: WorkspaceId) -> Result<(), ApiError> {
        let Some(door) = lock(&self.doors).get(&workspace).map(|door| door.done.clone()) else {
            return Ok(());
        };
        self.within(async { door.acquire_owned().await.ok() }).await.map(drop)
    }

    fn guest(&self, workspace: WorkspaceId) -> Guest {
        let one = || Arc::new(Semaphore::new(1));
        let new = || Door { next: one(), done: one(), guests: Arc::default() };
        let door = lock(&self.doors).entry(workspace).or_insert_with(new).clone();
        Guest { doors: self.doors.clone(), workspace, door }
    }

    async fn within<T>(&self, turn: impl Future<Output = Option<T>>) -> Result<T, ApiError> {
        let turn = tokio::time::timeout(self.patience, turn).await.ok().flatten();
        turn.ok_or_else(|| ApiError::Unavailable("too many batches are waiting".into()))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut doors = lock(&self.doors);
        // The door's own and this one's; who comes takes theirs under the lock.
        if Arc::strong_count(&self.door.guests) <= 2 {
            doors.remove(&self.workspace);
        }
    }
}

fn lock(doors: &Mutex<Doors>) -> MutexGuard<'_, Doors> {
    doors.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_workspace_has_one_batch_at_a_time_and_a_process_few() {
        let turns = Turns::new(2, SHORT);
        let first = turns.batch(WorkspaceId(1)).await.unwrap();
        assert!(turns.batch(WorkspaceId(1)).await.is_err(), "its workspace has one");
        let second = turns.batch(WorkspaceId(2)).await.unwrap();
        assert!(turns.batch(WorkspaceId(3)).await.is_err(), "there are two");
        drop(first);
        let third = turns.batch(WorkspaceId(3)).await.unwrap();
        assert!(turns.batch(WorkspaceId(1)).await.is_err());
        drop((second, third));
        assert!(turns.batch(WorkspaceId(1)).await.is_ok());
        assert!(lock(&turns.doors).is_empty(), "nobody stands at a door any more");
    }

    /// A workspace with many batches takes no more of what there is for all than one with one.
    #[tokio::test]
    async fn who_waits_for_its_workspace_keeps_no_other_out() {
        let turns = Arc::new(Turns::new(2, Duration::from_secs(10)));
        let first = turns.batch(WorkspaceId(1)).await.unwrap();
        let waiting: Vec<_> = (0..8)
            .map(|_| {
                let turns = turns.clone();
                tokio::spawn(async move { turns.batch(WorkspaceId(1)).await.map(drop) })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(turns.batch(WorkspaceId(2)).await.is_ok());
        drop(first);
        for each in waiting {
            each.await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn single_changes_wait_for_their_workspaces_batch_alone() {
        let turns = Turns::new(1, SHORT);
        turns.single(WorkspaceId(1)).await.unwrap();
        let first = turns.batch(WorkspaceId(1)).await.unwrap();
        assert!(turns.single(WorkspaceId(1)).await.is_err());
        turns.single(WorkspaceId(2)).await.unwrap();
        // Nor for one that has not begun.
        let (waits, single) = tokio::join!(turns.batch(WorkspaceId(2)), async {
            tokio::task::yield_now().await;
            turns.single(WorkspaceId(2)).await
        });
        assert!(waits.is_err() && single.is_ok());
        drop(first);
        turns.single(WorkspaceId(1)).await.unwrap();
    }
}
