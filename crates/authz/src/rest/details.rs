//! `/user_details/` and `/user_details_by_username/{username}/`: who somebody is, as the fake social site of the tutorials tells
//! other sites. Nobody is told of anybody else.

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use model::id::UserId;
use serde::Serialize;

use super::caller::Visit;
use super::person::Told;
use super::refusal::Refusal;
use super::view::View;
use crate::app::App;
use crate::sign_in::username_key;
use crate::store::directory;

const VIEW: View = View { name: "User Details", allow: "OPTIONS, GET", vary: Some("Accept, Cookie") };
const BY_NAME: View = View { name: "User Details By Username", ..VIEW };
const NOT_FOUND: Refusal = Refusal::NotFound("Not found.");

#[derive(Serialize)]
struct Row<'a> {
    id: UserId,
    username: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
}

/// `/user_details/`, any method.
pub async fn own(app: web::Data<App>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    VIEW.dress(told(&VIEW, &app, &request, &mut payload.into_inner(), None).await)
}

/// `/user_details_by_username/{username}/`, any method.
pub async fn by_username(app: web::Data<App>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let name = request.match_info().get("username").unwrap_or_default();
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned();
    BY_NAME.dress(told(&BY_NAME, &app, &request, &mut payload.into_inner(), Some(&name)).await)
}

async fn told(
    view: &View,
    app: &App,
    request: &HttpRequest,
    payload: &mut Payload,
    wanted: Option<&str>,
) -> Result<HttpResponse, Refusal> {
    let visit = Visit::begin(app, request, payload).await?;
    let user = visit.person(&["read"])?;
    // HEAD is GET without its body, though the framework does not name it for what is a function there.
    if *request.method() != Method::HEAD {
        view.has(request.method())?;
    }
    if *request.method() == Method::OPTIONS {
        return Ok(visit.answer(view.described(None)));
    }
    if wanted.is_some_and(|wanted| username_key(wanted) != user.username_key) {
        return Err(NOT_FOUND);
    }
    let id = user.id;
    let person = app.db.read(move |conn| directory::find(conn, id)).await?.ok_or(NOT_FOUND)?;
    let Told { first_name, last_name, email } = Told::of(&person, &visit);
    let row = Row { id, username: &person.username, first_name, last_name, email };
    Ok(visit.answer(HttpResponse::Ok().json(row)))
}
