//! `/o/account/providers/`: who a person is at providers, linking and unlinking. Only one's own is ever there.

mod views;

use actix_web::{HttpRequest, HttpResponse, web};
use model::db::Conn;

use super::browser::{self, Browser, PageForm, SignedIn};
use super::destination::Destination;
use super::error::{Kind, PageError};
use super::provider_sign_in::{begin_to_link, choices, declined};
use super::words::{day, displayed};
use crate::app::App;
use crate::audit::Origin;
use crate::crypto::random;
use crate::linking::{self, Unlinked};
use crate::protocol::Params;
use crate::store::linked_accounts::{self, LinkedAccount};
use crate::store::users::User;

use views::{LinkedAccountsPage, ListedAccount, UnlinkPage};

/// Lists them.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    browser: Browser,
) -> Result<HttpResponse, PageError> {
    let Some(signed_in) = browser.signed_in().await? else { return Ok(to_sign_in(&app)) };
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let accounts: Vec<ListedAccount> =
        of(&app, &signed_in).await?.into_iter().map(|account| listed(&app, account)).collect();
    super::page(
        &browser,
        &LinkedAccountsPage {
            frame: browser::frame(&browser.csrf_token(), Some(&signed_in)),
            notice: declined(&app, &query).as_deref(),
            accounts: &accounts,
            providers: &choices(&app),
        },
    )
}

/// Begins to link one more, at the provider.
///
/// # Errors
/// When the form is not ours, there is no such provider, or it or the database cannot be asked.
pub async fn link(app: web::Data<App>, form: PageForm) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let Some(signed_in) = recently(&browser).await? else { return Ok(to_sign_in(&app)) };
    let provider = params.get("provider").unwrap_or_default();
    begin_to_link(&app, &browser, provider, (signed_in.user.id, signed_in.session.sid)).await
}

/// Asks whether to unlink one.
///
/// # Errors
/// When there is none of this person's, or the database cannot be asked.
pub async fn ask(
    app: web::Data<App>,
    browser: Browser,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let Some(signed_in) = browser.signed_in().await? else { return Ok(to_sign_in(&app)) };
    question(&app, &browser, &signed_in, &id, false).await
}

/// Unlinks it, unless it is the last way in, and ends everything but this browser, which goes on under a new id.
///
/// # Errors
/// When the form is not ours, there is none of this person's, or the database cannot be asked.
pub async fn unlink(
    app: web::Data<App>,
    form: PageForm,
    id: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let browser = form.browser;
    let Some(signed_in) = recently(&browser).await? else { return Ok(to_sign_in(&app)) };
    let origin = Origin::Address(browser.address());
    let account = id.parse().map_err(|_| PageError::new(Kind::NotFound))?;
    let (staying, spare) = (browser.clone(), random::secret("").map_err(PageError::internal)?);
    // Nothing was proved here: or whoever has taken a session over would have it for ever.
    let authenticated_at = signed_in.session.authenticated_at;
    let also = move |conn: &mut Conn, user: &User| staying.stay(conn, user, authenticated_at, spare);
    match linking::unlink(&app, &origin, (signed_in.user.id, signed_in.at), account, also).await? {
        Unlinked::Now(next) => Ok(next.welcomed(&Destination::Account("providers/"))),
        Unlinked::LastWayIn => question(&app, &browser, &signed_in, &id, true).await,
        Unlinked::Unknown => Err(PageError::new(Kind::NotFound)),
        Unlinked::Ended => Err(PageError::new(Kind::StaleForm)),
    }
}

async fn question(
    app: &App,
    browser: &Browser,
    signed_in: &SignedIn,
    id: &str,
    is_last_way_in: bool,
) -> Result<HttpResponse, PageError> {
    let accounts = of(app, signed_in).await?;
    let account = accounts.into_iter().find(|account| account.id.to_string() == id);
    let account = listed(app, account.ok_or_else(|| PageError::new(Kind::NotFound))?);
    super::page(
        browser,
        &UnlinkPage {
            frame: browser::frame(&browser.csrf_token(), Some(signed_in)),
            id: account.id,
            provider: &account.provider,
            shown_name: &account.shown_name,
            is_last_way_in,
        },
    )
}

async fn of(app: &App, signed_in: &SignedIn) -> Result<Vec<LinkedAccount>, PageError> {
    let user = signed_in.user.id;
    Ok(app.db.read(move |conn| linked_accounts::of(conn, user)).await?)
}

fn listed(app: &App, account: LinkedAccount) -> ListedAccount {
    let settings = app.config.providers.find(&account.provider);
    ListedAccount {
        id: account.id,
        is_configured: settings.is_some(),
        provider: settings.map_or(account.provider, |settings| settings.title.clone()),
        shown_name: displayed(&account.shown_name),
        linked: day(account.linked_at),
        last_used: account.last_used_at.map_or_else(|| "never".to_owned(), day),
    }
}

/// Whoever is signed in and has proved lately who they are; anybody else does so first.
async fn recently(browser: &Browser) -> Result<Option<SignedIn>, PageError> {
    Ok(browser.signed_in().await?.filter(SignedIn::is_recent))
}

fn to_sign_in(app: &App) -> HttpResponse {
    Destination::Account("providers/").after_sign_in(&app.config.issuer)
}
