//! `/api/me/`: whose token it is, what it allows, and how the person has set things up.

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
use crate::retries::{self, Retry};
use crate::wire::conditional::Conditions;
use crate::wire::error::{ApiError, or_refuse};
use crate::wire::reply::Reply;
use crate::wire::sent::Sent;
use crate::wire::{calendar, json, metadata};

/// The version that is compared: this has none, and no tag of it is strong, so that only `*` matches.
const NO_VERSION: i64 = -1;

/// What may be sent.
const FIELDS: &str = r#"{"timezone":{"type":"string","required":false,"read_only":false,"label":"Timezone","max_length":100},"overlap_policy":{"type":"choice","required":false,"read_only":false,"label":"Overlap policy"},"week_start":{"type":"choice","required":false,"read_only":false,"label":"Week start"},"day_start":{"type":"time","required":false,"read_only":false,"label":"Day start"}}"#;

fn text(profile: &Profile, caller: &Caller) -> Vec<u8> {
    let mut body = Vec::with_capacity(256);
    body.extend_from_slice(b"{\"id\":");
    json::number(&mut body, caller.person.0);
    let settings = &profile.settings;
    for (name, value) in [
        (b",\"subject\":".as_slice(), profile.subject.to_string().as_str()),
        (b",\"username\":", &profile.username),
        (b",\"timezone\":", settings.timezone.name()),
        (b",\"overlap_policy\":", settings.overlap_policy.name()),
        (b",\"week_start\":", calendar::name(settings.week_start)),
        (b",\"day_start\":", &settings.day_start.format("%H:%M").to_string()),
        (b",\"client_id\":", &caller.client),
    ] {
        body.extend_from_slice(name);
        json::text(&mut body, value);
    }
    body.extend_from_slice(b",\"scopes\":");
    json::list(&mut body, caller.granted.iter(), json::text);
    body.push(b'}');
    body
}

/// `GET`.
///
/// # Errors
/// When the database cannot.
pub async fn get(caller: Allowed, ThinData(app): ThinData<App>) -> Result<HttpResponse, ApiError> {
    let person = caller.person;
    let profile = app.db().read(move |conn| store::find(conn, person)).await?;
    Ok(json::tagged(text(&profile, &caller)))
}

/// `PATCH`: how things are set up from now on. What is there already stays as it is.
///
/// # Errors
/// 400 with everything that is wrong.
pub async fn patch(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
    sent: Sent,
) -> Result<HttpResponse, ApiError> {
    let (draft, conditions) = (Draft::read(&sent)?, Conditions::read(&request));
    retries::once(&app, caller.caller(), Retry::read(&request, &sent)?, move |conn, caller, _| {
        let before = store::find(conn, caller.person)?;
        or_refuse!(conditions.admit(NO_VERSION, || text(&before, caller)));
        let after = Profile { settings: draft.onto(before.settings), ..before };
        store::set_up(conn, caller.person, &after.settings)?;
        Ok(Ok(Reply::plain(text(&after, caller))))
    })
    .await
}

/// `OPTIONS`: what may be sent.
pub async fn options(caller: Allowed) -> HttpResponse {
    let may_write = caller.may(Scope::ProfileWrite);
    metadata::response("Me", "Whose token this is.", may_write.then_some(("PATCH", FIELDS)))
}
