//! `response_mode=form_post` (OAuth 2.0 Form Post Response Mode): the answer in a form that the browser sends to the
//! application. A script of one line sends it, allowed by its hash; without scripts there is a button.

use actix_web::HttpResponse;
use actix_web::http::header::{self, ContentType};
use askama::Template;

use crate::pages::{PageError, SITE_NAME};
use crate::protocol::redirect_uri;

/// The page.
#[derive(Template)]
#[template(path = "protocol/authorize/form_post.html")]
struct FormPostPage<'a> {
    site_name: &'a str,
    /// Where it leads, in words.
    redirect_host: &'a str,
    /// The verified redirect URI.
    action: &'a str,
    /// What is sent.
    params: &'a [(&'a str, &'a str)],
}

/// SHA-256 of the script, as a policy writes it.
const SCRIPT: &str = "sha256-Z/jJZeyOMHKJTt/I9Y6GnuD2kYmEitcN+PGb6iIpmgc=";

/// Shows the form. `uri` must be verified: the form leads there.
pub(super) fn show(uri: &str, params: &[(&str, &str)]) -> Result<HttpResponse, PageError> {
    let redirect_host = redirect_uri::destination(uri);
    let page = FormPostPage { site_name: SITE_NAME, redirect_host: &redirect_host, action: uri, params };
    let html = page.render().map_err(PageError::internal)?;
    let policy = format!(
        "default-src 'none'; script-src '{SCRIPT}'; style-src 'self'; img-src 'self' data:; form-action {}; \
         base-uri 'none'; frame-ancestors 'none'",
        redirect_uri::csp_source(uri)
    );
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .content_type(ContentType::html())
        .body(html))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use model::secret::sha256;

    use super::*;

    #[test]
    fn the_policy_allows_the_script_there_is_and_no_other() {
        let page = include_str!("form_post.html");
        let scripts: Vec<&str> = page.split("<script>").skip(1).collect();
        let [script] = scripts[..] else { panic!("{scripts:?}") };
        let hash = sha256(script.split("</script>").next().unwrap().as_bytes());
        assert_eq!(SCRIPT, format!("sha256-{}", BASE64_STANDARD.encode(hash)));
    }
}
