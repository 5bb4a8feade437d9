//! What the operator said, parsed once into what was decided. Nothing else reads settings. The table of settings is in the README;
//! each key stands here once, with what is expected of it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::time::Duration;

use model::db::DatabaseUrl;
use model::logging::{LogFormat, LogRequests};
use model::scope::ScopeSet;
use model::secret::Secret;
use model::settings::{Settings, SettingsError};

use crate::auth::bearer::Allowed;
use crate::auth::meter::Quota;
use crate::auth::scopes;

mod urls;

use urls::{EXPECTED_ORIGINS, Origins, check_remote, is_loopback, no_slash, parse_web};

/// The prefix of this service's settings.
pub const PREFIX: &str = "TIMETRACKER_";
/// The longest an answer about a token may be believed (R162): revocation is noticed at the latest after it.
const LONGEST_CACHE: Duration = Duration::from_secs(10);

/// Everything this service was told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where activities and tracks are kept.
    pub database: DatabaseUrl,
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where clients find this service, without a trailing slash: the beginning of every link.
    pub public_url: String,
    /// The authorization server's issuer identifier (RFC 8414 section 2).
    pub issuer: String,
    /// Its introspection endpoint (RFC 7662).
    pub introspection_url: String,
    /// This service's own client id there.
    pub client_id: String,
    /// And its secret.
    pub client_secret: Secret<String>,
    /// The client with which people sign in at the pages; without it nobody can.
    pub sign_in: Option<SignIn>,
    /// The origins whose pages may call from a browser, as browsers write them.
    pub allowed_origins: Vec<String>,
    /// The audience a token must name to be meant for this service.
    pub audience: String,
    /// How long an answer about a live token is believed, counted from when it was asked for; at most 10 s.
    pub cache: Duration,
    /// How long one introspection may take altogether.
    pub introspection_timeout: Duration,
    /// How many requests in an hour a client may make on a person's behalf; no limit when none is said.
    pub quota: Option<Quota>,
    /// What may stand in a header besides tokens and keys.
    pub allowed: Allowed,
    /// How long a request's body may take to arrive.
    pub body_timeout: Duration,
    /// How long a batch may take before it is undone.
    pub batch_within: Duration,
    /// How many streams and waiting requests there may be at once.
    pub most_streams: usize,
    /// How often a stream says something, if there is nothing to say; the token is looked at three times as often.
    pub heartbeat: Duration,
    /// Whether to run pending migrations at start; when off, pending migrations refuse the start.
    pub auto_migrate: bool,
    /// How many threads serve HTTP.
    pub workers: usize,
    /// How long a stopping server keeps answering after `/readyz` turned 503.
    pub drain: Duration,
    /// How a log line looks.
    pub log_format: LogFormat,
    /// The `tracing` filter of what is logged.
    pub log_level: String,
    /// Which requests leave a line.
    pub log_requests: LogRequests,
}

/// The client with which people sign in at the pages.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Its id at the issuer.
    pub client_id: String,
    /// And its secret.
    pub client_secret: Secret<String>,
    /// What it asks people for.
    pub scopes: ScopeSet,
}

impl Config {
    /// Reads every setting.
    ///
    /// # Errors
    /// Every problem at once, each by its name.
    pub fn from_settings(mut settings: Settings) -> Result<Self, SettingsError> {
        let decided = read(&mut settings);
        settings.finish(decided)
    }

    /// Where the database is, for `timetracker-api migrate`, which needs nothing else and judges nothing else.
    ///
    /// # Errors
    /// When it is not said, and names that no setting has.
    pub fn database_from_settings(mut settings: Settings) -> Result<DatabaseUrl, SettingsError> {
        settings.aside(read);
        let database = settings.required("DATABASE_URL", DATABASE);
        settings.finish(database)
    }
}

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8001);
const RATE: &str = "a number of requests in an hour, at most 1000000, or 0 for no limit";
const DATABASE: &str = "sqlite:///path/to/file.db or postgres://user@host/database";

