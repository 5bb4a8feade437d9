//! The document, put together from the table of routes.

use serde_json::{Map, Value, json};

use super::components::{self, Used};
use super::headers::{Header, OF_ALL};
use super::operation::{Body, Operation};
use super::{naming, refusals};
use crate::auth::scopes::{Alias, Scope};
use crate::routes::{self, Endpoint};
use crate::wire::shape::{Field, Kind, Side};

/// What is said of the whole.
const ABOUT: &str = "Time tracking on the wire of Django REST Framework.\n\n\
    Every path below `/api/` answers with and without its trailing slash, and collections with `.json` as well; HEAD is wherever GET \
    is. Bodies are JSON or forms; in a form, a member of an object is `rate.amount`. Members that are not known are passed over, in \
    both directions. Instants have an offset and are told in UTC. A method that a path does not have is 405, and `Allow` says which \
    it has.\n\n\
    Each answer says in `RateLimit` what is left of the quota, and in `X-Request-ID` by which name it is found in the log. What \
    is refused is told in the framework's form, or as a problem (RFC 9457) to clients whose `Accept` names that.\n\n\
    Tokens come from the authorization server, by the authorization code flow with PKCE (S256) or the device flow. A token \
    that a client got for itself speaks for no person, and opens nothing here. A method takes a token with one of its scopes; \
    `read` stands for all that end in `:read`, `write` for all others but `reports:share`.";

/// The media types of what is sent.
const SENT_AS: [&str; 3] = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"];

/// The document of a service that is found at `public_url` and takes the tokens of `issuer`.
pub fn document(public_url: &str, issuer: &str) -> Value {
    let mut used = Used::default();
    let paths: Map<String, Value> = routes::described()
        .map(|(path, endpoint)| {
            let item = item(&path, endpoint, &mut used);
            (path, item)
        })
        .collect();
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Timetracker",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Where the time went.",
            "description": ABOUT,
            "license": {"name": "MIT or Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": public_url}],
        "tags": naming::tags().iter().map(|tag| json!({"name": tag})).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": used.schemas(),
            "responses": components::responses(),
            "headers": components::headers(),
            "securitySchemes": components::security_schemes(issuer),
        },
    })
}

fn item(path: &str, endpoint: &Endpoint, used: &mut Used) -> Value {
    let mut item = Map::new();
    let parameters: Vec<Value> = naming::parameters(path).map(|field| parameter("path", field)).collect();
    if !parameters.is_empty() {
        item.insert("parameters".to_owned(), Value::Array(parameters));
    }
    for (method, needs, operation) in endpoint.operations() {
        let mut said = Map::new();
        let mut say = |name: &str, value: Value| {
            said.insert(name.to_owned(), value);
        };
        say("operationId", Value::from(naming::operation_id(path, endpoint, method)));
        say("tags", json!([naming::tag(path)]));
        say("summary", Value::from(operation.summary));
        if !operation.help.is_empty() {
            say("description", Value::from(operation.help));
        }
        let in_query = operation.parameters().map(|field| parameter("query", &field));
        let in_headers = operation.headers().map(|field| parameter("header", field));
        let parameters: Vec<Value> = in_query.chain(in_headers).collect();
        if !parameters.is_empty() {
            say("parameters", Value::Array(parameters));
        }
        if let Some(body) = &operation.body {
            used.note(body.shape, body.side);
            say("requestBody", sent(body));
        }
        say("responses", responses(path, needs, operation, used));
        say("security", security(needs));
        item.insert(method.as_str().to_ascii_lowercase(), Value::Object(said));
    }
    Value::Object(item)
}

/// A requirement for each scope that would do, the least first; whoever has one of them may come in. None where no token is
/// asked for.
fn security(needs: &[Scope]) -> Value {
    let aliases =
        Alias::ALL.into_iter().filter(|alias| needs.iter().any(|scope| scope.alias() == Some(*alias)));
    let names = needs.iter().map(|scope| scope.name()).chain(aliases.map(Alias::name));
    let schemes = |name| components::SCHEMES.map(|scheme| json!({scheme: [name]}));
    names.flat_map(schemes).collect()
}

