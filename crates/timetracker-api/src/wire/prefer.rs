//! What a client would like (RFC 7240): `Prefer: handling=strict` has what is not known here refused, which otherwise is
//! passed over as the framework does; `return=minimal` has a batch answered in brief.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

const PREFER: HeaderName = HeaderName::from_static("prefer");
/// What an answer says that did as the client would like.
pub const APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// That it was handled strictly.
pub const STRICT: HeaderValue = HeaderValue::from_static("handling=strict");
/// That it was answered in brief.
pub const MINIMAL: HeaderValue = HeaderValue::from_static("return=minimal");

/// Whether the client would like to be told of what is not known.
pub fn is_strict(headers: &HeaderMap) -> bool {
    said(headers, "handling").is_some_and(|value| value.eq_ignore_ascii_case("strict"))
}

/// Whether the client would rather not be sent what it has made (section 4.2).
pub fn is_minimal(headers: &HeaderMap) -> bool {
    said(headers, "return").is_some_and(|value| value.eq_ignore_ascii_case("minimal"))
}

/// The value of a preference; of several the first one counts (section 2).
fn said<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let fields = headers.get_all(&PREFER).filter_map(|field| field.to_str().ok());
    fields.flat_map(|field| parts(field, ',')).find_map(|preference| {
        let (each, value) = parts(preference, ';').next()?.split_once('=')?;
        let value = value.trim();
        let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        each.trim().eq_ignore_ascii_case(name).then_some(bare)
    })
}

/// The parts between separators, those within quotes not counted.
fn parts(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |letter| {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => return letter == separator && !is_quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_about_handling_counts_and_what_is_quoted_is_none() {
        for (fields, expected) in [
            (vec![], false),
            (vec!["handling=strict"], true),
            (vec!["respond-async, Handling = \"strict\"; x=1"], true),
            (vec!["wait=10", "handling=strict"], true),
            (vec!["handling=lenient, handling=strict"], false),
            (vec!["handling"], false),
            (vec![r#"note="a, handling=strict""#], false),
            (vec![r#"note="a\", handling=strict""#], false),
            (vec!["handling=stricter"], false),
        ] {
            let mut headers = HeaderMap::new();
            for field in &fields {
                headers.append(PREFER, HeaderValue::from_static(field));
            }
            assert_eq!(is_strict(&headers), expected, "{fields:?}");
        }
    }
}
