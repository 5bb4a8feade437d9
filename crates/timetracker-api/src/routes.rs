//! The table of routes: path, methods, handlers. Every path answers with and without the trailing slash and with
//! `.json`; nothing is ever redirected, because a redirected write loses its body.

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, ThinData};
use actix_web::{HttpRequest, HttpResponse, Resource};

use crate::wire::edge;
use crate::wire::error::ApiError;
use crate::{App, activities, changes, health, protected_resource, reports, root, timer, tracks};

/// One row of the table.
#[derive(Debug)]
pub struct Endpoint {
    /// The canonical path below `/api`.
    pub path: &'static str,
    /// Its methods, in the framework's order.
    pub allow: &'static str,
    /// All the ways to write the path below `/api`.
    spellings: &'static [&'static str],
    mount: fn(Resource) -> Resource,
}

const OF_LIST: &str = "GET, POST, HEAD, OPTIONS";
const OF_ROOT: &str = "GET, HEAD, OPTIONS";
const OF_VERB: &str = "POST";
const OF_NAMED: &str = "GET, PUT, DELETE, HEAD, OPTIONS";
const OF_ITEM: &str = "GET, PUT, PATCH, DELETE, HEAD, OPTIONS";

/// Everything under `/api`.
pub static ENDPOINTS: [Endpoint; 12] = [
    Endpoint {
        path: "/tracks/",
        allow: OF_LIST,
        spellings: &["/tracks/", "/tracks", "/tracks.json", "/tracks.json/"],
        mount: |resource| {
            resource
                .route(web::get().to(tracks::list::get))
                .route(web::post().to(tracks::list::post))
                .route(web::head().to(tracks::list::get))
                .route(web::method(OPTIONS).to(tracks::list::options))
        },
    },
    Endpoint {
        path: "/tracks/{id}/",
        allow: OF_ITEM,
        spellings: &["/tracks/{id}/", "/tracks/{id}"],
        mount: |resource| {
            resource
                .route(web::get().to(tracks::detail::get))
                .route(web::put().to(tracks::detail::put))
                .route(web::patch().to(tracks::detail::patch))
                .route(web::delete().to(tracks::detail::delete))
                .route(web::head().to(tracks::detail::get))
                .route(web::method(OPTIONS).to(tracks::detail::options))
        },
    },
    Endpoint {
        path: "/timer/",
        allow: OF_ITEM,
        spellings: &["/timer/", "/timer", "/timer.json", "/timer.json/"],
        mount: |resource| {
            resource
                .route(web::get().to(timer::get))
                .route(web::put().to(timer::put))
                .route(web::patch().to(timer::patch))
                .route(web::delete().to(timer::delete))
                .route(web::head().to(timer::get))
                .route(web::method(OPTIONS).to(timer::options))
        },
    },
    Endpoint {
        path: "/tracks/by-uid/{uid}/",
        allow: OF_NAMED,
        spellings: &["/tracks/by-uid/{uid}/", "/tracks/by-uid/{uid}"],
        mount: |resource| {
            resource
                .route(web::get().to(tracks::by_uid::get))
                .route(web::put().to(tracks::by_uid::put))
                .route(web::delete().to(tracks::by_uid::delete))
                .route(web::head().to(tracks::by_uid::get))
                .route(web::method(OPTIONS).to(tracks::by_uid::options))
        },
    },
    Endpoint {
        path: "/tracks/{id}/continue/",
        allow: OF_VERB,
        spellings: &["/tracks/{id}/continue/", "/tracks/{id}/continue"],
        mount: |resource| resource.route(web::post().to(timer::continuing::post)),
    },
    Endpoint {
        path: "/tracks/{id}/split/",
        allow: OF_VERB,
        spellings: &["/tracks/{id}/split/", "/tracks/{id}/split"],
        mount: |resource| resource.route(web::post().to(tracks::splitting::post)),
    },
    Endpoint {
        path: "/tracks/{id}/restore/",
        allow: OF_VERB,
        spellings: &["/tracks/{id}/restore/", "/tracks/{id}/restore"],
        mount: |resource| resource.route(web::post().to(tracks::restoring::post)),
    },
    Endpoint {
        path: "/activities/",
        allow: OF_LIST,
        spellings: &["/activities/", "/activities", "/activities.json", "/activities.json/"],
        mount: |resource| {
            resource
                .route(web::get().to(activities::list::get))
                .route(web::post().to(activities::list::post))
                .route(web::head().to(activities::list::get))
                .route(web::method(OPTIONS).to(activities::list::options))
        },
    },
    Endpoint {
        path: "/activities/{id}/",
        allow: OF_ITEM,
        spellings: &["/activities/{id}/", "/activities/{id}"],
        mount: |resource| {
            resource
                .route(web::get().to(activities::detail::get))
                .route(web::put().to(activities::detail::put))
                .route(web::patch().to(activities::detail::patch))
                .route(web::delete().to(activities::detail::delete))
                .route(web::head().to(activities::detail::get))
                .route(web::method(OPTIONS).to(activities::detail::options))
        },
    },
    Endpoint {
        path: "/reports/summary/",
        allow: OF_ROOT,
        spellings: &[
            "/reports/summary/",
            "/reports/summary",
            "/reports/summary.json",
            "/reports/summary.json/",
        ],
        mount: |resource| {
            resource
                .route(web::get().to(reports::get))
                .route(web::head().to(reports::get))
                .route(web::method(OPTIONS).to(reports::options))
        },
    },
    Endpoint {
        path: "/changes/",
        allow: OF_ROOT,
        spellings: &["/changes/", "/changes", "/changes.json", "/changes.json/"],
        mount: |resource| {
            resource
                .route(web::get().to(changes::get))
                .route(web::head().to(changes::get))
                .route(web::method(OPTIONS).to(changes::options))
        },
    },
    Endpoint {
        path: "/",
        allow: OF_ROOT,
        spellings: &["/", ""],
        mount: |resource| {
            resource
                .route(web::get().to(root::get))
                .route(web::head().to(root::get))
                .route(web::method(OPTIONS).to(root::options))
        },
    },
];

