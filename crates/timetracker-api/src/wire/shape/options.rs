//! What OPTIONS says of fields: the framework's words for them.

use serde_json::{Map, Value, json};

use super::{Field, Kind};

/// What OPTIONS says of fields.
pub fn metadata(fields: impl IntoIterator<Item = Field>) -> Value {
    let fields = fields.into_iter().filter(|field| !field.is_write_only);
    Value::Object(fields.map(|field| (field.name.to_owned(), field.metadata())).collect())
}

/// The framework makes words of names in this way.
fn words(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut letters = spaced.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl Field {
    /// What people call it.
    fn label(&self) -> String {
        if self.name == "id" { "ID".to_owned() } else { words(self.name) }
    }

    /// What OPTIONS says of it.
    fn metadata(&self) -> Value {
        let mut said = Map::new();
        said.insert("type".to_owned(), Value::from(self.kind.metadata_type()));
        said.insert("required".to_owned(), Value::from(self.is_required));
        said.insert("read_only".to_owned(), Value::from(self.is_read_only));
        said.insert("label".to_owned(), Value::from(self.label()));
        self.kind.metadata(&mut said);
        Value::Object(said)
    }
}

impl Kind {
    /// The framework's name for it.
    fn metadata_type(&self) -> &'static str {
        match self {
            Self::Id | Self::Whole(..) => "integer",
            Self::Key | Self::Uid | Self::OneOf(_) | Self::PartOf(_) => "field",
            Self::Text { .. }
            | Self::Name(_)
            | Self::Line(_)
            | Self::Color
            | Self::Currency
            | Self::Any
            | Self::Plain(_)
            | Self::Zone(_)
            | Self::Just(_) => "string",
            Self::Url => "url",
            Self::Choice(_) | Self::Choices(_) | Self::MembersOf(_) => "choice",
            Self::Boolean => "boolean",
            Self::Instant => "datetime",
            Self::Date => "date",
            Self::Time => "time",
            Self::List(..) => "list",
            Self::Object(_) | Self::Map => "nested object",
        }
    }

    /// What OPTIONS says of it beside its type.
    fn metadata(&self, said: &mut Map<String, Value>) {
        let mut say = |name: &str, value: Value| {
            said.insert(name.to_owned(), value);
        };
        match self {
            Self::Text { most, .. } | Self::Name(most) | Self::Line(most) | Self::Zone(Some(most)) => {
                say("max_length", Value::from(*most));
            }
            Self::Color => say("max_length", Value::from(7)),
            Self::Currency => say("max_length", Value::from(3)),
            Self::Whole(least, most) => {
                if let Some(least) = least {
                    say("min_value", Value::from(*least));
                }
                if let Some(most) = most {
                    say("max_value", Value::from(*most));
                }
            }
            Self::Choice(choices) => {
                let choices = choices.iter().map(|word| json!({"value": word, "display_name": words(word)}));
                say("choices", choices.collect());
            }
            Self::List(kind, _) => {
                let mut child = Map::new();
                child.insert("type".to_owned(), Value::from(kind.metadata_type()));
                child.insert("required".to_owned(), Value::from(true));
                child.insert("read_only".to_owned(), Value::from(false));
                kind.metadata(&mut child);
                say("child", Value::Object(child));
            }
            Self::Object(shape) => say("children", metadata(shape.fields.iter().copied())),
            _ => {}
        }
    }
}
