//! `/api/events/`: the feed of changes as it happens (server-sent events, section 9.2 of the HTML standard).
//!
//! Each event is a change of `/api/changes/` and its `id` a cursor of that feed: whoever comes back with `Last-Event-ID`
//! misses nothing. Without one it begins now. A cursor that leads nowhere any more is told by an event `reset`, and then it
//! begins now, too: who keeps a copy reads it anew meanwhile.
//!
//! A stream ends when the token does, when the service stops, when the person has opened many others, when nobody reads it,
//! and when the database cannot be asked; clients come back. It is told by a task of its own, which notices all of that also while
//! a reader that is slow keeps the connection from taking anything.

use std::convert::Infallible;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::{Bytes, ThinData};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Slot;
use super::watching::Follower;
use crate::App;
use crate::auth::Caller;
use crate::auth::allowed::Allowed;
use crate::auth::bearer;
use crate::changes::cursor::{Cursor, Place};
use crate::changes::{self, Asked};
use crate::wire::error::ApiError;
use crate::wire::metadata;
use crate::wire::query::Parameters;

/// Its path below `/api`.
pub const PATH: &str = "/events/";
/// The most changes looked up at once.
const TOGETHER: i64 = 100;
/// The most that is said at once, in bytes.
const LARGEST: usize = 64 * 1024;
/// For how many heartbeats nothing may be taken of what is said.
const PATIENCE: u32 = 2;
/// How often it is looked whether the token still lives, within one heartbeat.
const LOOKS: u32 = 3;
/// When a client may come back, in milliseconds.
const RETRY: &str = "retry: 2000\n";

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

/// `GET ?since=…&types=tracks,tags`, or with `Last-Event-ID` instead of `since`.
///
/// # Errors
/// 400 for what makes no sense; 429 and 503 when too many listen.
pub async fn get(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Parameters::parse(request.query_string())?;
    let mut asked = changes::read(&caller, &query)?;
    asked.most = TOGETHER;
    if let Some(cursor) = last_event_id(request.headers()) {
        asked.since = Some(Cursor::read("last-event-id", cursor)?);
    }
    if *request.method() == Method::HEAD {
        return Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, STREAM)).finish());
    }
    let (_, token) = bearer::token(request.headers(), request.query_string(), app.allowed())?;
    let (slot, connection) = app.live().listen(caller.person)?;
    let follower = app.live().follow(caller.workspace);
    let heartbeat = app.heartbeat();
    let (out, heard) = mpsc::channel(1);
    let mut listener = Listener {
        caller: caller.caller(),
        token: token.to_owned(),
        asked,
        follower,
        look: Instant::now() + heartbeat / LOOKS,
        beat: Instant::now() + heartbeat,
        app,
        slot,
        out,
    };
    let first = listener.begin().await?;
    actix_web::rt::spawn(async move { listener.tell(first).await });
    let chunks = stream::unfold((heard, connection), |(mut heard, connection)| async move {
        let chunk: Bytes = heard.recv().await?;
        Some((Ok::<_, Infallible>(chunk), (heard, connection)))
    });
    let mut response = HttpResponse::build(StatusCode::OK);
    response.insert_header((header::CONTENT_TYPE, STREAM));
    // nginx would keep it back until there is enough of it.
    response.insert_header(("x-accel-buffering", "no"));
    Ok(response.streaming(chunks))
}

/// `OPTIONS`.
pub async fn options(_: Allowed) -> HttpResponse {
    metadata::response("Events", "What changes, as it happens.", None)
}

fn last_event_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(LAST_EVENT_ID)?.to_str().ok().map(str::trim).filter(|cursor| !cursor.is_empty())
}

/// Somebody who listens.
struct Listener {
    app: App,
    caller: Arc<Caller>,
    token: String,
    /// What is told; `since` goes along.
    asked: Asked,
    follower: Follower,
    /// When the token is looked at next.
    look: Instant,
    /// When something is said at the latest.
    beat: Instant,
    slot: Slot,
    /// To the connection.
    out: mpsc::Sender<Bytes>,
}

