//! The transaction of a batch.

use std::time::Instant;

use actix_web::http::StatusCode;
use diesel::QueryResult;
use diesel::connection::SimpleConnection;
use model::db::Conn;

use super::Terms;
use super::answer::{Answer, Outcome};
use super::operation::{Batch, Operation, Target, Verb};
use crate::auth::Caller;
use crate::catalogue::form::Draft as ItemDraft;
use crate::catalogue::{self, Kind};
use crate::changes::{Row, Stamp};
use crate::id::{ItemId, TrackId};
use crate::tracks::form::Draft;
use crate::tracks::store::find_by_uid;
use crate::tracks::store::memory::Memory;
use crate::tracks::{self, change};
use crate::wire::challenge::Scheme;
use crate::wire::error::{ApiError, Verdict, or_refuse};
use crate::wire::fields::Extent;
use crate::wire::reply::Reply;

/// Does what is to be done, in its order. Nothing of it stays when it takes too long or there is too much to answer; nor of a
/// batch that is to be done as a whole, if anything failed: its rest is tried nevertheless, so that all that is wrong is told
/// at once.
pub(super) fn run(
    conn: &mut Conn,
    caller: &Caller,
    batch: Batch,
    terms: Terms,
    stamp: Stamp,
) -> Verdict<Reply> {
    let is_atomic = batch.is_atomic;
    conn.batch_execute("SAVEPOINT batch")?;
    let answer = all(conn, caller, batch, terms, stamp)?;
    let reply = answer.and_then(|answer| if is_atomic { answer.whole() } else { Ok(answer.each()) });
    let undo = if reply.is_ok() { "" } else { "ROLLBACK TO SAVEPOINT batch; " };
    conn.batch_execute(&format!("{undo}RELEASE SAVEPOINT batch"))?;
    Ok(reply)
}

fn all(conn: &mut Conn, caller: &Caller, batch: Batch, terms: Terms, stamp: Stamp) -> Verdict<Answer> {
    let (began, mut memory) = (Instant::now(), Memory::default());
    let mut answer = Answer::new(terms.form);
    for (index, operation) in batch.operations.into_iter().enumerate() {
        if index > 0 && began.elapsed() >= terms.within {
            return Ok(Err(ApiError::Overrun));
        }
        let outcome = match operation {
            Ok(operation) => one(conn, caller, operation, (stamp, &mut memory))?,
            Err(error) => Err(error),
        };
        or_refuse!(answer.add(outcome));
    }
    Ok(Ok(answer))
}

fn one(
    conn: &mut Conn,
    caller: &Caller,
    operation: Operation,
    (stamp, memory): (Stamp, &mut Memory),
) -> QueryResult<Outcome> {
    let needs = operation.needs();
    if !needs.are_met_by(caller.scopes) {
        return Ok(Err(ApiError::LacksScope(Scheme::Bearer, needs)));
    }
    match operation.item {
        Some(kind) => {
            // What is remembered of the catalogue may be so no more.
            *memory = Memory::default();
            item(conn, caller, kind, operation, stamp)
        }
        None => track(conn, caller, operation, (stamp, memory)),
    }
}

fn track(
    conn: &mut Conn,
    caller: &Caller,
    operation: Operation,
    (stamp, memory): (Stamp, &mut Memory),
) -> QueryResult<Outcome> {
    let Operation { verb, data, asked, .. } = operation;
    let now = |track| Some((StatusCode::OK, Row::Track(track)));
    let made = |track| Some((StatusCode::CREATED, Row::Track(track)));
    match verb {
        Verb::Create => {
            or_refuse!(asked.conditions.admit_nothing());
            let draft = or_refuse!(Draft::read(&data, Extent::Whole));
            let kept = change::insert_one(conn, caller, draft, asked.policy, (stamp, memory))?;
            Ok(kept.map(|kept| made(kept.track)))
        }
        Verb::Upsert(uid) => {
            let kept = change::upsert(conn, caller, Draft::known(&data, uid), uid, &asked, (stamp, memory))?;
            Ok(kept.map(|(track, is_new)| if is_new { made(track) } else { now(track) }))
        }
        Verb::Update(target) => {
            let id = or_refuse!(named(conn, caller, target)?);
            let draft = Draft::read(&data, Extent::Part);
            Ok(change::update(conn, caller, id, draft, &asked, (stamp, memory))?.map(now))
        }
        Verb::Delete(target) => {
            let id = or_refuse!(named(conn, caller, target)?);
            Ok(change::delete(conn, caller, id, &asked, stamp)?.map(|()| None))
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
    let (workspace, conditions, sets) = (caller.workspace, &asked.conditions, caller.sets_rates());
    match verb {
        Verb::Create => {
            or_refuse!(conditions.admit_nothing());
            let draft = or_refuse!(ItemDraft::read(kind, &data, Extent::Whole, sets));
            let made = catalogue::store::insert(conn, workspace, kind, draft, stamp)?;
            Ok(made.map(|item| Some((StatusCode::CREATED, Row::Item(kind, item)))))
        }
        Verb::Update(Target::Id(id)) => {
            let draft = ItemDraft::read(kind, &data, Extent::Part, sets);
            let changed = catalogue::store::update(conn, caller, kind, ItemId(id), draft, conditions, stamp)?;
            Ok(changed.map(|item| Some((StatusCode::OK, Row::Item(kind, item)))))
        }
        Verb::Delete(Target::Id(id)) => {
            let gone = catalogue::store::delete(conn, caller, kind, ItemId(id), conditions, stamp)?;
            Ok(gone.map(|()| None))
        }
        Verb::Upsert(_) | Verb::Update(_) | Verb::Delete(_) => Ok(Err(ApiError::NoSuch(kind.label()))),
    }
}
