//! A form of these pages, and the request it stands for: a browser without scripts can only post forms.

use std::fmt::Write;

use actix_web::http::Method;
use actix_web::web::Bytes;
use model::secret::sha256;

use crate::pages::form::{OWN, plain_lines};
use crate::wire::query::Parameters;

/// Which form it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// With a field for each.
    Fields,
    /// With JSON as it is typed.
    Raw,
    /// With nothing but a button.
    Button,
}

/// What was posted.
#[derive(Clone, Debug)]
pub struct Posted {
    /// Which form it was.
    pub kind: Kind,
    /// The method that is meant.
    pub method: Method,
    /// So that sending it again does nothing twice.
    pub key: Option<String>,
    /// The tag of what was there when it was shown: nothing newer is to be overwritten.
    pub shown: Option<String>,
    /// What was typed.
    pub typed: Parameters,
    /// Whether it is only to be shown again: it is from before its person signed in.
    pub is_unsent: bool,
}

impl Posted {
    /// Understands a form.
    pub fn read(form: Parameters) -> Self {
        let method = match form.get("_method") {
            Some("PUT") => Method::PUT,
            Some("PATCH") => Method::PATCH,
            Some("DELETE") => Method::DELETE,
            Some("OPTIONS") => Method::OPTIONS,
            _ => Method::POST,
        };
        let kind = match form.get("_form") {
            Some("fields") => Kind::Fields,
            Some("raw") => Kind::Raw,
            _ => Kind::Button,
        };
        let said = |name: &str| form.said(name).map(str::to_owned);
        Self { kind, method, key: said("_key"), shown: said("_shown"), typed: form, is_unsent: false }
    }

    /// The body that the API gets, and its media type.
    pub fn body(&self) -> (&'static str, Bytes) {
        match self.kind {
            Kind::Raw => ("application/json", Bytes::from(self.content().to_owned())),
            Kind::Fields => ("application/x-www-form-urlencoded", Bytes::from(self.fields())),
            Kind::Button => ("application/json", Bytes::new()),
        }
    }

    /// What was typed as JSON.
    pub fn content(&self) -> &str {
        self.typed.get("_content").unwrap_or_default()
    }

    /// The mark of what stood in a field when it was shown, if anything was there.
    pub fn mark(&self, name: &str) -> Option<&str> {
        let marks = self.typed.all("_was").filter_map(|was| was.split_once(':'));
        marks.filter(|(field, _)| *field == name).map(|(_, mark)| mark).last()
    }

    /// Whether a field is as it was shown.
    pub fn is_untouched(&self, name: &str, value: &str) -> bool {
        self.mark(name).is_some_and(|was| was == mark(value))
    }

    /// What was changed of what was there, and what has to be said. Of what is new, a field that is empty says nothing, but where it
    /// says that nothing is there. A list has a line for each.
    fn fields(&self) -> String {
        let is_among = |list: &str, name: &str| self.typed.all(list).any(|each| each == name);
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.typed.pairs().filter(|(name, _)| !name.starts_with(OWN)) {
            let is_about_what_is_there = self.mark(name).is_some();
            if self.is_untouched(name, value) && !is_among("_needed", name) {
                continue;
            }
            if is_among("_list", name) {
                let mut items = value.lines().map(str::trim).filter(|item| !item.is_empty()).peekable();
                if items.peek().is_none() {
                    out.append_pair(name, "");
                }
                out.extend_pairs(items.map(|item| (name, item)));
            } else if !value.is_empty() || is_about_what_is_there || is_among("_empty", name) {
                out.append_pair(name, value);
            }
        }
        out.finish()
    }
}

/// What a value is known by again: a few letters in its place, whichever way a browser breaks its lines.
pub fn mark(value: &str) -> String {
    let digest = sha256(plain_lines(value).as_bytes());
    digest.iter().take(8).fold(String::new(), |mut mark, byte| {
        // Writing to a String does not fail.
        let _ = write!(mark, "{byte:02x}");
        mark
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(form: &str) -> (String, String) {
        let posted = Posted::read(Parameters::parse(form).unwrap());
        let (_, body) = posted.body();
        (posted.method.to_string(), String::from_utf8(body.to_vec()).unwrap())
    }

    #[test]
    fn a_form_stands_for_the_request_it_names() {
        for (form, method, expected) in [
            ("_method=PUT&_form=raw&_content=%7B%7D", "PUT", "{}"),
            ("_method=DELETE", "DELETE", ""),
            ("_method=TRACE", "POST", ""),
            ("_form=fields&a=1&b=&c=&_empty=c&_csrf=x", "POST", "a=1&c="),
            ("_form=fields&tags=a%0A+b,+c+%0A%0A&_list=tags&_method=PATCH", "PATCH", "tags=a&tags=b%2C+c"),
            ("_form=fields&tags=+%0A&_list=tags", "POST", "tags="),
        ] {
            assert_eq!(body(form), (method.to_owned(), expected.to_owned()), "{form}");
        }
    }

    #[test]
    fn of_what_is_there_only_what_was_touched_is_sent() {
        let [a, b, none] = ["a", "x\ny", ""].map(mark);
        for (form, expected) in [
            (format!("name=a&_was=name:{a}"), ""),
            (format!("name=a&_was=name:{a}&_needed=name"), "name=a"),
            (format!("name=b&_was=name:{a}"), "name=b"),
            (format!("project=&_was=project:{a}"), "project="),
            (format!("project=&_was=project:{none}"), ""),
            (format!("text=x%0Ay&_was=text:{b}"), ""),
            (format!("tags=x%0Ay&_list=tags&_was=tags:{b}"), ""),
            (format!("tags=x&_list=tags&_was=tags:{b}"), "tags=x"),
            (format!("tags=&_list=tags&_was=tags:{b}"), "tags="),
        ] {
            assert_eq!(body(&format!("_form=fields&_method=PUT&{form}")).1, expected, "{form}");
        }
        assert_eq!(mark("x\r\ny\rz"), mark("x\ny\nz"));
    }
}
