//! What is granted of what was asked for: scopes (RFC 6749 section 3.3) and resources (RFC 8707), by the same rule at
//! every endpoint and grant: never more than there was before.

use model::scope::ScopeSet;
use url::Url;

use super::error::{Code, OAuthError};
use super::params::Params;
use crate::app::App;
use crate::scopes;
use crate::store::clients::Client;

/// What a token may be used for, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Permission {
    /// What for.
    pub(crate) scopes: ScopeSet,
    /// Whom the token is for; space-separated.
    pub(crate) audiences: String,
}

impl Permission {
    /// What a client asks for to begin with, of all that it may. Without `scope` that is what is usual
    /// ([`crate::config::Config::asked_by_default`]), and never what OpenID Connect adds, which has to be named.
    ///
    /// # Errors
    /// `invalid_scope` or `invalid_target` when it asks for more.
    pub(crate) fn asked(app: &App, client: &Client, params: &Params) -> Result<Self, OAuthError> {
        Self::of_what_it_may(app, client, params, |_| false)
    }

    /// As [`Self::asked`], by a client that speaks for itself, which may have been given more than anybody can allow it.
    ///
    /// # Errors
    /// `invalid_scope` or `invalid_target` when it asks for more.
    pub(crate) fn asked_for_itself(app: &App, client: &Client, params: &Params) -> Result<Self, OAuthError> {
        Self::of_what_it_may(app, client, params, |scope| scope == scopes::INTROSPECTION)
    }

    fn of_what_it_may(
        app: &App,
        client: &Client,
        params: &Params,
        is_for_itself: fn(&str) -> bool,
    ) -> Result<Self, OAuthError> {
        let config = &app.config;
        let scopes = match params.get("scope") {
            None => config.asked_by_default(&client.scopes),
            Some(asked) => {
                let is_there = |scope: &str| config.is_known(scope) || is_for_itself(scope);
                let may = |scope: &str| is_there(scope) && client.scopes.contains(scope);
                let is_allowed = |asked: &ScopeSet| asked.iter().all(may);
                Some(parsed(asked)?).filter(is_allowed).ok_or(MORE)?
            }
        };
        Ok(Self { scopes, audiences: narrowed_audiences(&client.audiences, params)? })
    }

    /// What a sealed code or refresh token says.
    pub(crate) fn sealed(scopes: &str, audiences: &str) -> Self {
        Self { scopes: scopes.split(' ').collect(), audiences: audiences.to_owned() }
    }

    /// What is left of it for a client that may do less by now than when it was allowed.
    ///
    /// # Errors
    /// `invalid_grant` when nothing is.
    pub(crate) fn within(&self, client: &Client) -> Result<Self, OAuthError> {
        let scopes: ScopeSet = self.scopes.iter().filter(|scope| client.scopes.contains(scope)).collect();
        let is_its_own = |audience: &&str| client.audiences.split(' ').any(|own| own == *audience);
        let audiences = self.audiences.split(' ').filter(is_its_own).collect::<Vec<_>>().join(" ");
        let nothing_is_left = (scopes.is_empty() && !self.scopes.is_empty())
            || (audiences.is_empty() && !self.audiences.is_empty());
        if nothing_is_left {
            let sentence = "The client may not do any more what was allowed.";
            return Err(OAuthError::new(Code::InvalidGrant, sentence));
        }
        Ok(Self { scopes, audiences })
    }

    /// What is left of it when `scope` and `resource` ask for less; all of it when they ask for nothing in
    /// particular.
    ///
    /// # Errors
    /// `invalid_scope` or `invalid_target` when they ask for more.
    pub(crate) fn narrowed(&self, params: &Params) -> Result<Self, OAuthError> {
        let scopes = match params.get("scope") {
            None => self.scopes.clone(),
            Some(asked) => Some(parsed(asked)?).filter(|asked| asked.is_subset(&self.scopes)).ok_or(MORE)?,
        };
        Ok(Self { scopes, audiences: narrowed_audiences(&self.audiences, params)? })
    }

