//! SQLite: a row at a time, the statement prepared once.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use model::db::Kept;
use model::time::Timestamp;
use timetracker_api::schema::tracks;

use super::{Owner, Row, Seed};

#[derive(QueryableByName)]
struct Part {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql: String,
}

pub(super) fn add_tracks(conn: &mut SqliteConnection, all: &[(&Seed, Vec<Owner>)]) -> QueryResult<()> {
    let parts: Vec<Part> = sql_query(
        "SELECT type AS kind, name, sql FROM sqlite_schema \
         WHERE tbl_name = 'tracks' AND type IN ('index', 'trigger') AND sql IS NOT NULL",
    )
    .load(conn)?;
    for part in &parts {
        conn.batch_execute(&format!("DROP {} {}", part.kind, part.name))?;
    }
    let owned = all.iter().flat_map(|(seed, owners)| seed.each_track().map(move |track| (owners, track)));
    for (owners, track) in owned {
        let Some(row) = Row::new(owners, &track) else { continue };
        Kept(diesel::insert_into(tracks::table).values((
            tracks::person_id.eq(row.person),
            tracks::activity_id.eq(row.activity),
            tracks::description.eq(&track.description),
            tracks::start_at.eq(track.start.micros()),
            tracks::end_at.eq(track.end.map(Timestamp::micros)),
            tracks::created_at.eq(row.created_at),
            tracks::uid.eq(row.uid),
            tracks::tags.eq(&track.tags),
            tracks::billable.eq(track.billable),
            tracks::timezone.eq(row.timezone),
            tracks::updated_at.eq(row.updated_at),
            tracks::version.eq(track.version),
            tracks::seq.eq(track.seq),
            tracks::deleted_at.eq(row.deleted_at),
        )))
        .execute(conn)?;
    }
    for part in &parts {
        conn.batch_execute(&part.sql)?;
    }
    Ok(())
}
