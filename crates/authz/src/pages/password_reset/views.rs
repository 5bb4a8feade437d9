//! What the pages for a forgotten password say.

use askama::Template;

use crate::pages::views::Frame;

/// `/accounts/password/reset/`.
#[derive(Template)]
#[template(path = "pages/password_reset/ask.html")]
pub(super) struct AskPage<'a> {
    pub(super) frame: Frame<'a>,
    /// Why it was not asked; nothing of whether anybody is there.
    pub(super) error: Option<&'a str>,
}

/// Behind the link.
#[derive(Template)]
#[template(path = "pages/password_reset/set.html")]
pub(super) struct SetPage<'a> {
    pub(super) frame: Frame<'a>,
    /// Whose password it is.
    pub(super) username: &'a str,
    /// The page's own path.
    pub(super) action: &'a str,
    /// The least number of characters.
    pub(super) password_min: usize,
    /// What is wrong with the new password.
    pub(super) error: Option<&'a str>,
}
