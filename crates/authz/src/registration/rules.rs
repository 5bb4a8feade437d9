//! What a registration must be like, each rule about one part of it.

use std::collections::HashSet;

use model::scope::ScopeSet;
use model::time::Timestamp;
use url::Url;

use super::credentials::client_id;
use super::{Field, Kind, Problem, Refused, Registration};
use crate::app::App;
use crate::client_metadata::{AuthMethod, ClientMetadata, RequestAlg, SubjectType};
use crate::client_rules;
use crate::config::RequestUris;
use crate::pages::words::{displayed, is_unseen};
use crate::protocol::grant_types::GrantType;
use crate::protocol::redirect_uri;
use crate::scopes::INTROSPECTION;
use crate::store::clients::Client;
use crate::store::json::Json;

/// The longest address of a request (OpenID Connect Core section 6.2).
const MAX_REQUEST_URI: usize = 512;
/// The most that a client has whom nobody has vouched for.
const MAX_STRANGERS_REQUEST_URIS: usize = 10;

/// The client that a registration describes, if nothing is wrong with it. It has no secret and no owner yet.
pub(super) fn judged(app: &App, wanted: &Registration) -> Result<Client, Refused> {
    let confidential = wanted.kind == Kind::Confidential;
    let mut problems = Vec::new();
    let client = Client {
        name: noted(name(&wanted.name), &mut problems),
        is_confidential: confidential,
        secret_hash: None,
        previous_secret_hash: None,
        previous_secret_until: None,
        grant_types: noted(grant_types(wanted), &mut problems),
        redirect_uris: noted(redirect_uris(wanted), &mut problems),
        scopes: noted(scopes(app, &wanted.scopes), &mut problems),
        audiences: noted(words(Field::Audiences, &wanted.audiences), &mut problems)
            .unwrap_or_else(|| app.config.default_audience.clone()),
        introspects: noted(words(Field::Introspects, &wanted.introspects), &mut problems).unwrap_or_default(),
        created_at: app.now(),
        metadata: noted(kept(wanted.metadata.clone()), &mut problems),
        user_id: None,
        version: 1,
        disabled_at: None,
        valid_from: Timestamp::from_micros(0),
        id: client_id(wanted.id.as_deref())?,
    };
    if !confidential && !client.introspects.is_empty() {
        problems.push(problem(Field::Introspects, "only a confidential client may introspect"));
    }
    problems.extend(check(app, &client).err());
    if problems.is_empty() { Ok(client) } else { Err(Refused::Invalid(problems)) }
}

/// What was judged, or something in its place when that is to be told with all else that is wrong.
fn noted<T: Default>(judged: Result<T, Problem>, problems: &mut Vec<Problem>) -> T {
    judged.unwrap_or_else(|problem| {
        problems.push(problem);
        T::default()
    })
}

pub(super) fn problem(field: Field, what: impl Into<String>) -> Problem {
    Problem { field, what: what.into() }
}

/// What the parts of a registration must be to each other.
pub(super) fn check(app: &App, client: &Client) -> Result<(), Problem> {
    if !client.is_confidential && !client.metadata.require_pkce {
        return Err(problem(Field::Metadata, "a public client cannot be excused from PKCE"));
    }
    client_rules::check(client).map_err(|what| problem(Field::Metadata, what))?;
    check_addresses(client)?;
    check_requests(app, &client.metadata)?;
    let hosts = client.redirect_uris().map(|uri| Url::parse(uri).ok()?.host_str().map(str::to_owned));
    let hosts: HashSet<Option<String>> = hosts.collect();
    let sector = client.metadata.sector_identifier_uri.as_deref();
    if client.metadata.subject_type == SubjectType::Pairwise && sector.is_none() && hosts.len() > 1 {
        let what = "pairwise subjects need redirect URIs of one host, or a sector_identifier_uri";
        return Err(problem(Field::RedirectUris, what));
    }
    Ok(())
}

fn check_addresses(client: &Client) -> Result<(), Problem> {
    let wrong = |member: &str, why| problem(Field::Metadata, format!("{member}: {why}"));
    for (member, uri) in client.metadata.addresses() {
        redirect_uri::check_page(uri).map_err(|why| wrong(member, why))?;
    }
    for uri in &client.metadata.post_logout_redirect_uris {
        redirect_uri::check(uri).map_err(|why| wrong("post_logout_redirect_uris", why))?;
    }
    let is_public = client.metadata.token_endpoint_auth_method.map(|method| method == AuthMethod::None);
    if is_public.is_some_and(|is_public| is_public == client.is_confidential) {
        let what = "a client has a secret unless its token_endpoint_auth_method is none";
        return Err(problem(Field::Metadata, what));
    }
    Ok(())
}

