//! The authorization request: RFC 6749 section 4.1.1, judged in the order that decides who may be told.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use model::dpop::Thumbprint;
use model::time::Timestamp;

use super::answer::{Mode, Return};
use super::claims::Claims;
use super::decide::Prompt;
use super::request_object;
use crate::app::App;
use crate::config::Issuer;
use crate::id_token;
use crate::pages::PageError;
use crate::pages::browser::SignedIn;
use crate::pages::display::Display;
use crate::protocol::error::{Code, OAuthError};
use crate::protocol::params::Params;
use crate::protocol::permission::Permission;
use crate::protocol::pkce::Challenge;
use crate::protocol::redirect_uri;
use crate::response_type::ResponseType;
use crate::store::clients::Client;

/// No honest query is longer.
const MAX_QUERY: usize = 8 * 1024;
/// No honest `state` or `login_hint` is longer.
const MAX_TEXT: usize = 2 * 1024;
/// No honest `nonce` is longer. The code carries it.
const MAX_NONCE: usize = 512;

/// A request in which everything has been judged.
pub(super) struct Request {
    /// Who asks.
    pub(super) client: Arc<Client>,
    /// How they are answered.
    pub(super) to: Return,
    /// What it asks.
    pub(super) asked: Asked,
    /// The request as it came, and when it did if a client has signed it.
    pub(super) query: String,
    /// When what the client has signed came for the first time, if that was before.
    seen_at: Option<Timestamp>,
}

/// What a request asks.
pub(super) struct Asked {
    /// What for.
    pub(super) permission: Permission,
    /// What is to be handed out.
    pub(super) response_type: ResponseType,
    /// What the code will be tied to.
    pub(super) challenge: Option<Challenge>,
    /// The key that whoever redeems the code must hold.
    pub(super) key: Option<Thumbprint>,
    /// What the person is to be asked.
    pub(super) prompt: Prompt,
    /// How long ago they may have signed in.
    pub(super) max_age: Option<Duration>,
    /// What the ID token repeats.
    pub(super) nonce: Option<String>,
    /// The subject the request is about: nobody else will do.
    pub(super) about: Option<String>,
    /// What is asked of the person beside what the scopes stand for.
    pub(super) claims: Claims,
    /// How the page that asks is to look.
    pub(super) display: Display,
}

/// Who is told about a fault.
pub(super) enum Failure {
    /// The person: whoever sent them is not to be trusted with a redirect.
    Page(PageError),
    /// The application.
    Return(Return, OAuthError),
}

impl Failure {
    /// The answer, to whom it may go.
    pub(super) fn told(self, issuer: &Issuer) -> Result<HttpResponse, PageError> {
        match self {
            Self::Page(error) => Err(error),
            Self::Return(to, error) => to.error(issuer, &error),
        }
    }
}

impl From<PageError> for Failure {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

impl Request {
    /// Judges a query: client and redirect URI first, then the rest.
    pub(super) async fn judge(app: &App, query: &str) -> Result<Self, Failure> {
        if query.len() > MAX_QUERY {
            return Err(PageError::bad_request("The request is too long.").into());
        }
        let params =
            Params::parse(query.as_bytes()).map_err(|error| PageError::bad_request(error.sentence()))?;
        let id = params.get("client_id").ok_or(PageError::bad_request("Missing client_id parameter."))?;
        let client = app.clients.find(id).await.map_err(PageError::from)?;
        let client = client.ok_or_else(unknown_client)?;
        // Where what is signed cannot be believed, faults are told where the query says, if that is an address of the client.
        let opened = request_object::open(app, &client, &params).await;
        let (params, query, seen_at, fault) = match opened {
            Ok(None) => (params, query.to_owned(), None, None),
            Ok(Some(opened)) => {
                let query = request_object::with_seen(query, &opened.seen);
                if query.len() > MAX_QUERY {
                    return Err(PageError::bad_request("The request is too long.").into());
                }
                (opened.params, query, opened.seen_at, None)
            }
            Err(fault) => (params, query.to_owned(), None, Some(fault)),
        };
        let uri = redirect_uri(&client, params.get("redirect_uri"))?;
        let state = params.get("state").map(str::to_owned);
        if state.as_ref().is_some_and(|state| state.len() > MAX_TEXT) {
            return Err(PageError::bad_request("The state parameter is too long.").into());
        }
        let mode = mode(&params);
        let to = Return::to_verified(&client, uri, mode, state);
        match fault.map_or_else(|| Self::judge_rest(app, &params, &client), Err) {
            Ok(asked) => Ok(Self { client, to, asked, query, seen_at }),
            Err(error) => Err(Failure::Return(to, error)),
        }
    }

