//! `/o/authorize/`: who may ask, who is told what, and where answers go.

mod asking;
mod consent;
mod redirect_uri;
mod request;
