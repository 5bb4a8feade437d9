//! The whole road, once: from sign-up to an API answer and back to a refusal.

use std::time::Duration;

use model::time::Clock;
use oauth2::basic::{BasicClient, BasicErrorResponseType, BasicTokenType};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IntrospectionUrl, PkceCodeChallenge, RedirectUrl, RequestTokenError, RevocationUrl, Scope,
    TokenIntrospectionResponse, TokenResponse, TokenUrl,
};
use serde_json::json;

use crate::support::{Answer, PASSWORD, Tokens, World, confidential, form, public, until};

const CALLBACK: &str = "https://app.example/callback";

const UNAUTHENTICATED: &str = r#"{"detail":"Authentication credentials were not provided."}"#;
const FORBIDDEN: &str = r#"{"detail":"You do not have permission to perform this action."}"#;
const LACKING: &str = r#"{"detail":"You do not have permission to perform this action.","required_scopes":["activities:write"],"or":["write"]}"#;

/// What is said to whoever holds a token that is not good, and where to get one.
fn invalid(world: &World) -> String {
    let metadata = format!("{}/.well-known/oauth-protected-resource/api", world.origin());
    format!(
        r#"Bearer realm="api",error="invalid_token",error_description="The access token is invalid.",resource_metadata="{metadata}""#
    )
}

const REFUSED: &str = r#"{"error":"invalid_grant","error_description":"The refresh token is unknown, was replaced or revoked, has ended, or does not belong to this client and key."}"#;
const USED: &str = r#"{"error":"invalid_grant","error_description":"The code is unknown, was used, has ended, or does not belong to this client, redirect URI, verifier and key."}"#;

