//! The SQL of the catalogue, for all its kinds: [`tables`] knows the table of each. The workspace is a parameter of every
//! function: anybody's items cannot be said.

pub(crate) mod tables;

use diesel::prelude::*;
use model::db::Conn;
use model::id::Uid;
use tables::with_table;

use super::Kind;
use super::form::Draft;
use super::item::{self, Item, What};
use crate::auth::Caller;
use crate::changes::{Stamp, mark};
use crate::id::{ItemId, WorkspaceId};
use crate::names;
use crate::schema::{clients, projects, tags};
use crate::tags::store as tags_of_tracks;
use crate::wire::conditional::Conditions;
use crate::wire::cursor::{Place, Value, along};
use crate::wire::error::{ApiError, Verdict, or_refuse};
use crate::wire::fields;
use crate::wire::filters::no_such_choice;
use crate::wire::listing::{Page, Wanted};

/// Which items.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// LIKE patterns, all of which must match the name, or the description where there is one.
    pub search: Vec<String>,
    /// Only those that are archived, or only the others.
    pub archived: Option<bool>,
    /// Only what belongs to these, nearer ones first.
    pub above: Vec<(Kind, ItemId)>,
}

/// The most items of a kind that a workspace has at once: a list that goes by no index sorts them in a few milliseconds.
pub const MOST: i64 = 10_000;

/// What items can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// In the order they were made.
    Id,
    /// By name.
    Name,
    /// By when they were made.
    Created,
    /// By when they were changed last.
    Updated,
}

/// A page of the workspace's items of a kind.
///
/// # Errors
/// When the database cannot; the inner error when there is no such page, or it is to be narrowed by what is not there.
pub fn page(
    conn: &mut Conn,
    workspace: WorkspaceId,
    kind: Kind,
    filter: &Filter,
    wanted: &Wanted<Key>,
) -> Verdict<Page<Item>> {
    for (above, id) in &filter.above {
        if find(conn, workspace, *above, *id)?.is_none() {
            return Ok(Err(no_such_choice(above.name())));
        }
    }
    with_table!(kind, rows => {
        let matching = || {
            let alive = rows::workspace_id.eq(workspace).and(rows::deleted_at.is_null());
            let mut found = rows::narrowed(rows::table.filter(alive).into_boxed(), filter);
            if let Some(archived) = filter.archived {
                found = found.filter(rows::archived.eq(archived));
            }
            found
        };
        let mut found = matching().select(rows::item());
        match wanted {
            Wanted::Numbered(wanted, by) => {
                let place = or_refuse!(wanted.among(matching().count().get_result(conn)?));
                for (key, descends) in by {
                    found = match (key, descends) {
                        (Key::Id, false) => found.then_order_by(rows::id.asc()),
                        (Key::Id, true) => found.then_order_by(rows::id.desc()),
                        (Key::Name, false) => found.then_order_by(rows::name.asc()),
                        (Key::Name, true) => found.then_order_by(rows::name.desc()),
                        (Key::Created, false) => found.then_order_by(rows::created_at.asc()),
                        (Key::Created, true) => found.then_order_by(rows::created_at.desc()),
                        (Key::Updated, false) => found.then_order_by(rows::updated_at.asc()),
                        (Key::Updated, true) => found.then_order_by(rows::updated_at.desc()),
                    };
                }
                found = if Wanted::id_descends(by) {
                    found.then_order_by(rows::id.desc())
                } else {
                    found.then_order_by(rows::id.asc())
                };
                Ok(Ok(Page::Numbered(place, found.limit(place.limit).offset(place.offset).load(conn)?)))
            }
            Wanted::Placed(wanted) => {
                let from = wanted.from.as_ref().map(|from| &from.value);
                let (text, number) = (from.and_then(Value::text), from.and_then(Value::number));
                found = match wanted.order.key {
                    Key::Id => along!(found, *wanted, rows::id),
                    Key::Name => along!(found, *wanted, rows::name, text, rows::id),
                    Key::Created => along!(found, *wanted, rows::created_at, number, rows::id),
                    Key::Updated => along!(found, *wanted, rows::updated_at, number, rows::id),
                };
                let found = found.limit(wanted.limit()).load(conn)?;
                Ok(Ok(Page::Placed(wanted.page(found, |item| place(wanted.order.key, item)))))
            }
        }
    })
}

