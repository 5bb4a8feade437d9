//! A name and a password in a header (RFC 7617), where an operator allows that: judged and counted as at every other place.

use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use model::secret::Secret;

use crate::app::App;
use crate::sign_in::{self, Attempt, Failed, SignIn};

/// It is not base64 of a text with a colon in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The name and the password.
///
/// # Errors
/// When they cannot be read.
pub fn read(encoded: &str) -> Result<(String, Secret<String>), Malformed> {
    let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| Malformed)?;
    let text = String::from_utf8(bytes).map_err(|_| Malformed)?;
    let (name, password) = text.split_once(':').ok_or(Malformed)?;
    Ok((name.to_owned(), Secret::new(password.to_owned())))
}

/// Checks them. `is_relayed` says that an API asks, for somebody else.
///
/// # Errors
/// When the database cannot be asked, or too many people are signing in.
pub(crate) async fn check(
    app: &App,
    address: IpAddr,
    username: &str,
    password: Secret<String>,
    is_relayed: bool,
) -> Result<SignIn, Failed> {
    sign_in::check(app, Attempt { address, keepsakes: "", is_relayed }, username, password).await
}
