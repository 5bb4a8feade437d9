//! `/api/changes/`: what changed, in the order it was committed, for clients that keep a copy.
//!
//! A client asks without `since`, keeps what it gets and the `cursor`, and asks again with it: at once while `has_more`, and
//! later whenever it likes. Each row comes as it is now, the deleted ones as `"op":"delete"`; told twice does no harm.

pub mod cursor;
pub mod described;
pub mod store;

use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};
use cursor::{Cursor, Kind, Place};
use diesel::QueryResult;
use model::db::Conn;
use model::id::Uid;
use model::time::{Clock, Timestamp};
use store::News;

use crate::auth::Caller;
use crate::auth::allowed::Allowed;
use crate::auth::scopes::Scope;
use crate::catalogue::item::{self, Item};
use crate::id::WorkspaceId;
use crate::live::waiting;
use crate::tracks::row::Track;
use crate::wire::error::{ApiError, Verdict};
use crate::wire::query::Parameters;
use crate::wire::{json, metadata};
use crate::{App, catalogue, stored, tracks};

/// The most changes told at once, and how many are when nobody says.
const MOST: i64 = 500;
const MOST_AT_ONCE: usize = 500;
/// Bytes that are set aside for a change: more than most have.
const ROW: usize = 512;

/// Who may see some of it.
pub const NEEDS: &[Scope] = &[Scope::TracksRead, Scope::ActivitiesRead, Scope::ProjectsRead];

/// What every row gets that one transaction writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The transaction's place in the order of commits.
    pub seq: i64,
    /// When it was made.
    pub at: Timestamp,
}

/// Begins a change: takes the workspace's next number and with it the turn. Whoever else changes something in the
/// workspace waits until this transaction ends, so that what is looked up from here on stays as it is. A number whose
/// transaction writes nothing else is passed over by readers.
///
/// # Errors
/// When the database cannot.
pub fn begin(conn: &mut Conn, workspace: WorkspaceId, clock: &Clock) -> QueryResult<Stamp> {
    store::begin(conn, workspace, clock)
}

/// What every change of a row sets, in a table that the feed reads.
macro_rules! mark {
    ($rows:ident, $stamp:expr) => {
        (
            $rows::updated_at.eq($stamp.at),
            $rows::seq.eq($stamp.seq),
            $rows::version.eq($rows::version + 1_i64),
        )
    };
}
pub(crate) use mark;

/// A row that changed.
#[derive(Debug)]
pub struct Change {
    /// When, in the order of changes, and which row.
    pub place: Place,
    /// What it is known by in copies.
    pub uid: Uid,
    /// Its version.
    pub version: i64,
    /// What it is now; `None` when it is deleted.
    pub row: Option<Row>,
}

impl Change {
    /// The change of a row that was deleted `gone`, if it was.
    fn new(place: Place, gone: Option<Timestamp>, row: Row) -> Self {
        let (uid, version) = match &row {
            Row::Item(_, item) => (item.uid, item.version),
            Row::Track(track) => (track.uid, track.version),
        };
        Self { place, uid, version, row: gone.is_none().then_some(row) }
    }
}

/// What can change.
#[derive(Debug)]
pub enum Row {
    /// An item of the catalogue.
    Item(catalogue::Kind, Item),
    /// A track.
    Track(Track),
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Of which kinds.
    pub kinds: Vec<Kind>,
    /// From where on; everything there is without it.
    pub since: Option<Cursor>,
    /// How many at once.
    pub most: i64,
}

/// What is told.
#[derive(Debug)]
pub struct Told {
    /// In the order of the feed.
    pub changes: Vec<Change>,
    /// Where to go on.
    pub place: Place,
    /// Whether there is more already.
    pub has_more: bool,
    /// The last transaction that was looked at.
    pub last: i64,
}

/// `GET ?since=…&types=tracks,tags&limit=…&wait=…`. Without `types` it is all that the token lets its client see.
///
/// # Errors
/// 400 for what makes no sense, 403 for types that the token does not show; 410 for a cursor of another database, of one
/// that was restored to before it, or of a copy that had fewer types.
pub async fn get(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Parameters::parse(request.query_string())?;
    let (asked, within) = (read(&caller, &query)?, waiting::read(&query)?);
    let (caller, with_rate) = (caller.caller(), caller.sees_rates());
    if within.is_zero() {
        let whose = caller.clone();
        let told = move |conn: &mut _| {
            Ok(look(conn, &whose, &asked)?.map(|told| page(&whose, &asked, &told, with_rate).into()))
        };
        return stored::answer(&app, &caller, &request, told).await;
    }
    let ask = || {
        let (caller, asked) = (caller.clone(), asked.clone());
        let told = app.db().read(move |conn| {
            Ok(look(conn, &caller, &asked)?.map(|told| {
                let has_news = !told.changes.is_empty() || told.has_more;
                ((has_news, page(&caller, &asked, &told, with_rate)), told.last)
            }))
        });
        async move { told.await? }
    };
    let (_, told) = waiting::until((&app, &request, &caller), within, ask, |(has_news, _)| *has_news).await?;
    Ok(told.response())
}

