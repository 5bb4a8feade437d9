//! Makes the database refuse one write of an act, or its commit. The program is as it is: triggers on every table.

use model::db::DatabaseUrl;

use crate::schema;
use crate::support::TestServer;

/// Where an act is to break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// Right after the row written as number so many; the first is 1.
    After(u32),
    /// When everything was written.
    AtCommit,
}

/// A row counts the writes and says which one is refused. A debt that no ground covers is noticed by the commit.
const GROUND: &str = "
    CREATE TABLE trap (writes BIGINT NOT NULL, fails_after BIGINT NOT NULL, commit_fails BOOLEAN NOT NULL);
    INSERT INTO trap VALUES (0, 0, FALSE);
    CREATE TABLE ground (id BIGINT PRIMARY KEY);
    CREATE TABLE debt (id BIGINT REFERENCES ground (id) DEFERRABLE INITIALLY DEFERRED);";

const POSTGRES_FUNCTION: &str = "
    CREATE FUNCTION spring() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE trap SET writes = writes + 1;
        INSERT INTO debt SELECT 1 FROM trap WHERE commit_fails;
        IF EXISTS (SELECT 1 FROM trap WHERE writes = fails_after) THEN RAISE EXCEPTION 'on purpose'; END IF;
        RETURN NULL;
    END $$;";

/// Lays the trap on every table there is.
pub async fn lay(server: &TestServer) {
    let tables: Vec<String> = schema::tables().into_iter().map(|(table, _)| table).collect();
    let statements: String = match server.database().url() {
        DatabaseUrl::Sqlite(_) => tables.iter().flat_map(|table| on_sqlite(table)).collect(),
        DatabaseUrl::Postgres(_) => {
            let triggers = tables.iter().map(|table| {
                format!(
                    "CREATE TRIGGER trap AFTER INSERT OR UPDATE OR DELETE ON {table} \
                     FOR EACH ROW EXECUTE FUNCTION spring();"
                )
            });
            POSTGRES_FUNCTION.to_owned() + &triggers.collect::<String>()
        }
    };
    server.sql(&format!("{GROUND}{statements}")).await;
}

fn on_sqlite(table: &str) -> [String; 3] {
    ["INSERT", "UPDATE", "DELETE"].map(|verb| {
        format!(
            "CREATE TRIGGER trap_{table}_{verb} AFTER {verb} ON {table} BEGIN
                 UPDATE trap SET writes = writes + 1;
                 INSERT INTO debt SELECT 1 FROM trap WHERE commit_fails;
                 SELECT RAISE(ABORT, 'on purpose') FROM trap WHERE writes = fails_after;
             END;"
        )
    })
}

/// From now on the next act breaks there.
pub async fn set(server: &TestServer, breaks: Breaks) {
    let (fails_after, commit_fails) = match breaks {
        Breaks::After(write) => (write, false),
        Breaks::AtCommit => (0, true),
    };
    server
        .sql(&format!(
            "UPDATE trap SET writes = 0, fails_after = {fails_after}, commit_fails = {commit_fails}"
        ))
        .await;
}

/// From now on nothing breaks.
pub async fn disarm(server: &TestServer) {
    set(server, Breaks::After(0)).await;
}
