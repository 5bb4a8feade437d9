//! The audit log: who did what, when and from where. What is written anyway carries its event in the same
//! transaction (`store::audit_events`); what writes nothing, above all the issuing of tokens, is gathered here for a
//! second, alike ones as one row that says how many, so that a log entry costs a token no commit of its own.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use model::db::{Db, DbError};
use model::id::{ClientId, UserId};
use model::time::Timestamp;

use crate::store::audit_events::{self, AuditEvent};

/// How many different events are gathered; beyond that only their kinds are counted.
const MAX_GATHERED: usize = 1_000;

/// From where something was asked.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Over HTTP.
    Address(IpAddr),
    /// By this server, of its own accord.
    Ourselves,
    /// By an administrator's command, and by whom if the system says.
    CommandLine(Option<String>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Ourselves => f.write_str("this server"),
            Self::CommandLine(Some(name)) => write!(f, "command line of {name}"),
            Self::CommandLine(None) => f.write_str("command line"),
        }
    }
}

/// What is told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// An account was made.
    SignUp,
    /// Somebody signed in at a browser.
    SignIn,
    /// A password was wrong, at the page or the password grant.
    SignInRefused,
    /// A person's passwords were wrong so often in a row that none is looked at any more.
    SignInStopped,
    /// Somebody signed out.
    SignOut,
    /// A client was told that a session has ended.
    LogoutTold,
    /// It was not to be reached; the detail is how often it was tried.
    LogoutNotTold,
    /// Somebody allowed a client what it asked for.
    ConsentGiven,
    /// Somebody refused.
    ConsentRefused,
    /// Somebody allowed a device what it asked for; the detail is the scopes.
    DeviceApproved,
    /// Somebody refused.
    DeviceRefused,
    /// Tokens were issued; the detail is the grant type, or the response type where a browser carried them.
    TokenIssued,
    /// None were; the detail is the error code.
    TokenRefused,
    /// A client did not prove who it is.
    ClientRefused,
    /// A code was redeemed twice; the detail is the grant, which was ended.
    CodeReplayed,
    /// A replaced refresh token was used; the detail is the grant, which was ended.
    RefreshTokenReused,
    /// A person ended what they had allowed a client; the detail is the grant.
    AccessEnded,
    /// A client revoked a token; the detail is the grant or the token.
    Revoked,
    /// A new password.
    PasswordSet,
    /// Somebody asked for a new password by mail, and is sent a link.
    PasswordResetAsked,
    /// A person proved that an address is theirs.
    EmailConfirmed,
    /// A mail was sent; the detail is its kind.
    MailSent,
    /// A mail was not sent, and will not be; the detail is its kind and how often it was tried.
    MailNotSent,
    /// What is told about a person was changed.
    ProfileSet,
    /// A person is in other groups.
    GroupsSet,
    /// A person may not act any more.
    UserDisabled,
    /// A person may act again.
    UserEnabled,
    /// A person's wrong passwords no longer count.
    UserUnlocked,
    /// A person has another name; the detail is the old and the new.
    UserRenamed,
    /// A person is gone.
    UserDeleted,
    /// An initial access token was made; the detail is its id.
    RegistrationTokenCreated,
    /// One was removed; the detail is its id.
    RegistrationTokenDeleted,
    /// A client registered itself; the detail is the initial access token, if it had one.
    ClientRegistered,
    /// A client that nobody used in time was removed.
    ClientExpired,
    /// A client was registered.
    ClientCreated,
    /// A client's registration was changed.
    ClientChanged,
    /// A client has a new secret.
    ClientSecretRotated,
    /// A client was switched off.
    ClientDisabled,
    /// A client was switched on again.
    ClientEnabled,
    /// Everything issued to a client so far was ended.
    ClientRevoked,
    /// A client was removed.
    ClientDeleted,
    /// A person linked an account at a provider; the detail is the provider.
    ProviderLinked,
    /// They unlinked it; the detail is the provider.
    ProviderUnlinked,
    /// A person made a key, at the page or with their password; the detail is its id.
    PersonalKeyMade,
    /// A person ended a key; the detail is its id.
    PersonalKeyEnded,
    /// A new key.
    KeyRotated,
    /// A key was removed; the detail is its id.
    KeyRemoved,
    /// Everything issued so far was ended.
    AllRevoked,
}

