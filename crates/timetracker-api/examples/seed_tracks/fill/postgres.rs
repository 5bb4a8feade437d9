//! PostgreSQL: COPY, in its text format.

use std::io::Write;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_query;
use diesel::sql_types::Text;
use model::time::Timestamp;
use timetracker_api::schema::tracks;

use super::{Owner, Row, Seed};

/// How much is sent at once.
const AT_ONCE: usize = 1 << 16;

#[derive(QueryableByName)]
struct Part {
    #[diesel(sql_type = Text)]
    drop: String,
    #[diesel(sql_type = Text)]
    make: String,
}

pub(super) fn add_tracks(conn: &mut PgConnection, all: &[(&Seed, Vec<Owner>)]) -> QueryResult<()> {
    let parts: Vec<Part> = sql_query(
        "SELECT format('DROP INDEX %s', indexrelid::regclass) AS drop, pg_get_indexdef(indexrelid) AS make \
           FROM pg_index WHERE indrelid = 'tracks'::regclass \
            AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) \
         UNION ALL \
         SELECT format('ALTER TABLE tracks DROP CONSTRAINT %I', conname), \
                format('ALTER TABLE tracks ADD CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)) \
           FROM pg_constraint WHERE conrelid = 'tracks'::regclass AND contype = 'f'",
    )
    .load(conn)?;
    for part in &parts {
        conn.batch_execute(&part.drop)?;
    }
    conn.batch_execute("ALTER TABLE tracks DISABLE TRIGGER USER")?;
    diesel::copy_from(tracks::table)
        .from_raw_data(
            (
                tracks::person_id,
                tracks::activity_id,
                tracks::description,
                tracks::start_at,
                tracks::end_at,
                tracks::created_at,
                tracks::uid,
                tracks::tags,
                tracks::billable,
                tracks::timezone,
                tracks::updated_at,
                tracks::version,
                tracks::seq,
                tracks::deleted_at,
            ),
            |out: &mut dyn Write| all.iter().try_for_each(|(seed, owners)| send(out, seed, owners)),
        )
        .execute(conn)?;
    for part in &parts {
        conn.batch_execute(&part.make)?;
    }
    conn.batch_execute("ALTER TABLE tracks ENABLE TRIGGER USER")
}

fn send(out: &mut dyn Write, seed: &Seed, owners: &[Owner]) -> Result<(), Error> {
    let broken = |error: std::io::Error| Error::SerializationError(error.into());
    let mut lines = Vec::with_capacity(AT_ONCE + 1_024);
    for track in seed.each_track() {
        if let Some(row) = Row::new(owners, &track) {
            line(&mut lines, &row).map_err(broken)?;
        }
        if lines.len() >= AT_ONCE {
            out.write_all(&lines).map_err(broken)?;
            lines.clear();
        }
    }
    out.write_all(&lines).map_err(broken)
}

/// None of our texts has a backslash or a tab in it; tags have line ends between them.
fn line(out: &mut Vec<u8>, row: &Row<'_>) -> std::io::Result<()> {
    let track = row.track;
    let or_null = |number: Option<i64>| number.map_or("\\N".to_owned(), |number| number.to_string());
    write!(out, "{}\t{}\t{}\t", row.person, row.activity, track.description)?;
    write!(out, "{}\t{}\t", track.start.micros(), or_null(track.end.map(Timestamp::micros)))?;
    write!(out, "{}\t\\\\x{}\t{}\t", row.created_at, row.uid.0.simple(), track.tags.replace('\n', "\\n"))?;
    write!(out, "{}\t{}\t{}\t", if track.billable { 't' } else { 'f' }, row.timezone, row.updated_at)?;
    writeln!(out, "{}\t{}\t{}", track.version, track.seq, or_null(row.deleted_at))
}