    fn judge_rest(app: &App, params: &Params, client: &Client) -> Result<Asked, OAuthError> {
        if params.get("request_uri").is_some() {
            return Err(OAuthError::new(Code::RequestUriNotSupported, "Request objects are not fetched."));
        }
        if params.get("registration").is_some() {
            return Err(OAuthError::new(Code::RegistrationNotSupported, "Registrations are not taken here."));
        }
        let response_type = response_type(client, params)?;
        if params.get("response_mode").is_some_and(|mode| Mode::named(mode).is_none()) {
            let sentence = "The response mode is query, fragment or form_post.";
            return Err(OAuthError::new(Code::InvalidRequest, sentence));
        }
        let permission = Permission::asked(app, client, params)?;
        if params.get("login_hint").is_some_and(|hint| hint.len() > MAX_TEXT) {
            return Err(OAuthError::new(Code::InvalidRequest, "A parameter is too long."));
        }
        let claims = Claims::parse(params.get("claims"))?;
        if response_type.id_token && !permission.scopes.contains("openid") {
            let sentence = "An ID token is given for the scope openid only.";
            return Err(OAuthError::new(Code::InvalidRequest, sentence));
        }
        Ok(Asked {
            permission,
            challenge: if response_type.code { challenge(client, params)? } else { None },
            response_type,
            key: key(params)?,
            prompt: prompt(params, app.config.signup)?,
            max_age: max_age(params)?.or(client.metadata.default_max_age.map(at_least_a_second)),
            nonce: nonce(params, response_type)?,
            about: about(app, client, params, claims.sub.as_deref())?,
            claims,
            display: Display::wished(params),
        })
    }

    /// What it still asks of whoever is signed in. A demand to sign in that a client has signed stays in the address, and
    /// was met by whoever has signed in since it came.
    pub(super) fn still_asks(&self, signed_in: Option<&SignedIn>) -> (Prompt, Option<Duration>) {
        let Asked { prompt, max_age, .. } = self.asked;
        let since = signed_in.map(|signed_in| signed_in.session.authenticated_at);
        if self.seen_at.is_none_or(|seen_at| since.is_none_or(|since| since < seen_at)) {
            return (prompt, max_age);
        }
        let prompt = Prompt { login: false, create: false, ..prompt };
        (prompt, max_age.filter(|max_age| !max_age.is_zero()))
    }

    /// The query without what asked for a new sign-in or a new account.
    pub(super) fn without_reauthentication(&self) -> String {
        let left = |pair: &'_ str| match form_urlencoded::parse(pair.as_bytes()).next() {
            Some((name, _)) if name == "prompt" && self.asked.prompt.consent => {
                Some("prompt=consent".to_owned())
            }
            Some((name, _)) if name == "prompt" => None,
            Some((name, value)) if name == "max_age" && value.bytes().all(|digit| digit == b'0') => None,
            _ => Some(pair.to_owned()),
        };
        self.query.split('&').filter_map(left).collect::<Vec<_>>().join("&")
    }
}

/// The one registered URI that was asked for; the only one when none was.
fn redirect_uri(client: &Client, asked: Option<&str>) -> Result<String, PageError> {
    let Some(asked) = asked else {
        let mut registered = client.redirect_uris();
        return match (registered.next(), registered.next()) {
            (Some(only), None) => Ok(only.to_owned()),
            _ => Err(PageError::bad_request("Missing redirect URI.")),
        };
    };
    if client.redirect_uris().any(|registered| redirect_uri::matches(registered, asked)) {
        Ok(asked.to_owned())
    } else {
        Err(PageError::bad_request("Mismatching redirect URI."))
    }
}

/// Tokens never travel in the query, which servers write into logs: what would hand some out answers in the fragment,
/// errors included (Multiple Response Type Encoding Practices section 5).
fn mode(params: &Params) -> Mode {
    let words = params.get("response_type").unwrap_or_default();
    let default = if words.split(' ').any(|word| word == "token" || word == "id_token") {
        Mode::Fragment
    } else {
        Mode::Query
    };
    let named = params.get("response_mode").and_then(Mode::named).unwrap_or(default);
    if named == Mode::Query { default } else { named }
}

fn response_type(client: &Client, params: &Params) -> Result<ResponseType, OAuthError> {
    let text = params.required("response_type", "Missing response_type parameter.")?;
    let wanted: ResponseType = text.parse().map_err(|_| {
        OAuthError::new(Code::UnsupportedResponseType, "There is no such response type here.")
    })?;
    let may_have_code = !wanted.code || client.may_use("authorization_code");
    // Nobody proves a key on the way through a browser, so what is handed out there is bound to none.
    let is_unbound = wanted.token && client.metadata.dpop_bound_access_tokens;
    if !may_have_code || is_unbound || !client.metadata.response_types.contains(&wanted) {
        return Err(OAuthError::new(Code::UnauthorizedClient, "The client may not use this response type."));
    }
    if wanted.is_front_channel() && params.get("response_mode") == Some("query") {
        return Err(OAuthError::new(Code::InvalidRequest, "Tokens do not travel in a query."));
    }
    Ok(wanted)
}

