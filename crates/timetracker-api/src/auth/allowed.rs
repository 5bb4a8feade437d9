//! The extractor by which a handler receives its caller, whose token has what the table of routes asks for. There is no other
//! way to learn who is calling, so a handler that needs a person cannot be reached without one.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::scopes::{Needs, Scope};
use super::{Caller, bearer};
use crate::wire::challenge::{Rejected, Scheme};
use crate::wire::error::ApiError;

/// The caller, admitted to this method of this route.
#[derive(Debug)]
pub struct Allowed {
    caller: Arc<Caller>,
    scheme: Scheme,
}

impl Deref for Allowed {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl Allowed {
    /// The caller, to be taken along.
    pub fn caller(&self) -> Arc<Caller> {
        self.caller.clone()
    }

    /// Asks for more than the route does, for one of these.
    ///
    /// # Errors
    /// 403 when the token has none of them.
    pub fn needs(&self, one_of: &'static [Scope]) -> Result<(), ApiError> {
        let needs = Needs::OneOf(one_of);
        if needs.are_met_by(self.scopes) { Ok(()) } else { Err(ApiError::LacksScope(self.scheme, needs)) }
    }
}

impl FromRequest for Allowed {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Arc<Caller>>().cloned();
        let missing = ApiError::Unauthenticated(Scheme::Bearer, Rejected::Missing);
        let scheme = bearer::scheme(request.headers());
        ready(caller.map(|caller| Self { caller, scheme }).ok_or(missing))
    }
}
