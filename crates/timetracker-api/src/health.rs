//! `/healthz`: the process answers. `/readyz`: it can serve requests; 503 while it stops or its database does
//! not take writes (R154). Neither says more than that.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::ThinData;

use crate::App;
use crate::wire::json;

/// `GET /healthz`.
pub async fn alive() -> HttpResponse {
    json::response(StatusCode::OK, br#"{"status":"ok"}"#.to_vec())
}

/// `GET /readyz`.
pub async fn ready(ThinData(app): ThinData<App>) -> HttpResponse {
    if app.ready().await {
        json::response(StatusCode::OK, br#"{"status":"ready"}"#.to_vec())
    } else {
        json::response(StatusCode::SERVICE_UNAVAILABLE, br#"{"status":"unavailable"}"#.to_vec())
    }
}