/// Everybody's code is tied to a verifier, but that of a confidential client an administrator has excused.
fn challenge(client: &Client, params: &Params) -> Result<Option<Challenge>, OAuthError> {
    let sent = |name| params.get(name).is_some();
    if !client.metadata.require_pkce && !sent("code_challenge") && !sent("code_challenge_method") {
        return Ok(None);
    }
    let text = params.required("code_challenge", "Code challenge required.")?;
    if params.get("code_challenge_method") != Some("S256") {
        return Err(OAuthError::new(Code::InvalidRequest, "The code challenge method is S256."));
    }
    let malformed =
        OAuthError::new(Code::InvalidRequest, "The code challenge is 43 characters of base64url.");
    Challenge::parse(text).map(Some).ok_or(malformed)
}

/// The thumbprint of the key that the code is for (RFC 9449 section 10).
fn key(params: &Params) -> Result<Option<Thumbprint>, OAuthError> {
    let sentence = "The dpop_jkt parameter is 43 characters of base64url.";
    let malformed = OAuthError::new(Code::InvalidRequest, sentence);
    params.get("dpop_jkt").map(|text| Thumbprint::parse(text).ok_or(malformed)).transpose()
}

/// Nobody has that id, or nobody has it any more.
pub(super) fn unknown_client() -> PageError {
    PageError::bad_request("Invalid client_id parameter value.")
}

/// Whom the request is about: by an ID token of ours that was issued to this client, ended or not (OpenID Connect Core
/// section 3.1.2.1), or by the subject that its claims name (section 5.5.1).
fn about(
    app: &App,
    client: &Client,
    params: &Params,
    sub: Option<&str>,
) -> Result<Option<String>, OAuthError> {
    let Some(hint) = params.get("id_token_hint") else { return Ok(sub.map(str::to_owned)) };
    let hinted = id_token::subject_of_hint(app, client, hint);
    let hinted = hinted.ok_or(OAuthError::new(
        Code::InvalidRequest,
        "The id_token_hint is not an ID token that was issued to this client here.",
    ))?;
    if sub.is_some_and(|sub| sub != hinted) {
        let sentence = "The id_token_hint and the claims are about different people.";
        return Err(OAuthError::new(Code::InvalidRequest, sentence));
    }
    Ok(Some(hinted))
}

fn prompt(params: &Params, may_sign_up: bool) -> Result<Prompt, OAuthError> {
    let values: Vec<&str> = params.get("prompt").unwrap_or_default().split(' ').collect();
    let has = |value| values.contains(&value);
    let prompt = Prompt {
        none: has("none"),
        // Whoever is to choose an account may sign in with another.
        login: has("login") || has("select_account"),
        consent: has("consent"),
        create: has("create") && may_sign_up,
    };
    if prompt.none && values.len() > 1 {
        let sentence = "Prompt none is mutually exclusive with other values.";
        return Err(OAuthError::new(Code::InvalidRequest, sentence));
    }
    Ok(prompt)
}

/// A default cannot be taken out of the address once it was met: with none at all, people would be asked for ever.
fn at_least_a_second(seconds: u64) -> Duration {
    Duration::from_secs(seconds.max(1))
}

/// Where the browser carries the ID token, only a nonce ties it to the request (OpenID Connect Core section 3.2.2.1).
fn nonce(params: &Params, response_type: ResponseType) -> Result<Option<String>, OAuthError> {
    let nonce = params.get("nonce");
    if nonce.is_none() && response_type.id_token {
        let sentence = "Request is missing mandatory nonce parameter.";
        return Err(OAuthError::new(Code::InvalidRequest, sentence));
    }
    if nonce.is_some_and(|nonce| nonce.len() > MAX_NONCE) {
        return Err(OAuthError::new(Code::InvalidRequest, "A parameter is too long."));
    }
    Ok(nonce.map(str::to_owned))
}

fn max_age(params: &Params) -> Result<Option<Duration>, OAuthError> {
    let malformed = || OAuthError::new(Code::InvalidRequest, "max_age is a whole number of seconds.");
    params
        .get("max_age")
        .map(|text| text.parse().map(Duration::from_secs).map_err(|_| malformed()))
        .transpose()
}
