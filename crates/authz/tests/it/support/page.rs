//! Forms, as a browser would see them.

use scraper::{Html, Selector};

use super::BASE;

/// A form of a page: where it goes, and what it carries unseen.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Form {
    pub fn find(page: &Html, id: &str) -> Option<Self> {
        let form = Selector::parse(&format!("form#{id}")).unwrap();
        let hidden = Selector::parse("input[type=hidden], input[hidden]").unwrap();
        let form = page.select(&form).next()?;
        assert_eq!(form.attr("method"), Some("post"));
        let action = form.attr("action").unwrap();
        let fields = form
            .select(&hidden)
            .map(|input| (input.attr("name").unwrap().to_owned(), input.attr("value").unwrap().to_owned()))
            .collect();
        Some(Self { action: action.strip_prefix(BASE).unwrap_or(action).to_owned(), fields })
    }

    /// With one more field filled in, or another value in one.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
