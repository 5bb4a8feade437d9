//! What a client sends to register or to change what it registered: a JSON object of at most 16 KiB, and a token.
//!
//! Members that are not known are ignored and kept nowhere (RFC 7591 section 2); those that are known here but are not a
//! client's to say (`client_id`, what only an administrator sets) are not among the known.

use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use model::secret::sha256;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::app::App;
use crate::client_metadata::ClientMetadata;
use crate::edge;
use crate::protocol::redirect_uri;
use crate::registration::{Kind, Registration};
use crate::response_type::ResponseType;
use crate::upstream::Chosen;

/// The members of [`ClientMetadata`] that are a client's to say.
pub(super) const METADATA: [&str; 27] = [
    "default_max_age",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "subject_type",
    "sector_identifier_uri",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "request_object_signing_alg",
    "require_signed_request_object",
    "request_uris",
    "jwks",
    "jwks_uri",
    "dpop_bound_access_tokens",
    "require_auth_time",
    "contacts",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "initiate_login_uri",
    "post_logout_redirect_uris",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    // Kept as columns of their own, but judged with the others.
    "client_name",
    "scope",
];
/// The grant types that a client may give itself; what `implicit` hands out is a matter of its response types. It speaks
/// for itself, or with people's passwords, only if an administrator says so.
const GRANT_TYPES: [&str; 3] = ["authorization_code", "refresh_token", "implicit"];
/// No honest client has more redirect URIs.
const MAX_URIS: usize = 50;

/// SHA-256 of the token in the header; `None` when there is none.
pub struct Token(pub(super) Option<[u8; 32]>);

impl FromRequest for Token {
    type Error = Refusal;
    type Future = std::future::Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let mut headers = request.headers().get_all(header::AUTHORIZATION);
        let token = match (headers.next(), headers.next()) {
            (None, _) => Ok(None),
            (Some(header), None) => {
                let parts = header.to_str().ok().and_then(|text| text.split_once(' '));
                let bearer = parts.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
                bearer.map(|(_, token)| Some(sha256(token.trim().as_bytes()))).ok_or(Refusal::NoToken)
            }
            (Some(_), Some(_)) => Err(Refusal::NoToken),
        };
        std::future::ready(token.map(Self))
    }
}

/// The object that was sent.
pub struct Sent(pub(crate) Map<String, Value>);

impl FromRequest for Sent {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            if !request.content_type().eq_ignore_ascii_case("application/json") {
                let sentence = "The body must be application/json.";
                return Err(Refusal::Request(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence));
            }
            let body = edge::read_body(&request, &mut payload).await?;
            match serde_json::from_slice(&body) {
                Ok(Value::Object(members)) => Ok(Self(members)),
                _ => Err(Refusal::Request(StatusCode::BAD_REQUEST, "The body must be a JSON object.")),
            }
        })
    }
}

