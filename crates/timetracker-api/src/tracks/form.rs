//! A track as a client sends it. The user is the caller and every other key is ignored: neither is a client's to set
//! (R159).

use std::time::Duration;

use chrono_tz::Tz;
use model::id::Uid;
use model::time::Timestamp;

use super::row::Track;
use super::source::Source;
use crate::id::ActivityId;
use crate::tags;
use crate::wire::error::{ApiError, Message};
use crate::wire::fields::{self, Change, Extent, Problems};
use crate::wire::instant;
use crate::wire::sent::Sent;

/// The longest a track may be: who forgot a timer in spring has not worked until autumn.
pub const LONGEST: Duration = Duration::from_secs(31 * 24 * 3_600);

/// What was said.
#[derive(Debug, Default)]
pub struct Draft {
    uid: Option<Uid>,
    description: Option<String>,
    start: Change<Option<Timestamp>>,
    end: Change<Option<Timestamp>>,
    duration: Option<Duration>,
    activity: Option<ActivityId>,
    tags: Option<Vec<String>>,
    billable: Option<bool>,
    timezone: Option<Tz>,
    source: Option<Source>,
    /// What is wrong so far. Kept until the activity was looked for: all of it is told at once.
    problems: Problems,
}

/// A track ready to be kept: the end is not before the start, and the activity is one of the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is to be known by, if that was said.
    pub uid: Option<Uid>,
    /// What was done.
    pub description: String,
    /// When it began.
    pub start: Option<Timestamp>,
    /// When it ended.
    pub end: Option<Timestamp>,
    /// What it was spent on.
    pub activity: ActivityId,
    /// The names of its tags, one to a line.
    pub tags: String,
    /// Whether somebody is to pay for it.
    pub billable: bool,
    /// Where the person was; `None` where they usually are.
    pub timezone: Option<String>,
    /// Who wrote it.
    pub source: Source,
}

impl Entry {
    /// A draft of one.
    fn new(activity: ActivityId) -> Self {
        Self {
            uid: None,
            description: String::new(),
            start: None,
            end: None,
            activity,
            tags: String::new(),
            billable: false,
            timezone: None,
            source: Source::Human,
        }
    }

    /// The track as it is.
    pub fn of(track: &Track) -> Self {
        Self {
            uid: Some(track.uid),
            description: track.description.clone(),
            start: track.start,
            end: track.end,
            activity: track.activity,
            tags: track.tags.clone(),
            billable: track.billable,
            timezone: track.timezone.clone(),
            source: track.source,
        }
    }

    /// Whether the track is so already.
    pub fn says_nothing_new(&self, track: &Track) -> bool {
        Self { uid: Some(track.uid), ..self.clone() } == Self::of(track)
    }
}

impl Draft {
    /// Says nothing.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Reads every field.
    ///
    /// # Errors
    /// 400 when what was sent has no fields.
    pub fn read(sent: &Sent, extent: Extent) -> Result<Self, ApiError> {
        sent.require_object()?;
        let mut problems = Problems::default();
        let description = fields::text(&sent.field("description", false), 10_000, true);
        let description = problems.take("description", description).flatten();
        let start = problems.take("start", fields::instant(&sent.field("start", true))).unwrap_or_default();
        let end = problems.take("end", fields::instant(&sent.field("end", true))).unwrap_or_default();
        let activity = fields::key(&sent.field("activity", false))
            .and_then(|key| key.map_or_else(|| extent.absent(), |key| Ok(Some(key))));
        let activity = problems.take("activity", activity).flatten().map(ActivityId);
        let uid = problems.take("uid", fields::uid(&sent.field("uid", false))).flatten();
        let tags = problems.take("tags", tags::read(&sent.list("tags"))).flatten();
        let billable = problems.take("billable", fields::boolean(&sent.field("billable", false))).flatten();
        let duration = fields::seconds(&sent.field("duration", true));
        let duration = problems.take("duration", duration).flatten();
        let timezone = problems.take("timezone", fields::timezone(&sent.field("timezone", false))).flatten();
        let source = fields::named(&sent.field("source", false), Source::named);
        let source = problems.take("source", source).flatten();
        Ok(Self {
            uid,
            description,
            start,
            end,
            duration,
            activity,
            tags,
            billable,
            timezone,
            source,
            problems,
        })
    }

    /// Reads every field of the track that is known by `uid`.
    ///
    /// # Errors
    /// As [`Draft::read`], and 400 when the fields say another uid.
    pub fn known(sent: &Sent, uid: Uid) -> Result<Self, ApiError> {
        let draft = Self::read(sent, Extent::Whole)?;
        if draft.uid.is_some_and(|other| other != uid) {
            return Err(ApiError::field("uid", "This must be the uid of the address."));
        }
        Ok(draft)
    }

