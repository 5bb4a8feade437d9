//! The authorization request: RFC 6749 section 4.1.1, judged in the order that decides who may be told: who asks, where
//! they are answered, and only then, in `asked.rs`, what they ask.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use model::time::Timestamp;

use super::answer::{Mode, Return};
use super::asked::Asked;
use super::decide::Prompt;
use super::request_object;
use crate::app::App;
use crate::client_documents::{self, NotFound};
use crate::config::Issuer;
use crate::pages::PageError;
use crate::pages::browser::SignedIn;
use crate::protocol::error::OAuthError;
use crate::protocol::params::Params;
use crate::protocol::redirect_uri;
use crate::store::clients::Client;

/// No honest query is longer.
const MAX_QUERY: usize = 8 * 1024;
/// No honest `state` is longer.
const MAX_STATE: usize = 2 * 1024;

/// A request in which everything has been judged.
pub(super) struct Request {
    /// Who asks.
    pub(super) client: Arc<Client>,
    /// How they are answered.
    pub(super) to: Return,
    /// What it asks.
    pub(super) asked: Asked,
    /// The request as it came, and when it did if a client has signed it.
    pub(super) query: String,
    /// When what the client has signed came for the first time, if that was before.
    seen_at: Option<Timestamp>,
}

/// Who is told about a fault.
pub(super) enum Failure {
    /// The person: whoever sent them is not to be trusted with a redirect.
    Page(PageError),
    /// The application.
    Return(Return, OAuthError),
}

impl Failure {
    /// The answer, to whom it may go.
    pub(super) fn told(self, issuer: &Issuer) -> Result<HttpResponse, PageError> {
        match self {
            Self::Page(error) => Err(error),
            Self::Return(to, error) => to.error(issuer, &error),
        }
    }
}

impl From<PageError> for Failure {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

impl From<NotFound> for PageError {
    fn from(why: NotFound) -> Self {
        match why {
            NotFound::Unknown => unknown_client(),
            NotFound::NoDocument => {
                Self::bad_request("There is no document at the client_id that describes the application.")
            }
            NotFound::Later => Self::busy(),
            NotFound::Db(error) => error.into(),
        }
    }
}

impl Request {
    /// Judges a query: client and redirect URI first, then the rest.
    pub(super) async fn judge(app: &App, query: &str, address: IpAddr) -> Result<Self, Failure> {
        if query.len() > MAX_QUERY {
            return Err(PageError::bad_request("The request is too long.").into());
        }
        let params =
            Params::parse(query.as_bytes()).map_err(|error| PageError::bad_request(error.sentence()))?;
        let id = params.get("client_id").ok_or(PageError::bad_request("Missing client_id parameter."))?;
        let client = client_documents::find(app, id, address).await.map_err(PageError::from)?;
        // Where what is signed cannot be believed, faults are told where the query says, if that is an address of the client.
        let opened = request_object::open(app, &client, &params, address).await;
        let (params, query, seen_at, fault) = match opened {
            Ok(None) => (params, query.to_owned(), None, None),
            Ok(Some(opened)) => {
                let query = opened.on_its_way(query);
                if query.len() > MAX_QUERY {
                    return Err(PageError::bad_request("The request is too long.").into());
                }
                (opened.params, query, opened.seen_at, None)
            }
            Err(fault) => (params, query.to_owned(), None, Some(fault)),
        };
        let uri = redirect_uri(&client, params.get("redirect_uri"))?;
        let state = params.get("state").map(str::to_owned);
        if state.as_ref().is_some_and(|state| state.len() > MAX_STATE) {
            return Err(PageError::bad_request("The state parameter is too long.").into());
        }
        let mode = mode(&params);
        let to = Return::to_verified(&client, uri, mode, state);
        match fault.map_or_else(|| Asked::judge(app, &params, &client), Err) {
            Ok(asked) => Ok(Self { client, to, asked, query, seen_at }),
            Err(error) => Err(Failure::Return(to, error)),
        }
    }

    /// What it still asks of whoever is signed in. A demand to sign in that a client has signed stays in the address, and
    /// was met by whoever has signed in since it came.
    pub(super) fn still_asks(&self, signed_in: Option<&SignedIn>) -> (Prompt, Option<Duration>) {
        let Asked { prompt, max_age, .. } = self.asked;
        let since = signed_in.map(|signed_in| signed_in.session.authenticated_at);
        if self.seen_at.is_none_or(|seen_at| since.is_none_or(|since| since < seen_at)) {
            return (prompt, max_age);
        }
        let prompt = Prompt { login: false, create: false, ..prompt };
        (prompt, max_age.filter(|max_age| !max_age.is_zero()))
    }

    /// The query without what asked for a new sign-in or a new account.
    pub(super) fn without_reauthentication(&self) -> String {
        let left = |pair: &'_ str| match form_urlencoded::parse(pair.as_bytes()).next() {
            Some((name, _)) if name == "prompt" && self.asked.prompt.consent => {
                Some("prompt=consent".to_owned())
            }
            Some((name, _)) if name == "prompt" => None,
            Some((name, value)) if name == "max_age" && value.bytes().all(|digit| digit == b'0') => None,
            _ => Some(pair.to_owned()),
        };
        self.query.split('&').filter_map(left).collect::<Vec<_>>().join("&")
    }
}

/// The one registered URI that was asked for; the only one when none was.
fn redirect_uri(client: &Client, asked: Option<&str>) -> Result<String, PageError> {
    let Some(asked) = asked else {
        let mut registered = client.redirect_uris();
        return match (registered.next(), registered.next()) {
            (Some(only), None) => Ok(only.to_owned()),
            _ => Err(PageError::bad_request("Missing redirect URI.")),
        };
    };
    if client.redirect_uris().any(|registered| redirect_uri::matches(registered, asked)) {
        Ok(asked.to_owned())
    } else {
        Err(PageError::bad_request("Mismatching redirect URI."))
    }
}

/// Tokens never travel in the query, which servers write into logs: what would hand some out answers in the fragment,
/// errors included (Multiple Response Type Encoding Practices section 5).
fn mode(params: &Params) -> Mode {
    let words = params.get("response_type").unwrap_or_default();
    let default = if words.split(' ').any(|word| word == "token" || word == "id_token") {
        Mode::Fragment
    } else {
        Mode::Query
    };
    let named = params.get("response_mode").and_then(Mode::named).unwrap_or(default);
    if named == Mode::Query { default } else { named }
}

/// Nobody has that id, or nobody has it any more.
pub(super) fn unknown_client() -> PageError {
    PageError::bad_request("Invalid client_id parameter value.")
}
