//! What is mounted beside the API and asks for no token: health, metadata, pages, calendars.

use actix_web::http::Method;

use super::Endpoint;
use super::endpoint::Verb;
use crate::openapi::service;
use crate::pages::{self, docs, home, sign_in, sign_out, statics};
use crate::{feeds, health, openapi, protected_resource};

/// What is for whoever has its address, which is a secret.
pub(super) static CALENDARS: [Endpoint; 1] = [Endpoint {
    path: "/api/feeds/{token}.ics",
    allow: "GET, HEAD",
    verbs: &[
        Verb::open(Method::GET, |route| route.to(feeds::calendar::get)).says(&feeds::described::CALENDAR)
    ],
}];

/// What anybody may know who would like to call.
pub(super) static DOCUMENTS: [Endpoint; 2] = [
    for_any_origin(
        openapi::PATH,
        const {
            &[
                Verb::open(Method::GET, |route| route.to(openapi::get)).says(&service::OPENAPI),
                Verb::open(Method::OPTIONS, |route| route.to(protected_resource::options))
                    .says(&service::PREFLIGHT),
            ]
        },
    ),
    page(docs::PATH, const { &[Verb::open(Method::GET, |route| route.to(docs::get)).says(&service::DOCS)] }),
];

/// What needs no token and tells nothing.
pub(super) static HEALTH: [Endpoint; 2] = [
    page(
        "/healthz",
        const { &[Verb::open(Method::GET, |route| route.to(health::alive)).says(&service::ALIVE)] },
    ),
    page(
        "/readyz",
        const { &[Verb::open(Method::GET, |route| route.to(health::ready)).says(&service::READY)] },
    ),
];

/// What anybody may know who wants a token: of the API, and of the host.
pub(super) static METADATA: [Endpoint; 2] = [
    metadata("/.well-known/oauth-protected-resource/api"),
    metadata("/.well-known/oauth-protected-resource"),
];

const fn metadata(path: &'static str) -> Endpoint {
    for_any_origin(
        path,
        const {
            &[
                Verb::open(Method::GET, |route| route.to(protected_resource::get)).says(&service::METADATA),
                Verb::open(Method::OPTIONS, |route| route.to(protected_resource::options))
                    .says(&service::PREFLIGHT),
            ]
        },
    )
}

const fn for_any_origin(path: &'static str, verbs: &'static [Verb]) -> Endpoint {
    Endpoint { path, allow: "GET, HEAD, OPTIONS", verbs }
}

/// The front of a host.
pub(super) static FRONT: [Endpoint; 1] = [Endpoint {
    path: "/",
    allow: "GET, HEAD",
    verbs: &[Verb::open(Method::GET, |route| route.to(home::front))],
}];

/// Pages for people: whom they show what is for each to judge.
pub(super) static PAGES: [Endpoint; 6] = [
    Endpoint {
        path: pages::HOME,
        allow: "GET, POST, HEAD",
        verbs: &[
            Verb::open(Method::GET, |route| route.to(home::get)),
            Verb::open(Method::POST, |route| route.to(home::post)),
        ],
    },
    page("/time/sign-in/", const { &[Verb::open(Method::GET, |route| route.to(sign_in::get))] }),
    page(sign_in::CALLBACK, const { &[Verb::open(Method::GET, |route| route.to(sign_in::callback))] }),
    Endpoint {
        path: "/time/sign-out/",
        allow: "POST",
        verbs: &[Verb::open(Method::POST, |route| route.to(sign_out::post))],
    },
    page("/time/style.css", const { &[Verb::open(Method::GET, |route| route.to(statics::style))] }),
    page("/time/mark.svg", const { &[Verb::open(Method::GET, |route| route.to(statics::mark))] }),
];

const fn page(path: &'static str, verbs: &'static [Verb]) -> Endpoint {
    Endpoint { path, allow: "GET, HEAD", verbs }
}