/// What it says of its requests, and of where it keeps them.
fn check_requests(app: &App, metadata: &ClientMetadata) -> Result<(), Problem> {
    let is_unsigned = matches!(metadata.request_object_signing_alg, Some(RequestAlg::Unsigned(_)));
    if is_unsigned && app.config.outside.request_uris != RequestUris::Any {
        return Err(problem(Field::Metadata, "request_object_signing_alg none is not taken here"));
    }
    if is_unsigned && metadata.require_signed_request_object {
        let what = "request_object_signing_alg none and require_signed_request_object exclude each other";
        return Err(problem(Field::Metadata, what));
    }
    if metadata.is_self_registered && metadata.request_uris.len() > MAX_STRANGERS_REQUEST_URIS {
        let what = format!("request_uris: at most {MAX_STRANGERS_REQUEST_URIS}");
        return Err(problem(Field::Metadata, what));
    }
    for uri in &metadata.request_uris {
        // The fragment says which version is there, and is no part of what is asked for.
        let (address, fragment) = uri.split_once('#').unwrap_or((uri, ""));
        let is_short = uri.len() <= MAX_REQUEST_URI;
        if !is_short || !fragment.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            let what = format!("request_uris: at most {MAX_REQUEST_URI} visible characters, one fragment");
            return Err(problem(Field::Metadata, what));
        }
        let wrong = |why| problem(Field::Metadata, format!("request_uris: {why}"));
        redirect_uri::check_page(address).map_err(wrong)?;
    }
    Ok(())
}

pub(super) fn kept(metadata: ClientMetadata) -> Result<Json<ClientMetadata>, Problem> {
    Json::new(metadata).map_err(|error| problem(Field::Metadata, error.to_string()))
}

fn name(wanted: &str) -> Result<String, Problem> {
    let name = wanted.trim();
    // Joiners are letters' business, as long as there are letters.
    let is_bad = |each: char| is_unseen(each) && !matches!(each, '\u{200c}' | '\u{200d}');
    let is_blank = displayed(name).trim().is_empty();
    if is_blank || name.chars().count() > 100 || name.chars().any(is_bad) {
        let what =
            "a name has 1 to 100 characters, and none that are unseen or turn the direction of writing";
        return Err(problem(Field::Name, what));
    }
    Ok(name.to_owned())
}

fn grant_types(wanted: &Registration) -> Result<String, Problem> {
    let mut types: Vec<&str> = Vec::new();
    for wanted in &wanted.grant_types {
        match GrantType::ALL.into_iter().map(GrantType::as_str).find(|known| known == wanted) {
            Some(known) if !types.contains(&known) => types.push(known),
            Some(_) => {}
            None => {
                let all = GrantType::ALL.map(GrantType::as_str).join(", ");
                return Err(problem(Field::GrantTypes, format!("a grant type is one of {all}")));
            }
        }
    }
    if wanted.kind == Kind::Public && types.contains(&"client_credentials") {
        return Err(problem(Field::GrantTypes, "only a confidential client may use client_credentials"));
    }
    let begins =
        [GrantType::AuthorizationCode, GrantType::Password, GrantType::DeviceCode, GrantType::ConvertToken];
    if begins.iter().any(|each| types.contains(&each.as_str())) && !types.contains(&"refresh_token") {
        types.push("refresh_token");
    }
    Ok(types.join(" "))
}

fn redirect_uris(wanted: &Registration) -> Result<String, Problem> {
    for uri in &wanted.redirect_uris {
        redirect_uri::check(uri).map_err(|why| problem(Field::RedirectUris, format!("not {uri}: {why}")))?;
    }
    if wanted.redirect_uris.is_empty() && wanted.grant_types.iter().any(|each| each == "authorization_code") {
        return Err(problem(Field::RedirectUris, "authorization_code needs a redirect URI"));
    }
    Ok(wanted.redirect_uris.join("\n"))
}

fn scopes(app: &App, wanted: &[String]) -> Result<ScopeSet, Problem> {
    let all = app.config.all_scopes();
    if wanted.is_empty() {
        return Ok(all);
    }
    let scopes: Result<ScopeSet, _> = wanted.join(" ").parse();
    let scopes = scopes.map_err(|error| problem(Field::Scopes, error.to_string()))?;
    let all = all.union(&std::iter::once(INTROSPECTION).collect());
    if !scopes.is_subset(&all) {
        return Err(problem(Field::Scopes, format!("the scopes are {all}")));
    }
    Ok(scopes)
}

/// Space-separated; `None` when there are none.
fn words(field: Field, wanted: &[String]) -> Result<Option<String>, Problem> {
    if wanted.iter().any(|word| word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(problem(field, "an audience has visible characters and no spaces"));
    }
    Ok((!wanted.is_empty()).then(|| wanted.join(" ")))
}
