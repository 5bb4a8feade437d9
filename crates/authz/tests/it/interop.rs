//! A client that others wrote: the `oauth2` crate over reqwest.

use std::future::Future;
use std::pin::Pin;

use oauth2::basic::BasicClient;
use oauth2::{
    AsyncHttpClient, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest,
    HttpResponse, IntrospectionUrl, PkceCodeChallenge, RedirectUrl, RequestTokenError, ResourceOwnerPassword,
    ResourceOwnerUsername, RevocationUrl, Scope, StandardRevocableToken, TokenIntrospectionResponse,
    TokenResponse, TokenUrl,
};

use crate::support::{BASE, CALLBACK, Client, Http, TestServer, password_of, server};

/// reqwest as the crate's HTTP client, sent to the server wherever its issuer says it is.
struct Transport(Http);

impl<'c> AsyncHttpClient<'c> for Transport {
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, reqwest::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let mut sent = self.0.request(request.method().clone(), &path).body(request.body().clone());
            for (name, value) in request.headers() {
                sent = sent.header(name, value);
            }
            let answer = sent.send().await?;
            let mut response = oauth2::http::Response::builder().status(answer.status());
            for (name, value) in answer.headers() {
                response = response.header(name, value);
            }
            Ok(response.body(answer.bytes().await?.to_vec()).unwrap())
        })
    }
}

type Configured = oauth2::basic::BasicClient<
    oauth2::EndpointSet,
    oauth2::EndpointNotSet,
    oauth2::EndpointSet,
    oauth2::EndpointSet,
    oauth2::EndpointSet,
>;

/// Configured from the metadata document.
async fn configured(server: &TestServer, client: &Client) -> (Configured, Transport) {
    let said = server.http.get("/.well-known/oauth-authorization-server/o").await.json();
    let at = |member: &str| said[member].as_str().unwrap().to_owned();
    let mut made = BasicClient::new(ClientId::new(client.id.clone()));
    if let Some(secret) = &client.secret {
        made = made.set_client_secret(ClientSecret::new(secret.clone()));
    }
    let made = made
        .set_auth_uri(AuthUrl::new(at("authorization_endpoint")).unwrap())
        .set_token_uri(TokenUrl::new(at("token_endpoint")).unwrap())
        .set_introspection_url(IntrospectionUrl::new(at("introspection_endpoint")).unwrap())
        // The crate revokes over https only, as RFC 7009 section 2 says.
        .set_revocation_url(RevocationUrl::new(at("revocation_endpoint").replace("http:", "https:")).unwrap())
        .set_redirect_uri(RedirectUrl::new(client.redirect_uri.clone()).unwrap());
    (made, Transport(server.http.clone()))
}

#[tokio::test]
async fn the_code_flow_with_pkce_refresh_introspection_and_revocation() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    for client in [server.client("web").await, server.public_client("phone").await] {
        let (oauth, transport) = configured(&server, &client).await;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state) = oauth
            .authorize_url(CsrfToken::new_random)
            .add_scope(Scope::new("read".to_owned()))
            .add_scope(Scope::new("write".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let form = browser.get(url.as_str().strip_prefix(BASE).unwrap()).await.form("consent-form");
        let params = browser.submit(&form.with("decision", "allow")).await.returned_to(CALLBACK);
        assert_eq!(params[1], ("state".to_owned(), state.secret().clone()));

        let code = AuthorizationCode::new(params[0].1.clone());
        let tokens =
            oauth.exchange_code(code).set_pkce_verifier(verifier).request_async(&transport).await.unwrap();
        assert_eq!(tokens.token_type(), &oauth2::basic::BasicTokenType::Bearer);
        assert_eq!(tokens.expires_in().unwrap().as_secs(), 3_600);
        assert_eq!(tokens.scopes().unwrap().len(), 2);
        let refresh = tokens.refresh_token().unwrap();
        let renewed = oauth.exchange_refresh_token(refresh).request_async(&transport).await.unwrap();
        let access = renewed.access_token();
        if client.secret.is_some() {
            let said = oauth.introspect(access).request_async(&transport).await.unwrap();
            assert!(said.active());
            assert_eq!((said.username(), said.sub()), (Some("ada"), Some("1")));
            assert_eq!(said.client_id().unwrap().as_str(), client.id);
            assert_eq!(said.exp().unwrap().timestamp(), 1_800_003_600);
            assert_eq!(said.aud().unwrap(), &["timetracker"]);
        }
        let token: StandardRevocableToken = renewed.refresh_token().unwrap().into();
        oauth.revoke_token(token).unwrap().request_async(&transport).await.unwrap();
        if client.secret.is_some() {
            assert!(!oauth.introspect(access).request_async(&transport).await.unwrap().active());
        }
        let again =
            oauth.exchange_refresh_token(renewed.refresh_token().unwrap()).request_async(&transport).await;
        let Err(RequestTokenError::ServerResponse(told)) = again else { panic!("{again:?}") };
        assert_eq!(told.error(), &oauth2::basic::BasicErrorResponseType::InvalidGrant);
    }
}

#[tokio::test]
async fn client_credentials_and_password() {
    let server = server().await;
    server.person("ada").await;
    let client = server.client("web").await;
    let (oauth, transport) = configured(&server, &client).await;
    let tokens = oauth
        .exchange_client_credentials()
        .add_scope(Scope::new("read".to_owned()))
        .request_async(&transport)
        .await
        .unwrap();
    assert!(tokens.refresh_token().is_none());
    let said = oauth.introspect(tokens.access_token()).request_async(&transport).await.unwrap();
    assert_eq!((said.active(), said.sub(), said.username()), (true, Some("web"), None));
    let (name, password) =
        (ResourceOwnerUsername::new("ada".into()), ResourceOwnerPassword::new(password_of("ada")));
    let tokens = oauth.exchange_password(&name, &password).request_async(&transport).await.unwrap();
    assert!(tokens.refresh_token().is_some());
    let wrong = ResourceOwnerPassword::new("wrong".into());
    let told = oauth.exchange_password(&name, &wrong).request_async(&transport).await;
    let Err(RequestTokenError::ServerResponse(told)) = told else { panic!("{told:?}") };
    assert_eq!(told.error(), &oauth2::basic::BasicErrorResponseType::InvalidGrant);
}