    /// Says what the track says, but not when.
    pub fn like(track: &Track) -> Self {
        Self {
            description: Some(track.description.clone()),
            activity: Some(track.activity),
            tags: Some(track.tags().map(str::to_owned).collect()),
            billable: Some(track.billable),
            ..Self::empty()
        }
    }

    /// What it is to be known by, if that was said.
    pub fn uid(&self) -> Option<Uid> {
        self.uid
    }

    /// Lets it be known by `uid`.
    #[must_use]
    pub fn known_by(self, uid: Uid) -> Self {
        Self { uid: Some(uid), ..self }
    }

    /// When it began, if that was said.
    pub fn start(&self) -> Option<Timestamp> {
        self.start.over(None)
    }

    /// Whether it says who wrote it, or who pays for it.
    pub fn says_whose(&self) -> bool {
        self.source.is_some() || self.billable.is_some()
    }

    /// The activity that was named.
    pub fn activity(&self) -> Option<ActivityId> {
        self.activity
    }

    /// Names an activity, whichever was named before.
    #[must_use]
    pub fn of(self, activity: ActivityId) -> Self {
        Self { activity: Some(activity), ..self }
    }

    /// Names an activity when none was.
    pub fn default_activity(&mut self, activity: Option<ActivityId>) {
        self.activity = self.activity.or(activity);
    }

    /// Lets it run from `now` unless it says since when.
    pub fn run(&mut self, now: Timestamp) {
        if matches!(self.start, Change::Keep | Change::To(None)) {
            self.start = Change::To(Some(now));
        }
        (self.end, self.duration) = (Change::To(None), None);
    }

    /// The names of tags that were said.
    pub fn tags(&self) -> &[String] {
        self.tags.as_deref().unwrap_or_default()
    }

    /// Records why a tag cannot be put on it.
    pub fn refuse_tags(&mut self, why: impl Into<Message>) {
        self.problems.note("tags", why);
    }

    /// Records why the named activity is not one the caller may use.
    pub fn refuse_activity(&mut self, why: impl Into<Message>) {
        self.problems.note("activity", why);
    }

    /// Says whether it is billable when nobody has.
    pub fn default_billable(&mut self, billable: bool) {
        self.billable.get_or_insert(billable);
    }

    /// Joins what was said with what is there already, if anything is.
    ///
    /// # Errors
    /// 400 with everything that is wrong.
    pub fn onto(self, before: Option<&Track>) -> Result<Entry, ApiError> {
        self.problems.finish()?;
        let start = self.start.over(before.and_then(|track| track.start));
        let end = end(start, self.end, self.duration, before.and_then(|track| track.end))?;
        let is_as_before = before.is_some_and(|before| (before.start, before.end) == (start, end));
        judge(start, end, is_as_before)?;
        let activity = self.activity.or(before.map(|track| track.activity));
        let activity = activity.ok_or_else(|| ApiError::field("activity", fields::REQUIRED))?;
        let was = before.map_or_else(|| Entry::new(activity), Entry::of);
        Ok(Entry {
            uid: self.uid,
            description: self.description.unwrap_or(was.description),
            start,
            end,
            activity,
            tags: self.tags.map_or(was.tags, |names| names.join("\n")),
            billable: self.billable.unwrap_or(was.billable),
            timezone: self.timezone.map(|zone| zone.name().to_owned()).or(was.timezone),
            source: self.source.unwrap_or(was.source),
        })
    }
}

/// The end: as it was said, or counted from the start.
fn end(
    start: Option<Timestamp>,
    said: Change<Option<Timestamp>>,
    duration: Option<Duration>,
    before: Option<Timestamp>,
) -> Result<Option<Timestamp>, ApiError> {
    let Some(duration) = duration else { return Ok(said.over(before)) };
    let Some(start) = start else { return Err(ApiError::field("duration", "A duration needs a start.")) };
    let counted = start.plus(duration);
    if counted > instant::LAST {
        return Err(ApiError::field("duration", "Datetime value out of range."));
    }
    match said {
        Change::To(Some(end)) if end.since(start).as_secs() != duration.as_secs() || end < start => {
            Err(ApiError::field("duration", "Start, end and duration do not agree."))
        }
        Change::To(Some(end)) => Ok(Some(end)),
        Change::Keep | Change::To(None) => Ok(Some(counted)),
    }
}

