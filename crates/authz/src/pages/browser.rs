//! The browser a request comes from: its cookies, the session behind it, and the proof that a form was shown in it.

use std::net::IpAddr;

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::future::{LocalBoxFuture, Ready, ready};
use model::db::DbError;
use model::id::SessionId;
use model::secret::sha256;
use model::time::Timestamp;

use super::SITE_NAME;
use super::destination::Destination;
use super::display::Display;
use super::error::{Kind, PageError};
use super::views::Frame;
use crate::app::App;
use crate::audit::{Origin, What};
use crate::crypto::random;
use crate::edge;
use crate::protocol::Params;
use crate::sign_in::{self, Attempt};
use crate::store::audit_events;
use crate::store::session_clients::SessionClient;
use crate::store::sessions::{self, Session};
use crate::store::users::User;

/// A browser, known by a random value in its cookie. Whether somebody is signed in there is in the database.
pub(crate) struct Browser {
    app: web::Data<App>,
    address: IpAddr,
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
        let cookie = |name| request.cookie(name).map(|cookie| cookie.value().to_owned());
        let secret = cookie(cookie_name(&app)).filter(|value| value.len() == SECRET_LEN);
        let keepsakes = cookie(keepsakes_name(&app)).filter(|value| value.len() <= MAX_KEEPSAKES);
        let is_new = secret.is_none();
        let secret = secret.map_or_else(new_secret, Ok)?;
        Ok(Self { app, address, secret, is_new, keepsakes: keepsakes.unwrap_or_default() })
    }

    /// From where it asks.
    pub(crate) fn address(&self) -> IpAddr {
        self.address
    }

    /// An attempt to sign in at it.
    pub(crate) fn attempt(&self) -> Attempt<'_> {
        Attempt { address: self.address, keepsakes: &self.keepsakes }
    }

    /// The session's key: a copy of the table does not tell the cookie.
    pub(crate) fn digest(&self) -> [u8; 32] {
        sha256(self.secret.as_bytes())
    }

    /// Who is signed in here.
    pub(crate) async fn signed_in(&self) -> Result<Option<SignedIn>, DbError> {
        if self.is_new {
            return Ok(None);
        }
        let (id, now) = (self.digest(), self.app.now());
        let found = self.app.db.read(move |conn| sessions::find(conn, &id, now)).await?;
        Ok(found.map(|(session, user)| SignedIn { at: now, session, user }))
    }

    /// Signs a person in who proved at `since` who they are, with a new cookie and a new session in place of the old
    /// ones, and sends them on.
    pub(crate) async fn sign_in(
        &self,
        user: &User,
        since: Timestamp,
        destination: &Destination,
    ) -> Result<HttpResponse, PageError> {
        let next = Self {
            app: self.app.clone(),
            address: self.address,
            secret: new_secret()?,
            is_new: true,
            keepsakes: self.keepsakes_with(&sign_in::known_browser(&self.app, user)),
        };
        let lifetime = self.app.config.lifetimes.session;
        let session = Session {
            id: next.digest().to_vec(),
            user_id: user.id,
            created_at: since,
            authenticated_at: since,
            ends_at: since.plus(lifetime),
            sid: SessionId::new(since),
        };
        let old = self.digest();
        let event = What::SignIn.of_user(user.id, &Origin::Address(self.address), since);
        self.app
            .db
            .write(move |conn| {
                sessions::insert(conn, &session, Some(&old))?;
                audit_events::insert(conn, &[event])
            })
            .await?;
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        Ok(HttpResponse::SeeOther()
            .cookie(next.cookie(CookieDuration::seconds(seconds)))
            .cookie(next.of_ours(keepsakes_name(&self.app), &next.keepsakes, KEEPSAKES_KEPT))
            .insert_header((header::LOCATION, destination.url(&self.app.config.issuer)))
            .finish())
    }

    fn keepsakes_with(&self, own: &str) -> String {
        let others = self.keepsakes.split('.').filter(|each| !each.is_empty() && *each != own);
        std::iter::once(own).chain(others.take(MAX_PEOPLE - 1)).collect::<Vec<_>>().join(".")
    }

    /// Ends the session; the cookie that removes the browser's, and the clients that want to know.
    pub(crate) async fn sign_out(&self) -> Result<(Cookie<'static>, Vec<SessionClient>), PageError> {
        let (id, now) = (self.digest(), self.app.now());
        let origin = Origin::Address(self.address);
        let ended = self.app.db.write(move |conn| {
            let ended = sessions::end(conn, &id, now)?;
            if let Some(ended) = &ended {
                audit_events::insert(conn, &[What::SignOut.of_user(ended.user_id, &origin, now)])?;
            }
            Ok(ended)
        });
        let clients = ended.await?.map(|ended| ended.clients).unwrap_or_default();
        Ok((self.cookie(CookieDuration::ZERO), clients))
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

    fn of_ours(&self, name: &'static str, value: &str, max_age: CookieDuration) -> Cookie<'static> {
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

/// A form that was shown by us in the browser it comes from.
pub(crate) struct PageForm {
    pub(crate) browser: Browser,
    pub(crate) params: Params,
}

impl FromRequest for PageForm {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let browser = Browser::of(&request)?;
            if !edge::is_form(&request) || !is_from_us(request.headers(), browser.app.config.issuer.origin())
            {
                return Err(PageError::new(Kind::StaleForm));
            }
            let body = edge::read_body(&request, &mut payload).await;
            let body =
                body.map_err(|_| PageError::bad_request("The form did not arrive whole, or is too large."))?;
            let params = Params::parse(&body).map_err(|error| PageError::bad_request(error.sentence()))?;
            let token = params.get("csrf_token").unwrap_or_default();
            if browser.is_new || !browser.app.form_key.verify(&["csrf", &browser.secret], token) {
                return Err(PageError::new(Kind::StaleForm));
            }
            Ok(Self { browser, params })
        })
    }
}

/// Whether the browser says that a page of ours sent this. `Sec-Fetch-Site` decides where there is one: our own
/// pages send `Origin: null`, because they are served with `Referrer-Policy: no-referrer`.
fn is_from_us(headers: &HeaderMap, origin: &str) -> bool {
    if let Some(site) = headers.get(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    headers.get(header::ORIGIN).is_none_or(|from| from == origin)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    /// R129
    #[test]
    fn a_form_from_another_site_is_not_ours_whatever_it_carries() {
        let ours = "https://id.example";
        for (site, origin, expected) in [
            (None, None, true),
            (None, Some(ours), true),
            (None, Some("https://evil.example"), false),
            (None, Some("null"), false),
            (Some("same-origin"), Some("null"), true),
            (Some("same-site"), Some(ours), false),
            (Some("cross-site"), Some("null"), false),
            (Some("none"), None, false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if let Some(value) = value {
                    headers.insert(name.parse().unwrap(), HeaderValue::from_static(value));
                }
            }
            assert_eq!(is_from_us(&headers, ours), expected, "{site:?} {origin:?}");
        }
    }
}
