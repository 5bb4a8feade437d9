//! What has no pages: sent while it is read, in constant memory. One task reads on, a batch ahead of whoever takes them and
//! no further, so that one who is slow holds neither a database thread nor a lock; and the answer writes rows as they are
//! taken. What breaks off is cut short: the answer ends without the last chunk, and no client takes it for whole.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::rt;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::stream::{self, Stream};
use model::db::{Db, DbError};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::reader::{Asked, Batch, Reader};
use super::rows::{self, Rows};
use crate::wire::error::ApiError;
use crate::wire::negotiate::Form;

/// How many batches wait for whoever takes them.
const AHEAD: usize = 1;
/// How many bytes are sent at once, and one row.
const ENOUGH: usize = 64 * 1_024;
/// How many tracks are looked at first, so that the answer begins soon.
const FIRST: usize = 250;

/// What was read: some tracks, the end, or why there is none. Without one of the last two, whoever read is gone.
type Told = Result<Option<Batch>, DbError>;

/// The answer. Its first batch is read before it begins: what goes wrong until then can still be told.
///
/// # Errors
/// When the database cannot.
pub async fn response(
    db: Db,
    asked: Arc<Asked>,
    form: Form,
    is_head: bool,
) -> Result<HttpResponse, ApiError> {
    let query = &asked.query;
    let name = format!("attachment; filename=\"tracks-{}-{}.{}\"", query.from, query.to, form.name());
    let name = HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("attachment"));
    let mut response = HttpResponseBuilder::new(StatusCode::OK);
    response.insert_header((header::CONTENT_TYPE, form.media_type()));
    response.insert_header((header::CONTENT_DISPOSITION, name));
    if is_head {
        return Ok(response.streaming(stream::empty::<Result<Bytes, ApiError>>()));
    }
    let mut reader = Reader::new(db, asked.clone(), None, FIRST);
    let first = reader.next().await?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    rt::spawn(read_on(async move || reader.insist().await, first, sender));
    Ok(response.streaming(Parts::new(receiver, asked, form).stream()))
}

/// Reads to the end, or until nobody takes it any more, also where there is nothing to take.
async fn read_on(mut read: impl AsyncFnMut() -> Told, first: Option<Batch>, sender: Sender<Told>) {
    let mut told = Ok(first);
    loop {
        let is_last = !matches!(told, Ok(Some(_)));
        let is_empty = matches!(&told, Ok(Some(batch)) if batch.entries.is_empty());
        if (!is_empty && sender.send(told).await.is_err()) || is_last {
            return;
        }
        told = tokio::select! {
            biased;
            () = sender.closed() => return,
            told = read() => told,
        };
    }
}

/// The body, as it is taken.
struct Parts {
    receiver: Receiver<Told>,
    asked: Arc<Asked>,
    form: Form,
    rows: Option<Rows>,
    out: Vec<u8>,
    is_over: bool,
}

impl Parts {
    fn new(receiver: Receiver<Told>, asked: Arc<Asked>, form: Form) -> Self {
        let out = if form == Form::Csv { rows::HEADER.as_bytes().to_vec() } else { Vec::new() };
        Self { receiver, asked, form, rows: None, out, is_over: false }
    }

    fn stream(self) -> impl Stream<Item = Result<Bytes, ApiError>> {
        stream::try_unfold(self, |mut parts| async move {
            let part =
                parts.next().await.inspect_err(|error| tracing::error!(%error, "an export broke off"))?;
            Ok(part.map(|part| (part, parts)))
        })
    }

    /// The next part: as much as is enough, or what there is when no more has been read.
    async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        loop {
            if let Some(rows) = &mut self.rows
                && rows.write(&mut self.out, ENOUGH, &self.asked, self.form)
            {
                return Ok(Some(self.take()));
            }
            self.rows = None;
            if self.is_over {
                return Ok((!self.out.is_empty()).then(|| self.take()));
            }
            let told = match self.receiver.try_recv() {
                Err(TryRecvError::Empty) if !self.out.is_empty() => return Ok(Some(self.take())),
                Err(TryRecvError::Empty) => self.receiver.recv().await,
                told => told.ok(),
            };
            match told {
                Some(Ok(Some(batch))) => self.rows = Some(Rows::of(batch)),
                Some(Ok(None)) => self.is_over = true,
                Some(Err(error)) => return Err(error.into()),
                // It panicked, or was ended with the program.
                None => return Err(ApiError::Internal("whoever read an export is gone".into())),
            }
        }
    }

    fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::replace(&mut self.out, Vec::with_capacity(ENOUGH + ENOUGH / 8)))
    }
}

#[cfg(test)]
mod tests;
