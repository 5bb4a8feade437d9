//! A page by place is read off an index, however deep it is: both databases are asked how they would do it.

use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Integer, Text};
use model::db::Db;
use model::db::testing::TestDatabase;

use super::*;
use crate::MIGRATIONS;
use crate::id::TrackId;
use crate::wire::cursor::{Order, Place};

/// The plan of a query instead of its rows.
struct Explain<Q, S>(&'static str, Q, PhantomData<S>);

impl<DB: Backend, Q: QueryFragment<DB>, S> QueryFragment<DB> for Explain<Q, S> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql(self.0);
        self.1.walk_ast(pass)
    }
}

impl<Q, S> QueryId for Explain<Q, S> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q, S> Query for Explain<Q, S> {
    type SqlType = S;
}

impl<Q, S, Connection> RunQueryDsl<Connection> for Explain<Q, S> {}

fn plan(conn: &mut Conn, rows: impl QueryFragment<MultiBackend>) -> QueryResult<String> {
    if matches!(conn, Conn::Sqlite(_)) {
        type Step = (Integer, Integer, Integer, Text);
        let explain = Explain::<_, Step>("EXPLAIN QUERY PLAN ", rows, PhantomData);
        let steps: Vec<(i32, i32, i32, String)> = explain.load(conn)?;
        return Ok(steps.into_iter().map(|step| step.3 + "\n").collect());
    }
    let lines: Vec<String> = Explain::<_, Text>("EXPLAIN ", rows, PhantomData).load(conn)?;
    Ok(lines.join("\n"))
}

/// Two hundred people with forty tracks each, of as many activities; every tenth has no start.
const ROWS: &str = "INSERT INTO tracks (person_id, activity_id, description, start_at, created_at, uid, end_at) \
     SELECT 1 + n % 200, 1 + n / 200 % 40, 'x', CASE WHEN n / 200 % 10 = 0 THEN NULL ELSE n END, 0, ";

/// The numbers up to 8000 as `n`, and a new uid.
fn numbers(conn: &Conn) -> (&'static str, &'static str) {
    match conn {
        Conn::Sqlite(_) => (
            "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 8000) SELECT n FROM s)",
            "randomblob(16)",
        ),
        Conn::Postgres(_) => {
            ("(SELECT n FROM generate_series(1, 8000) AS n) AS s", "uuid_send(gen_random_uuid())")
        }
    }
}

fn people(conn: &mut Conn) -> QueryResult<()> {
    let (numbers, uid) = numbers(conn);
    for sql in [
        "INSERT INTO workspaces (created_at) VALUES (0)".to_owned(),
        format!(
            "INSERT INTO people (issuer, subject, username, workspace_id, created_at) \
             SELECT 'i', n, 'a', 1, 0 FROM {numbers} WHERE n <= 200"
        ),
        format!(
            "INSERT INTO activities (workspace_id, name, description, created_at, uid) \
             SELECT 1, 'a', '', 0, {uid} FROM {numbers} WHERE n <= 40"
        ),
    ] {
        diesel::sql_query(sql).execute(conn)?;
    }
    Ok(())
}

/// The tracks of the thousand numbers behind `first`. Not all at once: each is counted in its person's row.
fn tracks(conn: &mut Conn, first: i32) -> QueryResult<()> {
    let (numbers, uid) = numbers(conn);
    let end = "CASE WHEN n / 200 % 10 = 0 THEN NULL ELSE n + 1 END";
    let some = format!("n > {first} AND n <= {}", first + 1_000);
    diesel::sql_query(format!("{ROWS} {uid}, {end} FROM {numbers} WHERE {some}")).execute(conn)?;
    if matches!(conn, Conn::Postgres(_)) {
        diesel::sql_query("ANALYZE tracks").execute(conn)?;
    }
    Ok(())
}

/// What was asked, and what the plan should be: the index, and the column at which it is entered.
fn judge(asked: &str, plan: &str, index: &str, column: Option<&str>) {
    assert!(plan.contains(index), "{asked} is not read off {index}:\n{plan}");
    for slow in ["TEMP B-TREE", "Sort", "Seq Scan", "SCAN", "MULTI-INDEX"] {
        assert!(!plan.contains(slow), "{asked}:\n{plan}");
    }
    if let Some(column) = column {
        let entry = plan.lines().find(|line| line.contains("Index Cond") || line.contains("USING INDEX"));
        let entry = entry.unwrap_or_default();
        assert!(
            entry.contains("person_id") && entry.contains(column),
            "{asked} does not begin there:\n{plan}"
        );
    }
}