/// As it is written in paths and queries: what is separated by commas, and what is there again for each.
fn parameter(place: &str, field: &Field) -> Value {
    let mut schema = field.schema(Side::Whole);
    if let Some(members) = schema.as_object_mut() {
        members.remove("description");
    }
    let mut said = json!({"name": field.name, "in": place, "description": field.help, "schema": schema});
    if let Some(members) = said.as_object_mut() {
        if place == "path" {
            members.insert("required".to_owned(), Value::from(true));
        }
        if said_in_one(&field.kind) {
            members.insert("style".to_owned(), Value::from("form"));
            members.insert("explode".to_owned(), Value::from(false));
        }
        members.insert("example".to_owned(), field.sample());
    }
    said
}

fn said_in_one(kind: &Kind) -> bool {
    matches!(kind, Kind::Choices(_) | Kind::MembersOf(_))
}

fn sent(body: &Body) -> Value {
    let forms = SENT_AS.get(..if body.may_be_form { SENT_AS.len() } else { 1 }).unwrap_or_default();
    let content: Map<String, Value> = forms
        .iter()
        .map(|media| {
            let mut content = json!({"schema": {"$ref": body.shape.reference(body.side)}});
            if *media == "application/json"
                && let Some(members) = content.as_object_mut()
            {
                members.insert("example".to_owned(), body.sample());
            }
            ((*media).to_owned(), content)
        })
        .collect();
    json!({"required": body.is_needed(), "content": content})
}

fn responses(path: &str, needs: &[Scope], operation: &'static Operation, used: &mut Used) -> Value {
    let of_all: &[Header] = if needs.is_empty() { &[Header::RequestId] } else { &OF_ALL };
    let mut all: Vec<(u16, Value)> = Vec::new();
    for answer in operation.answers {
        let headers = operation.answered(answer).chain(of_all.iter().copied());
        let headers: Map<String, Value> = headers.map(Header::reference).collect();
        let mut said = json!({"description": answer.help, "headers": headers});
        if let (Some(content), Some(members)) = (used.content(answer), said.as_object_mut()) {
            members.insert("content".to_owned(), content);
        }
        all.push((answer.status, said));
    }
    let statuses = statuses(path, needs, operation);
    for refusal in refusals::ALL.iter().filter(|refusal| statuses.contains(&refusal.status)) {
        if all.iter().all(|(status, _)| *status != refusal.status) {
            all.push((refusal.status, json!({"$ref": format!("#/components/responses/{}", refusal.name)})));
        }
    }
    all.sort_by_key(|(status, _)| *status);
    Value::Object(all.into_iter().map(|(status, response)| (status.to_string(), response)).collect())
}

/// All statuses of refusals.
fn statuses(path: &str, needs: &[Scope], operation: &Operation) -> Vec<u16> {
    let of_all: &[u16] = if needs.is_empty() { &[] } else { &refusals::EVERYWHERE };
    let of_body: &[u16] = if operation.body.is_some() { &refusals::OF_A_BODY } else { &[] };
    let of_path: &[u16] = if path.contains('{') { &[404] } else { &[] };
    let of_customs = operation.customs.iter().flat_map(|custom| custom.refusals);
    let all = of_all.iter().chain(of_body).chain(of_path).chain(of_customs);
    all.chain(operation.refusals).copied().collect()
}

impl Body {
    /// One that would do.
    fn sample(&self) -> Value {
        if self.example.is_empty() {
            self.shape.sample_of(self.side)
        } else {
            crate::wire::shape::value(self.example)
        }
    }

    fn is_needed(&self) -> bool {
        self.side == Side::Whole && self.shape.fields.iter().any(|field| field.is_required)
    }
}
