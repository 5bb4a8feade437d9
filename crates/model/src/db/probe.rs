//! Whether a database takes writes: found out by writing, because one that only looks like a write succeeds on a
//! full disk.

use std::time::{Duration, Instant};

use diesel::result::Error::NotFound;
use diesel::{QueryResult, RunQueryDsl, sql_query};
use tokio::sync::Mutex;

use super::{Conn, Db};

/// Finds out, and remembers for a second: a gateway asks often, and each answer costs a durable commit. The service's
/// migrations make the table `readiness` with its one row.
pub struct Probe {
    db: Db,
    /// When it was last found out, and what. Held while finding out, so that all who wait share one write.
    found: Mutex<Option<(Instant, bool)>>,
}

impl Probe {
    /// At most one write in this time.
    pub const EVERY: Duration = Duration::from_secs(1);

    /// Nothing is known yet.
    pub fn new(db: Db) -> Self {
        Self { db, found: Mutex::new(None) }
    }

    /// Whether the last write, a second ago at most, was committed.
    pub async fn takes_writes(&self) -> bool {
        let mut found = self.found.lock().await;
        if let Some((at, takes_writes)) = *found
            && at.elapsed() < Self::EVERY
        {
            return takes_writes;
        }
        let takes_writes = self.db.write(write).await.is_ok();
        *found = Some((Instant::now(), takes_writes));
        takes_writes
    }
}

fn write(conn: &mut Conn) -> QueryResult<()> {
    let written = sql_query("UPDATE readiness SET probes = probes + 1").execute(conn)?;
    if written == 1 { Ok(()) } else { Err(NotFound) }
}
