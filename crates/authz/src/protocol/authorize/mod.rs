//! `/o/authorize/`: RFC 6749 section 3.1. Request, then decision, then answer.
//!
//! Client and redirect URI are judged first: a fault there is a page and never a redirect. From there every
//! failure travels back through [`answer::Return`], which only a verified redirect URI can make. Nothing is
//! stored but what people agree to: the address is the state, and it is judged from scratch each time the person comes back to it.

mod agreement;
mod answer;
mod asked;
mod claims;
mod consent;
mod decide;
mod decision;
mod form_post;
mod issue;
mod leave;
mod request;
mod request_object;

use actix_web::{FromRequest, HttpRequest, HttpResponse, web};

use crate::app::App;
use crate::audit::{About, What};
use crate::client_documents;
use crate::pages::PageError;
use crate::pages::browser::{Browser, PageForm, SignedIn};
use crate::pages::destination::Destination;
use crate::protocol::application_form::ApplicationForm;

use decide::{Step, decide};
use decision::Taken;
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
    let request = match Request::judge(&app, http.query_string(), browser.address()).await {
        Ok(request) => request,
        Err(failure) => return failure.told(&app.config.issuer),
    };
    let signed_in = browser.signed_in().await?;
    let known = match &signed_in {
        Some(signed_in) => Some(agreement::known(&app, &request, signed_in).await?),
        None => None,
    };
    let (prompt, max_age) = request.still_asks(signed_in.as_ref());
    let step = decide(prompt, max_age, known, app.now());
    follow(&app, &browser, &request, step, signed_in).await
}

/// The same request as a form of the application's own (OpenID Connect Core section 3.1.2.1), or the person's answer,
/// which always goes to an address with the request in it.
///
/// # Errors
/// A page, when the form cannot be read, or is neither, or the application cannot be told.
pub async fn post(
    app: web::Data<App>,
    http: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, PageError> {
    let mut body = body.into_inner();
    if http.query_string().is_empty() {
        let form = ApplicationForm::from_request(&http, &mut body).await?;
        return Ok(form.sent_on(&format!("{}/authorize/", app.config.issuer.as_str()), |_| true));
    }
    let form = PageForm::from_request(&http, &mut body).await?;
    decided(&app, &http, form).await
}

/// The person's answer. Everything is judged again; what they allow is what they were shown, or they are asked
/// again.
async fn decided(app: &App, http: &HttpRequest, form: PageForm) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let request = match Request::judge(app, http.query_string(), browser.address()).await {
        Ok(request) => request,
        Err(failure) => return failure.told(&app.config.issuer),
    };
    let Some(signed_in) = browser.signed_in().await? else {
        return Ok(to_sign_in(app, &request, false));
    };
    let known = agreement::known(app, &request, &signed_in).await?;
    let (prompt, max_age) = request.still_asks(Some(&signed_in));
    let step = decide(prompt, max_age, Some(known), app.now());
    let question = consent::was_shown(app, &request, &signed_in, params.get("shown"));
    // Who was asked answers, also when another tab has made the question needless meanwhile.
    let question = question.filter(|_| matches!(step, Step::Consent | Step::Issue));
    let Some(question) = question else {
        return follow(app, &browser, &request, step, Some(signed_in)).await;
    };
    let allows = params.get("decision") == Some("allow");
    if allows {
        client_documents::keep(app, &request.client, browser.address()).await?;
    }
    let (decision, is_new) = match decision::take(app, &request, &signed_in, question, allows).await? {
        Taken::Now(decision) => (decision, true),
        Taken::Before(decision) => (decision, false),
        Taken::Over => return follow(app, &browser, &request, step, Some(signed_in)).await,
        Taken::Otherwise => return decision::counts_already(&browser, &signed_in, !allows),
        Taken::ClientIsGone => return Err(request::unknown_client()),
    };
    if is_new {
        let about = About {
            user: Some(signed_in.user.id),
            client: Some(&request.client.id),
            detail: request.asked.permission.scopes.as_str(),
        };
        let what = if allows { What::ConsentGiven } else { What::ConsentRefused };
        app.audit.note(what, browser.address(), about, signed_in.at);
    }
    if allows {
        issue::issue(app, &browser, &request, &signed_in, Some(decision)).await
    } else {
        request.to.error(&app.config.issuer, &answer::REFUSED)
    }
}

async fn follow(
    app: &App,
    browser: &Browser,
    request: &Request,
    step: Step,
    signed_in: Option<SignedIn>,
) -> Result<HttpResponse, PageError> {
    match (step, signed_in) {
        (Step::Refuse(error), _) => request.to.error(&app.config.issuer, &error),
        (Step::Issue, Some(signed_in)) => issue::issue(app, browser, request, &signed_in, None).await,
        (Step::Consent, Some(signed_in)) => consent::show(app, browser, request, &signed_in),
        (Step::Reauthenticate, _) => Ok(to_sign_in(app, request, true)),
        (Step::SignUp, _) => Ok(to_sign_up(app, request.without_reauthentication())),
        (Step::SignIn | Step::Consent | Step::Issue, _) => Ok(to_sign_in(app, request, false)),
    }
}

/// To the sign-in page, and back here. What asked for a new sign-in is taken out of the address, or it would ask
/// for ever.
fn to_sign_in(app: &App, request: &Request, again: bool) -> HttpResponse {
    let query = if again { request.without_reauthentication() } else { request.query.clone() };
    Destination::Authorize(query).after_sign_in(&app.config.issuer)
}

fn to_sign_up(app: &App, query: String) -> HttpResponse {
    Destination::Authorize(query).after_sign_up(&app.config.issuer)
}