impl Listener {
    /// Finds out where to begin, and says so.
    async fn begin(&mut self) -> Result<Vec<u8>, ApiError> {
        let workspace = self.caller.workspace;
        let last = self.app.db().read(move |conn| changes::store::last(conn, workspace)).await?;
        let mut said = RETRY.to_owned().into_bytes();
        if self.asked.since.is_none() {
            let now = self.cursor(Place::end_of(last));
            // An id without data is kept by clients and told to nobody.
            said.extend_from_slice(format!("id: {}\n", now.written()).as_bytes());
            self.asked.since = Some(now);
        }
        said.push(b'\n');
        Ok(said)
    }

    /// Tells what there is, waits for more, and so on; `None` is how it ends.
    async fn tell(&mut self, first: Vec<u8>) -> Option<Infallible> {
        self.say(first).await?;
        loop {
            let turn = self.follower.turn();
            if let Some(known) = self.page().await? {
                self.wait(known, turn).await?;
            }
        }
    }

    /// Tells the next changes, perhaps none. When those are all, it is the last transaction that was seen.
    async fn page(&mut self) -> Option<Option<i64>> {
        if self.slot.is_over() {
            return None;
        }
        let (caller, asked) = (self.caller.clone(), self.asked.clone());
        let told = self.app.db().read(move |conn| {
            let last = changes::store::last(conn, caller.workspace)?;
            Ok((changes::look(conn, &caller, &asked)?, last))
        });
        let (told, last) = told.await.ok()?;
        let Ok(told) = told else {
            let reset = self.reset(last);
            self.say(reset).await?;
            return Some(Some(last));
        };
        self.asked.since = Some(self.cursor(told.place));
        let mut events = Vec::new();
        for change in &told.changes {
            let data = |out: &mut Vec<u8>| changes::write(out, change, self.caller.sees_rates());
            event(&mut events, "change", &self.cursor(change.place), data);
            if events.len() >= LARGEST {
                self.say(std::mem::take(&mut events)).await?;
            }
        }
        self.say(events).await?;
        Some((!told.has_more).then_some(told.last))
    }

    /// Returns when there is more than what is known.
    async fn wait(&mut self, known: i64, turn: u64) -> Option<()> {
        loop {
            tokio::select! {
                () = self.follower.moved(known, turn) => return Some(()),
                () = self.slot.over() => return None,
                () = self.out.closed() => return None,
                () = tokio::time::sleep_until(self.look) => {}
            }
            self.is_still_let_in().await?;
            self.look = Instant::now() + self.app.heartbeat() / LOOKS;
            if Instant::now() >= self.beat {
                self.say(b":\n\n".to_vec()).await?;
            }
        }
    }

    /// Says something when there is room for it. Nothing is said to anybody whose token has ended.
    async fn say(&mut self, said: Vec<u8>) -> Option<()> {
        let mut said = Bytes::from(said);
        while !said.is_empty() {
            self.beat = Instant::now() + self.app.heartbeat();
            let within = self.app.heartbeat() * PATIENCE;
            let room = tokio::select! {
                () = self.slot.over() => return None,
                room = tokio::time::timeout(within, self.out.reserve()) => room.ok()?.ok()?,
            };
            self.is_still_let_in().await?;
            room.send(said.split_to(said.len().min(LARGEST)));
        }
        Some(())
    }

    async fn is_still_let_in(&self) -> Option<()> {
        self.app.gate().admit_again(&self.token, &self.caller).await.ok()
    }

    /// Begins anew, from now on.
    fn reset(&mut self, last: i64) -> Vec<u8> {
        let now = self.cursor(Place::end_of(last));
        let mut out = Vec::new();
        let body = ApiError::CursorGone.body();
        event(&mut out, "reset", &now, |out| out.extend_from_slice(&body));
        self.asked.since = Some(now);
        out
    }

    /// A place in the feed, as it is told here.
    fn cursor(&self, place: Place) -> Cursor {
        Cursor {
            workspace: self.caller.workspace,
            place,
            kinds: self.asked.kinds.clone(),
            has_rates: self.caller.sees_rates(),
        }
    }
}

/// One event. JSON of ours has no line breaks.
fn event(out: &mut Vec<u8>, name: &str, id: &Cursor, data: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(format!("event: {name}\nid: {}\ndata: ", id.written()).as_bytes());
    data(out);
    out.extend_from_slice(b"\n\n");
}
