//! Signing in at our own pages: this service as a client of the authorization server (RFC 6749 section 4.1, RFC 7636). The tokens
//! are what any client would get, and are judged like anybody's.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use model::scope::ScopeSet;
use model::secret::Secret;
use oauth2::basic::{
    BasicClient, BasicErrorResponse, BasicErrorResponseType, BasicTokenResponse, BasicTokenType,
};
use oauth2::http::header::{AUTHORIZATION, CONTENT_TYPE};
use oauth2::{
    AsyncHttpClient, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope,
    TokenResponse, TokenUrl,
};

use super::calls::Calls;
use super::connections::{AskError, Connections, SetupError};
use crate::config::{Config, SignIn};

/// How long the authorization server may take: it looks at a secret and writes.
pub const WITHIN: Duration = Duration::from_secs(5);
/// The most calls at once, and the connections that are kept.
const AT_ONCE: usize = 16;
/// How long a token lasts of which that was not said (RFC 6749 section 5.1).
const USUAL: Duration = Duration::from_secs(300);

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// What a code or a refresh token bought.
pub struct Tokens {
    /// For the API.
    pub access: Secret<String>,
    /// For new ones, when these have ended.
    pub refresh: Option<Secret<String>>,
    /// How long the access token lasts, from when it was asked for.
    pub lasts: Duration,
}

/// Why there are no tokens.
#[derive(Debug)]
pub enum Refused {
    /// The code or the refresh token is not good, or not any more.
    Grant,
    /// Nobody said so: it may be tried again.
    Unanswered(AskError),
}

/// The client.
pub struct CodeGrant {
    client: Client,
    scopes: ScopeSet,
    connections: Connections,
    calls: Calls,
    revocation_url: String,
    basic: Secret<String>,
    end_session_url: String,
}

impl CodeGrant {
    /// Prepares; nothing is asked yet. What a browser is sent to is the issuer's, what is asked from here stands beside the
    /// introspection endpoint.
    ///
    /// # Errors
    /// When an address is none, or the TLS roots of this machine cannot be used.
    pub fn new(config: &Config, sign_in: &SignIn, redirect_uri: String) -> Result<Self, SetupError> {
        let issuer = config.issuer.trim_end_matches('/');
        let beside = config.introspection_url.trim_end_matches('/');
        let (beside, _) = beside.rsplit_once('/').unwrap_or((issuer, ""));
        let id = sign_in.client_id.clone();
        let secret = sign_in.client_secret.expose();
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let basic = BASE64_STANDARD.encode(format!("{}:{}", encoded(&id), encoded(secret)));
        let client = BasicClient::new(ClientId::new(id.clone()))
            .set_client_secret(ClientSecret::new(secret.clone()))
            .set_auth_uri(AuthUrl::new(format!("{issuer}/authorize/")).map_err(SetupError::new)?)
            .set_token_uri(TokenUrl::new(format!("{beside}/token/")).map_err(SetupError::new)?)
            .set_redirect_uri(RedirectUrl::new(redirect_uri).map_err(SetupError::new)?);
        Ok(Self {
            client,
            scopes: sign_in.scopes.clone(),
            connections: Connections::to(beside, WITHIN, AT_ONCE)?,
            calls: Calls::new(AT_ONCE, WITHIN),
            revocation_url: format!("{beside}/revoke_token/"),
            basic: Secret::new(format!("Basic {basic}")),
            end_session_url: format!("{issuer}/logout/?client_id={}", encoded(&id)),
        })
    }

    /// Where to send the browser. The answer comes with `state`, and is good together with `verifier`.
    pub fn authorization_url(&self, state: &str, verifier: &str) -> String {
        let verifier = PkceCodeVerifier::new(verifier.to_owned());
        let request = self.client.authorize_url(|| CsrfToken::new(state.to_owned()));
        let request = request.add_scopes(self.scopes.iter().map(|name| Scope::new(name.to_owned())));
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        request.set_pkce_challenge(challenge).url().0.into()
    }

    /// Where somebody signs out at the authorization server itself (OpenID Connect RP-Initiated Logout section 2).
    pub fn end_session_url(&self) -> &str {
        &self.end_session_url
    }

    /// Redeems a code.
    ///
    /// # Errors
    /// See [`Refused`].
    pub async fn redeem(&self, code: &str, verifier: &str) -> Result<Tokens, Refused> {
        let request = self.client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
        self.ask(async { read(request.request_async(&self.connections).await) }).await
    }

    /// Renews tokens. The refresh token is used up.
    ///
    /// # Errors
    /// See [`Refused`].
    pub async fn renew(&self, refresh: &Secret<String>) -> Result<Tokens, Refused> {
        let refresh = RefreshToken::new(refresh.expose().clone());
        let request = self.client.exchange_refresh_token(&refresh);
        self.ask(async { read(request.request_async(&self.connections).await) }).await
    }

    async fn ask(
        &self,
        call: impl Future<Output = Result<Option<Tokens>, AskError>>,
    ) -> Result<Tokens, Refused> {
        self.calls.make(None, call).await.map_err(Refused::Unanswered)?.ok_or(Refused::Grant)
    }

    /// Ends a token and everything that came of the same consent (RFC 7009). `oauth2` would do so over https only.
    ///
    /// # Errors
    /// When it was not answered with 200.
    pub async fn revoke(&self, token: &Secret<String>) -> Result<(), AskError> {
        let form =
            form_urlencoded::Serializer::new(String::new()).append_pair("token", token.expose()).finish();
        let request = oauth2::http::Request::builder()
            .method("POST")
            .uri(&self.revocation_url)
            .header(AUTHORIZATION, self.basic.expose())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.into_bytes())
            .map_err(|error| AskError::Unreadable(error.to_string()))?;
        let call = async {
            let status = self.connections.call(request).await?.status();
            let refused = || AskError::Unreadable(format!("it refused to revoke: {status}"));
            status.is_success().then_some(()).ok_or_else(refused)
        };
        self.calls.make(None, call).await
    }
}

type Asked = Result<BasicTokenResponse, RequestTokenError<AskError, BasicErrorResponse>>;

/// The tokens, or none for a code or refresh token that is not good. Anything else says nothing about it.
fn read(asked: Asked) -> Result<Option<Tokens>, AskError> {
    use BasicErrorResponseType::{Extension, InvalidGrant};
    let unreadable = |what: String| Err(AskError::Unreadable(what));
    match asked {
        Ok(tokens) if *tokens.token_type() != BasicTokenType::Bearer => {
            unreadable("it gave a token of another kind".to_owned())
        }
        Ok(tokens) => Ok(Some(Tokens {
            access: Secret::new(tokens.access_token().secret().clone()),
            refresh: tokens.refresh_token().map(|token| Secret::new(token.secret().clone())),
            lasts: tokens.expires_in().unwrap_or(USUAL),
        })),
        Err(RequestTokenError::ServerResponse(error)) => match error.error() {
            InvalidGrant => Ok(None),
            // `temporarily_unavailable`, for one, is no word of RFC 6749 section 5.2.
            Extension(other) => unreadable(format!("it refused: {other}")),
            known => Err(AskError::Declined(known.to_string())),
        },
        Err(RequestTokenError::Request(error)) => Err(error),
        Err(RequestTokenError::Parse(error, _answer)) => {
            unreadable(format!("its answer cannot be read at {}", error.path()))
        }
        Err(RequestTokenError::Other(what)) => unreadable(what),
    }
}
