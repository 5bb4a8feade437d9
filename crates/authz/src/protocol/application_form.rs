//! A request that an application makes in the browser with a form of its own (OpenID Connect Core section 3.1.2.1,
//! RP-Initiated Logout section 2). A browser does not say who is signed in when another site sends a form, so it is sent on
//! as GET.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;

use super::Params;
use crate::pages::{self, PageError};

/// What the form says; nothing is in the address beside it.
pub struct ApplicationForm(Params);

impl ApplicationForm {
    /// To the same endpoint, with the parameters that `keep` keeps in the address.
    pub(super) fn sent_on(&self, endpoint: &str, keep: impl Fn(&str) -> bool) -> HttpResponse {
        let location = format!("{endpoint}?{}", self.0.to_query(keep));
        HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
    }
}

impl FromRequest for ApplicationForm {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let params = pages::form(&request, &mut payload).await?;
            if request.query_string().is_empty() { Ok(Self(params)) } else { Err(pages::no_form()) }
        })
    }
}
