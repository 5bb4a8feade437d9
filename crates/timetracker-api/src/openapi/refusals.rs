//! Refusals, which are the same everywhere: in the framework's form, and as problems (RFC 9457).

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

use super::headers::{Header, OF_ALL};
use crate::wire::problem;
use crate::wire::shape::value;

/// A refusal.
#[derive(Debug)]
pub struct Refusal {
    /// Its status.
    pub status: u16,
    /// Its name in the document.
    pub name: &'static str,
    /// When it comes.
    help: &'static str,
    /// What is in it: a schema of the document.
    schema: &'static str,
    /// One, as JSON, and what it is called in a problem.
    example: (&'static str, &'static str),
    /// Its headers, beside those that all have.
    headers: &'static [Header],
}

const fn refusal(
    status: u16,
    name: &'static str,
    help: &'static str,
    example: (&'static str, &'static str),
) -> Refusal {
    Refusal { status, name, help, schema: "Detail", example, headers: &[] }
}

/// All there are.
pub static ALL: [Refusal; 16] = [
    Refusal {
        schema: "",
        headers: &[Header::ETag],
        ..refusal(304, "NotModified", "The client has it already.", ("", ""))
    },
    Refusal {
        schema: "Invalid",
        ..refusal(
            400,
            "BadRequest",
            "It makes no sense; everything that is wrong is told at once.",
            (r#"{"name": ["This field is required."]}"#, "invalid"),
        )
    },
    Refusal {
        headers: &[Header::Challenge],
        ..refusal(
            401,
            "Unauthorized",
            "There is no token, or not one that is good.",
            (r#"{"detail": "Authentication credentials were not provided."}"#, "not_authenticated"),
        )
    },
    Refusal {
        schema: "Forbidden",
        ..refusal(
            403,
            "Forbidden",
            "The token lacks a scope, or speaks for no person.",
            (
                r#"{"detail": "You do not have permission to perform this action.", "required_scopes": ["tracks:write"], "or": ["write"]}"#,
                "insufficient_scope",
            ),
        )
    },
    refusal(
        404,
        "NotFound",
        "It is not there, or somebody else's.",
        (r#"{"detail": "No Track matches the given query."}"#, "not_found"),
    ),
    refusal(
        406,
        "NotAcceptable",
        "`Accept` admits nothing that there is.",
        (r#"{"detail": "Could not satisfy the request Accept header."}"#, "not_acceptable"),
    ),
    refusal(
        408,
        "RequestTimeout",
        "The body took too long to arrive.",
        (r#"{"detail": "The request took too long to arrive."}"#, "too_slow"),
    ),
    Refusal {
        schema: "Conflict",
        ..refusal(
            409,
            "Conflict",
            "What is there does not allow it.",
            (r#"{"detail": "The track would overlap others.", "tracks": [7]}"#, "overlap"),
        )
    },
    Refusal {
        schema: "Gone",
        ..refusal(
            410,
            "Gone",
            "The cursor leads nowhere any more: begin again without one.",
            (
                r#"{"detail": "This cursor leads nowhere any more: begin again without one.", "reset": true}"#,
                "cursor_gone",
            ),
        )
    },
    Refusal {
        schema: "Stale",
        ..refusal(
            412,
            "PreconditionFailed",
            "It is not as the client thinks; with what it is.",
            (
                r#"{"detail": "This is not the version that is there.", "current": {"id": 1, "version": 3}}"#,
                "stale",
            ),
        )
    },
    refusal(
        413,
        "ContentTooLarge",
        "The body is larger than allowed.",
        (r#"{"detail": "The request is too large."}"#, "too_large"),
    ),
    refusal(
        415,
        "UnsupportedMediaType",
        "The body is of another media type, or compressed.",
        (r#"{"detail": "Unsupported media type \"text/plain\" in request."}"#, "unsupported_media_type"),
    ),
    refusal(
        422,
        "UnprocessableContent",
        "The Idempotency-Key was used for another request.",
        (r#"{"detail": "This Idempotency-Key was used for another request."}"#, "idempotency_key_reused"),
    ),
    Refusal {
        headers: &[Header::RetryAfter],
        ..refusal(
            429,
            "TooManyRequests",
            "The quota is used up.",
            (r#"{"detail": "Request was throttled. Expected available in 1 second."}"#, "throttled"),
        )
    },
    Refusal {
        schema: "Fault",
        ..refusal(
            500,
            "InternalServerError",
            "A fault of ours; with the name by which it is found in the log.",
            (r#"{"detail": "A server error occurred.", "request_id": "9f86d081884c7d65"}"#, "error"),
        )
    },
    Refusal {
        headers: &[Header::RetryAfter],
        ..refusal(
            503,
            "ServiceUnavailable",
            "It could not be decided or done now; nothing was.",
            (r#"{"detail": "Service temporarily unavailable, try again later."}"#, "unavailable"),
        )
    },
];

/// Those that every route may give for which a token is asked.
pub const EVERYWHERE: [u16; 7] = [400, 401, 403, 406, 429, 500, 503];
/// Those of a method that has a body.
pub const OF_A_BODY: [u16; 3] = [408, 413, 415];

impl Refusal {
    /// As it stands in the document.
    pub fn response(&self) -> Value {
        let headers: Map<String, Value> =
            self.headers.iter().chain(&OF_ALL).map(|header| header.reference()).collect();
        let mut response = json!({"description": self.help, "headers": headers});
        if let Some(members) = response.as_object_mut().filter(|_| !self.schema.is_empty()) {
            let (example, _) = self.example;
            let form = |schema: &str, example: Value| json!({"schema": {"$ref": format!("#/components/schemas/{schema}")}, "example": example});
            let content = json!({
                "application/json": form(self.schema, value(example)),
                "application/problem+json": form("Problem", self.problem()),
            });
            members.insert("content".to_owned(), content);
        }
        response
    }

    /// The example as a problem.
    fn problem(&self) -> Value {
        let (example, code) = self.example;
        let title = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        let mut problem = json!({"type": "about:blank", "title": title, "status": self.status});
        let (Value::Object(example), Some(members)) = (value(example), problem.as_object_mut()) else {
            return problem;
        };
        let detail = example.get("detail").cloned();
        members.insert("detail".to_owned(), detail.clone().unwrap_or_else(|| "Invalid input.".into()));
        members.insert("code".to_owned(), code.into());
        if detail.is_some() {
            members.extend(example.into_iter().filter(|(name, _)| name != "detail"));
        } else {
            let wrong = example
                .into_iter()
                .map(|(name, sentences)| json!({"detail": sentences.get(0), "pointer": format!("#/{name}")}));
            members.insert("errors".to_owned(), wrong.collect());
        }
        problem
    }
}

/// What may stand beside the sentence.
fn more() -> [(&'static str, Value); 8] {
    let failed = json!({
        "type": "object",
        "properties": {
            "index": {"type": "integer", "minimum": 0},
            "status": {"type": "integer"},
            "body": {"description": "What it would have got alone."},
        },
        "required": ["index", "status", "body"],
    });
    [
        (
            "required_scopes",
            json!({"type": "array", "items": {"type": "string"}, "description": "The least that would do."}),
        ),
        (
            "or",
            json!({"type": "array", "items": {"type": "string"}, "description": "What would do as well, and does more."}),
        ),
        (
            "tracks",
            json!({"type": "array", "items": {"type": "integer"}, "description": "The tracks in the way."}),
        ),
        ("failed", json!({"type": "array", "items": failed, "description": "What of a batch failed."})),
        ("reset", json!({"const": true})),
        ("current", json!({"type": "object", "description": "What is there."})),
        ("request_id", json!({"type": "string", "description": "By which name it is found in the log."})),
        (
            "errors",
            json!({
                "type": "array",
                "description": "Everything that is wrong.",
                "items": {
                    "type": "object",
                    "properties": {
                        "detail": {"type": "string"},
                        "pointer": {"type": "string", "description": "Where in what was sent."},
                        "parameter": {"type": "string", "description": "Which parameter."},
                    },
                    "required": ["detail"],
                },
            }),
        ),
    ]
}

/// A sentence, and what of [`more`] may stand beside it.
fn sentence(description: &str, beside: &[&str]) -> Value {
    let mut properties = Map::new();
    properties
        .insert("detail".to_owned(), json!({"type": "string", "description": "A sentence for people."}));
    let more = more().into_iter().filter(|(name, _)| beside.contains(name));
    properties.extend(more.map(|(name, schema)| (name.to_owned(), schema)));
    json!({"type": "object", "description": description, "properties": properties, "required": ["detail"]})
}

/// The schemas they are made of.
pub fn schemas() -> [(&'static str, Value); 8] {
    let sentences = json!({"type": "array", "items": {"type": "string"}, "minItems": 1});
    let invalid = json!({
        "description": "A sentence; or the fields that are wrong, `non_field_errors` for all of them, with a list of sentences each; or sentences that are about no field.",
        "anyOf": [
            {"$ref": "#/components/schemas/Detail"},
            {"type": "object", "additionalProperties": sentences.clone(), "minProperties": 1},
            sentences,
        ],
    });
    let mut problem = json!({
        "type": "object",
        "description": "A refusal for programs (RFC 9457), for clients whose `Accept` names it.",
        "properties": {
            "type": {"const": "about:blank"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "A sentence for people."},
            "code": {"type": "string", "enum": problem::CODES, "description": "What it is, for programs."},
        },
        "required": ["type", "title", "status", "detail", "code"],
    });
    if let Some(properties) = problem.pointer_mut("/properties").and_then(Value::as_object_mut) {
        properties.extend(more().map(|(name, schema)| (name.to_owned(), schema)));
    }
    [
        ("Detail", sentence("A refusal.", &[])),
        ("Invalid", invalid),
        ("Forbidden", sentence("A refusal for lack of a scope.", &["required_scopes", "or"])),
        ("Conflict", sentence("A refusal because of what is there.", &["tracks", "failed"])),
        ("Gone", sentence("A refusal of a cursor.", &["reset"])),
        ("Stale", sentence("A refusal of a change of another version.", &["current"])),
        ("Fault", sentence("A fault of ours.", &["request_id"])),
        ("Problem", problem),
    ]
}
