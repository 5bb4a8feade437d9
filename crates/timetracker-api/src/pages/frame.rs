//! What every page has around its content.

use super::{HOME, SITE_NAME};

/// Filled in by the handler, escaped by the template. What ends in an `href` was made by this service.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The name of this site.
    pub site_name: &'static str,
    /// Who is signed in, if somebody is.
    pub person: Option<String>,
    /// What every form on the page carries.
    pub csrf_token: String,
    /// Where to sign in and come back here; `None` where nobody can.
    pub sign_in_href: Option<String>,
}

impl Frame {
    /// Of a page that does not say who is there.
    pub fn nobody() -> Self {
        Self { site_name: SITE_NAME, person: None, csrf_token: String::new(), sign_in_href: None }
    }

    /// Of a page for somebody who may sign in and come back to `next`, where anybody can.
    pub fn stranger(can_sign_in: bool, next: &str) -> Self {
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let sign_in_href = can_sign_in.then(|| format!("{HOME}sign-in/?next={next}"));
        Self { sign_in_href, ..Self::nobody() }
    }

    /// Of a page for somebody who is signed in.
    pub fn of(person: &str, csrf_token: String) -> Self {
        Self { person: Some(person.to_owned()), csrf_token, ..Self::nobody() }
    }
}
