//! `/o/applications/`: the developer pages.

mod first_run;
pub mod form;
mod owners;
mod secrets;
mod switched_off;

pub use form::{Mine, filled, registered};
