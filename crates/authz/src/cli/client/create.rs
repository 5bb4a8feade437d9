//! `authz client create`

use clap::{Args, ValueEnum};
use serde_json::json;

use super::said::{described, lines};
use super::secret_from_stdin;
use crate::app::App;
use crate::audit::Origin;
use crate::cli::{Outcome, Report};
use crate::client_metadata::{AuthMethod, ClientMetadata};
use crate::registration::{self, Kind, Registration};

/// Whether the client can keep a secret.
#[derive(Clone, Copy, ValueEnum)]
pub(in crate::cli) enum ClientType {
    /// A program on a server.
    Confidential,
    /// A program on somebody's device or in a browser.
    Public,
}

#[derive(Args)]
pub(in crate::cli) struct Create {
    /// What people are shown when it asks for access.
    #[arg(long)]
    name: String,
    /// Whether it can keep a secret.
    #[arg(long = "type", value_enum)]
    kind: ClientType,
    /// A grant type it may use: authorization_code, refresh_token, client_credentials, password,
    /// urn:ietf:params:oauth:grant-type:device_code, convert_token,
    /// urn:ietf:params:oauth:grant-type:token-exchange. Repeat for several. A client with authorization_code, password, convert_token or
    /// device codes may also refresh.
    #[arg(long = "grant-type")]
    grant_types: Vec<String>,
    /// Where answers may be sent. Repeat for several.
    #[arg(long = "redirect-uri")]
    redirect_uris: Vec<String>,
    /// A scope it may ask for (all, when none is named). Repeat for several.
    #[arg(long = "scope")]
    scopes: Vec<String>,
    /// Whom its tokens are for (AUTHZ_DEFAULT_AUDIENCE, when none is named). Repeat for several.
    #[arg(long = "audience")]
    audiences: Vec<String>,
    /// An audience it answers for as a resource server, and so may introspect. Repeat for several.
    #[arg(long = "introspects")]
    introspects: Vec<String>,
    /// The client id, when it must be a particular one: letters, digits, - _ and ., and no number.
    #[arg(long)]
    id: Option<String>,
    /// Whose it is, by the name to sign in with: they find it among the applications they develop. Nobody's otherwise.
    #[arg(long)]
    owner: Option<String>,
    /// Take the secret from the first line of standard input instead of making one: for a client that has one already and
    /// comes from another server. At least 32 characters, which nobody has thought of.
    #[arg(long)]
    secret_from_stdin: bool,
    /// A JSON object of further metadata, by the names of RFC 7591 and OpenID Connect Registration.
    #[arg(long, default_value = "{}")]
    metadata: String,
}

pub(super) async fn run(app: &App, origin: &Origin, create: Create) -> Outcome {
    let kind = match create.kind {
        ClientType::Confidential => Kind::Confidential,
        ClientType::Public => Kind::Public,
    };
    let secret = create.secret_from_stdin.then(secret_from_stdin).transpose()?;
    let metadata = ClientMetadata::default().changed_by(&create.metadata)?;
    let signs = metadata.token_endpoint_auth_method == Some(AuthMethod::PrivateKeyJwt);
    if secret.is_some() && (kind == Kind::Public || signs) {
        return Err("a client that is public or signs has no secret".into());
    }
    let is_known = secret.is_some();
    let registered = registration::register_for(
        app,
        origin,
        create.owner.as_deref(),
        Registration {
            id: create.id,
            name: create.name,
            kind,
            grant_types: create.grant_types,
            redirect_uris: create.redirect_uris,
            scopes: create.scopes,
            audiences: create.audiences,
            introspects: create.introspects,
            secret,
            metadata,
        },
    )
    .await?;
    // Whoever brought it has it.
    let secret = registered.secret.as_ref().filter(|_| !is_known).map(model::secret::Secret::expose);
    let mut text = lines(&registered.client);
    if let Some(secret) = secret {
        text.push_str("\nclient_secret  ");
        text.push_str(secret);
        text.push_str("\n\nThe secret is shown this once. Keep it.");
    }
    let mut json = described(&registered.client);
    if let (Some(secret), Some(members)) = (secret, json.as_object_mut()) {
        members.insert("client_secret".to_owned(), json!(secret));
    }
    Ok(Report { text, json })
}
