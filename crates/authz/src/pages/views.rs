//! What the pages say: one struct per template, filled in by the handler that answers with it.
//!
//! Nothing is decided here. Every field is escaped where it is shown, so handlers pass plain text and never
//! HTML; URLs that end in an `href` or an `action` must have been made or verified by this server, because
//! escaping does not make a `javascript:` URL harmless. Nothing here prints itself: some fields are secrets.

use askama::Template;

use super::SITE_NAME;
use super::client_about::ClientAbout;
use super::display::Display;

/// What every page has around its content.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// The name of this installation, as in the header and after the `·` of every title.
    pub(crate) site_name: &'a str,
    /// The name of the person signed in in this browser; `None` shows no sign-out form.
    pub(crate) person: Option<&'a str>,
    /// The token of every form on the page, sent as `csrf_token`.
    pub(crate) csrf_token: &'a str,
    /// How an application wishes it to look.
    pub(crate) display: Display,
}

impl Frame<'_> {
    /// Of a page that has no form of ours and does not say who is signed in.
    pub(crate) const NOBODY: Self =
        Self { site_name: SITE_NAME, person: None, csrf_token: "", display: Display::Page };
}

/// `GET /`: greets a person who is signed in, or offers to sign in or up.
#[derive(Template)]
#[template(path = "pages/home/home.html")]
pub(crate) struct HomePage<'a> {
    pub(crate) frame: Frame<'a>,
    /// Absolute URL of the API root.
    pub(crate) api_url: &'a str,
    /// Where people go for what they are here for, as configured; they are signed in on the way.
    pub(crate) app_url: Option<&'a str>,
    /// The command line that registers a client; may have several lines.
    pub(crate) register_command: &'a str,
    /// Where the code page is, `/o/code/`.
    pub(crate) code_url: &'a str,
    /// Whether people may register applications themselves.
    pub(crate) developer_pages: bool,
}

/// `/accounts/login/`. With `frame.person` set it asks to sign in *again* and offers no sign-up.
#[derive(Template)]
#[template(path = "pages/login/login.html")]
pub(crate) struct LoginPage<'a> {
    pub(crate) frame: Frame<'a>,
    /// The name of the application that waits behind this page.
    pub(crate) client: Option<&'a str>,
    /// What that says about itself.
    pub(crate) about: ClientAbout<'a>,
    /// Where to go after signing in, already judged; sent back as `next` and kept by the link to sign-up.
    pub(crate) next: Option<&'a str>,
    /// What was typed before, or empty. The password is never kept.
    pub(crate) username: &'a str,
    /// One sentence that does not say which of the two was wrong.
    pub(crate) error: Option<&'a str>,
    /// What became of signing in at a provider instead.
    pub(crate) notice: Option<&'a str>,
    /// At whom one may sign in instead: their names and what they are called.
    pub(crate) providers: &'a [ProviderChoice<'a>],
}

/// A provider at whom one may sign in.
pub(crate) struct ProviderChoice<'a> {
    /// As it stands in addresses.
    pub(crate) name: &'a str,
    /// What people call it.
    pub(crate) title: &'a str,
}

/// `/accounts/signup/`.
#[derive(Template)]
#[template(path = "pages/signup/signup.html")]
pub(crate) struct SignupPage<'a> {
    pub(crate) frame: Frame<'a>,
    /// Where to go afterwards, already judged; sent back as `next` and kept by the link to sign-in.
    pub(crate) next: Option<&'a str>,
    /// What was typed before, or empty. The password is never kept.
    pub(crate) username: &'a str,
    /// At whom one may sign in instead.
    pub(crate) providers: &'a [ProviderChoice<'a>],
    /// The least number of characters of a password, for the hint and for `minlength`.
    pub(crate) password_min: usize,
    /// What is wrong with the form as a whole, such as an expired one.
    pub(crate) error: Option<&'a str>,
    /// What is wrong with the username, in one sentence that stands alone: the summary repeats it.
    pub(crate) username_error: Option<&'a str>,
    /// What is wrong with the password, in one sentence that stands alone: the summary repeats it.
    pub(crate) password_error: Option<&'a str>,
    /// The address that was typed before, or empty; `None` where no mail is sent and none is asked for.
    pub(crate) email: Option<&'a str>,
    /// What is wrong with it, in one sentence that stands alone.
    pub(crate) email_error: Option<&'a str>,
}

