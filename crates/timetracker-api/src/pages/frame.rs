//! What every page has around its content.

use super::sessions::{self, SignedIn};
use super::{HOME, SITE_NAME, address};
use crate::App;

/// Filled in by the handler, escaped by the template. What ends in an `href` was made by this service.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The name of this site.
    pub site_name: &'static str,
    /// The path below which browsers find this service: what a link begins with.
    pub base: String,
    /// Who is signed in, if somebody is.
    pub person: Option<String>,
    /// What every form on the page carries.
    pub csrf_token: String,
    /// Where to sign in and come back here; `None` where nobody can.
    pub sign_in_href: Option<String>,
}

impl Frame {
    /// Of a page that belongs to no service yet.
    pub(super) fn bare() -> Self {
        Self {
            site_name: SITE_NAME,
            base: String::new(),
            person: None,
            csrf_token: String::new(),
            sign_in_href: None,
        }
    }

    /// Of a page that does not say who is there.
    pub fn nobody(app: &App) -> Self {
        Self { base: app.base().to_owned(), ..Self::bare() }
    }

    /// Of a page for somebody who may sign in and come back to `next`, where anybody can.
    pub fn stranger(app: &App, next: &str) -> Self {
        let next = address::of_ours(next).unwrap_or_else(|| HOME.to_owned());
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let sign_in_href = app.sign_in().map(|_| format!("{}{HOME}sign-in/?next={next}", app.base()));
        Self { sign_in_href, ..Self::nobody(app) }
    }

    /// Of a page for somebody who is signed in.
    pub fn of(app: &App, person: &SignedIn) -> Self {
        Self {
            person: Some(person.username.clone()),
            csrf_token: person.secret.csrf_token(),
            ..Self::nobody(app)
        }
    }

    /// Of a page for whoever it is that sent a request; nobody when that cannot be said now.
    pub async fn whoever(app: &App, request: &actix_web::HttpRequest) -> Self {
        match sessions::known(app, request).await {
            Some((secret, username)) => {
                Self { person: Some(username), csrf_token: secret.csrf_token(), ..Self::nobody(app) }
            }
            None => Self::nobody(app),
        }
    }
}
