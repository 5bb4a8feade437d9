//! The authorization code grant at a provider (RFC 6749 section 4.1, RFC 7636), and whom it vouches for by that.

use std::fmt;

use model::time::Timestamp;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, ExtraTokenFields,
    HttpRequest, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{Provider, ProviderError, ProviderPerson, id_token};
use crate::config::providers::{ClientAuth, Kind};
use crate::crypto::claims::{Claims, LEEWAY};
use crate::upstream::{Chosen, Unreachable};

/// What ties a request to its answer.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Repeated in the answer.
    pub state: &'a str,
    /// Known to whoever redeems the code.
    pub verifier: &'a str,
    /// Repeated in the ID token.
    pub nonce: &'a str,
    /// Since when the person must have signed in there, if they were signed in here already.
    pub again_since: Option<Timestamp>,
}

/// A year in seconds: older sign-ins there count for nobody.
const ANY_AGE: &str = "31536000";

/// With an ID token, where there is one.
#[derive(Deserialize, Serialize)]
struct WithIdToken {
    id_token: Option<String>,
}

impl ExtraTokenFields for WithIdToken {}

/// Says nothing of it.
impl fmt::Debug for WithIdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WithIdToken")
    }
}

type Tokens = StandardTokenResponse<WithIdToken, BasicTokenType>;
type OurClient = Client<
    BasicErrorResponse,
    Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

