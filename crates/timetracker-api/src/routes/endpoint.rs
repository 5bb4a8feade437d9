//! A row of the table of routes: a path, its methods, and for each of them who may have it.

use actix_web::http::Method;
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse, Resource, Route};

use crate::auth::scopes::{Needs, Scope};
use crate::openapi::{Operation, service};
use crate::reports::detailed;
use crate::wire::error::ApiError;
use crate::wire::negotiate::Form;

/// One row of the table.
#[derive(Debug)]
pub struct Endpoint {
    /// The canonical path below `/api`.
    pub path: &'static str,
    /// Its methods, in the framework's order.
    pub allow: &'static str,
    /// What answers them, and who may have it.
    pub(super) verbs: &'static [Verb],
}

/// A method of a row: who may have it, and what answers it.
#[derive(Debug)]
pub(super) struct Verb {
    pub(super) method: Method,
    pub(super) who: Who,
    handler: fn(Route) -> Route,
    is_free: bool,
    /// What the document says of it; a test sees to it that each method under `/api` has one.
    operation: Option<&'static Operation>,
}

/// Who may have it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Who {
    /// Whose token has one of these; there is one.
    OneOf(&'static [Scope]),
    /// Anybody, without a token. Nothing in the table of the API may be so, and there nobody would get it.
    Anybody,
}

impl Verb {
    const fn new(method: Method, needs: &'static [Scope], handler: fn(Route) -> Route) -> Self {
        assert!(!needs.is_empty(), "a method without a scope");
        Self { method, who: Who::OneOf(needs), handler, is_free: false, operation: None }
    }

    /// What anybody may have.
    pub(super) const fn open(method: Method, handler: fn(Route) -> Route) -> Self {
        Self { method, who: Who::Anybody, handler, is_free: true, operation: None }
    }

    /// What costs nothing of the caller's quota.
    pub(super) const fn free(method: Method, needs: &'static [Scope], handler: fn(Route) -> Route) -> Self {
        assert!(!needs.is_empty(), "a method without a scope");
        Self { method, who: Who::OneOf(needs), handler, is_free: true, operation: None }
    }

    /// Says what it does.
    pub(super) const fn says(mut self, operation: &'static Operation) -> Self {
        self.operation = Some(operation);
        self
    }
}

/// GET, and HEAD, which is answered as GET is.
pub(super) const fn get(needs: &'static [Scope], handler: fn(Route) -> Route) -> Verb {
    Verb::new(Method::GET, needs, handler)
}

pub(super) const fn post(needs: &'static [Scope], handler: fn(Route) -> Route) -> Verb {
    Verb::new(Method::POST, needs, handler)
}

pub(super) const fn put(needs: &'static [Scope], handler: fn(Route) -> Route) -> Verb {
    Verb::new(Method::PUT, needs, handler)
}

pub(super) const fn patch(needs: &'static [Scope], handler: fn(Route) -> Route) -> Verb {
    Verb::new(Method::PATCH, needs, handler)
}

pub(super) const fn delete(needs: &'static [Scope], handler: fn(Route) -> Route) -> Verb {
    Verb::new(Method::DELETE, needs, handler)
}

/// OPTIONS, for whoever may any other method of the row.
pub(super) const fn options(needs: &'static [Scope], handler: fn(Route) -> Route) -> Verb {
    Verb::new(Method::OPTIONS, needs, handler).says(&service::OPTIONS)
}

impl Endpoint {
    /// What a method of it needs; nothing is said about one that it has not.
    pub fn needs(&self, method: &Method) -> Option<Needs> {
        self.verb(method).and_then(|verb| match verb.who {
            Who::OneOf(scopes) => Some(Needs::OneOf(scopes)),
            Who::Anybody => None,
        })
    }

    /// Whether a method of it costs nothing of the caller's quota.
    pub(crate) fn is_free(&self, method: &Method) -> bool {
        self.verb(method).is_some_and(|verb| verb.is_free)
    }

    /// Its methods, of which scopes each needs one if it asks for any, and what it says of itself.
    pub(crate) fn operations(&self) -> impl Iterator<Item = (&Method, &'static [Scope], &'static Operation)> {
        self.verbs.iter().filter_map(|verb| {
            let scopes = match verb.who {
                Who::OneOf(scopes) => scopes,
                Who::Anybody => &[],
            };
            Some((&verb.method, scopes, verb.operation?))
        })
    }

    fn verb(&self, method: &Method) -> Option<&Verb> {
        let wanted = if *method == Method::HEAD { &Method::GET } else { method };
        self.verbs.iter().find(|verb| verb.method == *wanted)
    }

    /// All its methods at one of its spellings.
    pub(super) fn mounted(&self, spelling: &str) -> Resource {
        let resource = self.verbs.iter().fold(web::resource(spelling), |resource, verb| {
            let resource = resource.route((verb.handler)(web::method(verb.method.clone())));
            match verb.method {
                Method::GET => resource.route((verb.handler)(web::head())),
                _ => resource,
            }
        });
        resource.default_service(web::to(method_not_allowed))
    }

    /// The path without the slash at its end, and whether `.json` may stand behind it.
    fn bare(&self) -> (&'static str, bool) {
        let bare = self.path.strip_suffix('/').unwrap_or(self.path);
        (bare, !bare.is_empty() && !bare.contains('{'))
    }

    /// All the ways to write the path below `/api`.
    pub(super) fn spellings(&self) -> Vec<String> {
        let (bare, has_form) = self.bare();
        let forms = [Form::Json].iter().chain(self.forms()).filter(|_| has_form);
        let suffixes = std::iter::once(String::new()).chain(forms.map(|form| format!(".{}", form.name())));
        suffixes.flat_map(|suffix| [format!("{bare}{suffix}"), format!("{bare}{suffix}/")]).collect()
    }

    /// The forms that its answers have beside JSON.
    pub(crate) fn forms(&self) -> &'static [Form] {
        if self.path == "/reports/detailed/" { &detailed::FORMS } else { &[] }
    }

    /// Whether the path, without the slash at its end, is this one, perhaps with `.json` or another form behind it.
    pub(super) fn is_at(&self, path: &str) -> bool {
        let (wanted, has_form) = self.bare();
        let (before, suffix) = path.rsplit_once('.').unwrap_or((path, ""));
        let is_form = suffix == Form::Json.name() || self.forms().iter().any(|form| suffix == form.name());
        let path = if has_form && is_form { before } else { path };
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

async fn method_not_allowed(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    Err(ApiError::MethodNotAllowed(request.method().clone()))
}
