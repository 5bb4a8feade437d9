//! Where a person goes on to after signing in: one of a closed set, never an address somebody sent.

use actix_web::HttpResponse;
use actix_web::http::header;

use crate::config::Issuer;
use crate::protocol::Params;
use crate::registration::is_client_id;
use crate::user_code::UserCode;

/// The destinations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// The front page.
    Home,
    /// The authorization endpoint with this query, which it judges from scratch.
    Authorize(String),
    /// The page for devices, with a code or without.
    Device(Option<UserCode>),
    /// A page about the applications somebody develops, by what follows `/o/applications/`.
    Applications(String),
    /// The applications that a person has given access to.
    AuthorizedTokens,
    /// The browsers in which a person is signed in.
    Sessions,
    /// A page about a person's own account, by what follows `/o/account/`.
    Account(&'static str),
    /// A link that proves an address, by its token.
    ConfirmEmail(String),
}

const AUTHORIZE: &str = "/o/authorize/?";
const DEVICE: &str = "/o/device/";
const WITH_CODE: &str = "?user_code=";
const APPLICATIONS: &str = "/o/applications/";
/// What there is about one application.
const ABOUT_ONE: [&str; 4] = ["", "update/", "rotate-secret/", "delete/"];
const AUTHORIZED_TOKENS: &str = "/o/authorized_tokens/";
const SESSIONS: &str = "/o/account/sessions/";
const ACCOUNT: &str = "/o/account/";
/// What there is about an account.
const ABOUT_ACCOUNT: [&str; 7] = ["", "profile/", "email/", "password/", "providers/", "keys/", "delete/"];
const CONFIRM_EMAIL: &str = "/accounts/email/";
/// Of a token, in base64url.
const TOKEN_LEN: usize = 43;

impl Destination {
    /// Reads the `next` of a form or link; what is not a destination is the front page.
    pub(crate) fn parse(next: Option<&str>) -> Self {
        if next == Some(AUTHORIZED_TOKENS) {
            return Self::AuthorizedTokens;
        }
        if next == Some(SESSIONS) {
            return Self::Sessions;
        }
        if let Some(rest) = next.and_then(|next| next.strip_prefix(ACCOUNT)) {
            return ABOUT_ACCOUNT.into_iter().find(|page| *page == rest).map_or(Self::Home, Self::Account);
        }
        if let Some(rest) = next.and_then(|next| next.strip_prefix(CONFIRM_EMAIL)) {
            let token = rest.strip_suffix('/').filter(|token| is_token(token));
            return token.map_or(Self::Home, |token| Self::ConfirmEmail(token.to_owned()));
        }
        if let Some(rest) = next.and_then(|next| next.strip_prefix(DEVICE)) {
            let code = rest.strip_prefix(WITH_CODE).and_then(UserCode::parse);
            return if rest.is_empty() || code.is_some() { Self::Device(code) } else { Self::Home };
        }
        if let Some(rest) = next.and_then(|next| next.strip_prefix(APPLICATIONS)) {
            return if is_about_applications(rest) {
                Self::Applications(rest.to_owned())
            } else {
                Self::Home
            };
        }
        let query = next.and_then(|next| next.strip_prefix(AUTHORIZE));
        match query.filter(|query| query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')) {
            Some(query) => Self::Authorize(query.to_owned()),
            None => Self::Home,
        }
    }

    /// What the application asks that waits behind it, if one does: its own words, and judged nowhere yet.
    pub(crate) fn asked(&self) -> Params {
        match self {
            Self::Authorize(query) => Params::parse(query.as_bytes()).unwrap_or_default(),
            _ => Params::default(),
        }
    }

    /// What is written into forms and links; `None` for the front page.
    pub(crate) fn next(&self) -> Option<String> {
        match self {
            Self::Home => None,
            Self::Authorize(query) => Some(format!("{AUTHORIZE}{query}")),
            Self::Device(None) => Some(DEVICE.to_owned()),
            Self::Device(Some(code)) => Some(format!("{DEVICE}{WITH_CODE}{code}")),
            Self::Applications(rest) => Some(format!("{APPLICATIONS}{rest}")),
            Self::AuthorizedTokens => Some(AUTHORIZED_TOKENS.to_owned()),
            Self::Sessions => Some(SESSIONS.to_owned()),
            Self::Account(page) => Some(format!("{ACCOUNT}{page}")),
            Self::ConfirmEmail(token) => Some(format!("{CONFIRM_EMAIL}{token}/")),
        }
    }

