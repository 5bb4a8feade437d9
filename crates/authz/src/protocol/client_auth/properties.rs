//! What holds of every `Authorization: Basic` header, not only of those in the tables.

use model::fuzzing::fuzz;
use proptest::prelude::*;

use super::*;

fn written(id: &str, secret: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

fn read(header: &str) -> Option<(String, String)> {
    parse_basic(header).map(|found| (found.id, found.proof.unwrap_or_default()))
}

/// Whatever is taken has one meaning, and is of the one form there is.
fn assert_is_basic_or_refused(header: &str) {
    let Some((id, secret)) = read(header) else { return };
    assert_eq!(read(&written(&id, &secret)), Some((id.clone(), secret.clone())));
    assert!(!id.contains('\0') && !secret.contains('\0'));
    assert!(header.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic ")), "{header:?}");
    let bytes = BASE64_STANDARD.decode(header[6..].trim()).unwrap();
    assert!(bytes.contains(&b':') && std::str::from_utf8(&bytes).is_ok());
}

proptest! {
    /// R41: whatever an id and a secret are made of, colons, percent signs and spaces among it.
    #[test]
    fn any_id_and_any_secret_are_read_as_they_were_written(id in r"[^\x00]{0,12}", secret in r"[^\x00]{0,12}") {
        prop_assert_eq!(read(&written(&id, &secret)), Some((id, secret)));
    }

    /// Clients that do not form-encode what needs no encoding are understood all the same.
    #[test]
    fn what_needs_no_encoding_may_go_without(id in "[A-Za-z0-9._~-]{0,12}", secret in "[!-$&-*,-~]{0,12}") {
        let header = format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")));
        prop_assert_eq!(read(&header), Some((id, secret)));
    }

    #[test]
    fn nothing_but_basic_is_taken_for_it(
        any in r"\PC{0,20}", decoded in r"[ -~\x00é%+:]{0,12}", scheme in "[A-Za-z]{1,7}", space in r"[ \t]{0,2}",
    ) {
        let encoded = BASE64_STANDARD.encode(&decoded);
        for header in [any.clone(), format!("Basic {any}"), format!("Basic {encoded}"), format!("{scheme}{space}{encoded}")] {
            assert_is_basic_or_refused(&header);
        }
        let is_read = read(&format!("Basic {encoded}")).is_some();
        prop_assert!(decoded.contains(':') || !is_read);
    }
}

#[test]
fn fuzz_basic() {
    fuzz(&["web:secret", "a%3Ab:c%2Bd+e", "é:ü%00", ":"], |input| {
        assert_is_basic_or_refused(&format!("Basic {}", BASE64_STANDARD.encode(input)));
    });
    fuzz(&["Basic d2ViOnNlY3JldA==", "bAsIc  YTpi ", "Bearer d2ViOnNlY3JldA=="], |input| {
        assert_is_basic_or_refused(&String::from_utf8_lossy(input));
    });
}
