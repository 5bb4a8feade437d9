//! One table: path, methods, handler.

use actix_web::guard::{Any, Get, Head};
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, post};
use actix_web::{HttpResponse, Resource, Route};

use crate::app::App;
use crate::edge;
use crate::pages::error::Kind;
use crate::pages::{
    PageError, account, applications, authorized_tokens, code, confirm_email, device, home, keys,
    linked_accounts, login, logout, password_reset, provider_sign_in, sessions, signup, statics,
};
use crate::protocol::{
    auth, authentication, authorize, cors, device_authorization, discovery, end_session, introspect, jwks,
    register, register_by_access_token, revoke, token, userinfo,
};
use crate::rest;

/// Puts a resource's methods and handlers on it.
type Mount = fn(Resource) -> Resource;

/// Hot ones first. Every path is answered with and without its trailing slash: a redirect would lose a body.
const ROUTES: &[(&str, Mount)] = &[
    ("/o/introspect", |at| at.route(post().to(introspect::post))),
    ("/o/token", |at| at.route(post().to(token::post))),
    ("/o/revoke_token", |at| at.route(post().to(revoke::post))),
    ("/o/authorize", |at| at.route(get().to(authorize::get)).route(post().to(authorize::post))),
    ("/o/device-authorization", |at| at.route(post().to(device_authorization::post))),
    ("/o/device", |at| at.route(get().to(device::get)).route(post().to(device::post))),
    ("/o/code", |at| at.route(get().to(code::get))),
    ("/.well-known/oauth-authorization-server/o", |at| at.route(get().to(discovery::get))),
    ("/o/.well-known/oauth-authorization-server", |at| at.route(get().to(discovery::get))),
    ("/o/userinfo", |at| at.route(get().to(userinfo::answer)).route(post().to(userinfo::answer))),
    ("/.well-known/openid-configuration/o", |at| at.route(get().to(discovery::get))),
    ("/o/.well-known/openid-configuration", |at| at.route(get().to(discovery::get))),
    ("/o/.well-known/jwks.json", |at| at.route(get().to(jwks::get))),
    ("/o/authorized_tokens", |at| at.route(get().to(authorized_tokens::get))),
    ("/o/authorized_tokens/{id}/delete", |at| {
        at.route(get().to(authorized_tokens::ask)).route(post().to(authorized_tokens::end))
    }),
    ("/o/account", |at| at.route(get().to(account::show::get))),
    ("/o/account/profile", |at| {
        at.route(get().to(account::profile::get)).route(post().to(account::profile::post))
    }),
    ("/o/account/email", |at| at.route(get().to(account::email::get)).route(post().to(account::email::post))),
    ("/o/account/password", |at| {
        at.route(get().to(account::password::get)).route(post().to(account::password::post))
    }),
    ("/o/account/delete", |at| {
        at.route(get().to(account::delete::get)).route(post().to(account::delete::post))
    }),
    ("/o/account/sessions", |at| at.route(get().to(sessions::get)).route(post().to(sessions::end))),
    ("/o/account/providers", |at| {
        at.route(get().to(linked_accounts::get)).route(post().to(linked_accounts::link))
    }),
    ("/o/account/providers/{id}/delete", |at| {
        at.route(get().to(linked_accounts::ask)).route(post().to(linked_accounts::unlink))
    }),
    ("/o/register", |at| at.route(post().to(register::post))),
    ("/o/register/{client_id}", |at| {
        at.route(get().to(register::manage::get))
            .route(web::put().to(register::manage::put))
            .route(web::delete().to(register::manage::delete))
    }),
    ("/auth/token", |at| at.route(post().to(auth::token))),
    ("/auth/convert-token", |at| at.route(post().to(auth::convert_token))),
    ("/auth/revoke-token", |at| at.route(post().to(auth::revoke_token))),
    ("/auth/invalidate-sessions", |at| at.route(post().to(auth::people::invalidate))),
    ("/auth/invalidate-refresh-tokens", |at| at.route(post().to(auth::people::invalidate))),
    ("/auth/disconnect-backend", |at| at.route(post().to(auth::people::disconnect))),
    ("/o/logout", |at| at.route(get().to(end_session::get)).route(post().to(end_session::post))),
    ("/o/logout/confirm", |at| at.route(post().to(end_session::confirm))),
    ("/accounts/login", |at| at.route(get().to(login::get)).route(post().to(login::post))),
    ("/accounts/login/{provider}", |at| {
        at.route(get().to(provider_sign_in::get)).route(post().to(provider_sign_in::post))
    }),
    ("/auth/login/{provider}", |at| {
        at.route(get().to(provider_sign_in::get)).route(post().to(provider_sign_in::post))
    }),
    // Not by HEAD: what comes back from a provider is good once.
    ("/accounts/complete/{provider}", |at| at.route(web::get().to(provider_sign_in::complete::get))),
    ("/accounts/signup", |at| at.route(get().to(signup::get)).route(post().to(signup::post))),
    ("/accounts/password/reset", |at| {
        at.route(get().to(password_reset::get)).route(post().to(password_reset::post))
    }),
    ("/accounts/password/reset/{token}", |at| {
        at.route(get().to(password_reset::open)).route(post().to(password_reset::set))
    }),
    ("/accounts/email/{token}", |at| {
        at.route(get().to(confirm_email::get)).route(post().to(confirm_email::post))
    }),
    ("/accounts/logout", |at| at.route(post().to(logout::post))),
    ("/o/account/keys", |at| at.route(get().to(keys::get)).route(post().to(keys::post))),
    // Whatever the method: they say themselves which there are, as the framework does.
    ("/get_auth_token", |at| at.route(web::route().to(rest::auth_token::answer))),
    ("/users", |at| at.route(web::route().to(rest::users::list))),
    ("/users/{id}", |at| at.route(web::route().to(rest::users::one))),
    ("/groups", |at| at.route(web::route().to(rest::groups::answer))),
    ("/user_details", |at| at.route(web::route().to(rest::details::own))),
    ("/user_details_by_username/{username}", |at| at.route(web::route().to(rest::details::by_username))),
    ("/static/style.css", |at| at.route(get().to(statics::style))),
    ("/static/mark.svg", |at| at.route(get().to(statics::mark))),
    ("", |at| at.route(get().to(home::get))),
];

