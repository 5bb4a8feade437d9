//! Others at whom people may sign in: which, and how each is asked (`PROVIDERS`, and `PROVIDER_<NAME>_…` for each).

mod mapping;
mod presets;

use std::collections::HashSet;

use model::secret::Secret;
use model::settings::Settings;
use url::Url;

use super::is_loopback;
pub use mapping::{Mapping, member};
use presets::Preset;

/// All of them, in the order in which people see them.
#[derive(Debug, Default)]
pub struct Providers(Vec<ProviderSettings>);

/// What an operator has said of one.
#[derive(Debug)]
pub struct ProviderSettings {
    /// Its name in addresses and in the database: `[a-z0-9_-]+`.
    pub name: String,
    /// What people call it (`TITLE`).
    pub title: String,
    /// What it speaks.
    pub kind: Kind,
    /// Our client's id there (`CLIENT_ID`).
    pub client_id: String,
    /// And its secret (`CLIENT_SECRET`); `None` for a public client.
    pub client_secret: Option<Secret<String>>,
    /// How our client proves itself there (`CLIENT_AUTH`).
    pub client_auth: ClientAuth,
    /// What is asked for, separated by spaces (`SCOPES`).
    pub scopes: String,
    /// Where a person's properties are in what it answers (`PROFILE`).
    pub mapping: Mapping,
    /// How it is found out that a token was meant for us (`AUDIENCE_CHECK`). Without, none is ever converted.
    pub audience: Option<AudienceCheck>,
    /// Whether people whom nobody knows yet get an account (`SIGNUP`; unless said, as everybody).
    pub signup: bool,
}

/// What a provider speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// OpenID Connect: everything else is in its metadata (`ISSUER`).
    OpenId {
        /// Its issuer identifier, byte for byte.
        issuer: String,
    },
    /// OAuth 2.0, and a resource that tells who somebody is.
    OAuth {
        /// Where browsers are sent and codes redeemed; `None` when only tokens are converted.
        browser: Option<BrowserEndpoints>,
        /// Where a person's profile is (`PROFILE_URL`). With `{username}` in it, it is one person's, to be named.
        profile_url: String,
    },
}

/// Of a provider that speaks plain OAuth 2.0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserEndpoints {
    /// `AUTHORIZATION_URL`
    pub authorization_url: String,
    /// `TOKEN_URL`
    pub token_url: String,
}

/// How our client proves itself (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// By the header.
    Basic,
    /// In the form.
    Post,
}

/// How it is found out that a provider's token was made for our client there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AudienceCheck {
    /// The provider is asked (RFC 7662), as our client.
    Introspection {
        /// `INTROSPECTION_URL`; of an OpenID provider its metadata says it.
        url: Option<String>,
    },
    /// A resource tells about the token it is asked with.
    TokenInfo {
        /// `TOKEN_INFO_URL`. The token goes where `{access_token}` stands, or else into the header.
        url: String,
        /// Which member must equal our client's id (`TOKEN_INFO_MEMBER`).
        member: String,
    },
    /// GitHub's own: the token is shown to the provider as our client's. `{client_id}` stands in the address.
    CheckToken {
        /// Where.
        url: String,
    },
    /// The token is an ID token, whose `aud` and `azp` must be ours.
    IdToken,
}

impl Providers {
    /// That of this name.
    pub fn find(&self, name: &str) -> Option<&ProviderSettings> {
        self.0.iter().find(|provider| provider.name == name)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &ProviderSettings> {
        self.0.iter()
    }

    /// Those at whom somebody can sign in with a browser.
    pub fn with_button(&self) -> impl Iterator<Item = &ProviderSettings> {
        self.0.iter().filter(|provider| provider.has_button())
    }

    pub(super) fn read(said: &mut Settings, signup: bool) -> Self {
        let names: String = said.or("PROVIDERS", String::new(), "names separated by spaces");
        let mut beginnings = HashSet::new();
        let mut all = Vec::new();
        for name in names.split_whitespace() {
            if !is_name(name) {
                said.problem("PROVIDERS", "expected names of a to z, digits, - and _");
                continue;
            }
            if !beginnings.insert(beginning(name)) {
                said.problem("PROVIDERS", "two names have the same settings");
                continue;
            }
            all.extend(read_one(said, name, signup));
        }
        Self(all)
    }
}

impl ProviderSettings {
    /// Whether somebody can sign in there with a browser.
    pub fn has_button(&self) -> bool {
        match &self.kind {
            Kind::OpenId { .. } => true,
            Kind::OAuth { browser, profile_url } => browser.is_some() && !profile_url.contains(USERNAME),
        }
    }