const MOST_STREAMS: NonZeroUsize = NonZeroUsize::new(500).unwrap();
fn read(settings: &mut Settings) -> Option<Config> {
    let database = settings.required("DATABASE_URL", DATABASE);
    let issuer = settings.required::<String>("ISSUER", "the authorization server's issuer, an https URL");
    check_remote(settings, "ISSUER", issuer.as_deref());
    let introspection_url = settings
        .optional::<String>("INTROSPECTION_URL", "an https URL")
        .or_else(|| issuer.as_ref().map(|issuer| format!("{}/introspect/", no_slash(issuer))));
    check_remote(settings, "INTROSPECTION_URL", introspection_url.as_deref());
    let public_url = settings.or("PUBLIC_URL", "http://localhost:8001".to_owned(), "an http or https URL");
    let public_url = no_slash(&public_url).to_owned();
    if parse_web(&public_url).is_none() {
        settings.problem("PUBLIC_URL", "expected an http or https URL without query and fragment");
    }
    let client_secret = settings.secret("CLIENT_SECRET");
    if client_secret.is_none() {
        settings
            .problem("CLIENT_SECRET", "missing; expected this service's secret at the issuer (or …_FILE)");
    }
    let sign_in = read_sign_in(settings, &public_url);
    let cache = settings.seconds("CACHE_SECONDS", LONGEST_CACHE);
    if cache > LONGEST_CACHE {
        settings.problem("CACHE_SECONDS", "expected at most 10: so long may a revoked token still pass");
    }
    let millis = |settings: &mut Settings, key, default| {
        Duration::from_millis(settings.or(key, default, "a whole number of milliseconds"))
    };
    let client_id = settings.required("CLIENT_ID", "this service's client id at the issuer");
    let listen = settings.or("LISTEN", LISTEN, "an address such as 127.0.0.1:8001");
    let audience = settings.or("AUDIENCE", "timetracker".to_owned(), "a name");
    let allowed_origins = settings.or("ALLOWED_ORIGINS", Origins(Vec::new()), EXPECTED_ORIGINS).0;
    let introspection_timeout = millis(settings, "INTROSPECTION_TIMEOUT_MS", 1_000);
    let rate = settings.or("RATE_LIMIT", 6_000, RATE);
    if rate > Quota::MOST {
        settings.problem("RATE_LIMIT", &format!("expected {RATE}"));
    }
    let allowed = Allowed {
        basic: settings.or("BASIC_AUTHENTICATION", false, "true or false"),
        from_providers: settings.or("BEARER_FROM_PROVIDERS", false, "true or false"),
    };
    let body_timeout = millis(settings, "BODY_TIMEOUT_MS", 10_000);
    let batch_within = millis(settings, "BATCH_TIMEOUT_MS", 2_000);
    if batch_within > Duration::from_secs(4) {
        settings.problem("BATCH_TIMEOUT_MS", "expected at most 4000: others wait for five seconds");
    }
    let most_streams = settings.or("MAX_STREAMS", MOST_STREAMS, "a whole number from 1").get();
    let heartbeat = settings.seconds("HEARTBEAT_SECONDS", Duration::from_secs(15));
    if !(1..=60).contains(&heartbeat.as_secs()) {
        settings.problem("HEARTBEAT_SECONDS", "expected 1 to 60");
    }
    let auto_migrate = settings.or("AUTO_MIGRATE", true, "true or false");
    let workers = settings.or("WORKERS", processors(), "a whole number from 1").get();
    let drain = settings.seconds("DRAIN_SECONDS", Duration::ZERO);
    let log_format = settings.or("LOG_FORMAT", LogFormat::default(), "text or json");
    let log_level = settings.or("LOG_LEVEL", "info".to_owned(), "a filter such as info");
    let log_requests = settings.or("LOG_REQUESTS", LogRequests::default(), "notable or all");
    // Only now may an absence end the function: each problem was to be found first.
    Some(Config {
        database: database?,
        listen,
        public_url,
        issuer: issuer?,
        introspection_url: introspection_url?,
        client_id: client_id?,
        client_secret: client_secret?,
        sign_in,
        audience,
        allowed_origins,
        cache,
        introspection_timeout,
        quota: Quota::new(rate),
        allowed,
        body_timeout,
        batch_within,
        most_streams,
        heartbeat,
        auto_migrate,
        workers,
        drain,
        log_format,
        log_level,
        log_requests,
    })
}

