//! What is mounted beside the API and asks for no token: health, metadata, pages, calendars.

use actix_web::http::Method;

use super::Endpoint;
use super::endpoint::Verb;
use crate::pages::{self, home, sign_in, sign_out, statics};
use crate::{feeds, health, protected_resource};

/// What is for whoever has its address, which is a secret.
pub(super) static CALENDARS: [Endpoint; 1] = [Endpoint {
    path: "/api/feeds/{token}.ics",
    allow: "GET, HEAD",
    verbs: &[Verb::open(Method::GET, |route| route.to(feeds::calendar::get))],
}];

/// What needs no token and tells nothing.
pub(super) static HEALTH: [Endpoint; 2] = [
    Endpoint {
        path: "/healthz",
        allow: "GET, HEAD",
        verbs: &[Verb::open(Method::GET, |route| route.to(health::alive))],
    },
    Endpoint {
        path: "/readyz",
        allow: "GET, HEAD",
        verbs: &[Verb::open(Method::GET, |route| route.to(health::ready))],
    },
];

/// What anybody may know who wants a token: of the API, and of the host.
pub(super) static METADATA: [Endpoint; 2] = [
    metadata("/.well-known/oauth-protected-resource/api"),
    metadata("/.well-known/oauth-protected-resource"),
];

const fn metadata(path: &'static str) -> Endpoint {
    Endpoint {
        path,
        allow: "GET, HEAD, OPTIONS",
        verbs: const {
            &[
                Verb::open(Method::GET, |route| route.to(protected_resource::get)),
                Verb::open(Method::OPTIONS, |route| route.to(protected_resource::options)),
            ]
        },
    }
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
