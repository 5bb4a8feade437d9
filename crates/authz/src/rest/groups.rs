//! `/groups/`, as in the toolkit's tutorial for the framework: administrators see all groups, others those they are in.

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::caller::Visit;
use super::person::Part;
use super::refusal::Refusal;
use super::view::View;
use crate::app::App;
use crate::store::{directory, groups};

const VIEW: View = View { name: "Group List", allow: "GET, HEAD, OPTIONS", vary: Some("Accept, Cookie") };

#[derive(Serialize)]
struct Row {
    name: String,
}

/// `/groups/`, any method.
pub async fn answer(app: web::Data<App>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    VIEW.dress(list(&app, &request, &mut payload.into_inner()).await)
}

async fn list(app: &App, request: &HttpRequest, payload: &mut Payload) -> Result<HttpResponse, Refusal> {
    let visit = Visit::begin(app, request, payload).await?;
    let user = visit.person(&["groups"])?.id;
    VIEW.has(request.method())?;
    if *request.method() == Method::OPTIONS {
        return Ok(visit.answer(VIEW.described(None)));
    }
    let part = Part::read(request)?;
    let rules_all = visit.rules_all(app, user).await?;
    let (skipped, size) = (part.skipped(), part.size());
    let found = app.db.read(move |conn| {
        if rules_all {
            return Ok((directory::count_groups(conn)?, directory::groups_page(conn, skipped, size)?));
        }
        let own = groups::of(conn, user)?;
        let count = i64::try_from(own.len()).unwrap_or(i64::MAX);
        let [skipped, size] = [skipped, size].map(|each| usize::try_from(each).unwrap_or(usize::MAX));
        Ok((count, own.into_iter().skip(skipped).take(size).collect()))
    });
    let (count, names) = found.await?;
    let rows: Vec<Row> = names.into_iter().map(|name| Row { name }).collect();
    part.told(app, request, count, &rows).map(|response| visit.answer(response))
}
