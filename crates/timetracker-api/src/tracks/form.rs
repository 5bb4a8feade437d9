//! A track as a client sends it: `description`, `start`, `end`, `activity`. The user is the caller and every
//! other key is ignored: neither is a client's to set (R159).

use model::time::Timestamp;

use super::store::Track;
use crate::id::ActivityId;
use crate::wire::error::ApiError;
use crate::wire::fields::{self, Change, Extent, Problems};
use crate::wire::sent::Sent;

/// What was said.
#[derive(Debug)]
pub struct Draft {
    description: Option<String>,
    start: Change<Option<Timestamp>>,
    end: Change<Option<Timestamp>>,
    activity: Option<ActivityId>,
    /// What is wrong so far. Kept until the activity was looked for: all of it is told at once.
    problems: Problems,
}

/// A track ready to be kept: the end is not before the start, and the activity is one of the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What was done.
    pub description: String,
    /// When it began.
    pub start: Option<Timestamp>,
    /// When it ended.
    pub end: Option<Timestamp>,
    /// What it was spent on.
    pub activity: ActivityId,
}

impl Draft {
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
        Ok(Self { description, start, end, activity, problems })
    }

    /// The activity that was named.
    pub fn activity(&self) -> Option<ActivityId> {
        self.activity
    }

    /// Records that the named activity is not one the caller may use.
    pub fn refuse_activity(&mut self, named: ActivityId) {
        self.problems.note("activity", fields::no_such_key(named));
    }

    /// Joins what was said with what is there already, if anything is.
    ///
    /// # Errors
    /// 400 with everything that is wrong.
    pub fn onto(self, before: Option<Track>) -> Result<Entry, ApiError> {
        self.problems.finish()?;
        let before = before.map(|track| (track.description, track.start, track.end, track.activity));
        let (description, start, end, activity) = match before {
            Some((description, start, end, activity)) => (description, start, end, Some(activity)),
            None => (String::new(), None, None, None),
        };
        let entry = Entry {
            description: self.description.unwrap_or(description),
            start: self.start.over(start),
            end: self.end.over(end),
            activity: self
                .activity
                .or(activity)
                .ok_or_else(|| ApiError::field("activity", fields::REQUIRED))?,
        };
        match (entry.start, entry.end) {
            (None, Some(_)) => Err(ApiError::field("end", "End needs a start.")),
            (Some(start), Some(end)) if end < start => {
                Err(ApiError::field("end", "End must not be before start."))
            }
            _ => Ok(entry),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError;
    use actix_web::body::MessageBody;
    use serde_json::json;

    use super::*;
    use crate::id::{PersonId, TrackId};

    fn joined(sent: serde_json::Value, extent: Extent, before: Option<Track>) -> Result<Entry, String> {
        Draft::read(&Sent::Json(sent), extent).and_then(|draft| draft.onto(before)).map_err(|error| {
            let body = error.error_response().into_body().try_into_bytes().unwrap();
            String::from_utf8(body.to_vec()).unwrap()
        })
    }

    const START: Option<Timestamp> = Some(Timestamp::from_unix_seconds(10));
    const END: Option<Timestamp> = Some(Timestamp::from_unix_seconds(20));

    fn before() -> Track {
        Track {
            id: TrackId(1),
            description: "old".into(),
            start: START,
            end: END,
            activity: ActivityId(3),
            person: PersonId(4),
        }
    }

    #[test]
    fn what_is_left_out_keeps_its_value() {
        let entry = joined(json!({"activity": 5}), Extent::Whole, Some(before())).unwrap();
        assert_eq!(
            entry,
            Entry { description: "old".into(), start: START, end: END, activity: ActivityId(5) }
        );
        let entry = joined(json!({}), Extent::Part, Some(before())).unwrap();
        assert_eq!(entry.activity, ActivityId(3));
        let entry = joined(json!({"end": null}), Extent::Part, Some(before())).unwrap();
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
            let outcome = joined(sent.clone(), Extent::Part, Some(before()));
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
}
