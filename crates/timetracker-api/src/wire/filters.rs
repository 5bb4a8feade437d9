//! What narrows and orders a list: `search` and `ordering`.

use std::borrow::Cow;

use serde_json::Value;

use super::error::ApiError;
use super::fields::{self, Given};
use super::query::Parameters;

/// The longest search and the most terms of one: each term is a pass over the caller's rows (R164).
const LONGEST: usize = 200;
const MOST_TERMS: usize = 10;

/// The patterns for LIKE with `\` as its escape that a row must all match: terms are split at commas and white
/// space, quotes keep a phrase together.
///
/// # Errors
/// 400 with a bare list of messages, as the framework's search filter answers.
pub fn search(query: &Parameters) -> Result<Vec<String>, ApiError> {
    let Some(text) = query.said("search") else { return Ok(Vec::new()) };
    let refuse = |message: String| Err(ApiError::Messages(vec![message.into()]));
    if text.contains('\0') {
        return refuse("Null characters are not allowed.".to_owned());
    }
    if text.chars().count() > LONGEST {
        return refuse(format!("Ensure this value has at most {LONGEST} characters."));
    }
    let terms = terms(text);
    if terms.len() > MOST_TERMS {
        return refuse(format!("Ensure this value has at most {MOST_TERMS} terms."));
    }
    Ok(terms.iter().map(|term| pattern(term)).collect())
}

fn terms(text: &str) -> Vec<String> {
    let (mut terms, mut term, mut quote) = (Vec::new(), String::new(), None);
    for letter in text.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '"' | '\'') if term.is_empty() => quote = Some(letter),
            (None, _) if letter == ',' || letter.is_whitespace() => terms.push(std::mem::take(&mut term)),
            _ => term.push(letter),
        }
    }
    terms.push(term);
    terms.retain(|term| !term.is_empty());
    terms
}

/// The pattern of what has the term in it.
fn pattern(term: &str) -> String {
    let mut pattern = String::with_capacity(term.len() + 2);
    pattern.push('%');
    for letter in term.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// Yes, no, or nothing said.
///
/// # Errors
/// 400 for another word.
pub fn boolean(query: &Parameters, name: &'static str) -> Result<Option<bool>, ApiError> {
    let Some(said) = query.said(name) else { return Ok(None) };
    fields::boolean(&Given::Value(Cow::Owned(Value::from(said)))).map_err(ApiError::of_field(name))
}

/// What is said of a choice that is not there, or not for the caller.
pub const NO_SUCH_CHOICE: &str = "Select a valid choice. That choice is not one of the available choices.";

/// The answer to a filter by what is not there for the caller.
pub fn no_such_choice(name: &'static str) -> ApiError {
    ApiError::field(name, NO_SUCH_CHOICE)
}

/// The keys of `ordering` that `known` knows, and whether each descends; others are silently dropped.
pub fn ordering<K>(query: &Parameters, known: impl Fn(&str) -> Option<K>) -> Vec<(K, bool)> {
    let keys = query.said("ordering").unwrap_or_default().split(',').map(str::trim);
    keys.filter_map(|key| {
        let (name, descends) = key.strip_prefix('-').map_or((key, false), |name| (name, true));
        known(name).map(|key| (key, descends))
    })
    .take(4)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_split_at_commas_and_spaces_and_quotes_keep_phrases() {
        for (text, expected) in [
            ("a b,c", vec!["a", "b", "c"]),
            (" , ", vec![]),
            ("\"a b\" c", vec!["a b", "c"]),
            ("it's", vec!["it's"]),
            ("'a,b", vec!["a,b"]),
        ] {
            assert_eq!(terms(text), expected, "{text}");
        }
    }

    #[test]
    fn wildcards_are_taken_literally() {
        assert_eq!(pattern(r"50%_\"), r"%50\%\_\\%");
    }

    /// R150, R164.
    #[test]
    fn nul_and_endless_searches_are_refused() {
        let refused = |query: &str| search(&Parameters::parse(query).unwrap()).is_err();
        assert!(refused("search=a%00"));
        assert!(refused(&format!("search={}", "a".repeat(201))));
        assert!(refused("search=1+2+3+4+5+6+7+8+9+10+11"));
        assert!(!refused("search=1+2+3+4+5+6+7+8+9+10"));
    }

    #[test]
    fn unknown_orderings_are_dropped() {
        let query = Parameters::parse("ordering=-start,password,id").unwrap();
        let known = |name: &str| matches!(name, "id" | "start").then(|| name.to_owned());
        assert_eq!(ordering(&query, known), [("start".to_owned(), true), ("id".to_owned(), false)]);
    }
}
