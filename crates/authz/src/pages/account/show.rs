//! `/o/account/`: everything about one's account, and where to change it.

use actix_web::{HttpResponse, web};

use super::signed_in;
use super::views::{EmailShown, ShowPage};
use crate::app::App;
use crate::pages::browser::{self, Browser};
use crate::pages::words::displayed;
use crate::pages::{PageError, page, provider_sign_in};
use crate::store::users;
use crate::{email, sign_out};

/// Shows it.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(app: web::Data<App>, browser: Browser) -> Result<HttpResponse, PageError> {
    let signed_in = match signed_in(&app, &browser, "").await? {
        Ok(signed_in) => signed_in,
        Err(to_sign_in) => return Ok(to_sign_in),
    };
    let id = signed_in.user.id;
    let profile = app.db.read(move |conn| users::profile(conn, id)).await?;
    let profile = profile.map(|(_, profile)| profile).unwrap_or_default();
    let sessions = sign_out::live(&app, &signed_in.user, signed_in.at).await?.len();
    let state = email::state(&app, id).await?;
    page(
        &browser,
        &ShowPage {
            frame: browser::frame(&browser.csrf_token(), Some(&signed_in)),
            username: &signed_in.user.username,
            name: profile.name.as_deref().map(displayed),
            zone: profile.zoneinfo.as_deref().map(displayed),
            email: shown(state),
            sends_mail: app.post.is_some(),
            has_password: signed_in.user.has_password(),
            sessions,
            providers: !provider_sign_in::choices(&app).is_empty(),
            developer_pages: app.config.developer_pages,
        },
    )
}

/// As a page shows an address.
pub(super) fn shown(state: email::State) -> EmailShown {
    let shown = |address: Option<String>| address.as_deref().map(displayed);
    EmailShown {
        pending: shown(state.pending.filter(|pending| {
            // What is said twice is said once.
            !state.is_verified || state.address.as_ref() != Some(pending)
        })),
        address: shown(state.address),
        is_verified: state.is_verified,
    }
}