/// What is told, and where to go on.
fn page(caller: &Caller, asked: &Asked, told: &Told, with_rate: bool) -> json::Tagged {
    let (workspace, kinds) = (caller.workspace, asked.kinds.clone());
    let cursor = Cursor { workspace, place: told.place, kinds, has_rates: with_rate };
    let mut body = Vec::with_capacity(256 + told.changes.len() * ROW);
    body.extend_from_slice(b"{\"changes\":");
    json::list(&mut body, &told.changes, |out, change| write(out, change, with_rate));
    body.extend_from_slice(b",\"cursor\":");
    json::text(&mut body, &cursor.written());
    body.extend_from_slice(b",\"has_more\":");
    json::boolean(&mut body, told.has_more);
    body.push(b'}');
    json::Tagged::of(body)
}

/// Reads what is asked for.
///
/// # Errors
/// 400 for what makes no sense, 403 for types that the token does not show, 410 for a cursor of another format.
pub fn read(caller: &Allowed, query: &Parameters) -> Result<Asked, ApiError> {
    let since = query.said("since").map(|said| Cursor::read("since", said)).transpose()?;
    let mut kinds = Kind::ALL.to_vec();
    if let Some(types) = query.said("types") {
        for name in types.split(',').map(str::trim) {
            if Kind::ALL.iter().all(|kind| kind.plural() != name) {
                return Err(ApiError::no_such_choice("types", name));
            }
        }
        kinds.retain(|kind| types.split(',').any(|name| name.trim() == kind.plural()));
        kinds.iter().try_for_each(|kind| caller.needs(kind.needs()))?;
    } else {
        kinds.retain(|kind| caller.needs(kind.needs()).is_ok());
    }
    let most = match query.said("limit").map(|text| text.trim().parse::<i64>()) {
        None => MOST,
        Some(Ok(limit)) if limit > 0 => limit.min(MOST),
        Some(_) => return Err(ApiError::field("limit", "Ensure this value is greater than or equal to 1.")),
    };
    Ok(Asked { kinds, since, most })
}

/// What changed behind the place, as far as it is asked for.
///
/// # Errors
/// When the database cannot; the inner error for a cursor that leads nowhere any more.
pub fn look(conn: &mut Conn, caller: &Caller, asked: &Asked) -> Verdict<Told> {
    let place = asked.since.as_ref().map_or(Place::START, |since| since.place);
    let most = asked.most.saturating_add(1);
    let of_tracks = if asked.kinds.contains(&Kind::Track) { most } else { 0 };
    // First, and then nothing beyond it: what is committed between two of the questions is told next time, whole.
    let News { last, has_items, tracks: mut changes } = store::news(conn, caller, place, of_tracks)?;
    let leads_on = |cursor: &Cursor| {
        let covers = asked.kinds.iter().all(|kind| cursor.kinds.contains(kind));
        let has_rates = asked.kinds.iter().any(|kind| kind.has_rates());
        let covers = covers && (cursor.has_rates || !has_rates || !caller.sees_rates());
        cursor.workspace == caller.workspace && cursor.place.seq <= last && covers
    };
    if asked.since.as_ref().is_some_and(|cursor| !leads_on(cursor)) {
        return Ok(Err(ApiError::CursorGone));
    }
    if has_items {
        let kinds = asked.kinds.iter().filter_map(|kind| kind.item());
        changes.extend(store::items(conn, caller.workspace, kinds, place, last, most)?);
    }
    changes.sort_unstable_by_key(|change| change.place);
    let most = usize::try_from(asked.most).unwrap_or(usize::MAX);
    let has_more = changes.len() > most;
    changes.truncate(most);
    let read = changes.last().map(|change| change.place).filter(|_| has_more);
    // Who has nothing yet need not learn what is there no more.
    changes.retain(|change| asked.since.is_some() || change.row.is_some());
    Ok(Ok(Told { changes, place: read.unwrap_or(Place::end_of(last)), has_more, last }))
}

/// A change, as the wire shows it.
pub(crate) fn write(out: &mut Vec<u8>, change: &Change, with_rate: bool) {
    out.extend_from_slice(b"{\"type\":");
    json::text(out, change.place.kind.name());
    match &change.row {
        None => {
            out.extend_from_slice(b",\"op\":\"delete\",\"id\":");
            json::number(out, change.place.id);
            out.extend_from_slice(b",\"uid\":");
            json::uid(out, change.uid);
            out.extend_from_slice(b",\"version\":");
            json::number(out, change.version);
        }
        Some(row) => {
            out.extend_from_slice(b",\"op\":\"upsert\",\"data\":");
            match row {
                Row::Item(kind, item) => item::write(out, *kind, item, with_rate),
                Row::Track(track) => tracks::write(out, track),
            }
        }
    }
    out.push(b'}');
}

/// `OPTIONS`.
pub async fn options(_: Allowed) -> HttpResponse {
    metadata::response("Changes", "What changed, for who keeps a copy.", None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R160: whoever may see a type comes in, and nobody else.
    #[test]
    fn the_feed_is_for_who_may_see_any_type() {
        let any: Vec<Scope> = Kind::ALL.iter().flat_map(|kind| kind.needs()).copied().collect();
        assert!(NEEDS.iter().all(|scope| any.contains(scope)));
        assert!(any.iter().all(|scope| NEEDS.contains(scope)));
    }
}
