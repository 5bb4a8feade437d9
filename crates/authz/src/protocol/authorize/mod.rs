//! `/o/authorize/`: RFC 6749 section 3.1. Request, then decision, then answer.
//!
//! Client and redirect URI are judged first: a fault there is a page and never a redirect. From there every
//! failure travels back through [`answer::Return`], which only a verified redirect URI can make. Nothing is
//! stored: the address is the state, and it is judged from scratch each time the person comes back to it.

mod answer;
mod consent;
mod decide;
mod request;

use actix_web::{HttpRequest, HttpResponse, web};

use crate::app::App;
use crate::audit::{About, What};
use crate::pages::PageError;
use crate::pages::browser::{Browser, PageForm, SignedIn};
use crate::pages::destination::Destination;

use decide::{Step, decide};
use request::Request;

/// Judges the request and asks the person what is still to be asked.
///
/// # Errors
/// A page, when the application cannot be told.
pub async fn get(
    app: web::Data<App>,
    http: HttpRequest,
    browser: Browser,
) -> Result<HttpResponse, PageError> {
    let request = match Request::judge(&app, http.query_string()).await {
        Ok(request) => request,
        Err(failure) => return failure.told(&app.config.issuer),
    };
    let signed_in = browser.signed_in().await?;
    next_step(&app, &browser, &request, signed_in)
}

/// The person's answer. Everything is judged again; what they allow is what they were shown, or they are asked
/// again.
///
/// # Errors
/// A page, when the form is not ours or the application cannot be told.
pub async fn post(app: web::Data<App>, http: HttpRequest, form: PageForm) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let request = match Request::judge(&app, http.query_string()).await {
        Ok(request) => request,
        Err(failure) => return failure.told(&app.config.issuer),
    };
    let Some(signed_in) = browser.signed_in().await? else {
        return Ok(to_sign_in(&app, &request, false));
    };
    let asked = decide(request.prompt, request.max_age, Some(signed_in.session.authenticated_at), app.now());
    let was_shown = consent::was_shown(&app, &request, &signed_in, params.get("shown"));
    if !(was_shown && matches!(asked, Step::Consent)) {
        return next_step(&app, &browser, &request, Some(signed_in));
    }
    let (what, answer) = match params.get("decision") {
        Some("allow") => (What::ConsentGiven, request.to.code(&app, &request, &signed_in)),
        _ => (What::ConsentRefused, request.to.error(&app.config.issuer, &answer::REFUSED)),
    };
    let about = About {
        user: Some(signed_in.user.id),
        client: Some(&request.client.id),
        detail: request.permission.scopes.as_str(),
    };
    app.audit.note(what, browser.address(), about, signed_in.at);
    Ok(answer)
}

fn next_step(
    app: &App,
    browser: &Browser,
    request: &Request,
    signed_in: Option<SignedIn>,
) -> Result<HttpResponse, PageError> {
    let session = signed_in.as_ref().map(|signed_in| signed_in.session.authenticated_at);
    match (decide(request.prompt, request.max_age, session, app.now()), signed_in) {
        (Step::Refuse(error), _) => Ok(request.to.error(&app.config.issuer, &error)),
        (Step::Consent, Some(signed_in)) => consent::show(app, browser, request, &signed_in),
        (Step::Reauthenticate, _) => Ok(to_sign_in(app, request, true)),
        (Step::SignIn | Step::Consent, _) => Ok(to_sign_in(app, request, false)),
    }
}

/// To the sign-in page, and back here. What asked for a new sign-in is taken out of the address, or it would ask
/// for ever.
fn to_sign_in(app: &App, request: &Request, again: bool) -> HttpResponse {
    let query = if again { request.without_reauthentication() } else { request.query.clone() };
    Destination::Authorize(query).after_sign_in(&app.config.issuer)
}