    /// Whether a profile is found only by the name of whose it is.
    pub fn needs_username(&self) -> bool {
        matches!(&self.kind, Kind::OAuth { profile_url, .. } if profile_url.contains(USERNAME))
    }
}

/// What stands for a person's name in `PROFILE_URL`.
pub const USERNAME: &str = "{username}";
/// What stands for the token in `TOKEN_INFO_URL`.
pub const ACCESS_TOKEN: &str = "{access_token}";

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    !name.is_empty() && name.len() <= 50 && name.bytes().all(allowed)
}

/// How the names of a provider's settings begin.
fn beginning(name: &str) -> String {
    format!("PROVIDER_{}_", name.to_uppercase().replace('-', "_"))
}

/// The settings of one, under their short names in small letters.
struct One<'a> {
    said: &'a mut Settings,
    beginning: String,
}

impl One<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}{}", self.beginning, name.to_uppercase())
    }

    fn text(&mut self, name: &str, expected: &str) -> Option<String> {
        let key = self.key(name);
        let text: Option<String> = self.said.optional(&key, expected);
        text.filter(|text| !text.is_empty())
    }

    fn problem(&mut self, name: &str, what: &str) {
        let key = self.key(name);
        self.said.problem(&key, what);
    }

    /// An https URL, or one that leads to this machine. `places` may stand in it.
    fn url(&mut self, name: &str, places: &[&str], preset: Option<&str>) -> Option<String> {
        let text = self.text(name, "a URL").or_else(|| preset.map(str::to_owned))?;
        let filled = places.iter().fold(text.clone(), |text, place| text.replace(place, "x"));
        let is_safe = Url::parse(&filled).is_ok_and(|url| {
            (url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)))
                && url.username().is_empty()
                && url.fragment().is_none()
        });
        if !is_safe || filled.contains(['{', '}']) {
            self.problem(name, "expected an https URL (http only for a loopback host)");
        }
        Some(text)
    }
}

fn read_one(said: &mut Settings, name: &str, signup: bool) -> Option<ProviderSettings> {
    let mut one = One { beginning: beginning(name), said };
    let called = one.text("preset", "the name of a preset");
    let preset = Preset::named(called.as_deref().unwrap_or(name));
    if called.is_some() && preset.is_none() {
        one.problem("preset", &format!("expected one of {}", Preset::names()));
    }
    let preset = preset.unwrap_or_default();
    let kind = kind(&mut one, &preset);
    let client_id = one.text("client_id", "a client id");
    if client_id.is_none() {
        one.problem("client_id", "missing; expected the id of our client there");
    }
    let key = one.key("client_secret");
    let client_secret = one.said.secret(&key);
    let client_secret = client_secret.filter(|secret| !secret.expose().is_empty());
    let client_auth = match one.text("client_auth", "basic or post").as_deref() {
        None => preset.client_auth,
        Some("basic") => ClientAuth::Basic,
        Some("post") => ClientAuth::Post,
        Some(_) => {
            one.problem("client_auth", "expected basic or post");
            ClientAuth::Basic
        }
    };
    let is_openid = matches!(kind, Some(Kind::OpenId { .. }));
    let title = one.text("title", "a name").unwrap_or_else(|| preset.title_or(name));
    let scopes = one.text("scopes", "scopes separated by spaces");
    let scopes = scopes.unwrap_or_else(|| preset.scopes_or(is_openid));
    if is_openid && !scopes.split(' ').any(|scope| scope == "openid") {
        one.problem("scopes", "expected openid among them");
    }
    let mapping = mapping(&mut one, &preset, is_openid);
    let audience = audience(&mut one, &preset, is_openid);
    if client_secret.is_none()
        && matches!(audience, Some(AudienceCheck::Introspection { .. } | AudienceCheck::CheckToken { .. }))
    {
        one.problem("client_secret", "missing; the provider tells nothing about tokens without it");
    }
    let key = one.key("signup");
    let signup = one.said.or(&key, signup, "true or false");
    Some(ProviderSettings {
        name: name.to_owned(),
        title,
        kind: kind?,
        client_id: client_id?,
        client_secret,
        client_auth,
        scopes,
        mapping,
        audience,
        signup,
    })
}

