//! How things are to be set up, as a client sends it. Every other key is ignored: a person's name is not told here.

use chrono::{NaiveTime, Weekday};
use chrono_tz::Tz;

use super::store::Settings;
use crate::tracks::schedule::Policy;
use crate::wire::calendar;
use crate::wire::error::ApiError;
use crate::wire::fields::{self, Problems};
use crate::wire::sent::Sent;

/// The longest text that is read as a time of day.
const LONGEST: usize = 100;

/// What was said; `None` where nothing was.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    timezone: Option<Tz>,
    overlap_policy: Option<Policy>,
    week_start: Option<Weekday>,
    day_start: Option<NaiveTime>,
}

impl Draft {
    /// Reads every field.
    ///
    /// # Errors
    /// 400 with everything that is wrong.
    pub fn read(sent: &Sent) -> Result<Self, ApiError> {
        sent.require_object()?;
        let mut problems = Problems::default();
        let timezone = problems.take("timezone", fields::timezone(&sent.field("timezone", false)));
        let overlap_policy = fields::named(&sent.field("overlap_policy", false), Policy::named);
        let overlap_policy = problems.take("overlap_policy", overlap_policy);
        let week_start = fields::named(&sent.field("week_start", false), calendar::weekday);
        let week_start = problems.take("week_start", week_start);
        let day_start = fields::text(&sent.field("day_start", false), LONGEST, false)
            .and_then(|text| text.map(|text| calendar::time(&text)).transpose());
        let day_start = problems.take("day_start", day_start);
        problems.finish()?;
        Ok(Self {
            timezone: timezone.flatten(),
            overlap_policy: overlap_policy.flatten(),
            week_start: week_start.flatten(),
            day_start: day_start.flatten(),
        })
    }

    /// What was set up before, with what was said.
    pub fn onto(self, before: Settings) -> Settings {
        Settings {
            timezone: self.timezone.unwrap_or(before.timezone),
            overlap_policy: self.overlap_policy.unwrap_or(before.overlap_policy),
            week_start: self.week_start.unwrap_or(before.week_start),
            day_start: self.day_start.unwrap_or(before.day_start),
        }
    }
}
