//! The page between ours and a provider's.

use askama::Template;

use crate::pages::views::Frame;

/// Goes on by itself.
#[derive(Template)]
#[template(path = "pages/provider_sign_in/going.html")]
pub(super) struct GoingPage<'a> {
    pub(super) frame: Frame<'a>,
    /// What people call the provider.
    pub(super) title: &'a str,
    /// Its authorization endpoint, with the request.
    pub(super) url: &'a str,
}
