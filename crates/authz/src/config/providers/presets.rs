//! What is known of well-known providers, from their public documentation: only the client's id and secret are to be said.

use super::{AudienceCheck, ClientAuth};

/// What a provider of that name has, unless an operator says otherwise.
#[derive(Clone, Copy)]
pub(super) struct Preset {
    name: &'static str,
    title: &'static str,
    pub(super) issuer: Option<&'static str>,
    pub(super) authorization_url: Option<&'static str>,
    pub(super) token_url: Option<&'static str>,
    pub(super) profile_url: Option<&'static str>,
    pub(super) client_auth: ClientAuth,
    scopes: &'static str,
    pub(super) mapping: &'static str,
    audience: Audience,
}

#[derive(Clone, Copy)]
enum Audience {
    Unknown,
    IdToken,
    TokenInfo(&'static str, &'static str),
    CheckToken(&'static str),
}

/// Of whom nothing is known. The names of members are those of Django's users, as the tutorials' social site has them.
const UNKNOWN: Preset = Preset {
    name: "",
    title: "",
    issuer: None,
    authorization_url: None,
    token_url: None,
    profile_url: None,
    client_auth: ClientAuth::Basic,
    scopes: "",
    mapping: "subject=id username=username email=email given_name=first_name family_name=last_name",
    audience: Audience::Unknown,
};

const PRESETS: [Preset; 8] = [
    // https://developers.google.com/identity/openid-connect/openid-connect
    Preset {
        name: "google",
        title: "Google",
        issuer: Some("https://accounts.google.com"),
        audience: Audience::TokenInfo(
            "https://oauth2.googleapis.com/tokeninfo?access_token={access_token}",
            "aud",
        ),
        ..UNKNOWN
    },
    // https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
    Preset {
        name: "github",
        title: "GitHub",
        authorization_url: Some("https://github.com/login/oauth/authorize"),
        token_url: Some("https://github.com/login/oauth/access_token"),
        profile_url: Some("https://api.github.com/user"),
        client_auth: ClientAuth::Post,
        scopes: "read:user",
        mapping: "subject=id username=login email=email name=name",
        audience: Audience::CheckToken("https://api.github.com/applications/{client_id}/token"),
        ..UNKNOWN
    },
    // https://docs.gitlab.com/integration/openid_connect_provider/
    Preset {
        name: "gitlab",
        title: "GitLab",
        issuer: Some("https://gitlab.com"),
        audience: Audience::TokenInfo("https://gitlab.com/oauth/token/info", "application.uid"),
        ..UNKNOWN
    },
    // https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc
    // The issuer is that of personal accounts; an organisation's has its own number in it.
    Preset {
        name: "microsoft",
        title: "Microsoft",
        issuer: Some("https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
        client_auth: ClientAuth::Post,
        audience: Audience::IdToken,
        ..UNKNOWN
    },
    // https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
    Preset {
        name: "facebook",
        title: "Facebook",
        authorization_url: Some("https://www.facebook.com/dialog/oauth"),
        token_url: Some("https://graph.facebook.com/oauth/access_token"),
        profile_url: Some("https://graph.facebook.com/me?fields=id,name,first_name,last_name,email"),
        client_auth: ClientAuth::Post,
        scopes: "public_profile email",
        mapping: "subject=id email=email name=name given_name=first_name family_name=last_name",
        audience: Audience::TokenInfo("https://graph.facebook.com/app", "id"),
        ..UNKNOWN
    },
    // https://discord.com/developers/docs/topics/oauth2
    Preset {
        name: "discord",
        title: "Discord",
        authorization_url: Some("https://discord.com/oauth2/authorize"),
        token_url: Some("https://discord.com/api/oauth2/token"),
        profile_url: Some("https://discord.com/api/users/@me"),
        scopes: "identify email",
        mapping: "subject=id username=username email=email email_verified=verified name=global_name",
        audience: Audience::TokenInfo("https://discord.com/api/oauth2/@me", "application.id"),
        ..UNKNOWN
    },
    // https://developer.atlassian.com/cloud/bitbucket/oauth-2/
    Preset {
        name: "bitbucket",
        title: "Bitbucket",
        authorization_url: Some("https://bitbucket.org/site/oauth2/authorize"),
        token_url: Some("https://bitbucket.org/site/oauth2/access_token"),
        profile_url: Some("https://api.bitbucket.org/2.0/user"),
        scopes: "account",
        mapping: "subject=account_id username=nickname name=display_name",
        ..UNKNOWN
    },
    // https://developer.amazon.com/docs/login-with-amazon/authorization-code-grant.html
    Preset {
        name: "amazon",
        title: "Amazon",
        authorization_url: Some("https://www.amazon.com/ap/oa"),
        token_url: Some("https://api.amazon.com/auth/o2/token"),
        profile_url: Some("https://api.amazon.com/user/profile"),
        client_auth: ClientAuth::Post,
        scopes: "profile",
        mapping: "subject=user_id email=email name=name",
        audience: Audience::TokenInfo(
            "https://api.amazon.com/auth/o2/tokeninfo?access_token={access_token}",
            "aud",
        ),
        ..UNKNOWN
    },
];

impl Default for Preset {
    fn default() -> Self {
        UNKNOWN
    }
}

impl Preset {
    pub(super) fn named(name: &str) -> Option<Self> {
        PRESETS.iter().find(|preset| preset.name == name).copied()
    }

    pub(super) fn names() -> String {
        PRESETS.map(|preset| preset.name).join(", ")
    }

    pub(super) fn title_or(&self, name: &str) -> String {
        if self.title.is_empty() { name.to_owned() } else { self.title.to_owned() }
    }

    pub(super) fn scopes_or(&self, is_openid: bool) -> String {
        if self.scopes.is_empty() && is_openid { "openid profile email" } else { self.scopes }.to_owned()
    }

    pub(super) fn audience(&self) -> Option<AudienceCheck> {
        Some(match self.audience {
            Audience::Unknown => return None,
            Audience::IdToken => AudienceCheck::IdToken,
            Audience::TokenInfo(url, member) => {
                AudienceCheck::TokenInfo { url: url.to_owned(), member: member.to_owned() }
            }
            Audience::CheckToken(url) => AudienceCheck::CheckToken { url: url.to_owned() },
        })
    }
}
