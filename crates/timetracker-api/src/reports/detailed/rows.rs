//! A row as it is written: as JSON, and in a table. A track that crosses midnight has one for each day, unless it belongs to
//! the day it began in; so that whoever adds up rows gets what a summary says.
//!
//! Millions are written at a time: nothing here asks for memory of its own but for tags, of which there are several.

use std::borrow::Cow;
use std::io::Write;

use chrono::{FixedOffset, Offset, TimeZone};
use chrono_tz::Tz;
use model::time::Timestamp;

use super::reader::{Asked, Batch};
use super::store::{Entry, Names, UNKNOWN};
use crate::id::ItemId;
use crate::reports::cut::Piece;
use crate::wire::negotiate::Form;
use crate::wire::{csv, instant, json};

/// The first line of a table.
pub const HEADER: &str = "day,start,end,local_start,local_end,utc_offset,tz,seconds,rounded_seconds,client,project,\
    activity,activity_id,description,tags,billable,running,source,track,uid\r\n";

/// The rows of a batch, on their way out.
#[derive(Debug)]
pub struct Rows {
    batch: Batch,
    /// How many of its tracks have been cut.
    begun: usize,
    /// Those of the last one, and how many of them are written.
    pieces: Vec<Piece>,
    written: usize,
}

impl Rows {
    /// All of a batch's, yet to be written.
    pub fn of(batch: Batch) -> Self {
        Self { batch, begun: 0, pieces: Vec::new(), written: 0 }
    }

    /// Writes rows until there are so many bytes; answers whether there are more rows.
    pub fn write(&mut self, out: &mut Vec<u8>, enough: usize, asked: &Asked, form: Form) -> bool {
        let is_rounded = asked.query.rules.rounding.is_some();
        loop {
            // The track that these are of is the last one that was cut.
            let entry = self.begun.checked_sub(1).and_then(|at| self.batch.entries.get(at));
            if let (Some(entry), Some(piece)) = (entry, self.pieces.get(self.written)) {
                if out.len() >= enough {
                    return true;
                }
                let names = self.batch.names.get(&entry.activity).unwrap_or(&UNKNOWN);
                if form == Form::Csv {
                    line(out, entry, piece, names, asked.query.zone);
                } else {
                    object(out, entry, piece, names, is_rounded);
                    out.push(b'\n');
                }
                self.written += 1;
            } else {
                let Some(next) = self.batch.entries.get(self.begun) else { return false };
                asked.cut(next, &mut self.pieces);
                (self.begun, self.written) = (self.begun + 1, 0);
            }
        }
    }
}

/// Writes a row as an object.
pub fn object(out: &mut Vec<u8>, entry: &Entry, piece: &Piece, names: &Names, is_rounded: bool) {
    out.extend_from_slice(b"{\"track\":");
    json::number(out, entry.id.0);
    out.extend_from_slice(b",\"uid\":");
    json::uid(out, entry.uid);
    out.extend_from_slice(b",\"day\":\"");
    // Here and below: writing into memory does not fail.
    let _ = write!(out, "{}", piece.date);
    out.extend_from_slice(b"\",\"start\":");
    json::instant(out, Some(piece.start));
    out.extend_from_slice(b",\"end\":");
    json::instant(out, Some(piece.end));
    out.extend_from_slice(b",\"seconds\":");
    json::number(out, piece.seconds);
    if is_rounded {
        out.extend_from_slice(b",\"rounded_seconds\":");
        json::number(out, piece.rounded);
    }
    out.extend_from_slice(b",\"activity\":");
    json::number(out, entry.activity.0);
    out.extend_from_slice(b",\"activity_name\":");
    json::text(out, &names.activity);
    item(out, [b",\"project\":", b",\"project_name\":"], names.project.as_ref());
    item(out, [b",\"client\":", b",\"client_name\":"], names.client.as_ref());
    out.extend_from_slice(b",\"description\":");
    json::text(out, &entry.description);
    out.extend_from_slice(b",\"tags\":");
    json::list(out, entry.tags.split('\n').filter(|name| !name.is_empty()), json::text);
    out.extend_from_slice(b",\"billable\":");
    json::boolean(out, entry.billable);
    out.extend_from_slice(b",\"running\":");
    json::boolean(out, entry.end.is_none());
    out.extend_from_slice(b",\"source\":");
    json::text(out, entry.source.name());
    out.push(b'}');
}

fn item(out: &mut Vec<u8>, [id, name]: [&[u8]; 2], item: Option<&(ItemId, String)>) {
    out.extend_from_slice(id);
    json::or_null(out, item, |out, (id, _)| json::number(out, id.0));
    out.extend_from_slice(name);
    json::or_null(out, item, |out, (_, name)| json::text(out, name));
}

/// Writes a row as a line of a table: when it was in UTC, and what the clocks of the zone said.
fn line(out: &mut Vec<u8>, entry: &Entry, piece: &Piece, names: &Names, zone: Tz) {
    let mut cells = csv::Line::new(out);
    cells.shown(piece.date);
    cells.write(|out| instant::write(out, piece.start));
    cells.write(|out| instant::write(out, piece.end));
    let (start, offset) = local(piece.start, zone);
    cells.write(|out| instant::write_plain(out, start));
    cells.write(|out| instant::write_plain(out, local(piece.end, zone).0));
    match offset {
        Some(offset) => cells.shown(offset),
        None => cells.plain(""),
    }
    cells.plain(zone.name());
    cells.number(piece.seconds);
    cells.number(piece.rounded);
    for item in [&names.client, &names.project] {
        cells.text(item.as_ref().map_or("", |(_, name)| name));
    }
    cells.text(&names.activity);
    cells.number(entry.activity.0);
    cells.text(&entry.description);
    let tags = entry.tags.as_str();
    cells.text(&if tags.contains('\n') { Cow::Owned(tags.replace('\n', ", ")) } else { Cow::Borrowed(tags) });
    cells.plain(if entry.billable { "true" } else { "false" });
    cells.plain(if entry.end.is_none() { "true" } else { "false" });
    cells.plain(entry.source.name());
    cells.number(entry.id.0);
    cells.shown(entry.uid.0.hyphenated());
    cells.end();
}

/// What clocks in the zone say, as if that were UTC, and how far they are ahead of it.
fn local(at: Timestamp, zone: Tz) -> (Timestamp, Option<FixedOffset>) {
    let Some(utc) = at.to_utc() else { return (at, None) };
    let offset = zone.offset_from_utc_datetime(&utc.naive_utc()).fix();
    let ahead = i64::from(offset.local_minus_utc()) * 1_000_000;
    (Timestamp::from_micros(at.micros().saturating_add(ahead)), Some(offset))
}
