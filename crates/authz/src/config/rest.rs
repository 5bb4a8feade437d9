//! What scripts come with, and who may see everybody.

use std::time::Duration;

use model::settings::Settings;

const DAY: u64 = 86_400;

/// Personal keys, passwords in headers, and administrators.
#[derive(Clone, Debug)]
pub struct Rest {
    /// How long a personal key lasts when nobody says (`KEY_TTL_DAYS`).
    pub key_ttl: Duration,
    /// And at the longest (`KEY_LONGEST_DAYS`).
    pub key_longest: Duration,
    /// Whether a name and a password may stand in a header (`BASIC_AUTHENTICATION`).
    pub basic: bool,
    /// Who is in this group sees all people and groups, and may make accounts (`ADMIN_GROUP`).
    pub admin_group: String,
}

impl Rest {
    pub(super) fn read(said: &mut Settings) -> Self {
        let days: u32 = said.or("KEY_TTL_DAYS", 30, "a number of days");
        let longest: u32 = said.or("KEY_LONGEST_DAYS", 365, "a number of days");
        if days == 0 || days > longest || longest > 3_650 {
            said.problem("KEY_TTL_DAYS", "expected 1 to KEY_LONGEST_DAYS days, which are at most 3650");
        }
        let span = |days: u32| Duration::from_secs(u64::from(days) * DAY);
        Self {
            key_ttl: span(days),
            key_longest: span(longest),
            basic: said.or("BASIC_AUTHENTICATION", false, "true or false"),
            admin_group: said.or("ADMIN_GROUP", "administrators".to_owned(), "the name of a group"),
        }
    }
}
