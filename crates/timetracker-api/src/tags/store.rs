//! The SQL of names in tracks. Every name that a track has is in the workspace's list, written as the list writes it.

use diesel::prelude::*;
use diesel::sql_types::Text;
use model::db::Conn;
use model::id::Uid;

use crate::changes::{Stamp, mark};
use crate::id::WorkspaceId;
use crate::names::key;
use crate::schema::{people, replace, tags, tracks, trim};
use crate::tracks::store::memory::Memory;

/// Adds what is new to the workspace's list; answers the names as the list writes them, one to a line.
///
/// # Errors
/// When the database cannot.
pub fn keep(
    conn: &mut Conn,
    workspace: WorkspaceId,
    names: &str,
    stamp: Stamp,
    memory: &mut Memory,
) -> QueryResult<String> {
    let mut kept = Vec::new();
    for name in names.split('\n').filter(|name| !name.is_empty()) {
        let key = key(name);
        if let Some(known) = memory.tags.get(&key) {
            kept.push(known.clone());
            continue;
        }
        let known = tags::table
            .filter(tags::workspace_id.eq(workspace))
            .filter(tags::name_key.eq(&key))
            .filter(tags::deleted_at.is_null())
            .select(tags::name);
        let known: Option<String> = known.get_result(conn).optional()?;
        if known.is_none() {
            insert(conn, workspace, name, stamp)?;
        }
        let known = known.unwrap_or_else(|| name.to_owned());
        memory.tags.insert(key, known.clone());
        kept.push(known);
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

/// Writes another name, or none, wherever the workspace's tracks have this one, deleted tracks included: they can come
/// back. Each of them has changed. `LIKE` would not do: SQLite's does not tell `a` from `A`.
///
/// # Errors
/// When the database cannot.
pub fn rename(
    conn: &mut Conn,
    workspace: WorkspaceId,
    from: &str,
    to: Option<&str>,
    stamp: Stamp,
) -> QueryResult<usize> {
    let line = || "\n".into_sql::<Text>();
    let lines = || line().concat(tracks::tags).concat(line());
    let to = to.map_or_else(|| "\n".to_owned(), |to| format!("\n{to}\n"));
    let renamed = || replace(lines(), format!("\n{from}\n"), to.clone());
    let people = people::table.filter(people::workspace_id.eq(workspace)).select(people::id);
    let found = tracks::table.filter(tracks::person_id.eq_any(people)).filter(renamed().ne(lines()));
    let row = diesel::update(found);
    row.set((tracks::tags.eq(trim(renamed(), "\n")), mark!(tracks, stamp))).execute(conn)
}
