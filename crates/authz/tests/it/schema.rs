//! The tables: alike on both databases, and as the code believes they are.

use std::collections::BTreeSet;
use std::path::Path;

use authz::store::{MIGRATIONS, clients, sealing_keys, users};
use model::db::Db;
use model::db::testing::TestDatabase;
use model::time::Timestamp;

fn names(database: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/authz").join(database);
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn migrations_have_the_same_names_on_both_sides() {
    assert_eq!(names("sqlite"), names("postgres"));
    for name in names("sqlite") {
        for (database, file) in
            [("sqlite", "up"), ("sqlite", "down"), ("postgres", "up"), ("postgres", "down")]
        {
            let path =
                format!("{}/../../migrations/authz/{database}/{name}/{file}.sql", env!("CARGO_MANIFEST_DIR"));
            assert!(Path::new(&path).is_file(), "{path}");
        }
    }
}

#[tokio::test]
async fn migrations_go_up_and_down_and_up_again() {
    let database = TestDatabase::new();
    let url = database.url();
    assert!(MIGRATIONS.are_pending(url).unwrap());
    let ran = MIGRATIONS.run(url).unwrap();
    assert_eq!(ran.len(), names("sqlite").len());
    assert!(!MIGRATIONS.are_pending(url).unwrap());
    assert_eq!(MIGRATIONS.run(url).unwrap(), Vec::<String>::new());
    MIGRATIONS.revert_all(url).unwrap();
    assert!(MIGRATIONS.are_pending(url).unwrap());
    assert_eq!(MIGRATIONS.run(url).unwrap(), ran);
    let db = Db::open(url).unwrap();
    let now = Timestamp::from_unix_seconds(1);
    db.write(move |conn| sealing_keys::ensure(conn, now)).await.unwrap();
    assert_eq!(db.read(sealing_keys::all).await.unwrap().len(), 1);
    assert!(db.read(users::all).await.unwrap().is_empty());
    assert!(db.read(clients::all).await.unwrap().is_empty());
}

/// Columns as `schema.rs` writes them, table by table, read from its text.
pub(crate) fn tables() -> Vec<(String, Vec<String>)> {
    let text = include_str!("../../src/schema.rs");
    text.split("table! {")
        .skip(1)
        .filter(|block| block.contains("->"))
        .map(|block| block.split_once("\n}").unwrap().0)
        .map(|block| {
            let name = block.split_whitespace().next().unwrap().to_owned();
            let columns = block.lines().filter_map(|line| line.split_once("->"));
            (
                name,
                columns
                    .map(|(column, _)| column.trim().to_owned())
                    .filter(|each| !each.contains(' '))
                    .collect(),
            )
        })
        .collect()
}

#[tokio::test]
async fn every_column_of_every_table_is_there() {
    use diesel::RunQueryDsl;
    let database = TestDatabase::new();
    MIGRATIONS.run(database.url()).unwrap();
    let db = Db::open(database.url()).unwrap();
    let tables = tables();
    assert_eq!(tables.len(), 9);
    for (table, columns) in tables {
        assert!(columns.len() > 2, "{table}: {columns:?}");
        let query = format!("SELECT {} FROM {table}", columns.join(", "));
        db.read(move |conn| diesel::sql_query(query).execute(conn))
            .await
            .unwrap_or_else(|error| panic!("{table}: {error}"));
        let query = format!("SELECT * FROM {table}");
        db.read(move |conn| diesel::sql_query(query).execute(conn)).await.unwrap();
    }
}
