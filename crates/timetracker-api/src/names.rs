//! Names of tags, projects and clients: one name, however it is written.

use unicode_normalization::UnicodeNormalization;

use crate::wire::error::Message;
use crate::wire::fields::{self, Given};

/// How long a name may be, in characters.
pub const LONGEST: usize = 100;

/// A name, trimmed and composed. `None` when it did not come.
///
/// # Errors
/// What is wrong with it.
pub fn read(given: &Given<'_>) -> Result<Option<String>, Vec<Message>> {
    let Some(name) = fields::text(given, LONGEST, false)? else { return Ok(None) };
    let name: String = name.nfc().collect();
    // Some letters become two when they are composed.
    if name.chars().count() > LONGEST {
        return Err(vec![format!("Ensure this field has no more than {LONGEST} characters.").into()]);
    }
    if name.chars().any(char::is_control) {
        return Err(vec!["Control characters are not allowed.".into()]);
    }
    Ok(Some(name))
}

/// A name as it is compared: composed, and in small letters.
pub fn key(name: &str) -> String {
    name.nfc().collect::<String>().to_lowercase()
}
