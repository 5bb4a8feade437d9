//! `/readyz` follows what the database does; `/healthz` and introspection do not wait for it.

use diesel::connection::{Connection, SimpleConnection};
use diesel::{PgConnection, SqliteConnection};
use model::db::DatabaseUrl;

use crate::support::{TestServer, eventually, server};

const READY: (u16, &str) = (200, r#"{"status":"ready"}"#);
const UNAVAILABLE: (u16, &str) = (503, r#"{"status":"unavailable"}"#);

/// Waits until readiness is told so, to the byte.
async fn becomes(server: &TestServer, state: (u16, &str)) {
    eventually(state.1, || async {
        let told = server.http.get("/readyz").await;
        (told.status, told.body.as_str()) == state
    })
    .await;
}

/// Somebody who keeps everybody from writing what the server writes to find out, until dropped.
fn hold(url: &DatabaseUrl) -> Box<dyn Send> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
            conn.batch_execute("BEGIN IMMEDIATE").unwrap();
            Box::new(conn)
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = PgConnection::establish(url).unwrap();
            conn.batch_execute("BEGIN; LOCK TABLE readiness IN SHARE MODE").unwrap();
            Box::new(conn)
        }
    }
}

/// R154, F4: a lock that is not given back is no reason to restart the process, nor to stop vouching for tokens.
#[tokio::test]
async fn while_nothing_can_be_written_it_is_not_ready_but_alive_and_vouches_for_tokens() {
    let server = server().await;
    let client = server.client("web").await;
    let (access, _) = server.signed_in("ada").await.tokens_for(&client).await;
    becomes(&server, READY).await;
    let held = hold(server.database().url());
    becomes(&server, UNAVAILABLE).await;
    let alive = server.http.get("/healthz").await;
    assert_eq!((alive.status, alive.body.as_str()), (200, r#"{"status":"ok"}"#));
    assert!(client.vouches_for(&access).await);
    drop(held);
    becomes(&server, READY).await;
}

/// R154, F4: it is found out by a row that is really written. An update that meets no row would do on a full disk, too.
#[tokio::test]
async fn readiness_is_found_out_by_writing() {
    let server = server().await;
    becomes(&server, READY).await;
    assert_eq!(server.count("readiness WHERE probes > 0").await, 1);
    server.sql("DELETE FROM readiness").await;
    becomes(&server, UNAVAILABLE).await;
    server.sql("INSERT INTO readiness (probes) VALUES (0)").await;
    becomes(&server, READY).await;
}
