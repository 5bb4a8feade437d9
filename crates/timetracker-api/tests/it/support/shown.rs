//! A track as the wire shows it, whole.

use std::fmt;

/// What every world's clock says first.
pub const NOW: &str = "2027-01-15T08:00:00Z";

/// The members of a track, in their order.
pub const MEMBERS: [&str; 16] = [
    "id",
    "description",
    "start",
    "end",
    "activity",
    "user",
    "uid",
    "tags",
    "billable",
    "duration",
    "running",
    "timezone",
    "source",
    "version",
    "created_at",
    "updated_at",
];

/// The expected text of a track; `start`, `end`, `duration`, `timezone` and `tags` as they stand in JSON.
#[derive(Clone, Debug)]
pub struct Shown {
    pub id: i64,
    pub description: String,
    pub start: String,
    pub end: String,
    pub activity: i64,
    pub user: i64,
    pub uid: String,
    pub tags: String,
    pub billable: bool,
    pub duration: String,
    pub running: bool,
    pub timezone: String,
    pub source: String,
    pub version: i64,
    pub created_at: String,
    pub updated_at: String,
}

impl Shown {
    /// A draft that was just made.
    pub fn new(id: i64, activity: i64, user: i64, uid: &str) -> Self {
        Self {
            id,
            description: String::new(),
            start: "null".to_owned(),
            end: "null".to_owned(),
            activity,
            user,
            uid: uid.to_owned(),
            tags: "[]".to_owned(),
            billable: false,
            duration: "null".to_owned(),
            running: false,
            timezone: r#""UTC""#.to_owned(),
            source: "human".to_owned(),
            version: 1,
            created_at: NOW.to_owned(),
            updated_at: NOW.to_owned(),
        }
    }

    pub fn when(mut self, start: &str, end: Option<&str>, duration: Option<i64>) -> Self {
        self.start = format!("\"{start}\"");
        self.end = end.map_or("null".to_owned(), |end| format!("\"{end}\""));
        self.duration = duration.map_or("null".to_owned(), |seconds| seconds.to_string());
        self.running = end.is_none();
        self
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, description, start, end, activity, user, uid, tags, .. } = self;
        let Self { billable, duration, running, timezone, source, version, created_at, updated_at, .. } =
            self;
        write!(
            f,
            r#"{{"id":{id},"description":"{description}","start":{start},"end":{end},"activity":{activity},"user":{user}"#
        )?;
        write!(
            f,
            r#","uid":"{uid}","tags":{tags},"billable":{billable},"duration":{duration},"running":{running}"#
        )?;
        write!(
            f,
            r#","timezone":{timezone},"source":"{source}","version":{version},"created_at":"{created_at}","updated_at":"{updated_at}"}}"#
        )
    }
}