/// The developer pages, unless they are switched off.
const DEVELOPER_PAGES: [(&str, Mount); 6] = [
    ("/o/applications", |at| at.route(get().to(applications::list::get))),
    ("/o/applications/register", |at| {
        at.route(get().to(applications::register::get)).route(post().to(applications::register::post))
    }),
    ("/o/applications/{id}", |at| {
        at.route(get().to(applications::show::get)).route(post().to(applications::show::post))
    }),
    ("/o/applications/{id}/update", |at| {
        at.route(get().to(applications::update::get)).route(post().to(applications::update::post))
    }),
    ("/o/applications/{id}/rotate-secret", |at| {
        at.route(get().to(applications::rotate_secret::get))
            .route(post().to(applications::rotate_secret::post))
    }),
    ("/o/applications/{id}/delete", |at| {
        at.route(get().to(applications::delete::get)).route(post().to(applications::delete::post))
    }),
];

/// What goes through the client of this server's own, if there is one.
const FIRST_PARTY: [(&str, Mount); 5] = [
    ("/authentication/register", |at| at.route(post().to(authentication::register))),
    ("/authentication/token", |at| at.route(post().to(authentication::token))),
    ("/authentication/token/refresh", |at| at.route(post().to(authentication::refresh))),
    ("/authentication/token/revoke", |at| at.route(post().to(authentication::revoke))),
    // Not by HEAD: it does something.
    ("/register-by-access-token/{backend}", |at| {
        at.route(web::get().to(register_by_access_token::get))
            .route(post().to(register_by_access_token::post))
    }),
];

/// Everything this service answers, under the root. Register it last: what nobody else answers is its 404.
pub fn configure(app: &App) -> impl FnOnce(&mut ServiceConfig) + Clone + use<> {
    let app = web::Data::new(app.clone());
    move |config| {
        let mut scope = web::scope("");
        let developer_pages = if app.config.developer_pages { DEVELOPER_PAGES.as_slice() } else { &[] };
        let first_party = if app.config.first_party.client.is_some() { FIRST_PARTY.as_slice() } else { &[] };
        for (path, mount) in ROUTES.iter().chain(developer_pages).chain(first_party) {
            // A resource each: two patterns in one resource are matched as regular expressions, which costs
            // more than everything the introspection endpoint does.
            for spelling in [(*path).to_owned(), format!("{path}/")] {
                let mut resource = mount(web::resource(spelling));
                if cors::is_open(path) {
                    resource = resource.route(web::method(Method::OPTIONS).to(cors::preflight));
                }
                scope = scope.service(resource);
            }
        }
        let nothing = web::to(|| async { Err::<HttpResponse, _>(PageError::new(Kind::NotFound)) });
        config.service(scope.default_service(nothing).app_data(app).wrap(from_fn(edge::edge)));
    }
}

/// HEAD is GET without its body (RFC 9110 section 9.3.2); neither changes anything.
fn get() -> Route {
    web::route().guard(Any(Get()).or(Head()))
}

/// `/healthz` says that the process runs, `/readyz` that requests can be answered: by this service, and by whatever
/// else `also_ready` speaks for.
pub fn configure_health<R, F>(app: &App, also_ready: R) -> impl FnOnce(&mut ServiceConfig) + Clone + use<R, F>
where
    R: Fn() -> F + Clone + 'static,
    F: Future<Output = bool> + 'static,
{
    let app = web::Data::new(app.clone());
    move |config| {
        let at = |path| web::resource(path).app_data(app.clone()).wrap(from_fn(edge::edge));
        config.service(at("/healthz").route(get().to(|| async { state(true, "ok") })));
        config.service(at("/readyz").route(get().to(move |app: web::Data<App>| {
            let also_ready = also_ready.clone();
            async move {
                let ready = app.is_ready().await && also_ready().await;
                state(ready, if ready { "ready" } else { "unavailable" })
            }
        })));
    }
}

fn state(well: bool, status: &str) -> HttpResponse {
    let mut response = if well { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(serde_json::json!({ "status": status }))
}
