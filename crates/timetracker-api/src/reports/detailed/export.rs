//! What has no pages: sent while it is read, in constant memory. A few batches are read ahead of whoever takes them and no
//! more, so that one who is slow holds neither a database thread nor a lock. What breaks off is cut short: the answer
//! ends without the last chunk, and no client takes it for whole.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::rt;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::stream::{self, Stream};
use tokio::sync::mpsc;

use super::reader::{Asked, Batch, Reader};
use super::rows;
use crate::wire::error::ApiError;
use crate::wire::negotiate::Form;

/// How many batches wait for whoever takes them.
const AHEAD: usize = 1;

/// The answer. Its first batch is read before it begins: what goes wrong until then can still be told.
///
/// # Errors
/// When the database cannot.
pub async fn response(mut reader: Reader, form: Form, is_head: bool) -> Result<HttpResponse, ApiError> {
    let query = &reader.asked().query;
    let name = format!("attachment; filename=\"tracks-{}-{}.{}\"", query.from, query.to, form.name());
    let name = HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("attachment"));
    let mut response = HttpResponseBuilder::new(StatusCode::OK);
    response.insert_header((header::CONTENT_TYPE, form.media_type()));
    response.insert_header((header::CONTENT_DISPOSITION, name));
    if is_head {
        return Ok(response.streaming(stream::empty::<Result<Bytes, ApiError>>()));
    }
    let first = reader.next().await?;
    Ok(response.streaming(parts(reader, first, form)))
}

fn parts(
    mut reader: Reader,
    first: Option<Batch>,
    form: Form,
) -> impl Stream<Item = Result<Bytes, ApiError>> {
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    rt::spawn(async move {
        let mut part = if form == Form::Csv { rows::HEADER.as_bytes().to_vec() } else { Vec::new() };
        let mut next = Ok(first);
        while let Ok(Some(batch)) = next {
            write(&mut part, reader.asked(), &batch, form);
            if !part.is_empty() && sender.send(Ok(Bytes::from(std::mem::take(&mut part)))).await.is_err() {
                // Nobody takes it any more.
                return;
            }
            next = reader.insist().await;
        }
        if let Err(error) = next {
            tracing::error!(%error, "an export broke off");
            // Perhaps nobody takes that, either.
            let _ = sender.send(Err(ApiError::from(error))).await;
        }
    });
    stream::poll_fn(move |context| receiver.poll_recv(context))
}

fn write(out: &mut Vec<u8>, asked: &Asked, batch: &Batch, form: Form) {
    let is_rounded = asked.query.rules.rounding.is_some();
    for track in &batch.tracks {
        for piece in asked.pieces(track) {
            match form {
                Form::Csv => rows::line(out, track, &piece, &batch.names, asked.query.zone),
                Form::Json | Form::Ndjson => {
                    rows::object(out, track, &piece, &batch.names, is_rounded);
                    out.push(b'\n');
                }
            }
        }
    }
}
