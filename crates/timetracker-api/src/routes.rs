//! The table of routes: path, methods, handlers. Every path answers with and without the trailing slash and with
//! `.json`; nothing is ever redirected, because a redirected write loses its body.

mod endpoint;
mod open;

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, ThinData};

pub use endpoint::Endpoint;
use endpoint::{Verb, delete, get, options, patch, post, put};
use open::{CALENDARS, DOCUMENTS, FRONT, HEALTH, METADATA, PAGES};

use crate::auth::scopes::Scope::{
    self, ActivitiesRead, ProfileRead, ProfileWrite, ProjectsRead, RatesRead, ReportsRead, ReportsShare,
    TimerWrite, TracksRead, TracksWrite,
};
use crate::catalogue::{Activities, Clients, Collection, Projects, Tags};
use crate::openapi::service;
use crate::wire::edge;
use crate::wire::error::ApiError;
use crate::{App, batch, catalogue, changes, feeds, limits, live, me, reports, root, timer, tracks};

/// Any scope that looks at something.
const ANY_READ: &[Scope] = &[ActivitiesRead, TracksRead, ProjectsRead, RatesRead, ReportsRead, ProfileRead];

const OF_LIST: &str = "GET, POST, HEAD, OPTIONS";
const OF_ROOT: &str = "GET, HEAD, OPTIONS";
const OF_VERB: &str = "POST";
const OF_BATCH: &str = "POST, OPTIONS";
const OF_FEED: &str = "GET, DELETE, HEAD, OPTIONS";
const OF_NAMED: &str = "GET, PUT, DELETE, HEAD, OPTIONS";
const OF_SETTINGS: &str = "GET, PATCH, HEAD, OPTIONS";
const OF_ITEM: &str = "GET, PUT, PATCH, DELETE, HEAD, OPTIONS";

