//! The question itself: who asks, for what, and where it leads.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use model::id::GrantId;

use super::agreement;
use super::request::Request;
use crate::app::App;
use crate::crypto::master::equal;
use crate::edge::CONTENT_SECURITY_POLICY;
use crate::pages::browser::{self, Browser, SignedIn};
use crate::pages::client_about::ClientAbout;
use crate::pages::views::{ConsentPage, ConsentScope, Frame};
use crate::pages::words::{displayed, in_words};
use crate::pages::{self, PageError};
use crate::protocol::redirect_uri;
use crate::store::decisions;

/// Shows the question. The form may lead to the verified redirect URI and nowhere else: browsers apply
/// `form-action` to what a form's answer redirects to.
pub(super) fn show(
    app: &App,
    browser: &Browser,
    request: &Request,
    signed_in: &SignedIn,
) -> Result<HttpResponse, PageError> {
    let described =
        app.config.known_scopes().filter(|(name, _)| request.asked.permission.scopes.contains(name));
    let mut scopes: Vec<ConsentScope> =
        described.map(|(name, description)| ConsentScope { name, description }).collect();
    let claims = agreement::claims(request).names().collect::<Vec<_>>().join(", ");
    if !claims.is_empty() {
        scopes.push(ConsentScope { name: &claims, description: "See these details of yours" });
    }
    let csrf_token = browser.csrf_token();
    let about = ClientAbout::of(&request.client);
    let is_from_document = request.client.metadata.is_from_document;
    let host = is_from_document.then(|| redirect_uri::destination(request.client.id.as_str()));
    let mut response = pages::page(
        browser,
        &ConsentPage {
            frame: Frame { display: request.asked.display, ..browser::frame(&csrf_token, Some(signed_in)) },
            client_name: &displayed(&request.client.name),
            about,
            self_registered: request.client.metadata.is_self_registered,
            client_host: host.as_deref(),
            redirect_host: &redirect_uri::destination(request.to.uri()),
            scopes: &scopes,
            access_lasts: &in_words(
                request.client.metadata.lifetimes(app.config.lifetimes).access_token.as_secs(),
            ),
            renewable: request.client.may_use("refresh_token"),
            action: &format!("{}/o/authorize/?{}", app.config.issuer.base(), request.query),
            shown: &shown(app, request, signed_in, GrantId::new(app.now())),
        },
    )?;
    let allowed = format!("form-action 'self' {};", redirect_uri::csp_source(request.to.uri()));
    let policy = CONTENT_SECURITY_POLICY.replace("form-action 'self';", &allowed);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    about.allow_logo(&mut response);
    Ok(response)
}

/// The question's id, if the person was shown exactly what they would now allow, and not long ago: a registration or a request
/// that has changed since is asked about again.
pub(super) fn was_shown(
    app: &App,
    request: &Request,
    signed_in: &SignedIn,
    sent: Option<&str>,
) -> Option<GrantId> {
    let (id, _) = sent?.split_once('.')?;
    let id = GrantId(id.parse().ok()?);
    let is_open = app.now().since(id.made_at()) < decisions::OPEN;
    (is_open && equal(sent?.as_bytes(), shown(app, request, signed_in, id).as_bytes())).then_some(id)
}

/// What the form sends back: the question's id, and a tag over it and all that was shown.
fn shown(app: &App, request: &Request, signed_in: &SignedIn, id: GrantId) -> String {
    let client = &request.client;
    let id = id.to_string();
    let tag = app.form_key.tag(&[
        "shown",
        &id,
        &signed_in.user.id.to_string(),
        client.id.as_str(),
        &client.name,
        &client.redirect_uris,
        request.to.uri(),
        request.asked.permission.scopes.as_str(),
        &request.asked.permission.audiences,
        &request.query,
    ]);
    format!("{id}.{tag}")
}
