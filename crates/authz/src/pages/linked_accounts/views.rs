//! What the pages about linked accounts say.

use askama::Template;

use crate::pages::views::{Frame, ProviderChoice};

/// `GET /o/account/providers/`.
#[derive(Template)]
#[template(path = "pages/linked_accounts/list.html")]
pub(super) struct LinkedAccountsPage<'a> {
    /// `person` is always `Some` here.
    pub(super) frame: Frame<'a>,
    /// What became of linking one.
    pub(super) notice: Option<&'a str>,
    /// In the order in which they were linked.
    pub(super) accounts: &'a [ListedAccount],
    /// Where one more may be linked.
    pub(super) providers: &'a [ProviderChoice<'a>],
}

/// An account at a provider.
pub(super) struct ListedAccount {
    /// Its number.
    pub(super) id: i64,
    /// Whether the provider is still configured.
    pub(super) is_configured: bool,
    /// What people call the provider, or its name when it is not.
    pub(super) provider: String,
    /// What the person is called there.
    pub(super) shown_name: String,
    /// The day on which it was linked.
    pub(super) linked: String,
    /// The day on which they last came from there, or "never".
    pub(super) last_used: String,
}

/// Asks whether to unlink one, or says that it cannot be done.
#[derive(Template)]
#[template(path = "pages/linked_accounts/unlink.html")]
pub(super) struct UnlinkPage<'a> {
    /// `person` is always `Some` here.
    pub(super) frame: Frame<'a>,
    /// Its number.
    pub(super) id: i64,
    /// What people call the provider.
    pub(super) provider: &'a str,
    /// What the person is called there.
    pub(super) shown_name: &'a str,
    /// Whether it was to be done and could not be.
    pub(super) is_last_way_in: bool,
}
