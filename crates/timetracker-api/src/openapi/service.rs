//! What the service says of itself, in words: health, metadata, the document and its page.

use super::customs::HELD;
use super::headers::Header;
use super::operation::{Answer, Content, Operation, Text};
use crate::wire::shape::{Field, Kind, Shape};

static HEALTH: Shape = Shape {
    name: "Health",
    help: "How the service is.",
    fields: &[Field::new("status", Kind::Choice(&["ok", "ready", "unavailable"]), "In a word.")],
};

/// `GET /healthz`.
pub static ALIVE: Operation = Operation::new("Whether the process answers", &[Answer::ok(&HEALTH)]);

/// `GET /readyz`.
pub static READY: Operation = Operation::new(
    "Whether requests can be answered",
    &[
        Answer::ok(&HEALTH),
        Answer { status: 503, help: "Not now.", content: Content::Object(&HEALTH), headers: &[] },
    ],
);

static PROTECTED_RESOURCE: Shape = Shape {
    name: "ProtectedResource",
    help: "Whom to ask for a token, and for what (RFC 9728).",
    fields: &[
        Field::new("resource", Kind::Url, "What it is about."),
        Field::new("authorization_servers", Kind::List(&Kind::Url, 0), "Whom to ask.")
            .example(r#"["https://auth.example.com/o"]"#),
        Field::new("scopes_supported", Kind::List(&Kind::Any, 0), "For what.")
            .example(r#"["read", "write"]"#),
        Field::new("bearer_methods_supported", Kind::List(&Kind::Any, 0), "How tokens are sent.")
            .example(r#"["header"]"#),
        Field::new(
            "dpop_signing_alg_values_supported",
            Kind::List(&Kind::Any, 0),
            "How proofs may be signed.",
        )
        .example(r#"["ES256"]"#),
        Field::new("dpop_bound_access_tokens_required", Kind::Boolean, "Whether tokens have to be bound."),
        Field::new("resource_name", Kind::Any, "For people.").example(r#""Timetracker""#),
        Field::new("resource_documentation", Kind::Url, "What developers may read.")
            .example(r#""https://time.example.com/api/docs/""#),
    ],
};

/// `GET /.well-known/oauth-protected-resource`.
pub static METADATA: Operation =
    Operation::new("Whom to ask for a token", &[Answer::ok(&PROTECTED_RESOURCE)]);

/// `OPTIONS` of what pages of any origin may read.
pub static PREFLIGHT: Operation =
    Operation::new("Whether pages of other origins may read it: all may", &[Answer::nothing()]);

static DOCUMENT: Shape = Shape {
    name: "Document",
    help: "A description of an API (OpenAPI 3.1).",
    fields: &[
        Field::new("openapi", Kind::Any, "The version of the format.").example(r#""3.1.1""#),
        Field::new("info", Kind::Map, "What it is about."),
        Field::new("servers", Kind::List(&Kind::Map, 0), "Where it is."),
        Field::new("tags", Kind::List(&Kind::Map, 0), "The resources."),
        Field::new("paths", Kind::Map, "What can be done."),
        Field::new("components", Kind::Map, "What it refers to."),
    ],
};

/// `GET /api/openapi.json`.
pub static OPENAPI: Operation =
    Operation::new("This document", &[Answer::tagged(&DOCUMENT)]).follows(&[&HELD]);

/// `GET /api/docs/`.
pub static DOCS: Operation = Operation::new(
    "This document, for people",
    &[Answer {
        status: 200,
        help: "A page.",
        content: Content::Text(&[Text { media: "text/html", example: "<!DOCTYPE html>" }]),
        headers: &[Header::ETag],
    }],
)
.follows(&[&HELD]);

/// What OPTIONS answers everywhere under `/api`.
static WORDS: Shape = Shape {
    name: "Metadata",
    help: "What a resource is, and what may be sent to it.",
    fields: &[
        Field::new("name", Kind::Any, "What it is called.").example(r#""Track List""#),
        Field::new("description", Kind::Any, "What it is.").example(r#""Your entries of time.""#),
        Field::new("renders", Kind::List(&Kind::Any, 10), "What it is told in.")
            .example(r#"["application/json"]"#),
        Field::new("parses", Kind::List(&Kind::Any, 10), "What it understands.")
            .example(r#"["application/json"]"#),
        Field::new("actions", Kind::Map, "What may be sent, by method and field, to whoever may.")
            .sometimes(),
    ],
};

/// `OPTIONS`.
pub static OPTIONS: Operation = Operation::new("What it is, and what may be sent", &[Answer::ok(&WORDS)]);
