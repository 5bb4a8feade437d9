//! `schema.rs` is kept by hand: here the databases agree with it.

use diesel::prelude::*;
use diesel::sql_query;
use model::db::testing::TestDatabase;
use model::db::{Conn, DatabaseUrl, Db};
use timetracker_api::MIGRATIONS;
use timetracker_api::schema::{
    activities, browser_sessions, clients, feeds, idempotency_keys, people, projects, tags, track_tags,
    tracks, workspaces,
};

// What each table's columns are read as.
type Person = (i64, String, i64, String, i64, i64, i64, String, String, String, i32);
type Item = (i64, i64, Vec<u8>, String, Option<String>, bool);
type Rate = (Option<i64>, Option<String>);
type When = (i64, i64, i64, String, Option<i64>, Option<i64>, i64);
type What = (Vec<u8>, String, bool, Option<String>, String, bool);
type Change = (i64, i64, i64, Option<i64>);
type Session = (Vec<u8>, i64, Vec<u8>, i64, i64, i64, i64, i64, i64);
type Feed = (i64, i64, Vec<u8>, String, i64, i64, Option<String>, Option<i64>);
type Key = (i64, String, String, String, String, Vec<u8>, i32, Option<String>, Option<i64>, Vec<u8>, i64);

#[tokio::test]
async fn migrations_go_up_down_and_up_and_every_column_is_there() {
    let database = TestDatabase::new();
    let first = MIGRATIONS.run(database.url()).unwrap();
    assert!(!first.is_empty());
    MIGRATIONS.revert_all(database.url()).unwrap();
    assert!(MIGRATIONS.are_pending(database.url()).unwrap());
    assert_eq!(MIGRATIONS.run(database.url()).unwrap(), first);
    assert!(!MIGRATIONS.are_pending(database.url()).unwrap());
    assert!(MIGRATIONS.run(database.url()).unwrap().is_empty());
    let db = Db::open(database.url()).unwrap();
    db.read(|conn| {
        workspaces::table.select(workspaces::all_columns).load::<(i64, i64, i64)>(conn)?;
        people::table.select(people::all_columns).load::<Person>(conn)?;
        macro_rules! item {
            ($rows:ident) => {
                $rows::table.select((
                    ($rows::id, $rows::workspace_id, $rows::uid, $rows::name, $rows::color, $rows::archived),
                    ($rows::updated_at, $rows::version, $rows::seq, $rows::deleted_at),
                    $rows::created_at,
                ))
            };
        }
        item!(activities).load::<(Item, Change, i64)>(conn)?;
        item!(projects).load::<(Item, Change, i64)>(conn)?;
        item!(clients).load::<(Item, Change, i64)>(conn)?;
        item!(tags).load::<(Item, Change, i64)>(conn)?;
        let more = (activities::description, activities::project_id, activities::billable_default);
        let more = (more, (activities::rate_amount, activities::rate_currency));
        activities::table.select(more).load::<((String, Option<i64>, Option<bool>), Rate)>(conn)?;
        let more = (projects::name_key, projects::client_id, projects::billable_default);
        let more = (more, (projects::rate_amount, projects::rate_currency));
        projects::table.select(more).load::<((String, Option<i64>, Option<bool>), Rate)>(conn)?;
        let more = (clients::name_key, (clients::rate_amount, clients::rate_currency));
        clients::table.select(more).load::<(String, Rate)>(conn)?;
        tags::table.select(tags::name_key).load::<String>(conn)?;
        tracks::table
            .select((
                (
                    tracks::id,
                    tracks::person_id,
                    tracks::activity_id,
                    tracks::description,
                    tracks::start_at,
                    tracks::end_at,
                    tracks::created_at,
                ),
                (
                    tracks::uid,
                    tracks::tags,
                    tracks::billable,
                    tracks::timezone,
                    tracks::source,
                    tracks::exclusive,
                ),
                (tracks::updated_at, tracks::version, tracks::seq, tracks::deleted_at),
            ))
            .load::<(When, What, Change)>(conn)?;
        browser_sessions::table.select(browser_sessions::all_columns).load::<Session>(conn)?;
        track_tags::table.select(track_tags::all_columns).load::<(i64, i64)>(conn)?;
        feeds::table.select(feeds::all_columns).load::<Feed>(conn)?;
        idempotency_keys::table.select(idempotency_keys::all_columns).load::<Key>(conn)
    })
    .await
    .unwrap();
}

