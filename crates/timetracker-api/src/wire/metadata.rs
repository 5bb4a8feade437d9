//! The answer to OPTIONS: what a resource is, what it reads and writes.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::Value;

use super::json;

/// What a caller who may write can send, and by which method.
pub type Action = (&'static str, Value);

/// Describes a resource; `action` is left out when the caller may not write.
pub fn response(name: &str, description: &str, action: Option<Action>) -> HttpResponse {
    let mut body = b"{\"name\":".to_vec();
    json::text(&mut body, name);
    body.extend_from_slice(b",\"description\":");
    json::text(&mut body, description);
    body.extend_from_slice(
        br#","renders":["application/json"],"parses":["application/json","application/x-www-form-urlencoded","multipart/form-data"]"#,
    );
    if let Some((method, fields)) = action {
        body.extend_from_slice(b",\"actions\":{");
        json::name(&mut body, method);
        body.extend_from_slice(fields.to_string().as_bytes());
        body.push(b'}');
    }
    body.push(b'}');
    json::response(StatusCode::OK, body)
}
