//! What the front page says.

use std::collections::HashMap;

use actix_web::ResponseError;
use actix_web::http::StatusCode;
use askama::Template;
use chrono_tz::Tz;
use model::time::Timestamp;
use serde_json::Value;

use super::week::{self, Day};
use crate::id::ActivityId;
use crate::pages::browsable::Errors;
use crate::pages::frame::Frame;
use crate::tracks::row::Track;
use crate::wire::error::ApiError;
use crate::wire::query::Parameters;

/// What was looked up.
pub struct Seen {
    pub now: Timestamp,
    pub zone: Tz,
    pub running: Option<Track>,
    pub week: Vec<Day>,
    /// Of today, newest first.
    pub entries: Vec<Track>,
    /// What can be chosen.
    pub activities: Vec<(ActivityId, String)>,
    /// Whether there is more, to be called by its name.
    pub has_more: bool,
    pub names: HashMap<ActivityId, String>,
    pub colours: Vec<(ActivityId, i64)>,
}

/// What was typed, and what was said against it.
pub struct Typed {
    pub status: StatusCode,
    activity: String,
    name: String,
    description: String,
    errors: Vec<String>,
}

/// Said of a form that was shown before its person signed in.
const UNSENT: &str = "This form is from before you signed in. Look at it, and send it again.";

impl Typed {
    /// Of a form that another browser was shown, or this one before its person signed in.
    pub fn unsent(form: &Parameters) -> Self {
        Self { status: StatusCode::FORBIDDEN, errors: vec![UNSENT.to_owned()], ..Self::of(form) }
    }

    fn of(form: &Parameters) -> Self {
        let typed = |name: &str| form.get(name).unwrap_or_default().to_owned();
        Self {
            status: StatusCode::OK,
            activity: typed("activity"),
            name: typed("name"),
            description: typed("description"),
            errors: Vec::new(),
        }
    }

    /// Of a form that was refused.
    pub fn new(form: &Parameters, error: &ApiError) -> Self {
        let body = actix_web::body::MessageBody::try_into_bytes(error.error_response().into_body());
        let body: Value = body.ok().and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default();
        Self { status: error.status_code(), errors: Errors::read(&body).all(), ..Self::of(form) }
    }
}

#[derive(Template)]
#[template(path = "pages/home/home.html")]
pub struct Home<'a> {
    frame: Frame,
    key: &'a str,
    zone: String,
    running: Option<Running>,
    choices: Vec<(String, String)>,
    has_more: bool,
    chosen: String,
    name: String,
    description: String,
    errors: Vec<String>,
    entries: Vec<Entry>,
    today: String,
    week: Vec<Column>,
    week_total: String,
    legend: Vec<Line>,
    days: String,
}

struct Running {
    activity: String,
    colour: i64,
    description: String,
    since: String,
    since_at: String,
    elapsed: String,
    words: String,
}

struct Entry {
    track: String,
    activity: String,
    colour: i64,
    description: String,
    from: String,
    to: Option<String>,
    length: String,
}

struct Column {
    weekday: String,
    date: String,
    is_today: bool,
    total: Option<String>,
    words: String,
    parts: Vec<(i64, week::Part)>,
}

/// An activity in the week: its colour, its name, each day, and all of it.
struct Line {
    colour: i64,
    name: String,
    days: Vec<String>,
    total: String,
}

