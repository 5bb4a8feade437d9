//! What the API said against what was sent, for people. Pure.

use serde_json::Value;

/// What the API said against what was sent.
#[derive(Clone, Debug, Default)]
pub struct Errors {
    of_fields: Vec<(String, Vec<String>)>,
    others: Vec<String>,
}

impl Errors {
    /// Reads a refusal in the framework's form.
    pub fn read(body: &Value) -> Self {
        let words = |value: &Value| match value {
            Value::String(text) => vec![text.clone()],
            Value::Array(items) => items
                .iter()
                .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                .collect(),
            other => vec![other.to_string()],
        };
        match body {
            Value::Array(_) => Self { of_fields: vec![], others: words(body) },
            Value::Object(members) if members.contains_key("detail") => {
                Self { of_fields: vec![], others: words(&body["detail"]) }
            }
            Value::Object(members) => Self {
                of_fields: members.iter().map(|(name, value)| (name.clone(), words(value))).collect(),
                others: vec![],
            },
            _ => Self::default(),
        }
    }

    /// Those of a field.
    pub fn of(&self, name: &str) -> Vec<String> {
        let found = self.of_fields.iter().find(|(field, _)| field == name);
        found.map(|(_, errors)| errors.clone()).unwrap_or_default()
    }

    /// Those of fields that are not shown, and of none.
    pub fn besides(&self, is_shown: impl Fn(&str) -> bool) -> Vec<String> {
        let hidden = self.of_fields.iter().filter(|(name, _)| !is_shown(name));
        self.others.iter().cloned().chain(hidden.flat_map(sentences)).collect()
    }

    /// All of them, with the names of their fields.
    pub fn all(&self) -> Vec<String> {
        self.besides(|_| false)
    }
}

fn sentences((name, errors): &(String, Vec<String>)) -> Vec<String> {
    let named =
        |error: &String| if name == "non_field_errors" { error.clone() } else { format!("{name}: {error}") };
    errors.iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_of_a_refusal_is_understood() {
        assert_eq!(Errors::read(&json!({"detail": "No."})).all(), ["No."]);
        assert_eq!(Errors::read(&json!(["One.", "Two."])).all(), ["One.", "Two."]);
        assert_eq!(Errors::read(&json!({"a": ["One."], "b": {"c": 1}})).all(), ["a: One.", "b: {\"c\":1}"]);
        assert_eq!(Errors::read(&json!(null)).all(), Vec::<String>::new());
    }
}
