//! How long things last, and how often what must be limited may be tried.

use std::time::Duration;

use model::settings::Settings;

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

impl Lifetimes {
    pub(super) fn read(said: &mut Settings) -> Self {
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

impl Limits {
    pub(super) fn read(said: &mut Settings) -> Self {
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
