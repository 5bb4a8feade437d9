//! The document, as a page shows it. Pure; the template escapes.

use serde_json::Value;

/// A part of a sentence.
#[derive(Debug)]
pub struct Part {
    /// Whether it stood between backticks.
    pub is_code: bool,
    /// What it says.
    pub text: String,
}

/// What an answer may be.
#[derive(Debug)]
pub struct Form {
    /// Whether it is an object on this page, or a media type.
    pub is_object: bool,
    /// Its name.
    pub name: String,
}

/// What can be done with a resource.
#[derive(Debug)]
pub struct Group {
    /// The resource.
    pub name: String,
    /// What can be done.
    pub operations: Vec<Shown>,
}

/// A method of a route.
#[derive(Debug)]
pub struct Shown {
    /// Its name, unique on the page.
    pub id: String,
    /// GET, and so on.
    pub method: String,
    /// From the host on.
    pub path: String,
    /// In a few words.
    pub summary: String,
    /// More about it.
    pub help: Vec<Part>,
    /// Scopes, of which one suffices; none where no token is asked for.
    pub scopes: Vec<String>,
    /// What it understands in the path, the query and headers.
    pub parameters: Vec<Row>,
    /// What may be sent.
    pub body: Vec<Row>,
    /// What it answers: status, words, and what is in it.
    pub answers: Vec<(String, Vec<Part>, Vec<Form>)>,
    /// How to try it.
    pub curl: String,
    /// What it may answer then.
    pub sample: Option<String>,
}

/// A field or a parameter.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What it may be, and where it stands.
    pub kind: String,
    /// Whether it has to be there.
    pub is_needed: bool,
    /// More about it.
    pub help: Vec<Part>,
}