/// Few rows tempt PostgreSQL to read them all, or to read those of an index first and to sort them then.
fn as_if_there_were_many(conn: &mut Conn) -> QueryResult<()> {
    if matches!(conn, Conn::Postgres(_)) {
        for way in ["seqscan", "bitmapscan", "sort"] {
            diesel::sql_query(format!("SET LOCAL enable_{way} = off")).execute(conn)?;
        }
    }
    Ok(())
}

/// Both databases, with rows.
async fn with_rows() -> (TestDatabase, Db) {
    let database = TestDatabase::new();
    MIGRATIONS.run(database.url()).unwrap();
    let db = Db::open(database.url()).unwrap();
    db.write(people).await.unwrap();
    for thousand in 0..8 {
        db.write(move |conn| tracks(conn, thousand * 1_000)).await.unwrap();
    }
    (database, db)
}

#[tokio::test]
async fn pages_of_all_there_is_are_read_off_an_index() {
    let (_database, db) = with_rows().await;
    let all = |conn: &mut Conn| {
        as_if_there_were_many(conn)?;
        let (owner, id, start) = (PersonId(1), TrackId(4_000), Timestamp::from_micros(4_000));
        macro_rules! judge {
            ($asked:ident($($from:expr),+), $index:literal, $column:literal) => {{
                let rows = plain::$asked(owner, $($from),+).limit(20).offset(0).select(COLUMNS);
                judge(stringify!($asked), &plan(conn, rows)?, $index, Some($column));
            }};
        }
        judge!(later(id), "tracks_of_person", "id");
        judge!(earlier(id), "tracks_of_person", "id");
        judge!(later_drafts(id), "tracks_recent", "start_at");
        judge!(earlier_drafts(id), "tracks_recent", "start_at");
        judge!(oldest(start, id), "tracks_recent", "start_at");
        judge!(newest(start, id), "tracks_recent", "start_at");
        if let Conn::Postgres(conn) = conn {
            let rows = plain::newest_of_all(owner).limit(20).select(COLUMNS);
            let lines: Vec<String> = Explain::<_, Text>("EXPLAIN ", rows, PhantomData).load(conn)?;
            judge("newest_of_all", &lines.join("\n"), "tracks_recent", None);
        }
        Ok(())
    };
    db.write(all).await.unwrap();
}

#[tokio::test]
async fn every_page_by_place_is_read_off_an_index() {
    let (_database, db) = with_rows().await;
    let all = |conn: &mut Conn| {
        as_if_there_were_many(conn)?;
        let one = Filter { activity: Some(ActivityId(7)), ..Filter::default() };
        let none = Filter::default();
        let ways = [(false, false), (false, true), (true, false), (true, true)];
        for ((descends, is_back), is_deep) in ways.into_iter().flat_map(|way| [(way, false), (way, true)]) {
            for (key, name, has_start, filter, index, column) in [
                (Key::Id, "id", None, &none, "tracks_of_person", Some("id")),
                (Key::Start, "start", Some(true), &none, "tracks_recent", Some("start_at")),
                (Key::Start, "start", Some(false), &none, "tracks_recent", Some("start_at")),
                (Key::Activity, "activity", None, &none, "tracks_of_activity", Some("activity_id")),
                (Key::Id, "id", None, &one, "tracks_of_activity", Some("activity_id")),
            ] {
                let value = match (key, has_start) {
                    (Key::Id, _) | (_, Some(false)) => Value::Absent,
                    (Key::Activity, _) => Value::Number(20),
                    (Key::Start, _) => Value::Number(4_000),
                };
                let from = is_deep.then_some(Place { value, id: 4_000 });
                let order = Order { key, name, descends };
                let wanted = cursor::Wanted { order, from, is_back, size: 20 };
                let asked = Asked { owner: PersonId(1), filter, tags: Vec::new() };
                let rows = asked.part(&wanted, has_start).limit(wanted.limit());
                let asked = format!("{wanted:?} {has_start:?}");
                judge(&asked, &plan(conn, rows)?, index, column.filter(|_| is_deep));
            }
        }
        Ok(())
    };
    db.write(all).await.unwrap();
}
