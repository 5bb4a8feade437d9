//! The SQL of names in tracks. Every name that a track has is in the workspace's list, written as the list writes it;
//! `track_tags` says which tracks have a tag.

use diesel::prelude::*;
use diesel::sql_types::Text;
use model::db::{Conn, Kept};
use model::id::Uid;

use crate::auth::Caller;
use crate::auth::scopes::{Needs, Scope};
use crate::catalogue::{Kind, store as catalogue};
use crate::changes::{Stamp, mark};
use crate::id::{ItemId, TrackId, WorkspaceId};
use crate::names::key;
use crate::schema::{replace, tags, track_tags, tracks, trim};
use crate::tracks::form::Draft;
use crate::tracks::row::Track;
use crate::tracks::store::memory::Memory;
use crate::wire::error::{ApiError, Verdict};

/// The most tracks that change because their tag does: half a second's work, during which nobody else in the workspace
/// writes, and on SQLite nobody at all.
const MOST: i64 = 10_000;

/// A tag of the workspace's list.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Tag {
    /// Its id.
    pub id: ItemId,
    /// Its name, as the list writes it.
    pub name: String,
    /// Whether it is out of use.
    pub is_archived: bool,
}

/// Looks up those of the names that are not remembered yet.
fn recall<'a>(
    conn: &mut Conn,
    workspace: WorkspaceId,
    names: impl IntoIterator<Item = &'a str>,
    memory: &mut Memory,
) -> QueryResult<()> {
    let keys = names.into_iter().map(key);
    let unknown: Vec<String> = keys.filter(|key| !memory.tags.contains_key(key)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let known = tags::table
        .filter(tags::workspace_id.eq(workspace))
        .filter(tags::name_key.eq_any(unknown))
        .filter(tags::deleted_at.is_null())
        .select((tags::name_key, (tags::id, tags::name, tags::archived)));
    memory.tags.extend(known.load::<(String, Tag)>(conn)?);
    Ok(())
}

/// Judges the tags of a draft: what is archived is put on no track that has it not already, and a list that is full takes
/// no new names.
///
/// # Errors
/// When the database cannot.
pub fn judge(
    conn: &mut Conn,
    workspace: WorkspaceId,
    draft: &mut Draft,
    before: Option<&Track>,
    memory: &mut Memory,
) -> QueryResult<()> {
    recall(conn, workspace, draft.tags().iter().map(String::as_str), memory)?;
    let had = |tag: &Tag| before.is_some_and(|track| track.tags().any(|name| name == tag.name));
    let known = |name: &String| memory.tags.get(&key(name));
    let archived = draft.tags().iter().filter_map(known).filter(|tag| tag.is_archived && !had(tag));
    let archived: Vec<String> =
        archived.map(|tag| format!("The tag \"{}\" is archived.", tag.name)).collect();
    for message in archived {
        draft.refuse_tags(message);
    }
    let new = draft.tags().iter().filter(|name| known(name).is_none()).count();
    if new > 0
        && catalogue::is_full(conn, workspace, Kind::Tag, i64::try_from(new).unwrap_or(catalogue::MOST))?
    {
        draft.refuse_tags(catalogue::full(Kind::Tag));
    }
    Ok(())
}

/// The tags of these names, one to a line; what is new is added to the workspace's list.
///
/// # Errors
/// When the database cannot.
pub fn keep(
    conn: &mut Conn,
    workspace: WorkspaceId,
    names: &str,
    stamp: Stamp,
    memory: &mut Memory,
) -> QueryResult<Vec<Tag>> {
    let names = || names.split('\n').filter(|name| !name.is_empty());
    recall(conn, workspace, names(), memory)?;
    let mut kept = Vec::new();
    for name in names() {
        let known = memory.tags.get(&key(name)).cloned();
        let tag = known.map_or_else(|| insert(conn, workspace, name, stamp), Ok)?;
        memory.tags.insert(key(name), tag.clone());
        kept.push(tag);
    }
    Ok(kept)
}

/// As a track has them.
pub fn lines(tags: &[Tag]) -> String {
    tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>().join("\n")
}

fn insert(conn: &mut Conn, workspace: WorkspaceId, name: &str, stamp: Stamp) -> QueryResult<Tag> {
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
        .returning((tags::id, tags::name, tags::archived))
        .get_result(conn)
}

/// Records that a track has these tags, and has those no more.
///
/// # Errors
/// When the database cannot.
pub fn link(conn: &mut Conn, track: TrackId, had: &[Tag], has: &[Tag]) -> QueryResult<()> {
    let gone: Vec<ItemId> = had.iter().filter(|tag| !has.contains(tag)).map(|tag| tag.id).collect();
    if !gone.is_empty() {
        let links = track_tags::table.filter(track_tags::track_id.eq(track));
        diesel::delete(links.filter(track_tags::tag_id.eq_any(gone))).execute(conn)?;
    }
    let new = has.iter().filter(|tag| !had.contains(tag));
    let new: Vec<_> =
        new.map(|tag| (track_tags::tag_id.eq(tag.id), track_tags::track_id.eq(track))).collect();
    if new.is_empty() {
        return Ok(());
    }
    let links = diesel::insert_into(track_tags::table).values(new);
    match conn {
        Conn::Sqlite(conn) => links.execute(conn)?,
        Conn::Postgres(conn) => Kept(links).execute(conn)?,
    };
    Ok(())
}

/// Writes another name, or none, wherever tracks have the tag, deleted tracks included: they can come back. Each of them
/// has changed, and so it is a change of tracks that the client must be allowed.
///
/// # Errors
/// When the database cannot; the inner error when the client may not change tracks, or these are too many.
pub fn rename(
    conn: &mut Conn,
    caller: &Caller,
    (tag, from): (ItemId, &str),
    to: Option<&str>,
    stamp: Stamp,
) -> Verdict<()> {
    if !is_on_more_than(conn, tag, 0)? {
        return Ok(Ok(()));
    }
    let needs = Needs::OneOf(&[Scope::TracksWrite]);
    if !needs.are_met_by(caller.scopes) {
        let scheme = caller.scheme;
        return Ok(Err(ApiError::LacksScope(scheme, needs)));
    }
    if is_on_more_than(conn, tag, MOST)? {
        return Ok(Err(ApiError::Conflict(
            "The tag is on more than 10000 tracks: archive it, or take it off some of them first.",
        )));
    }
    let line = || "\n".into_sql::<Text>();
    let lines = || line().concat(tracks::tags).concat(line());
    let name = to.map_or_else(|| "\n".to_owned(), |to| format!("\n{to}\n"));
    let renamed = replace(lines(), format!("\n{from}\n"), name);
    let having = || track_tags::table.filter(track_tags::tag_id.eq(tag));
    diesel::update(tracks::table.filter(tracks::id.eq_any(having().select(track_tags::track_id))))
        .set((tracks::tags.eq(trim(renamed, "\n")), mark!(tracks, stamp)))
        .execute(conn)?;
    if to.is_none() {
        diesel::delete(having()).execute(conn)?;
    }
    Ok(Ok(()))
}

fn is_on_more_than(conn: &mut Conn, tag: ItemId, count: i64) -> QueryResult<bool> {
    let links = track_tags::table.filter(track_tags::tag_id.eq(tag)).order(track_tags::track_id);
    let next = links.offset(count).limit(1).select(track_tags::track_id);
    Ok(next.get_result::<TrackId>(conn).optional()?.is_some())
}
