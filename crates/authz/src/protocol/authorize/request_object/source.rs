//! Where the object of a request comes from: the query, or an address that the client has registered (OpenID Connect Core
//! section 6.2), and how people come back with it.
//!
//! What was fetched is carried on in the address by value, with a tag of ours that says where it was: nobody asks the
//! client's server again while somebody signs in, whichever process they come back to, and what is there by then changes
//! nothing.

use std::net::IpAddr;
use std::time::Duration;

use model::time::Timestamp;

use super::may_be_unsigned;
use crate::app::App;
use crate::config::RequestUris;
use crate::protocol::error::{Code, OAuthError};
use crate::protocol::params::Params;
use crate::store::clients::Client;

/// What the address says of when the object came.
pub(super) const SEEN: &str = "request_seen";
/// The parameters that are about the object.
pub(super) const PARAMETERS: [&str; 3] = ["request", "request_uri", SEEN];
/// So long people may take to sign in and decide.
const SEEN_COUNTS: Duration = Duration::from_secs(3_600);

/// Where an object was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// In the query: whoever sent the person here has put it there.
    Query,
    /// At an address that the client has registered: nobody else has.
    ItsAddress,
}

impl Source {
    /// What a tag is about.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "request object",
            Self::ItsAddress => "fetched request object",
        }
    }
}

/// An object as it came.
pub(in crate::protocol::authorize) struct Object {
    /// The JWT.
    pub(super) text: String,
    /// Where it was.
    pub(super) source: Source,
    /// When it first came here: judged as of then.
    pub(super) came_at: Timestamp,
    /// The same, if that was before now.
    pub(super) seen_at: Option<Timestamp>,
    /// What the address says of that.
    pub(super) seen: String,
}

impl Object {
    /// The object of a request, if it has one. A `request_uri` where none is taken is for the caller to refuse.
    ///
    /// # Errors
    /// `invalid_request` when there are two; `invalid_request_uri` when the client has not registered the address, and then
    /// nobody is called, or nothing is there; `request_uri_not_supported` when the client could vouch for nothing;
    /// `temporarily_unavailable` when too many were called for the network of whoever was sent here.
    pub(super) async fn of(
        app: &App,
        client: &Client,
        outside: &Params,
        address: IpAddr,
    ) -> Result<Option<Self>, OAuthError> {
        let is_taken = app.config.outside.request_uris != RequestUris::Off;
        match (outside.get("request"), outside.get("request_uri").filter(|_| is_taken)) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => {
                let sentence = "There is a request or a request_uri, and not both.";
                Err(OAuthError::new(Code::InvalidRequest, sentence))
            }
            (Some(text), None) => Ok(Some(Self::sent(app, client, text, outside.get(SEEN)))),
            (None, Some(uri)) => Self::fetched(app, client, uri, address).await.map(Some),
        }
    }

    fn sent(app: &App, client: &Client, text: &str, seen: Option<&str>) -> Self {
        for source in [Source::Query, Source::ItsAddress] {
            if let Some(at) = seen.and_then(|seen| seen_at(app, client, source, text, seen)) {
                return Self::new(app, client, source, text, at, Some(at));
            }
        }
        Self::new(app, client, Source::Query, text, app.now(), None)
    }

    async fn fetched(app: &App, client: &Client, uri: &str, address: IpAddr) -> Result<Self, OAuthError> {
        if !client.metadata.has_keys() && !may_be_unsigned(app, client) {
            let sentence = "Request objects are taken from clients with registered keys.";
            return Err(OAuthError::new(Code::RequestUriNotSupported, sentence));
        }
        if !client.metadata.request_uris.iter().any(|registered| registered == uri) {
            let sentence = "The request_uri is not registered for this client.";
            return Err(OAuthError::new(Code::InvalidRequestUri, sentence));
        }
        let text = app.request_objects.fetch(app, client, uri, address).await?;
        let text = text.ok_or(OAuthError::new(
            Code::InvalidRequestUri,
            "There is no JWT of at most 8 kB at the request_uri, or it could not be fetched.",
        ))?;
        Ok(Self::new(app, client, Source::ItsAddress, &text, app.now(), None))
    }

    fn new(
        app: &App,
        client: &Client,
        source: Source,
        text: &str,
        came_at: Timestamp,
        seen_at: Option<Timestamp>,
    ) -> Self {
        let seen = format!("{SEEN}={}", seen(app, client, source, text, came_at));
        Self { text: text.to_owned(), source, came_at, seen_at, seen }
    }
}

/// A query as it goes on from now on: with the object in the place of its address, and with when it came.
pub(in crate::protocol::authorize) fn carried_on(query: &str, object: &Object) -> String {
    let fetched = (object.source == Source::ItsAddress).then(|| format!("request={}", object.text));
    let replaced: &[&str] = if fetched.is_some() { &PARAMETERS } else { &[SEEN] };
    let is_kept = |pair: &&str| match form_urlencoded::parse(pair.as_bytes()).next() {
        Some((name, _)) => !replaced.contains(&name.as_ref()),
        None => false,
    };
    let kept = query.split('&').filter(is_kept);
    kept.chain(fetched.as_deref()).chain([object.seen.as_str()]).collect::<Vec<_>>().join("&")
}

fn seen(app: &App, client: &Client, source: Source, text: &str, at: Timestamp) -> String {
    let at = at.micros().to_string();
    let tag = app.form_key.tag(&[source.as_str(), client.id.as_str(), text, &at]);
    format!("{at}.{tag}")
}

fn seen_at(app: &App, client: &Client, source: Source, text: &str, said: &str) -> Option<Timestamp> {
    let (at, tag) = said.split_once('.')?;
    let is_ours = app.form_key.verify(&[source.as_str(), client.id.as_str(), text, at], tag);
    let at = Timestamp::from_micros(at.parse().ok()?);
    (is_ours && app.now().since(at) < SEEN_COUNTS).then_some(at)
}
