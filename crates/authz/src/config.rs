//! What was decided from what was said: `AUTHZ_…` settings, parsed once. Nobody else reads settings.

mod issuer;
mod links;
mod outside;

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use model::db::DatabaseUrl;
use model::logging::{LogFormat, LogRequests};
use model::scope::ScopeSet;
use model::settings::{Settings, SettingsError};

use crate::crypto::master::MasterKey;
use crate::scopes;

use issuer::EXPECTED_ISSUER;
pub(crate) use issuer::is_loopback;
pub use issuer::{Issuer, IssuerError};
pub use links::Links;
pub use outside::{Outside, RequestUris, WhoMayRegister};

/// Everything an operator may decide. Spans are lifetimes counted from issuing.
#[derive(Debug)]
pub struct Config {
    /// Where the data is (`DATABASE_URL`).
    pub database_url: DatabaseUrl,
    /// Whether pending migrations are run at start (`AUTO_MIGRATE`).
    pub auto_migrate: bool,
    /// Where to listen (`LISTEN`).
    pub listen: SocketAddr,
    /// Who we say we are (`ISSUER`).
    pub issuer: Issuer,
    /// The master key (`SECRET_KEY`).
    pub secret_key: MasterKey,
    /// Our own scopes, with what people are told they mean (`SCOPES`).
    pub scopes: Vec<(String, String)>,
    /// Those of them that are meant when a client asks for none (`DEFAULT_SCOPES`).
    pub default_scopes: ScopeSet,
    /// Whom tokens are for when a client is registered without saying (`DEFAULT_AUDIENCE`).
    pub default_audience: String,
    /// How long things last.
    pub lifetimes: Lifetimes,
    /// bcrypt's cost (`PASSWORD_COST`).
    pub password_cost: u32,
    /// How many hashes are computed at once (`PASSWORD_THREADS`).
    pub password_threads: usize,
    /// Whether people may sign up (`SIGNUP`).
    pub signup: bool,
    /// Whether people may register applications of their own at pages (`DEVELOPER_PAGES`).
    pub developer_pages: bool,
    /// Peers whose `X-Forwarded-For` is believed (`TRUSTED_PROXIES`).
    pub trusted_proxies: Vec<IpNet>,
    /// How often what must be limited may be tried.
    pub limits: Limits,
    /// Who may register clients, and which addresses are called.
    pub outside: Outside,
    /// How long the audit log is kept (`AUDIT_DAYS`).
    pub audit_kept: Duration,
    /// Where the pages lead.
    pub links: Links,
    /// How a command line begins here, for the front page (`COMMAND`).
    pub command: String,
    /// How long requests are still taken once told to stop, for a gateway to notice (`DRAIN_SECONDS`).
    pub drain: Duration,
    /// Worker threads (`WORKERS`).
    pub workers: usize,
    /// The least severe events logged, as a `tracing` filter (`LOG_LEVEL`).
    pub log_level: String,
    /// How log lines look (`LOG_FORMAT`).
    pub log_format: LogFormat,
    /// Which requests leave a line (`LOG_REQUESTS`).
    pub log_requests: LogRequests,
}

/// How long things last.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// An authorization code (`CODE_TTL_SECONDS`).
    pub code: Duration,
    /// An access token (`ACCESS_TOKEN_TTL_SECONDS`).
    pub access_token: Duration,
    /// An ID token (`ID_TOKEN_TTL_SECONDS`).
    pub id_token: Duration,
    /// A refresh token that is not used (`REFRESH_TOKEN_IDLE_SECONDS`).
    pub refresh_idle: Duration,
    /// A grant, however often it is renewed (`REFRESH_TOKEN_TTL_SECONDS`).
    pub refresh: Duration,
    /// A replaced refresh token, for a client whose answer was lost (`REFRESH_OVERLAP_SECONDS`).
    pub refresh_overlap: Duration,
    /// A browser session (`SESSION_TTL_SECONDS`).
    pub session: Duration,
    /// A client secret after its rotation (`SECRET_OVERLAP_SECONDS`).
    pub secret_overlap: Duration,
}

