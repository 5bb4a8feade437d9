//! `/o/account/sessions/`: in which browsers a person is signed in, and signing out there. Only one's own is ever there.

mod agent;

use actix_web::{HttpResponse, web};
use model::id::SessionId;
use model::time::Timestamp;

use super::browser::{self, Browser, PageForm, SEEN_EVERY};
use super::destination::Destination;
use super::error::PageError;
use super::signed_out;
use super::views::{ListedSession, SessionsPage};
use super::words::{day, in_words, minute};
use crate::app::App;
use crate::audit::Origin;
use crate::sign_out::{self, Which};
use crate::store::sessions::Session;

/// Lists them, this one first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(app: web::Data<App>, browser: Browser) -> Result<HttpResponse, PageError> {
    let Some(signed_in) = browser.signed_in().await? else { return Ok(to_sign_in(&app)) };
    let live = sign_out::live(&app, &signed_in.user, signed_in.at).await?;
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        live.iter().partition(|session| session.sid == signed_in.session.sid);
    let listed = |(session, is_here)| listed(session, is_here, signed_in.at);
    let here = here.into_iter().map(|session| (session, true));
    let sessions: Vec<ListedSession> =
        here.chain(elsewhere.iter().map(|session| (*session, false))).map(listed).collect();
    super::page(
        &browser,
        &SessionsPage {
            frame: browser::frame(&browser.csrf_token(), Some(&signed_in)),
            sessions: &sessions,
            elsewhere: elsewhere.len(),
        },
    )
}

fn listed(session: &Session, is_here: bool, now: Timestamp) -> ListedSession<'_> {
    let address = Some(session.address.as_str()).filter(|address| !address.is_empty());
    ListedSession {
        id: session.sid.to_string(),
        name: agent::in_words(&session.user_agent),
        address: address.unwrap_or("not known"),
        since: minute(session.authenticated_at),
        last_seen: seen(session.seen_at, now),
        is_here,
    }
}

/// As exactly as it is kept, and less so the longer ago it is.
fn seen(at: Timestamp, now: Timestamp) -> String {
    match now.since(at).as_secs() {
        seconds if seconds < SEEN_EVERY.as_secs() => "just now".to_owned(),
        seconds @ 0..172_800 => format!("{} ago", in_words(seconds)),
        _ => format!("on {}", day(at)),
    }
}

/// Ends one, or all others, and shows what is left. One that is not this person's is not there, like one that has ended: there
/// is nothing to be done, and whoever clicks twice sees the same page again.
///
/// # Errors
/// When the form is not ours, or the database cannot be asked.
pub async fn end(app: web::Data<App>, form: PageForm) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let Some(signed_in) = browser.signed_in().await? else { return Ok(to_sign_in(&app)) };
    let own = signed_in.session.sid;
    let named = |end: &str| end.parse().ok().map(|sid| Which::One(SessionId(sid)));
    let which = match params.get("end") {
        Some("others") => Some(Which::AllBut(own)),
        end => end.and_then(named),
    };
    match which {
        Some(Which::One(sid)) if sid == own => return signed_out::sign_out(&app, &browser, None).await,
        Some(which) => {
            let origin = Origin::Address(browser.address());
            sign_out::end(&app, &origin, signed_in.user.id, which).await?;
        }
        None => {}
    }
    Ok(Destination::Sessions.go(&app.config.issuer))
}

fn to_sign_in(app: &App) -> HttpResponse {
    Destination::Sessions.after_sign_in(&app.config.issuer)
}
