//! The SQL of tracks. The owner is a parameter of every function: everybody's tracks cannot be said.
//!
//! Here is what looks for one, and [`pages`] for many. [`row`] is a track as it is kept, [`change`] writes, [`memory`] spares it
//! questions, [`booking`] knows what it may be booked on, [`schedule`] what one means for the others.

pub mod booking;
pub mod change;
pub mod memory;
pub mod pages;
pub mod row;
pub mod schedule;

use diesel::prelude::*;
use model::db::Conn;
use model::id::Uid;
use row::{COLUMNS, Track};

use crate::id::{PersonId, TrackId};
use crate::schema::tracks;

/// One track.
///
/// # Errors
/// When the database cannot.
pub fn find(conn: &mut Conn, owner: PersonId, id: TrackId) -> QueryResult<Option<Track>> {
    let one = tracks::table.filter(tracks::id.eq(id)).filter(tracks::person_id.eq(owner));
    one.filter(tracks::deleted_at.is_null()).select(COLUMNS).get_result(conn).optional()
}

/// One track, by its uid.
///
/// # Errors
/// When the database cannot.
pub fn find_by_uid(conn: &mut Conn, owner: PersonId, uid: Uid) -> QueryResult<Option<Track>> {
    let one = tracks::table.filter(tracks::uid.eq(uid)).filter(tracks::person_id.eq(owner));
    one.filter(tracks::deleted_at.is_null()).select(COLUMNS).get_result(conn).optional()
}
