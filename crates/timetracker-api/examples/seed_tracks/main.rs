//! Fills the time tracker's database with as many tracks of as many people as one likes, for measurements: ten million of two
//! thousand, unless told otherwise. The database is that of `TIMETRACKER_DATABASE_URL`; it must not hold anything else, and one
//! that breaks off on the way is thrown away.

#![expect(
    clippy::disallowed_methods,
    reason = "a program of its own, which reads its environment and the clock"
)]

mod fill;
mod seed;

use std::error::Error;
use std::time::Instant;

use clap::Parser;
use diesel::connection::{Connection, SimpleConnection};
use diesel::{PgConnection, SqliteConnection};
use model::db::{Conn, DatabaseUrl};
use model::settings::Settings;
use model::time::Clock;
use seed::Seed;
use timetracker_api::MIGRATIONS;

#[derive(Parser)]
struct Arguments {
    /// Tracks of all people together.
    #[arg(long, default_value_t = 10_000_000)]
    tracks: i64,
    /// People, each with a workspace of their own.
    #[arg(long, default_value_t = 2_000)]
    people: i64,
    /// How many years the tracks of each are spread over, up to now.
    #[arg(long, default_value_t = 5)]
    years: i64,
    /// Tracks of one person more, if any, who comes before the others.
    #[arg(long, default_value_t = 0)]
    heavy: i64,
    /// Who gives these people their tokens.
    #[arg(long, default_value = "http://localhost:8000/o")]
    issuer: String,
    /// The `sub` of the first one's; the others follow it.
    #[arg(long, default_value_t = 1)]
    first_subject: i64,
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let Arguments { tracks, people, years, heavy, issuer, first_subject } = Arguments::parse();
    let now = Clock::system().now();
    let of = |tracks, people, first_subject| Seed {
        tracks,
        people,
        years,
        issuer: issuer.clone(),
        first_subject,
        now,
    };
    let before = i64::from(heavy > 0);
    let mut seeds = vec![of(tracks, people, first_subject + before)];
    if heavy > 0 {
        seeds.insert(0, of(heavy, 1, first_subject));
    }
    let mut said = Settings::new("TIMETRACKER_", std::env::vars());
    let url: DatabaseUrl =
        said.required("DATABASE_URL", "a database URL").ok_or("TIMETRACKER_DATABASE_URL is not set")?;
    MIGRATIONS.run(&url)?;
    let began = Instant::now();
    let mut conn = open(&url)?;
    conn.transaction(|conn| fill::fill(conn, &seeds))?;
    close(&mut conn)?;
    let seconds = began.elapsed().as_secs_f64();
    println!("{} tracks of {} people in {seconds:.0} s", tracks + heavy, people + before);
    Ok(())
}

/// A connection that risks the file for the sake of speed.
fn open(url: &DatabaseUrl) -> Result<Conn, Box<dyn Error + Send + Sync>> {
    Ok(match url {
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
            conn.batch_execute(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -524288; \
                 PRAGMA temp_store = FILE; PRAGMA foreign_keys = ON;",
            )?;
            Conn::Sqlite(conn)
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = PgConnection::establish(url)?;
            conn.batch_execute(
                "SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET TIME ZONE 'UTC';",
            )?;
            Conn::Postgres(conn)
        }
    })
}

/// As the database would be had it grown slowly: looked at, written out, and with its log.
fn close(conn: &mut Conn) -> diesel::QueryResult<()> {
    match conn {
        Conn::Sqlite(_) => conn.batch_execute("PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE);"),
        // One at a time: what is sent together is one transaction, in which there is no VACUUM.
        Conn::Postgres(_) => {
            conn.batch_execute("VACUUM ANALYZE").and_then(|()| conn.batch_execute("CHECKPOINT"))
        }
    }
}
