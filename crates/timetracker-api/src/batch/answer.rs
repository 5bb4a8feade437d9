//! What is answered to a batch: each operation's result in its place, as a whole or in brief, and no more of it than is kept in
//! memory and under a key.

use actix_web::ResponseError;
use actix_web::http::StatusCode;

use crate::changes::Row;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::wire::{conditional, json};
use crate::{catalogue, tracks};

/// The longest answer in bytes: twice what may be sent, so that all that is made can be told.
const LONGEST: usize = 2 * 1024 * 1024;

/// What became of one operation: the row as it is now, 200 or 201, or nothing is left.
pub(super) type Outcome = Result<Option<(StatusCode, Row)>, ApiError>;

/// How it is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// Without the rows.
    pub is_brief: bool,
    /// Whether rates are shown.
    pub with_rate: bool,
}

/// The answer so far.
#[derive(Debug)]
pub(super) struct Answer {
    form: Form,
    results: Vec<u8>,
    count: usize,
    failed: Vec<(usize, ApiError)>,
}

impl Answer {
    /// Nothing yet.
    pub(super) fn new(form: Form) -> Self {
        Self { form, results: Vec::with_capacity(512), count: 0, failed: Vec::new() }
    }

    /// Adds what became of the next operation.
    ///
    /// # Errors
    /// 413 when there is no room for it.
    pub(super) fn add(&mut self, outcome: Outcome) -> Result<(), ApiError> {
        if self.count > 0 {
            self.results.push(b',');
        }
        self.results.extend_from_slice(b"{\"status\":");
        match outcome {
            Ok(None) => json::number(&mut self.results, i64::from(StatusCode::NO_CONTENT.as_u16())),
            Ok(Some((status, row))) => {
                json::number(&mut self.results, i64::from(status.as_u16()));
                self.tell(&row);
            }
            Err(error) => {
                let error = if self.form.is_brief { error.without_current() } else { error };
                json::number(&mut self.results, i64::from(error.status_code().as_u16()));
                self.results.extend_from_slice(b",\"body\":");
                self.results.extend_from_slice(&error.body());
                self.failed.push((self.count, error));
            }
        }
        self.results.push(b'}');
        self.count += 1;
        if self.results.len() > LONGEST { Err(ApiError::AnswerTooLarge) } else { Ok(()) }
    }

    fn tell(&mut self, row: &Row) {
        let out = &mut self.results;
        let (id, uid, version) = match row {
            Row::Item(_, item) => (item.id.0, item.uid, item.version),
            Row::Track(track) => (track.id.0, track.uid, track.version),
        };
        if self.form.is_brief {
            out.extend_from_slice(b",\"id\":");
            json::number(out, id);
            out.extend_from_slice(b",\"uid\":");
            json::uid(out, uid);
        }
        out.extend_from_slice(b",\"version\":");
        json::number(out, version);
        if self.form.is_brief {
            let tag = match row {
                Row::Item(kind, _) => catalogue::tag(*kind, version, self.form.with_rate),
                Row::Track(_) => conditional::of_version(version),
            };
            out.extend_from_slice(b",\"etag\":");
            json::text(out, tag.to_str().unwrap_or_default());
            return;
        }
        out.extend_from_slice(b",\"body\":");
        match row {
            Row::Item(kind, item) => catalogue::item::write(out, *kind, item, self.form.with_rate),
            Row::Track(track) => tracks::write(out, track),
        }
    }

    /// Whether nothing failed.
    pub(super) fn is_whole(&self) -> bool {
        self.failed.is_empty()
    }

    /// All of it. What did nothing may be sent again with its key, as a single request that was refused.
    pub(super) fn each(self) -> Reply {
        let body = [b"{\"results\":[", self.results.as_slice(), b"]}"].concat();
        let reply = Reply::plain(body);
        if self.failed.len() == self.count { reply.for_once() } else { reply }
    }

    /// All of it, or why nothing was done.
    pub(super) fn whole(self) -> Result<Reply, ApiError> {
        if self.is_whole() { Ok(self.each()) } else { Err(ApiError::NotDone(self.failed)) }
    }
}