/// The question of `/o/authorize/`. The answer is posted to `action` as `decision=allow` or `decision=refuse`.
#[derive(Template)]
#[template(path = "protocol/authorize/consent.html")]
pub(crate) struct ConsentPage<'a> {
    /// `person` is always `Some` here.
    pub(crate) frame: Frame<'a>,
    /// The registered name of the application.
    pub(crate) client_name: &'a str,
    /// What it says about itself.
    pub(crate) about: ClientAbout<'a>,
    /// Whether it registered itself, and nobody has vouched for it.
    pub(crate) self_registered: bool,
    /// Host of the address at which it describes itself, if it is known by that.
    pub(crate) client_host: Option<&'a str>,
    /// Host (and unusual port) of the verified redirect URI, punycode kept; the scheme where it has no host.
    pub(crate) redirect_host: &'a str,
    /// What it asks for, in the order to be shown.
    pub(crate) scopes: &'a [ConsentScope<'a>],
    /// How long one access token lasts, such as "10 hours".
    pub(crate) access_lasts: &'a str,
    /// Whether it also gets a refresh token.
    pub(crate) renewable: bool,
    /// The page's own path and query.
    pub(crate) action: &'a str,
    /// The seal over what this page showed, sent back as `shown`.
    pub(crate) shown: &'a str,
}

/// One line of the consent page, and of those that show what was consented to.
pub(crate) struct ConsentScope<'a> {
    /// As in the request: `tracks:read`.
    pub(crate) name: &'a str,
    /// Plain words that start with a capital and a verb, without a full stop: "See your time entries".
    pub(crate) description: &'a str,
}

/// `/o/device/`: asks for the code that a device shows.
#[derive(Template)]
#[template(path = "pages/device/device.html")]
pub(crate) struct DevicePage<'a> {
    /// `person` is always `Some` here.
    pub(crate) frame: Frame<'a>,
    /// What was typed or came with the address, or empty.
    pub(crate) user_code: &'a str,
    /// Whether it came with the address, and is to be compared with what the device shows.
    pub(crate) is_prefilled: bool,
    /// One sentence that does not say what was wrong with the code.
    pub(crate) error: Option<&'a str>,
}

/// What a device asks. The answer is posted to `/o/device/` as `decision=allow` or `decision=refuse`.
#[derive(Template)]
#[template(path = "pages/device/question.html")]
pub(crate) struct DeviceQuestionPage<'a> {
    /// `person` is always `Some` here.
    pub(crate) frame: Frame<'a>,
    /// The registered name of the application.
    pub(crate) client_name: &'a str,
    /// The code, as the device shows it.
    pub(crate) user_code: &'a str,
    /// How long ago the device asked, such as "2 minutes ago".
    pub(crate) asked: &'a str,
    /// What it asks for, in the order to be shown.
    pub(crate) scopes: &'a [ConsentScope<'a>],
    /// How long one access token lasts, such as "10 hours".
    pub(crate) access_lasts: &'a str,
    /// Whether it also gets a refresh token.
    pub(crate) renewable: bool,
    /// The seal over what this page showed, sent back as `shown`.
    pub(crate) shown: &'a str,
}

/// `GET /o/code/`, for people at a terminal whose application registered this page as its redirect URI.
#[derive(Template)]
#[template(path = "pages/code/code.html")]
pub(crate) struct CodePage<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) outcome: CodeOutcome<'a>,
}

/// What the code page was opened with.
pub(crate) enum CodeOutcome<'a> {
    /// A code that this server can open. Anything else must not get here: `curl` is pasted into a shell.
    Issued {
        /// The code itself.
        code: &'a str,
        /// How long it can be exchanged, such as "60 seconds".
        valid_for: &'a str,
        /// The exact command line, quoted for a shell; may have several lines.
        curl: &'a str,
    },
    /// An error instead. Anybody can make a link with these parameters, so their text must be this server's own.
    Failed {
        /// The code of the RFC, such as `access_denied`.
        error: &'a str,
        /// The same in plain words: "You refused the request."
        sentence: &'a str,
        /// More, for the developer.
        description: Option<&'a str>,
    },
    /// Neither: the page says how it is used.
    Unasked {
        /// The absolute URL of this page.
        redirect_uri: &'a str,
        /// The absolute URL of the authorization endpoint, without a query.
        authorize_url: &'a str,
        /// The scopes of the example, separated by spaces.
        scope: &'a str,
    },
}

/// A heading and a few sentences: signed out, signed in already, and the like.
#[derive(Template)]
#[template(path = "pages/message.html")]
pub(crate) struct MessagePage<'a> {
    pub(crate) frame: Frame<'a>,
    /// The heading, also the title.
    pub(crate) heading: &'a str,
    /// One paragraph each.
    pub(crate) sentences: &'a [&'a str],
    /// Where to go from here; without one, the front page.
    pub(crate) link: Option<PageLink<'a>>,
}

