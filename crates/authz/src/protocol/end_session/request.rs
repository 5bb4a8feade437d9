//! What the application says: OpenID Connect RP-Initiated Logout section 2.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::app::App;
use crate::crypto::jwt;
use crate::id_token;
use crate::pages::PageError;
use crate::pages::signed_out::Back;
use crate::protocol::{Params, redirect_uri};
use crate::store::clients::Client;

/// All there are. `logout_hint` and `ui_locales` change nothing here.
pub(super) const PARAMETERS: [&str; 6] =
    ["id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];

/// A request that may be put to the person.
pub(super) struct Request {
    /// Who asks, if it says so.
    pub(super) client: Option<Arc<Client>>,
    /// Whether an ID token of ours shows that it is that client's.
    pub(super) is_proven: bool,
    /// Where the person goes afterwards, with the state.
    pub(super) back: Option<Back>,
    /// The query as it came.
    pub(super) query: String,
}

impl Request {
    /// Whether people are sent on without being asked. Whoever registers a client can get an ID token for it, and would have
    /// a link of ours that leads wherever they like (RFC 9700 section 4.11.2).
    pub(super) fn may_redirect(&self) -> bool {
        let is_vouched_for = self.client.as_ref().is_some_and(|client| !client.metadata.is_self_registered);
        self.is_proven && is_vouched_for
    }

    pub(super) async fn judge(app: &App, query: &str) -> Result<Self, PageError> {
        let params = Params::parse(query.as_bytes());
        let params = params.map_err(|error| PageError::bad_request(error.sentence()))?;
        let hint = params.get("id_token_hint").map(|text| stated(app, text)).transpose()?;
        let hinted = hint.as_ref().and_then(|claims| claims.get("aud")?.as_str());
        let named = params.get("client_id");
        if hinted.is_some() && named.is_some() && hinted != named {
            return Err(PageError::bad_request("The ID token was not issued to this client."));
        }
        let client = match hinted.or(named) {
            Some(id) => {
                let found = app.clients.find(id).await?;
                Some(found.ok_or(PageError::bad_request("Invalid client_id parameter value."))?)
            }
            None => None,
        };
        let back = back(client.as_deref(), &params)?;
        Ok(Self { client, is_proven: hint.is_some(), back, query: query.to_owned() })
    }
}

/// The claims of an ID token that we have signed, ended or not. Another JWT of ours (UserInfo, a logout token) is none.
fn stated(app: &App, text: &str) -> Result<Map<String, Value>, PageError> {
    let claims = jwt::signed_by_us(&app.signing, text, "JWT")
        .filter(|claims| id_token::is_stated(claims, app.config.issuer.as_str()));
    claims.ok_or(PageError::bad_request("The id_token_hint is not an ID token that was issued here."))
}

fn back(client: Option<&Client>, params: &Params) -> Result<Option<Back>, PageError> {
    let Some(uri) = params.get("post_logout_redirect_uri") else { return Ok(None) };
    let client = client
        .ok_or(PageError::bad_request("A post_logout_redirect_uri needs an id_token_hint or a client_id."))?;
    if !client.metadata.post_logout_redirect_uris.iter().any(|registered| registered == uri) {
        return Err(PageError::bad_request(
            "The post_logout_redirect_uri is not registered for this client.",
        ));
    }
    let label = format!("Return to {}", redirect_uri::destination(uri));
    let uri = params.get("state").map_or_else(
        || uri.to_owned(),
        |state| {
            let state: String = form_urlencoded::byte_serialize(state.as_bytes()).collect();
            let separator = if uri.contains('?') { '&' } else { '?' };
            format!("{uri}{separator}state={state}")
        },
    );
    Ok(Some(Back { uri, label }))
}
