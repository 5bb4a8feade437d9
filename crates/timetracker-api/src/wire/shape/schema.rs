//! The JSON Schemas of objects and fields (draft 2020-12).

use serde_json::{Map, Value, json};

use super::{Field, Kind, Shape, Side};
use crate::money;

/// Something other than white space, and no NUL: what [`super::fields::text`] wants.
const NOT_BLANK: &str = r"^[^\u0000]*[^\s\u0000][^\u0000]*$";
/// The same, without control characters: a name.
const ONE_LINE: &str =
    r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";
const MAYBE_BLANK_LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
const NO_NUL: &str = r"^[^\u0000]*$";

impl Kind {
    /// References to the objects it is one of.
    fn references(&self, side: Side) -> Value {
        let parts = self.parts(side).into_iter();
        parts.map(|(shape, side)| json!({"$ref": shape.reference(side)})).collect()
    }

    /// Its JSON Schema.
    fn schema(&self, side: Side) -> Value {
        match self {
            Self::Id | Self::Key => json!({"type": "integer", "format": "int64", "minimum": 1}),
            Self::Uid => json!({"type": "string", "format": "uuid"}),
            Self::Text { most, may_be_blank: true } => text(*most, NO_NUL, side),
            Self::Text { most, .. } => text(*most, NOT_BLANK, side),
            Self::Name(most) => text(*most, ONE_LINE, side),
            Self::Line(most) => text(*most, MAYBE_BLANK_LINE, side),
            Self::Color => json!({"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"}),
            Self::Currency if side.is_ours() => json!({"type": "string", "pattern": "^[A-Z]{3}$"}),
            Self::Currency => json!({"type": "string", "enum": money::codes().collect::<Vec<_>>()}),
            Self::Any | Self::Zone(_) => json!({"type": "string"}),
            Self::Plain(most) => {
                json!({"type": "string", "maxLength": most, "pattern": r"^[!#-\[\]-~]+$"})
            }
            Self::Choice(words) => json!({"type": "string", "enum": words}),
            Self::Choices(words) => json!({"type": "array", "items": {"type": "string", "enum": words}}),
            Self::MembersOf(shape) => {
                let names: Vec<&str> = shape.names().collect();
                json!({"type": "array", "items": {"type": "string", "enum": names}})
            }
            Self::Boolean => json!({"type": "boolean"}),
            Self::Whole(least, most) => {
                let mut schema = json!({"type": "integer", "format": "int64"});
                for (name, bound) in [("minimum", least), ("maximum", most)] {
                    if let Some(bound) = bound {
                        insert(&mut schema, name, Value::from(*bound));
                    }
                }
                schema
            }
            Self::Instant => json!({"type": "string", "format": "date-time"}),
            Self::Date => json!({"type": "string", "format": "date"}),
            Self::Time => json!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
            Self::Url => json!({"type": "string", "format": "uri"}),
            Self::List(kind, most) => {
                let mut schema = json!({"type": "array", "items": kind.schema(side)});
                if !side.is_ours() {
                    insert(&mut schema, "maxItems", Value::from(*most));
                }
                schema
            }
            Self::Object(shape) => json!({"$ref": shape.reference(side.within())}),
            Self::OneOf(_) => json!({"oneOf": self.references(side)}),
            Self::PartOf(_) => json!({"anyOf": self.references(side)}),
            Self::Map => json!({"type": "object"}),
            Self::Just(text) => json!({"type": "string", "const": text}),
        }
    }
}

/// What may be sent is narrower than what may have been kept.
fn text(most: usize, pattern: &str, side: Side) -> Value {
    let mut schema = json!({"type": "string", "maxLength": most});
    if !side.is_ours() {
        insert(&mut schema, "pattern", Value::from(pattern));
    }
    schema
}

fn insert(schema: &mut Value, name: &str, value: Value) {
    if let Some(members) = schema.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

impl Field {
    /// Its JSON Schema.
    pub fn schema(&self, side: Side) -> Value {
        let mut schema = self.kind.schema(side);
        let is_null = if side.is_ours() { self.shows_null } else { self.takes_null };
        if is_null {
            schema = or_null(schema);
        }
        if !self.help.is_empty() {
            insert(&mut schema, "description", Value::from(self.help));
        }
        schema
    }

    fn is_needed(&self, side: Side) -> bool {
        match side {
            Side::Whole => self.is_required,
            Side::Part | Side::Row => false,
            Side::Answer => !self.is_sometimes,
        }
    }
}

fn or_null(mut schema: Value) -> Value {
    match schema.get("type") {
        Some(Value::String(kind)) => {
            let either = json!([kind, "null"]);
            if let Some(Value::Array(words)) = schema.get_mut("enum") {
                words.push(Value::Null);
            }
            insert(&mut schema, "type", either);
            schema
        }
        _ => json!({"oneOf": [schema, {"type": "null"}]}),
    }
}

impl Shape {
    /// Its name in the document.
    pub fn component(&self, side: Side) -> String {
        match side {
            Side::Whole => format!("{}Request", self.name),
            Side::Part => format!("Patched{}Request", self.name),
            Side::Answer => self.name.to_owned(),
            Side::Row => format!("{}Row", self.name),
        }
    }

    /// Where it is in the document.
    pub fn reference(&self, side: Side) -> String {
        format!("#/components/schemas/{}", self.component(side))
    }

    /// Its JSON Schema. More members than these may come: clients are to pass over them, as we do.
    pub fn schema(&self, side: Side) -> Value {
        let fields = || self.fields.iter().filter(|field| field.is_of(side));
        let properties: Map<String, Value> =
            fields().map(|field| (field.name.to_owned(), field.schema(side))).collect();
        let required: Vec<&str> =
            fields().filter(|field| field.is_needed(side)).map(|field| field.name).collect();
        let mut schema = json!({"type": "object", "description": self.help, "properties": properties});
        if !required.is_empty() {
            insert(&mut schema, "required", json!(required));
        }
        schema
    }
}