fn place(key: Key, item: &Item) -> Place {
    let value = match key {
        Key::Id => Value::Absent,
        Key::Name => Value::Text(item.what.name.clone()),
        Key::Created => Value::Number(item.created_at.micros()),
        Key::Updated => Value::Number(item.updated_at.micros()),
    };
    Place { value, id: item.id.0 }
}

/// One item.
///
/// # Errors
/// When the database cannot.
pub fn find(conn: &mut Conn, workspace: WorkspaceId, kind: Kind, id: ItemId) -> QueryResult<Option<Item>> {
    with_table!(kind, rows => {
        rows::table
            .filter(rows::id.eq(id))
            .filter(rows::workspace_id.eq(workspace))
            .filter(rows::deleted_at.is_null())
            .select(rows::item())
            .get_result(conn)
            .optional()
    })
}

/// Finishes the validation with what only the database knows: what it is to belong to is there, and so is no other of its
/// name. What an item belongs to already it may keep, deleted or not.
fn complete(
    conn: &mut Conn,
    workspace: WorkspaceId,
    kind: Kind,
    mut draft: Draft,
    before: Option<&Item>,
) -> Verdict<What> {
    let was = before.map_or_else(What::default, |item| item.what.clone());
    if let (Some(above), Some(named)) = (kind.parent(), draft.parent())
        && was.parent != Some(named)
        && find(conn, workspace, above, named)?.is_none()
    {
        draft.refuse(above.name(), fields::no_such_key(named));
    }
    if let (None, Some(uid)) = (before, draft.uid())
        && has_uid(conn, workspace, kind, uid)?
    {
        draft.refuse("uid", "This field must be unique.");
    }
    let what = draft.onto(was);
    if before.is_none_or(|item| (&item.what.name, item.what.parent) != (&what.name, what.parent))
        && others(conn, workspace, kind, &what.name)?
            .iter()
            .any(|(id, parent)| before.is_none_or(|item| item.id != *id) && *parent == what.parent)
    {
        draft.refuse("name", "This field must be unique.");
    }
    Ok(draft.finish().map(|()| what))
}

/// Whether an item has the uid, a deleted one included.
fn has_uid(conn: &mut Conn, workspace: WorkspaceId, kind: Kind, uid: Uid) -> QueryResult<bool> {
    with_table!(kind, rows => {
        let same = rows::table.filter(rows::workspace_id.eq(workspace)).filter(rows::uid.eq(uid));
        Ok(same.count().get_result::<i64>(conn)? > 0)
    })
}

/// The items of a name, and what each belongs to. Activities may share theirs: they always could.
fn others(
    conn: &mut Conn,
    workspace: WorkspaceId,
    kind: Kind,
    name: &str,
) -> QueryResult<Vec<(ItemId, Option<ItemId>)>> {
    macro_rules! named {
        ($rows:ident) => {
            $rows::table
                .filter($rows::workspace_id.eq(workspace))
                .filter($rows::name_key.eq(names::key(name)))
                .filter($rows::deleted_at.is_null())
        };
    }
    let alone = |ids: Vec<ItemId>| ids.into_iter().map(|id| (id, None)).collect();
    match kind {
        Kind::Activity => Ok(Vec::new()),
        Kind::Project => named!(projects).select((projects::id, projects::client_id)).load(conn),
        Kind::Client => named!(clients).select(clients::id).load(conn).map(alone),
        Kind::Tag => named!(tags).select(tags::id).load(conn).map(alone),
    }
}

/// Whether a workspace has no room for so many more of a kind.
///
/// # Errors
/// When the database cannot.
pub fn is_full(conn: &mut Conn, workspace: WorkspaceId, kind: Kind, more: i64) -> QueryResult<bool> {
    with_table!(kind, rows => {
        let alive = rows::table.filter(rows::workspace_id.eq(workspace)).filter(rows::deleted_at.is_null());
        let last = alive.order(rows::id).offset(MOST - more).limit(1).select(rows::id);
        Ok(last.get_result::<ItemId>(conn).optional()?.is_some())
    })
}

