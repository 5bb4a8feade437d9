//! `/api/reports/detailed/`: the tracks behind a summary, cut as it cuts them, so that its sums are the sums of these rows.
//! A page at a time as JSON; as a table (CSV) or as lines of JSON all at once, however many they are.
//!
//! [`reader`] goes through the tracks, [`rows`] writes them, [`export`] sends what has no pages, [`store`] has the SQL.

pub mod cut;
mod export;
pub mod reader;
mod rows;
pub mod store;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::time::Timestamp;
use reader::{Asked, Reader};
use store::{Directory, Place};

use super::days;
use super::query::{self, Query};
use crate::auth::allowed::Allowed;
use crate::id::TrackId;
use crate::tracks::row::Track;
use crate::wire::error::ApiError;
use crate::wire::negotiate::{self, Form};
use crate::wire::query::Parameters;
use crate::wire::{json, metadata};
use crate::{App, me};

/// The forms there are beside JSON.
pub const FORMS: [Form; 2] = [Form::Csv, Form::Ndjson];
/// The longest range, in days, of what has no pages: a hundred years.
const LONGEST: i64 = 36_525;
/// How many tracks a page has when nobody says, and at most.
const USUAL: usize = 100;
const MOST: usize = 1_000;

/// `GET ?from=…&to=…&tz=…`, as for a summary; `cursor` and `page_size` (tracks, not rows), or `format=csv` or `ndjson`.
///
/// # Errors
/// 400 with everything that is wrong, 404 for a cursor that leads nowhere.
pub async fn get(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let said = Parameters::parse(request.query_string())?;
    let (form, _) = negotiate::form(request.headers(), request.path(), said.said("format"), &FORMS)?;
    let (person, now) = (caller.person, app.clock().now());
    let usual = app.db().read(move |conn| me::store::settings(conn, person)).await?;
    let longest = if form == Form::Json { query::LONGEST } else { LONGEST };
    let mut query = Query::read(&said, &usual, now, longest)?;
    // Rows are in no groups.
    query.rules.keys.clear();
    let days = days::days(query.zone, query.from, query.to, query.day_start);
    let asked = Arc::new(Asked { person, query, days, now });
    if form == Form::Json {
        return page(&app, asked, &said).await;
    }
    export::response(Reader::new(app.db().clone(), asked, None), form, request.method() == Method::HEAD).await
}

async fn page(app: &App, asked: Arc<Asked>, said: &Parameters) -> Result<HttpResponse, ApiError> {
    let (size, after) = (size(said), said.said("cursor").map(read).transpose()?);
    let mut reader = Reader::new(app.db().clone(), asked.clone(), after);
    let (mut tracks, mut names) = (Vec::new(), Directory::new());
    // One more than there is room for, to know whether there is one.
    while tracks.len() <= size
        && let Some(batch) = reader.next().await?
    {
        tracks.extend(batch.tracks);
        names.extend(batch.names);
    }
    let has_more = tracks.len() > size;
    tracks.truncate(size);
    let next = tracks.last().filter(|_| has_more).map(|last| next(&asked.query, said, last));
    let mut body = b"{\"query\":{".to_vec();
    asked.query.write(&mut body);
    body.extend_from_slice(b"},\"next\":");
    match next {
        None => body.extend_from_slice(b"null"),
        Some(next) => json::text(&mut body, &app.url(&next)),
    }
    body.extend_from_slice(b",\"results\":");
    let rows =
        tracks.iter().flat_map(|track| asked.pieces(track).into_iter().map(move |piece| (track, piece)));
    let is_rounded = asked.query.rules.rounding.is_some();
    json::list(&mut body, rows, |out, (track, piece)| rows::object(out, track, &piece, &names, is_rounded));
    body.push(b'}');
    Ok(json::tagged(body))
}

/// A size that is no number from 1 is as if it had not been said, as in lists.
fn size(said: &Parameters) -> usize {
    let size = said.said("page_size").and_then(|text| text.trim().parse().ok());
    size.filter(|size| *size > 0).unwrap_or(USUAL).min(MOST)
}

/// Reads the place behind which a page begins.
fn read(cursor: &str) -> Result<Place, ApiError> {
    let place = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let (start, id) = text.strip_prefix("1 ")?.split_once(' ')?;
        Some((Timestamp::from_micros(start.parse().ok()?), TrackId(id.parse().ok()?)))
    };
    place().ok_or_else(|| ApiError::field("cursor", "This is not a cursor of this report."))
}

/// The path of the page behind a track: of the same days, also when it is asked for tomorrow.
fn next(query: &Query, said: &Parameters, last: &Track) -> String {
    let start = last.start.map_or(0, Timestamp::micros);
    let pinned = [
        ("cursor", URL_SAFE_NO_PAD.encode(format!("1 {start} {}", last.id))),
        ("from", query.from.to_string()),
        ("to", query.to.to_string()),
        ("tz", query.zone.name().to_owned()),
    ];
    format!("/api/reports/detailed/?{}", said.with(&pinned))
}

/// `OPTIONS`.
pub async fn options(_: Allowed) -> HttpResponse {
    metadata::response("Detailed", "The tracks behind a summary.", None)
}
