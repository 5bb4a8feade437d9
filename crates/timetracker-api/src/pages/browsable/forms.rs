//! The forms on a page: what can be done here, filled in with what is there or with what was typed. Pure.

use serde_json::{Map, Value};

use super::errors::Errors;
use super::posted::{Kind, Posted, mark};

/// What a form has a field for, and what a person types there.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// How it is typed.
    pub input: Input,
    /// Whether it has to be there.
    pub required: bool,
    /// What is in it.
    pub value: String,
    /// What somebody else has written there meanwhile.
    pub now: Option<String>,
    /// More about it.
    pub hint: &'static str,
    /// What is wrong with it.
    pub errors: Vec<String>,
}

/// How a field is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A line.
    Line,
    /// Several.
    Lines,
    /// One of these: value and words.
    Choice(Vec<(String, String)>),
}

/// A form with a field for each.
#[derive(Clone, Debug)]
pub struct FieldsForm {
    /// The method it stands for.
    pub method: &'static str,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Those that are lists.
    pub lists: Vec<String>,
    /// Those in which nothing is something.
    pub empties: Vec<String>,
    /// Those that have to be sent, whether they were changed or not.
    pub needed: Vec<String>,
    /// The marks of what is there: of those, only what was changed is sent.
    pub was: Vec<String>,
    /// What is wrong with none of them in particular.
    pub errors: Vec<String>,
}

/// A form to type JSON into.
#[derive(Clone, Debug)]
pub struct RawForm {
    /// The methods it can stand for.
    pub methods: Vec<&'static str>,
    /// What is in it.
    pub text: String,
    /// What is wrong with it.
    pub errors: Vec<String>,
}

/// What the API says about what may be sent here: the method, and each field that may.
#[derive(Clone, Debug, Default)]
pub struct Actions {
    method: &'static str,
    fields: Map<String, Value>,
}

/// What stands in the forms before anybody has typed.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    /// The object that is there.
    pub current: Option<Map<String, Value>>,
    /// The activities there are, and those that are meant here: id and name.
    pub activities: Vec<(String, String)>,
    /// Whether there are so many that they are not all there.
    pub has_more_activities: bool,
    /// Now, as the API writes it.
    pub now: String,
}

/// Chosen by the client that makes a row, or implied by others: not for a form.
const LEFT_OUT: [&str; 3] = ["uid", "duration", "source"];

impl Actions {
    /// Reads the answer to OPTIONS.
    pub fn read(metadata: &Value) -> Self {
        let Some(actions) = metadata["actions"].as_object() else { return Self::default() };
        let Some((method, fields)) = actions.iter().next() else { return Self::default() };
        let method = match method.as_str() {
            "POST" => "POST",
            "PATCH" => "PATCH",
            _ => "PUT",
        };
        let is_ours = |field: &Value| field["read_only"] != Value::Bool(true);
        let fields = fields.as_object().into_iter().flatten().filter(|(_, field)| is_ours(field));
        Self { method, fields: fields.map(|(name, field)| (name.clone(), field.clone())).collect() }
    }

    /// Whether what is sent becomes one more, and not what is there.
    pub fn is_about_new_ones(&self) -> bool {
        self.method == "POST"
    }

    /// The form with a field for each; `None` when it is not known what there is to send.
    pub fn form(&self, filled: &Filled, posted: Option<&Posted>, errors: &Errors) -> Option<FieldsForm> {
        let typed = posted.filter(|posted| posted.kind == Kind::Fields);
        let mut form = FieldsForm {
            method: self.method,
            fields: vec![],
            lists: vec![],
            empties: vec![],
            needed: vec![],
            was: vec![],
            errors: vec![],
        };
        for (name, about) in self.fields.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str())) {
            let kind = about["type"].as_str().unwrap_or_default();
            // A form has no place for one thing in another.
            if kind == "nested object" {
                continue;
            }
            match kind {
                "list" => form.lists.push(name.clone()),
                // Where somebody is, nothing is no answer.
                "string" if name == "timezone" => {}
                "datetime" | "string" => form.empties.push(name.clone()),
                _ => {}
            }
            let there = filled.current.as_ref().map(|object| object.get(name).map(text).unwrap_or_default());
            let was = there.as_deref().map(mark);
            let was = was.or_else(|| Some(typed?.mark(name)?.to_owned()));
            form.was.extend(was.map(|was| format!("{name}:{was}")));
            let (value, now) = join(there, typed, name);
            let is_required = about["required"] == Value::Bool(true);
            if is_required {
                form.needed.push(name.clone());
            }
            let (input, hint) = input((name, &value), kind, about, filled);
            form.fields.push(Field {
                name: name.clone(),
                label: about["label"].as_str().unwrap_or(name).to_owned(),
                input,
                required: is_required,
                value,
                now,
                hint,
                errors: if typed.is_some() { errors.of(name) } else { vec![] },
            });
        }
        if typed.is_some() {
            let is_shown = |name: &str| form.fields.iter().any(|field| field.name == name);
            form.errors = errors.besides(is_shown);
        }
        (!form.fields.is_empty()).then_some(form)
    }

    /// The JSON that stands in the other form.
    pub fn json(&self, filled: &Filled) -> Value {
        let mut object = Map::new();
        for (name, about) in self.fields.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str())) {
            let value = match filled.current.as_ref().and_then(|object| object.get(name)) {
                Some(value) => value.clone(),
                None if filled.current.is_some() || name == "timezone" => continue,
                None => blank(name, about["type"].as_str().unwrap_or_default(), filled),
            };
            object.insert(name.clone(), value);
        }
        Value::Object(object)
    }
}

