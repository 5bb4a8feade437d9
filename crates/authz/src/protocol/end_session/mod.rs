//! `/o/logout/`: an application wants the person to be signed out (OpenID Connect RP-Initiated Logout 1.0).
//!
//! Nobody is signed out by a link, nor by another site's form: the person is asked, always, by a form of ours. Where they
//! go afterwards is registered, byte for byte, by a client that the request names; without a question they only go there
//! when nobody is signed in and an ID token of ours shows that it was for this client, which somebody has vouched for.

mod request;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::app::App;
use crate::edge::CONTENT_SECURITY_POLICY;
use crate::pages::browser::{self, Browser, PageForm, SignedIn};
use crate::pages::views::{EndSessionPage, MessagePage};
use crate::pages::words::displayed;
use crate::pages::{self, PageError, signed_out};
use crate::protocol::application_form::ApplicationForm;
use crate::protocol::redirect_uri;

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

/// The same request as a form of the application's.
pub async fn post(app: web::Data<App>, form: ApplicationForm) -> HttpResponse {
    let endpoint = format!("{}/logout/", app.config.issuer.as_str());
    form.sent_on(&endpoint, |name| request::PARAMETERS.contains(&name))
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
