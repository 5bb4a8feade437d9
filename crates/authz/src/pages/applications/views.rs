//! What the developer pages say.

use askama::Template;

use crate::pages::views::Frame;

/// `/o/applications/`.
#[derive(Template)]
#[template(path = "pages/applications/list.html")]
pub(super) struct ListPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) applications: &'a [Line],
    /// How many one may have, when there are as many.
    pub(super) full_at: Option<u32>,
}

/// An application in the list.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) name: String,
    /// What it is and since when, in words.
    pub(super) about: String,
}

/// The form to register or change an application.
#[derive(Template)]
#[template(path = "pages/applications/form.html")]
pub(super) struct FormPage<'a> {
    pub(super) frame: Frame<'a>,
    /// The application that is changed; none while it is registered.
    pub(super) id: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) is_confidential: bool,
    pub(super) grant_types: &'a [Choice],
    /// One to a line.
    pub(super) redirect_uris: &'a str,
    /// Where the code page is.
    pub(super) code_url: &'a str,
    pub(super) scopes: &'a [Choice],
    /// What is wrong; the field's own id, and a sentence.
    pub(super) problems: &'a [(&'static str, String)],
}

impl FormPage<'_> {
    /// What is wrong with a field.
    fn wrong(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|(wrong, _)| *wrong == field).map(|(_, sentence)| sentence.as_str())
    }
}

/// A box to tick.
pub(super) struct Choice {
    /// Of the field.
    pub(super) name: String,
    /// As the protocol has it; empty when the label is that.
    pub(super) value: String,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) is_chosen: bool,
}

/// `/o/applications/{id}/`.
#[derive(Template)]
#[template(path = "pages/applications/show.html")]
pub(super) struct ShowPage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    /// How it proves who it is, in words.
    pub(super) kind: &'a str,
    pub(super) has_a_secret: bool,
    /// An administrator has switched it off.
    pub(super) is_disabled: bool,
    pub(super) grant_types: &'a [&'a str],
    pub(super) redirect_uris: &'a [&'a str],
    pub(super) scopes: &'a str,
    pub(super) registered: &'a str,
    /// Until when the secret before this one is valid, if it still is.
    pub(super) previous_until: Option<&'a str>,
    /// The secret, this once.
    pub(super) secret: Option<&'a str>,
    pub(super) run: &'a FirstRun,
}

/// The first run, as far as it has come.
pub(super) struct FirstRun {
    pub(super) code: Option<CodeRun>,
    pub(super) own: Option<OwnRun>,
    pub(super) device: Option<DeviceRun>,
}

/// By authorization code: what to open, and what to run after it.
pub(super) struct CodeRun {
    pub(super) verifier: String,
    pub(super) authorize_url: String,
    /// Where the code arrives.
    pub(super) redirect_uri: String,
    /// Whether that is our own code page.
    pub(super) at_code_page: bool,
    /// The code that was pasted, if it is one of ours for this application.
    pub(super) pasted: Option<String>,
    /// Why it is not.
    pub(super) problem: Option<&'static str>,
    pub(super) exchange: String,
    pub(super) answer: Option<Answer>,
    pub(super) call: String,
    pub(super) refresh: Option<String>,
    pub(super) revoke: String,
}

/// For itself.
pub(super) struct OwnRun {
    pub(super) line: String,
    /// Why it was not tried.
    pub(super) problem: Option<&'static str>,
    pub(super) answer: Option<Answer>,
}

/// Without a browser of its own.
pub(super) struct DeviceRun {
    pub(super) start: String,
    pub(super) poll: String,
}

/// What the token endpoint said.
pub(super) struct Answer {
    pub(super) status: String,
    pub(super) body: String,
    /// What the next lines use, if it said yes.
    pub(super) access_token: Option<String>,
    pub(super) refresh_token: Option<String>,
}

/// Asks before a new secret is made.
#[derive(Template)]
#[template(path = "pages/applications/rotate_secret.html")]
pub(super) struct RotatePage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    /// How long the present secret stays valid, such as "1 day".
    pub(super) overlap: &'a str,
    /// Until when the secret before the present one would have been valid.
    pub(super) previous_until: Option<&'a str>,
}

/// Asks before an application is deleted.
#[derive(Template)]
#[template(path = "pages/applications/delete.html")]
pub(super) struct DeletePage<'a> {
    pub(super) frame: Frame<'a>,
    pub(super) id: &'a str,
    pub(super) name: &'a str,
}