fn blank(name: &str, kind: &str, filled: &Filled) -> Value {
    match kind {
        "string" => Value::from(""),
        "boolean" => Value::from(false),
        "list" => Value::Array(vec![]),
        "datetime" if name == "start" => Value::from(filled.now.as_str()),
        "field" if name == "activity" => filled
            .activities
            .first()
            .and_then(|(id, _)| id.parse::<i64>().ok())
            .map_or(Value::Null, Value::from),
        _ => Value::Null,
    }
}

/// What stands in a field: what was typed there, and what is there where nothing was. Beside it what is there, if that is another.
fn join(there: Option<String>, typed: Option<&Posted>, name: &str) -> (String, Option<String>) {
    let Some(posted) = typed else { return (there.unwrap_or_default(), None) };
    let said = posted.typed.get(name).unwrap_or_default().to_owned();
    match there {
        Some(there) if posted.is_untouched(name, &said) => (there, None),
        Some(there) if mark(&there) != mark(&said) => (said, Some(there)),
        _ => (said, None),
    }
}

/// As it is typed into a field.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

/// The one of these fields that can be true, false, or neither.
const MAY_BE_NEITHER: &str = "billable_default";

fn input((name, value): (&str, &str), kind: &str, about: &Value, filled: &Filled) -> (Input, &'static str) {
    let choice = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let nothing_said = choice("", "As usual");
    match kind {
        "datetime" => (Input::Line, "An instant such as 2026-11-23T09:00:00Z, or with an offset."),
        "list" => (Input::Lines, "One to a line."),
        "time" => (Input::Line, "Such as 05:00."),
        "string" if name == "color" => (Input::Line, "Such as #0d6a66."),
        "field" if name == "activity" && filled.has_more_activities => {
            (Input::Line, "Its id: there are too many to choose from here.")
        }
        "field" if name != "activity" || filled.activities.is_empty() => (Input::Line, "Its id."),
        "boolean" => {
            let is_open = filled.current.is_none() || name == MAY_BE_NEITHER || value.is_empty();
            let known = [choice("true", "Yes"), choice("false", "No")];
            (Input::Choice(is_open.then_some(nothing_said).into_iter().chain(known).collect()), "")
        }
        "choice" if about["choices"].is_array() => {
            let choices = about["choices"].as_array().into_iter().flatten();
            let known = choices.map(|each| {
                choice(
                    each["value"].as_str().unwrap_or_default(),
                    each["display_name"].as_str().unwrap_or_default(),
                )
            });
            (Input::Choice(std::iter::once(nothing_said).chain(known).collect()), "")
        }
        "field" => {
            let none = std::iter::once(choice("", "Choose"));
            let mut choices: Vec<_> = none.chain(filled.activities.iter().cloned()).collect();
            // What stands there can be chosen, whatever it is: what is not touched stays as it is.
            if choices.iter().all(|(id, _)| id != value) {
                choices.push(choice(value, &format!("Number {value}")));
            }
            (Input::Choice(choices), "")
        }
        "string" if value.contains('\n') => (Input::Lines, ""),
        "string" if about["max_length"].as_i64().is_some_and(|most| most > 1_000) => (Input::Lines, ""),
        "string" if name == "timezone" => (Input::Line, "A name such as Europe/Berlin."),
        _ => (Input::Line, ""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::query::Parameters;

    fn actions() -> Actions {
        Actions::read(&json!({"actions": {"POST": {
            "id": {"type": "integer", "read_only": true},
            "name": {"type": "string", "required": true, "read_only": false, "label": "Name", "max_length": 100},
            "start": {"type": "datetime", "read_only": false, "label": "Start"},
            "activity": {"type": "field", "required": true, "read_only": false, "label": "Activity"},
            "tags": {"type": "list", "read_only": false, "label": "Tags"},
            "uid": {"type": "field", "read_only": false, "label": "Uid"},
        }}}))
    }

    fn filled() -> Filled {
        Filled {
            current: None,
            activities: vec![("3".into(), "Reading".into())],
            has_more_activities: false,
            now: "2026-11-28T10:00:00Z".into(),
        }
    }

    #[test]
    fn the_json_to_send_is_what_is_there_or_something_to_begin_with() {
        let expected = json!({"name": "", "start": "2026-11-28T10:00:00Z", "activity": 3, "tags": []});
        assert_eq!(actions().json(&filled()), expected);
        let current = json!({"id": 7, "name": "N", "start": null, "activity": 4, "tags": ["a"], "uid": "x"});
        let there = Filled { current: current.as_object().cloned(), ..filled() };
        assert_eq!(actions().json(&there), json!({"name": "N", "start": null, "activity": 4, "tags": ["a"]}));
        assert_eq!(Actions::default().json(&filled()), json!({}));
    }

    /// R166: what somebody else has changed meanwhile is not undone by who changed something else.
    #[test]
    fn what_was_not_touched_is_as_it_is_now() {
        let there = json!({"name": "New", "start": null, "activity": 9, "tags": ["a, b", "c"]});
        let now = Filled { current: there.as_object().cloned(), ..filled() };
        let [old, none, three, tags] = ["Old", "", "3", "a"].map(mark);
        let form = format!(
            "_form=fields&name=Old&start=soon&activity=3&tags=x&_was=name:{old}&_was=start:{none}&_was=activity:{three}&_was=tags:{tags}"
        );
        let posted = Posted::read(Parameters::parse(&form).unwrap());
        let form = actions().form(&now, Some(&posted), &Errors::default()).unwrap();
        let shown: Vec<_> =
            form.fields.iter().map(|field| (field.value.as_str(), field.now.as_deref())).collect();
        assert_eq!(shown, [("New", None), ("soon", Some("")), ("9", None), ("x", Some("a, b\nc"))]);
        let marks = ["New", "", "9", "a, b\nc"].map(mark);
        let expected: Vec<_> = ["name", "start", "activity", "tags"].iter().zip(marks).collect();
        assert_eq!(
            form.was,
            expected.iter().map(|(name, mark)| format!("{name}:{mark}")).collect::<Vec<_>>()
        );
        assert_eq!(form.needed, ["name", "activity"]);
        let Input::Choice(activities) = &form.fields[2].input else { panic!("{form:?}") };
        assert_eq!(activities.last().unwrap(), &("9".to_owned(), "Number 9".to_owned()));
        // Without knowing what is there, the marks are handed on.
        let form = actions().form(&filled(), Some(&posted), &Errors::default()).unwrap();
        assert_eq!(form.was[0], format!("name:{old}"));
    }

    #[test]
    fn what_was_typed_stays_and_what_is_wrong_stands_beside_it() {
        let form = Parameters::parse("_form=fields&name=&start=soon&tags=a,b&activity=9").unwrap();
        let posted = Posted::read(form);
        let errors = json!({"name": ["Blank."], "start": ["No instant."], "uid": ["Taken."], "non_field_errors": ["Odd."]});
        let form = actions().form(&filled(), Some(&posted), &Errors::read(&errors)).unwrap();
        let shown: Vec<_> = form
            .fields
            .iter()
            .map(|field| (field.name.as_str(), field.value.as_str(), field.errors.join(" ")))
            .collect();
        let expected = [
            ("name", "", "Blank.".to_owned()),
            ("start", "soon", "No instant.".to_owned()),
            ("activity", "9", String::new()),
            ("tags", "a,b", String::new()),
        ];
        assert_eq!(shown, expected);
        assert_eq!(form.errors, ["uid: Taken.", "Odd."]);
        assert_eq!(
            (form.lists, form.empties),
            (vec!["tags".to_owned()], vec!["name".to_owned(), "start".to_owned()])
        );
        assert!(Actions::default().form(&filled(), None, &Errors::default()).is_none());
    }
}
