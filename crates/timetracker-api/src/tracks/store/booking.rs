//! What only the database knows of a track that a client sends: what it may be booked on, what it takes over from there, and
//! what the person wants where the request does not say.

use diesel::prelude::*;
use model::db::Conn;

use super::memory::{Memory, Wishes};
use super::row::Track;
use super::schedule::Policy;
use crate::auth::Caller;
use crate::id::ActivityId;
use crate::schema::{activities, clients, people, projects};
use crate::tags::store as tags;
use crate::tracks::form::{Draft, Entry};
use crate::wire::error::Verdict;
use crate::wire::fields;

/// An activity that is there: whether it, its project and its client are archived, as far as these are there, and what the
/// first two say of new tracks.
pub type Found = (Option<ActivityId>, [Option<bool>; 3], [Option<bool>; 2]);

/// Looks up what only the database knows and finishes the validation with it.
pub(super) fn complete(
    conn: &mut Conn,
    caller: &Caller,
    mut draft: Draft,
    before: Option<&Track>,
    memory: &mut Memory,
) -> Verdict<(Entry, Wishes)> {
    tags::judge(conn, caller.workspace, &mut draft, before, memory)?;
    let named = draft.activity();
    let (wishes, (found, archived, billable)) = recall(conn, caller, named, memory)?;
    if let Some(named) = named {
        let is_new = before.is_none_or(|track| track.activity != named);
        if found.is_none() {
            draft.refuse_activity(fields::no_such_key(named));
        } else if let Some(what) = out_of_use(archived).filter(|_| is_new) {
            draft.refuse_activity(what);
        }
    }
    if before.is_none() {
        draft.default_billable(billable.into_iter().flatten().next().unwrap_or(false));
    }
    Ok(draft.onto(before).map(|entry| (entry, wishes)))
}

/// What was looked up before in this transaction, or is looked up now.
fn recall(
    conn: &mut Conn,
    caller: &Caller,
    named: Option<ActivityId>,
    memory: &mut Memory,
) -> QueryResult<(Wishes, Found)> {
    let known = named.map_or(Some(Found::default()), |named| memory.activities.get(&named).copied());
    if let (Some(wishes), Some(found)) = (&memory.wishes, known) {
        return Ok((wishes.clone(), found));
    }
    let (timezone, policy, found) = look(conn, caller, named)?;
    let wishes = Wishes { timezone, policy: Policy::named(&policy).unwrap_or(Policy::Reject) };
    memory.wishes = Some(wishes.clone());
    memory.activities.extend(found.0.map(|id| (id, found)));
    Ok((wishes, found))
}

/// Why nothing new may be booked on an activity. What is archived is out of use with all that belongs to it, until it is
/// deleted: nobody could bring it back.
fn out_of_use(archived: [Option<bool>; 3]) -> Option<&'static str> {
    let [activity, project, client] = archived.map(|archived| archived == Some(true));
    match (activity, project, client) {
        (true, _, _) => Some("This activity is archived."),
        (_, true, _) => Some("The project of this activity is archived."),
        (_, _, true) => Some("The client of this activity is archived."),
        (false, false, false) => None,
    }
}

/// One read for all of it.
fn look(conn: &mut Conn, caller: &Caller, named: Option<ActivityId>) -> QueryResult<(String, String, Found)> {
    type Flags = (Option<bool>, Option<bool>, Option<bool>);
    type Known = (String, String, Option<ActivityId>, Flags, (Option<bool>, Option<bool>));
    let usable = activities::id
        .eq(named.unwrap_or(ActivityId(0)))
        .and(activities::workspace_id.eq(caller.workspace))
        .and(activities::deleted_at.is_null());
    let known = people::table
        .left_join(activities::table.on(usable))
        .left_join(projects::table.on(activities::project_id.eq(projects::id.nullable())))
        .left_join(clients::table.on(projects::client_id.eq(clients::id.nullable())))
        .filter(people::id.eq(caller.person))
        .select((
            people::timezone,
            people::overlap_policy,
            activities::id.nullable(),
            (
                activities::archived.nullable(),
                projects::archived.and(projects::deleted_at.is_null()).nullable(),
                clients::archived.and(clients::deleted_at.is_null()).nullable(),
            ),
            (activities::billable_default.nullable(), projects::billable_default.nullable()),
        ));
    let (timezone, policy, id, archived, billable): Known = match conn {
        Conn::Sqlite(conn) => known.get_result(conn)?,
        Conn::Postgres(conn) => known.get_result(conn)?,
    };
    Ok((timezone, policy, (id, archived.into(), billable.into())))
}