fn kind(one: &mut One<'_>, preset: &Preset) -> Option<Kind> {
    let issuer = one.url("issuer", &[], preset.issuer);
    let authorization_url = one.url("authorization_url", &[], preset.authorization_url);
    let token_url = one.url("token_url", &[], preset.token_url);
    let profile_url = one.url("profile_url", &[USERNAME], preset.profile_url);
    match (issuer, authorization_url, token_url, profile_url) {
        (Some(issuer), None, None, None) => Some(Kind::OpenId { issuer }),
        (None, Some(authorization_url), Some(token_url), Some(profile_url)) => {
            let browser = Some(BrowserEndpoints { authorization_url, token_url });
            Some(Kind::OAuth { browser, profile_url })
        }
        (None, None, None, Some(profile_url)) => Some(Kind::OAuth { browser: None, profile_url }),
        _ => {
            let expected =
                "expected ISSUER alone, or PROFILE_URL with both AUTHORIZATION_URL and TOKEN_URL or none";
            one.problem("issuer", expected);
            None
        }
    }
}

fn mapping(one: &mut One<'_>, preset: &Preset, is_openid: bool) -> Mapping {
    let usual = if is_openid { Mapping::openid() } else { preset.mapping.parse().unwrap_or_default() };
    let Some(said) = one.text("profile", "pairs such as subject=id username=login") else { return usual };
    match usual.clone().changed_by(&said) {
        Ok(mapping) if is_openid && mapping.subject != "sub" => {
            one.problem("profile", "the subject of an OpenID provider is its sub");
            mapping
        }
        Ok(mapping) => mapping,
        Err(()) => {
            one.problem("profile", mapping::EXPECTED);
            usual
        }
    }
}

fn audience(one: &mut One<'_>, preset: &Preset, is_openid: bool) -> Option<AudienceCheck> {
    let introspection_url = one.url("introspection_url", &[], None);
    let info_url = one.url("token_info_url", &[ACCESS_TOKEN], None);
    let info_member = one.text("token_info_member", "the name of a member");
    let Some(said) = one.text("audience_check", "off, introspection, token_info or id_token") else {
        if introspection_url.is_some() || info_url.is_some() || info_member.is_some() {
            one.problem("audience_check", "missing; expected introspection or token_info");
        }
        return preset.audience();
    };
    match (said.as_str(), introspection_url, info_url, info_member) {
        ("off", None, None, None) => None,
        ("introspection", url, None, None) if url.is_some() || is_openid => {
            Some(AudienceCheck::Introspection { url })
        }
        ("token_info", None, Some(url), Some(member)) => Some(AudienceCheck::TokenInfo { url, member }),
        ("id_token", None, None, None) if is_openid => Some(AudienceCheck::IdToken),
        _ => {
            let expected = "expected off, introspection (with INTROSPECTION_URL unless it is an OpenID provider), token_info \
                 (with TOKEN_INFO_URL and TOKEN_INFO_MEMBER), or id_token of an OpenID provider, and nothing of the others";
            one.problem("audience_check", expected);
            None
        }
    }
}

#[cfg(test)]
mod tests;