/// Everything under `/api`.
pub static ENDPOINTS: [Endpoint; 25] = [
    Endpoint {
        path: "/tracks/",
        allow: OF_LIST,
        verbs: &[
            get(&[TracksRead], |route| route.to(tracks::list::get)).says(&tracks::described::LIST),
            post(&[TracksWrite], |route| route.to(tracks::list::post)).says(&tracks::described::CREATE),
            options(&[TracksRead, TracksWrite], |route| route.to(tracks::list::options)),
        ],
    },
    Endpoint {
        path: "/tracks/{id}/",
        allow: OF_ITEM,
        verbs: &[
            get(&[TracksRead], |route| route.to(tracks::detail::get)).says(&tracks::described::RETRIEVE),
            put(&[TracksWrite], |route| route.to(tracks::detail::change)).says(&tracks::described::UPDATE),
            patch(&[TracksWrite], |route| route.to(tracks::detail::change)).says(&tracks::described::PATCH),
            delete(&[TracksWrite], |route| route.to(tracks::detail::delete)).says(&tracks::described::DELETE),
            options(&[TracksRead, TracksWrite], |route| route.to(tracks::detail::options)),
        ],
    },
    Endpoint {
        path: "/timer/",
        allow: OF_ITEM,
        verbs: &[
            get(&[TracksRead, TimerWrite], |route| route.to(timer::get)).says(&timer::described::RETRIEVE),
            put(&[TimerWrite, TracksWrite], |route| route.to(timer::put)).says(&timer::described::START),
            patch(&[TracksWrite], |route| route.to(timer::patch)).says(&timer::described::EDIT),
            delete(&[TimerWrite, TracksWrite], |route| route.to(timer::delete)).says(&timer::described::STOP),
            options(&[TracksRead, TimerWrite, TracksWrite], |route| route.to(timer::options)),
        ],
    },
    Endpoint {
        path: "/tracks/by-uid/{uid}/",
        allow: OF_NAMED,
        verbs: &[
            get(&[TracksRead], |route| route.to(tracks::by_uid::get)).says(&tracks::described::RETRIEVE),
            put(&[TracksWrite], |route| route.to(tracks::by_uid::put)).says(&tracks::described::UPSERT),
            delete(&[TracksWrite], |route| route.to(tracks::by_uid::delete)).says(&tracks::described::DELETE),
            options(&[TracksRead, TracksWrite], |route| route.to(tracks::by_uid::options)),
        ],
    },
    Endpoint {
        path: "/tracks/{id}/continue/",
        allow: OF_VERB,
        verbs: &[
            post(&[TracksWrite], |route| route.to(timer::continuing::post)).says(&timer::described::CONTINUE)
        ],
    },
    Endpoint {
        path: "/tracks/{id}/split/",
        allow: OF_VERB,
        verbs: &[
            post(&[TracksWrite], |route| route.to(tracks::splitting::post)).says(&tracks::described::SPLIT)
        ],
    },
    Endpoint {
        path: "/tracks/{id}/restore/",
        allow: OF_VERB,
        verbs: &[
            post(&[TracksWrite], |route| route.to(tracks::restoring::post)).says(&tracks::described::RESTORE)
        ],
    },
    list_of::<Activities>("/activities/"),
    item_of::<Activities>("/activities/{id}/"),
    list_of::<Projects>("/projects/"),
    item_of::<Projects>("/projects/{id}/"),
    list_of::<Clients>("/clients/"),
    item_of::<Clients>("/clients/{id}/"),
    list_of::<Tags>("/tags/"),
    item_of::<Tags>("/tags/{id}/"),
    Endpoint {
        path: "/reports/summary/",
        allow: OF_ROOT,
        verbs: &[
            get(&[ReportsRead], |route| route.to(reports::get)).says(&reports::described::SUMMARY_OF),
            options(&[ReportsRead], |route| route.to(reports::options)),
        ],
    },
    Endpoint {
        path: "/reports/detailed/",
        allow: OF_ROOT,
        verbs: &[
            get(&[ReportsRead], |route| route.to(reports::detailed::get))
                .says(&reports::detailed::described::DETAILED_OF),
            options(&[ReportsRead], |route| route.to(reports::detailed::options)),
        ],
    },
    Endpoint {
        path: "/feeds/",
        allow: OF_LIST,
        verbs: &[
            get(&[ReportsShare], |route| route.to(feeds::list::get)).says(&feeds::described::LIST),
            post(&[ReportsShare], |route| route.to(feeds::list::post)).says(&feeds::described::CREATE),
            options(&[ReportsShare], |route| route.to(feeds::list::options)),
        ],
    },
    Endpoint {
        path: "/feeds/{id}/",
        allow: OF_FEED,
        verbs: &[
            get(&[ReportsShare], |route| route.to(feeds::detail::get)).says(&feeds::described::RETRIEVE),
            delete(&[ReportsShare], |route| route.to(feeds::detail::delete)).says(&feeds::described::DELETE),
            options(&[ReportsShare], |route| route.to(feeds::detail::options)),
        ],
    },
    Endpoint {
        path: "/changes/",
        allow: OF_ROOT,
        verbs: &[
            get(changes::NEEDS, |route| route.to(changes::get)).says(&changes::described::LIST),
            options(changes::NEEDS, |route| route.to(changes::options)),
        ],
    },
    Endpoint {
        path: "/me/",
        allow: OF_SETTINGS,
        verbs: &[
            get(&[ProfileRead], |route| route.to(me::get)).says(&me::described::RETRIEVE),
            patch(&[ProfileWrite], |route| route.to(me::patch)).says(&me::described::PATCH),
            options(&[ProfileRead, ProfileWrite], |route| route.to(me::options)),
        ],
    },
    Endpoint {
        path: "/limits/",
        allow: OF_ROOT,
        verbs: &[
            Verb::free(Method::GET, &Scope::ALL, |route| route.to(limits::get)).says(&limits::RETRIEVE),
            Verb::free(Method::OPTIONS, &Scope::ALL, |route| route.to(limits::options))
                .says(&service::OPTIONS),
        ],
    },
    Endpoint {
        path: live::events::PATH,
        allow: OF_ROOT,
        verbs: &[
            get(changes::NEEDS, |route| route.to(live::events::get)).says(&changes::described::EVENTS),
            options(changes::NEEDS, |route| route.to(live::events::options)),
        ],
    },
    Endpoint {
        path: "/batch/",
        allow: OF_BATCH,
        verbs: &[
            post(batch::NEEDS, |route| route.to(batch::post)).says(&batch::described::POST),
            options(batch::NEEDS, |route| route.to(batch::options)),
        ],
    },
    Endpoint {
        path: "/",
        allow: OF_ROOT,
        verbs: &[
            get(ANY_READ, |route| route.to(root::get)).says(&root::RETRIEVE),
            options(ANY_READ, |route| route.to(root::options)),
        ],
    },
];

/// The list of a kind of the catalogue.
const fn list_of<C: Collection>(path: &'static str) -> Endpoint {
    Endpoint {
        path,
        allow: OF_LIST,
        verbs: const {
            &[
                get(C::KIND.reads(), |route| route.to(catalogue::list::get::<C>))
                    .says(&C::KIND.described().list),
                post(C::KIND.writes(), |route| route.to(catalogue::list::post::<C>))
                    .says(&C::KIND.described().create),
                options(C::KIND.reads_or_writes(), |route| route.to(catalogue::list::options::<C>)),
            ]
        },
    }
}

/// An item of a kind of the catalogue.
const fn item_of<C: Collection>(path: &'static str) -> Endpoint {
    Endpoint {
        path,
        allow: OF_ITEM,
        verbs: const {
            &[
                get(C::KIND.reads(), |route| route.to(catalogue::detail::get::<C>))
                    .says(&C::KIND.described().retrieve),
                put(C::KIND.writes(), |route| route.to(catalogue::detail::change::<C>))
                    .says(&C::KIND.described().update),
                patch(C::KIND.writes(), |route| route.to(catalogue::detail::change::<C>))
                    .says(&C::KIND.described().patch),
                delete(C::KIND.writes(), |route| route.to(catalogue::detail::delete::<C>))
                    .says(&C::KIND.described().delete),
                options(C::KIND.reads_or_writes(), |route| route.to(catalogue::detail::options::<C>)),
            ]
        },
    }
}

