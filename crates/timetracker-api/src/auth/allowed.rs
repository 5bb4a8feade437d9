//! The extractor by which a handler states the scope it needs. There is no other way to learn who is calling,
//! so a handler that needs a person cannot be reached without one.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::{Caller, bearer};
use crate::wire::challenge::{Rejected, Scheme};
use crate::wire::error::ApiError;

/// A scope, as a type.
pub trait Scope {
    /// Its name on the wire.
    const NAME: &'static str;
}

/// [`super::READ`].
#[derive(Debug)]
pub enum Read {}
/// [`super::WRITE`].
#[derive(Debug)]
pub enum Write {}

impl Scope for Read {
    const NAME: &'static str = super::READ;
}

impl Scope for Write {
    const NAME: &'static str = super::WRITE;
}

/// The caller, whose token has scope `S`.
#[derive(Debug)]
pub struct Allowed<S>(Arc<Caller>, PhantomData<S>);

impl<S> Deref for Allowed<S> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl<S> Allowed<S> {
    /// The caller, to be taken along.
    pub fn caller(&self) -> Arc<Caller> {
        self.0.clone()
    }
}

impl<S: Scope> FromRequest for Allowed<S> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let extensions = request.extensions();
        ready(match extensions.get::<Arc<Caller>>() {
            None => Err(ApiError::Unauthenticated(Scheme::Bearer, Rejected::Missing)),
            Some(caller) if caller.scopes.contains(S::NAME) => Ok(Self(caller.clone(), PhantomData)),
            Some(_) => Err(ApiError::LacksScope(bearer::scheme(request.headers()), S::NAME)),
        })
    }
}
