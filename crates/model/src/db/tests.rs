//! The front door's promises, on both databases.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::SimpleConnection;
use diesel::result::Error::RollbackTransaction;
use diesel::{QueryResult, QueryableByName, RunQueryDsl, sql_query, sql_types::BigInt};

use super::testing::TestDatabase;
use super::{Conn, DatabaseUrl, Db, DbError, Probe};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn insert(conn: &mut Conn, number: i64) -> QueryResult<usize> {
    sql_query(format!("INSERT INTO notes (number) VALUES ({number})")).execute(conn)
}

fn count(conn: &mut Conn) -> QueryResult<i64> {
    sql_query("SELECT count(*) AS count FROM notes").get_result::<Count>(conn).map(|row| row.count)
}

#[expect(clippy::unwrap_used, reason = "test support")]
async fn with_notes() -> (TestDatabase, Db) {
    let database = TestDatabase::new();
    let db = Db::open(database.url()).unwrap();
    db.write(|conn| conn.batch_execute("CREATE TABLE notes (number BIGINT PRIMARY KEY)")).await.unwrap();
    (database, db)
}

#[tokio::test]
async fn a_read_sees_every_write_acknowledged_before_it() {
    let (_database, db) = with_notes().await;
    for number in 0..50 {
        db.write(move |conn| insert(conn, number)).await.unwrap();
        assert_eq!(db.read(count).await.unwrap(), number + 1);
    }
}

