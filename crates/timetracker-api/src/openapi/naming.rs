//! What follows from a path and a method: which resource they belong to, what an operation is called, what the parts of the
//! path are.

use actix_web::http::Method;

use crate::routes::{self, Endpoint};
use crate::wire::shape::{Field, Kind};

/// The parts of a path that differ.
const PARTS: [Field; 3] = [
    Field::new("id", Kind::Id, "Which one."),
    Field::new("uid", Kind::Uid, "Which one, by the name that its client gave it."),
    Field::new("token", Kind::Any, "The secret in the address.").example(r#""ttf_AAAAAdfHxi4g""#),
];

/// Those of a path.
pub fn parameters(path: &str) -> impl Iterator<Item = &'static Field> {
    PARTS.iter().filter(move |part| path.contains(&format!("{{{}}}", part.name)))
}

/// The resource that a path belongs to; what is about the service has one together.
pub fn tag(path: &str) -> &str {
    let first = |path: &'_ str| path.find('/').unwrap_or(path.len());
    match path.strip_prefix("/api/") {
        Some("") => "api",
        Some(below) if !below.starts_with("openapi") && !below.starts_with("docs") => {
            below.get(..first(below)).unwrap_or_default()
        }
        _ => "service",
    }
}

/// All resources, in the order of the table.
pub fn tags() -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for (path, _) in routes::described() {
        let tag = tag(&path);
        if !tags.iter().any(|each| each == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

/// A name for a method of a route, as generators of clients like one: `tracks_partial_update`.
pub fn operation_id(path: &str, endpoint: &Endpoint, method: &Method) -> String {
    let below = path.strip_prefix("/api/").unwrap_or(path);
    let words = below.split('/').map(|word| word.rsplit('}').next().unwrap_or(word).trim_matches('.'));
    let words = words.filter(|word| !word.is_empty()).map(|word| word.replace(['-', '.'], "_"));
    let mut name = words.collect::<Vec<_>>().join("_");
    if name.is_empty() {
        "api".clone_into(&mut name);
    }
    let is_one = path.contains('{');
    let does = match *method {
        Method::GET if is_one || !endpoint.allow.contains("POST") => "retrieve",
        Method::GET => "list",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "partial_update",
        Method::DELETE => "destroy",
        _ => "metadata",
    };
    // What is of one object is another operation than what is of all of them.
    let of = if is_one && *method == Method::OPTIONS { "_instance" } else { "" };
    format!("{name}{of}_{does}")
}