/// What is said of a list that is.
pub const fn full(kind: Kind) -> &'static str {
    match kind {
        Kind::Client => "There are 10000 clients, which is the most: delete one of them first.",
        Kind::Project => "There are 10000 projects, which is the most: delete one of them first.",
        Kind::Tag => "There are 10000 tags, which is the most: delete one of them first.",
        Kind::Activity => "There are 10000 activities, which is the most: delete one of them first.",
    }
}

/// Keeps a new one; what the draft leaves open is empty.
///
/// # Errors
/// When the database cannot; the inner error with everything that is wrong with the draft, and when there are too many.
pub fn insert(
    conn: &mut Conn,
    workspace: WorkspaceId,
    kind: Kind,
    draft: Draft,
    stamp: Stamp,
) -> Verdict<Item> {
    let uid = draft.uid().unwrap_or_else(|| Uid::new(stamp.at));
    let what = or_refuse!(complete(conn, workspace, kind, draft, None)?);
    if is_full(conn, workspace, kind, 1)? {
        return Ok(Err(ApiError::Conflict(full(kind))));
    }
    with_table!(kind, rows => {
        diesel::insert_into(rows::table)
            .values((
                rows::values(&what),
                rows::workspace_id.eq(workspace),
                rows::uid.eq(uid),
                rows::created_at.eq(stamp.at),
                rows::updated_at.eq(stamp.at),
                rows::version.eq(1_i64),
                rows::seq.eq(stamp.seq),
            ))
            .returning(rows::item())
            .get_result(conn)
            .map(Ok)
    })
}

/// Changes what the draft says and keeps the rest. What is not there is not judged: the answer must not differ from that
/// about a stranger's. A tag's new name is written in every track that has it.
///
/// # Errors
/// When the database cannot; the inner error when there is no such item, it is not as the client thinks, with
/// everything that is wrong with the draft, or when a tag's tracks may not be changed or are too many.
pub fn update(
    conn: &mut Conn,
    caller: &Caller,
    kind: Kind,
    id: ItemId,
    draft: Result<Draft, ApiError>,
    conditions: &Conditions,
    stamp: Stamp,
) -> Verdict<Item> {
    let before = or_refuse!(admitted(conn, caller, kind, id, conditions)?);
    let what = or_refuse!(complete(conn, caller.workspace, kind, or_refuse!(draft), Some(&before))?);
    if what == before.what {
        return Ok(Ok(before));
    }
    if kind == Kind::Tag && what.name != before.what.name {
        let tag = (id, before.what.name.as_str());
        or_refuse!(tags_of_tracks::rename(conn, caller, tag, Some(&what.name), stamp)?);
    }
    with_table!(kind, rows => {
        diesel::update(rows::table.filter(rows::id.eq(id)))
            .set((rows::values(&what), mark!(rows, stamp)))
            .returning(rows::item())
            .get_result(conn)
            .map(Ok)
    })
}

/// Hides an item. Its row stays, and what refers to it refers to it still: what was booked is not to be lost. A tag is
/// taken off the tracks, whose names are those of the list.
///
/// # Errors
/// As [`update`].
pub fn delete(
    conn: &mut Conn,
    caller: &Caller,
    kind: Kind,
    id: ItemId,
    conditions: &Conditions,
    stamp: Stamp,
) -> Verdict<()> {
    let before = or_refuse!(admitted(conn, caller, kind, id, conditions)?);
    if kind == Kind::Tag {
        or_refuse!(tags_of_tracks::rename(conn, caller, (id, &before.what.name), None, stamp)?);
    }
    with_table!(kind, rows => {
        let row = diesel::update(rows::table.filter(rows::id.eq(id)));
        row.set((rows::deleted_at.eq(stamp.at), mark!(rows, stamp))).execute(conn)?;
    });
    Ok(Ok(()))
}

/// The item, if it is there and as the client thinks.
fn admitted(
    conn: &mut Conn,
    caller: &Caller,
    kind: Kind,
    id: ItemId,
    conditions: &Conditions,
) -> Verdict<Item> {
    let Some(there) = find(conn, caller.workspace, kind, id)? else {
        return Ok(Err(ApiError::NoSuch(kind.label())));
    };
    let shown = || item::text(kind, &there, caller.sees_rates());
    Ok(conditions.admit(there.version, shown).map(|()| there))
}