/// Both or neither. A cookie that stands for a person does not go over a plain connection.
fn read_sign_in(settings: &mut Settings, public_url: &str) -> Option<SignIn> {
    let client_id = settings.optional::<String>("SIGN_IN_CLIENT_ID", "a client id at the issuer");
    let client_secret = settings.secret("SIGN_IN_CLIENT_SECRET");
    match (&client_id, &client_secret) {
        (Some(_), None) => settings.problem(
            "SIGN_IN_CLIENT_SECRET",
            "missing; expected the secret of SIGN_IN_CLIENT_ID (or …_FILE)",
        ),
        (None, Some(_)) => settings.problem("SIGN_IN_CLIENT_ID", "missing; expected whose secret that is"),
        _ => {}
    }
    let scopes =
        settings.or("SIGN_IN_SCOPES", scopes::everything().collect(), "names with spaces between them");
    let sign_in = SignIn { client_id: client_id?, client_secret: client_secret?, scopes };
    if parse_web(public_url).is_some_and(|url| url.scheme() == "http" && !is_loopback(&url)) {
        settings.problem("PUBLIC_URL", "people sign in over https only, or over http at loopback addresses");
    }
    Some(sign_in)
}

fn processors() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: [(&str, &str); 4] = [
        ("TIMETRACKER_DATABASE_URL", "sqlite:///var/lib/t.db"),
        ("TIMETRACKER_ISSUER", "https://id.example.com/o"),
        ("TIMETRACKER_CLIENT_ID", "api"),
        ("TIMETRACKER_CLIENT_SECRET", "hush"),
    ];

    fn config(more: &[(&str, &str)]) -> Result<Config, String> {
        let said = COMPLETE.iter().filter(|(key, _)| more.iter().all(|(other, _)| other != key)).chain(more);
        let said = said.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Config::from_settings(Settings::new(PREFIX, said)).map_err(|error| error.to_string())
    }

    #[test]
    fn four_settings_are_enough() {
        let config = config(&[]).unwrap();
        assert_eq!(config.introspection_url, "https://id.example.com/o/introspect/");
        assert_eq!(config.public_url, "http://localhost:8001");
        assert_eq!(config.listen.to_string(), "127.0.0.1:8001");
        assert_eq!(config.audience, "timetracker");
        assert_eq!(config.cache, Duration::from_secs(10));
        assert!(config.auto_migrate);
    }

    #[test]
    fn a_quota_is_one_that_can_be_counted_or_none() {
        let requests = |said: &str| {
            let config = config(&[("TIMETRACKER_RATE_LIMIT", said)]).map_err(drop)?;
            Ok::<_, ()>(config.quota.map(Quota::requests))
        };
        assert_eq!(requests("0"), Ok(None));
        assert_eq!(requests("1000000"), Ok(Some(1_000_000)));
        for nonsense in ["1000001", "4294967296", "-1", "6000/h"] {
            assert_eq!(requests(nonsense), Err(()), "{nonsense}");
        }
    }

    /// R174.
    #[test]
    fn an_issuer_over_plain_http_is_refused_unless_it_is_this_machine() {
        for (issuer, fine) in [
            ("http://id.example.com/o", false),
            ("http://localhost:8000/o", true),
            ("http://127.0.0.1:8000/o", true),
            ("http://[::1]:8000/o", true),
            ("http://localhost.example.com/o", false),
            ("https://id.example.com/o?x", false),
            ("https://user@id.example.com/o", false),
            ("ftp://id.example.com", false),
            ("id.example.com", false),
        ] {
            assert_eq!(config(&[("TIMETRACKER_ISSUER", issuer)]).is_ok(), fine, "{issuer}");
        }
        assert!(config(&[("TIMETRACKER_INTROSPECTION_URL", "http://10.0.0.1/introspect/")]).is_err());
    }

    /// R52
    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (said, fine) in [
            ("https://spa.example http://localhost:5173  http://127.0.0.1:3000", true),
            ("", true),
            ("*", false),
            ("null", false),
            ("https://*.example", false),
            ("https://spa.example/", false),
            ("https://spa.example:443", false),
            ("https://SPA.example", false),
            ("http://spa.example", false),
            ("https://spa.example,https://b.example", false),
            ("https://a@spa.example", false),
        ] {
            assert_eq!(config(&[("TIMETRACKER_ALLOWED_ORIGINS", said)]).is_ok(), fine, "{said}");
        }
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let settings = Settings::new(PREFIX, [("TIMETRACKER_CACHE_SECONDS".to_owned(), "60".to_owned())]);
        let message = Config::from_settings(settings).unwrap_err().to_string();
        for name in ["DATABASE_URL", "ISSUER", "CLIENT_ID", "CLIENT_SECRET", "CACHE_SECONDS"] {
            assert!(message.contains(&format!("{PREFIX}{name}: ")), "{message}");
        }
    }

    #[test]
    fn migrating_needs_the_database_alone_and_knows_the_other_names() {
        let said = [
            ("DATABASE_URL", "sqlite://t.db"),
            ("CLIENT_SECRET_FILE", "/nobody/may/read/this"),
            ("ISSUER", "http://id.example.com/o"),
            ("WORKERS", "many"),
        ];
        let said = said.map(|(key, value)| (format!("{PREFIX}{key}"), value.to_owned()));
        let database = Config::database_from_settings(Settings::new(PREFIX, said.clone()));
        assert_eq!(database.unwrap(), DatabaseUrl::Sqlite("t.db".into()));
        let serving = Config::from_settings(Settings::new(PREFIX, said)).unwrap_err().to_string();
        for name in ["CLIENT_SECRET_FILE", "ISSUER", "WORKERS"] {
            assert!(serving.contains(&format!("{PREFIX}{name}: ")), "{serving}");
        }
        let unknown = [("TIMETRACKER_DATABASE".to_owned(), "x".to_owned())];
        assert!(Config::database_from_settings(Settings::new(PREFIX, unknown)).is_err());
    }

    #[test]
    fn people_sign_in_with_a_client_and_its_secret_and_over_https() {
        let id = ("TIMETRACKER_SIGN_IN_CLIENT_ID", "web");
        let secret = ("TIMETRACKER_SIGN_IN_CLIENT_SECRET", "hush");
        let plain = ("TIMETRACKER_PUBLIC_URL", "http://time.example.com");
        assert!(config(&[]).unwrap().sign_in.is_none());
        assert_eq!(config(&[id, secret]).unwrap().sign_in.unwrap().client_id, "web");
        let asks = |said: &[_]| config(said).unwrap().sign_in.unwrap().scopes.to_string();
        assert_eq!(asks(&[id, secret]), "read reports:share write");
        assert_eq!(asks(&[id, secret, ("TIMETRACKER_SIGN_IN_SCOPES", "read")]), "read");
        for wrong in [&[id][..], &[secret], &[id, secret, plain]] {
            assert!(config(wrong).is_err(), "{wrong:?}");
        }
        assert!(config(&[plain]).is_ok());
    }

    #[test]
    fn a_configuration_does_not_print_its_secret() {
        assert!(!format!("{:?}", config(&[]).unwrap()).contains("hush"));
    }
}
