//! What a report is asked for, and how that was understood: the answer says so.

use std::borrow::Cow;

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta, Timelike};
use chrono_tz::Tz;
use model::time::Timestamp;
use serde_json::Value;

use super::group::{Key, MOST_KEYS};
use super::sum::{Midnight, Rounding, Rules};
use crate::id::{ActivityId, ItemId};
use crate::me::store::Settings;
use crate::names;
use crate::wire::error::{ApiError, Message};
use crate::wire::fields::{self, Given, Problems};
use crate::wire::query::Parameters;
use crate::wire::{calendar, json};

/// The longest range in days of what is answered all at once.
pub const LONGEST: i64 = 400;

/// A report that was asked for.
#[derive(Clone, Debug)]
pub struct Query {
    /// The first local day.
    pub from: NaiveDate,
    /// The last one.
    pub to: NaiveDate,
    /// Whose days.
    pub zone: Tz,
    /// When they begin.
    pub day_start: NaiveTime,
    /// How it adds up.
    pub rules: Rules,
    /// Only these.
    pub billable: Option<bool>,
    /// Only of this one.
    pub activity: Option<ActivityId>,
    /// Only of activities of this one.
    pub project: Option<ItemId>,
    /// Only of projects for this one.
    pub client: Option<ItemId>,
    /// Only with this one, as it is compared.
    pub tag: Option<String>,
    /// Whether what runs counts up to now.
    pub with_running: bool,
}

const KEYS: [(&str, Key); 8] = [
    ("day", Key::Day),
    ("week", Key::Week),
    ("month", Key::Month),
    ("activity", Key::Activity),
    ("project", Key::Project),
    ("client", Key::Client),
    ("tags", Key::Tags),
    ("billable", Key::Billable),
];
const MIDNIGHTS: [(&str, Midnight); 2] = [("split", Midnight::Split), ("start", Midnight::Start)];
const ROUNDINGS: [(&str, Option<Rounding>); 4] = [
    ("none", None),
    ("up", Some(Rounding::Up)),
    ("down", Some(Rounding::Down)),
    ("nearest", Some(Rounding::Nearest)),
];
const RUNNING: [(&str, bool); 2] = [("include", true), ("exclude", false)];

/// The name of a key.
pub fn name(key: Key) -> &'static str {
    named(&KEYS, key)
}

fn named<T: Copy + PartialEq>(known: &'static [(&'static str, T)], wanted: T) -> &'static str {
    known.iter().find(|(_, each)| *each == wanted).map_or("", |(name, _)| name)
}

type Read<T> = Result<T, Vec<Message>>;

fn choice<T: Copy>(said: Option<&str>, known: &[(&str, T)], usual: T) -> Read<T> {
    let Some(said) = said else { return Ok(usual) };
    let found = known.iter().find(|(name, _)| *name == said).map(|(_, value)| *value);
    found.ok_or_else(|| vec![fields::not_a_choice(said)])
}

fn date(said: Option<&str>, usual: NaiveDate) -> Read<NaiveDate> {
    let wrong = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";
    said.map_or(Ok(usual), |text| NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| vec![wrong.into()]))
}

