//! Both services under roles that may not change tables, as `deploy/postgres-roles.sql` makes them (R175).
//! On SQLite these tests have nothing to prove: there are no roles, and who may write the file may do everything.

use diesel::connection::SimpleConnection;
use diesel::{RunQueryDsl, sql_query};
use model::db::testing::TwoRoles;
use model::db::{Db, DbError, Migrations};
use serde_json::json;

use super::deployment::{Deployment, tables};
use crate::support::databases::Databases;
use crate::support::{Tokens, confidential};

const SERVICES: [Migrations; 2] = [authz::store::MIGRATIONS, timetracker_api::MIGRATIONS];

/// What the database said to a role that tried this.
async fn refusal(db: &Db, statement: String) -> String {
    match db.write(move |conn| conn.batch_execute(&statement)).await {
        Err(DbError::Query(error)) => error.to_string(),
        other => format!("{other:?}"),
    }
}

/// Whatever the table, and whatever is no table yet.
async fn nothing_can_be_changed(roles: &TwoRoles) {
    let db = Db::open(&roles.runtime()).unwrap();
    let found = tables(&roles.runtime()).await;
    assert!(found.len() >= 4, "{found:?}");
    for table in found.iter().map(String::as_str).chain(["__diesel_schema_migrations"]) {
        for statement in [
            format!("DROP TABLE {table} CASCADE"),
            format!("ALTER TABLE {table} ADD COLUMN more TEXT"),
            format!("ALTER TABLE {table} OWNER TO CURRENT_USER"),
            format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
            format!("CREATE INDEX more ON {table} ((1))"),
        ] {
            let said = refusal(&db, statement.clone()).await;
            assert!(said.contains(&format!("must be owner of table {table}")), "{statement}: {said}");
        }
        let said = refusal(&db, format!("TRUNCATE {table} CASCADE")).await;
        assert!(said.contains(&format!("permission denied for table {table}")), "{said}");
    }
    for (statement, what) in [
        ("CREATE TABLE more (id BIGINT)", "schema public"),
        ("CREATE VIEW more AS SELECT 1", "schema public"),
        ("CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'", "schema public"),
        ("CREATE SEQUENCE more", "schema public"),
        ("CREATE SCHEMA more", "database"),
    ] {
        let said = refusal(&db, statement.to_owned()).await;
        assert!(said.contains("permission denied") && said.contains(what), "{statement}: {said}");
    }
    let said = refusal(&db, "CREATE TEMPORARY TABLE more (id BIGINT)".to_owned()).await;
    assert!(said.contains("permission denied to create temporary tables"), "{said}");
}

/// R175
#[tokio::test]
async fn the_services_do_all_they_do_with_roles_that_cannot_change_a_table() {
    let (Some(first), Some(second)) = (TwoRoles::new(), TwoRoles::new()) else { return };
    for (roles, migrations) in [&first, &second].into_iter().zip(SERVICES) {
        roles.divide();
        assert!(migrations.are_pending(&roles.runtime()).unwrap());
        let refused = migrations.run(&roles.runtime()).unwrap_err().to_string();
        assert!(refused.contains("could not be run: permission denied for schema public"), "{refused}");
        assert!(!migrations.run(&roles.owner()).unwrap().is_empty());
        assert!(!migrations.are_pending(&roles.runtime()).unwrap());
        nothing_can_be_changed(roles).await;
    }

    // `authz` has AUTO_MIGRATE on, the API has not: neither needs more than to read what was run.
    let databases = Databases { authz: first.into(), timetracker: second.into() };
    let apart = Deployment::on(databases, &[("TIMETRACKER_AUTO_MIGRATE", "false")]).await;
    let application = apart.register(confidential("Time sheets", super::CALLBACK)).await;
    let here = application.at(&apart.authz(0));
    let mut browser = apart.browser();
    browser.sign_up("ada").await;
    let request = here.asks_for("read write");
    let code = browser.allows(&request).await;
    let tokens = Tokens::read(&here.exchange(&code, &request.verifier).await).unwrap();
    let tokens = Tokens::read(&here.refresh(&tokens.refresh).await).unwrap();
    let ada = apart.caller(0, &tokens.access);
    let activity = ada.post("/api/activities/", json!({"name": "Reading"})).await.id();
    let track = ada.post("/api/tracks/", json!({"activity": activity})).await;
    assert_eq!(track.status, 201);
    ada.get(&format!("/api/tracks/{}/", track.id())).await.is(200, &track.text);
    here.revoke(&tokens.refresh).await.is(200, "");
    assert_eq!(here.refresh(&tokens.refresh).await.status, 400);
}

/// R175: an installation that began with one role becomes one with two.
#[tokio::test]
async fn what_the_service_owned_becomes_the_owners() {
    for migrations in SERVICES {
        let Some(roles) = TwoRoles::new() else { return };
        assert!(!migrations.run(&roles.runtime()).unwrap().is_empty());
        roles.divide();
        roles.divide();
        nothing_can_be_changed(&roles).await;
        assert!(migrations.run(&roles.runtime()).unwrap().is_empty());
        let db = Db::open(&roles.runtime()).unwrap();
        for table in tables(&roles.runtime()).await {
            let all = format!("SELECT * FROM {table}");
            db.read(move |conn| sql_query(all).execute(conn)).await.unwrap();
        }
        drop(db);
        migrations.revert_all(&roles.owner()).unwrap();
        assert!(!migrations.run(&roles.owner()).unwrap().is_empty());
    }
}
