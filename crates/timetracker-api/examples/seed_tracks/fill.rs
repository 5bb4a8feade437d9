//! How the rows get into the database: tracks by one prepared statement on SQLite and by COPY on PostgreSQL. What costs more
//! row by row than at the end (indexes, triggers, foreign keys) is laid aside meanwhile, as the database itself
//! describes it, and so every row is judged by all of it when it comes back.

// Said, because the tests read this file as well.
#[path = "fill/postgres.rs"]
mod postgres;
#[path = "fill/sqlite.rs"]
mod sqlite;

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use model::db::Conn;
use model::id::Uid;
use timetracker_api::schema::{activities, people, workspaces};

use super::seed::{ACTIVITIES, Seed, TAGS, Track};

/// Where a person's tracks belong.
#[derive(Debug)]
struct Owner {
    person: i64,
    activities: Vec<i64>,
}

/// A track's row.
struct Row<'a> {
    person: i64,
    activity: i64,
    uid: Uid,
    timezone: &'static str,
    created_at: i64,
    updated_at: i64,
    deleted_at: Option<i64>,
    track: &'a Track,
}

impl<'a> Row<'a> {
    fn new(owners: &[Owner], track: &'a Track) -> Option<Self> {
        let owner = owners.get(usize::try_from(track.person).ok()?)?;
        let activity = *owner.activities.get(usize::try_from(track.activity).ok()?)?;
        let updated_at = track.end.unwrap_or(track.start).micros();
        Some(Self {
            person: owner.person,
            activity,
            uid: Uid(uuid::Uuid::from_bytes(track.uid)),
            timezone: if track.person % 3 == 0 { "Europe/Berlin" } else { "America/New_York" },
            created_at: track.start.micros(),
            updated_at,
            deleted_at: track.is_deleted.then_some(updated_at),
            track,
        })
    }
}

/// Fills the database, in the transaction that is open. None of these people may be there yet.
///
/// # Errors
/// When the database will not have it.
pub fn fill(conn: &mut Conn, seeds: &[Seed]) -> QueryResult<()> {
    let mut all = Vec::new();
    for seed in seeds {
        add_people(conn, seed)?;
        all.push((seed, owners(conn, seed)?));
    }
    match conn {
        Conn::Sqlite(conn) => sqlite::add_tracks(conn, &all)?,
        Conn::Postgres(conn) => postgres::add_tracks(conn, &all)?,
    }
    let first = all.first().and_then(|(_, owners)| owners.first()).map_or(0, |owner| owner.person);
    add_links(conn, first)?;
    // As the triggers would have counted.
    sql_query(
        "UPDATE people SET track_count = (SELECT count(*) FROM tracks WHERE person_id = people.id AND deleted_at IS NULL) \
         WHERE id >= $1",
    )
    .bind::<BigInt, _>(first)
    .execute(conn)
    .map(drop)
}

/// Which tracks have a tag, as their rows say.
fn add_links(conn: &mut Conn, first: i64) -> QueryResult<()> {
    let names = match conn {
        Conn::Sqlite(_) => {
            "JOIN json_each('[\"' || replace(tracks.tags, char(10), '\",\"') || '\"]') AS names \
             JOIN tags ON tags.name = names.value"
        }
        Conn::Postgres(_) => {
            "CROSS JOIN LATERAL unnest(string_to_array(tracks.tags, E'\n')) AS names (name) \
             JOIN tags ON tags.name = names.name"
        }
    };
    sql_query(format!(
        "INSERT INTO track_tags (tag_id, track_id) SELECT tags.id, tracks.id \
         FROM tracks JOIN people ON people.id = tracks.person_id {names} AND tags.workspace_id = people.workspace_id \
         WHERE tracks.tags <> '' AND people.id >= $1 ORDER BY tags.id, tracks.id"
    ))
    .bind::<BigInt, _>(first)
    .execute(conn)
    .map(drop)
}

/// Numbers from 0, one for each person.
const EACH: &str = "WITH RECURSIVE each (number) AS \
    (SELECT CAST(0 AS BIGINT) UNION ALL SELECT number + 1 FROM each WHERE number + 1 < $1)";

fn add_people(conn: &mut Conn, seed: &Seed) -> QueryResult<()> {
    let random = match conn {
        Conn::Sqlite(_) => "randomblob(16)",
        Conn::Postgres(_) => "uuid_send(gen_random_uuid())",
    };
    let begins = seed.begins().micros();
    let before: Option<i64> = workspaces::table.select(diesel::dsl::max(workspaces::id)).get_result(conn)?;
    let before = before.unwrap_or_default();
    sql_query(format!(
        "INSERT INTO workspaces (created_at, change_seq) {EACH} SELECT $2, 1 + ($3 - number + $1 - 1) / $1 FROM each"
    ))
    .bind::<BigInt, _>(seed.people)
    .bind::<BigInt, _>(begins)
    .bind::<BigInt, _>(seed.tracks)
    .execute(conn)?;
    sql_query(
        "INSERT INTO people (issuer, subject, username, workspace_id, created_at, timezone) \
         SELECT $1, $2 + place, 'seed-' || ($2 + place), id, $3, 'Europe/Berlin' \
         FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM workspaces WHERE id > $4) AS fresh \
         ORDER BY place",
    )
    .bind::<Text, _>(&seed.issuer)
    .bind::<BigInt, _>(seed.first_subject)
    .bind::<BigInt, _>(begins)
    .bind::<BigInt, _>(before)
    .execute(conn)?;
    for name in ACTIVITIES {
        sql_query(format!(
            "INSERT INTO activities (workspace_id, name, description, created_at, updated_at, version, seq, uid) \
             SELECT id, $1, '', created_at, created_at, 1, 1, {random} FROM workspaces WHERE id > $2 ORDER BY id"
        ))
        .bind::<Text, _>(name)
        .bind::<BigInt, _>(before)
        .execute(conn)?;
    }
    for name in TAGS {
        sql_query(format!(
            "INSERT INTO tags (workspace_id, name, name_key, created_at, updated_at, version, seq, uid) \
             SELECT id, $1, $1, created_at, created_at, 1, 1, {random} FROM workspaces WHERE id > $2 ORDER BY id"
        ))
        .bind::<Text, _>(name)
        .bind::<BigInt, _>(before)
        .execute(conn)?;
    }
    Ok(())
}

fn owners(conn: &mut Conn, seed: &Seed) -> QueryResult<Vec<Owner>> {
    let last = seed.first_subject + seed.people - 1;
    let people: Vec<(i64, i64)> = people::table
        .filter(people::issuer.eq(&seed.issuer))
        .filter(people::subject.between(seed.first_subject, last))
        .order(people::subject)
        .select((people::id, people::workspace_id))
        .load(conn)?;
    let all: Vec<(i64, i64)> = activities::table
        .order(activities::id)
        .select((activities::workspace_id, activities::id))
        .load(conn)?;
    let mut of: HashMap<i64, Vec<i64>> = HashMap::new();
    for (workspace, activity) in all {
        of.entry(workspace).or_default().push(activity);
    }
    Ok(people
        .into_iter()
        .map(|(person, workspace)| Owner { person, activities: of.remove(&workspace).unwrap_or_default() })
        .collect())
}
