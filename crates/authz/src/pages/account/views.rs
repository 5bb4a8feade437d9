//! What the pages about an account say.

use askama::Template;

use crate::pages::views::Frame;

/// `/o/account/`.
#[derive(Template)]
#[template(path = "pages/account/show.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is whether the page has a line")]
pub(super) struct ShowPage<'a> {
    /// `person` is always `Some` here.
    pub(super) frame: Frame<'a>,
    pub(super) username: &'a str,
    /// The name that applications are told.
    pub(super) name: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) email: EmailShown,
    /// Whether mail is sent here at all.
    pub(super) sends_mail: bool,
    pub(super) has_password: bool,
    /// In how many browsers they are signed in.
    pub(super) sessions: usize,
    /// Whether there is a page about other services to sign in with.
    pub(super) providers: bool,
    /// Whether they may register applications.
    pub(super) developer_pages: bool,
}

/// An address, as pages show it.
pub(super) struct EmailShown {
    pub(super) address: Option<String>,
    pub(super) is_verified: bool,
    /// One that waits for its link.
    pub(super) pending: Option<String>,
}

/// `/o/account/profile/`.
#[derive(Template)]
#[template(path = "pages/account/profile.html")]
pub(super) struct ProfilePage<'a> {
    /// `person` is always `Some` here.
    pub(super) frame: Frame<'a>,
    pub(super) fields: &'a [ProfileField],
}

impl ProfilePage<'_> {
    /// Whether anything is wrong.
    fn is_wrong(&self) -> bool {
        self.fields.iter().any(|field| field.error.is_some())
    }
}

/// A field of it.
pub(super) struct ProfileField {
    /// Its name in the form, and its id.
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: Option<&'static str>,
    pub(super) autocomplete: &'static str,
    pub(super) value: String,
    pub(super) error: Option<&'static str>,
}

/// `/o/account/email/`.
#[derive(Template)]
#[template(path = "pages/account/email.html")]
pub(super) struct EmailPage<'a> {
    /// `person` is always `Some` here.
    pub(super) frame: Frame<'a>,
    pub(super) email: EmailShown,
    pub(super) username: &'a str,
    pub(super) has_password: bool,
    /// What was typed, or what is there.
    pub(super) typed: &'a str,
    /// What is wrong with the address.
    pub(super) email_error: Option<&'a str>,
    /// What is wrong with the password.
    pub(super) current_error: Option<&'a str>,
}

/// `/o/account/password/`.
#[derive(Template)]
#[template(path = "pages/account/password.html")]
pub(super) struct PasswordPage<'a> {
    /// `person` is always `Some` here.
    pub(super) frame: Frame<'a>,
    pub(super) username: &'a str,
    pub(super) has_password: bool,
    /// The least number of characters.
    pub(super) password_min: usize,
    /// What is wrong with the present one.
    pub(super) current_error: Option<&'a str>,
    /// What is wrong with the new one.
    pub(super) password_error: Option<&'a str>,
}

/// `/o/account/delete/`.
#[derive(Template)]
#[template(path = "pages/account/delete.html")]
pub(super) struct DeletePage<'a> {
    /// `person` is always `Some` here.
    pub(super) frame: Frame<'a>,
    pub(super) username: &'a str,
    pub(super) has_password: bool,
    /// What is wrong with the password.
    pub(super) current_error: Option<&'a str>,
}
