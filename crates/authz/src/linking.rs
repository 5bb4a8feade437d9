//! Who somebody is here whom a provider has named. Found by the provider and its name for them, and by nothing else: an
//! e-mail address that a provider tells proves nothing about whoever has it here.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use diesel::QueryResult;
use diesel::result::Error::RollbackTransaction;
use model::db::{Conn, DbError};
use model::id::UserId;
use model::time::Timestamp;

use crate::app::App;
use crate::audit::{Origin, What};
use crate::config::providers::ProviderSettings;
use crate::crypto::{passwords, random};
use crate::mail;
use crate::people;
use crate::profile::Profile;
use crate::sign_in::username_key;
use crate::sign_up;
use crate::store::attempts::{self, Budget};
use crate::store::audit_events::{self, AuditEvent};
use crate::store::emails;
use crate::store::json::Json;
use crate::store::linked_accounts::{self, NewLinkedAccount, Removed};
use crate::store::outgoing_mail::Kind;
use crate::store::users::{self, NewUser, User};
use crate::upstream::providers::ProviderPerson;

/// Why somebody whom a provider has named is nobody here.
#[derive(Debug)]
pub enum Refused {
    /// They may not act, or are gone.
    Disabled,
    /// Nobody knows them, and the provider's people get no accounts by themselves.
    Unknown,
    /// The account there is linked to somebody else.
    Anothers,
    /// They would be new, and too many are from this network: wait this long.
    Wait(Duration),
    /// It could not be found out.
    Failed(DbError),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str("the person may not act"),
            Self::Unknown => f.write_str("the person has no account"),
            Self::Anothers => f.write_str("the account is linked to somebody else"),
            Self::Wait(_) => f.write_str("too many accounts were made from this network"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}

/// The person, who has just come from there; whoever is new gets an account if the provider's people do, and `is_counted` with
/// those who sign up. The caller has made sure that the provider speaks of whoever asks.
///
/// # Errors
/// See [`Refused`].
pub async fn person_of(
    app: &App,
    origin: &Origin,
    provider: &ProviderSettings,
    person: &ProviderPerson,
    is_counted: bool,
) -> Result<User, Refused> {
    let came = Came {
        provider: provider.name.clone(),
        makes: provider.signup,
        counted: if is_counted { sign_up::budget(app, origin) } else { None },
        person: person.clone(),
        origin: origin.clone(),
        now: app.now(),
    };
    app.db.write(move |conn| came.find_or_make(conn)).await.map_err(Refused::Failed)?
}

/// Links the account there to a person who was signed in `since`, and tells them. What is theirs already stays theirs.
///
/// # Errors
/// See [`Refused`].
pub async fn link(
    app: &App,
    origin: &Origin,
    (user, since): (UserId, Timestamp),
    provider: &ProviderSettings,
    person: &ProviderPerson,
) -> Result<(), Refused> {
    let now = app.now();
    let link = NewLinkedAccount {
        user_id: user,
        provider: provider.name.clone(),
        subject: person.subject.clone(),
        shown_name: person.shown_name().to_owned(),
        linked_at: now,
        last_used_at: None,
    };
    let event = What::ProviderLinked.of_user(user, origin, now);
    let event = AuditEvent { detail: provider.name.clone(), ..event };
    let is_told = app.post.is_some();
    let linked = app.db.write(move |conn| {
        if !users::hold(conn, user, since)? {
            return Ok(Err(Refused::Disabled));
        }
        let is_new = linked_accounts::insert(conn, &link)?;
        if audit_events::insert_if(conn, is_new, event)? {
            let address = emails::of(conn, user)?;
            mail::tell(conn, is_told, Kind::ProviderLinked, Some(user), address, now)?;
            return Ok(Ok(()));
        }
        let owner = linked_accounts::whose(conn, &link.provider, &link.subject)?;
        Ok(if owner.is_some_and(|owner| owner.id == user) { Ok(()) } else { Err(Refused::Anothers) })
    });
    linked.await.map_err(Refused::Failed)?
}

/// What came of unlinking an account.
#[derive(Debug)]
pub enum Unlinked<T> {
    /// It is unlinked, and this has begun with it.
    Now(T),
    /// The person has none of that number.
    Unknown,
    /// Without it they could not sign in any more.
    LastWayIn,
    /// What they proved who they are with has ended meanwhile.
    Ended,
}

/// Unlinks one of a person's who was signed in `since`, unless it is the last way in. Somebody else may have come in by it: so
/// everything that was made for the person ends, as with a new password. `also` does what begins then, in the same transaction.
///
/// # Errors
/// When the database cannot be asked.
pub async fn unlink<T: Send + 'static>(
    app: &App,
    origin: &Origin,
    (user, since): (UserId, Timestamp),
    account: i64,
    also: impl FnOnce(&mut Conn, &User) -> QueryResult<T> + Send + 'static,
) -> Result<Unlinked<T>, DbError> {
    let event = What::ProviderUnlinked.of_user(user, origin, app.now());
    let configured = app.config.providers.with_button().map(|provider| provider.name.clone());
    let (configured, clock): (Vec<String>, _) = (configured.collect(), app.clock.clone());
    let unlinked = app.db.write(move |conn| {
        // Of two at once the second finds that the first has ended what it was proved with.
        if !users::hold_alone(conn, user, since)? {
            return Ok(Unlinked::Ended);
        }
        match linked_accounts::remove(conn, user, account, &configured)? {
            Removed::Unknown => Ok(Unlinked::Unknown),
            Removed::LastWayIn => Ok(Unlinked::LastWayIn),
            Removed::Now(detail) => {
                audit_events::insert(conn, &[AuditEvent { detail, ..event }])?;
                let user = users::end_of(conn, user, &clock)?;
                also(conn, &user).map(Unlinked::Now)
            }
        }
    });
    let unlinked = unlinked.await?;
    app.feed.catch_up().await?;
    Ok(unlinked)
}

