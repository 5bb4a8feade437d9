//! What the page of keys says.

use askama::Template;

use crate::pages::views::Frame;

/// `/o/account/keys/`.
#[derive(Template)]
#[template(path = "pages/keys/keys.html")]
pub(super) struct KeysPage<'a> {
    pub(super) frame: Frame<'a>,
    /// The one that has just been made: its name, and itself, this once.
    pub(super) made: Option<(&'a str, &'a str)>,
    pub(super) keys: &'a [Line],
    /// Whether they have signed in lately enough to make one.
    pub(super) may_make: bool,
    pub(super) name: &'a str,
    pub(super) days: &'a str,
    /// The most days one may last.
    pub(super) longest: u64,
    pub(super) scopes: &'a [Choice],
    /// What is wrong; the field's own id, and a sentence.
    pub(super) problems: &'a [(&'static str, String)],
}

impl KeysPage<'_> {
    /// What is wrong with a field.
    fn wrong(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|(wrong, _)| *wrong == field).map(|(_, sentence)| sentence.as_str())
    }
}

/// A key in the list.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) scopes: Vec<String>,
    pub(super) made: String,
    pub(super) ends: String,
    pub(super) used: String,
}

/// A scope to choose.
pub(super) struct Choice {
    pub(super) field: String,
    pub(super) name: String,
    pub(super) means: String,
    pub(super) is_chosen: bool,
}
