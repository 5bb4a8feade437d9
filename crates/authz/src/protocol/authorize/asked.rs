//! What an authorization request asks, once it is known who asks and where they are told what is wrong with it: a fault
//! in here is always the application's to hear.

use std::time::Duration;

use model::dpop::Thumbprint;

use super::answer::Mode;
use super::claims::Claims;
use super::decide::Prompt;
use crate::app::App;
use crate::id_token;
use crate::pages::display::Display;
use crate::protocol::error::{Code, OAuthError};
use crate::protocol::params::Params;
use crate::protocol::permission::Permission;
use crate::protocol::pkce::Challenge;
use crate::response_type::ResponseType;
use crate::store::clients::Client;

/// No honest `login_hint` is longer.
const MAX_HINT: usize = 2 * 1024;
/// No honest `nonce` is longer. The code carries it.
const MAX_NONCE: usize = 512;

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

impl Asked {
    /// Judges every parameter but those that say who asks and where they are told.
    ///
    /// # Errors
    /// The first thing that is wrong: RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6.
    pub(super) fn judge(app: &App, params: &Params, client: &Client) -> Result<Self, OAuthError> {
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
        if params.get("login_hint").is_some_and(|hint| hint.len() > MAX_HINT) {
            return Err(OAuthError::new(Code::InvalidRequest, "A parameter is too long."));
        }
        let claims = Claims::parse(params.get("claims"))?;
        if response_type.id_token && !permission.scopes.contains("openid") {
            let sentence = "An ID token is given for the scope openid only.";
            return Err(OAuthError::new(Code::InvalidRequest, sentence));
        }
        Ok(Self {
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

/// Digits and nothing else: Rust reads a sign before them as well.
fn max_age(params: &Params) -> Result<Option<Duration>, OAuthError> {
    let Some(text) = params.get("max_age") else { return Ok(None) };
    let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let malformed = OAuthError::new(Code::InvalidRequest, "max_age is a whole number of seconds.");
    digits.and_then(|digits| digits.parse().ok()).map(Duration::from_secs).map(Some).ok_or(malformed)
}
