//! What the database alone takes for the questions of `scale.py`: the same functions as behind the endpoints, by the same
//! threads, without HTTP; one at a time, timed on the database's thread, and sixteen at once, timed by who waits. Each time
//! it is somebody else's. Prints percentiles as JSON. The database is that of `TIMETRACKER_DATABASE_URL`, filled by
//! `seed_tracks`.
//!
//!     bench_questions SKIPPED ASKING      leaves out so many people, and asks for so many after them

#![expect(clippy::disallowed_methods, reason = "a program of its own, which reads its environment")]

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use futures_util::future;
use model::db::{Conn, Db};
use model::settings::Settings;
use model::time::{Clock, Timestamp};
use timetracker_api::auth::Caller;
use timetracker_api::auth::scopes::Scopes;
use timetracker_api::changes::cursor::{Kind, Place};
use timetracker_api::reports::detailed;
use timetracker_api::reports::ledger::Ledger;
use timetracker_api::schema::people;
use timetracker_api::tracks::schedule;
use timetracker_api::tracks::store::pages::{self, Filter, Key};
use timetracker_api::wire::challenge::Scheme;
use timetracker_api::wire::cursor::{self, Order, Value};
use timetracker_api::wire::error::ApiError;
use timetracker_api::wire::listing::Wanted;
use timetracker_api::wire::paging;
use timetracker_api::wire::query::Parameters;
use timetracker_api::{changes, me};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How long each question is asked, before it counts and while it does.
const BEFORE: Duration = Duration::from_millis(500);
const FOR: Duration = Duration::from_secs(2);
const AT_ONCE: usize = 16;
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
            scheme: Scheme::Bearer,
            key: None,
            meter: Arc::default(),
        }));
    }
    let heavy = everybody.first().filter(|_| skipped > 0).cloned();
    let people = everybody.split_off(usize::try_from(skipped)?);
    let bench = Bench { db, people, now: Clock::system().now(), next: AtomicUsize::new(0) };
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
    /// Whose turn it is.
    next: AtomicUsize,
}

impl Bench {
    async fn all(&self) -> Outcome<Vec<String>> {
        let (now, year) = (self.now, (self.now.minus(YEAR), self.now));
        let numbered = |by| {
            Ok::<_, ApiError>(Wanted::Numbered(
                paging::Wanted::read(&Parameters::parse("page_size=50")?)?,
                by,
            ))
        };
        let newest = Order { key: Key::Start, name: "start", descends: true };
        let placed = |from| Wanted::Placed(cursor::Wanted { order: newest, from, is_back: false, size: 50 });
        let middle = now.minus(YEAR * 5 / 2).micros();
        let deep = cursor::Place { value: Value::Number(middle), id: 0 };
        let mut lines = Vec::new();
        for (name, wanted) in [
            ("first", numbered(Vec::new())?),
            ("numbered", numbered(vec![(Key::Start, true)])?),
            ("recent", placed(None)),
            ("deep", placed(Some(deep))),
        ] {
            let page = move |conn: &mut Conn, caller: &Caller| {
                pages::page(conn, caller, &Filter::default(), &wanted).map(drop)
            };
            lines.push(self.ask(name, page).await?);
        }
        lines.push(
            self.ask("running", |conn, caller| schedule::running(conn, caller.person).map(drop)).await?,
        );
        lines.push(
            self.ask("year", move |conn, caller| {
                let (_, as_of) = me::store::settings_as_of(conn, caller.person)?;
                Ledger::read(conn, caller, as_of, (year, false)).map(drop)
            })
            .await?,
        );
        lines.push(
            self.ask("changes", |conn, caller| {
                let after = Place::end_of(changes::store::last(conn, caller.workspace)? - BEHIND);
                let news = changes::store::news(conn, caller, after, 501)?;
                let kinds = Kind::ALL.into_iter().filter(|_| news.has_items).filter_map(Kind::item);
                changes::store::items(conn, caller.workspace, kinds, after, news.last, 501).map(drop)
            })
            .await?,
        );
        lines.push(
            self.ask("detailed", move |conn, caller| {
                let found = detailed::store::after(conn, caller.person, year, None, 500)?;
                detailed::store::names(conn, found.entries.iter().map(|entry| entry.activity)).map(drop)
            })
            .await?,
        );
        Ok(lines)
    }

    async fn ask(
        &self,
        name: &str,
        question: impl Fn(&mut Conn, &Caller) -> QueryResult<()> + Clone + Send + 'static,
    ) -> Outcome<String> {
        self.turns(BEFORE, false, question.clone()).await?;
        let one = figures(self.turns(FOR, false, question.clone()).await?)?;
        let together = (0..AT_ONCE).map(|_| self.turns(FOR, true, question.clone()));
        let many = figures(future::try_join_all(together).await?.concat())?;
        Ok(format!(r#""{name}": {{"one": {one}, "many": {many}}}"#))
    }

    /// How long each answer took: with its way to the database's thread and back, or without it.
    async fn turns(
        &self,
        how_long: Duration,
        with_way: bool,
        question: impl Fn(&mut Conn, &Caller) -> QueryResult<()> + Clone + Send + 'static,
    ) -> Outcome<Vec<Duration>> {
        let (until, mut took) = (Instant::now() + how_long, Vec::new());
        while Instant::now() < until {
            let next = self.next.fetch_add(1, Ordering::Relaxed);
            let caller = self.people.get(next % self.people.len()).ok_or("nobody asks")?.clone();
            let (question, asked) = (question.clone(), Instant::now());
            let answer = self.db.read(move |conn| {
                let began = Instant::now();
                question(conn, &caller).map(|()| began.elapsed())
            });
            let within = answer.await?;
            took.push(if with_way { asked.elapsed() } else { within });
        }
        Ok(took)
    }

    /// How many tracks a second come out of the database, five hundred at a time.
    async fn export(&self, caller: Arc<Caller>) -> Outcome<u128> {
        let (began, mut rows, mut place) = (Instant::now(), 0, None);
        let everything = (self.now.minus(YEAR * 10), self.now);
        loop {
            let person = caller.person;
            let look = move |conn: &mut Conn| {
                let found = detailed::store::after(conn, person, everything, place, 500)?;
                detailed::store::names(conn, found.entries.iter().map(|entry| entry.activity))?;
                let last = found.entries.last().map(|entry| (entry.start, entry.id));
                Ok((found.entries.len(), last, found.is_all))
            };
            let (count, last, is_all) = self.db.read(look).await?;
            rows += count as u128;
            if is_all {
                return Ok(rows * 1_000_000 / began.elapsed().as_micros().max(1));
            }
            place = last;
        }
    }
}

/// Median and 99th percentile.
fn figures(mut took: Vec<Duration>) -> Outcome<String> {
    took.sort_unstable();
    let at = |percent: usize| took.get(took.len() * percent / 100).copied().unwrap_or_default().as_micros();
    let mut out = String::new();
    write!(out, r#"{{"p50_us": {}, "p99_us": {}}}"#, at(50), at(99))?;
    Ok(out)
}