/// Makes the page.
pub fn page<'a>(frame: Frame, seen: &Seen, typed: Option<Typed>, key: &'a str) -> Home<'a> {
    let (chosen, name, description, errors) = typed
        .map_or_else(Default::default, |typed| (typed.activity, typed.name, typed.description, typed.errors));
    let total = |days: &[Day]| days.iter().map(|day| day.seconds).sum::<i64>();
    let today = seen.week.iter().filter(|day| day.is_today).map(|day| day.seconds).sum();
    let bounds = (seen.week.first(), seen.week.last());
    let days = match bounds {
        (Some(first), Some(last)) => {
            format!("{} – {}", first.date.format("%-d %b"), last.date.format("%-d %b"))
        }
        _ => String::new(),
    };
    Home {
        frame,
        key,
        zone: seen.zone.to_string().replace('_', " "),
        running: seen.running.as_ref().map(|track| seen.running(track)),
        choices: seen.activities.iter().map(|(id, name)| (id.to_string(), name.clone())).collect(),
        has_more: seen.has_more,
        chosen,
        name,
        description,
        errors,
        entries: seen
            .entries
            .iter()
            .filter(|track| !track.is_running())
            .map(|track| seen.entry(track))
            .collect(),
        today: week::words(today),
        week: seen.week.iter().map(|day| seen.column(day)).collect(),
        week_total: week::words(total(&seen.week)),
        legend: seen.legend(),
        days,
    }
}

impl Seen {
    fn name(&self, activity: ActivityId) -> String {
        self.names.get(&activity).cloned().unwrap_or_default()
    }

    fn colour(&self, activity: ActivityId) -> i64 {
        self.colours.iter().find(|(id, _)| *id == activity).map_or(0, |(_, colour)| *colour)
    }

    /// A time of today, or with its day.
    fn time(&self, at: Timestamp) -> String {
        let local = |at: Timestamp| at.to_utc().unwrap_or_default().with_timezone(&self.zone);
        let (at, now) = (local(at), local(self.now));
        let form = if at.date_naive() == now.date_naive() { "%H:%M" } else { "%a %-d %b, %H:%M" };
        at.format(form).to_string()
    }

    fn running(&self, track: &Track) -> Running {
        let since = track.start.unwrap_or(self.now);
        let seconds = i64::try_from(self.now.since(since).as_secs()).unwrap_or(i64::MAX);
        Running {
            activity: self.name(track.activity),
            colour: self.colour(track.activity),
            description: track.description.clone(),
            since: self.time(since),
            since_at: since.to_string(),
            elapsed: week::clock(seconds),
            words: week::words(seconds),
        }
    }

    fn entry(&self, track: &Track) -> Entry {
        Entry {
            track: track.id.to_string(),
            activity: self.name(track.activity),
            colour: self.colour(track.activity),
            description: track.description.clone(),
            from: track.start.map(|at| self.time(at)).unwrap_or_default(),
            to: track.end.map(|at| self.time(at)),
            length: week::words(track.duration().unwrap_or_default()),
        }
    }

    fn column(&self, day: &Day) -> Column {
        let words = day
            .parts
            .iter()
            .map(|part| format!("{} {}", self.name(part.activity), week::words(part.seconds)));
        let words: Vec<_> = words.collect();
        Column {
            weekday: day.date.format("%a").to_string(),
            date: day.date.format("%-d").to_string(),
            is_today: day.is_today,
            total: (day.seconds >= 60).then(|| week::clock(day.seconds)),
            words: if words.is_empty() { "nothing".to_owned() } else { words.join(", ") },
            parts: day.parts.iter().map(|part| (self.colour(part.activity), part.clone())).collect(),
        }
    }

    /// Most first.
    fn legend(&self) -> Vec<Line> {
        let of = |activity: ActivityId, day: &Day| -> i64 {
            day.parts.iter().filter(|part| part.activity == activity).map(|part| part.seconds).sum()
        };
        let mut lines: Vec<(i64, Line)> = Vec::new();
        for (activity, colour) in &self.colours {
            let days: Vec<i64> = self.week.iter().map(|day| of(*activity, day)).collect();
            let total: i64 = days.iter().sum();
            let days = days
                .into_iter()
                .map(|seconds| if seconds > 0 { week::clock(seconds) } else { String::new() });
            let (name, days) = (self.name(*activity), days.collect());
            lines.push((total, Line { colour: *colour, name, days, total: week::words(total) }));
        }
        lines.retain(|(total, _)| *total > 0);
        lines.sort_by_key(|(total, _)| std::cmp::Reverse(*total));
        lines.into_iter().map(|(_, line)| line).collect()
    }
}
