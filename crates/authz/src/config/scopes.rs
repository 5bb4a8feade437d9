//! The scopes there are, and those that are meant when nobody says.

use std::str::FromStr;

use model::scope::ScopeSet;
use model::settings::Settings;

use super::Config;
use crate::scopes;

/// Those of the time tracker. The first two stand for all others there, and are what is asked for when nobody says.
const TRACKER_SCOPES: &str = "read=See your activities, the time you tracked and all else you keep here, and your user name; \
     write=Record time, and change your activities and all else you keep here, and see what it changes; \
     activities:read=See your activities; \
     activities:write=Add, change and delete activities, and see those it changes; \
     tracks:read=See the time you tracked; \
     tracks:write=Record time, change and delete what you tracked, and see what it changes; \
     timer:write=Start and stop your timer, and see what it is running for; \
     projects:read=See your projects, clients and tags; \
     projects:write=Add, change and delete projects, clients and tags, and see those it changes; \
     rates:read=See what your time costs; \
     rates:write=Change what your time costs; \
     reports:read=See reports on your time; \
     reports:share=Make addresses at which anybody who has them can see your time; \
     profile:read=See your user name, and your settings, such as your time zone; \
     profile:write=Change your settings, such as your time zone, and see them and your user name";
const TRACKER_DEFAULT_SCOPES: [&str; 2] = ["read", "write"];

impl Config {
    /// Every scope there is, with what people are told it means: those configured, then those of OpenID Connect.
    pub fn known_scopes(&self) -> impl Iterator<Item = (&str, &str)> {
        let configured = self.scopes.iter().map(|(name, description)| (name.as_str(), description.as_str()));
        configured.chain(scopes::STANDARD.into_iter().filter(|(name, _)| !self.is_configured(name)))
    }

    /// Whether it is one of ours, and not only one of OpenID Connect.
    pub fn is_configured(&self, scope: &str) -> bool {
        self.scopes.iter().any(|(name, _)| name == scope)
    }

    /// Whether there is such a scope.
    pub fn is_known(&self, scope: &str) -> bool {
        self.is_configured(scope) || scopes::is_about_a_person(scope)
    }

    /// What a client asks for that does not say what: of the usual ones those that it may, or if it may none of them, all of
    /// ours that it may.
    pub fn asked_by_default(&self, allowed: &ScopeSet) -> ScopeSet {
        let usual: ScopeSet = allowed.iter().filter(|scope| self.default_scopes.contains(scope)).collect();
        if usual.is_empty() {
            allowed.iter().filter(|scope| self.is_configured(scope)).collect()
        } else {
            usual
        }
    }

    /// All scopes there are.
    pub fn all_scopes(&self) -> ScopeSet {
        self.known_scopes().map(|(name, _)| name).collect()
    }
}

/// Our scopes, and those that are meant when a client asks for none: of an operator's own all, unless they say.
pub(super) fn our_scopes(said: &mut Settings) -> (Vec<(String, String)>, ScopeSet) {
    let own = said.optional::<Scopes>("SCOPES", "name=description pairs separated by semicolons");
    let is_own = own.is_some();
    let Scopes(scopes) = own.or_else(|| TRACKER_SCOPES.parse().ok()).unwrap_or(Scopes(Vec::new()));
    let names: ScopeSet = scopes.iter().map(|(name, _)| name.as_str()).collect();
    let unsaid = if is_own { names.clone() } else { TRACKER_DEFAULT_SCOPES.into_iter().collect() };
    let default = said.or("DEFAULT_SCOPES", unsaid, "scopes separated by spaces");
    if !default.is_subset(&names) {
        said.problem("DEFAULT_SCOPES", "expected some of those of SCOPES");
    }
    (scopes, default)
}

/// `name=description; name=description`.
struct Scopes(Vec<(String, String)>);

impl FromStr for Scopes {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let pair = |pair: &str| {
            let (name, description) = pair.split_once('=').ok_or(())?;
            let name: ScopeSet = name.trim().parse().map_err(|_| ())?;
            let single = name.iter().count() == 1 && !description.trim().is_empty();
            single.then(|| (name.as_str().to_owned(), description.trim().to_owned())).ok_or(())
        };
        text.split(';').map(pair).collect::<Result<_, ()>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::master::MasterKey;

    #[test]
    fn who_names_no_scope_asks_for_the_usual_ones_that_it_may() {
        let config = |more: &[(&str, &str)]| {
            let key = MasterKey::generate().unwrap();
            let needed = [
                ("AUTHZ_ISSUER", "https://id.example.com/o"),
                ("AUTHZ_SECRET_KEY", &key),
                ("AUTHZ_DATABASE_URL", "sqlite://a.db"),
            ];
            Config::from_settings(Settings::new(
                "AUTHZ_",
                [&needed, more].concat().into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())),
            ))
        };
        let asked = |config: &Config, allowed: &str| {
            config.asked_by_default(&allowed.parse().unwrap()).as_str().to_owned()
        };
        let usual = config(&[]).unwrap();
        for (allowed, expected) in [
            ("read write openid tracks:read", "read write"),
            ("read tracks:write profile", "read"),
            ("tracks:read timer:write openid", "timer:write tracks:read"),
            ("openid", ""),
        ] {
            assert_eq!(asked(&usual, allowed), expected, "{allowed}");
        }
        assert_eq!(asked(&usual, usual.all_scopes().as_str()), "read write");
        let own = ("AUTHZ_SCOPES", "read=Read; admin=Rule");
        assert_eq!(asked(&config(&[own]).unwrap(), "read admin openid"), "admin read");
        let narrow = config(&[own, ("AUTHZ_DEFAULT_SCOPES", "read")]).unwrap();
        assert_eq!(asked(&narrow, "read admin openid"), "read");
        for wrong in ["write", "read  admin", "openid"] {
            assert!(config(&[own, ("AUTHZ_DEFAULT_SCOPES", wrong)]).is_err(), "{wrong}");
        }
    }
}
