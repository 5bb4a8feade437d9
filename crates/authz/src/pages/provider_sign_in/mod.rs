//! `/accounts/login/{provider}/` and `/accounts/complete/{provider}/`: signing in at a provider, or linking an account
//! there.

pub mod complete;
mod flow;
mod views;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use model::id::{SessionId, UserId};

use super::browser::{self, Browser, PageForm};
use super::destination::Destination;
use super::error::{Kind, PageError};
use super::views::ProviderChoice;
use crate::app::App;
use crate::config::providers::ProviderSettings;
use crate::protocol::Params;
use crate::upstream::providers::Provider;

use flow::New;
use views::GoingPage;

/// At whom one may sign in with a browser.
pub(crate) fn choices(app: &App) -> Vec<ProviderChoice<'_>> {
    let providers = app.config.providers.with_button();
    providers.map(|ProviderSettings { name, title, .. }| ProviderChoice { name, title }).collect()
}

/// What is said to whoever did not sign in there after all.
pub(crate) fn declined(app: &App, query: &Params) -> Option<String> {
    let provider = app.config.providers.find(query.get("declined")?)?;
    Some(format!("You did not sign in with {}. Nothing was changed.", provider.title))
}

/// The provider of that name, if one can sign in there with a browser.
fn known<'a>(app: &'a App, name: &str) -> Result<Provider<'a>, PageError> {
    let provider = Provider::find(app, name).filter(|provider| provider.settings.has_button());
    provider.ok_or_else(|| PageError::new(Kind::NotFound))
}

/// Where a provider sends people back; registered there.
fn redirect_uri(app: &App, provider: &Provider<'_>) -> String {
    format!("{}/accounts/complete/{}/", app.config.issuer.base(), provider.settings.name)
}

/// To the sign-in page, where the button is: a link begins nothing.
///
/// # Errors
/// When there is no such provider.
pub async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    name: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    known(&app, &name)?;
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    Ok(Destination::parse(query.get("next")).after_sign_in(&app.config.issuer))
}

/// Begins.
///
/// # Errors
/// When there is no such provider, the form is not ours, or the provider cannot be asked what it is to be asked.
pub async fn post(
    app: web::Data<App>,
    name: web::Path<String>,
    form: PageForm,
) -> Result<HttpResponse, PageError> {
    let provider = known(&app, &name)?;
    let destination = Destination::parse(form.params.get("next"));
    begin(&app, &form.browser, provider, &destination, None).await
}

/// Begins to link an account there to that of whoever is signed in.
pub(crate) async fn begin_to_link(
    app: &App,
    browser: &Browser,
    provider: &str,
    linking: (UserId, SessionId),
) -> Result<HttpResponse, PageError> {
    let provider = known(app, provider)?;
    begin(app, browser, provider, &Destination::Account("providers/"), Some(linking)).await
}

/// Ties what is begun to this browser, and sends it there. By a page that goes on by itself: browsers apply `form-action`
/// to every redirect that follows a form, and where a provider sends people in turn is its own affair.
async fn begin(
    app: &App,
    browser: &Browser,
    provider: Provider<'_>,
    destination: &Destination,
    linking: Option<(UserId, SessionId)>,
) -> Result<HttpResponse, PageError> {
    let signed_in = browser.signed_in().await?;
    let new = New::draw()?;
    let begun = new.begin(app, provider.settings, destination, linking, signed_in.is_some());
    let sealed = app.sealer.seal(&begun, begun.begun_at).ok().filter(|sealed| sealed.len() <= flow::LONGEST);
    let sealed =
        sealed.ok_or(PageError::bad_request("The request is too long to sign in elsewhere for it."))?;
    let url = provider.authorization_url(&redirect_uri(app, &provider), begun.asked()).await?;
    let csrf_token = browser.csrf_token();
    let page = GoingPage {
        frame: browser::frame(&csrf_token, signed_in.as_ref()),
        title: &provider.settings.title,
        url: &url,
    };
    let mut response = super::page(browser, &page)?;
    let goes_on = HeaderValue::from_str(&format!("0; url={url}")).map_err(PageError::internal)?;
    response.headers_mut().insert(HeaderName::from_static("refresh"), goes_on);
    let cookie = browser.of_ours(flow::cookie_name(app), &sealed, flow::LASTS_AS_COOKIE);
    response.add_cookie(&cookie).map_err(PageError::internal)?;
    Ok(response)
}

/// Back to where it was begun, because the person thought better of it.
fn after_declining(app: &App, provider: &str, destination: &Destination, is_linking: bool) -> HttpResponse {
    let base = app.config.issuer.base();
    let location = if is_linking {
        format!("{}?declined={provider}", destination.url(&app.config.issuer))
    } else {
        let next = destination.next().unwrap_or_default();
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        format!("{base}/accounts/login/?next={next}&declined={provider}")
    };
    HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
}
