//! Where a person goes on to after signing in: one of a closed set, never an address somebody sent.

use actix_web::HttpResponse;
use actix_web::http::header;

use crate::config::Issuer;
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
}

const AUTHORIZE: &str = "/o/authorize/?";
const DEVICE: &str = "/o/device/";
const WITH_CODE: &str = "?user_code=";

impl Destination {
    /// Reads the `next` of a form or link; what is not a destination is the front page.
    pub(crate) fn parse(next: Option<&str>) -> Self {
        if let Some(rest) = next.and_then(|next| next.strip_prefix(DEVICE)) {
            let code = rest.strip_prefix(WITH_CODE).and_then(UserCode::parse);
            return if rest.is_empty() || code.is_some() { Self::Device(code) } else { Self::Home };
        }
        let query = next.and_then(|next| next.strip_prefix(AUTHORIZE));
        match query.filter(|query| query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')) {
            Some(query) => Self::Authorize(query.to_owned()),
            None => Self::Home,
        }
    }

    /// What is written into forms and links; `None` for the front page.
    pub(crate) fn next(&self) -> Option<String> {
        match self {
            Self::Home => None,
            Self::Authorize(query) => Some(format!("{AUTHORIZE}{query}")),
            Self::Device(None) => Some(DEVICE.to_owned()),
            Self::Device(Some(code)) => Some(format!("{DEVICE}{WITH_CODE}{code}")),
        }
    }

    /// The address to go to.
    pub(crate) fn url(&self, issuer: &Issuer) -> String {
        format!("{}{}", issuer.base(), self.next().as_deref().unwrap_or("/"))
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

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    /// R103
    #[test]
    fn only_two_places_beside_the_front_page_are_destinations() {
        for right in ["/o/authorize/?client_id=a&state=%0A", "/o/device/", "/o/device/?user_code=BDWP-HQPK"] {
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
            "",
        ] {
            assert_eq!(Destination::parse(Some(wrong)), Destination::Home, "{wrong}");
        }
        assert_eq!(Destination::parse(None), Destination::Home);
    }
}
