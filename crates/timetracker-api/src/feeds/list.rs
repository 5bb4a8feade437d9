//! `/api/feeds/`.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};

use super::described::FEED;
use super::form::Draft;
use super::{store, token};
use crate::App;
use crate::auth::allowed::Allowed;
use crate::retries::{self, Retry};
use crate::wire::error::ApiError;
use crate::wire::listing::List;
use crate::wire::reply::Reply;
use crate::wire::sent::Sent;
use crate::wire::shape;

/// `GET`: a page of one's own.
///
/// # Errors
/// 404 for a page that is not there, 400 for what makes no sense.
pub async fn get(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let members: Vec<&str> = FEED.names().collect();
    let list = List { path: "/api/feeds/", members: &members, filters: &[], keys: &[("id", ())] };
    let (wanted, view) = list.read(&app, &request)?;
    let person = caller.person;
    let page = move |conn: &mut _| {
        Ok(store::page(conn, person, &wanted)?.map(|page| view.write(&page, super::write)))
    };
    Ok(app.db().read(page).await??.response())
}

/// `POST`: a new one. Its address is in this answer and never in another: what is kept for an `Idempotency-Key` is
/// without it, too.
///
/// # Errors
/// 400 with everything that is wrong, 409 when there are too many.
pub async fn post(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let draft = Draft::read(&sent)?;
    let (token, hash) = token::fresh().ok_or_else(|| ApiError::Unavailable("no randomness".into()))?;
    let retry = Retry::read(&request, &sent)?;
    let answer = retries::once(&app, caller.caller(), retry, move |conn, caller, stamp| {
        let made = store::insert(conn, caller, &draft, hash, stamp.at)?;
        Ok(made.map(|feed| Reply::plain(super::text(&feed)).created(format!("/api/feeds/{}/", feed.id))))
    })
    .await?;
    if retries::is_replay(&answer) {
        return Ok(answer);
    }
    let url = app.url(&format!("/api/feeds/{}.ics", token.expose()));
    Ok(answer.map_body(|_, body| told(body, &url)))
}

/// The same, with the address.
fn told(body: BoxBody, url: &str) -> BoxBody {
    match body.try_into_bytes() {
        Ok(bytes) => match bytes.strip_suffix(b"null}") {
            Some(before) => BoxBody::new([before, b"\"", url.as_bytes(), b"\"}"].concat()),
            None => BoxBody::new(bytes),
        },
        Err(body) => body,
    }
}

/// `OPTIONS`: what may be sent.
pub async fn options(_: Allowed) -> HttpResponse {
    super::description("Feed List", Some(("POST", shape::metadata(FEED.fields.iter().copied()))))
}