/// After signing out.
#[derive(Template)]
#[template(path = "pages/signed_out.html")]
pub(crate) struct SignedOutPage<'a> {
    pub(crate) frame: Frame<'a>,
    /// What applications want to be loaded: addresses they have registered.
    pub(crate) frames: &'a [String],
    /// Where to go from here.
    pub(crate) link: PageLink<'a>,
}

/// `/o/logout/`: whether the person wants to be signed out. The answer is posted to `action`.
#[derive(Template)]
#[template(path = "protocol/end_session/question.html")]
pub(crate) struct EndSessionPage<'a> {
    pub(crate) frame: Frame<'a>,
    /// The application that asks, if it says who it is.
    pub(crate) client_name: Option<&'a str>,
    /// Where the person would go afterwards.
    pub(crate) redirect_host: Option<&'a str>,
    /// The absolute URL of the form, with the query of the request.
    pub(crate) action: &'a str,
}

/// A link that looks like a button.
pub(crate) struct PageLink<'a> {
    /// A path of this server, or an address that it has verified.
    pub(crate) href: &'a str,
    /// What it says.
    pub(crate) label: &'a str,
}

/// Something that cannot be answered otherwise.
#[derive(Template)]
#[template(path = "pages/error.html")]
pub(crate) struct ErrorPage<'a> {
    pub(crate) frame: Frame<'a>,
    /// The heading, also the title.
    pub(crate) heading: &'a str,
    /// One fixed sentence, always the same for the same fault, so that it can be recognised and searched for.
    pub(crate) sentence: &'a str,
    /// What was wrong this time, if it helps.
    pub(crate) detail: Option<&'a str>,
    /// The request id under which the cause is logged.
    pub(crate) reference: &'a str,
}

/// `GET /o/authorized_tokens/`.
#[derive(Template)]
#[template(path = "pages/authorized_tokens/list.html")]
pub(crate) struct AuthorizedTokensPage<'a> {
    /// `person` is always `Some` here.
    pub(crate) frame: Frame<'a>,
    /// In the order to be shown.
    pub(crate) applications: &'a [AuthorizedApplication<'a>],
}

/// An application, with each time that it was allowed something.
pub(crate) struct AuthorizedApplication<'a> {
    /// Its client id.
    pub(crate) id: &'a str,
    /// Its registered name.
    pub(crate) name: String,
    /// At least one.
    pub(crate) grants: Vec<AuthorizedGrant<'a>>,
}

/// What a person allowed an application once.
pub(crate) struct AuthorizedGrant<'a> {
    /// As it stands in the address of the page that ends it.
    pub(crate) id: &'a str,
    /// What for.
    pub(crate) scopes: Vec<ConsentScope<'a>>,
    /// The day it was allowed.
    pub(crate) since: String,
    /// The day it was last renewed.
    pub(crate) last_used: String,
}

/// `/o/authorized_tokens/{id}/delete/`: the answer is posted as `which=one` or `which=all`.
#[derive(Template)]
#[template(path = "pages/authorized_tokens/delete.html")]
pub(crate) struct EndAccessPage<'a> {
    /// `person` is always `Some` here.
    pub(crate) frame: Frame<'a>,
    /// The registered name of the application.
    pub(crate) client_name: &'a str,
    /// What it may do.
    pub(crate) scopes: &'a [ConsentScope<'a>],
    /// The day it was allowed.
    pub(crate) since: &'a str,
    /// How many times the application has access.
    pub(crate) of_client: usize,
    /// The page's own path.
    pub(crate) action: &'a str,
}

/// `GET /o/account/sessions/`: the answer is posted there, as `end=others` or `end=` and a session's id.
#[derive(Template)]
#[template(path = "pages/sessions/list.html")]
pub(crate) struct SessionsPage<'a> {
    /// `person` is always `Some` here.
    pub(crate) frame: Frame<'a>,
    /// In the order to be shown.
    pub(crate) sessions: &'a [ListedSession<'a>],
    /// How many of them are other browsers'.
    pub(crate) elsewhere: usize,
}

/// A browser in which a person is signed in.
pub(crate) struct ListedSession<'a> {
    /// What applications know the session by.
    pub(crate) id: String,
    /// What the browser calls itself.
    pub(crate) name: String,
    /// Where it was last seen.
    pub(crate) address: &'a str,
    /// When the person signed in there.
    pub(crate) since: String,
    /// When it was last seen, such as "2 hours ago".
    pub(crate) last_seen: String,
    /// Whether it is the one that shows this.
    pub(crate) is_here: bool,
}
