//! `/o/applications/`: what somebody has registered.

use actix_web::{HttpResponse, web};

use super::moment;
use super::views::{Line, ListPage};
use crate::app::App;
use crate::pages::browser::{self, Browser};
use crate::pages::destination::Destination;
use crate::pages::{PageError, page};
use crate::store::clients::{self, Client};

/// The person's own applications, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(app: web::Data<App>, browser: Browser) -> Result<HttpResponse, PageError> {
    let Some(signed_in) = browser.signed_in().await? else {
        return Ok(Destination::Applications(String::new()).after_sign_in(&app.config.issuer));
    };
    let user = signed_in.user.id;
    let own = app.db.read(move |conn| clients::of_person(conn, user)).await?;
    let limit = app.config.limits.clients_per_person;
    let is_full = limit > 0 && own.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let applications: Vec<Line> = own.iter().map(line).collect();
    let csrf_token = browser.csrf_token();
    let frame = browser::frame(&csrf_token, Some(&signed_in));
    page(&browser, &ListPage { frame, applications: &applications, full_at: is_full.then_some(limit) })
}

fn line(client: &Client) -> Line {
    let kind = match (client.is_confidential, client.has_a_secret()) {
        (true, true) => "keeps a secret",
        (true, false) => "signs with a key",
        (false, _) => "public",
    };
    let about = format!("{kind}, registered {}", moment(client.created_at));
    Line { id: client.id.to_string(), name: client.name.clone(), about }
}
