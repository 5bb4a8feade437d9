//! `/api/openapi.json`: what it says is so, of every route, every scope and every example.

mod described;
mod events;
mod examples;
mod refusals;
mod structure;

use jsonschema::{Draft, Validator};
use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, ISSUER, PUBLIC, World};

const PATH: &str = "/api/openapi.json";

/// The document, as a client gets it.
async fn document(world: &World) -> Value {
    world.anonymous(Method::GET, PATH).await.json()
}

/// What judges by a schema of the document.
fn validator(document: &Value, schema: &Value) -> Validator {
    let mut whole = schema.clone();
    whole["components"] = document["components"].clone();
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    options.build(&whole).unwrap()
}

/// Everything that is wrong with it.
fn problems(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let validator = validator(document, schema);
    validator.iter_errors(value).map(|error| format!("{} at {}", error, error.instance_path())).collect()
}

/// The document in which no object has a member that it does not name: what is undocumented fails. Rows are whole if nobody
/// asks for parts of them.
fn closed(document: &Value, has_parts: bool) -> Value {
    let mut closed = document.clone();
    for schema in closed["components"]["schemas"].as_object_mut().unwrap().values_mut() {
        let named = schema["properties"].as_object().is_some_and(|members| !members.contains_key("detail"));
        if named {
            schema["additionalProperties"] = Value::from(false);
        }
        if let Some([whole, _]) =
            schema.pointer("/properties/results/items/anyOf").and_then(Value::as_array).map(Vec::as_slice)
            && !has_parts
        {
            schema["properties"]["results"]["items"] = whole.clone();
        }
    }
    closed
}

/// Each operation: path, method, what is said of it.
fn operations(document: &Value) -> Vec<(String, Method, Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters")
        {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            all.push((path.clone(), method, operation.clone()));
        }
    }
    all
}

/// What a reference leads to.
fn resolved<'a>(document: &'a Value, said: &'a Value) -> &'a Value {
    match said["$ref"].as_str() {
        None => said,
        Some(reference) => {
            let found = document.pointer(reference.strip_prefix('#').unwrap());
            found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
        }
    }
}

/// Whether an answer is as the operation says: the status, the headers and the body.
#[track_caller]
fn fits(document: &Value, operation: &Value, answer: &Answer) {
    let name = operation["operationId"].as_str().unwrap();
    let said = &operation["responses"][answer.status.to_string()];
    assert!(said.is_object(), "{name} does not say {}: {answer:?}", answer.status);
    let said = resolved(document, said);
    let headers = said["headers"].as_object().unwrap();
    for (header, said) in headers {
        let is_there = answer.header(header).is_some();
        assert!(
            is_there || resolved(document, said)["required"] == false,
            "{name} lacks {header}: {answer:?}"
        );
    }
    for header in ["etag", "link", "location", "retry-after", "idempotency-replayed", "preference-applied"] {
        let is_said = headers.keys().any(|name| name.eq_ignore_ascii_case(header));
        assert!(is_said || answer.header(header).is_none(), "{name} does not say {header}: {answer:?}");
    }
    let Some(content) = said["content"].as_object() else {
        assert_eq!(answer.text, "", "{name}");
        return;
    };
    let media = answer.header("content-type").unwrap().split(';').next().unwrap();
    let schema = &content.get(media).unwrap_or_else(|| panic!("{name} does not say {media}"))["schema"];
    if schema["type"] == "string" {
        return;
    }
    let problems = problems(document, schema, &answer.json());
    assert!(problems.is_empty(), "{name}: {problems:?} in {}", answer.text);
}

#[tokio::test]
async fn everybody_may_have_it_and_nobody_need_have_it_twice() {
    let world = World::new().await;
    let answer = world.anonymous(Method::GET, PATH).await;
    answer
        .has("content-type", "application/json")
        .has("cache-control", "public, max-age=300")
        .has("access-control-allow-origin", "*")
        .has("x-content-type-options", "nosniff")
        .has("allow", "GET, HEAD, OPTIONS")
        .lacks("www-authenticate");
    assert_eq!(answer.status, 200);
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.1");
    assert_eq!(document["servers"][0]["url"], PUBLIC);
    let flow = &document["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"];
    assert_eq!(flow["authorizationUrl"], format!("{ISSUER}/authorize/"));
    assert_eq!(flow["tokenUrl"], format!("{ISSUER}/token/"));

    let tag = answer.header("etag").unwrap();
    assert!(tag.starts_with('"'), "{tag}");
    let held = world.request(Method::GET, PATH).header("if-none-match", tag).send().await.unwrap();
    let held = Answer::read(held).await;
    held.is(304, "").has("etag", tag).has("cache-control", "public, max-age=300");
    let bare = world.anonymous(Method::HEAD, PATH).await;
    bare.is(200, "").has("etag", tag);
    assert_eq!(world.anonymous(Method::POST, PATH).await.status, 405);
    let preflight = world.anonymous(Method::OPTIONS, PATH).await;
    preflight.is(204, "").has("access-control-allow-origin", "*").has("access-control-allow-methods", "GET");
    // Whose token it is makes no difference, nor whether it is one.
    assert_eq!(world.bearer("nonsense").get(PATH).await.text, answer.text);
    assert_eq!(world.authority.asked(), 0);
}

/// RFC 8631: who only knows where the API is finds what describes it.
#[tokio::test]
async fn the_root_leads_to_it() {
    let world = World::new().await;
    let answer = world.person("ada").get("/api/").await;
    let links = format!("<{PUBLIC}{PATH}>; rel=\"service-desc\", <{PUBLIC}/api/docs/>; rel=\"service-doc\"");
    answer.has("link", &links);
}
