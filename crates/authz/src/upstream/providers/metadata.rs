//! What an OpenID provider says of itself (OpenID Connect Discovery section 4), and its keys.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use model::alg::Alg;
use serde::Deserialize;
use serde_json::Value;

use super::{Provider, ProviderError};
use crate::app::App;
use crate::config::providers::Kind;
use crate::crypto::jwk;
use crate::upstream::Chosen;

/// It is asked again after this long; keys as well, so that one that was withdrawn lives no longer.
const FRESH: Duration = Duration::from_secs(3_600);
/// What cannot be had any more counts this long.
const STALE: Duration = Duration::from_secs(6 * 3_600);
/// And it is left alone this long after a call.
const AGAIN_AFTER: Duration = Duration::from_secs(10);
/// An operator's own choice: nobody's network pays for it.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// What is used of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Metadata {
    issuer: String,
    /// Where browsers are sent.
    pub authorization_endpoint: String,
    /// Where codes are redeemed.
    pub token_endpoint: String,
    /// Its keys.
    pub(super) jwks_uri: String,
    /// Who somebody is.
    pub userinfo_endpoint: Option<String>,
    /// About tokens (RFC 8414).
    pub introspection_endpoint: Option<String>,
    /// Whether it says with each answer that it is its own (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl Provider<'_> {
    /// What it says of itself, from memory or asked.
    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>, ProviderError> {
        let Kind::OpenId { issuer } = &self.settings.kind else { return Err(ProviderError::Unknown) };
        let asked = self.app.providers.metadata.of(&self.settings.name);
        if let Some(metadata) = asked.said(self.app.now(), FRESH) {
            return Ok(metadata);
        }
        let issuer = issuer.clone();
        let ask = move |app: App| async move { read_metadata(&app, &issuer).await };
        // Nobody counts, so nobody is told that there were too many.
        let _ = asked.ask(self.app, Chosen::ByAdministrator, NOBODY, AGAIN_AFTER, ask).await;
        asked.said(self.app.now(), STALE).ok_or(ProviderError::Unknown)
    }

    /// The key that a JWT with this header can have been signed with. Its keys are asked for again when it is not among them.
    pub(super) async fn key(&self, alg: Alg, kid: Option<&str>) -> Result<Option<Value>, ProviderError> {
        let uri = self.metadata().await?.jwks_uri.clone();
        let asked = self.app.providers.keys.of(&self.settings.name);
        let key = |lasts| {
            let keys = asked.said(self.app.now(), lasts)?;
            jwk::key_for(&keys, alg, kid).cloned()
        };
        if let Some(key) = key(FRESH) {
            return Ok(Some(key));
        }
        let ask = move |app: App| async move { read_keys(&app, &uri).await };
        let _ = asked.ask(self.app, Chosen::ByAdministrator, NOBODY, AGAIN_AFTER, ask).await;
        if asked.said(self.app.now(), STALE).is_none() {
            return Err(ProviderError::Unknown);
        }
        Ok(key(STALE))
    }
}

async fn read_metadata(app: &App, issuer: &str) -> Option<Metadata> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let answer = app.fetch.get_json(&url, Chosen::ByAdministrator).await;
    let answer =
        answer.inspect_err(|why| tracing::warn!(%why, issuer, "a provider's metadata cannot be read"));
    let metadata: Option<Metadata> = serde_json::from_value(answer.ok()?).ok();
    // Section 4.3: or anybody's document could be passed off as its own.
    let own = metadata.filter(|metadata| metadata.issuer == issuer);
    if own.is_none() {
        tracing::warn!(issuer, "a provider's metadata are not its own");
    }
    own
}

async fn read_keys(app: &App, uri: &str) -> Option<Vec<Value>> {
    let set = app.fetch.get_json(uri, Chosen::ByAdministrator).await;
    let set = set.inspect_err(|why| tracing::warn!(%why, uri, "a provider's keys cannot be read"));
    Some(jwk::usable(&set.ok()?))
}