#[test]
fn both_databases_have_migrations_of_the_same_names() {
    let names = |database: &str| {
        let folder = format!("{}/../../migrations/timetracker/{database}", env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgres"));
}

/// R167, as far as it exists: the database refuses what the code above it should never let through.
#[tokio::test]
async fn the_database_itself_refuses_impossible_rows() {
    let database = TestDatabase::new();
    MIGRATIONS.run(database.url()).unwrap();
    let db = Db::open(database.url()).unwrap();
    let seed = |conn: &mut Conn| {
        sql_query("INSERT INTO workspaces (created_at) VALUES (0)").execute(conn)?;
        sql_query("INSERT INTO people (issuer, subject, username, workspace_id, created_at) VALUES ('i', 1, 'a', 1, 0)")
            .execute(conn)?;
        sql_query(
            "INSERT INTO activities (workspace_id, name, description, created_at, uid) VALUES (1, 'a', '', 0, 'a')",
        )
        .execute(conn)
    };
    db.write(seed).await.unwrap();
    let insert = async |uid: &str, values: &str| {
        let columns = "person_id, activity_id, description, start_at, end_at, created_at, exclusive, uid";
        let sql = format!("INSERT INTO tracks ({columns}) VALUES ({values}, '{uid}')");
        db.write(move |conn| sql_query(sql).execute(conn)).await.is_ok()
    };
    assert!(insert("a", "1, 1, '', 10, 10, 0, FALSE").await);
    assert!(insert("b", "1, 1, '', NULL, NULL, 0, FALSE").await);
    assert!(!insert("a", "1, 1, '', NULL, NULL, 0, FALSE").await, "the same uid");
    assert!(!insert("c", "1, 1, '', 10, 9, 0, FALSE").await, "an end before its start");
    assert!(!insert("c", "1, 1, '', NULL, 9, 0, FALSE").await, "an end without a start");
    assert!(!insert("c", "2, 1, '', NULL, NULL, 0, FALSE").await, "nobody's");
    assert!(!insert("c", "1, 2, '', NULL, NULL, 0, FALSE").await, "of nothing");
    assert!(insert("c", "1, 1, '', 30, NULL, 0, TRUE").await);
    assert!(!insert("d", "1, 1, '', 40, NULL, 0, FALSE").await, "a second that runs");
    assert!(insert("d", "1, 1, '', 10, 20, 0, TRUE").await);
    assert!(insert("e", "1, 1, '', 20, 30, 0, TRUE").await, "touching is not overlapping");
    assert!(insert("f", "1, 1, '', 10, 20, 0, FALSE").await, "who allows it may");
    if matches!(database.url(), DatabaseUrl::Postgres(_)) {
        assert!(!insert("g", "1, 1, '', 19, 21, 0, TRUE").await, "an overlap that nobody wants");
        assert!(!insert("g", "1, 1, '', 35, 36, 0, TRUE").await, "with one that runs");
    }
    for name in [String::new(), "x".repeat(101)] {
        let columns = "workspace_id, name, description, created_at, uid";
        let sql = format!("INSERT INTO activities ({columns}) VALUES (1, '{name}', '', 0, 'b')");
        assert!(db.write(move |conn| sql_query(sql).execute(conn)).await.is_err());
    }
    let columns = "workspace_id, uid, name, name_key, created_at, updated_at, version, seq, client_id";
    let project = async |values: &str| {
        let sql = format!("INSERT INTO projects ({columns}) VALUES (1, {values})");
        db.write(move |conn| sql_query(sql).execute(conn)).await.is_ok()
    };
    assert!(project("'a', 'A', 'a', 0, 0, 1, 1, NULL").await);
    assert!(!project("'b', 'a', 'a', 0, 0, 1, 1, NULL").await, "the same name");
    assert!(!project("'a', 'B', 'b', 0, 0, 1, 1, NULL").await, "the same uid");
    assert!(!project("'b', 'B', 'b', 0, 0, 1, 1, 9").await, "for nobody");
    for rate in ["rate_amount = 1", "rate_currency = 'EUR'", "rate_amount = -1, rate_currency = 'EUR'"] {
        let sql = format!("UPDATE projects SET {rate}");
        assert!(db.write(move |conn| sql_query(sql).execute(conn)).await.is_err(), "{rate}");
    }
    let again =
        "INSERT INTO people (issuer, subject, username, workspace_id, created_at) VALUES ('i', 1, 'b', 1, 0)";
    assert!(db.write(move |conn| sql_query(again).execute(conn)).await.is_err());
}
