//! `/o/authorize/`: who may ask, who is told what, and where answers go.

mod asking;
mod consent;
mod forged_hints;
mod forged_requests;
pub mod once;
mod openid;
mod redirect_uri;
mod remembered;
mod request;
mod request_object;
mod request_uri;
mod response_mode;
mod response_type;
mod steps;
mod unverified;
