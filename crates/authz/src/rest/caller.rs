//! Who asks: whoever has an access token or a personal key, whoever is signed in at this browser, or, where that is allowed,
//! whoever has a password. The ways are tried in this order, and whoever shows something is that one or nobody.

use std::net::IpAddr;

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use model::csrf;
use model::id::UserId;
use model::scope::ScopeSet;

use super::refusal::{Credential, NOT_PROVIDED, Refusal};
use super::sent::{Given, Sent};
use super::view::takes_json;
use crate::app::App;
use crate::basic;
use crate::edge;
use crate::pages::browser::Browser;
use crate::personal_keys::{self, Known};
use crate::protocol::presented;
use crate::sign_in::SignIn;
use crate::store::directory;
use crate::store::users::{self, User};

/// A request of somebody.
pub struct Visit {
    /// Who; nobody, for a client that asks for itself.
    user: Option<User>,
    /// What they may; everything, where it is the person themself.
    scopes: Option<ScopeSet>,
    /// Whether an application of somebody else's asks for them.
    is_by_another: bool,
    /// What was sent, if that was read already.
    sent: Option<Result<Sent, Refusal>>,
    /// For a browser that has none yet.
    cookie: Option<Cookie<'static>>,
}

/// How somebody came in.
enum Entry {
    /// By an access token of an application of somebody else's.
    Application(Option<User>, ScopeSet),
    /// By something else with scopes: a key of their own, or an access token of a first-party application.
    Token(Option<User>, ScopeSet),
    /// By a password.
    Password(User),
    /// By the cookie of a session.
    Session(User),
}

impl Visit {
    /// Lets somebody in, if JSON will do for them.
    ///
    /// # Errors
    /// 406; 401 for who is nobody; 403 for a session whose request does not come from a page of ours; 503.
    pub async fn begin(app: &App, request: &HttpRequest, payload: &mut Payload) -> Result<Self, Refusal> {
        takes_json(request.headers())?;
        let entry = enter(app, request).await?;
        let is_by_another = matches!(entry, Entry::Application(..));
        let (user, scopes, is_session) = match entry {
            Entry::Application(user, scopes) | Entry::Token(user, scopes) => (user, Some(scopes), false),
            Entry::Password(user) => (Some(user), None, false),
            Entry::Session(user) => (Some(user), None, true),
        };
        let mut visit = Self { user, scopes, is_by_another, sent: None, cookie: None };
        if is_session && request.method().is_safe() {
            visit.cookie = new_cookie(app, request);
        } else if is_session {
            let sent = Sent::read(request, payload).await;
            from_our_page(app, request, sent.as_ref().ok())?;
            visit.sent = Some(sent);
        }
        Ok(visit)
    }

    /// The person, who has all of these scopes.
    ///
    /// # Errors
    /// 403 when there is no person, or a scope is missing.
    pub fn person(&self, needed: &[&str]) -> Result<&User, Refusal> {
        let user = self.user.as_ref().ok_or_else(Refusal::forbidden)?;
        if needed.iter().all(|scope| self.may(scope)) { Ok(user) } else { Err(Refusal::forbidden()) }
    }

    /// Whether they have a scope.
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.contains(scope))
    }

    /// Whether they may see everybody, and make accounts: an administrator, by a way of their own or a first-party application. To
    /// any other they have allowed what is theirs, and nobody else has allowed it anything.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn rules_all(&self, app: &App, user: UserId) -> Result<bool, Refusal> {
        if self.is_by_another {
            return Ok(false);
        }
        let group = app.config.rest.admin_group.clone();
        Ok(app.db.read(move |conn| directory::is_in(conn, user, &group)).await?)
    }

    /// What was sent.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn sent(&mut self, request: &HttpRequest, payload: &mut Payload) -> Result<Sent, Refusal> {
        match self.sent.take() {
            Some(sent) => sent,
            None => Sent::read(request, payload).await,
        }
    }

    /// An answer, with the cookie that scripts of the site need to send something.
    pub fn answer(&self, mut response: HttpResponse) -> HttpResponse {
        if let Some(cookie) = &self.cookie
            && let Err(error) = response.add_cookie(cookie)
        {
            tracing::error!(%error, "a cookie could not be written");
        }
        response
    }
}

async fn enter(app: &App, request: &HttpRequest) -> Result<Entry, Refusal> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let (first, second) = (headers.next(), headers.next());
    if second.is_some() {
        return Err(Refusal::Malformed("The access token was sent in more than one way.".to_owned()));
    }
    let Some(value) = first else { return by_session(request).await };
    let parts: Vec<&[u8]> =
        value.as_bytes().split(u8::is_ascii_whitespace).filter(|part| !part.is_empty()).collect();
    let is = |name: &str| parts.first().is_some_and(|part| part.eq_ignore_ascii_case(name.as_bytes()));
    if is("Bearer") {
        return by_access_token(app, value).await;
    }
    if is("Token") {
        return by_key(app, parts.get(1..).unwrap_or_default()).await;
    }
    if is("Basic") && app.config.rest.basic {
        let address = edge::client_address(request, &app.config.trusted_proxies);
        return by_password(app, address, parts.get(1..).unwrap_or_default()).await;
    }
    Err(Refusal::nobody())
}