fn keys(said: Option<&str>) -> Read<Vec<Key>> {
    let names: Vec<&str> = said.unwrap_or("day").split(',').map(str::trim).collect();
    if names.len() > MOST_KEYS {
        return Err(vec![format!("Ensure this field has no more than {MOST_KEYS} elements.").into()]);
    }
    let mut keys = Vec::new();
    for name in names {
        let key = choice(Some(name), &KEYS, Key::Day)?;
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}

fn minutes(said: Option<&str>) -> Read<i64> {
    let minutes = said.map_or(Ok(15), |text| text.trim().parse::<i64>());
    match minutes {
        Ok(minutes) if (1..=480).contains(&minutes) => Ok(minutes),
        _ => Err(vec!["Ensure this is a whole number from 1 to 480.".into()]),
    }
}

impl Query {
    /// Reads it; what is not said is the week up to today, by day, and as the person has set it up. It covers at
    /// most `longest` days.
    ///
    /// # Errors
    /// 400 with everything that is wrong.
    pub fn read(said: &Parameters, usual: &Settings, now: Timestamp, longest: i64) -> Result<Self, ApiError> {
        let mut problems = Problems::default();
        let given =
            |name| said.said(name).map_or(Given::Missing, |text| Given::Value(Cow::Owned(Value::from(text))));
        let zone = problems.take("tz", fields::timezone(&given("tz"))).flatten().unwrap_or(usual.timezone);
        let day_start = said.said("day_start").map_or(Ok(usual.day_start), calendar::time);
        // Before a day begins it is still the one before.
        let since = TimeDelta::seconds(
            day_start.as_ref().map_or(0, |start| i64::from(start.num_seconds_from_midnight())),
        );
        let local = now.to_utc().map(|at| at.with_timezone(&zone).naive_local()).unwrap_or_default();
        let today = local.checked_sub_signed(since).unwrap_or(local).date();
        let to = problems.take("to", date(said.said("to"), today)).unwrap_or(today);
        let week = to.checked_sub_days(Days::new(6)).unwrap_or(to);
        let from = problems.take("from", date(said.said("from"), week)).unwrap_or(week);
        if to < from {
            problems.note("to", "Must not be before from.");
        } else if (to - from).num_days() >= longest {
            problems.note("to", format!("A report covers at most {longest} days."));
        }
        let keys = problems.take("group_by", keys(said.said("group_by"))).unwrap_or_default();
        let midnight = choice(said.said("midnight"), &MIDNIGHTS, Midnight::Split);
        let midnight = problems.take("midnight", midnight).unwrap_or(Midnight::Split);
        let day_start = problems.take("day_start", day_start).unwrap_or_default();
        let week_start = choice(said.said("week_start"), &calendar::WEEKDAYS, usual.week_start);
        let week_start = problems.take("week_start", week_start).unwrap_or(usual.week_start);
        let side = problems.take("rounding", choice(said.said("rounding"), &ROUNDINGS, None)).flatten();
        let step = problems.take("rounding_minutes", minutes(said.said("rounding_minutes"))).unwrap_or(1);
        let billable = problems.take("billable", fields::boolean(&given("billable"))).flatten();
        let activity = problems.take("activity", fields::key(&given("activity"))).flatten();
        let project = problems.take("project", fields::key(&given("project"))).flatten();
        let client = problems.take("client", fields::key(&given("client"))).flatten();
        let running = problems.take("running", choice(said.said("running"), &RUNNING, true)).unwrap_or(true);
        problems.finish()?;
        Ok(Self {
            from,
            to,
            zone,
            day_start,
            rules: Rules { keys, midnight, week_start, rounding: side.map(|side| (side, step * 60)) },
            billable,
            activity: activity.map(ActivityId),
            project: project.map(ItemId),
            client: client.map(ItemId),
            tag: said.said("tag").map(names::key),
            with_running: running,
        })
    }

    /// Whether the tags of tracks matter.
    pub fn looks_at_tags(&self) -> bool {
        self.tag.is_some() || self.rules.keys.contains(&Key::Tags)
    }

    /// Whether a track of this activity, which belongs to a project and a client, is one of those that are wanted.
    pub fn admits(
        &self,
        (activity, (project, client)): (ActivityId, (Option<ItemId>, Option<ItemId>)),
        billable: bool,
        tags: &str,
    ) -> bool {
        let has = |wanted: &String| tags.split('\n').any(|name| names::key(name) == *wanted);
        self.project.is_none_or(|wanted| project == Some(wanted))
            && self.client.is_none_or(|wanted| client == Some(wanted))
            && self.billable.is_none_or(|wanted| wanted == billable)
            && self.activity.is_none_or(|wanted| wanted == activity)
            && self.tag.as_ref().is_none_or(has)
    }

    /// What a link to another part of the same report has to say: what depends on the day, and on how the person has set
    /// things up.
    pub fn resolved(&self) -> [(&'static str, String); 5] {
        [
            ("from", self.from.to_string()),
            ("to", self.to.to_string()),
            ("tz", self.zone.name().to_owned()),
            ("day_start", self.day_start.format("%H:%M").to_string()),
            ("week_start", calendar::name(self.rules.week_start).to_owned()),
        ]
    }

    /// Says how it was understood.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut member = |name: &str, text: &str| {
            if out.last() != Some(&b'{') {
                out.push(b',');
            }
            json::name(out, name);
            json::text(out, text);
        };
        member("from", &self.from.to_string());
        member("to", &self.to.to_string());
        member("tz", self.zone.name());
        let keys: Vec<&str> = self.rules.keys.iter().map(|key| name(*key)).collect();
        if !keys.is_empty() {
            member("group_by", &keys.join(","));
        }
        member("midnight", named(&MIDNIGHTS, self.rules.midnight));
        member("day_start", &self.day_start.format("%H:%M").to_string());
        member("week_start", calendar::name(self.rules.week_start));
        member("rounding", named(&ROUNDINGS, self.rules.rounding.map(|(side, _)| side)));
        if let Some((_, step)) = self.rules.rounding {
            member("rounding_minutes", &(step / 60).to_string());
        }
        if let Some(billable) = self.billable {
            member("billable", if billable { "true" } else { "false" });
        }
        let numbers = [self.activity.map(|id| id.0), self.project.map(|id| id.0), self.client.map(|id| id.0)];
        for (name, id) in ["activity", "project", "client"].into_iter().zip(numbers) {
            if let Some(id) = id {
                member(name, &id.to_string());
            }
        }
        if let Some(tag) = &self.tag {
            member("tag", tag);
        }
        member("running", named(&RUNNING, self.with_running));
    }
}