/// Where somebody can sign in as this person, besides with a password: what the providers are called here.
///
/// # Errors
/// When the database cannot be asked.
pub(crate) async fn services(app: &App, user: UserId) -> Result<Vec<String>, DbError> {
    let accounts = app.db.read(move |conn| linked_accounts::of(conn, user)).await?;
    let settings = accounts.iter().filter_map(|account| app.config.providers.find(&account.provider));
    let titles: BTreeSet<String> = settings.map(|settings| settings.title.clone()).collect();
    Ok(titles.into_iter().collect())
}

/// Somebody has come from a provider.
struct Came {
    provider: String,
    /// Whether new people get an account.
    makes: bool,
    /// What new people are counted as.
    counted: Option<(String, Budget)>,
    person: ProviderPerson,
    origin: Origin,
    now: Timestamp,
}

impl Came {
    fn find_or_make(&self, conn: &mut Conn) -> QueryResult<Result<User, Refused>> {
        if let Some(found) = self.find(conn)? {
            return Ok(found);
        }
        if !self.makes {
            return Ok(Err(Refused::Unknown));
        }
        if let Some((key, budget)) = &self.counted
            && let Err(wait) = attempts::spend(conn, key, *budget, self.now)?
        {
            // The last one that was counted may have been they.
            return Ok(self.find(conn)?.unwrap_or(Err(Refused::Wait(wait))));
        }
        let user = self.make(conn)?;
        let link = NewLinkedAccount {
            user_id: user.id,
            provider: self.provider.clone(),
            subject: self.person.subject.clone(),
            shown_name: self.person.shown_name().to_owned(),
            linked_at: self.now,
            last_used_at: Some(self.now),
        };
        if linked_accounts::insert(conn, &link)? {
            let event = What::SignUp.of_user(user.id, &self.origin, self.now);
            audit_events::insert(conn, &[AuditEvent { detail: self.provider.clone(), ..event }])?;
            return Ok(Ok(user));
        }
        // Whoever came first at the same time has been waited for, and is there now.
        users::take_back(conn, user.id)?;
        if let Some((key, _)) = &self.counted {
            attempts::give_back(conn, key)?;
        }
        self.find(conn)?.ok_or(RollbackTransaction)
    }

    fn find(&self, conn: &mut Conn) -> QueryResult<Option<Result<User, Refused>>> {
        let ProviderPerson { subject, .. } = &self.person;
        let Some(user) = linked_accounts::whose(conn, &self.provider, subject)? else { return Ok(None) };
        if user.disabled_at.is_some() {
            let event = What::SignInRefused.of_user(user.id, &self.origin, self.now);
            audit_events::insert(conn, &[AuditEvent { detail: self.provider.clone(), ..event }])?;
            return Ok(Some(Err(Refused::Disabled)));
        }
        linked_accounts::used(conn, &self.provider, subject, self.person.shown_name(), self.now)?;
        Ok(Some(Ok(user)))
    }

    /// Under the name they have there, or one that begins with it.
    fn make(&self, conn: &mut Conn) -> QueryResult<User> {
        let name = self.person.username.as_deref().unwrap_or_default();
        let kept = people::username(name).ok();
        if let Some(user) = kept.map_or(Ok(None), |name| self.insert(conn, name))? {
            return Ok(user);
        }
        // 64 random bits: the second one is free.
        for _ in 0..2 {
            if let Some(user) = self.insert(conn, beginning_with(name)?)? {
                return Ok(user);
            }
        }
        Err(RollbackTransaction)
    }

    fn insert(&self, conn: &mut Conn, username: String) -> QueryResult<Option<User>> {
        let new = NewUser {
            username_key: username_key(&username),
            username,
            password_hash: passwords::UNUSABLE.to_owned(),
            created_at: self.now,
        };
        let Some(user) = users::insert(conn, &new)? else { return Ok(None) };
        let profile = Json::new(self.profile())
            .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
        users::set_profile(conn, &new.username_key, &profile)?;
        Ok(Some(user))
    }

    fn profile(&self) -> Profile {
        let person = &self.person;
        Profile {
            name: person.name.clone(),
            given_name: person.given_name.clone(),
            family_name: person.family_name.clone(),
            email: person.email.clone(),
            email_verified: person.email.as_ref().map(|_| person.email_verified),
            ..Profile::default()
        }
    }
}

/// What is allowed of a name, and 16 hex digits (as the tutorials' social sign-in has it).
fn beginning_with(name: &str) -> QueryResult<String> {
    let allowed = |each: &char| people::username(each.encode_utf8(&mut [0; 4])).is_ok();
    let kept: String = name.chars().filter(allowed).take(100).collect();
    let kept = if kept.is_empty() { "person".to_owned() } else { kept };
    let random: [u8; 8] = random::bytes().map_err(|_| RollbackTransaction)?;
    Ok(random.iter().fold(kept, |name, byte| format!("{name}{byte:02x}")))
}