/// Times that were there before there was a longest length may stay.
fn judge(start: Option<Timestamp>, end: Option<Timestamp>, is_as_before: bool) -> Result<(), ApiError> {
    match (start, end) {
        (None, Some(_)) => Err(ApiError::field("end", "End needs a start.")),
        (Some(start), Some(end)) if end < start => {
            Err(ApiError::field("end", "End must not be before start."))
        }
        (Some(start), Some(end)) if end.since(start) > LONGEST && !is_as_before => {
            Err(ApiError::field("end", "A track must not be longer than 31 days."))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError;
    use actix_web::body::MessageBody;
    use serde_json::json;

    use super::*;

    fn joined(sent: serde_json::Value, extent: Extent, before: Option<&Track>) -> Result<Entry, String> {
        Draft::read(&Sent::Json(sent), extent).and_then(|draft| draft.onto(before)).map_err(|error| {
            let body = error.error_response().into_body().try_into_bytes().unwrap();
            String::from_utf8(body.to_vec()).unwrap()
        })
    }

    const START: Option<Timestamp> = Some(Timestamp::from_unix_seconds(10));
    const END: Option<Timestamp> = Some(Timestamp::from_unix_seconds(20));

    fn before() -> Track {
        Track {
            description: "old".into(),
            start: START,
            end: END,
            tags: "a".into(),
            billable: true,
            ..Track::example()
        }
    }

    #[test]
    fn what_is_left_out_keeps_its_value() {
        let entry = joined(json!({"activity": 5}), Extent::Whole, Some(&before())).unwrap();
        let expected = Entry {
            uid: None,
            description: "old".into(),
            start: START,
            end: END,
            activity: ActivityId(5),
            tags: "a".into(),
            billable: true,
            timezone: None,
            source: Source::Human,
        };
        assert_eq!(entry, expected);
        let entry = joined(json!({}), Extent::Part, Some(&before())).unwrap();
        assert_eq!(entry.activity, ActivityId(3));
        let entry = joined(json!({"end": null}), Extent::Part, Some(&before())).unwrap();
        assert_eq!(entry.end, None);
    }

    /// R167, as far as it exists: the interval that results is judged, not the fields that were sent.
    #[test]
    fn an_end_needs_a_start_that_is_not_later() {
        let early = r#"{"end":["End must not be before start."]}"#;
        let alone = r#"{"end":["End needs a start."]}"#;
        for (sent, expected) in [
            (json!({"end": "1970-01-01T00:00:10Z"}), Ok(())),
            (json!({"end": "1970-01-01T00:00:09.999999Z"}), Err(early)),
            (json!({"start": "1970-01-01T00:00:21Z"}), Err(early)),
            (json!({"start": "1970-01-01T00:00:21Z", "end": null}), Ok(())),
            (json!({"start": null}), Err(alone)),
            (json!({"start": null, "end": null}), Ok(())),
        ] {
            let outcome = joined(sent.clone(), Extent::Part, Some(&before()));
            assert_eq!(outcome.map(|_| ()), expected.map_err(str::to_owned), "{sent}");
        }
    }

    #[test]
    fn every_failing_field_is_told_in_order() {
        assert_eq!(
            joined(json!({"start": 1, "end": "x", "description": null}), Extent::Whole, None).unwrap_err(),
            r#"{"description":["This field may not be null."],"start":["Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."],"end":["Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."],"activity":["This field is required."]}"#
        );
    }

    /// R167: a duration is another way to say the end.
    #[test]
    fn a_duration_sets_the_end_or_agrees_with_it() {
        let disagrees = r#"{"duration":["Start, end and duration do not agree."]}"#;
        for (sent, expected) in [
            (json!({"duration": 5}), Ok(15)),
            (json!({"duration": 0}), Ok(10)),
            (json!({"duration": "7"}), Ok(17)),
            (json!({"duration": null}), Ok(20)),
            (json!({"end": "1970-01-01T00:00:30.5Z", "duration": 20}), Ok(30)),
            (json!({"end": "1970-01-01T00:00:30Z", "duration": 21}), Err(disagrees)),
            (json!({"start": null, "duration": 1}), Err(r#"{"duration":["A duration needs a start."]}"#)),
            (
                json!({"duration": -1}),
                Err(r#"{"duration":["Ensure this value is greater than or equal to 0."]}"#),
            ),
            (json!({"duration": 1.5}), Err(r#"{"duration":["A valid integer is required."]}"#)),
            (json!({"duration": 2_678_401}), Err(r#"{"end":["A track must not be longer than 31 days."]}"#)),
        ] {
            let outcome = joined(sent.clone(), Extent::Part, Some(&before()));
            let end = outcome.map(|entry| entry.end.unwrap().unix_seconds());
            assert_eq!(end, expected.map_err(str::to_owned), "{sent}");
        }
    }
}
