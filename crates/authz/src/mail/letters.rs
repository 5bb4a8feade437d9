//! What mails say: a subject and plain text, written here. Nothing that a person wrote is in a header but their address, which has
//! one form.

use askama::Template;
use model::db::DbError;
use model::id::UserId;
use model::time::Timestamp;

use super::links;
use super::post::Letter;
use crate::app::App;
use crate::linking;
use crate::pages::{SITE_NAME, words};
use crate::people;
use crate::store::mail_links::{self, MailLink};
use crate::store::outgoing_mail::{Kind, OutgoingMail};
use crate::store::users::User;
use crate::store::{emails, users};

#[derive(Template)]
#[template(path = "mail/reset.txt")]
struct Reset<'a> {
    site: &'a str,
    username: &'a str,
    link: &'a str,
    until: &'a str,
}

#[derive(Template)]
#[template(path = "mail/confirm_email.txt")]
struct ConfirmEmail<'a> {
    site: &'a str,
    username: &'a str,
    link: &'a str,
    until: &'a str,
}

#[derive(Template)]
#[template(path = "mail/email_in_use.txt")]
struct EmailInUse<'a> {
    site: &'a str,
    username: &'a str,
    address: &'a str,
}

#[derive(Template)]
#[template(path = "mail/password_changed.txt")]
struct PasswordChanged<'a> {
    site: &'a str,
    username: &'a str,
    at: &'a str,
    services: &'a [String],
    providers: &'a str,
    reset: &'a str,
}

#[derive(Template)]
#[template(path = "mail/provider_linked.txt")]
struct ProviderLinked<'a> {
    site: &'a str,
    username: &'a str,
    at: &'a str,
    services: &'a [String],
    providers: &'a str,
}

#[derive(Template)]
#[template(path = "mail/email_changed.txt")]
struct EmailChanged<'a> {
    site: &'a str,
    username: &'a str,
    at: &'a str,
    account: &'a str,
}

#[derive(Template)]
#[template(path = "mail/account_deleted.txt")]
struct AccountDeleted<'a> {
    site: &'a str,
    at: &'a str,
}

/// What is known of somebody when a mail to them is written.
struct Known {
    user: Option<User>,
    link: Option<MailLink>,
    is_anothers: bool,
    /// Where they can sign in now.
    services: Vec<String>,
}

/// The letter; `None` when nobody wants it any more: its link was used, replaced or voided, or its person is gone.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn write(app: &App, mail: &OutgoingMail, kind: Kind) -> Result<Option<Letter>, DbError> {
    let known = known(app, mail, kind).await?;
    let at = when(mail.asked_at);
    let base = app.config.issuer.base();
    let (reset, account) = (format!("{base}/accounts/password/reset/"), format!("{base}/o/account/"));
    let providers = &format!("{account}providers/");
    let services = known.services.as_slice();
    let username = known.user.as_ref().map_or("", |user| user.username.as_str());
    let is_about_somebody = known.user.is_some();
    let site = SITE_NAME;
    let written = match kind {
        Kind::Reset | Kind::ConfirmEmail => linked(app, mail, kind, &known),
        Kind::PasswordChanged if is_about_somebody => {
            let text =
                PasswordChanged { site, username, at: &at, services, providers, reset: &reset }.render();
            Some(("Your password was changed", text))
        }
        Kind::ProviderLinked if is_about_somebody => {
            let text = ProviderLinked { site, username, at: &at, services, providers }.render();
            Some(("A service was linked to your account", text))
        }
        Kind::EmailChanged if is_about_somebody => {
            let text = EmailChanged { site, username, at: &at, account: &account }.render();
            Some(("Your e-mail address was changed", text))
        }
        Kind::AccountDeleted => Some(("Your account was deleted", AccountDeleted { site, at: &at }.render())),
        Kind::PasswordChanged | Kind::ProviderLinked | Kind::EmailChanged | Kind::ResetAsked => None,
    };
    Ok(written.and_then(|(subject, text)| {
        Some(Letter {
            id: mail.id,
            at: mail.asked_at,
            to: mail.address.clone(),
            subject: format!("{subject} - {site}"),
            text: text.ok()?,
        })
    }))
}

fn linked(
    app: &App,
    mail: &OutgoingMail,
    kind: Kind,
    known: &Known,
) -> Option<(&'static str, askama::Result<String>)> {
    let (user, site) = (known.user.as_ref()?, SITE_NAME);
    let open = |link: &&MailLink| {
        link.is_open(app.now()) && link.address == mail.address && user.vouches_for(link.made_at)
    };
    let link = known.link.as_ref().filter(open)?;
    let kind_of_link = link_of(kind)?;
    let path = links::path_of(kind_of_link, &links::token(app, kind_of_link, &link.seed));
    let (username, until) = (user.username.as_str(), when(link.ends_at));
    let address = format!("{}{path}", app.config.issuer.base());
    Some(if kind == Kind::Reset {
        let text = Reset { site, username, link: &address, until: &until }.render();
        ("Choose a new password", text)
    } else if known.is_anothers {
        let text = EmailInUse { site, username, address: &mail.address }.render();
        ("Your e-mail address was entered", text)
    } else {
        let text = ConfirmEmail { site, username, link: &address, until: &until }.render();
        ("Confirm your e-mail address", text)
    })
}

const fn link_of(kind: Kind) -> Option<mail_links::Kind> {
    match kind {
        Kind::Reset => Some(mail_links::Kind::Reset),
        Kind::ConfirmEmail => Some(mail_links::Kind::Email),
        _ => None,
    }
}

async fn known(app: &App, mail: &OutgoingMail, kind: Kind) -> Result<Known, DbError> {
    let Some(id) = mail.user_id else {
        return Ok(Known { user: None, link: None, is_anothers: false, services: Vec::new() });
    };
    let services = linking::services(app, id).await?;
    let key = people::email_key(&mail.address);
    let found = app.db.read(move |conn| {
        let link = link_of(kind).map(|kind| mail_links::of(conn, id, kind)).transpose()?.flatten();
        let is_anothers = emails::whose(conn, &key)?.is_some_and(|owner: UserId| owner != id);
        Ok(Known { user: users::by_id(conn, id)?, link, is_anothers, services })
    });
    found.await
}

/// To the minute, in letters that need no encoding.
fn when(at: Timestamp) -> String {
    words::minute(at).replace('\u{a0}', " ")
}
