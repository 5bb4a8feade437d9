//! The rules for a person's name and password, wherever they come from.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

/// The fewest characters of a password that is the only factor (NIST SP 800-63B).
pub const MIN_PASSWORD: usize = 15;
/// The most bytes of a password; beyond that it is an attack on the hash, not a password.
const MAX_PASSWORD: usize = 1_024;
const MAX_USERNAME: usize = 150;
/// The longest address that mail is sent to (RFC 5321 section 4.5.3.1.3, without its brackets).
pub const MAX_EMAIL: usize = 254;

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

/// An e-mail address as it is kept: NFKC, without surrounding blanks. What is taken is what mail goes to everywhere, and nothing
/// that could mean more than one address or another line.
///
/// # Errors
/// A sentence for the person.
pub fn email(text: &str) -> Result<String, &'static str> {
    let address: String = text.trim_matches(' ').nfkc().collect();
    let is_atom = |text: &str| {
        let is_in_atom = |each: u8| each.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&each);
        !text.is_empty() && text.bytes().all(is_in_atom)
    };
    let is_label = |text: &str| {
        let is_in_label = |each: u8| each.is_ascii_alphanumeric() || each == b'-';
        (1..=63).contains(&text.len())
            && text.bytes().all(is_in_label)
            && !text.starts_with('-')
            && !text.ends_with('-')
    };
    let (local, host) = address.rsplit_once('@').unwrap_or_default();
    let is_good = (1..=64).contains(&local.len())
        && address.len() <= MAX_EMAIL
        && local.split('.').all(is_atom)
        && host.contains('.')
        && host.split('.').all(is_label);
    if is_good { Ok(address) } else { Err("Write an e-mail address as in name@example.com.") }
}

/// The one form by which addresses are compared.
pub fn email_key(address: &str) -> String {
    address.nfkc().collect::<String>().to_lowercase()
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

    /// R125, C4: one form, and no address that is two, or a header.
    #[test]
    fn an_address_is_one_address_and_nothing_else() {
        for good in ["ada@example.com", "Ada.Lovelace+time@mail.example.co.uk", "o'hara_1@x-1.example"] {
            assert_eq!(email(good), Ok(good.to_owned()));
        }
        assert_eq!(email(" ada@example.com "), Ok("ada@example.com".to_owned()));
        assert_eq!(email("ａｄａ＠ｅｘａｍｐｌｅ.com"), Ok("ada@example.com".to_owned()));
        assert_eq!(email_key("ADA@Example.COM"), "ada@example.com");
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@example",
            "ada@@example.com",
            "a@b@example.com",
            "ada@example.com\r\nBcc: eve@evil.example",
            "ada@example.com\nSubject: x",
            "ada@example.com,eve@evil.example",
            "ada@example.com eve@evil.example",
            "<ada@example.com>",
            "Ada <ada@example.com>",
            "\"ada\"@example.com",
            "ada@[127.0.0.1]",
            "ada@exam_ple.com",
            "ada@-example.com",
            "ada@example..com",
            ".ada@example.com",
            "ada.@example.com",
            "ada@example.com\0",
            "adа@example.com",
            "ada@exаmple.com",
            "ada\u{200b}@example.com",
            &format!("{}@example.com", "a".repeat(65)),
            &format!("a@{}.com", "a.".repeat(130)),
        ] {
            assert!(email(bad).is_err(), "{bad:?}");
        }
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