    /// What is left of it when `scope`, `resource` and `audience` ask for less (RFC 8693 section 2.1): a token for all the
    /// resources and audiences that are named.
    ///
    /// # Errors
    /// `invalid_scope` or `invalid_target` when they ask for more.
    pub(crate) fn narrowed_to_targets(&self, params: &Params) -> Result<Self, OAuthError> {
        let mut narrowed = self.narrowed(params)?;
        let mut named: Vec<&str> = params.all("audience").collect();
        if named.is_empty() {
            return Ok(narrowed);
        }
        if !named.iter().all(|name| self.audiences.split(' ').any(|known| known == *name)) {
            let sentence = "The token is not for that audience.";
            return Err(OAuthError::new(Code::InvalidTarget, sentence));
        }
        named.extend(params.all("resource"));
        let is_named = |audience: &&str| named.contains(audience);
        narrowed.audiences = self.audiences.split(' ').filter(is_named).collect::<Vec<_>>().join(" ");
        Ok(narrowed)
    }

    /// What is left of it when `resource` asks for less.
    ///
    /// # Errors
    /// `invalid_target` when it asks for more.
    pub(crate) fn at(&self, params: &Params) -> Result<Self, OAuthError> {
        Ok(Self { scopes: self.scopes.clone(), audiences: narrowed_audiences(&self.audiences, params)? })
    }
}

const MORE: OAuthError = OAuthError::new(Code::InvalidScope, "More was asked for than may be given.");

fn parsed(scope: &str) -> Result<ScopeSet, OAuthError> {
    scope.parse().map_err(|_| OAuthError::new(Code::InvalidScope, "The scope is malformed."))
}

/// A resource is an absolute URI without a fragment (RFC 8707 section 2), and one of the audiences.
fn narrowed_audiences(whole: &str, params: &Params) -> Result<String, OAuthError> {
    let mut audiences: Vec<&str> = Vec::new();
    for asked in params.all("resource") {
        let is_resource = Url::parse(asked).is_ok() && !asked.contains('#');
        if !is_resource || !whole.split(' ').any(|known| known == asked) {
            let sentence = "A resource is an absolute URI without a fragment that tokens may be for.";
            return Err(OAuthError::new(Code::InvalidTarget, sentence));
        }
        if !audiences.contains(&asked) {
            audiences.push(asked);
        }
    }
    Ok(if audiences.is_empty() { whole.to_owned() } else { audiences.join(" ") })
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    /// R49, R50
    #[test]
    fn a_permission_only_ever_shrinks() {
        let whole = Permission::sealed("read write", "https://a.example/x https://b.example plain");
        for (asked, expected) in [
            ("", Ok(("read write", "https://a.example/x https://b.example plain"))),
            ("scope=read", Ok(("read", "https://a.example/x https://b.example plain"))),
            ("resource=https://b.example", Ok(("read write", "https://b.example"))),
            (
                "resource=https://b.example&resource=https://b.example",
                Ok(("read write", "https://b.example")),
            ),
            (
                "resource=https://b.example&resource=https://a.example/x&scope=write",
                Ok(("write", "https://b.example https://a.example/x")),
            ),
            ("scope=admin", Err(Code::InvalidScope)),
            ("scope=read++write", Err(Code::InvalidScope)),
            ("resource=https://c.example", Err(Code::InvalidTarget)),
            ("resource=https://a.example/", Err(Code::InvalidTarget)),
            ("resource=https://b.example&resource=https://c.example", Err(Code::InvalidTarget)),
            ("resource=https://b.example%23x", Err(Code::InvalidTarget)),
            ("resource=/x", Err(Code::InvalidTarget)),
            ("resource=plain", Err(Code::InvalidTarget)),
        ] {
            let narrowed = whole.narrowed(&Params::parse(asked.as_bytes()).unwrap());
            let narrowed = narrowed.map_err(|error| error.code());
            let expected = expected.map(|(scopes, audiences)| Permission::sealed(scopes, audiences));
            assert_eq!(narrowed, expected, "{asked}");
        }
    }
}