/// What needs no token and tells nothing.
static HEALTH: [Endpoint; 2] = [
    Endpoint {
        path: "/healthz",
        allow: "GET, HEAD",
        spellings: &[],
        mount: |resource| resource.route(web::get().to(health::alive)).route(web::head().to(health::alive)),
    },
    Endpoint {
        path: "/readyz",
        allow: "GET, HEAD",
        spellings: &[],
        mount: |resource| resource.route(web::get().to(health::ready)).route(web::head().to(health::ready)),
    },
];

/// What anybody may know who wants a token: of the API, and of the host.
static METADATA: [Endpoint; 2] = [
    metadata("/.well-known/oauth-protected-resource/api"),
    metadata("/.well-known/oauth-protected-resource"),
];

const fn metadata(path: &'static str) -> Endpoint {
    Endpoint {
        path,
        allow: "GET, HEAD, OPTIONS",
        spellings: &[],
        mount: |resource| {
            resource
                .route(web::get().to(protected_resource::get))
                .route(web::head().to(protected_resource::get))
                .route(web::method(OPTIONS).to(protected_resource::options))
        },
    }
}

const OPTIONS: actix_web::http::Method = actix_web::http::Method::OPTIONS;

impl Endpoint {
    /// The row of a path below `/api`, so that refusals can say what would be allowed.
    pub(crate) fn find(path: &str) -> Option<&'static Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        ENDPOINTS.iter().find(|endpoint| endpoint.is_at(path))
    }

    /// Whether the path, without the slash at its end, is this one, perhaps with `.json` behind it.
    fn is_at(&self, path: &str) -> bool {
        let wanted = self.path.strip_suffix('/').unwrap_or(self.path);
        let has_form = !wanted.is_empty() && !wanted.contains('{');
        let path = if has_form { path.strip_suffix(".json").unwrap_or(path) } else { path };
        let (mut given, mut wanted) = (path.split('/'), wanted.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some("{id}" | "{uid}"), Some(given)) if !given.is_empty() => {}
                (Some(wanted), Some(given)) if wanted == given => {}
                _ => return false,
            }
        }
    }
}

/// Mounts `/api` and everything under it, its middleware included.
pub fn configure(app: &App) -> impl FnOnce(&mut ServiceConfig) + Clone + use<> {
    let app = app.clone();
    move |config| {
        let mut scope = web::scope("/api").app_data(ThinData(app.clone()));
        for endpoint in &ENDPOINTS {
            for spelling in endpoint.spellings {
                let resource = (endpoint.mount)(web::resource(*spelling));
                scope = scope.service(resource.default_service(web::to(method_not_allowed)));
            }
        }
        config.service(
            scope
                .default_service(web::to(not_found))
                .wrap(from_fn(move |request, next| edge::api(app.clone(), request, next))),
        );
    }
}

/// Mounts `/healthz` and `/readyz`.
pub fn configure_health(app: &App) -> impl FnOnce(&mut ServiceConfig) + Clone + use<> {
    without_token(app, &HEALTH)
}

/// Mounts the metadata of the protected resource.
pub fn configure_metadata(app: &App) -> impl FnOnce(&mut ServiceConfig) + Clone + use<> {
    without_token(app, &METADATA)
}

fn without_token(
    app: &App,
    endpoints: &'static [Endpoint],
) -> impl FnOnce(&mut ServiceConfig) + Clone + use<> {
    let app = app.clone();
    move |config| {
        for endpoint in endpoints {
            let around = app.clone();
            let resource = (endpoint.mount)(web::resource(endpoint.path).app_data(ThinData(app.clone())));
            let resource = resource.default_service(web::to(method_not_allowed));
            config.service(resource.wrap(from_fn(move |request, next| {
                edge::open(around.clone(), Some(endpoint), request, next)
            })));
        }
    }
}

/// Answers whatever is mounted nowhere.
pub(crate) fn configure_rest(app: &App) -> impl FnOnce(&mut ServiceConfig) + Clone + use<> {
    let app = app.clone();
    move |config| {
        config.service(
            web::scope("")
                .default_service(web::to(not_found))
                .wrap(from_fn(move |request, next| edge::open(app.clone(), None, request, next))),
        );
    }
}

async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::NotFound)
}

async fn method_not_allowed(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Err(ApiError::MethodNotAllowed(request.method().clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_finds_its_row_and_nothing_else_does() {
        for endpoint in &ENDPOINTS {
            for spelling in endpoint.spellings {
                assert_eq!(
                    Endpoint::find(spelling).map(|found| found.path),
                    Some(endpoint.path),
                    "{spelling}"
                );
            }
        }
        for path in ["/x", "/tracks//", "/tracks/1/2", "//", "/tracks.xml", "/tracks/1/x/", "/TRACKS/"] {
            assert!(Endpoint::find(path).is_none(), "{path}");
        }
    }
}