/// "a person signs up, a client sends them to the authorization server, they sign in and consent, the client
/// exchanges the code, and the time tracker answers after asking the authorization server about the token."
#[tokio::test]
async fn a_person_an_application_and_the_api_walk_the_whole_road() {
    let world = World::with(&[("TIMETRACKER_CACHE_SECONDS", "0")], Clock::system()).await;
    let application = world.register(confidential("Time sheets", CALLBACK)).await;

    // Sent away by the application, they are asked to sign in, and make an account first.
    let request = application.asks_for("read write");
    let mut browser = world.browser();
    let sign_in = browser.open(&request.url).await;
    assert_eq!(sign_in.text("#client"), "to continue to Time sheets");
    let next = sign_in.query("next").unwrap();
    assert!(request.url.ends_with(&next), "{next}");
    let sign_up = browser.open(&format!("/accounts/signup/?{}", form(&[("next", &next)]))).await;
    let filled = [("username", "ada"), ("password", PASSWORD)];
    let consent = browser.submit(&sign_up, "#signup-form", &filled).await;

    // What it asks for, who it is, where it leads.
    assert_eq!(consent.status, 200);
    assert_eq!(consent.text("h1"), "Allow Time sheets to use your account?");
    assert_eq!(consent.text("#person"), "ada");
    assert_eq!(
        consent.texts("#scopes li"),
        [
            "See your activities, the time you tracked and all else you keep here, and your user name read",
            "Record time, and change your activities and all else you keep here, and see what it changes write",
        ]
    );
    assert_eq!(consent.text("#redirect-host"), "app.example");
    assert_eq!(
        consent.text("#access-lasts"),
        "1 hour, and the application may renew it without asking you again"
    );
    let back = browser.submit(&consent, "#consent-form", &[("decision", "allow")]).await;
    let code = back.query("code").unwrap();
    let answered =
        form(&[("code", &code), ("state", &request.state), ("iss", &format!("{}/o", world.origin()))]);
    assert_eq!((back.status, back.url), (303, format!("{CALLBACK}?{answered}#_")));

    // The code buys tokens, once.
    let bought = application.exchange(&code, &request.verifier).await;
    let tokens = Tokens::read(&bought).unwrap();
    bought.is(200, &paired(&tokens)).has("cache-control", "no-store").has("content-type", "application/json");

    // The API.
    let ada = application.bearer(&tokens.access);
    let origin = world.origin();
    let places = format!(
        r#"{{"activities":"{origin}/api/activities/","tracks":"{origin}/api/tracks/","changes":"{origin}/api/changes/","clients":"{origin}/api/clients/","feeds":"{origin}/api/feeds/","projects":"{origin}/api/projects/","reports":"{origin}/api/reports/summary/","tags":"{origin}/api/tags/","timer":"{origin}/api/timer/","me":"{origin}/api/me/"}}"#
    );
    ada.get("/api/").await.is(200, &places);
    let empty = r#"{"count":0,"next":null,"previous":null,"results":[]}"#;
    ada.get("/api/activities/").await.is(200, empty);
    ada.get("/api/tracks/").await.is(200, empty);

    let made = ada.post("/api/activities/", json!({"name": "Reading"})).await;
    let activity = made.id();
    let path = format!("/api/activities/{activity}/");
    let shown =
        |name: &str, about: &str| format!(r#"{{"id":{activity},"name":"{name}","description":"{about}"}}"#);
    seed(&made).is(201, &shown("Reading", "")).has("location", &format!("{origin}{path}"));
    seed(&ada.get(&path).await).is(200, &shown("Reading", ""));
    let renamed = ada.put(&path, json!({"name": "Writing", "description": "letters"})).await;
    seed(&renamed).is(200, &shown("Writing", "letters"));
    let last = ada.patch(&path, json!({"description": ""})).await;
    seed(&last).is(200, &shown("Writing", ""));
    ada.get("/api/activities/").await.is(200, &listed(&last.text));

    let made = ada.post("/api/tracks/", json!({"activity": activity, "start": "2026-01-02T03:04:05Z"})).await;
    let track = made.id();
    let user = made.json()["user"].as_i64().unwrap();
    let at = format!("/api/tracks/{track}/");
    let shown = |about: &str, end: &str| {
        format!(
            r#"{{"id":{track},"description":"{about}","start":"2026-01-02T03:04:05Z","end":{end},"activity":{activity},"user":{user}}}"#
        )
    };
    let noon = r#""2026-01-02T12:00:00Z""#;
    seed(&made).is(201, &shown("", "null")).has("location", &format!("{origin}{at}"));
    seed(&ada.get(&at).await).is(200, &shown("", "null"));
    seed(&ada.patch(&at, json!({"end": "2026-01-02T12:00"})).await).is(200, &shown("", noon));
    seed(&ada.put(&at, json!({"activity": activity, "description": "a"})).await).is(200, &shown("a", noon));
    seed(&ada.get("/api/tracks/").await).is(200, &listed(&shown("a", noon)));
    ada.delete(&at).await.is(204, "");
    ada.get(&at).await.is(404, r#"{"detail":"No Track matches the given query."}"#);
    ada.delete(&path).await.is(204, "");
    ada.get(&path).await.is(404, r#"{"detail":"No Activity matches the given query."}"#);

    // Refreshed: the old access token goes on until it ends, the new one does the same.
    let renewed = application.refresh(&tokens.refresh).await;
    let next = Tokens::read(&renewed).unwrap();
    renewed.is(200, &paired(&next)).has("cache-control", "no-store");
    assert_ne!((&next.access, &next.refresh), (&tokens.access, &tokens.refresh));
    ada.get("/api/tracks/").await.is(200, empty);
    application.bearer(&next.access).get("/api/tracks/").await.is(200, empty);

    // Revoked: neither opens anything, nor can anything be renewed. At once, because nothing is remembered here.
    application.revoke(&next.refresh).await.is(200, "");
    for token in [&tokens.access, &next.access] {
        application
            .bearer(token)
            .get("/api/tracks/")
            .await
            .is(401, UNAUTHENTICATED)
            .has("www-authenticate", &invalid(&world));
    }
    application.refresh(&next.refresh).await.is(400, REFUSED);
    application.exchange(&code, &request.verifier).await.is(400, USED);
}

/// A person who has an account signs in on the way, with a wrong password first.
#[tokio::test]
async fn somebody_with_an_account_signs_in_and_comes_back_to_the_question() {
    let world = World::new().await;
    world.browser().sign_up("ada").await;
    let application = world.register(public("On a phone", "http://127.0.0.1/callback")).await;
    let request = application.asks_for("read");
    let mut browser = world.browser();
    let sign_in = browser.open(&request.url).await;
    let wrong = [("username", "Ada"), ("password", "a river that has bridges")];
    let again = browser.submit(&sign_in, "#login-form", &wrong).await;
    assert_eq!(
        (again.status, again.text("#login-error").as_str()),
        (200, "The name and the password do not belong together.")
    );
    let right = [("username", "Ada"), ("password", PASSWORD)];
    let consent = browser.submit(&again, "#login-form", &right).await;
    assert_eq!(
        consent.texts("#scopes li"),
        ["See your activities, the time you tracked and all else you keep here, and your user name read"]
    );
    let back = browser.submit(&consent, "#consent-form", &[("decision", "refuse")]).await;
    let told = form(&[
        ("error", "access_denied"),
        ("error_description", "The person refused."),
        ("state", &request.state),
        ("iss", &format!("{}/o", world.origin())),
    ]);
    assert_eq!(back.url, format!("http://127.0.0.1/callback?{told}#_"));

    // They think again: a public client gets a code, and proves itself by the verifier alone.
    let request = application.asks_for("read");
    let code = browser.allows(&request).await;
    let other = application.asks_for("read");
    application.exchange(&code, &other.verifier).await.is(400, USED);
    let answer = application.exchange(&code, &request.verifier).await;
    let tokens = Tokens::read(&answer).unwrap_or_else(|| panic!("{answer:?}"));
    let ada = application.bearer(&tokens.access);
    ada.get("/api/tracks/").await.is(200, r#"{"count":0,"next":null,"previous":null,"results":[]}"#);
    ada.post("/api/activities/", json!({"name": "x"}))
        .await
        .is(403, LACKING)
        .has("www-authenticate", r#"Bearer realm="api",error="insufficient_scope",scope="activities:write""#);
}

/// R162: what the API remembers of a token it remembers for ten seconds at most.
#[tokio::test]
async fn a_revoked_token_is_refused_within_ten_seconds_even_when_the_api_has_just_seen_it() {
    let world = World::new().await;
    let application = world.register(confidential("Time sheets", CALLBACK)).await;
    let mut browser = world.browser();
    browser.sign_up("ada").await;
    let tokens = browser.lets(&application, "read").await;
    let ada = application.bearer(&tokens.access);
    assert_eq!(ada.get("/api/").await.status, 200);
    application.revoke(&tokens.access).await.is(200, "");
    let refused =
        until(Duration::from_secs(12), async || ada.get("/api/").await, |answer| answer.status != 200).await;
    refused.is(401, UNAUTHENTICATED).has("www-authenticate", &invalid(&world));
}

/// The client side of somebody else: the `oauth2` crate, from the authorization URL to the revocation.
#[tokio::test]
async fn the_oauth2_crate_walks_the_same_road() {
    let world = World::with(&[("TIMETRACKER_CACHE_SECONDS", "0")], Clock::system()).await;
    let application = world.register(confidential("Made with a library", CALLBACK)).await;
    let mut browser = world.browser();
    browser.sign_up("ada").await;
    let at = |path: &str| format!("{}/o/{path}/", world.origin());
    let client = BasicClient::new(ClientId::new(application.id.clone()))
        .set_client_secret(ClientSecret::new(application.secret.clone().unwrap()))
        .set_auth_uri(AuthUrl::new(at("authorize")).unwrap())
        .set_token_uri(TokenUrl::new(at("token")).unwrap())
        .set_introspection_url(IntrospectionUrl::new(at("introspect")).unwrap())
        // The crate insists on TLS here; `carry` stands in for the gateway that ends it.
        .set_revocation_url(RevocationUrl::new(at("revoke_token").replacen("http:", "https:", 1)).unwrap())
        .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap());
    let pool = crate::support::http();
    let http = |request| carry(pool.clone(), request);

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state) = client
        .authorize_url(CsrfToken::new_random)
        .add_scope(Scope::new("read".to_owned()))
        .add_scope(Scope::new("write".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let consent = browser.open(url.as_str()).await;
    let back = browser.submit(&consent, "#consent-form", &[("decision", "allow")]).await;
    assert_eq!(back.query("state").as_ref(), Some(state.secret()));
    let code = AuthorizationCode::new(back.query("code").unwrap());
    let tokens = client.exchange_code(code).set_pkce_verifier(verifier).request_async(&http).await.unwrap();
    assert_eq!(tokens.token_type(), &BasicTokenType::Bearer);
    assert_eq!(tokens.expires_in(), Some(Duration::from_secs(3_600)));
    let scopes = [Scope::new("read".to_owned()), Scope::new("write".to_owned())];
    assert_eq!(tokens.scopes(), Some(&scopes.to_vec()));

    let api = |token: &oauth2::AccessToken| application.bearer(token.secret());
    api(tokens.access_token())
        .post("/api/activities/", json!({"name": "Reading"}))
        .await
        .has("content-type", "application/json");
    let known = client.introspect(tokens.access_token()).request_async(&http).await.unwrap();
    assert!(known.active());
    assert_eq!(
        (known.username(), known.client_id()),
        (Some("ada"), Some(&ClientId::new(application.id.clone())))
    );

    let renewed =
        client.exchange_refresh_token(tokens.refresh_token().unwrap()).request_async(&http).await.unwrap();
    let listed = api(renewed.access_token()).get("/api/activities/").await;
    assert_eq!(listed.json()["results"][0]["name"], "Reading");

    let itself =
        client.exchange_client_credentials().add_scope(scopes[0].clone()).request_async(&http).await.unwrap();
    assert!(itself.refresh_token().is_none());
    api(itself.access_token()).get("/api/activities/").await.is(403, FORBIDDEN);

    let refresh_token = renewed.refresh_token().unwrap().clone();
    client.revoke_token(refresh_token.clone().into()).unwrap().request_async(&http).await.unwrap();
    assert!(!client.introspect(renewed.access_token()).request_async(&http).await.unwrap().active());
    api(renewed.access_token()).get("/api/activities/").await.is(401, UNAUTHENTICATED);
    let refused = client.exchange_refresh_token(&refresh_token).request_async(&http).await.unwrap_err();
    let RequestTokenError::ServerResponse(refused) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.error(), &BasicErrorResponseType::InvalidGrant);
}

/// Makes a request of the `oauth2` crate.
async fn carry(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let mut request = reqwest::Request::try_from(request)?;
    let plain = request.url().as_str().replacen("https:", "http:", 1);
    *request.url_mut() = plain.parse().unwrap();
    let answer = http.execute(request).await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = HttpResponse::new(answer.bytes().await?.to_vec());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn paired(tokens: &Tokens) -> String {
    let Tokens { access, refresh } = tokens;
    format!(
        r#"{{"access_token":"{access}","expires_in":3600,"token_type":"Bearer","scope":"read write","refresh_token":"{refresh}"}}"#
    )
}

fn listed(one: &str) -> String {
    format!(r#"{{"count":1,"next":null,"previous":null,"results":[{one}]}}"#)
}

/// The answer with what tracks were from the beginning, without what they have come to have.
fn seed(answer: &Answer) -> Answer {
    let mut parts = answer.text.split(",\"uid\":");
    let mut text = parts.next().unwrap_or_default().to_owned();
    text.extend(parts.filter_map(|part| part.split_once('}')).map(|(_, rest)| format!("}}{rest}")));
    Answer { text, ..answer.clone() }
}
