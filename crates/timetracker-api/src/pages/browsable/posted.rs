//! A form of these pages, and the request it stands for: a browser without scripts can only post forms.

use actix_web::http::Method;
use actix_web::web::Bytes;

use crate::wire::query::Parameters;

/// The fields that are not the API's begin so.
const OWN: char = '_';

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
    /// What was typed.
    pub typed: Parameters,
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
        Self { kind, method, key: form.said("_key").map(str::to_owned), typed: form }
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

    /// A field that is empty says nothing, but where it says that nothing is there. A list is typed with commas.
    fn fields(&self) -> String {
        let is_list = |name: &str| self.typed.all("_list").any(|list| list == name);
        let may_be_empty = |name: &str| self.typed.all("_empty").any(|empty| empty == name);
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.typed.pairs().filter(|(name, _)| !name.starts_with(OWN)) {
            if is_list(name) {
                let mut items = value.split(',').map(str::trim).filter(|item| !item.is_empty()).peekable();
                if items.peek().is_none() {
                    out.append_pair(name, "");
                }
                out.extend_pairs(items.map(|item| (name, item)));
            } else if !value.is_empty() || may_be_empty(name) {
                out.append_pair(name, value);
            }
        }
        out.finish()
    }
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
            ("_form=fields&tags=a,+b+c,,&_list=tags&_method=PATCH", "PATCH", "tags=a&tags=b+c"),
            ("_form=fields&tags=+,&_list=tags", "POST", "tags="),
        ] {
            assert_eq!(body(form), (method.to_owned(), expected.to_owned()), "{form}");
        }
    }
}
