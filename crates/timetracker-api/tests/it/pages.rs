//! What people see in a browser.

mod browsable;
mod home;
mod renewal;
mod sign_in;