impl Provider<'_> {
    /// Where to send the browser. The answer comes to `redirect_uri`.
    ///
    /// # Errors
    /// When the provider's metadata are not known, or name no address.
    pub async fn authorization_url(
        &self,
        redirect_uri: &str,
        asked: Asked<'_>,
    ) -> Result<String, ProviderError> {
        let (url, _) = self.endpoints().await?;
        let wrong = |_| ProviderError::Unreadable("its authorization endpoint");
        let client = self.client().set_auth_uri(AuthUrl::new(url).map_err(wrong)?);
        let client = client.set_redirect_uri(RedirectUrl::new(redirect_uri.to_owned()).map_err(wrong)?);
        let verifier = PkceCodeVerifier::new(asked.verifier.to_owned());
        let mut request = client
            .authorize_url(|| CsrfToken::new(asked.state.to_owned()))
            .add_scopes(self.settings.scopes.split_whitespace().map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        if self.is_openid() {
            request = request.add_extra_param("nonce", asked.nonce);
            // Asking makes the provider say when it was (OpenID Connect Core section 3.1.2.1).
            let max_age = if asked.again_since.is_some() { "0" } else { ANY_AGE };
            request = request.add_extra_param("max_age", max_age);
        }
        let (url, _) = request.url();
        let leads_to_a_page =
            url.scheme() == "https" || (url.scheme() == "http" && crate::config::is_loopback(&url));
        if leads_to_a_page {
            Ok(url.into())
        } else {
            Err(ProviderError::Unreadable("its authorization endpoint"))
        }
    }

    /// Judges who says that the answer is theirs (RFC 9207 section 2.4). One who announces it must; one who does not, and
    /// does, must say the truth. Of a provider without an issuer that is the site of its authorization endpoint.
    ///
    /// # Errors
    /// When it is somebody else, or it is not known who it should be.
    pub async fn judge_issuer(&self, iss: Option<&str>) -> Result<(), ProviderError> {
        let is_right = match (&self.settings.kind, iss) {
            (Kind::OpenId { issuer }, Some(iss)) => iss == issuer,
            (Kind::OpenId { .. }, None) => {
                !self.metadata().await?.authorization_response_iss_parameter_supported
            }
            (Kind::OAuth { .. }, Some(iss)) => {
                let origin = |url: &str| Url::parse(url).ok().map(|url| url.origin());
                origin(iss).is_some_and(|of| Some(of) == self.authorization_origin())
            }
            (Kind::OAuth { .. }, None) => true,
        };
        if is_right { Ok(()) } else { Err(ProviderError::NotForUs("the answer is another issuer's")) }
    }

    /// Redeems a code, and answers whom the provider vouches for.
    ///
    /// # Errors
    /// See [`ProviderError`].
    pub async fn redeem(
        &self,
        redirect_uri: &str,
        code: &str,
        asked: Asked<'_>,
    ) -> Result<ProviderPerson, ProviderError> {
        let (_, url) = self.endpoints().await?;
        let wrong = |_| ProviderError::Unreadable("its token endpoint");
        let client = self.client().set_token_uri(TokenUrl::new(url).map_err(wrong)?);
        let client = client.set_redirect_uri(RedirectUrl::new(redirect_uri.to_owned()).map_err(wrong)?);
        let http = |request: HttpRequest| self.app.fetch.exchange(request, Chosen::ByAdministrator);
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(asked.verifier.to_owned()));
        let tokens = request.request_async(&http).await.map_err(refused)?;
        let access_token = tokens.access_token().secret();
        if !self.is_openid() {
            return self.profile(access_token, None).await;
        }
        let id_token = tokens.extra_fields().id_token.as_deref();
        let id_token = id_token.ok_or(ProviderError::Unreadable("there is no ID token"))?;
        let claims = id_token::verified(self, id_token, Some(asked.nonce)).await?;
        let authenticated_at = id_token::auth_time(&claims)?;
        is_recent(authenticated_at, asked.again_since)?;
        let person = self.person_by(&claims, access_token).await?;
        // Who was asked once more has proved it since then, whatever the clock there says.
        let authenticated_at = authenticated_at.filter(|_| asked.again_since.is_none());
        Ok(ProviderPerson { authenticated_at, ..person })
    }

    /// As its ID token says, and its UserInfo endpoint of the same person (OpenID Connect Core section 5.3.2).
    async fn person_by(&self, claims: &Claims, access_token: &str) -> Result<ProviderPerson, ProviderError> {
        let mut known = claims.all().clone();
        if let Some(url) = &self.metadata().await?.userinfo_endpoint {
            let Value::Object(told) = self.get_with(url, access_token).await? else {
                return Err(ProviderError::Unreadable("its UserInfo"));
            };
            if told.get("sub") != known.get("sub") {
                return Err(ProviderError::NotForUs("UserInfo is about somebody else"));
            }
            known.extend(told);
        }
        ProviderPerson::read(&self.settings.mapping, &Value::Object(known))
    }

    /// Where browsers are sent, and where codes are redeemed.
    async fn endpoints(&self) -> Result<(String, String), ProviderError> {
        match &self.settings.kind {
            Kind::OpenId { .. } => {
                let metadata = self.metadata().await?;
                Ok((metadata.authorization_endpoint.clone(), metadata.token_endpoint.clone()))
            }
            Kind::OAuth { browser: Some(browser), .. } => {
                Ok((browser.authorization_url.clone(), browser.token_url.clone()))
            }
            Kind::OAuth { browser: None, .. } => Err(ProviderError::Unknown),
        }
    }

    fn authorization_origin(&self) -> Option<url::Origin> {
        let Kind::OAuth { browser: Some(browser), .. } = &self.settings.kind else { return None };
        Url::parse(&browser.authorization_url).ok().map(|url| url.origin())
    }

    fn is_openid(&self) -> bool {
        matches!(self.settings.kind, Kind::OpenId { .. })
    }

    fn client(&self) -> OurClient {
        let client = OurClient::new(ClientId::new(self.settings.client_id.clone()));
        let client = client.set_auth_type(match self.settings.client_auth {
            ClientAuth::Basic => AuthType::BasicAuth,
            ClientAuth::Post => AuthType::RequestBody,
        });
        match &self.settings.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose().clone())),
            None => client,
        }
    }
}

/// A provider that says when somebody signed in there does not pass an old sign-in off as a new one.
fn is_recent(at: Option<Timestamp>, since: Option<Timestamp>) -> Result<(), ProviderError> {
    let is_old = at.zip(since).is_some_and(|(at, since)| at.plus(LEEWAY) < since);
    if is_old { Err(ProviderError::NotForUs("auth_time")) } else { Ok(()) }
}

fn refused(error: RequestTokenError<Unreachable, BasicErrorResponse>) -> ProviderError {
    match error {
        RequestTokenError::ServerResponse(_) => ProviderError::NotForUs("the code was refused"),
        RequestTokenError::Request(why) => why.into(),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            ProviderError::Unreadable("what a code buys")
        }
    }
}
