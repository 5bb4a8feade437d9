//! How mail is sent, if it is.

use std::net::IpAddr;
use std::path::PathBuf;

use model::secret::Secret;
use model::settings::Settings;
use percent_encoding::percent_decode_str;
use url::Url;

use super::Issuer;
use crate::people;

const EXPECTED: &str = "smtps://user:password@host:port, smtp://user:password@host:port or file:///a/folder";

/// Where mail goes and whom it comes from.
#[derive(Clone, Debug)]
pub struct Mail {
    /// How it goes (`MAIL`); `None` when none is sent.
    pub way: Option<MailWay>,
    /// The address it comes from (`MAIL_FROM`).
    pub from: String,
    /// The host of the issuer, which mail servers are told.
    pub host: String,
}

/// A way that mail goes.
#[derive(Clone, Debug)]
pub enum MailWay {
    /// Into a folder, a file each: for development.
    Folder(PathBuf),
    /// To a mail server (RFC 5321).
    Smtp(Smtp),
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Its name, which its certificate has.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub tls: SmtpTls,
    /// As whom: a name and a password.
    pub login: Option<(String, Secret<String>)>,
}

/// When TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// With the connection (RFC 8314).
    AtOnce,
    /// After STARTTLS (RFC 3207), and nothing is said without.
    Upgraded,
    /// Never: on this very machine only.
    Never,
}

impl Mail {
    pub(super) fn read(said: &mut Settings, issuer: Option<&Issuer>) -> Self {
        let way = said.secret("MAIL").filter(|text| !text.expose().is_empty()).and_then(|text| {
            let way = way(text.expose());
            if way.is_none() {
                // Not what was said: there is a password in it.
                said.problem("MAIL", &format!("expected {EXPECTED}"));
            }
            way
        });
        let host = issuer.and_then(|issuer| Url::parse(issuer.base()).ok());
        let host = host.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let from = said.or("MAIL_FROM", format!("timetracker@{host}"), "an e-mail address");
        if way.as_ref().is_some_and(|way| matches!(way, MailWay::Smtp(_))) && people::email(&from).is_err() {
            said.problem("MAIL_FROM", "expected an e-mail address as in time@example.com");
        }
        Self { way, from, host }
    }
}

fn way(text: &str) -> Option<MailWay> {
    let url = Url::parse(text).ok()?;
    let tls = match url.scheme() {
        "file" => return url.to_file_path().ok().map(MailWay::Folder),
        "smtps" => SmtpTls::AtOnce,
        "smtp" if url.host_str().is_some_and(is_this_machine) => SmtpTls::Never,
        "smtp" => SmtpTls::Upgraded,
        _ => return None,
    };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().ok().map(String::from);
    let login = match (url.username(), url.password()) {
        ("", None) => None,
        (name, password) => Some((decoded(name)?, Secret::new(decoded(password?)?))),
    };
    let usual = if tls == SmtpTls::AtOnce { 465 } else { 587 };
    let is_bare = ["", "/"].contains(&url.path()) && url.query().is_none() && url.fragment().is_none();
    let host = url.host_str().filter(|host| !host.is_empty() && is_bare)?.to_owned();
    Some(MailWay::Smtp(Smtp { host, port: url.port().unwrap_or(usual), tls, login }))
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(text: &str) -> Smtp {
        match way(text) {
            Some(MailWay::Smtp(smtp)) => smtp,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn mail_goes_over_tls_unless_it_stays_on_this_machine() {
        for (text, port, tls) in [
            ("smtps://mail.example.com", 465, SmtpTls::AtOnce),
            ("smtp://mail.example.com", 587, SmtpTls::Upgraded),
            ("smtp://mail.example.com:25/", 25, SmtpTls::Upgraded),
            ("smtp://127.0.0.1:2525", 2525, SmtpTls::Never),
            ("smtp://localhost:2525", 2525, SmtpTls::Never),
            ("smtp://localhost.example.com", 587, SmtpTls::Upgraded),
        ] {
            let smtp = smtp(text);
            assert_eq!((smtp.port, smtp.tls), (port, tls), "{text}");
            assert!(smtp.login.is_none());
        }
    }

    #[test]
    fn a_password_may_have_any_character_and_is_not_printed() {
        let smtp = smtp("smtps://ada%40example.com:p%2Fw%20%C3%A9@mail.example.com");
        let (name, password) = smtp.login.clone().unwrap();
        assert_eq!((name.as_str(), password.expose().as_str()), ("ada@example.com", "p/w é"));
        assert!(!format!("{smtp:?}").contains("p/w"));
    }

    #[test]
    fn what_is_no_way_for_mail_is_refused() {
        for text in [
            "",
            "mail",
            "http://mail.example.com",
            "smtp:///x",
            "smtp://ada@mail.example.com",
            "file://host/x",
            "smtps://m.example/?tls=none",
        ] {
            assert!(way(text).is_none(), "{text}");
        }
        assert!(matches!(way("file:///var/mail"), Some(MailWay::Folder(path)) if path.ends_with("mail")));
    }
}