/// How often what must be limited may be tried; 0 for any number.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wrong passwords for one name from one network (`WRONG_PASSWORDS_PER_MINUTE`).
    pub wrong_passwords_per_minute: u32,
    /// Wrong passwords from one network for all names (`WRONG_PASSWORDS_PER_HOUR`).
    pub wrong_passwords_per_hour: u32,
    /// Accounts made from one network (`SIGNUPS_PER_HOUR`).
    pub signups_per_hour: u32,
    /// Unknown tokens one caller asks about (`UNKNOWN_TOKENS_PER_MINUTE`).
    pub unknown_tokens_per_minute: u32,
    /// Applications one person has registered at the developer pages (`CLIENTS_PER_PERSON`).
    pub clients_per_person: u32,
}

const EXPECTED_DATABASE: &str = "sqlite:///path/to/file.db or postgres://user@host/database";

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
    /// Decides.
    ///
    /// # Errors
    /// Every problem of the settings, together.
    pub fn from_settings(mut settings: Settings) -> Result<Self, SettingsError> {
        let config = Self::read(&mut settings);
        settings.finish(config)
    }

    /// Where the database is, for `authz migrate`: whoever owns the tables needs no master key.
    ///
    /// # Errors
    /// When it is not said, and names that no setting has.
    pub fn database_from_settings(mut settings: Settings) -> Result<DatabaseUrl, SettingsError> {
        settings.aside(Self::read);
        let database_url = settings.required("DATABASE_URL", EXPECTED_DATABASE);
        settings.finish(database_url)
    }

    fn read(said: &mut Settings) -> Option<Self> {
        let database_url = said.required("DATABASE_URL", EXPECTED_DATABASE);
        let issuer = said.required("ISSUER", EXPECTED_ISSUER);
        let secret_key = secret_key(said);
        let (scopes, default_scopes) = our_scopes(said);
        let lifetimes = Lifetimes::read(said);
        let password_cost = said.or("PASSWORD_COST", 12, "a number from 4 to 31");
        if !(4..=31).contains(&password_cost) {
            said.problem("PASSWORD_COST", "expected a number from 4 to 31");
        }
        let audit_days: u32 = said.or("AUDIT_DAYS", 365, "a number of days");
        if audit_days < 30 {
            said.problem("AUDIT_DAYS", "expected at least 30 days");
        }
        let audit_kept = Duration::from_secs(u64::from(audit_days) * 86_400);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let proxies =
            said.or("TRUSTED_PROXIES", Networks(Vec::new()), "addresses or networks separated by spaces");
        Some(Self {
            auto_migrate: said.or("AUTO_MIGRATE", true, "true or false"),
            listen: said.or(
                "LISTEN",
                SocketAddr::from(([127, 0, 0, 1], 8000)),
                "an address and port such as 127.0.0.1:8000",
            ),
            default_audience: said.or("DEFAULT_AUDIENCE", "timetracker".to_owned(), "an audience"),
            password_threads: said.or("PASSWORD_THREADS", cores.div_ceil(2), "a number of threads"),
            signup: said.or("SIGNUP", true, "true or false"),
            developer_pages: said.or("DEVELOPER_PAGES", true, "true or false"),
            limits: Limits::read(said),
            outside: Outside::read(said),
            audit_kept,
            links: Links::read(said),
            command: said.or("COMMAND", "authz".to_owned(), "the beginning of a command line"),
            drain: said.seconds("DRAIN_SECONDS", Duration::ZERO),
            workers: said.or("WORKERS", cores, "a number of threads").max(1),
            log_level: said.or("LOG_LEVEL", "info".to_owned(), "a filter such as info"),
            log_format: said.or("LOG_FORMAT", LogFormat::Text, "text or json"),
            log_requests: said.or("LOG_REQUESTS", LogRequests::Notable, "notable or all"),
            trusted_proxies: proxies.0,
            scopes,
            default_scopes,
            password_cost,
            lifetimes,
            database_url: database_url?,
            issuer: issuer?,
            secret_key: secret_key?,
        })
    }

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

impl Limits {
    fn read(said: &mut Settings) -> Self {
        let mut limit = |name, default| said.or(name, default, "a number, 0 for no limit");
        Self {
            wrong_passwords_per_minute: limit("WRONG_PASSWORDS_PER_MINUTE", 5),
            wrong_passwords_per_hour: limit("WRONG_PASSWORDS_PER_HOUR", 100),
            signups_per_hour: limit("SIGNUPS_PER_HOUR", 20),
            unknown_tokens_per_minute: limit("UNKNOWN_TOKENS_PER_MINUTE", 60_000),
            clients_per_person: limit("CLIENTS_PER_PERSON", 20),
        }
    }
}

