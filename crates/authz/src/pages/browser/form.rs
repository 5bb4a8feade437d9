//! What a form brings with it: the browser it was shown in, and the proof that it was.

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;

use super::Browser;
use crate::edge;
use crate::pages;
use crate::pages::destination::Destination;
use crate::pages::error::{Kind, PageError};
use crate::protocol::Params;
use crate::sign_in::username_key;

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
            let (form, is_good) = read(&request, &mut payload).await?;
            if is_good { Ok(form) } else { Err(PageError::new(Kind::StaleForm)) }
        })
    }
}

/// A form to sign in or up with. Who clicks twice sends it a second time, perhaps with the cookie that came of the first.
pub(crate) enum SignInForm {
    /// It is to be judged.
    Good(PageForm),
    /// It is too old, but whoever it names is signed in at this browser, and goes on as after the first: there is nothing
    /// more to prove and nothing to be had.
    Done(HttpResponse),
}

impl FromRequest for SignInForm {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let (form, is_good) = read(&request, &mut payload).await?;
            if is_good {
                return Ok(Self::Good(form));
            }
            let PageForm { browser, params } = form;
            let named = username_key(params.get("username").unwrap_or_default());
            let signed_in = browser.signed_in().await?;
            if signed_in.is_none_or(|signed_in| username_key(&signed_in.user.username) != named) {
                return Err(PageError::new(Kind::StaleForm));
            }
            Ok(Self::Done(Destination::parse(params.get("next")).go(&browser.app.config.issuer)))
        })
    }
}

/// A form from a page of ours, and whether it was shown in this browser as it is known now.
async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<(PageForm, bool), PageError> {
    let browser = Browser::of(request)?;
    if !edge::is_form(request) || !is_from_us(request.headers(), browser.app.config.issuer.origin()) {
        return Err(PageError::new(Kind::StaleForm));
    }
    let params = pages::form(request, payload).await?;
    let token = params.get("csrf_token").unwrap_or_default();
    let is_good = !browser.is_new && browser.app.form_key.verify(&["csrf", &browser.secret], token);
    Ok((PageForm { browser, params }, is_good))
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
