//! The tags of a track, as a client sends them: names. A name that is new joins the workspace's list, which
//! [`crate::catalogue`] shows and changes.

pub mod store;

use std::borrow::Cow;

use serde_json::Value;

use crate::names::{self, key};
use crate::wire::error::Message;
use crate::wire::fields::{self, Given};

/// How many a track may have.
pub const MOST: usize = 20;

/// Reads a list of names; a name that comes twice, however it is written, is there once.
///
/// # Errors
/// What is wrong with it.
pub fn read(given: &Given<'_>) -> Result<Option<Vec<String>>, Vec<Message>> {
    let Some(items) = fields::list(given)? else { return Ok(None) };
    if items.len() > MOST {
        return Err(vec![format!("Ensure this field has no more than {MOST} elements.").into()]);
    }
    let (mut names, mut problems): (Vec<String>, Vec<Message>) = (Vec::new(), Vec::new());
    for item in items {
        match name(item) {
            Ok(name) if names.iter().all(|other| key(other) != key(&name)) => names.push(name),
            Ok(_) => {}
            Err(messages) => problems.extend(messages),
        }
    }
    if problems.is_empty() { Ok(Some(names)) } else { Err(problems) }
}

fn name(item: &Value) -> Result<String, Vec<Message>> {
    let Value::String(_) = item else { return Err(vec!["Not a valid string.".into()]) };
    Ok(names::read(&Given::Value(Cow::Borrowed(item)))?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_trimmed_composed_and_there_once() {
        let said = |value| read(&Given::Value(Cow::Owned(value))).map_err(|messages| messages.join(" "));
        for (value, expected) in [
            (json!([" deep ", "Deep", "e\u{301}t\u{e9}"]), Ok(vec!["deep", "été"])),
            (json!([]), Ok(vec![])),
            (json!("deep"), Err("Expected a list of items but got type \"str\".")),
            (json!({}), Err("Expected a list of items but got type \"dict\".")),
            (json!([1]), Err("Not a valid string.")),
            (json!([""]), Err("This field may not be blank.")),
            (json!(["a\nb"]), Err("Control characters are not allowed.")),
            (json!(["a".repeat(101)]), Err("Ensure this field has no more than 100 characters.")),
            (json!(["\u{958}".repeat(51)]), Err("Ensure this field has no more than 100 characters.")),
            (json!(vec!["a"; 21]), Err("Ensure this field has no more than 20 elements.")),
        ] {
            let expected = expected.map(|names| Some(names.into_iter().map(str::to_owned).collect()));
            assert_eq!(said(value.clone()), expected.map_err(str::to_owned), "{value}");
        }
        assert_eq!(read(&Given::Missing), Ok(None));
    }
}
