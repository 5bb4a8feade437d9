//! Operations as a client sends them, in the words of the feed of changes: `{"op":"create","type":"track","data":{…}}`.
//!
//! `create` needs `data`; `update`, of what it says, and `delete` need `id` or `uid`; `upsert` needs a `uid` and does what
//! `PUT /api/tracks/by-uid/{uid}/` does. `if_version` is what `If-Match` is elsewhere. What else is said is refused, where a single
//! request's fields are passed over: a condition that is misspelt would not hold.

use std::borrow::Cow;

use model::id::Uid;
use serde_json::{Map, Value};

use super::{MOST, described};
use crate::auth::scopes::{Needs, Scope};
use crate::catalogue::Kind;
use crate::tracks::change::Asked;
use crate::tracks::schedule::Policy;
use crate::wire::conditional::Conditions;
use crate::wire::error::{ApiError, Message};
use crate::wire::fields::{self, Given, Problems, REQUIRED};
use crate::wire::sent::Sent;
use crate::wire::shape::Shape;

pub(super) const KINDS: [&str; 5] = ["track", "activity", "project", "client", "tag"];
const ITEMS: [Kind; 4] = [Kind::Client, Kind::Project, Kind::Tag, Kind::Activity];
pub(super) const VERBS: [&str; 4] = ["create", "update", "upsert", "delete"];
pub(super) const POLICIES: [&str; 3] = ["allow", "reject", "trim"];

/// What is to be done.
#[derive(Debug)]
pub struct Batch {
    /// All of it or nothing.
    pub is_atomic: bool,
    /// In this order. One that cannot be understood is told in its place.
    pub operations: Vec<Result<Operation, ApiError>>,
}

/// One thing to be done.
#[derive(Debug)]
pub struct Operation {
    /// Of what kind, if it is not about a track.
    pub item: Option<Kind>,
    /// What.
    pub verb: Verb,
    /// The fields.
    pub data: Sent,
    /// Which version it is for, and what is to become of overlaps.
    pub asked: Asked,
}

/// What is done, and to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// A new one.
    Create,
    /// Changes what the fields say.
    Update(Target),
    /// Makes it or changes it.
    Upsert(Uid),
    /// Deletes it.
    Delete(Target),
}

/// One that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// By its id.
    Id(i64),
    /// By the name that its client gave it.
    Uid(Uid),
}

impl Batch {
    /// Reads a batch; `policy` is for those operations that say nothing about overlaps.
    ///
    /// # Errors
    /// 400 for what is none, or too much.
    pub fn read(sent: Sent, policy: Option<Policy>) -> Result<Self, ApiError> {
        sent.require_object()?;
        let mut problems = Problems::default();
        let is_atomic = problems.take("atomic", fields::boolean(&sent.field("atomic", false))).flatten();
        let count = fields::list(&sent.field("operations", false)).map(|items| items.map(<[Value]>::len));
        match problems.take("operations", count) {
            Some(None) => problems.note("operations", REQUIRED),
            Some(Some(count)) if count > MOST => {
                problems.note("operations", format!("Ensure this field has no more than {MOST} elements."));
            }
            _ => {}
        }
        refuse_others(&sent, &described::BATCH, &mut problems);
        problems.finish()?;
        let items = match sent {
            Sent::Json(Value::Object(mut members)) => members.remove("operations"),
            _ => None,
        };
        let Some(Value::Array(items)) = items else { return Err(ApiError::field("operations", REQUIRED)) };
        let operations = items.into_iter().map(|item| Operation::read(item, policy)).collect();
        Ok(Self { is_atomic: is_atomic.unwrap_or(false), operations })
    }
}

impl Operation {
    /// What a token needs for it.
    pub fn needs(&self) -> Needs {
        Needs::OneOf(self.item.map_or(&[Scope::TracksWrite], Kind::writes))
    }

    fn read(item: Value, policy: Option<Policy>) -> Result<Self, ApiError> {
        let sent = Sent::Json(item);
        sent.require_object()?;
        let mut problems = Problems::default();
        let verb = fields::choice(&sent.field("op", false), &VERBS)
            .and_then(|verb| verb.ok_or_else(|| vec![REQUIRED.into()]));
        let verb = problems.take("op", verb);
        let kind = problems.take("type", fields::choice(&sent.field("type", false), &KINDS)).flatten();
        let id = problems.take("id", fields::key(&sent.field("id", false))).flatten();
        let uid = problems.take("uid", fields::uid(&sent.field("uid", false))).flatten();
        let version = problems.take("if_version", version(&sent.field("if_version", false))).flatten();
        let said = fields::named(&sent.field("overlap", false), Policy::named);
        let said = problems.take("overlap", said).flatten();
        let item = ITEMS.into_iter().find(|item| kind == Some(item.name()));
        if item.is_some() && uid.is_some() {
            problems.note("uid", "Only tracks are known by their uid.");
        }
        let verb = verb.and_then(|verb| match read_verb(verb, id, uid, item.is_some()) {
            Ok(verb) => Some(verb),
            Err((field, message)) => {
                problems.note(field, message);
                None
            }
        });
        let has_data = matches!(sent.field("data", false), Given::Value(_));
        if !has_data && matches!(verb, Some(Verb::Create | Verb::Update(_) | Verb::Upsert(_))) {
            problems.note("data", REQUIRED);
        }
        refuse_others(&sent, &described::ONE, &mut problems);
        problems.finish()?;
        let Some(verb) = verb else { return Err(ApiError::field("op", REQUIRED)) };
        let data = match sent {
            Sent::Json(Value::Object(mut members)) => members.remove("data"),
            _ => None,
        };
        let data = Sent::Json(data.unwrap_or(Value::Object(Map::new())));
        let conditions = version.map_or_else(Conditions::default, Conditions::of_version);
        let asked = Asked { policy: said.or(policy), conditions };
        Ok(Self { item, verb, data, asked })
    }
}

