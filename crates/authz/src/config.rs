//! What was decided from what was said: `AUTHZ_…` settings, parsed once. Nobody else reads settings.

mod first_party;
mod issuer;
mod lifetimes;
mod links;
mod mail;
mod outside;
pub mod providers;
mod rest;
mod scopes;

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use model::db::DatabaseUrl;
use model::logging::{LogFormat, LogRequests};
use model::scope::ScopeSet;
use model::settings::{Settings, SettingsError};

use crate::crypto::master::MasterKey;

pub use first_party::FirstParty;
use issuer::EXPECTED_ISSUER;
pub(crate) use issuer::is_loopback;
pub use issuer::{Issuer, IssuerError};
pub use lifetimes::{Lifetimes, Limits};
pub use links::Links;
pub use mail::{Mail, MailWay, Smtp, SmtpTls};
pub use outside::{Outside, RequestUris, WhoMayRegister};
pub use rest::Rest;

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
    /// The client of this server's own.
    pub first_party: FirstParty,
    /// How long the audit log is kept (`AUDIT_DAYS`).
    pub audit_kept: Duration,
    /// At whom else people may sign in (`PROVIDERS`).
    pub providers: providers::Providers,
    /// Personal keys, and what is for scripts.
    pub rest: Rest,
    /// How mail is sent, if it is.
    pub mail: Mail,
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

const EXPECTED_DATABASE: &str = "sqlite:///path/to/file.db or postgres://user@host/database";

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
        let (scopes, default_scopes) = scopes::our_scopes(said);
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
        let signup = said.or("SIGNUP", true, "true or false");
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
            signup,
            developer_pages: said.or("DEVELOPER_PAGES", true, "true or false"),
            limits: Limits::read(said),
            outside: Outside::read(said),
            first_party: FirstParty::read(said),
            audit_kept,
            providers: providers::Providers::read(said, signup),
            rest: Rest::read(said),
            mail: Mail::read(said, issuer.as_ref()),
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
}
