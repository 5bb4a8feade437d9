//! A JSON body as it is shown: indented, in colours, and what leads somewhere is a link. Pure; the template escapes.

use serde_json::Value;
use url::Url;

use crate::routes::Endpoint;

/// A part of what is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is, for the style sheet; empty for punctuation.
    pub class: &'static str,
    /// As it stands.
    pub text: String,
    /// Where it leads.
    pub href: Option<String>,
}

/// Takes a body apart, of what is at `path` below `base`; `None` when it is no JSON.
pub fn pieces(body: &[u8], base: &str, path: &str) -> Option<Vec<Piece>> {
    let value = serde_json::from_slice(body).ok()?;
    let mut view = View { pieces: Vec::new(), base, collection: collection(path) };
    view.value(&value, 0, "", false);
    Some(view.pieces)
}

/// The path of a list's items, up to their id.
fn collection(path: &str) -> Option<String> {
    let path = path.strip_prefix("/api")?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let is_list = !path.is_empty() && Endpoint::find(&format!("{path}/0/")).is_some();
    is_list.then(|| format!("/api{path}"))
}

/// Where the members lead that hold the id of something else.
fn of_member(name: &str, id: i64) -> Option<String> {
    let collection = match name {
        "activity" => "activities",
        "project" => "projects",
        "client" => "clients",
        "task" => "tasks",
        "track" => "tracks",
        _ => return None,
    };
    Endpoint::find(&format!("/{collection}/{id}/")).map(|_| format!("/api/{collection}/{id}/"))
}

/// Only addresses that a browser opens as a page.
fn of_text(text: &str) -> Option<String> {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let url = Url::parse(text).ok().filter(|url| is_web && url.has_host())?;
    Some(url.into())
}

struct View<'a> {
    base: &'a str,
    pieces: Vec<Piece>,
    collection: Option<String>,
}

impl View<'_> {
    fn say(&mut self, class: &'static str, text: impl Into<String>, href: Option<String>) {
        let text = text.into();
        // What is of one kind is one piece.
        if let Some(last) = self.pieces.last_mut()
            && class.is_empty()
            && last.class.is_empty()
        {
            last.text.push_str(&text);
            return;
        }
        self.pieces.push(Piece { class, text, href });
    }

    /// `is_item`: an element of a page's `results`.
    fn value(&mut self, value: &Value, depth: usize, name: &str, is_item: bool) {
        match value {
            Value::Null => self.say("null", "null", None),
            Value::Bool(is) => self.say("bool", is.to_string(), None),
            Value::Number(number) => {
                let href = number.as_i64().and_then(|id| of_member(name, id));
                let href = href.map(|href| format!("{}{href}", self.base));
                self.say("number", number.to_string(), href);
            }
            Value::String(text) => self.say("text", Value::from(text.as_str()).to_string(), of_text(text)),
            Value::Array(items) => {
                let is_results = depth == 1 && name == "results";
                self.inside(('[', ']'), items.len(), depth, |view, at| {
                    if let Some(item) = items.get(at) {
                        view.value(item, depth + 1, "", is_results);
                    }
                });
            }
            Value::Object(members) => {
                let members: Vec<_> = members.iter().collect();
                self.inside(('{', '}'), members.len(), depth, |view, at| {
                    let Some((name, value)) = members.get(at) else { return };
                    view.say("key", Value::from(name.as_str()).to_string(), None);
                    view.say("", ": ", None);
                    let item = value.as_i64().filter(|_| is_item && *name == "id");
                    match (item, &view.collection) {
                        (Some(id), Some(collection)) => {
                            let href = format!("{}{collection}/{id}/", view.base);
                            view.say("number", id.to_string(), Some(href));
                        }
                        _ => view.value(value, depth + 1, name, false),
                    }
                });
            }
        }
    }

    fn inside(
        &mut self,
        (open, close): (char, char),
        length: usize,
        depth: usize,
        mut each: impl FnMut(&mut Self, usize),
    ) {
        if length == 0 {
            return self.say("", format!("{open}{close}"), None);
        }
        self.say("", open, None);
        for at in 0..length {
            let comma = if at == 0 { "" } else { "," };
            self.say("", format!("{comma}\n{}", "    ".repeat(depth + 1)), None);
            each(self, at);
        }
        self.say("", format!("\n{}{close}", "    ".repeat(depth)), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &str, path: &str) -> (String, Vec<String>) {
        let pieces = pieces(body.as_bytes(), "", path).unwrap();
        let text = pieces.iter().map(|piece| piece.text.as_str()).collect();
        (text, pieces.into_iter().filter_map(|piece| piece.href).collect())
    }

    #[test]
    fn it_reads_as_the_framework_would_indent_it() {
        let body = r#"{"a":[1,null,true],"b":{},"c":[],"d":"é\"\n<b>"}"#;
        let value: Value = serde_json::from_str(body).unwrap();
        let mut expected = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
        let mut serializer = serde_json::Serializer::with_formatter(&mut expected, formatter);
        serde::Serialize::serialize(&value, &mut serializer).unwrap();
        assert_eq!(shown(body, "/api/").0, String::from_utf8(expected).unwrap());
        assert!(pieces(b"no JSON", "", "/api/").is_none());
    }

    /// R134: what leads somewhere leads to the web, and nowhere else.
    #[test]
    fn only_what_leads_somewhere_is_a_link() {
        let list = r#"{"next":"https://time.example/api/tracks/?page=2","results":[{"id":7,"activity":3,"user":4}]}"#;
        let links = ["https://time.example/api/tracks/?page=2", "/api/tracks/7/", "/api/activities/3/"];
        assert_eq!(shown(list, "/api/tracks/").1, links);
        assert_eq!(shown(list, "/api/tracks").1, links);
        let below = pieces(list.as_bytes(), "/tt", "/api/tracks/").unwrap();
        let below: Vec<_> = below.into_iter().filter_map(|piece| piece.href).collect();
        assert_eq!(below[1..], ["/tt/api/tracks/7/", "/tt/api/activities/3/"]);
        assert_eq!(shown(r#"{"id":7,"activity":3}"#, "/api/tracks/7/").1, ["/api/activities/3/"]);
        for text in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//evil",
            "https://",
            "http:x",
            " https://a",
            "ftp://a",
        ] {
            assert_eq!(shown(&Value::from(text).to_string(), "/api/").1, Vec::<String>::new(), "{text}");
        }
    }
}
