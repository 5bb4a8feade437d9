//! A first run through what a client does, each step with its line for a terminal, everything filled in but the secret.
//! The exchange can be tried in the page: what comes back is what the token endpoint answers.
//!
//! Nothing of a run is kept: the verifier travels in the page's own form, and a secret is used for the one try it was
//! pasted for.

use std::net::IpAddr;

use actix_web::body::to_bytes;
use actix_web::web;
use serde_json::Value;

use super::form::code_url;
use super::views::{Answer, CodeRun, DeviceRun, FirstRun, OwnRun};
use crate::app::App;
use crate::crypto::random;
use crate::crypto::seal::Code;
use crate::pages::PageError;
use crate::pages::curl::Curl;
use crate::protocol::{Challenge, Params, token};
use crate::store::clients::Client;

const SECRET: &str = "CLIENT_SECRET";
const NO_CODE: &str = "This code has ended, or it is not this application’s. Begin again with step 1.";
const NO_SECRET: &str = "Paste the client secret, too. It is used for this one try and not kept.";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What was tried.
#[derive(Default)]
struct Tried {
    answer: Option<Answer>,
    problem: Option<&'static str>,
}

/// At its beginning, with a fresh verifier.
pub(super) fn begin(app: &App, client: &Client) -> Result<FirstRun, PageError> {
    let verifier = fresh_verifier()?;
    Ok(run(app, client, verifier, None, [Tried::default(), Tried::default()]))
}

/// After a step: a code was pasted, to see the line for it or to try it, or a token for the client itself was asked for.
pub(super) async fn go_on(
    app: &web::Data<App>,
    client: &Client,
    params: &Params,
    address: IpAddr,
) -> Result<FirstRun, PageError> {
    let code = params.get("code").map(str::trim).unwrap_or_default();
    let pasted = is_code_of(app, client, code).then(|| code.to_owned());
    let given = params.get("code_verifier").filter(|verifier| Challenge::of(verifier).is_some());
    let verifier = given.map_or_else(fresh_verifier, |given| Ok(given.to_owned()))?;
    let secret = params.get("client_secret").map(str::trim).unwrap_or_default();
    let [mut exchanged, mut own] = [Tried::default(), Tried::default()];
    match params.get("act") {
        Some("own") if client.has_a_secret() && secret.is_empty() => own.problem = Some(NO_SECRET),
        Some("own") => {
            let fields = [("grant_type", "client_credentials")];
            own.answer = Some(answer(app, client, secret, &fields, address).await?);
        }
        _ if pasted.is_none() => exchanged.problem = Some(NO_CODE),
        Some("exchange") if client.has_a_secret() && secret.is_empty() => {
            exchanged.problem = Some(NO_SECRET);
        }
        Some("exchange") => {
            let redirect_uri = redirect_uri(app, client);
            let fields = [
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", &redirect_uri),
                ("code_verifier", &verifier),
            ];
            exchanged.answer = Some(answer(app, client, secret, &fields, address).await?);
        }
        _ => {}
    }
    Ok(run(app, client, verifier, pasted, [exchanged, own]))
}

fn fresh_verifier() -> Result<String, PageError> {
    random::secret("").map_err(PageError::internal)
}

/// What is not a code that this server can open is never put into a line to be pasted.
fn is_code_of(app: &App, client: &Client, text: &str) -> bool {
    let mut buffer = Vec::new();
    app.sealer
        .open::<Code>(text, app.now(), &mut buffer)
        .is_some_and(|code| code.client == client.id.as_str())
}

async fn answer(
    app: &web::Data<App>,
    client: &Client,
    secret: &str,
    fields: &[(&str, &str)],
    address: IpAddr,
) -> Result<Answer, PageError> {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", client.id.as_str())
        .append_pair("client_secret", if client.has_a_secret() { secret } else { "" })
        .extend_pairs(fields)
        .finish();
    let params = Params::parse(body.as_bytes()).map_err(|error| PageError::bad_request(error.sentence()))?;
    let response = token::tried(app, params, address).await;
    let status = response.status();
    let body =
        to_bytes(response.into_body()).await.map_err(|error| PageError::internal(error.to_string()))?;
    let said: Value = serde_json::from_slice(&body).map_err(PageError::internal)?;
    let member = |name: &str| said.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(Answer {
        status: status.to_string(),
        body: serde_json::to_string_pretty(&said).map_err(PageError::internal)?,
        access_token: member("access_token"),
        refresh_token: member("refresh_token"),
    })
}

