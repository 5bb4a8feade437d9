//! `/time/style.css` and `/time/mark.svg`, from the binary.

use actix_web::HttpResponse;
use actix_web::http::header;

/// The style sheet.
pub async fn style() -> HttpResponse {
    asset("text/css; charset=utf-8", include_str!("style.css"))
}

/// The mark.
pub async fn mark() -> HttpResponse {
    asset("image/svg+xml", include_str!("mark.svg"))
}

fn asset(content_type: &str, body: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(body)
}
