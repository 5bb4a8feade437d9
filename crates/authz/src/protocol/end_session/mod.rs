//! `/o/logout/`: an application wants the person to be signed out (OpenID Connect RP-Initiated Logout 1.0).
//!
//! Nobody is signed out by a link, nor by another site's form: the person is asked, always, by a form of ours. Where they
//! go afterwards is registered, byte for byte, by a client that the request names; without a question they only go there
//! when nobody is signed in and an ID token of ours shows that it was for this client, which somebody has vouched for.

mod request;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::future::LocalBoxFuture;

use crate::app::App;
use crate::edge::{self, CONTENT_SECURITY_POLICY};
use crate::pages::browser::{self, Browser, PageForm, SignedIn};
use crate::pages::views::{EndSessionPage, MessagePage};
use crate::pages::words::displayed;
use crate::pages::{self, PageError, signed_out};
use crate::protocol::{Params, redirect_uri};

use request::Request;

/// Asks the person.
///
/// # Errors
/// A page that says what is wrong with the request.
pub async fn get(
    app: web::Data<App>,
    http: HttpRequest,
    browser: Browser,
) -> Result<HttpResponse, PageError> {
    let request = Request::judge(&app, http.query_string()).await?;
    if let Some(signed_in) = browser.signed_in().await? {
        return ask(&app, &browser, &request, &signed_in);
    }
    match &request.back {
        Some(back) if request.may_redirect() => {
            Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, back.uri.as_str())).finish())
        }
        back => signed_out::show(HttpResponse::Ok(), &[], back.as_ref()),
    }
}

/// What an application's own form sends.
pub struct Sent(Params);

impl FromRequest for Sent {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let body = edge::read_body(&request, &mut payload).await;
            let body = body.ok().filter(|_| edge::is_form(&request) && request.query_string().is_empty());
            let body =
                body.ok_or(PageError::bad_request("The form did not arrive whole, or is too large."))?;
            Params::parse(&body).map(Self).map_err(|error| PageError::bad_request(error.sentence()))
        })
    }
}

/// The same request as a form of the application's: sent on as GET, because a browser does not say who is signed in when
/// another site sends a form.
pub async fn post(app: web::Data<App>, sent: Sent) -> HttpResponse {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in request::PARAMETERS {
        if let Some(value) = sent.0.get(name) {
            query.append_pair(name, value);
        }
    }
    let location = format!("{}/logout/?{}", app.config.issuer.as_str(), query.finish());
    HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
}

/// The person's answer.
///
/// # Errors
/// A page, when the form is not ours, or as for [`get`].
pub async fn confirm(
    app: web::Data<App>,
    http: HttpRequest,
    form: PageForm,
) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let request = Request::judge(&app, http.query_string()).await?;
    if params.get("decision") == Some("sign-out") {
        return signed_out::sign_out(&app, &browser, request.back.as_ref()).await;
    }
    let (signed_in, csrf_token) = (browser.signed_in().await?, browser.csrf_token());
    let page = MessagePage {
        frame: browser::frame(&csrf_token, signed_in.as_ref()),
        heading: "Nothing has changed",
        sentences: &["You were not signed out."],
        link: None,
    };
    pages::page(&browser, &page)
}

fn ask(
    app: &App,
    browser: &Browser,
    request: &Request,
    signed_in: &SignedIn,
) -> Result<HttpResponse, PageError> {
    let name = request.client.as_ref().map(|client| displayed(&client.name));
    let host = request.back.as_ref().map(|back| redirect_uri::destination(&back.uri));
    let csrf_token = browser.csrf_token();
    let action = format!("{}/logout/confirm/?{}", app.config.issuer.as_str(), request.query);
    let page = EndSessionPage {
        frame: browser::frame(&csrf_token, Some(signed_in)),
        client_name: name.as_deref(),
        redirect_host: host.as_deref(),
        action: &action,
    };
    let mut response = pages::page(browser, &page)?;
    if let Some(back) = &request.back {
        // Browsers apply `form-action` to what a form's answer redirects to.
        let allowed = format!("form-action 'self' {};", redirect_uri::csp_source(&back.uri));
        let policy = CONTENT_SECURITY_POLICY.replace("form-action 'self';", &allowed);
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
    Ok(response)
}