/// What is mounted beside the API for programs, and asks for no token.
pub fn open() -> impl Iterator<Item = &'static Endpoint> {
    CALENDARS.iter().chain(&DOCUMENTS).chain(&METADATA).chain(&HEALTH)
}

/// All that programs may call, each with its whole path.
pub(crate) fn described() -> impl Iterator<Item = (String, &'static Endpoint)> {
    let below = ENDPOINTS.iter().map(|endpoint| (format!("/api{}", endpoint.path), endpoint));
    below.chain(open().map(|endpoint| (endpoint.path.to_owned(), endpoint)))
}

impl Endpoint {
    /// The row of a path below `/api`, so that refusals can say what would be allowed.
    pub(crate) fn find(path: &str) -> Option<&'static Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        ENDPOINTS.iter().find(|endpoint| endpoint.is_at(path))
    }
}

/// Mounts `/api` and everything under it, its middleware included.
pub fn configure(app: &App) -> impl FnOnce(&mut ServiceConfig) + Clone + use<> {
    let app = app.clone();
    move |config| {
        let mut scope = web::scope("/api").app_data(ThinData(app.clone()));
        // A path with a parameter is compared as a regular expression: not with every request to one that has none.
        let (with_parameter, without): (Vec<_>, Vec<_>) =
            ENDPOINTS.iter().partition(|endpoint| endpoint.path.contains('{'));
        for endpoint in without.into_iter().chain(with_parameter) {
            for spelling in endpoint.spellings() {
                scope = scope.service(endpoint.mounted(&spelling));
            }
        }
        // Before the rest of `/api`, which asks for a token.
        without_token(&app, &CALENDARS)(config);
        without_token(&app, &DOCUMENTS)(config);
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

/// Mounts `/`, where this service has a host of its own.
pub(crate) fn configure_front(app: &App) -> impl FnOnce(&mut ServiceConfig) + Clone + use<> {
    without_token(app, &FRONT)
}

/// Mounts the pages at `/time/`.
pub fn configure_pages(app: &App) -> impl FnOnce(&mut ServiceConfig) + Clone + use<> {
    without_token(app, &PAGES)
}

fn without_token(
    app: &App,
    endpoints: &'static [Endpoint],
) -> impl FnOnce(&mut ServiceConfig) + Clone + use<> {
    let app = app.clone();
    move |config| {
        for endpoint in endpoints {
            let bare = Some(endpoint.path.trim_end_matches('/'));
            let bare = bare.filter(|bare| !bare.is_empty() && *bare != endpoint.path);
            for spelling in [Some(endpoint.path), bare].into_iter().flatten() {
                let around = app.clone();
                let resource = endpoint.mounted(spelling).app_data(ThinData(app.clone()));
                config.service(resource.wrap(from_fn(move |request, next| {
                    edge::open(around.clone(), Some(endpoint), request, next)
                })));
            }
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

#[cfg(test)]
mod tests {
    use super::endpoint::Who;
    use super::*;

    fn scopes(verb: &Verb) -> &'static [Scope] {
        match verb.who {
            Who::OneOf(scopes) => scopes,
            Who::Anybody => panic!("{} is open", verb.method),
        }
    }

    /// R160: a row opens nothing by leaving something out, and what is open without a token is in another table.
    #[test]
    fn every_method_declares_its_scopes() {
        for endpoint in &ENDPOINTS {
            for verb in endpoint.verbs {
                assert!(!scopes(verb).is_empty(), "{} {}", verb.method, endpoint.path);
                assert!(endpoint.allow.contains(verb.method.as_str()), "{} {}", verb.method, endpoint.path);
            }
        }
        let [open, _] = &HEALTH;
        assert_eq!((open.needs(&Method::GET), open.needs(&Method::POST)), (None, None));
    }

    /// R160: whoever may do something may ask what can be done.
    #[test]
    fn options_are_for_who_may_any_method_of_the_row() {
        for endpoint in &ENDPOINTS {
            let (options, others): (Vec<&Verb>, Vec<&Verb>) =
                endpoint.verbs.iter().partition(|verb| verb.method == Method::OPTIONS);
            let Some(options) = options.first() else { continue };
            let any = Scope::ALL.map(|scope| others.iter().any(|verb| scopes(verb).contains(&scope)));
            assert_eq!(Scope::ALL.map(|scope| scopes(options).contains(&scope)), any, "{}", endpoint.path);
        }
    }

    #[test]
    fn every_spelling_finds_its_row_and_nothing_else_does() {
        for endpoint in &ENDPOINTS {
            for spelling in endpoint.spellings() {
                assert_eq!(
                    Endpoint::find(&spelling).map(|found| found.path),
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
