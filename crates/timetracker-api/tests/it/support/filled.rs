//! Many tracks at once, behind the API's back.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use model::db::Conn;

use super::World;

/// How many are made by one statement: what takes long is given up.
const AT_ONCE: usize = 500;

/// Half a minute each, one each minute from 2026-09-21T14:13:20Z on, with this description.
pub async fn fill(world: &World, activity: i64, count: i64, description: &str) {
    let db = world.db();
    for from in (0..count).step_by(AT_ONCE) {
        let to = count.min(from + i64::try_from(AT_ONCE).unwrap());
        let description = description.to_owned();
        let filled = db.write(move |conn| insert(conn, activity, (from, to), &description)).await;
        assert_eq!(i64::try_from(filled.unwrap()).unwrap(), to - from);
    }
}

fn insert(conn: &mut Conn, activity: i64, (from, to): (i64, i64), description: &str) -> QueryResult<usize> {
    let start = "1790000000000000 + 60000000 * number";
    let uid = match conn {
        Conn::Sqlite(_) => "randomblob(16)",
        Conn::Postgres(_) => "uuid_send(gen_random_uuid())",
    };
    sql_query(format!(
        "WITH RECURSIVE each (number) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT number + 1 FROM each WHERE number + 1 < $2) \
         INSERT INTO tracks (person_id, activity_id, description, start_at, end_at, created_at, uid) \
         SELECT people.id, activities.id, $3, {start}, {start} + 30000000, 0, {uid} \
         FROM each, activities JOIN people ON people.workspace_id = activities.workspace_id WHERE activities.id = $4"
    ))
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(to)
    .bind::<Text, _>(description)
    .bind::<BigInt, _>(activity)
    .execute(conn)
}
