//! The transaction of a batch.

use diesel::QueryResult;
use diesel::connection::SimpleConnection;
use model::db::Conn;

use super::Outcome;
use super::operation::{Batch, Operation, Target, Verb};
use crate::auth::Caller;
use crate::catalogue::form::Draft as ItemDraft;
use crate::catalogue::{self, Kind};
use crate::changes::Stamp;
use crate::id::{ItemId, TrackId};
use crate::tracks::form::Draft;
use crate::tracks::store::find_by_uid;
use crate::tracks::store::memory::Memory;
use crate::tracks::{self, change};
use crate::wire::challenge::Scheme;
use crate::wire::error::{ApiError, or_refuse};
use crate::wire::fields::Extent;
use crate::wire::reply::Reply;

/// Does what is to be done, in its order. Of a batch that is to be done as a whole nothing stays if anything failed; the
/// rest is tried nevertheless, so that all that is wrong is told at once.
pub(super) fn run(conn: &mut Conn, caller: &Caller, batch: Batch, stamp: Stamp) -> QueryResult<Vec<Outcome>> {
    if !batch.is_atomic {
        return all(conn, caller, batch, stamp);
    }
    conn.batch_execute("SAVEPOINT batch")?;
    let outcomes = all(conn, caller, batch, stamp)?;
    let end = if outcomes.iter().all(Result::is_ok) { "" } else { "ROLLBACK TO SAVEPOINT batch; " };
    conn.batch_execute(&format!("{end}RELEASE SAVEPOINT batch"))?;
    Ok(outcomes)
}

fn all(conn: &mut Conn, caller: &Caller, batch: Batch, stamp: Stamp) -> QueryResult<Vec<Outcome>> {
    let mut memory = Memory::default();
    let one = |operation: Result<Operation, ApiError>| match operation {
        Ok(operation) if !operation.needs().are_met_by(caller.scopes) => {
            Ok(Err(ApiError::LacksScope(Scheme::Bearer, operation.needs())))
        }
        Ok(operation) => match operation.item {
            Some(kind) => {
                // What is remembered of the catalogue may be so no more.
                memory = Memory::default();
                item(conn, caller, kind, operation, stamp)
            }
            None => track(conn, caller, operation, (stamp, &mut memory)),
        },
        Err(error) => Ok(Err(error)),
    };
    batch.operations.into_iter().map(one).collect()
}

fn track(
    conn: &mut Conn,
    caller: &Caller,
    operation: Operation,
    (stamp, memory): (Stamp, &mut Memory),
) -> QueryResult<Outcome> {
    let Operation { verb, data, asked, .. } = operation;
    match verb {
        Verb::Create => {
            or_refuse!(asked.conditions.admit_nothing());
            let draft = or_refuse!(Draft::read(&data, Extent::Whole));
            let kept = change::insert_one(conn, caller, draft, asked.policy, (stamp, memory))?;
            Ok(kept.map(|kept| tracks::created(&kept.track)))
        }
        Verb::Upsert(uid) => {
            let kept = change::upsert(conn, caller, Draft::known(&data, uid), uid, &asked, (stamp, memory))?;
            Ok(kept
                .map(|(track, is_new)| if is_new { tracks::created(&track) } else { tracks::reply(&track) }))
        }
        Verb::Update(target) => {
            let id = or_refuse!(named(conn, caller, target)?);
            let draft = Draft::read(&data, Extent::Part);
            Ok(change::update(conn, caller, id, draft, &asked, stamp)?.map(|track| tracks::reply(&track)))
        }
        Verb::Delete(target) => {
            let id = or_refuse!(named(conn, caller, target)?);
            Ok(change::delete(conn, caller, id, &asked, stamp)?.map(|()| Reply::nothing()))
        }
    }
}

fn named(conn: &mut Conn, caller: &Caller, target: Target) -> QueryResult<Result<TrackId, ApiError>> {
    match target {
        Target::Id(id) => Ok(Ok(TrackId(id))),
        Target::Uid(uid) => {
            let found = find_by_uid(conn, caller.person, uid)?;
            Ok(found.map(|track| track.id).ok_or(ApiError::NoSuch(tracks::KIND)))
        }
    }
}

fn item(
    conn: &mut Conn,
    caller: &Caller,
    kind: Kind,
    operation: Operation,
    stamp: Stamp,
) -> QueryResult<Outcome> {
    let Operation { verb, data, asked, .. } = operation;
    let (workspace, conditions) = (caller.workspace, &asked.conditions);
    let (shows, sets) = (caller.sees_rates(), caller.sets_rates());
    match verb {
        Verb::Create => {
            or_refuse!(conditions.admit_nothing());
            let draft = or_refuse!(ItemDraft::read(kind, &data, Extent::Whole, sets));
            let made = catalogue::store::insert(conn, workspace, kind, draft, stamp)?;
            Ok(made.map(|item| catalogue::created(kind, &item, shows)))
        }
        Verb::Update(Target::Id(id)) => {
            let draft = ItemDraft::read(kind, &data, Extent::Part, sets);
            let changed = catalogue::store::update(conn, caller, kind, ItemId(id), draft, conditions, stamp)?;
            Ok(changed.map(|item| catalogue::reply(kind, &item, shows)))
        }
        Verb::Delete(Target::Id(id)) => {
            let gone = catalogue::store::delete(conn, caller, kind, ItemId(id), conditions, stamp)?;
            Ok(gone.map(|()| Reply::nothing()))
        }
        Verb::Upsert(_) | Verb::Update(_) | Verb::Delete(_) => Ok(Err(ApiError::NoSuch(kind.label()))),
    }
}