/// Names what is not known here.
fn refuse_others(sent: &Sent, known: &Shape, problems: &mut Problems) {
    let Sent::Json(Value::Object(members)) = sent else { return };
    let others = members.keys().filter(|name| known.fields.iter().all(|field| field.name != name.as_str()));
    let others: Vec<Message> = others.map(|name| format!("\"{name}\" is not known here.").into()).collect();
    if !others.is_empty() {
        problems.take::<()>("non_field_errors", Err(others));
    }
}

type Fault = (&'static str, &'static str);

fn read_verb(name: &str, id: Option<i64>, uid: Option<Uid>, is_item: bool) -> Result<Verb, Fault> {
    let target = || match (id, uid) {
        (Some(id), None) => Ok(Target::Id(id)),
        (None, Some(uid)) => Ok(Target::Uid(uid)),
        (None, None) => Err(("id", REQUIRED)),
        (Some(_), Some(_)) => Err(("uid", "Say the id or the uid, and not both.")),
    };
    match name {
        "update" => target().map(Verb::Update),
        "delete" => target().map(Verb::Delete),
        "upsert" if is_item => Err(("op", "Only tracks are upserted: create it or update it.")),
        "upsert" => uid.map(Verb::Upsert).ok_or(("uid", REQUIRED)),
        _ if id.is_some() => Err(("id", "What is made has no id yet.")),
        _ if uid.is_some() && !is_item => Err(("uid", "The uid of what is made stands in its data.")),
        _ => Ok(Verb::Create),
    }
}

fn version(given: &Given<'_>) -> Result<Option<i64>, Vec<Cow<'static, str>>> {
    let wrong = || vec!["A valid integer is required.".into()];
    match given {
        Given::Missing => Ok(None),
        Given::Null => Err(wrong()),
        Given::Value(value) => value.as_i64().map(Some).ok_or_else(wrong),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(item: Value) -> Result<Verb, String> {
        let read = Operation::read(item, None);
        read.map(|operation| operation.verb).map_err(|error| String::from_utf8(error.body()).unwrap())
    }

    #[test]
    fn an_operation_says_what_it_does_to_which() {
        let uid = "018c0000-0000-7000-8000-00000000aaaa";
        let named = Uid(uid.parse().unwrap());
        let required = |field: &str| Err(format!(r#"{{"{field}":["This field is required."]}}"#));
        for (item, expected) in [
            (json!({"op": "create", "data": {}}), Ok(Verb::Create)),
            (json!({"op": "create", "type": "activity", "data": {}}), Ok(Verb::Create)),
            (json!({"op": "update", "id": 7, "data": {}, "if_version": 2}), Ok(Verb::Update(Target::Id(7)))),
            (json!({"op": "update", "uid": uid, "data": {}}), Ok(Verb::Update(Target::Uid(named)))),
            (json!({"op": "upsert", "uid": uid, "data": {}}), Ok(Verb::Upsert(named))),
            (json!({"op": "delete", "id": "7"}), Ok(Verb::Delete(Target::Id(7)))),
            (json!({}), required("op")),
            (json!({"op": "create"}), required("data")),
            (json!({"op": "create", "data": null}), required("data")),
            (json!({"op": "update", "data": {}}), required("id")),
            (json!({"op": "delete"}), required("id")),
            (json!({"op": "upsert", "data": {}}), required("uid")),
            (
                json!({"op": "delete", "id": 7, "uid": uid}),
                Err(r#"{"uid":["Say the id or the uid, and not both."]}"#.into()),
            ),
            (
                json!({"op": "upsert", "type": "activity", "data": {}}),
                Err(r#"{"op":["Only tracks are upserted: create it or update it."]}"#.into()),
            ),
            (
                json!({"op": "delete", "type": "activity", "uid": uid}),
                Err(r#"{"uid":["Only tracks are known by their uid."]}"#.into()),
            ),
            (
                json!({"op": "x", "type": "cat", "id": "x", "if_version": "1", "overlap": 1}),
                Err(r#"{"op":["\"x\" is not a valid choice."],"type":["\"cat\" is not a valid choice."],"id":["Incorrect type. Expected pk value, received str."],"if_version":["A valid integer is required."],"overlap":["\"1\" is not a valid choice."]}"#.into()),
            ),
            (
                json!({"op": "create", "id": 7, "data": {}}),
                Err(r#"{"id":["What is made has no id yet."]}"#.into()),
            ),
            (
                json!({"op": "create", "uid": uid, "data": {}}),
                Err(r#"{"uid":["The uid of what is made stands in its data."]}"#.into()),
            ),
            (
                json!({"op": "delete", "id": 7, "ifversion": 2, "a\"b": null}),
                Err(r#"{"non_field_errors":["\"ifversion\" is not known here.","\"a\"b\" is not known here."]}"#.into()),
            ),
            (
                json!([]),
                Err(r#"{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}"#.into()),
            ),
        ] {
            assert_eq!(told(item.clone()), expected, "{item}");
        }
    }
}
