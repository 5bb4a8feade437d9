//! Whether the document is whole: every route, no more, and nothing that leads nowhere.

use std::collections::BTreeSet;

use jsonschema::Draft;
use serde_json::{Value, json};
use timetracker_api::auth::scopes::{self, Needs};
use timetracker_api::routes::{self, ENDPOINTS, Endpoint};

use super::{document, operations, problems, resolved};
use crate::support::World;

/// The requirements that follow from the table: any of the scopes, or what stands for it; none where no token is asked for.
fn expected(needs: Option<Needs>) -> Value {
    let scopes = match needs {
        None => &[][..],
        Some(Needs::OneOf(scopes)) => scopes,
        Some(Needs::All(_)) => panic!("undeclared"),
    };
    let mut names: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
    let (reads, writes) = (
        names.iter().any(|name| name.ends_with(":read")),
        names.iter().any(|name| !name.ends_with(":read") && *name != "reports:share"),
    );
    names.extend(reads.then_some("read"));
    names.extend(writes.then_some("write"));
    names.iter().flat_map(|name| ["oauth2", "bearer", "dpop"].map(|scheme| json!({scheme: [name]}))).collect()
}

/// R160: what the document says is open is what the table opens, route by route.
#[tokio::test]
async fn it_has_every_method_of_every_route_with_its_scopes_and_nothing_else() {
    let world = World::new().await;
    let document = document(&world).await;
    let mut listed = BTreeSet::new();
    let below = ENDPOINTS.iter().map(|endpoint| (format!("/api{}", endpoint.path), endpoint));
    let open = routes::open().map(|endpoint| (endpoint.path.to_owned(), endpoint));
    for (path, endpoint) in below.chain(open).collect::<Vec<(String, &Endpoint)>>() {
        for method in endpoint.allow.split(", ").filter(|method| *method != "HEAD") {
            let operation = &document["paths"][&path][method.to_lowercase()];
            assert!(operation["summary"].is_string(), "{method} {path} says nothing of itself");
            let needs = endpoint.needs(&method.parse().unwrap());
            assert_eq!(needs.is_some(), ENDPOINTS.iter().any(|each| std::ptr::eq(each, endpoint)), "{path}");
            assert_eq!(operation["security"], expected(needs), "{method} {path}");
            listed.insert((path.clone(), method.to_owned()));
        }
    }
    let documented: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(path, method, _)| (path, method.to_string())).collect();
    assert_eq!(documented, listed);
    let flow = &document["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"];
    let known: Vec<&str> = flow["scopes"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(known, scopes::names().collect::<Vec<_>>());
    assert!(flow["scopes"].as_object().unwrap().values().all(|said| said.as_str() != Some("")));
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                found.push(reference.to_owned());
            }
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere_every_name_is_one_and_every_schema_is_one() {
    let world = World::new().await;
    let document = document(&world).await;
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100);
    for reference in &found {
        resolved(&document, &json!({ "$ref": reference }));
    }
    // And the other way round: nothing is there that nobody refers to.
    for kind in ["schemas", "responses", "headers"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(found.contains(&reference), "{reference}");
        }
    }
    let names: Vec<Value> =
        operations(&document).iter().map(|(_, _, operation)| operation["operationId"].clone()).collect();
    let different: BTreeSet<&str> = names.iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(different.len(), names.len(), "{names:?}");
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::draft202012::meta::is_valid(schema), "{name}");
    }
    assert_eq!(Draft::default(), Draft::Draft202012);
}

#[tokio::test]
async fn every_example_is_valid_by_its_schema() {
    let world = World::new().await;
    let document = document(&world).await;
    let mut seen = 0;
    let mut judge = |what: String, said: &Value, example: &Value| {
        let problems = problems(&document, &said["schema"], example);
        assert!(problems.is_empty(), "{what}: {problems:?} in {example}");
        seen += 1;
    };
    for (path, method, operation) in operations(&document) {
        let own = operation["parameters"].as_array().into_iter().flatten();
        let of_path = document["paths"][&path]["parameters"].as_array().into_iter().flatten();
        for parameter in own.chain(of_path) {
            judge(format!("{method} {path} {}", parameter["name"]), parameter, &parameter["example"]);
        }
        let body = &operation["requestBody"]["content"]["application/json"];
        if body.is_object() {
            judge(format!("{method} {path}"), body, &body["example"]);
        }
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let answer = resolved(&document, answer);
            for (media, content) in answer["content"].as_object().into_iter().flatten() {
                judge(format!("{method} {path} {status} {media}"), content, &content["example"]);
            }
            for (name, header) in answer["headers"].as_object().unwrap() {
                let header = resolved(&document, header);
                judge(format!("{method} {path} {status} {name}"), header, &header["example"]);
            }
        }
    }
    assert!(seen > 100, "{seen}");
}