impl What {
    /// The name in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::SignIn => "sign_in",
            Self::SignInRefused => "sign_in_refused",
            Self::SignInStopped => "sign_in_stopped",
            Self::SignOut => "sign_out",
            Self::LogoutTold => "logout_told",
            Self::LogoutNotTold => "logout_not_told",
            Self::ConsentGiven => "consent_given",
            Self::ConsentRefused => "consent_refused",
            Self::DeviceApproved => "device_approved",
            Self::DeviceRefused => "device_refused",
            Self::TokenIssued => "token_issued",
            Self::TokenRefused => "token_refused",
            Self::ClientRefused => "client_refused",
            Self::CodeReplayed => "code_replayed",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::AccessEnded => "access_ended",
            Self::Revoked => "revoked",
            Self::PasswordSet => "password_set",
            Self::PasswordResetAsked => "password_reset_asked",
            Self::EmailConfirmed => "email_confirmed",
            Self::MailSent => "mail_sent",
            Self::MailNotSent => "mail_not_sent",
            Self::ProfileSet => "profile_set",
            Self::GroupsSet => "groups_set",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::UserUnlocked => "user_unlocked",
            Self::UserRenamed => "user_renamed",
            Self::UserDeleted => "user_deleted",
            Self::RegistrationTokenCreated => "registration_token_created",
            Self::RegistrationTokenDeleted => "registration_token_deleted",
            Self::ClientRegistered => "client_registered",
            Self::ClientExpired => "client_expired",
            Self::ClientCreated => "client_created",
            Self::ClientChanged => "client_changed",
            Self::ClientSecretRotated => "client_secret_rotated",
            Self::ClientDisabled => "client_disabled",
            Self::ClientEnabled => "client_enabled",
            Self::ClientRevoked => "client_revoked",
            Self::ClientDeleted => "client_deleted",
            Self::ProviderLinked => "provider_linked",
            Self::ProviderUnlinked => "provider_unlinked",
            Self::PersonalKeyMade => "personal_key_made",
            Self::PersonalKeyEnded => "personal_key_ended",
            Self::KeyRotated => "key_rotated",
            Self::KeyRemoved => "key_removed",
            Self::AllRevoked => "all_revoked",
        }
    }

    /// An event of this kind, about nobody in particular.
    pub fn event(self, origin: &Origin, at: Timestamp) -> AuditEvent {
        AuditEvent {
            at,
            event: self.as_str().to_owned(),
            user_id: None,
            client_id: None,
            origin: origin.to_string(),
            detail: String::new(),
            times: 1,
        }
    }

    /// An event of this kind about a person.
    pub fn of_user(self, user: UserId, origin: &Origin, at: Timestamp) -> AuditEvent {
        AuditEvent { user_id: Some(user), ..self.event(origin, at) }
    }

    /// An event of this kind about a client.
    pub fn of_client(self, client: &ClientId, origin: &Origin, at: Timestamp) -> AuditEvent {
        AuditEvent { client_id: Some(client.as_str().to_owned()), ..self.event(origin, at) }
    }
}

/// An event as it is gathered.
#[derive(PartialEq, Eq, Hash)]
struct Note {
    what: What,
    user: Option<UserId>,
    /// Empty for none.
    client: String,
    address: Option<IpAddr>,
    detail: String,
}

/// What is noted about an event that is gathered.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// Which person it concerns.
    pub user: Option<UserId>,
    /// Which client it concerns.
    pub client: Option<&'a ClientId>,
    /// More about it.
    pub detail: &'a str,
}

/// Gathers events that are written a little later.
#[derive(Default)]
pub struct Audit {
    gathered: Mutex<Gathered>,
}

impl Audit {
    /// Gathers an event.
    pub fn note(&self, what: What, address: IpAddr, about: About, at: Timestamp) {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner).note(what, address, about, at);
    }

    /// Writes what was gathered. What could not be written is kept for the next time.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn flush(&self, db: &Db) -> Result<(), DbError> {
        let gathered =
            std::mem::take(&mut self.gathered.lock().unwrap_or_else(PoisonError::into_inner).events);
        if gathered.is_empty() {
            return Ok(());
        }
        let mut events: Vec<AuditEvent> =
            gathered.iter().map(|(note, (at, times))| note.event(*at, *times)).collect();
        events.sort_by_key(|event| event.at);
        let written = db.write(move |conn| audit_events::insert(conn, &events)).await;
        if written.is_err() {
            let mut again = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
            for (note, (at, times)) in gathered {
                again.add(note, at, times);
            }
        }
        written
    }
}

#[derive(Default)]
struct Gathered {
    events: HashMap<Note, (Timestamp, i64)>,
    /// A note's client and detail to write the next one's into: most are alike, and then none has to be allocated.
    spare: (String, String),
}

impl Gathered {
    fn note(&mut self, what: What, address: IpAddr, about: About, at: Timestamp) {
        let (mut client, mut detail) = std::mem::take(&mut self.spare);
        about.client.map_or("", ClientId::as_str).clone_into(&mut client);
        about.detail.clone_into(&mut detail);
        self.add(Note { what, user: about.user, client, address: Some(address), detail }, at, 1);
    }

    fn add(&mut self, mut note: Note, at: Timestamp, times: i64) {
        if let Some((_, known)) = self.events.get_mut(&note) {
            *known += times;
            self.spare = (note.client, note.detail);
            return;
        }
        if self.events.len() >= MAX_GATHERED {
            note = Note {
                what: note.what,
                user: None,
                client: String::new(),
                address: None,
                detail: String::new(),
            };
        }
        self.events.entry(note).or_insert((at, 0)).1 += times;
    }
}

impl Note {
    fn event(&self, at: Timestamp, times: i64) -> AuditEvent {
        AuditEvent {
            at,
            event: self.what.as_str().to_owned(),
            user_id: self.user,
            client_id: Some(&self.client).filter(|client| !client.is_empty()).cloned(),
            origin: self.address.map_or_else(|| "many".to_owned(), |address| address.to_string()),
            detail: self.detail.clone(),
            times,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_events_are_one_row_and_too_many_different_ones_are_counted_together() {
        let (audit, at) = (Audit::default(), Timestamp::from_unix_seconds(1));
        assert_eq!(MAX_GATHERED, 1_000);
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        for number in 0..1_010 {
            audit.note(What::ClientRefused, address(number), About::default(), at);
            audit.note(What::ClientRefused, address(0), About::default(), at);
        }
        let gathered = audit.gathered.lock().unwrap();
        let events: Vec<AuditEvent> =
            gathered.events.iter().map(|(note, (at, times))| note.event(*at, *times)).collect();
        assert_eq!(events.len(), MAX_GATHERED + 1);
        let times = |origin: &str| events.iter().find(|event| event.origin == origin).unwrap().times;
        assert_eq!((times("0.0.0.0"), times("0.0.0.1"), times("many")), (1_011, 1, 10));
    }
}
