//! The browser a request comes from: its cookies, the session behind it, and the proof that a form was shown in it.

mod form;
mod session;

use std::net::IpAddr;
use std::time::Duration;

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::{Ready, ready};
use model::db::DbError;
use model::secret::sha256;
use model::time::Timestamp;

use super::SITE_NAME;
use super::display::Display;
use super::error::{Kind, PageError};
use super::views::Frame;
use crate::app::App;
use crate::crypto::random;
use crate::edge;
use crate::sign_in::Attempt;
use crate::store::sessions::{self, Seen, Session};
use crate::store::users::User;

pub(crate) use form::{PageForm, SignInForm};

/// A browser, known by a random value in its cookie. Whether somebody is signed in there is in the database.
#[derive(Clone)]
pub(crate) struct Browser {
    app: web::Data<App>,
    address: IpAddr,
    /// What it calls itself; empty when it does not.
    user_agent: String,
    secret: String,
    is_new: bool,
    /// Of the people who have signed in here, one each, newest first, with a dot between.
    keepsakes: String,
}

/// Who is signed in, and since when.
pub(crate) struct SignedIn {
    /// When that was looked up. What the person does is done as of then: what ends their session ends it, too.
    pub(crate) at: Timestamp,
    pub(crate) session: Session,
    pub(crate) user: User,
}

/// What changes a person's ways in needs a sign-in that is no older than this.
const RECENT: Duration = Duration::from_secs(600);

impl SignedIn {
    /// Whether they have just proved who they are. Who has not is sent to sign in again first.
    pub(crate) fn is_recent(&self) -> bool {
        self.at.since(self.session.authenticated_at) < RECENT
    }
}

impl FromRequest for Browser {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

impl Browser {
    fn of(request: &HttpRequest) -> Result<Self, PageError> {
        let app = request.app_data::<web::Data<App>>().cloned();
        let app = app.ok_or_else(|| PageError::new(Kind::Internal))?;
        let address = edge::client_address(request, &app.config.trusted_proxies);
        let user_agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let user_agent = user_agent.unwrap_or_default().chars().take(MAX_USER_AGENT).collect();
        // As it is written: `__%48ost-` would pass for `__Host-`, which browsers keep other hosts from setting.
        let cookie = |name| request.cookie_raw(name).map(|cookie| cookie.value().to_owned());
        let secret = cookie(cookie_name(&app)).filter(|value| value.len() == SECRET_LEN);
        let keepsakes = cookie(keepsakes_name(&app)).filter(|value| value.len() <= MAX_KEEPSAKES);
        let is_new = secret.is_none();
        let secret = secret.map_or_else(new_secret, Ok)?;
        Ok(Self { app, address, user_agent, secret, is_new, keepsakes: keepsakes.unwrap_or_default() })
    }

    /// From where it asks.
    pub(crate) fn address(&self) -> IpAddr {
        self.address
    }

    /// An attempt to sign in at it.
    pub(crate) fn attempt(&self) -> Attempt<'_> {
        Attempt { address: self.address, keepsakes: &self.keepsakes, is_relayed: false }
    }

    /// The session's key: a copy of the table does not tell the cookie.
    pub(crate) fn digest(&self) -> [u8; 32] {
        sha256(self.secret.as_bytes())
    }

    /// Who is signed in here. Every few minutes it is noted that the browser was seen.
    pub(crate) async fn signed_in(&self) -> Result<Option<SignedIn>, DbError> {
        if self.is_new {
            return Ok(None);
        }
        let (id, now) = (self.digest(), self.app.now());
        let found = self.app.db.read(move |conn| sessions::find(conn, &id, now)).await?;
        if let Some((session, _)) = &found
            && now.since(session.seen_at) >= SEEN_EVERY
        {
            self.is_seen(session.seen_at, now).await;
        }
        Ok(found.map(|(session, user)| SignedIn { at: now, session, user }))
    }

    /// Notes it. Nobody is kept from anything because that cannot be done.
    async fn is_seen(&self, before: Timestamp, now: Timestamp) {
        let (id, seen) = (self.digest(), self.as_seen(now));
        let noted = self.app.db.write(move |conn| sessions::see(conn, &id, before, &seen)).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "that a browser was seen could not be noted");
        }
    }

    fn as_seen(&self, now: Timestamp) -> Seen {
        Seen { user_agent: self.user_agent.clone(), address: self.address.to_string(), seen_at: now }
    }

    /// What a form shown here carries, so that only a page of ours in this browser can have sent it.
    pub(crate) fn csrf_token(&self) -> String {
        self.app.form_key.tag(&["csrf", &self.secret])
    }

    /// The cookie to set when the browser had none; gone when it closes.
    pub(crate) fn new_cookie(&self) -> Option<Cookie<'static>> {
        self.is_new.then(|| {
            let mut cookie = self.cookie(CookieDuration::ZERO);
            cookie.unset_expires();
            cookie.set_max_age(None);
            cookie
        })
    }

    fn cookie(&self, max_age: CookieDuration) -> Cookie<'static> {
        self.of_ours(cookie_name(&self.app), &self.secret, max_age)
    }

    /// A cookie that scripts do not see and that comes back to no other site.
    pub(crate) fn of_ours(
        &self,
        name: &'static str,
        value: &str,
        max_age: CookieDuration,
    ) -> Cookie<'static> {
        Cookie::build(name, value.to_owned())
            .path("/")
            .secure(self.app.config.issuer.is_https())
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(max_age)
            .finish()
    }
}

/// What every page is given.
pub(crate) fn frame<'a>(csrf_token: &'a str, signed_in: Option<&'a SignedIn>) -> Frame<'a> {
    Frame {
        site_name: SITE_NAME,
        person: signed_in.map(|signed_in| signed_in.user.username.as_str()),
        csrf_token,
        display: Display::Page,
    }
}

/// So often it is noted that a session's browser was seen: not with every request, which would each be a commit.
pub(crate) const SEEN_EVERY: Duration = Duration::from_secs(300);
/// So many characters are kept of what a browser calls itself.
const MAX_USER_AGENT: usize = 256;

/// 256 bits in base64url.
const SECRET_LEN: usize = 43;

/// Of so many people who share a browser it remembers that they have signed in there.
const MAX_PEOPLE: usize = 8;
const MAX_KEEPSAKES: usize = MAX_PEOPLE * (SECRET_LEN + 1);
const KEEPSAKES_KEPT: CookieDuration = CookieDuration::days(365);

fn new_secret() -> Result<String, PageError> {
    random::secret("").map_err(PageError::internal)
}

fn keepsakes_name(app: &App) -> &'static str {
    if app.config.issuer.is_https() { "__Host-authz_known" } else { "authz_known" }
}

/// `__Host-` ties a cookie to this very host over TLS; without TLS (loopback only) a browser would refuse it.
fn cookie_name(app: &App) -> &'static str {
    if app.config.issuer.is_https() { "__Host-authz_session" } else { "authz_session" }
}
