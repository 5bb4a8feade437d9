//! A page as a browser without scripts sees it.

use scraper::{ElementRef, Html, Selector};
use url::Url;

/// Where a browser has got to.
#[derive(Clone, Debug)]
pub struct Page {
    pub url: String,
    pub status: u16,
    pub html: String,
}

/// A form, filled in as far as the server did it.
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}

fn text_of(element: ElementRef) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Page {
    /// The words of the first element that matches.
    #[track_caller]
    pub fn text(&self, css: &str) -> String {
        self.find(css).unwrap_or_else(|| panic!("no {css}: {self:?}"))
    }

    pub fn find(&self, css: &str) -> Option<String> {
        Html::parse_document(&self.html).select(&selector(css)).next().map(text_of)
    }

    /// The words of every element that matches.
    pub fn texts(&self, css: &str) -> Vec<String> {
        Html::parse_document(&self.html).select(&selector(css)).map(text_of).collect()
    }

    /// The words of an element as they stand, line breaks and all.
    #[track_caller]
    pub fn verbatim(&self, css: &str) -> String {
        let html = Html::parse_document(&self.html);
        let element = html.select(&selector(css)).next().unwrap_or_else(|| panic!("no {css}: {self:?}"));
        element.text().collect()
    }

    /// The form that matches.
    #[track_caller]
    pub fn form(&self, css: &str) -> Form {
        let html = Html::parse_document(&self.html);
        let form = html.select(&selector(css)).next().unwrap_or_else(|| panic!("no {css}: {self:?}"));
        assert_eq!(form.attr("method"), Some("post"));
        let action = Url::parse(&self.url).unwrap().join(form.attr("action").unwrap()).unwrap();
        // As a browser sends it: a box that is not ticked says nothing.
        let inputs = selector("input[name]:not([type=checkbox]), input[name][checked]");
        let field = |input: ElementRef| {
            (input.attr("name").unwrap().to_owned(), input.attr("value").unwrap_or_default().to_owned())
        };
        Form { action: action.into(), fields: form.select(&inputs).map(field).collect() }
    }

    /// A parameter of the address.
    pub fn query(&self, name: &str) -> Option<String> {
        let url = Url::parse(&self.url).unwrap();
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}
