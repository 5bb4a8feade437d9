//! One table: path, methods, handler.

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, get, post};
use actix_web::{HttpResponse, Resource, Scope};

use crate::app::App;
use crate::edge;
use crate::pages::error::Kind;
use crate::pages::{PageError, code, home, login, logout, signup, statics};
use crate::protocol::{authorize, discovery, introspect, revoke, token};

/// Everything this service answers, under the root. Register it last: what nobody else answers is its 404.
pub fn configure(app: &App) -> impl FnOnce(&mut ServiceConfig) + Clone + use<> {
    let app = web::Data::new(app.clone());
    move |config| {
        config.service(scope().app_data(app).wrap(from_fn(edge::edge)));
    }
}

fn scope() -> Scope<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    web::scope("")
        .service(both("/o/authorize").route(get().to(authorize::get)).route(post().to(authorize::post)))
        .service(both("/o/token").route(post().to(token::post)))
        .service(both("/o/introspect").route(post().to(introspect::post)))
        .service(both("/o/revoke_token").route(post().to(revoke::post)))
        .service(both("/o/code").route(get().to(code::get)))
        .service(both("/.well-known/oauth-authorization-server/o").route(get().to(discovery::get)))
        .service(both("/o/.well-known/oauth-authorization-server").route(get().to(discovery::get)))
        .service(both("/accounts/login").route(get().to(login::get)).route(post().to(login::post)))
        .service(both("/accounts/signup").route(get().to(signup::get)).route(post().to(signup::post)))
        .service(both("/accounts/logout").route(post().to(logout::post)))
        .service(web::resource("/static/style.css").route(get().to(statics::style)))
        .service(web::resource("/static/mark.svg").route(get().to(statics::mark)))
        .service(web::resource("/").route(get().to(home::get)))
        .default_service(web::to(|| async { Err::<HttpResponse, _>(PageError::new(Kind::NotFound)) }))
}

/// With and without the trailing slash: a redirect would lose a body.
fn both(path: &str) -> Resource {
    web::resource([path.to_owned(), format!("{path}/")])
}

/// `/healthz` says that the process runs, `/readyz` that requests can be answered.
pub fn configure_health(app: &App) -> impl FnOnce(&mut ServiceConfig) + Clone + use<> {
    let app = app.clone();
    move |config| {
        config.route(
            "/healthz",
            get().to(|| async { HttpResponse::Ok().json(serde_json::json!({"status": "ok"})) }),
        );
        config.route(
            "/readyz",
            get().to(move || {
                let app = app.clone();
                async move {
                    if app.is_ready().await {
                        HttpResponse::Ok().json(serde_json::json!({"status": "ready"}))
                    } else {
                        HttpResponse::ServiceUnavailable().json(serde_json::json!({"status": "not ready"}))
                    }
                }
            }),
        );
    }
}
