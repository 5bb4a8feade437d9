//! Requests that a client keeps at an address of its own (OpenID Connect Core section 6.2): fetched from there, and only
//! from where it has said beforehand.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::chosen::{Chosen, TooMany};
use super::kept::Kept;
use crate::app::App;
use crate::crypto::jwt;
use crate::store::clients::Client;

/// What was fetched counts this long for others who come with the same address, and a server that has failed is left
/// alone this long. Clients may put a new request at an old address, so no longer.
const LASTS: Duration = Duration::from_secs(10);

/// The objects in memory, by client and address.
#[derive(Default)]
pub struct RequestObjects(Kept<String>);

impl RequestObjects {
    /// The text at one of the client's registered addresses; `None` when there is none that could be a JWT. The caller has
    /// made sure that it is registered.
    ///
    /// # Errors
    /// When too many were called for the network of whoever asks.
    pub async fn fetch(
        &self,
        app: &App,
        client: &Client,
        uri: &str,
        address: IpAddr,
    ) -> Result<Option<Arc<String>>, TooMany> {
        let asked = self.0.of(&format!("{} {uri}", client.id));
        if let Some(text) = asked.said(app.now(), LASTS) {
            return Ok(Some(text));
        }
        let (uri, chosen) = (uri.to_owned(), Chosen::by(&client.metadata));
        let ask = move |app: App| async move { read(&app, &uri, chosen).await };
        asked.ask(app, chosen, address, LASTS, ask).await?;
        Ok(asked.said(app.now(), LASTS))
    }
}

async fn read(app: &App, uri: &str, chosen: Chosen) -> Option<String> {
    let accept = "application/oauth-authz-req+jwt, application/jwt";
    let answer = app.fetch.get(uri, accept, jwt::MAX_LEN, chosen).await;
    let answer = answer.inspect_err(|why| tracing::info!(%why, "a client's request cannot be fetched"));
    let text = String::from_utf8(answer.ok()?.body).ok()?;
    let is_jwt = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    // It goes into the address that people come back to; an editor's line break at its end does not.
    Some(text.trim_end().to_owned()).filter(|text| text.bytes().all(is_jwt))
}