async fn by_access_token(app: &App, value: &HeaderValue) -> Result<Entry, Refusal> {
    let invalid = || Refusal::Unauthenticated(NOT_PROVIDED, Credential::AccessToken);
    let token = presented::bearer(app, value).await.map_err(|error| match error {
        presented::Refused::Invalid => invalid(),
        presented::Refused::Unavailable(cause) => Refusal::Unavailable(cause),
    })?;
    let entry = if token.is_first_party { Entry::Token } else { Entry::Application };
    let Some(id) = token.user else { return Ok(entry(None, token.scopes)) };
    let since = token.issued_at;
    let user = app.db.read(move |conn| users::vouched_for(conn, id, since)).await?;
    Ok(entry(Some(user.ok_or_else(invalid)?), token.scopes))
}

/// Why somebody with a key or a password is nobody.
fn refused(why: &'static str) -> Refusal {
    Refusal::Unauthenticated(why, Credential::Other)
}

async fn by_key(app: &App, said: &[&[u8]]) -> Result<Entry, Refusal> {
    let key = match said {
        [] => return Err(refused("Invalid token header. No credentials provided.")),
        [key] => std::str::from_utf8(key).ok().filter(|key| key.is_ascii()),
        _ => return Err(refused("Invalid token header. Token string should not contain spaces.")),
    };
    let key = key.ok_or_else(|| {
        refused("Invalid token header. Token string should not contain invalid characters.")
    })?;
    match personal_keys::look_up(app, key).await? {
        Known::Live(live) => {
            let (key, user) = *live;
            Ok(Entry::Token(Some(user), key.scopes))
        }
        Known::Expired => Err(refused("Token has expired")),
        Known::Disabled => Err(refused("User inactive or deleted.")),
        Known::Unknown => Err(refused("Invalid token.")),
    }
}

async fn by_password(app: &App, address: IpAddr, said: &[&[u8]]) -> Result<Entry, Refusal> {
    let encoded = match said {
        [] => return Err(refused("Invalid basic header. No credentials provided.")),
        [encoded] => std::str::from_utf8(encoded).unwrap_or_default(),
        _ => {
            return Err(refused("Invalid basic header. Credentials string should not contain spaces."));
        }
    };
    let (username, password) = basic::read(encoded)
        .map_err(|_| refused("Invalid basic header. Credentials not correctly base64 encoded."))?;
    match basic::check(app, address, &username, password, false).await? {
        SignIn::Welcome(user, _) => Ok(Entry::Password(user)),
        SignIn::Wrong => Err(refused("Invalid username/password.")),
        SignIn::Wait(seconds) => Err(Refusal::Throttled(seconds)),
    }
}

async fn by_session(request: &HttpRequest) -> Result<Entry, Refusal> {
    let browser = Browser::extract(request).await?;
    let signed_in = browser.signed_in().await?;
    Ok(Entry::Session(signed_in.ok_or_else(Refusal::nobody)?.user))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// Whether a page of ours has sent what comes with the cookie of a session.
fn from_our_page(app: &App, request: &HttpRequest, sent: Option<&Sent>) -> Result<(), Refusal> {
    let headers = request.headers();
    let cookie = request.cookie_raw(csrf::COOKIE);
    let field = match sent.map(|sent| sent.field(csrf::FIELD)) {
        Some(Given::Text(field)) if *request.method() == Method::POST => Some(field),
        _ => None,
    };
    let said = csrf::Sent {
        origin: text(headers, header::ORIGIN),
        referer: text(headers, header::REFERER),
        site: text(headers, HeaderName::from_static("sec-fetch-site")),
        cookie: cookie.as_ref().map(Cookie::value),
        header: text(headers, HeaderName::from_static(csrf::HEADER)),
        field,
    };
    let judged = csrf::judge(&said, app.config.issuer.origin());
    judged.map_err(|refused| Refusal::Forbidden(format!("CSRF Failed: {refused}")))
}

/// For a browser that has none. Scripts of the site read it.
fn new_cookie(app: &App, request: &HttpRequest) -> Option<Cookie<'static>> {
    if request.cookie_raw(csrf::COOKIE).is_some_and(|cookie| csrf::is_token(cookie.value())) {
        return None;
    }
    let cookie = Cookie::build(csrf::COOKIE, csrf::token()?)
        .path("/")
        .secure(app.config.issuer.is_https())
        .same_site(SameSite::Lax)
        .max_age(CookieDuration::seconds(csrf::KEPT));
    Some(cookie.finish())
}
