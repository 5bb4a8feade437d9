//! `/api/me/`: whose token it is, what it allows, and how the person has set things up.

pub mod described;
pub mod form;
pub mod store;

use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};
use form::Draft;
use store::Profile;

use crate::App;
use crate::auth::Caller;
use crate::auth::allowed::Allowed;
use crate::auth::scopes::Scope;
use crate::id::PersonId;
use crate::retries::{self, Retry};
use crate::wire::conditional::{self, Conditions};
use crate::wire::error::{ApiError, or_refuse};
use crate::wire::reply::Reply;
use crate::wire::sent::Sent;
use crate::wire::{calendar, json, metadata, shape};

/// Who the person is and how they have set things up. Not by which id the issuer knows them: a client with pairwise subjects
/// (OpenID Connect Core section 8.1) is not to learn it.
fn about(profile: &Profile, person: PersonId) -> Vec<u8> {
    let mut body = Vec::with_capacity(256);
    body.extend_from_slice(b"{\"id\":");
    json::number(&mut body, person.0);
    let settings = &profile.settings;
    for (name, value) in [
        (b",\"username\":".as_slice(), profile.username.as_str()),
        (b",\"timezone\":", settings.timezone.name()),
        (b",\"overlap_policy\":", settings.overlap_policy.name()),
        (b",\"week_start\":", calendar::name(settings.week_start)),
        (b",\"day_start\":", &settings.day_start.format("%H:%M").to_string()),
    ] {
        body.extend_from_slice(name);
        json::text(&mut body, value);
    }
    body.push(b'}');
    body
}

/// The same with what this token is.
fn told(mut about: Vec<u8>, caller: &Caller) -> Vec<u8> {
    about.pop();
    about.extend_from_slice(b",\"client_id\":");
    json::text(&mut about, &caller.client);
    about.extend_from_slice(b",\"scopes\":");
    json::list(&mut about, caller.granted.iter(), json::text);
    about.push(b'}');
    about
}

/// As an object whose version is what it says.
fn reply(about: Vec<u8>, caller: &Caller) -> Reply {
    let body = told(about, caller);
    Reply::object(conditional::version_of(&body), body)
}

/// `GET`.
///
/// # Errors
/// When the database cannot.
pub async fn get(caller: Allowed, ThinData(app): ThinData<App>) -> Result<HttpResponse, ApiError> {
    let person = caller.person;
    let profile = app.db().read(move |conn| store::find(conn, person)).await?;
    Ok(reply(about(&profile, person), &caller).response(&app))
}

/// `PATCH`: how things are set up from now on. What is there already stays as it is.
///
/// # Errors
/// 400 with everything that is wrong, 412 as said.
pub async fn patch(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let (draft, conditions) = (Draft::read(&sent)?, Conditions::read(&request));
    let retry = Retry::read(&request, &sent)?;
    let done = retries::done(&app, caller.caller(), retry, move |conn, caller, _| {
        let before = store::find(conn, caller.person)?;
        let shown = told(about(&before, caller.person), caller);
        or_refuse!(conditions.admit(conditional::version_of(&shown), || shown));
        let after = Profile { settings: draft.onto(before.settings), ..before };
        store::set_up(conn, caller.person, &after.settings)?;
        // What is kept for who sends it again is of the person: they may come with another token.
        Ok(Ok(Reply::plain(about(&after, caller.person))))
    });
    Ok(done.await?.map(|kept| reply(kept.body, &caller)).response(&app))
}

/// `OPTIONS`: what may be sent.
pub async fn options(caller: Allowed) -> HttpResponse {
    let may_write = caller.may(Scope::ProfileWrite);
    let action = may_write.then(|| ("PATCH", shape::metadata(described::SETTINGS)));
    metadata::response("Me", "Whose token this is.", action)
}
