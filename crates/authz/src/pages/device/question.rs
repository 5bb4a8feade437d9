//! The question itself: which application asks for what, since when, and by which code.

use actix_web::HttpResponse;

use super::entered::Waiting;
use crate::app::App;
use crate::crypto::master::equal;
use crate::pages::browser::{self, Browser, SignedIn};
use crate::pages::views::{ConsentScope, DeviceQuestionPage};
use crate::pages::words::{displayed, in_words};
use crate::pages::{self, PageError};
use crate::user_code::UserCode;

/// Shows it.
pub(super) fn show(
    app: &App,
    browser: &Browser,
    waiting: &Waiting,
    signed_in: &SignedIn,
    code: &UserCode,
) -> Result<HttpResponse, PageError> {
    let Waiting { row, client } = waiting;
    let described = app.config.known_scopes().filter(|(name, _)| row.scopes.contains(name));
    let scopes: Vec<ConsentScope> =
        described.map(|(name, description)| ConsentScope { name, description }).collect();
    let asked = match app.now().since(row.created_at).as_secs() {
        0..10 => "just now".to_owned(),
        seconds => format!("{} ago", in_words(seconds)),
    };
    pages::page(
        browser,
        &DeviceQuestionPage {
            frame: browser::frame(&browser.csrf_token(), Some(signed_in)),
            client_name: &displayed(&client.name),
            user_code: &code.to_string(),
            asked: &asked,
            scopes: &scopes,
            access_lasts: &in_words(client.metadata.lifetimes(app.config.lifetimes).access_token.as_secs()),
            renewable: client.may_use("refresh_token"),
            shown: &tag(app, waiting, signed_in),
        },
    )
}

/// Whether the person was shown exactly what they would now allow: a registration that has changed since is asked about
/// again.
pub(super) fn was_shown(app: &App, waiting: &Waiting, signed_in: &SignedIn, shown: Option<&str>) -> bool {
    shown.is_some_and(|shown| equal(shown.as_bytes(), tag(app, waiting, signed_in).as_bytes()))
}

fn tag(app: &App, waiting: &Waiting, signed_in: &SignedIn) -> String {
    let Waiting { row, client } = waiting;
    app.form_key.tag(&[
        "shown for a device",
        &signed_in.user.id.to_string(),
        client.id.as_str(),
        &client.name,
        &row.user_code,
        row.scopes.as_str(),
        &row.audiences,
    ])
}
