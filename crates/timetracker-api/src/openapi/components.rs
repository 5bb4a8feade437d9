//! What the document says once and refers to.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::headers::Header;
use super::operation::{Answer, Content, Text};
use super::refusals;
use crate::auth::scopes;
use crate::wire::shape::{Shape, Side};

/// The ways to say who somebody is.
pub const SCHEMES: [&str; 3] = ["oauth2", "bearer", "dpop"];

/// What they are.
pub fn security_schemes(issuer: &str) -> Value {
    let scopes: Map<String, Value> =
        scopes::names().map(|name| (name.to_owned(), Value::from(scopes::says(name)))).collect();
    let base = issuer.trim_end_matches('/');
    json!({
        "oauth2": {
            "type": "oauth2",
            "description": "The code flow with PKCE (S256).",
            "flows": {"authorizationCode": {
                "authorizationUrl": format!("{base}/authorize/"),
                "tokenUrl": format!("{base}/token/"),
                "refreshUrl": format!("{base}/token/"),
                "scopes": scopes,
            }},
        },
        "bearer": {"type": "http", "scheme": "bearer", "description": "A token that is there already (RFC 6750)."},
        "dpop": {
            "type": "http",
            "scheme": "DPoP",
            "description": "A token that is bound to a key, with a proof in the header `DPoP` (RFC 9449).",
        },
    })
}

/// All refusals.
pub fn responses() -> Value {
    Value::Object(refusals::ALL.iter().map(|refusal| (refusal.name.to_owned(), refusal.response())).collect())
}

/// All headers.
pub fn headers() -> Value {
    Value::Object(Header::ALL.iter().map(|header| (header.name().to_owned(), header.said())).collect())
}

/// Which objects have been referred to so far.
#[derive(Default)]
pub struct Used {
    shapes: BTreeMap<String, (&'static Shape, Side)>,
    pages: BTreeMap<String, &'static Shape>,
}

impl Used {
    /// Remembers a shape and what it is made of.
    pub fn note(&mut self, shape: &'static Shape, side: Side) {
        if self.shapes.insert(shape.component(side), (shape, side)).is_none() {
            for (part, side) in shape.fields.iter().flat_map(|field| field.kind.parts(side)) {
                self.note(part, side);
            }
        }
    }

    /// What is in an answer, in each of its forms.
    pub fn content(&mut self, answer: &Answer) -> Option<Value> {
        let mut forms = Map::new();
        match answer.content {
            Content::Nothing => return None,
            Content::Object(shape) => self.object(shape, &mut forms),
            Content::OrText(shape, texts) => {
                self.object(shape, &mut forms);
                forms.extend(texts.iter().map(text));
            }
            Content::Text(texts) => forms.extend(texts.iter().map(text)),
            Content::Page(shape) => {
                self.note(shape, Side::Answer);
                self.note(shape, Side::Row);
                let name = format!("Paginated{}List", shape.name);
                forms.insert(
                    "application/json".to_owned(),
                    json!({
                        "schema": {"$ref": format!("#/components/schemas/{name}")},
                        "example": {"count": 1, "next": null, "previous": null, "results": [shape.sample()]},
                    }),
                );
                self.pages.insert(name, shape);
            }
        }
        Some(Value::Object(forms))
    }

    fn object(&mut self, shape: &'static Shape, forms: &mut Map<String, Value>) {
        self.note(shape, Side::Answer);
        let said = json!({"schema": {"$ref": shape.reference(Side::Answer)}, "example": shape.sample()});
        forms.insert("application/json".to_owned(), said);
    }

    /// The schemas of all that was referred to.
    pub fn schemas(&self) -> Value {
        let shapes = self.shapes.iter().map(|(name, (shape, side))| (name.clone(), shape.schema(*side)));
        let pages = self.pages.iter().map(|(name, shape)| (name.clone(), page(shape)));
        let refusals = refusals::schemas().into_iter().map(|(name, schema)| (name.to_owned(), schema));
        Value::Object(shapes.chain(pages).chain(refusals).collect())
    }
}

fn text(form: &Text) -> (String, Value) {
    (form.media.to_owned(), json!({"schema": {"type": "string"}, "example": form.example}))
}

/// A page. Its rows are whole, unless parts of them were asked for.
fn page(shape: &Shape) -> Value {
    let link =
        json!({"type": ["string", "null"], "format": "uri", "description": "Where the other page is."});
    let rows = [Side::Answer, Side::Row].map(|side| json!({"$ref": shape.reference(side)}));
    json!({
        "type": "object",
        "description": "A page of a list. With `fields` or `omit`, rows have only what was asked for.",
        "properties": {
            "count": {"type": "integer", "minimum": 0, "description": "How many there are; not with `cursor`."},
            "next": link.clone(),
            "previous": link,
            "results": {"type": "array", "items": {"anyOf": rows}},
        },
        "required": ["next", "previous", "results"],
    })
}