    /// The address to go to.
    pub(crate) fn url(&self, issuer: &Issuer) -> String {
        format!("{}{}", issuer.base(), self.next().as_deref().unwrap_or("/"))
    }

    /// There, from a form that was taken.
    pub(crate) fn go(&self, issuer: &Issuer) -> HttpResponse {
        HttpResponse::SeeOther().insert_header((header::LOCATION, self.url(issuer))).finish()
    }

    /// To the sign-in page, and then there.
    pub(crate) fn after_sign_in(&self, issuer: &Issuer) -> HttpResponse {
        self.after("login", issuer)
    }

    /// To the sign-up page, and then there.
    pub(crate) fn after_sign_up(&self, issuer: &Issuer) -> HttpResponse {
        self.after("signup", issuer)
    }

    fn after(&self, page: &str, issuer: &Issuer) -> HttpResponse {
        let next = self.next().unwrap_or_default();
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let location = format!("{}/accounts/{page}/?next={next}", issuer.base());
        HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
    }
}

/// Whether it may be the token of a link that we have sent.
pub(crate) fn is_token(text: &str) -> bool {
    text.len() == TOKEN_LEN && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn is_about_applications(rest: &str) -> bool {
    let is_about_one = |(id, page): (&str, &str)| is_client_id(id) && ABOUT_ONE.contains(&page);
    ["", "register/"].contains(&rest) || rest.split_once('/').is_some_and(is_about_one)
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    /// R103
    #[test]
    fn only_a_few_places_beside_the_front_page_are_destinations() {
        for right in [
            "/o/authorize/?client_id=a&state=%0A",
            "/o/device/",
            "/o/device/?user_code=BDWP-HQPK",
            "/o/applications/",
            "/o/applications/register/",
            "/o/applications/c0ffee/",
            "/o/applications/c0ffee/update/",
            "/o/applications/c0ffee/rotate-secret/",
            "/o/applications/c0ffee/delete/",
            "/o/authorized_tokens/",
            "/o/account/sessions/",
            "/o/account/providers/",
            "/o/account/keys/",
            "/o/account/",
            "/o/account/profile/",
            "/o/account/email/",
            "/o/account/password/",
            "/o/account/delete/",
            "/accounts/email/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd-h_/",
        ] {
            assert_eq!(Destination::parse(Some(right)).next().as_deref(), Some(right));
        }
        for wrong in [
            "//evil.example",
            "/\\evil.example",
            "/%09/evil.example",
            "/\tevil",
            "https:evil.example",
            "javascript:alert(1)",
            "%2f%2fevil.example",
            "https://evil.example/o/authorize/?",
            "/o/authorize/",
            "//evil.example/o/authorize/?a",
            "/o/authorize/?a\r\nX: y",
            "/o/authorize/?a#b",
            "/o/authorize/?é",
            "/o/device",
            "/o/device/?",
            "/o/device/?user_code=",
            "/o/device/?user_code=BDWP-HQP",
            "/o/device/?user_code=BDWP-HQPK&decision=allow",
            "/o/device/../authorize/",
            "//evil.example/o/device/",
            "/o/applications",
            "/o/applications//",
            "/o/applications/?a",
            "/o/applications/../authorize/",
            "/o/applications/c0ffee",
            "/o/applications/c0ffee/erase/",
            "/o/applications/c0ffee/delete/?a",
            "/o/applications/c0ffee/update/delete/",
            "/o/applications/%2e%2e/",
            "/o/authorized_tokens/x",
            "/o/account/sessions",
            "/o/account/sessions/?end=others",
            "/o/account",
            "/o/account//",
            "/o/account/?a",
            "/o/account/password",
            "/o/account/../authorize/",
            "//evil.example/o/account/",
            "/accounts/email/",
            "/accounts/email/x/",
            "/accounts/email/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd.h//",
            "/accounts/email/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd-h_/?a",
            "/accounts/password/reset/",
            "//evil.example/o/authorized_tokens/",
            "",
        ] {
            assert_eq!(Destination::parse(Some(wrong)), Destination::Home, "{wrong}");
        }
        assert_eq!(Destination::parse(None), Destination::Home);
    }
}