#[tokio::test]
async fn one_failing_write_harms_no_neighbour_in_its_group() {
    let (_database, db) = with_notes().await;
    let writes = (0..200).map(|number| {
        let db = db.clone();
        // Every second one repeats the number before it.
        tokio::spawn(async move { db.write(move |conn| insert(conn, number / 2)).await })
    });
    let mut kept = 0;
    for write in writes.collect::<Vec<_>>() {
        match write.await.unwrap() {
            Ok(_) => kept += 1,
            Err(DbError::Query(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(kept, 100);
    assert_eq!(db.read(count).await.unwrap(), 100);
}

#[tokio::test]
async fn an_error_undoes_everything_the_work_had_done() {
    let (_database, db) = with_notes().await;
    let result = db
        .write(|conn| {
            insert(conn, 1)?;
            Err::<(), _>(RollbackTransaction)
        })
        .await;
    assert!(matches!(result, Err(DbError::Query(RollbackTransaction))));
    assert_eq!(db.read(count).await.unwrap(), 0);
}

#[tokio::test]
async fn a_panic_is_an_error_and_the_threads_survive_it() {
    let (_database, db) = with_notes().await;
    for _ in 0..20 {
        let result = db
            .write(|conn| -> QueryResult<()> {
                insert(conn, 1)?;
                panic!("on purpose")
            })
            .await;
        assert!(matches!(result, Err(DbError::Panicked)));
    }
    db.write(|conn| insert(conn, 1)).await.unwrap();
    assert_eq!(db.read(count).await.unwrap(), 1);
}

#[tokio::test]
async fn a_reading_connection_cannot_write() {
    let (_database, db) = with_notes().await;
    assert!(db.read(|conn| insert(conn, 1)).await.is_err());
    assert_eq!(db.read(count).await.unwrap(), 0);
}

#[tokio::test]
async fn two_handles_on_one_database_see_each_other_and_lose_nothing() {
    let (database, first) = with_notes().await;
    let second = Db::open(database.url()).unwrap();
    let handles = [first, second];
    let writes = (0..200).map(|number| {
        let db = handles[usize::from(number % 2 == 0)].clone();
        tokio::spawn(async move { db.write(move |conn| insert(conn, number)).await })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap().unwrap();
    }
    assert_eq!(handles[0].read(count).await.unwrap(), 200);
    assert_eq!(handles[1].read(count).await.unwrap(), 200);
}

/// R175: who is told that the database is busy may rely on it that nothing was done.
#[tokio::test]
async fn work_that_takes_longer_than_its_caller_waits_is_undone() {
    let (_database, db) = with_notes().await;
    let (release, held) = std::sync::mpsc::channel::<()>();
    let slow = db.write(move |conn| {
        insert(conn, 1)?;
        // Held until the caller has gone.
        let _ = held.recv();
        insert(conn, 2)
    });
    assert!(matches!(slow.await, Err(DbError::Busy)));
    drop(release);
    db.write(|conn| insert(conn, 3)).await.unwrap();
    assert_eq!(db.read(count).await.unwrap(), 1);
}

/// R175, on PostgreSQL: SQLite has no alarm for a statement, and none of ours there waits for anything but a lock.
#[tokio::test]
async fn a_statement_nobody_waits_for_any_more_does_not_keep_a_thread() {
    let (database, db) = with_notes().await;
    let DatabaseUrl::Postgres(_) = database.url() else { return };
    let endless = |conn: &mut Conn| sql_query("SELECT pg_sleep(600)").execute(conn);
    // As many as there are threads, of both kinds.
    let lanes = database.url().lanes();
    let reads = (0..lanes.readers).map(|_| {
        tokio::spawn({
            let db = db.clone();
            async move { db.read(endless).await }
        })
    });
    let writes = (0..lanes.writers).map(|_| {
        tokio::spawn({
            let db = db.clone();
            async move { db.write(endless).await }
        })
    });
    for each in reads.chain(writes).collect::<Vec<_>>() {
        assert!(matches!(each.await.unwrap(), Err(DbError::Busy)));
    }
    db.write(|conn| insert(conn, 1)).await.unwrap();
    assert_eq!(db.read(count).await.unwrap(), 1);
}

/// R175, on PostgreSQL
#[tokio::test]
async fn a_statement_that_takes_too_long_is_busy_and_undoes_what_came_before_it() {
    let (database, db) = with_notes().await;
    let DatabaseUrl::Postgres(_) = database.url() else { return };
    let result = db.write(|conn| {
        insert(conn, 1)?;
        sql_query("SET LOCAL statement_timeout = '20ms'").execute(conn)?;
        sql_query("SELECT pg_sleep(600)").execute(conn)
    });
    assert!(matches!(result.await, Err(DbError::Busy)));
    assert_eq!(db.read(count).await.unwrap(), 0);
}

/// What `docs/decisions/0003` relies on: the alarm is for statements, and a commit that was begun is not interrupted.
#[tokio::test]
async fn a_commit_that_takes_long_is_not_interrupted() {
    let (database, db) = with_notes().await;
    let DatabaseUrl::Postgres(_) = database.url() else { return };
    let slow_commit = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION slow()";
    db.write(move |conn| conn.batch_execute(slow_commit)).await.unwrap();
    let result = db.write(|conn| {
        sql_query("SET LOCAL statement_timeout = '50ms'").execute(conn)?;
        insert(conn, 1)
    });
    assert_eq!(result.await.unwrap(), 1);
    assert_eq!(db.read(count).await.unwrap(), 1);
}

/// R152: who asks for TLS gets it or nothing.
#[cfg(not(feature = "postgres-tls"))]
#[test]
fn a_program_that_cannot_speak_tls_to_postgresql_says_so_and_does_not_connect() {
    for mode in ["require", "verify-ca", "verify-full"] {
        let url = format!("postgres://nobody@localhost:9/none?sslmode={mode}").parse().unwrap();
        assert_eq!(
            Db::open(&url).err().unwrap().to_string(),
            format!(
                "the database cannot be opened: sslmode value \"{mode}\" invalid when SSL support is not compiled in; \
                 a program that speaks TLS to PostgreSQL is built with `--features model/postgres-tls`"
            )
        );
    }
}

#[tokio::test]
async fn a_full_queue_is_busy_at_once() {
    let (_database, db) = with_notes().await;
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = Arc::new(std::sync::Mutex::new(held));
    let asked = Arc::new(AtomicUsize::new(0));
    let mut waiting = Vec::new();
    let mut busy = 0;
    for _ in 0..3000 {
        let (db, held, asked) = (db.clone(), held.clone(), asked.clone());
        waiting.push(tokio::spawn(async move {
            // Counted in the same breath in which the task is queued.
            asked.fetch_add(1, Ordering::Relaxed);
            db.read(move |_conn| {
                // Held until the sender goes; the error then is the signal.
                let _ = held.lock().unwrap().recv();
                Ok(())
            })
            .await
        }));
    }
    while asked.load(Ordering::Relaxed) < 3000 {
        tokio::task::yield_now().await;
    }
    drop(release);
    for each in waiting {
        match each.await.unwrap() {
            Ok(()) => {}
            Err(DbError::Busy) => busy += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(busy > 0, "3000 tasks cannot all have had a place");
}

/// R154: however often it is asked, it writes once a second at most; and it does write.
#[tokio::test]
async fn a_probe_writes_but_seldom() {
    let (_database, db) = with_notes().await;
    assert!(!Probe::new(db.clone()).takes_writes().await, "there is nothing to write to");
    let table = "CREATE TABLE readiness (probes BIGINT NOT NULL); INSERT INTO readiness (probes) VALUES (0)";
    db.write(move |conn| conn.batch_execute(table)).await.unwrap();
    let began = std::time::Instant::now();
    let probe = Arc::new(Probe::new(db.clone()));
    let asking: Vec<_> = (0..200)
        .map(|_| {
            let probe = probe.clone();
            tokio::spawn(async move { probe.takes_writes().await })
        })
        .collect();
    for each in asking {
        assert!(each.await.unwrap());
    }
    let probes = |conn: &mut Conn| {
        sql_query("SELECT probes AS count FROM readiness").get_result::<Count>(conn).map(|row| row.count)
    };
    let written = db.read(probes).await.unwrap();
    let allowed = 1 + began.elapsed().as_secs();
    assert!((1..=i64::try_from(allowed).unwrap()).contains(&written), "{written} of {allowed}");
}
