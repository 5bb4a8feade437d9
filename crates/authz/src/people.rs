//! The rules for a person's name and password, wherever they come from.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

/// The fewest characters of a password that is the only factor (NIST SP 800-63B).
pub const MIN_PASSWORD: usize = 15;
/// The most bytes of a password; beyond that it is an attack on the hash, not a password.
const MAX_PASSWORD: usize = 1_024;
const MAX_USERNAME: usize = 150;

/// Long enough for the rule above and in every list of guesses.
const COMMON: [&str; 8] = [
    "passwordpassword",
    "password12345678",
    "123456789012345",
    "1234567890123456",
    "qwertyuiopasdfgh",
    "qwertyuiop123456",
    "iloveyouiloveyou",
    "correcthorsebatterystaple",
];

/// The name as it is kept: NFKC, without surrounding blanks.
///
/// # Errors
/// A sentence for the person.
pub fn username(text: &str) -> Result<String, &'static str> {
    let name: String = text.nfkc().collect();
    if name.is_empty() {
        return Err("Choose a name.");
    }
    if name.chars().count() > MAX_USERNAME {
        return Err("A name has at most 150 characters.");
    }
    // Letters of one script only: a name must not look like somebody else's.
    if !name.chars().all(|each| each.is_ascii_alphanumeric() || "@.+-_".contains(each)) {
        return Err("A name has only the letters a to z, digits and @ . + - _");
    }
    Ok(name)
}

/// Judges a password for the person of that name. It is then taken exactly as it is.
///
/// # Errors
/// A sentence for the person.
pub fn password(text: &str, username: &str) -> Result<(), &'static str> {
    let folded = text.to_lowercase();
    let distinct = text.chars().collect::<HashSet<_>>().len();
    if text.chars().count() < MIN_PASSWORD {
        return Err("A password has at least 15 characters. A few random words are good.");
    }
    if text.len() > MAX_PASSWORD {
        return Err("A password has at most 1024 bytes.");
    }
    if text.contains('\0') {
        return Err("A password cannot have the character NUL.");
    }
    if distinct < 5 || COMMON.contains(&folded.replace(' ', "").as_str()) {
        return Err("This password is one of the first that would be guessed.");
    }
    let name = username.to_lowercase();
    if name.chars().count() >= 4
        && folded.contains(&name)
        && folded.chars().count() < name.chars().count() + 12
    {
        return Err("A password should not be made of your name.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R113
    #[test]
    fn a_password_is_long_and_not_among_the_first_guesses_and_anything_else_goes() {
        for good in [
            "correct horse battery",
            "ünïcödé and spaces ",
            "🔑🔒🔓🗝🚪🏠🏡🏢🏣🏤🏥🏦🏧🏨🏩",
            &"long enough ".repeat(20),
        ] {
            assert_eq!(password(good, "ada"), Ok(()), "{good}");
        }
        for bad in [
            "",
            "short",
            "fourteen chars",
            "passwordpassword",
            "Password Password",
            "aaaaaaaaaaaaaaaaaaaa",
            "abababababababab",
        ] {
            assert!(password(bad, "ada").is_err(), "{bad}");
        }
        assert!(password("ada.lovelace-1815", "ada.lovelace").is_err());
        assert!(password("nul \0 in the middle", "ada").is_err());
        assert!(password(&"x1y2z".repeat(300), "ada").is_err());
    }

    /// R124
    #[test]
    fn a_name_cannot_look_like_another() {
        assert_eq!(username("Ada.Lovelace+1"), Ok("Ada.Lovelace+1".to_owned()));
        assert_eq!(username("ａｄｍｉｎ"), Ok("admin".to_owned()));
        for bad in
            ["", " ", "adm\u{200b}in", "adm\u{131}n", " admin", "admin ", "a\tb", "a\0b", &"a".repeat(151)]
        {
            assert!(username(bad).is_err(), "{bad:?}");
        }
    }
}
