//! `/time/sign-out/`: ends the session here and what its tokens may do, and shows the way to sign out at the authorization server
//! as well, where other applications are.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::ThinData;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use askama::Template;

use super::error::{Kind, PageError};
use super::frame::Frame;
use super::sessions::{self, cookie};
use super::{form, page};
use crate::App;

#[derive(Template)]
#[template(path = "pages/sign_out.html")]
struct SignedOut<'a> {
    frame: Frame,
    /// Where somebody signs out at the authorization server; made from configuration.
    end_session_href: &'a str,
}

/// A request with its body, still to be read.
pub struct Unread(pub Payload);

impl FromRequest for Unread {
    type Error = PageError;
    type Future = std::future::Ready<Result<Self, PageError>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self(payload.take())))
    }
}

/// `POST`.
///
/// # Errors
/// 403 for a form that was not shown in this browser, 503 when the database cannot.
pub async fn post(
    ThinData(app): ThinData<App>,
    request: HttpRequest,
    body: Unread,
) -> Result<HttpResponse, PageError> {
    let form = form::read(&app, &request, body.0, form::Sender::Stranger).await?;
    let secret = cookie::Kind::Session.read(&app, &request);
    let secret = secret.filter(|secret| secret.has_shown(form.get("_csrf").unwrap_or_default()));
    let secret = secret.ok_or(PageError::new(Kind::StaleForm))?;
    sessions::sign_out(&app, &secret).await?;
    let end_session_href = app.sign_in().map_or("", |client| client.end_session_url());
    let frame = Frame::nobody(&app);
    let mut response = page(StatusCode::OK, &SignedOut { frame, end_session_href })?;
    response
        .add_cookie(&cookie::Kind::Session.taken(&app))
        .map_err(|error| PageError::internal(error.to_string()))?;
    Ok(response)
}
