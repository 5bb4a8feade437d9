//! The question itself: who asks, for what, and where it leads.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};

use super::agreement;
use super::request::Request;
use crate::app::App;
use crate::edge::CONTENT_SECURITY_POLICY;
use crate::pages::browser::{self, Browser, SignedIn};
use crate::pages::views::{ConsentPage, ConsentScope};
use crate::pages::{self, PageError};
use crate::protocol::redirect_uri;

/// Shows the question. The form may lead to the verified redirect URI and nowhere else: browsers apply
/// `form-action` to what a form's answer redirects to.
pub(super) fn show(
    app: &App,
    browser: &Browser,
    request: &Request,
    signed_in: &SignedIn,
) -> Result<HttpResponse, PageError> {
    let described =
        app.config.known_scopes().filter(|(name, _)| request.asked.permission.scopes.contains(name));
    let mut scopes: Vec<ConsentScope> =
        described.map(|(name, description)| ConsentScope { name, description }).collect();
    let claims = agreement::claims(request).names().collect::<Vec<_>>().join(", ");
    if !claims.is_empty() {
        scopes.push(ConsentScope { name: &claims, description: "See these details of yours" });
    }
    let mut response = pages::page(
        browser,
        &ConsentPage {
            frame: browser::frame(&browser.csrf_token(), Some(signed_in)),
            client_name: &displayed(&request.client.name),
            redirect_host: &redirect_uri::destination(request.to.uri()),
            scopes: &scopes,
            access_lasts: &in_words(app.config.lifetimes.access_token.as_secs()),
            renewable: request.client.may_use("refresh_token"),
            action: &format!("{}/o/authorize/?{}", app.config.issuer.base(), request.query),
            shown: &tag(app, request, signed_in),
        },
    )?;
    let allowed = format!("form-action 'self' {};", redirect_uri::csp_source(request.to.uri()));
    let policy = CONTENT_SECURITY_POLICY.replace("form-action 'self';", &allowed);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// Whether the person was shown exactly what they would now allow: a registration or a request that has changed
/// since is asked about again.
pub(super) fn was_shown(app: &App, request: &Request, signed_in: &SignedIn, shown: Option<&str>) -> bool {
    shown.is_some_and(|shown| {
        crate::crypto::master::equal(shown.as_bytes(), tag(app, request, signed_in).as_bytes())
    })
}

fn tag(app: &App, request: &Request, signed_in: &SignedIn) -> String {
    let client = &request.client;
    app.form_key.tag(&[
        "shown",
        &signed_in.user.id.to_string(),
        client.id.as_str(),
        &client.name,
        &client.redirect_uris,
        request.to.uri(),
        request.asked.permission.scopes.as_str(),
        &request.asked.permission.audiences,
        &request.query,
    ])
}

/// A name as it is shown: without characters that reorder or hide text, and not endless.
fn displayed(name: &str) -> String {
    let visible = |each: &char| {
        !each.is_control()
            && !matches!(each, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    name.chars().filter(visible).take(100).collect()
}

fn in_words(seconds: u64) -> String {
    let (count, unit) = match seconds {
        _ if seconds > 0 && seconds.is_multiple_of(3_600) => (seconds / 3_600, "hour"),
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        _ => (seconds / 3_600, "hour"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R97
    #[test]
    fn a_name_cannot_hide_or_reorder_what_is_shown() {
        assert_eq!(displayed("Bank\u{202e}…<b>\u{200b}\n"), "Bank…<b>");
        assert_eq!(displayed(&"x".repeat(500)).len(), 100);
    }

    #[test]
    fn spans_are_said_in_the_largest_unit_that_fits() {
        for (seconds, words) in [(1, "1 second"), (90, "90 seconds"), (3_600, "1 hour"), (36_000, "10 hours")]
        {
            assert_eq!(in_words(seconds), words);
        }
    }
}