/// What an answer is made of.
#[derive(Debug)]
pub struct Object {
    /// Its name.
    pub name: String,
    /// What one is.
    pub help: Vec<Part>,
    /// Its fields.
    pub fields: Vec<Row>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What is said, in parts.
pub fn sentence(said: &str) -> Vec<Part> {
    let parts = said.split('`').enumerate().filter(|(_, part)| !part.is_empty());
    parts.map(|(position, part)| Part { is_code: position % 2 == 1, text: part.to_owned() }).collect()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// What is there, or nothing.
fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// What a reference leads to, or the value itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

fn name_of(schema: &Value) -> Option<String> {
    schema["$ref"].as_str()?.rsplit('/').next().map(str::to_owned)
}

/// Each scope and what it opens.
pub fn scopes(document: &Value) -> Vec<(String, String)> {
    let scopes = at(document, "/components/securitySchemes/oauth2/flows/authorizationCode/scopes");
    members(scopes).map(|(name, says)| (name.clone(), text(says))).collect()
}

/// What answers are made of. What is only sent stands with the methods.
pub fn objects(document: &Value) -> Vec<Object> {
    let schemas = at(document, "/components/schemas");
    let all = members(schemas);
    let is_part = |name: &str| name.strip_suffix("Row").is_some_and(|whole| schemas.get(whole).is_some());
    let objects = all.filter(|(name, schema)| {
        schema["properties"].is_object() && !name.ends_with("Request") && !is_part(name)
    });
    objects
        .map(|(name, schema)| Object {
            name: name.clone(),
            help: sentence(&text(&schema["description"])),
            fields: fields(schema),
        })
        .collect()
}

fn fields(schema: &Value) -> Vec<Row> {
    let is_needed = |name: &str| items(&schema["required"]).any(|each| each == name);
    let rows = members(&schema["properties"]).map(|(name, field)| Row {
        name: name.clone(),
        kind: words(field),
        is_needed: is_needed(name),
        help: sentence(&text(&field["description"])),
    });
    rows.collect()
}

/// What a value may be, in words.
fn words(schema: &Value) -> String {
    if let Some(name) = name_of(schema) {
        return name;
    }
    let mut either: Vec<String> = items(&schema["oneOf"]).chain(items(&schema["anyOf"])).map(words).collect();
    // Parts of what is there as a whole.
    if let [whole, .., part] = either.as_slice()
        && part.strip_suffix("Row") == Some(whole)
    {
        either.pop();
    }
    if !either.is_empty() {
        return either.join(" or ");
    }
    if let Some(only) = schema["const"].as_str() {
        return format!("“{only}”");
    }
    let choices: Vec<&str> = items(&schema["enum"]).filter_map(Value::as_str).collect();
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    let mut said = match (kinds.first().copied().unwrap_or("anything"), schema["format"].as_str()) {
        ("array", _) => format!("list of {}", words(&schema["items"])),
        ("string", Some("date-time")) => "instant".to_owned(),
        ("string", Some("uuid")) => "UUID".to_owned(),
        ("string", Some("uri")) => "address".to_owned(),
        ("string", Some(format)) => format.to_owned(),
        ("string", None) if (1..=20).contains(&choices.len()) => choices.join(", "),
        ("string", None) => "text".to_owned(),
        (kind, _) => kind.to_owned(),
    };
    for (bound, before) in
        [("maxLength", "up to"), ("maxItems", "up to"), ("minimum", "from"), ("maximum", "to")]
    {
        if let Some(number) = schema[bound].as_i64() {
            let unit = if bound == "maxLength" { " characters" } else { "" };
            said = format!("{said}, {before} {number}{unit}");
        }
    }
    if kinds.len() > 1 && kinds.contains(&"null") { said + ", or null" } else { said }
}

/// What can be done, by resource. OPTIONS is everywhere the same and told once.
pub fn groups(document: &Value) -> Vec<Group> {
    let mut groups: Vec<Group> = items(&document["tags"])
        .map(|tag| Group { name: text(&tag["name"]), operations: Vec::new() })
        .collect();
    for (path, item) in members(&document["paths"]) {
        for (method, operation) in
            members(item).filter(|(name, _)| *name != "parameters" && *name != "options")
        {
            let tag = at(operation, "/tags/0").as_str();
            if let Some(group) = groups.iter_mut().find(|group| Some(group.name.as_str()) == tag) {
                let in_path = items(&item["parameters"]).collect();
                group.operations.push(shown(document, (path, method), operation, in_path));
            }
        }
    }
    groups
}

fn shown<'a>(
    document: &'a Value,
    (path, method): (&str, &str),
    operation: &'a Value,
    mut places: Vec<&'a Value>,
) -> Shown {
    places.extend(items(&operation["parameters"]));
    let parameters = places.iter().map(|parameter| Row {
        name: text(&parameter["name"]),
        kind: format!(
            "in the {}, {}",
            parameter["in"].as_str().unwrap_or_default(),
            words(&parameter["schema"])
        ),
        is_needed: parameter["required"] == Value::Bool(true),
        help: sentence(&text(&parameter["description"])),
    });
    let sent = at(operation, "/requestBody/content/application~1json");
    let answers = members(&operation["responses"]).map(|(status, answer)| {
        let answer = resolved(document, answer);
        let forms = members(&answer["content"]).filter(|(media, _)| *media != "application/problem+json");
        let forms = forms.map(|(media, form)| {
            let is_object = resolved(document, &form["schema"])["properties"].is_object();
            Form { is_object, name: name_of(&form["schema"]).unwrap_or_else(|| media.clone()) }
        });
        (status.clone(), sentence(&text(&answer["description"])), forms.collect())
    });
    let sample = members(&operation["responses"]).find_map(|(_, answer)| {
        let (_, form) = members(&answer["content"]).next()?;
        match form.get("example")? {
            Value::String(text) => Some(text.clone()),
            sample => serde_json::to_string_pretty(sample).ok(),
        }
    });
    let scopes: Vec<String> = items(&operation["security"])
        .filter_map(|one| at(one, "/oauth2/0").as_str())
        .map(str::to_owned)
        .collect();
    Shown {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        help: sentence(&text(&operation["description"])),
        curl: curl(document, (path, method), (&places, !scopes.is_empty()), sent.get("example")),
        scopes,
        parameters: parameters.collect(),
        body: fields(resolved(document, &sent["schema"])),
        answers: answers.collect(),
        sample,
    }
}

/// A line for a shell that has a token in `access_token`, where one is asked for.
fn curl(
    document: &Value,
    (path, method): (&str, &str),
    (places, asks_token): (&[&Value], bool),
    body: Option<&Value>,
) -> String {
    let mut path = path.to_owned();
    for place in places.iter().filter(|place| place["in"] == "path") {
        let example = match &place["example"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        path = path.replace(&format!("{{{}}}", place["name"].as_str().unwrap_or_default()), &example);
    }
    let base = at(document, "/servers/0/url").as_str().unwrap_or_default();
    let mut line = "curl".to_owned();
    if method != "get" {
        line = format!("{line} -X {}", method.to_uppercase());
    }
    line = format!("{line} {base}{path}");
    if asks_token {
        line = format!("{line} \\\n  -H \"Authorization: Bearer $access_token\"");
    }
    if let Some(body) = body {
        // In single quotes a shell takes everything as it is, but for those.
        let body = body.to_string().replace('\'', r"'\''");
        line = format!("{line} \\\n  -H \"Content-Type: application/json\" \\\n  -d '{body}'");
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_value_may_be_is_said_in_words() {
        for (schema, expected) in [
            (json!({"$ref": "#/components/schemas/Track"}), "Track"),
            (json!({"oneOf": [{"$ref": "#/x/Track"}, {"type": "null"}]}), "Track or null"),
            (json!({"anyOf": [{"$ref": "#/x/Track"}, {"$ref": "#/x/TrackRow"}]}), "Track"),
            (json!({"type": ["string", "null"], "format": "date-time"}), "instant, or null"),
            (json!({"type": "string", "maxLength": 100}), "text, up to 100 characters"),
            (
                json!({"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "maxItems": 3}),
                "list of a, b, up to 3",
            ),
            (json!({"type": "integer", "minimum": 1, "maximum": 9}), "integer, from 1, to 9"),
            (json!({"const": "upsert", "type": "string"}), "“upsert”"),
        ] {
            assert_eq!(words(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn code_stands_between_backticks() {
        let parts = |said| {
            let parts = sentence(said).into_iter();
            parts.map(|part| format!("{}:{}", part.is_code, part.text)).collect::<Vec<_>>()
        };
        assert_eq!(parts("With `a`, and `b`"), ["false:With ", "true:a", "false:, and ", "true:b"]);
        assert_eq!(parts("`a` is"), ["true:a", "false: is"]);
        assert!(parts("").is_empty());
    }

    /// What stands in an example can do nothing in a shell.
    #[test]
    fn a_line_for_a_shell_quotes_what_is_sent() {
        let document = json!({"servers": [{"url": "https://time.example.com"}]});
        let id = json!({"name": "id", "in": "path", "example": 7});
        let line =
            curl(&document, ("/api/tracks/{id}/", "put"), (&[&id], true), Some(&json!({"a": "it's `x` $y"})));
        let expected = "curl -X PUT https://time.example.com/api/tracks/7/ \\\n  -H \"Authorization: Bearer $access_token\" \\\n  \
                        -H \"Content-Type: application/json\" \\\n  -d '{\"a\":\"it'\\''s `x` $y\"}'";
        assert_eq!(line, expected);
    }
}