impl Sent {
    /// A member that is a text; null is as if it were not there.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::Metadata(format!("{name} is a text").into())),
        }
    }

    fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let wrong = || Refusal::Metadata(format!("{name} is a list of texts").into());
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(items)) => {
                let text = |item: &Value| item.as_str().map(str::to_owned).ok_or_else(wrong);
                items.iter().map(text).collect::<Result<_, _>>().map(Some)
            }
            Some(_) => Err(wrong()),
        }
    }

    /// What is wanted, judged as far as it can be without asking anybody. `before` is what the client has registered
    /// so far: what is not said now has its default again, but for what is not the client's to say.
    pub(crate) fn judged(&self, app: &App, before: &ClientMetadata) -> Result<Registration, Refusal> {
        match self.0.get("software_statement") {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.split('.').count() == 3 => {
                return Err(Refusal::UnapprovedSoftwareStatement);
            }
            Some(_) => return Err(Refusal::SoftwareStatement),
        }
        let redirect_uris = self.redirect_uris()?;
        let mut metadata = self.metadata(before)?;
        let (grant_types, response_types) = self.types(before)?;
        metadata.response_types = response_types;
        let kind = match self.text("token_endpoint_auth_method")? {
            Some("none") => Kind::Public,
            _ => Kind::Confidential,
        };
        // Without a secret there is no excuse.
        metadata.require_pkce |= kind == Kind::Public;
        Ok(Registration {
            id: None,
            name: self.text("client_name")?.unwrap_or("An application without a name").to_owned(),
            kind,
            grant_types,
            redirect_uris,
            scopes: self.scopes(app)?,
            audiences: Vec::new(),
            introspects: Vec::new(),
            secret: None,
            metadata,
        })
    }

    fn redirect_uris(&self) -> Result<Vec<String>, Refusal> {
        let uris = self.texts("redirect_uris")?.unwrap_or_default();
        if uris.is_empty() || uris.len() > MAX_URIS {
            let sentence = format!("redirect_uris has 1 to {MAX_URIS} entries");
            return Err(Refusal::RedirectUri(sentence.into()));
        }
        for uri in &uris {
            redirect_uri::check(uri).map_err(|why| Refusal::RedirectUri(why.to_string().into()))?;
        }
        Ok(uris)
    }

    /// The grant types and the response types, which must fit together (RFC 7591 section 2.1). Response types beyond
    /// `code` are the client's to say only as far as an administrator has said so.
    fn types(&self, before: &ClientMetadata) -> Result<(Vec<String>, Vec<ResponseType>), Refusal> {
        let registrable = &before.registrable_response_types;
        let may_say = |each: &ResponseType| {
            *each == ResponseType::CODE || registrable.contains(each) || before.response_types.contains(each)
        };
        let mut grants = self.texts("grant_types")?.unwrap_or_else(|| vec!["authorization_code".to_owned()]);
        if !grants.iter().all(|each| GRANT_TYPES.contains(&each.as_str())) {
            let sentence = format!("grant_types are of {}", GRANT_TYPES.join(", "));
            return Err(Refusal::Metadata(sentence.into()));
        }
        let said = self.texts("response_types")?.unwrap_or_else(|| vec!["code".to_owned()]);
        let said: Result<Vec<ResponseType>, _> = said.iter().map(|each| each.parse()).collect();
        let said = said.ok().filter(|said| said.iter().all(may_say)).ok_or_else(|| {
            let all: Vec<String> = ResponseType::all().filter(may_say).map(|each| each.to_string()).collect();
            Refusal::Metadata(format!("response_types are of {}", all.join(", ")).into())
        })?;
        let has = |grant: &str| grants.iter().any(|each| each == grant);
        let fits = |grant, response: fn(&ResponseType) -> bool| has(grant) == said.iter().any(response);
        if !fits("authorization_code", |each| each.code) || !fits("implicit", |each| each.is_front_channel())
        {
            let sentence = "response_types with code go with the grant type authorization_code, with token or \
                            id_token with implicit";
            return Err(Refusal::Metadata(sentence.into()));
        }
        // What has no response type has nothing to begin with.
        if said.is_empty() {
            return Err(Refusal::Metadata("response_types has an entry".into()));
        }
        grants.retain(|each| each != "implicit");
        Ok((grants, if registrable.is_empty() { before.response_types.clone() } else { said }))
    }

    /// Of what is asked for, what there is (RFC 7591 section 3.2.1 lets us change it, and the answer tells).
    fn scopes(&self, app: &App) -> Result<Vec<String>, Refusal> {
        let Some(asked) = self.text("scope")? else { return Ok(Vec::new()) };
        let all = app.config.all_scopes();
        let known: Vec<String> = asked
            .split(' ')
            .filter(|scope| !scope.is_empty() && all.contains(scope))
            .map(str::to_owned)
            .collect();
        if known.is_empty() {
            return Err(Refusal::Metadata(format!("scope has some of {all}").into()));
        }
        Ok(known)
    }

    fn metadata(&self, before: &ClientMetadata) -> Result<ClientMetadata, Refusal> {
        let mut metadata = before.clone();
        for name in METADATA.into_iter().filter(|name| !["client_name", "scope"].contains(name)) {
            let value = self.0.get(name).cloned().unwrap_or(Value::Null);
            let change = Map::from_iter([(name.to_owned(), value)]);
            let changed = metadata.changed_by(&Value::Object(change).to_string());
            metadata = changed
                .map_err(|_| Refusal::Metadata(format!("{name} has a value that is not taken").into()))?;
        }
        // The default of RFC 7591 section 2, said in the answer.
        metadata
            .token_endpoint_auth_method
            .get_or_insert(crate::client_metadata::AuthMethod::ClientSecretBasic);
        Ok(metadata)
    }
}

/// Whether the sector identifier names all redirect URIs (OpenID Connect Dynamic Client Registration section 5).
pub(super) async fn has_its_sector(
    app: &web::Data<App>,
    wanted: &Registration,
    address: IpAddr,
) -> Result<(), Refusal> {
    let Some(uri) = &wanted.metadata.sector_identifier_uri else { return Ok(()) };
    redirect_uri::check_page(uri)
        .map_err(|why| Refusal::Metadata(format!("sector_identifier_uri: {why}").into()))?;
    let chosen = Chosen::by(&wanted.metadata);
    chosen.count(app, address).map_err(|too_many| Refusal::Failed(too_many.into()))?;
    let listed = app.fetch.get_json(uri, chosen).await.map_err(|why| {
        tracing::info!(%why, "a sector identifier cannot be read");
        Refusal::Metadata("sector_identifier_uri does not lead to a list".into())
    })?;
    let names =
        |uri: &String| listed.as_array().is_some_and(|all| all.iter().any(|each| each == uri.as_str()));
    if wanted.redirect_uris.iter().all(names) {
        Ok(())
    } else {
        Err(Refusal::Metadata("sector_identifier_uri does not list every redirect URI".into()))
    }
}
