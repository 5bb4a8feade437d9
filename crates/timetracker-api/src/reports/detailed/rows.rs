//! A row as it is written: as JSON, and in a table. A track that crosses midnight has one for each day, unless it belongs to
//! the day it began in; so that whoever adds up rows gets what a summary says.

use chrono::{Offset, TimeZone};
use chrono_tz::Tz;
use model::time::Timestamp;

use super::cut::Piece;
use super::store::{Directory, Names};
use crate::id::ItemId;
use crate::tracks::row::Track;
use crate::wire::{csv, instant, json};

/// The first line of a table.
pub const HEADER: &str = "day,start,end,local_start,local_end,utc_offset,tz,seconds,rounded_seconds,client,project,\
    activity,activity_id,description,tags,billable,running,source,track,uid\r\n";

/// Of an activity that is not in the directory, which is none.
static UNKNOWN: Names = Names { activity: String::new(), project: None, client: None };

/// Writes a row as an object.
pub fn object(out: &mut Vec<u8>, track: &Track, piece: &Piece, names: &Directory, is_rounded: bool) {
    out.extend_from_slice(b"{\"track\":");
    json::number(out, track.id.0);
    out.extend_from_slice(b",\"uid\":");
    json::uid(out, track.uid);
    out.extend_from_slice(b",\"day\":");
    json::text(out, &piece.date.to_string());
    out.extend_from_slice(b",\"start\":");
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
    json::number(out, track.activity.0);
    out.extend_from_slice(b",\"activity_name\":");
    let names = names.get(&track.activity).unwrap_or(&UNKNOWN);
    json::text(out, &names.activity);
    item(out, [b",\"project\":", b",\"project_name\":"], names.project.as_ref());
    item(out, [b",\"client\":", b",\"client_name\":"], names.client.as_ref());
    out.extend_from_slice(b",\"description\":");
    json::text(out, &track.description);
    out.extend_from_slice(b",\"tags\":");
    json::list(out, track.tags(), json::text);
    out.extend_from_slice(b",\"billable\":");
    json::boolean(out, track.billable);
    out.extend_from_slice(b",\"running\":");
    json::boolean(out, track.is_running());
    out.extend_from_slice(b",\"source\":");
    json::text(out, &track.source);
    out.push(b'}');
}

fn item(out: &mut Vec<u8>, [id, name]: [&[u8]; 2], item: Option<&(ItemId, String)>) {
    out.extend_from_slice(id);
    json::or_null(out, item, |out, (id, _)| json::number(out, id.0));
    out.extend_from_slice(name);
    json::or_null(out, item, |out, (_, name)| json::text(out, name));
}

/// Writes a row as a line of a table: when it was in UTC, and what the clocks of the zone said.
pub fn line(out: &mut Vec<u8>, track: &Track, piece: &Piece, names: &Directory, zone: Tz) {
    let mut cells = csv::Line::new(out);
    cells.plain(&piece.date.to_string());
    cells.write(|out| instant::write(out, piece.start));
    cells.write(|out| instant::write(out, piece.end));
    let (start, offset) = local(piece.start, zone);
    cells.write(|out| instant::write_plain(out, start));
    cells.write(|out| instant::write_plain(out, local(piece.end, zone).0));
    cells.plain(&offset);
    cells.plain(zone.name());
    cells.number(piece.seconds);
    cells.number(piece.rounded);
    let names = names.get(&track.activity).unwrap_or(&UNKNOWN);
    for item in [&names.client, &names.project] {
        cells.text(item.as_ref().map_or("", |(_, name)| name));
    }
    cells.text(&names.activity);
    cells.number(track.activity.0);
    cells.text(&track.description);
    cells.text(&track.tags().collect::<Vec<_>>().join(", "));
    cells.plain(if track.billable { "true" } else { "false" });
    cells.plain(if track.is_running() { "true" } else { "false" });
    cells.plain(&track.source);
    cells.number(track.id.0);
    cells.plain(&track.uid.0.hyphenated().to_string());
    cells.end();
}

/// What clocks in the zone say, as if that were UTC, and how far they are ahead of it.
fn local(at: Timestamp, zone: Tz) -> (Timestamp, String) {
    let Some(utc) = at.to_utc() else { return (at, String::new()) };
    let offset = zone.offset_from_utc_datetime(&utc.naive_utc()).fix();
    let ahead = i64::from(offset.local_minus_utc()) * 1_000_000;
    (Timestamp::from_micros(at.micros().saturating_add(ahead)), offset.to_string())
}
