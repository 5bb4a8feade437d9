//! `schema.rs` is kept by hand: here the databases agree with it.

use diesel::prelude::*;
use diesel::sql_query;
use model::db::testing::TestDatabase;
use model::db::{Conn, Db};
use timetracker_api::MIGRATIONS;
use timetracker_api::schema::{activities, people, tracks, workspaces};

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
        workspaces::table.select(workspaces::all_columns).load::<(i64, i64)>(conn)?;
        people::table.select(people::all_columns).load::<(i64, String, i64, String, i64, i64, i64)>(conn)?;
        activities::table
            .select(activities::all_columns)
            .load::<(i64, i64, String, String, i64, Option<i64>)>(conn)?;
        tracks::table
            .select(tracks::all_columns)
            .load::<(i64, i64, i64, String, Option<i64>, Option<i64>, i64)>(conn)
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
            "INSERT INTO activities (workspace_id, name, description, created_at) VALUES (1, 'a', '', 0)",
        )
        .execute(conn)
    };
    db.write(seed).await.unwrap();
    let insert = async |values: &str| {
        let columns = "person_id, activity_id, description, start_at, end_at, created_at";
        let sql = format!("INSERT INTO tracks ({columns}) VALUES ({values})");
        db.write(move |conn| sql_query(sql).execute(conn)).await.is_ok()
    };
    assert!(insert("1, 1, '', 10, 10, 0").await);
    assert!(insert("1, 1, '', NULL, NULL, 0").await);
    assert!(!insert("1, 1, '', 10, 9, 0").await);
    assert!(!insert("1, 1, '', NULL, 9, 0").await);
    assert!(!insert("2, 1, '', NULL, NULL, 0").await);
    assert!(!insert("1, 2, '', NULL, NULL, 0").await);
    for name in [String::new(), "x".repeat(101)] {
        let columns = "workspace_id, name, description, created_at";
        let sql = format!("INSERT INTO activities ({columns}) VALUES (1, '{name}', '', 0)");
        assert!(db.write(move |conn| sql_query(sql).execute(conn)).await.is_err());
    }
    let again =
        "INSERT INTO people (issuer, subject, username, workspace_id, created_at) VALUES ('i', 1, 'b', 1, 0)";
    assert!(db.write(move |conn| sql_query(again).execute(conn)).await.is_err());
}
