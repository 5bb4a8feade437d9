//! The workspace's list of tags: a name is in it as soon as a track has it.

use diesel::prelude::*;
use model::db::Conn;
use model::id::Uid;

use crate::changes::Stamp;
use crate::id::WorkspaceId;
use crate::schema::tags;
use crate::tracks::tags::key;

/// Adds what is new to the workspace's list; answers the names as the list writes them, one to a line.
///
/// # Errors
/// When the database cannot.
pub fn keep(conn: &mut Conn, workspace: WorkspaceId, names: &str, stamp: Stamp) -> QueryResult<String> {
    let mut kept = Vec::new();
    for name in names.split('\n').filter(|name| !name.is_empty()) {
        let known = tags::table
            .filter(tags::workspace_id.eq(workspace))
            .filter(tags::name_key.eq(key(name)))
            .filter(tags::deleted_at.is_null())
            .select(tags::name);
        let known: Option<String> = known.get_result(conn).optional()?;
        if known.is_none() {
            insert(conn, workspace, name, stamp)?;
        }
        kept.push(known.unwrap_or_else(|| name.to_owned()));
    }
    Ok(kept.join("\n"))
}

fn insert(conn: &mut Conn, workspace: WorkspaceId, name: &str, stamp: Stamp) -> QueryResult<usize> {
    diesel::insert_into(tags::table)
        .values((
            tags::workspace_id.eq(workspace),
            tags::uid.eq(Uid::new(stamp.at)),
            tags::name.eq(name),
            tags::name_key.eq(key(name)),
            tags::created_at.eq(stamp.at),
            tags::updated_at.eq(stamp.at),
            tags::version.eq(1_i64),
            tags::seq.eq(stamp.seq),
        ))
        .execute(conn)
}
