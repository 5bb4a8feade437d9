//! The way a letter goes: to a mail server, or into a folder. The only caller of `lettre`.

use std::error::Error;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Severity;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use model::time::Timestamp;

use crate::config::{Mail, MailWay, Smtp, SmtpTls};

/// So long a mail server may think about each word.
const WORD_WITHIN: Duration = Duration::from_secs(10);
/// And so long it may have a letter in hand.
pub(super) const SENT_WITHIN: Duration = Duration::from_secs(30);

/// What is sent.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its number.
    pub id: i64,
    /// When it was written.
    pub at: Timestamp,
    /// To where.
    pub to: String,
    /// Our own words.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// Where letters are posted.
pub struct Post {
    from: Address,
    host: String,
    way: Way,
}

enum Way {
    Folder(PathBuf),
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
}

/// Why a letter was not sent.
#[derive(Debug)]
pub enum NotSent {
    /// It may be another time.
    Now(Box<dyn Error + Send + Sync>),
    /// The address is not one, or its server does not know it.
    Ever(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(error) | Self::Ever(error) => error.fmt(f),
        }
    }
}

impl Post {
    /// Opens the way that is configured, if one is.
    ///
    /// # Errors
    /// When the folder cannot be made, or certificates cannot be verified here.
    pub fn open(mail: &Mail) -> Result<Option<Self>, Box<dyn Error + Send + Sync>> {
        let way = match &mail.way {
            None => return Ok(None),
            Some(MailWay::Folder(folder)) => {
                fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
                Way::Folder(folder.clone())
            }
            Some(MailWay::Smtp(smtp)) => Way::Smtp(Box::new(transport(smtp, &mail.host)?)),
        };
        Ok(Some(Self { from: mail.from.parse()?, host: mail.host.clone(), way }))
    }

    /// Sends a letter.
    ///
    /// # Errors
    /// When it was not taken; whether it is worth trying again.
    pub async fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        let message = self.message(letter).map_err(NotSent::Ever)?;
        match &self.way {
            Way::Folder(folder) => {
                let file = folder.join(format!("{:08}.eml", letter.id));
                let written = tokio::task::spawn_blocking(move || write(&file, &message.formatted())).await;
                written
                    .map_err(|error| NotSent::Now(error.into()))?
                    .map_err(|error| NotSent::Now(error.into()))
            }
            Way::Smtp(transport) => {
                let sent = tokio::time::timeout(SENT_WITHIN, transport.send(message)).await;
                match sent {
                    Ok(Ok(_)) => Ok(()),
                    Ok(Err(error)) => Err(judged(error)),
                    Err(late) => Err(NotSent::Now(late.into())),
                }
            }
        }
    }

    fn message(&self, letter: &Letter) -> Result<Message, Box<dyn Error + Send + Sync>> {
        let at = letter.at.to_utc().ok_or("an instant outside of the calendar")?;
        // The same for one letter however often it is tried, so that a second copy can be known.
        let id = format!("<{}.{}@{}>", letter.id, letter.at.micros(), self.host);
        // RFC 3834: nobody answers this by machine.
        let machine = HeaderName::new_from_ascii("Auto-Submitted".to_owned())?;
        Ok(Message::builder()
            .from(Mailbox::new(None, self.from.clone()))
            .to(Mailbox::new(None, letter.to.parse()?))
            .date(at.into())
            .message_id(Some(id))
            .subject(&letter.subject)
            .raw_header(HeaderValue::new(machine, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(body(&letter.text))?)
    }
}

/// As it is, while it is ASCII in lines that may travel so (RFC 5322 section 2.1.1): an address is not broken over two lines then, also
/// not for whoever looks into the folder.
fn body(text: &str) -> Body {
    let is_plain =
        text.is_ascii() && !text.contains(['\0', '\r']) && text.lines().all(|line| line.len() < 998);
    if !is_plain {
        return Body::new(text.to_owned());
    }
    let bytes = text.replace('\n', "\r\n").into_bytes();
    Body::dangerous_pre_encoded(bytes, ContentTransferEncoding::SevenBit)
}

/// A server that refuses for good what it was given does so again. What it says of our own name and password (53x) is for an
/// operator to mend, and the letter waits.
fn judged(error: lettre::transport::smtp::Error) -> NotSent {
    let for_good = error.status().is_some_and(|code| {
        let is_about_us = code.to_string().starts_with("53");
        code.severity == Severity::PermanentNegativeCompletion && !is_about_us
    });
    if for_good { NotSent::Ever(error.into()) } else { NotSent::Now(error.into()) }
}

fn transport(
    smtp: &Smtp,
    host: &str,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, Box<dyn Error + Send + Sync>> {
    let tls = match smtp.tls {
        SmtpTls::AtOnce => Tls::Wrapper(TlsParameters::new(smtp.host.clone())?),
        SmtpTls::Upgraded => Tls::Required(TlsParameters::new(smtp.host.clone())?),
        SmtpTls::Never => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
        .port(smtp.port)
        .tls(tls)
        .timeout(Some(WORD_WITHIN))
        .hello_name(ClientId::Domain(host.to_owned()));
    if let Some((name, password)) = &smtp.login {
        builder = builder.credentials(Credentials::new(name.clone(), password.expose().clone()));
    }
    Ok(builder.build())
}

/// For its owner only, since there are links in it; whole or not at all; and the same file however often it is tried.
fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = file.with_extension("part");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut open = options.open(&unfinished)?;
    open.write_all(bytes)?;
    open.sync_all()?;
    fs::rename(unfinished, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R122, R125: what goes into a header has one form, and no letter is two.
    #[test]
    fn nothing_makes_one_letter_two_or_adds_a_header() {
        let host = "id.example.com".to_owned();
        let from = "time@example.com".parse().unwrap();
        let post = Post { from, host, way: Way::Folder(PathBuf::new()) };
        let letter = Letter {
            id: 7,
            at: Timestamp::from_unix_seconds(1_800_000_000),
            to: "ada@example.com".to_owned(),
            subject: "Confirm - Timetracker".to_owned(),
            text: "Hello\n.\nSubject: x\n\nhttps://id.example.com/accounts/email/x/\n".to_owned(),
        };
        let text = String::from_utf8(post.message(&letter).unwrap().formatted()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let expected = "From: time@example.com\r\nTo: ada@example.com\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000\r\n\
            Message-ID: <7.1800000000000000@id.example.com>\r\nSubject: Confirm - Timetracker\r\n\
            Auto-Submitted: auto-generated\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit";
        let sorted = |head: &str| {
            let mut lines: Vec<String> = head.split("\r\n").map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(head), sorted(expected));
        assert_eq!(body.replace("\r\n", "\n"), letter.text);
        for to in [
            "ada@example.com\r\nBcc: eve@evil.example",
            "ada@example.com\nBcc: eve@evil.example",
            "ada@example.com, eve@evil.example",
            "",
        ] {
            let refused = post.message(&Letter { to: to.to_owned(), ..letter.clone() });
            assert!(refused.is_err(), "{to:?}");
        }
        let subject = "x\r\nBcc: eve@evil.example".to_owned();
        let text = post.message(&Letter { subject, ..letter }).unwrap().formatted();
        assert!(!String::from_utf8(text).unwrap().contains("\r\nBcc:"));
    }
}
