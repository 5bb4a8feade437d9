//! `/api/reports/detailed/`: the tracks behind a summary, cut as it cuts them, so that its sums are the sums of these rows.
//! A page at a time as JSON; as a table (CSV) or as lines of JSON all at once, however many they are.
//!
//! [`reader`] goes through the tracks, [`rows`] writes them, [`page`] is a page of them, [`export`] sends what has no pages,
//! [`store`] has the SQL, [`described`] all of it in words.

pub mod described;
mod export;
mod page;
pub mod reader;
mod rows;
pub mod store;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};
use reader::Asked;

use super::days;
use super::query::{self, Query};
use crate::auth::allowed::Allowed;
use crate::wire::error::ApiError;
use crate::wire::metadata;
use crate::wire::negotiate::{self, Form};
use crate::wire::query::Parameters;
use crate::{App, me};

/// The forms there are beside JSON.
pub const FORMS: [Form; 2] = [Form::Csv, Form::Ndjson];
/// The longest range, in days, of what has no pages: a hundred years.
const LONGEST: i64 = 36_525;

/// `GET ?from=…&to=…&tz=…`, as for a summary; `cursor` and `page_size` (tracks, not rows), or `format=csv` or `ndjson`.
///
/// # Errors
/// 400 with everything that is wrong, also for a cursor of something else.
pub async fn get(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let said = Parameters::parse(request.query_string())?;
    let (form, _) = negotiate::form(request.headers(), request.path(), said.said("format"), &FORMS)?;
    let (person, now) = (caller.person, app.clock().now());
    let usual = app.db().read(move |conn| me::store::settings(conn, person)).await?;
    let longest = if form == Form::Json { query::LONGEST } else { LONGEST };
    let mut query = Query::read(&said, &usual, now, longest)?;
    // Rows are in no groups.
    query.rules.keys.clear();
    let days = days::days(query.zone, query.from, query.to, query.day_start);
    let asked = Arc::new(Asked { person, query, days, now });
    if form == Form::Json {
        return page::response(&app, asked, &said).await;
    }
    export::response(app.db().clone(), asked, form, request.method() == Method::HEAD).await
}

/// `OPTIONS`.
pub async fn options(_: Allowed) -> HttpResponse {
    metadata::response("Detailed", "The tracks behind a summary.", None)
}
