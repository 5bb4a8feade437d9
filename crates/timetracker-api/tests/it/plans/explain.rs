//! How the database goes about what a function asks it.

use std::sync::{Arc, Mutex};

use diesel::connection::{Connection, InstrumentationEvent};
use diesel::deserialize::{self, QueryableByName};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::row::NamedRow;
use diesel::sql_query;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use model::db::Conn;

/// A statement, and how it is answered: a step to a line.
#[derive(Debug)]
pub struct Explained {
    sql: String,
    plan: String,
}

impl Explained {
    /// Asserts that a table's rows come by an index and in its order, and from nowhere else.
    #[track_caller]
    pub fn goes_by(&self, table: &str, index: &str) {
        self.is_only(table, &[&format!("INDEX {index} "), &format!("using {index} ")]);
    }

    /// Asserts that a table's rows come in each of these ways, and in no other: of each as SQLite says it, or as PostgreSQL does.
    #[track_caller]
    pub fn goes_by_each(&self, table: &str, ways: &[[&str; 2]]) {
        self.looks_up(ways);
        self.is_only(table, ways.as_flattened());
    }

    /// Asserts that one row is looked for by its key.
    #[track_caller]
    pub fn finds_one(&self, table: &str) {
        self.is_only(table, &["USING INTEGER PRIMARY KEY ", &format!("using {table}_pkey ")]);
    }

    /// Asserts that every row is looked up in an index, whatever is done with the rows then, and that these are among the ways:
    /// of each one as SQLite says it, or one as PostgreSQL does.
    #[track_caller]
    pub fn looks_up(&self, ways: &[[&str; 2]]) {
        let Self { sql, plan } = self;
        for way in ways {
            assert!(way.iter().any(|way| plan.contains(way)), "not by {way:?}:\n{plan}\n{sql}");
        }
        let plan = without_found(plan);
        for costly in ["Seq Scan", "SCAN "] {
            assert!(!plan.contains(costly), "{costly}:\n{plan}\n{sql}");
        }
    }

    #[track_caller]
    fn is_only(&self, table: &str, ways: &[&str]) {
        let Self { sql, plan } = self;
        // A condition is no step, and may name a table that it is joined to.
        let is_step = |line: &&str| line.contains(table) && !line.trim_start().starts_with("Index Cond:");
        let lines: Vec<&str> = plan.lines().filter(is_step).collect();
        let by = |line: &&str| ways.iter().any(|way| line.contains(way));
        assert!(!lines.is_empty() && lines.iter().all(by), "not by {ways:?}:\n{plan}\n{sql}");
        let plan = without_found(plan);
        for costly in ["Seq Scan", "Sort", "SCAN ", "TEMP B-TREE", "MULTI-INDEX"] {
            assert!(!plan.contains(costly), "{costly}:\n{plan}\n{sql}");
        }
    }
}

/// What another question has found is gone through, and no more.
fn without_found(plan: &str) -> String {
    plan.replace("SCAN (subquery", "(subquery")
}

struct Line(String);

impl QueryableByName<Pg> for Line {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        NamedRow::get::<Text, String>(row, "QUERY PLAN").map(Self)
    }
}

impl QueryableByName<Sqlite> for Line {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        NamedRow::get::<Text, String>(row, "detail").map(Self)
    }
}

/// Lets `ask` ask in the transaction that is open, and explains each of its questions.
pub fn explain<T>(
    conn: &mut Conn,
    ask: impl FnOnce(&mut Conn) -> QueryResult<T>,
) -> QueryResult<Vec<Explained>> {
    let heard = hear(conn, ask)?;
    heard.iter().map(|query| one(conn, query)).collect()
}

/// Lets `ask` ask, and answers its questions.
pub fn hear<T>(conn: &mut Conn, ask: impl FnOnce(&mut Conn) -> QueryResult<T>) -> QueryResult<Vec<String>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = heard.clone();
    let listen = move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            ear.lock().unwrap().push(query.to_string());
        }
    };
    match conn {
        Conn::Sqlite(conn) => conn.set_instrumentation(listen),
        Conn::Postgres(conn) => conn.set_instrumentation(listen),
    }
    ask(conn)?;
    let heard = std::mem::take(&mut *heard.lock().unwrap());
    Ok(heard.into_iter().filter(|query| query.trim_start_matches('(').starts_with("SELECT")).collect())
}

fn one(conn: &mut Conn, query: &str) -> QueryResult<Explained> {
    let (sql, binds) = query.split_once("-- binds: ").unwrap_or_else(|| panic!("{query}"));
    let lines: Vec<Line> = match conn {
        // The plan is the same whatever is bound.
        Conn::Sqlite(conn) => sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(conn)?,
        Conn::Postgres(conn) => {
            // Few rows tempt it to read them all, or to read those of an index first and to sort them then.
            sql_query("SET LOCAL enable_seqscan = off").execute(conn)?;
            sql_query("SET LOCAL enable_bitmapscan = off").execute(conn)?;
            // As whoever reads has it.
            sql_query("SET LOCAL plan_cache_mode = force_generic_plan").execute(conn)?;
            sql_query(format!("PREPARE question AS {sql}")).execute(conn)?;
            let execute = format!("EXPLAIN (COSTS OFF) EXECUTE question({})", literals(binds));
            let lines = sql_query(execute).load(conn)?;
            sql_query("DEALLOCATE question").execute(conn)?;
            lines
        }
    };
    let plan = lines.into_iter().map(|Line(line)| line).collect::<Vec<_>>().join("\n");
    Ok(Explained { sql: sql.to_owned(), plan })
}

/// The numbers, bytes and plain texts of `[PersonId(1), Timestamp(2), [3, 4], "deep"]`.
fn literals(binds: &str) -> String {
    let inside = binds.trim().strip_prefix('[').unwrap().strip_suffix(']').unwrap();
    let mut literals = Vec::new();
    let mut rest = inside;
    while !rest.is_empty() {
        if let Some(bytes) = rest.strip_prefix('[') {
            let (bytes, behind) = bytes.split_once(']').unwrap();
            let hex = bytes.split(", ").map(|byte| format!("{:02x}", byte.parse::<u8>().unwrap()));
            literals.push(format!("'\\x{}'", hex.collect::<String>()));
            rest = behind.strip_prefix(", ").unwrap_or(behind);
        } else if let Some(text) = rest.strip_prefix('"') {
            let (text, behind) = text.split_once('"').unwrap();
            literals.push(format!("'{text}'"));
            rest = behind.strip_prefix(", ").unwrap_or(behind);
        } else {
            let (bind, behind) = rest.split_once(", ").unwrap_or((rest, ""));
            literals.push(bind.chars().filter(|each| each.is_ascii_digit() || *each == '-').collect());
            rest = behind;
        }
    }
    literals.join(", ")
}
