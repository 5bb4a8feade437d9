//! `/.well-known/oauth-protected-resource`: whom to ask for a token, and for what (RFC 9728). A client that knows nothing
//! but the API's address finds it from the challenge of a 401.

use actix_web::http::header;
use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};
use model::dpop::ALGS;
use serde_json::json;

use crate::App;
use crate::auth::scopes;
use crate::pages::docs;

/// Where it is, for the API as the resource: the path is inserted (section 3.1).
pub const PATH: &str = "/.well-known/oauth-protected-resource/api";

/// What people are shown.
const NAME: &str = "Timetracker";

/// Tells. The resource is the one whose metadata was asked for, letter for letter (section 3.3): the API, or without a path
/// the whole of this host.
pub async fn get(request: HttpRequest, ThinData(app): ThinData<App>) -> HttpResponse {
    let below = request.path().trim_end_matches('/').strip_prefix("/.well-known/oauth-protected-resource");
    HttpResponse::Ok()
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .json(json!({
            "resource": app.url(below.unwrap_or_default()),
            "authorization_servers": [app.issuer()],
            "scopes_supported": scopes::names().collect::<Vec<_>>(),
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": ALGS.split(' ').collect::<Vec<_>>(),
            "dpop_bound_access_tokens_required": false,
            "resource_name": NAME,
            "resource_documentation": app.url(docs::PATH),
        }))
}

/// Pages of any origin may read it.
pub async fn options() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET"))
        .finish()
}
