//! The two cookies there are: of a browser that is signed in, and of one that is about to be. Each holds a secret and nothing
//! else. They count where a page of ours asks for them, and nowhere else.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};

use super::LONGEST;
use crate::App;
use crate::pages::secret::BrowserSecret;

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody is signed in.
    Session,
    /// Somebody is on their way to the authorization server and back.
    Attempt,
}

/// How long somebody may be on their way.
pub const ATTEMPT: std::time::Duration = std::time::Duration::from_secs(3_600);

impl Kind {
    /// `__Host-` ties a cookie to this very host over TLS; without TLS (loopback only) a browser would refuse it.
    const fn name(self, is_https: bool) -> &'static str {
        match (self, is_https) {
            (Self::Session, true) => "__Host-timetracker_session",
            (Self::Session, false) => "timetracker_session",
            (Self::Attempt, true) => "__Host-timetracker_sign_in",
            (Self::Attempt, false) => "timetracker_sign_in",
        }
    }

    /// The secret that a request brings. The name counts as it is written: `__%48ost-` would pass for `__Host-`, which browsers
    /// keep other hosts from setting.
    pub fn read(self, app: &App, request: &HttpRequest) -> Option<BrowserSecret> {
        BrowserSecret::parse(request.cookie_raw(self.name(app.is_https()))?.value())
    }

    /// The cookie that gives a browser its secret.
    pub fn given(self, app: &App, secret: &BrowserSecret) -> Cookie<'static> {
        let kept = if self == Self::Session { LONGEST } else { ATTEMPT };
        let seconds = i64::try_from(kept.as_secs()).unwrap_or(i64::MAX);
        self.cookie(app, secret.text().to_owned(), CookieDuration::seconds(seconds))
    }

    /// The cookie that takes it away.
    pub fn taken(self, app: &App) -> Cookie<'static> {
        self.cookie(app, String::new(), CookieDuration::ZERO)
    }

    fn cookie(self, app: &App, value: String, max_age: CookieDuration) -> Cookie<'static> {
        Cookie::build(self.name(app.is_https()), value)
            .path("/")
            .secure(app.is_https())
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(max_age)
            .finish()
    }
}