impl Lifetimes {
    fn read(said: &mut Settings) -> Self {
        let lifetimes = Self {
            code: said.seconds("CODE_TTL_SECONDS", Duration::from_secs(60)),
            access_token: said.seconds("ACCESS_TOKEN_TTL_SECONDS", Duration::from_secs(3_600)),
            id_token: said.seconds("ID_TOKEN_TTL_SECONDS", Duration::from_secs(3_600)),
            refresh_idle: said.seconds("REFRESH_TOKEN_IDLE_SECONDS", Duration::from_secs(30 * 86_400)),
            refresh: said.seconds("REFRESH_TOKEN_TTL_SECONDS", Duration::from_secs(365 * 86_400)),
            refresh_overlap: said.seconds("REFRESH_OVERLAP_SECONDS", Duration::from_secs(10)),
            session: said.seconds("SESSION_TTL_SECONDS", Duration::from_secs(14 * 86_400)),
            secret_overlap: said.seconds("SECRET_OVERLAP_SECONDS", Duration::from_secs(86_400)),
        };
        if lifetimes.access_token > crate::store::revocations::LONGEST_ACCESS {
            said.problem(
                "ACCESS_TOKEN_TTL_SECONDS",
                "expected at most a day: a revocation is remembered that long",
            );
        }
        if lifetimes.id_token > Duration::from_secs(86_400) {
            said.problem("ID_TOKEN_TTL_SECONDS", "expected at most a day: it cannot be revoked");
        }
        if lifetimes.code > Duration::from_secs(600) {
            said.problem("CODE_TTL_SECONDS", "expected at most 600 (RFC 6749 section 4.1.2)");
        }
        if lifetimes.refresh_overlap > Duration::from_secs(10) {
            said.problem("REFRESH_OVERLAP_SECONDS", "expected at most 10");
        }
        lifetimes
    }
}

fn secret_key(said: &mut Settings) -> Option<MasterKey> {
    let Some(text) = said.secret("SECRET_KEY") else {
        said.problem("SECRET_KEY", "missing; make one with `authz key generate`, and keep it");
        return None;
    };
    match text.expose().parse() {
        Ok(key) => Some(key),
        Err(error) => {
            said.problem("SECRET_KEY", &format!("{error}"));
            None
        }
    }
}

/// Our scopes, and those that are meant when a client asks for none: of an operator's own all, unless they say.
fn our_scopes(said: &mut Settings) -> (Vec<(String, String)>, ScopeSet) {
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

/// Addresses and networks separated by spaces.
struct Networks(Vec<IpNet>);

impl FromStr for Networks {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let network =
            |text: &str| text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from).map_err(drop));
        text.split_whitespace().map(network).collect::<Result<_, ()>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pairs: &[(&str, &str)]) -> Settings {
        Settings::new("AUTHZ_", pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    /// R174
    #[test]
    fn it_refuses_to_start_with_a_plain_issuer_a_short_key_or_an_unknown_database_and_says_all_of_it() {
        let error = Config::from_settings(said(&[
            ("AUTHZ_ISSUER", "http://id.example.com/o"),
            ("AUTHZ_SECRET_KEY", "changeme"),
            ("AUTHZ_DATABASE_URL", "mysql://x/y"),
        ]))
        .unwrap_err()
        .to_string();
        for name in ["AUTHZ_ISSUER", "AUTHZ_SECRET_KEY", "AUTHZ_DATABASE_URL"] {
            assert!(error.contains(name), "{error}");
        }
        assert!(!error.contains("changeme"), "{error}");
    }

    #[test]
    fn who_names_no_scope_asks_for_the_usual_ones_that_it_may() {
        let config = |more: &[(&str, &str)]| {
            let key = MasterKey::generate().unwrap();
            let needed = [
                ("AUTHZ_ISSUER", "https://id.example.com/o"),
                ("AUTHZ_SECRET_KEY", &key),
                ("AUTHZ_DATABASE_URL", "sqlite://a.db"),
            ];
            Config::from_settings(said(&[&needed, more].concat()))
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
