//! The SQL of how a person has set things up.

use chrono::{NaiveTime, Timelike, Weekday};
use chrono_tz::Tz;
use diesel::prelude::*;
use model::db::Conn;
use model::directly;

use crate::id::PersonId;
use crate::schema::{people, workspaces};
use crate::tracks::schedule::Policy;
use crate::wire::calendar;

/// What counts when a request does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the person is.
    pub timezone: Tz,
    /// What becomes of a track that overlaps others.
    pub overlap_policy: Policy,
    /// The first day of a week.
    pub week_start: Weekday,
    /// When a day begins.
    pub day_start: NaiveTime,
}

/// Who a person is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Their name at the issuer, when they were here last.
    pub username: String,
    /// How they have set things up.
    pub settings: Settings,
}

type Columns = (people::timezone, people::overlap_policy, people::week_start, people::day_start);
type Row = (String, String, String, i32);

const COLUMNS: Columns = (people::timezone, people::overlap_policy, people::week_start, people::day_start);

impl From<Row> for Settings {
    fn from((timezone, policy, week_start, minutes): Row) -> Self {
        let seconds = u32::try_from(minutes).unwrap_or(0).saturating_mul(60);
        Self {
            // A zone that this program's copy of the database does not know any more.
            timezone: timezone.parse().unwrap_or(Tz::UTC),
            overlap_policy: Policy::named(&policy).unwrap_or(Policy::Reject),
            week_start: calendar::weekday(&week_start).unwrap_or(Weekday::Mon),
            day_start: NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).unwrap_or_default(),
        }
    }
}

/// Looks a person up.
///
/// # Errors
/// When the database cannot.
pub fn find(conn: &mut Conn, person: PersonId) -> QueryResult<Profile> {
    let row = people::table.filter(people::id.eq(person)).select((people::username, COLUMNS));
    let (username, settings): (String, Row) = directly!(conn, |conn| row.get_result(conn))?;
    Ok(Profile { username, settings: settings.into() })
}

/// How a person has set things up.
///
/// # Errors
/// When the database cannot.
pub fn settings(conn: &mut Conn, person: PersonId) -> QueryResult<Settings> {
    find(conn, person).map(|profile| profile.settings)
}

/// The same, and the number of the last change that is committed in their workspace: as of one moment, in one question.
///
/// # Errors
/// When the database cannot.
pub fn settings_as_of(conn: &mut Conn, person: PersonId) -> QueryResult<(Settings, i64)> {
    let row = people::table
        .inner_join(workspaces::table.on(people::workspace_id.eq(workspaces::id)))
        .filter(people::id.eq(person))
        .select((COLUMNS, workspaces::change_seq));
    let (settings, seq): (Row, i64) = directly!(conn, |conn| row.get_result(conn))?;
    Ok((settings.into(), seq))
}

/// Sets things up.
///
/// # Errors
/// When the database cannot.
pub fn set_up(conn: &mut Conn, person: PersonId, settings: &Settings) -> QueryResult<()> {
    let minutes = settings.day_start.num_seconds_from_midnight() / 60;
    diesel::update(people::table.filter(people::id.eq(person)))
        .set((
            people::timezone.eq(settings.timezone.name()),
            people::overlap_policy.eq(settings.overlap_policy.name()),
            people::week_start.eq(calendar::name(settings.week_start)),
            people::day_start.eq(i32::try_from(minutes).unwrap_or(0)),
        ))
        .execute(conn)
        .map(drop)
}
