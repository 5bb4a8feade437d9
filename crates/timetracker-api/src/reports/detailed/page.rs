//! A page of a detailed report. It ends with so many tracks, with enough bytes, or when enough has been looked at; where it
//! ended, the next one begins.

use std::sync::Arc;

use actix_web::HttpResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use model::time::Timestamp;

use super::reader::{Asked, Reader};
use super::rows;
use super::store::{Place, UNKNOWN};
use crate::App;
use crate::id::TrackId;
use crate::reports::query::Query;
use crate::wire::error::ApiError;
use crate::wire::json;
use crate::wire::query::Parameters;

/// How many tracks a page has when nobody says, and at most.
const USUAL: usize = 100;
const MOST: usize = 1_000;
/// How many bytes of rows a page has, and one row.
const ENOUGH: usize = 1_024 * 1_024;
/// How many tracks a page looks at, a few more at most, when hardly any is wanted.
const LOOKED_AT: usize = 10_000;

/// Where a page begins: behind a track, or behind its row of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    place: Place,
    day: Option<NaiveDate>,
}

impl Cursor {
    fn read(text: &str) -> Result<Self, ApiError> {
        let read = || {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
            let mut parts = text.strip_prefix("1 ")?.split(' ');
            let start = Timestamp::from_micros(parts.next()?.parse().ok()?);
            let id = TrackId(parts.next()?.parse().ok()?);
            let day = parts.next().map(str::parse).transpose().ok()?;
            parts.next().is_none().then_some(Self { place: (start, id), day })
        };
        read().ok_or_else(|| ApiError::field("cursor", "This is not a cursor of this report."))
    }

    fn text(&self) -> String {
        let (start, id) = self.place;
        let day = self.day.map_or_else(String::new, |day| format!(" {day}"));
        URL_SAFE_NO_PAD.encode(format!("1 {} {id}{day}", start.micros()))
    }

    /// Behind which track there is something to tell.
    fn after(&self) -> Place {
        let (start, id) = self.place;
        if self.day.is_some() { (start, TrackId(id.0.saturating_sub(1))) } else { self.place }
    }

    /// Whether a row was told before.
    fn is_behind(&self, place: Place, day: NaiveDate) -> bool {
        self.place == place && self.day.is_some_and(|told| day <= told)
    }
}

/// The answer.
///
/// # Errors
/// 400 for a cursor of something else.
pub async fn response(app: &App, asked: Arc<Asked>, said: &Parameters) -> Result<HttpResponse, ApiError> {
    let begin = said.said("cursor").map(Cursor::read).transpose()?;
    let size = size(said);
    // One more than there is room for, to know whether there is one.
    let reader = Reader::new(app.db().clone(), asked.clone(), begin.map(|begin| begin.after()), size + 1);
    let (rows, end) = fill(reader, begin, size).await?;
    let mut body = b"{\"query\":{".to_vec();
    asked.query.write(&mut body);
    body.extend_from_slice(b"},\"next\":");
    match end {
        None => body.extend_from_slice(b"null"),
        Some(end) => json::text(&mut body, &app.url(&next(&asked.query, said, end))),
    }
    body.extend_from_slice(b",\"results\":[");
    body.extend_from_slice(&rows);
    body.extend_from_slice(b"]}");
    Ok(json::Tagged::of(body).response())
}

/// The rows of a page, and where it ended, if there may be more.
async fn fill(
    mut reader: Reader,
    begin: Option<Cursor>,
    size: usize,
) -> Result<(Vec<u8>, Option<Cursor>), ApiError> {
    let asked = reader.asked().clone();
    let is_rounded = asked.query.rules.rounding.is_some();
    let (mut rows, mut tracks, mut end) = (Vec::new(), 0, None);
    let mut pieces = Vec::new();
    while let Some(batch) = reader.next().await? {
        for entry in &batch.entries {
            asked.cut(entry, &mut pieces);
            pieces.retain(|piece| !begin.is_some_and(|begin| begin.is_behind(entry.place(), piece.date)));
            if pieces.is_empty() {
                continue;
            }
            if tracks == size {
                return Ok((rows, end));
            }
            let names = batch.names.get(&entry.activity).unwrap_or(&UNKNOWN);
            for piece in &pieces {
                if rows.len() >= ENOUGH {
                    return Ok((rows, end));
                }
                if !rows.is_empty() {
                    rows.push(b',');
                }
                rows::object(&mut rows, entry, piece, names, is_rounded);
                end = Some(Cursor { place: entry.place(), day: Some(piece.date) });
            }
            end = Some(Cursor { place: entry.place(), day: None });
            tracks += 1;
        }
        if reader.looked_at() >= LOOKED_AT && !reader.is_over() {
            let end = reader.place().map(|place| Cursor { place, day: None });
            return Ok((rows, end));
        }
    }
    Ok((rows, None))
}

/// A size that is no number from 1 is as if it had not been said, as in lists.
fn size(said: &Parameters) -> usize {
    let size = said.said("page_size").and_then(|text| text.trim().parse().ok());
    size.filter(|size| *size > 0).unwrap_or(USUAL).min(MOST)
}

/// The path of the page that begins there: of the same report, also when it is asked for tomorrow, or when the person has
/// set things up otherwise meanwhile.
fn next(query: &Query, said: &Parameters, begin: Cursor) -> String {
    let mut given = vec![("cursor", begin.text())];
    given.extend(query.resolved());
    format!("/api/reports/detailed/?{}", said.with(&given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        let place = (Timestamp::from_micros(-7), TrackId(9));
        for day in [None, Some("2026-11-28".parse().unwrap())] {
            let cursor = Cursor { place, day };
            assert_eq!(Cursor::read(&cursor.text()).unwrap(), cursor);
        }
        for wrong in ["", "1", "1 2", "2 1 1", "1 1 x", "1 1 1 ", "1 1 1 2026-02-30", "1 1 1 2026-11-28 1"] {
            assert!(Cursor::read(&URL_SAFE_NO_PAD.encode(wrong)).is_err(), "{wrong}");
        }
        assert!(Cursor::read("ä").is_err());
    }
}
