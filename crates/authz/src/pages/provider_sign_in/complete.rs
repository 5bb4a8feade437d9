//! What a provider sends a person back with. Nothing in it is believed but with what was begun in this browser, and by the
//! provider itself, which is asked.

use std::time::Duration;

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::{HttpRequest, HttpResponse, web};
use model::id::{SessionId, UserId};
use model::secret::sha256;

use super::flow::{self, Flow};
use super::{after_declining, known, redirect_uri};
use crate::app::App;
use crate::audit::Origin;
use crate::crypto::master::equal;
use crate::linking::{self, Refused};
use crate::pages::browser::Browser;
use crate::pages::destination::Destination;
use crate::pages::error::Kind;
use crate::pages::views::{Frame, MessagePage, PageLink};
use crate::pages::{self, PageError};
use crate::protocol::Params;
use crate::store::used_ids;
use crate::upstream::Chosen;
use crate::upstream::providers::{Provider, ProviderError, ProviderPerson};

/// Ends what was begun: signs in and goes on, or links the account.
///
/// # Errors
/// When it was not begun in this browser, was finished before or belongs to another provider; when the provider refuses,
/// cannot be asked or answers for somebody else; when the person may not come in by it; when the database cannot be asked.
pub async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    browser: Browser,
    name: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let provider = known(&app, &name)?;
    let params = Params::parse(request.query_string().as_bytes());
    let params = params.map_err(|error| PageError::bad_request(error.sentence()))?;
    let mut buffer = Vec::new();
    let cookie = request.cookie_raw(flow::cookie_name(&app));
    let flow = cookie.and_then(|cookie| app.sealer.open::<Flow>(cookie.value(), app.now(), &mut buffer));
    let state = params.get("state").unwrap_or_default().as_bytes();
    // A flow is of one provider: an answer that another has given goes to that one's address, or nowhere (RFC 9700
    // section 4.4.2).
    let flow = flow.filter(|flow| flow.provider == *name && equal(flow.state.as_bytes(), state));
    let flow = flow.ok_or_else(|| PageError::new(Kind::NotBegunHere))?;
    if !use_up(&app, &flow).await? {
        return Err(PageError::new(Kind::NotBegunHere));
    }
    let destination = Destination::parse(Some(&flow.next));
    provider.judge_issuer(params.get("iss")).await?;
    let mut response = match (params.get("error"), params.get("code")) {
        (Some("access_denied"), _) => after_declining(&app, &name, &destination, flow.linking.is_some()),
        (None, Some(code)) => {
            Chosen::ByStranger.count(&app, browser.address()).map_err(|_| PageError::busy())?;
            let person = provider.redeem(&redirect_uri(&app, &provider), code, flow.asked()).await?;
            match flow.linking {
                Some(linking) => link(&app, &browser, provider, &person, linking).await?,
                None => sign_in(&app, &browser, provider, &person, &destination).await?,
            }
        }
        _ => return Err(ProviderError::Unreadable("it sent the person back without a code").into()),
    };
    let over = browser.of_ours(flow::cookie_name(&app), "", CookieDuration::ZERO);
    response.add_cookie(&over).map_err(PageError::internal)?;
    Ok(response)
}

/// Of many who come with it, one goes on.
async fn use_up(app: &App, flow: &Flow<'_>) -> Result<bool, PageError> {
    let (id, ends_at) = (sha256(flow.state.as_bytes()), flow.ends_at());
    let claim =
        app.db.write(move |conn| used_ids::claim(conn, used_ids::Kind::ProviderSignIn, "", id, ends_at));
    Ok(claim.await?)
}

async fn sign_in(
    app: &App,
    browser: &Browser,
    provider: Provider<'_>,
    person: &ProviderPerson,
    destination: &Destination,
) -> Result<HttpResponse, PageError> {
    let (since, origin) = (app.now(), Origin::Address(browser.address()));
    let user = match linking::person_of(app, &origin, provider.settings, person, true).await {
        Err(Refused::Wait(wait)) => return too_many(browser, wait),
        found => found?,
    };
    // An old sign-in there is an old one here. A provider that does not say when it was is believed.
    let now = app.now();
    let authenticated_at = person.authenticated_at.map_or(now, |at| at.min(now));
    browser.sign_in_vouched_for(&user, (since, authenticated_at), destination).await
}

/// As the sign-up page says it.
fn too_many(browser: &Browser, wait: Duration) -> Result<HttpResponse, PageError> {
    let page = MessagePage {
        frame: Frame::NOBODY,
        heading: "No account was made",
        sentences: &["Too many accounts were made from your network. Wait a while, then try again."],
        link: Some(PageLink { href: "/accounts/login/", label: "Sign in" }),
    };
    Ok(pages::too_many(pages::page(browser, &page)?, wait.as_secs().max(1)))
}

/// Only for whoever has begun it, in the session in which they did.
async fn link(
    app: &App,
    browser: &Browser,
    provider: Provider<'_>,
    person: &ProviderPerson,
    (user, sid): (UserId, SessionId),
) -> Result<HttpResponse, PageError> {
    let signed_in = browser.signed_in().await?;
    let is_same = |each: &crate::pages::browser::SignedIn| each.user.id == user && each.session.sid == sid;
    let signed_in = signed_in.filter(is_same).ok_or_else(|| PageError::new(Kind::NotBegunHere))?;
    let origin = Origin::Address(browser.address());
    let since = signed_in.session.created_at;
    linking::link(app, &origin, (user, since), provider.settings, person).await?;
    Ok(Destination::Account("providers/").go(&app.config.issuer))
}

impl From<Refused> for PageError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Disabled => Self::not_by_provider("Whoever it is linked to may not sign in."),
            Refused::Unknown => Self::not_by_provider(
                "Nobody has linked it here. Sign in with your password, and link it in your account.",
            ),
            Refused::Anothers => Self::not_by_provider(
                "It is linked to somebody else here, who would have to unlink it first.",
            ),
            Refused::Wait(_) => Self::busy(),
            Refused::Failed(error) => error.into(),
        }
    }
}
