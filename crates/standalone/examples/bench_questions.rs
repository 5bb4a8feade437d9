//! What the database alone takes for the questions of `scale.py`: the same functions as behind the endpoints, one question at a
//! time, and somebody else's each time. Prints percentiles as JSON. The database is that of `TIMETRACKER_DATABASE_URL`,
//! filled by `seed_tracks`.
//!
//!     bench_questions SKIPPED ASKING      leaves out so many people, and asks for so many after them

#![expect(clippy::disallowed_methods, reason = "a program of its own, which reads its environment")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use model::db::{Conn, Db};
use model::settings::Settings;
use model::time::{Clock, Timestamp};
use timetracker_api::auth::Caller;
use timetracker_api::auth::scopes::Scopes;
use timetracker_api::{changes, feeds};
use timetracker_api::changes::cursor::{Kind, Place};
use timetracker_api::reports::{self, detailed};
use timetracker_api::schema::people;
use timetracker_api::tracks::{self, schedule};
use timetracker_api::wire::paging::Wanted;
use timetracker_api::wire::query::Parameters;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How long each question is asked.
const FOR: Duration = Duration::from_secs(2);
const YEAR: Duration = Duration::from_secs(365 * 86_400);
/// Rows that a client who keeps a copy has not seen.
const BEHIND: i64 = 50;

#[actix_web::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().and_then(|text| text.parse::<i64>().ok());
    let (Some(skipped), Some(asking)) = (number(), number()) else {
        return Err("usage: bench_questions SKIPPED ASKING".into());
    };
    let mut said = Settings::new("TIMETRACKER_", std::env::vars());
    let db = Db::open(&said.required("DATABASE_URL", "a database URL").ok_or("no database")?)?;
    let rows = db.read(move |conn| {
        let people = people::table.order(people::subject).limit(skipped + asking);
        people.select((people::id, people::workspace_id)).load(conn)
    });
    let mut everybody: Vec<Arc<Caller>> = Vec::new();
    for (person, workspace) in rows.await? {
        everybody.push(Arc::new(Caller {
            person,
            workspace,
            client: "bench".to_owned(),
            granted: "read".parse()?,
            scopes: Scopes::of(&"read".parse()?),
            key: None,
            meter: Arc::default(),
        }));
    }
    let heavy = everybody.first().filter(|_| skipped > 0).cloned();
    let bench = Bench { db, people: everybody.split_off(usize::try_from(skipped)?), now: Clock::system().now() };
    let mut lines = bench.all().await?;
    if let Some(heavy) = heavy {
        lines.push(format!(r#""export": {{"rows_per_second": {}}}"#, bench.export(heavy).await?));
    }
    println!("{{{}}}", lines.join(", "));
    Ok(())
}

struct Bench {
    db: Db,
    people: Vec<Arc<Caller>>,
    now: Timestamp,
}

impl Bench {
    async fn all(&self) -> Outcome<Vec<String>> {
        let (now, year) = (self.now, (self.now.minus(YEAR), self.now));
        let wanted = |query: &str| Wanted::read(&Parameters::parse(query)?);
        let first = wanted("page_size=50")?;
        Ok(vec![
            self.ask("first", move |conn, caller| tracks::store::page(conn, caller.person, first).map(drop)).await?,
            self.ask("recent", move |conn, caller| {
                feeds::store::recent(conn, caller.person, now.minus(YEAR * 10), 50).map(drop)
            })
            .await?,
            self.ask("running", |conn, caller| schedule::running(conn, caller.person).map(drop)).await?,
            self.ask("year", move |conn, caller| {
                reports::store::book(conn, caller.workspace)?;
                reports::store::within(conn, caller.person, year, Some(now)).map(drop)
            })
            .await?,
            self.ask("changes", |conn, caller| {
                let last = changes::store::last(conn, caller.workspace)?;
                let after = Place::end_of(last - BEHIND);
                changes::store::after(conn, caller, &Kind::ALL, after, last, 501).map(drop)
            })
            .await?,
            self.ask("detailed", move |conn, caller| {
                let tracks = detailed::store::after(conn, caller.person, year, None, 500)?;
                detailed::store::names(conn, &tracks).map(drop)
            })
            .await?,
        ])
    }

    /// Median and 99th percentile of a question, in microseconds, without the way to the database thread and back.
    async fn ask(
        &self,
        name: &str,
        question: impl Fn(&mut Conn, &Caller) -> QueryResult<()> + Clone + Send + 'static,
    ) -> Outcome<String> {
        let (until, mut took) = (Instant::now() + FOR, Vec::new());
        for caller in self.people.iter().cycle() {
            if Instant::now() > until {
                break;
            }
            let (question, caller) = (question.clone(), caller.clone());
            let one = self.db.read(move |conn| {
                let began = Instant::now();
                question(conn, &caller).map(|()| began.elapsed())
            });
            took.push(one.await?.as_micros());
        }
        took.sort_unstable();
        let at = |percent: usize| took.get(took.len() * percent / 100).copied().unwrap_or_default();
        Ok(format!(r#""{name}": {{"p50_us": {}, "p99_us": {}}}"#, at(50), at(99)))
    }

    /// How many tracks a second come out of the database, five hundred at a time.
    async fn export(&self, caller: Arc<Caller>) -> Outcome<u128> {
        let (began, mut rows, mut place) = (Instant::now(), 0, None);
        let everything = (self.now.minus(YEAR * 10), self.now);
        loop {
            let person = caller.person;
            let look = move |conn: &mut Conn| {
                let tracks = detailed::store::after(conn, person, everything, place, 500)?;
                detailed::store::names(conn, &tracks)?;
                Ok((tracks.len(), tracks.last().and_then(|track| Some((track.start?, track.id)))))
            };
            let (count, last) = self.db.read(look).await?;
            rows += count as u128;
            if count < 500 {
                return Ok(rows * 1_000_000 / began.elapsed().as_micros().max(1));
            }
            place = last;
        }
    }
}