fn run(
    app: &App,
    client: &Client,
    verifier: String,
    pasted: Option<String>,
    [exchanged, own]: [Tried; 2],
) -> FirstRun {
    if client.is_confidential && !client.has_a_secret() {
        // Only it has the key that it would sign with.
        return FirstRun { code: None, own: None, device: None };
    }
    FirstRun {
        code: client
            .may_use("authorization_code")
            .then(|| code_run(app, client, verifier, pasted, exchanged)),
        own: client.may_use("client_credentials").then(|| {
            let line = at_token_endpoint(app, client).field("grant_type", "client_credentials");
            OwnRun { line: line.to_string(), problem: own.problem, answer: own.answer }
        }),
        device: client.may_use(DEVICE_CODE).then(|| device_run(app, client)),
    }
}

fn code_run(app: &App, client: &Client, verifier: String, pasted: Option<String>, tried: Tried) -> CodeRun {
    let Tried { answer, problem } = tried;
    let issuer = app.config.issuer.as_str();
    let redirect_uri = redirect_uri(app, client);
    let given = answer.as_ref();
    let access = given.and_then(|given| given.access_token.as_deref()).unwrap_or("$ACCESS_TOKEN");
    let refresh = given.and_then(|given| given.refresh_token.as_deref()).unwrap_or("\"$REFRESH_TOKEN\"");
    let exchange = at_token_endpoint(app, client)
        .field("grant_type", "authorization_code")
        .field("code", pasted.as_deref().unwrap_or("\"$CODE\""))
        .encoded("redirect_uri", &redirect_uri)
        .field("code_verifier", &verifier);
    let renew =
        at_token_endpoint(app, client).field("grant_type", "refresh_token").field("refresh_token", refresh);
    let token = if access.starts_with('$') { "\"$ACCESS_TOKEN\"" } else { access };
    let revoke = Curl::to(&format!("{issuer}/revoke_token/")).client(client.id.as_str(), secret_of(client));
    CodeRun {
        authorize_url: authorize_url(issuer, client, &redirect_uri, &verifier),
        at_code_page: redirect_uri == code_url(app),
        exchange: exchange.to_string(),
        call: Curl::to(&format!("{}activities/", app.config.links.api_root(&app.config.issuer)))
            .bearer(access)
            .to_string(),
        refresh: client.may_use("refresh_token").then(|| renew.to_string()),
        revoke: revoke.field("token", token).to_string(),
        verifier,
        redirect_uri,
        pasted,
        problem,
        answer,
    }
}

fn device_run(app: &App, client: &Client) -> DeviceRun {
    let start = Curl::to(&format!("{}/device-authorization/", app.config.issuer.as_str()))
        .client(client.id.as_str(), secret_of(client))
        .encoded("scope", client.scopes.as_str());
    let poll = at_token_endpoint(app, client)
        .field("grant_type", DEVICE_CODE)
        .field("device_code", "\"$DEVICE_CODE\"");
    DeviceRun { start: start.to_string(), poll: poll.to_string() }
}

fn at_token_endpoint(app: &App, client: &Client) -> Curl {
    Curl::to(&format!("{}/token/", app.config.issuer.as_str())).client(client.id.as_str(), secret_of(client))
}

fn secret_of(client: &Client) -> Option<&'static str> {
    client.has_a_secret().then_some(SECRET)
}

/// Our own code page, if it is registered.
fn redirect_uri(app: &App, client: &Client) -> String {
    let ours = code_url(app);
    let first = || client.redirect_uris().next().unwrap_or_default().to_owned();
    if client.redirect_uris().any(|uri| uri == ours) { ours } else { first() }
}

fn authorize_url(issuer: &str, client: &Client, redirect_uri: &str, verifier: &str) -> String {
    let challenge = Challenge::of(verifier).map(|challenge| challenge.to_string()).unwrap_or_default();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", client.id.as_str())
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("scope", client.scopes.as_str())
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .finish();
    format!("{issuer}/authorize/?{query}")
}
