//! What came back.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use scraper::Html;
use serde_json::Value;

use super::page::Form;

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

/// What introspection says of every token it does not vouch for, to the byte.
pub const INACTIVE: &str = r#"{"active":false}"#;

impl Answer {
    /// Every answer of the suite passes here: none redirects so that a browser repeats a body (R9), none fails
    /// on our side, and each says that its type is not to be guessed (R132).
    pub async fn from(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.unwrap_or_default() }.checked()
    }

    /// As it came on a connection that the server has closed since.
    pub fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("half an answer: {text:?}"));
        let (first, lines) = head.split_once("\r\n").unwrap();
        let status = first.strip_prefix("HTTP/1.1 ").unwrap()[..3].parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap())
        };
        let mut headers = HeaderMap::new();
        for (name, value) in lines.split("\r\n").map(header) {
            headers.append(name, value);
        }
        let answer = Self { status, headers, body: body.to_owned() }.checked();
        assert_eq!(answer.header("content-length"), Some(body.len().to_string().as_str()), "{answer:?}");
        answer
    }

    fn checked(self) -> Self {
        assert!(![301, 302, 307, 308].contains(&self.status), "{self:?}");
        assert!(self.status != 500, "{self:?}");
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"), "{self:?}");
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_str(&self.body).unwrap()
    }

    /// A member of the JSON body that is a text.
    pub fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap_or_else(|| panic!("{member} in {self:?}")).to_owned()
    }

    pub fn html(&self) -> Html {
        assert_eq!(self.header("content-type"), Some("text/html; charset=utf-8"), "{self:?}");
        Html::parse_document(&self.body)
    }

    /// The text of the element of that id, blanks folded.
    pub fn element(&self, id: &str) -> Option<String> {
        let selector = scraper::Selector::parse(&format!("#{id}")).unwrap();
        let text: String = self.html().select(&selector).next()?.text().collect();
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    pub fn form(&self, id: &str) -> Form {
        Form::find(&self.html(), id).unwrap_or_else(|| panic!("no form {id} in {self:?}"))
    }

    /// An OAuth error to the letter (RFC 6749 section 5.2).
    #[track_caller]
    pub fn is_error(&self, status: u16, error: &str) {
        assert_eq!((self.status, self.json()["error"].as_str()), (status, Some(error)), "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        let description = self.text("error_description");
        let allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        assert!(description.bytes().all(allowed), "{description}");
        assert_eq!(self.json().as_object().unwrap().len(), 2, "{self:?}");
        let challenged = self.header("www-authenticate").is_some_and(|value| value.starts_with("Basic "));
        assert_eq!(challenged, status == 401, "{self:?}");
    }

    /// A page of that status that leads nowhere.
    #[track_caller]
    pub fn is_page(&self, status: u16) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("location"), None, "{self:?}");
        self.html();
    }

    /// Where a 303 leads.
    #[track_caller]
    pub fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{self:?}");
        self.header("location").unwrap()
    }

    /// The parameters with which a 303 leads back to `uri`.
    #[track_caller]
    pub fn returned_to(&self, uri: &str) -> Vec<(String, String)> {
        let location = self.location();
        let rest = location.strip_prefix(uri).unwrap_or_else(|| panic!("{location} is not at {uri}"));
        let query = rest.strip_suffix("#_").unwrap_or_else(|| panic!("{location} can carry a fragment on"));
        let query = query.strip_prefix(['?', '&']).unwrap_or_else(|| panic!("{location} has no parameters"));
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// The cookies it sets, each a whole `Set-Cookie` line.
    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect()
    }
}
