//! A provider's access token that somebody else brings: whom it speaks for. The provider is asked first whether the token
//! was made for our client there; else whoever runs any application at it could be everybody here (the confused deputy).

use std::net::IpAddr;
use std::time::Duration;

use model::time::Timestamp;

use super::error::{Code, OAuthError};
use crate::app::App;
use crate::audit::Origin;
use crate::edge;
use crate::id_token::NOT_TOLD;
use crate::linking::{self, Refused};
use crate::store::attempts::{self, Budget};
use crate::store::users::User;
use crate::upstream::providers::{Provider, ProviderError, ProviderPerson};

/// What was brought.
#[derive(Clone, Copy)]
pub(super) struct Provided<'a> {
    /// The provider's name.
    pub(super) provider: &'a str,
    /// Its access token.
    pub(super) token: &'a str,
    /// Under which name its profile is to be found, where it is found by name.
    pub(super) username: Option<&'a str>,
}

/// Who brings it.
#[derive(Clone, Copy)]
pub(super) enum By {
    /// A client that has proved who it is: it answers for what it brings.
    Client(IpAddr),
    /// Anybody. What they bring in vain is counted, as wrong passwords are.
    Anybody(IpAddr),
}

/// Why nobody is known by it.
#[derive(Debug)]
pub(super) enum NotProven {
    /// There is no such provider.
    NoProvider,
    /// Its profiles are found by name, and there is none.
    NoUsername,
    /// The token is not for us, or is no good, or whose it is gets no account here.
    NotForUs,
    /// The provider answered with this status.
    Status(u16),
    /// It did not answer as it should.
    Unreadable,
    /// It cannot be asked.
    Unreachable,
    /// The person may not act.
    Inactive,
    /// Too often in vain: wait so many seconds.
    Wait(u64),
    /// They would be new, and too many are from this network: wait so many seconds.
    TooManyNew(u64),
    /// It could not be found out here.
    Failed(OAuthError),
}

impl From<OAuthError> for NotProven {
    fn from(error: OAuthError) -> Self {
        Self::Failed(error)
    }
}

impl From<ProviderError> for NotProven {
    fn from(error: ProviderError) -> Self {
        match error {
            ProviderError::Status(status) => Self::Status(status),
            ProviderError::Unreachable(_) | ProviderError::Unknown => Self::Unreachable,
            ProviderError::Unreadable(_) => Self::Unreadable,
            ProviderError::NotForUs(_) | ProviderError::NoCheck => Self::NotForUs,
            ProviderError::NoUsername => Self::NoUsername,
        }
    }
}

impl From<Refused> for NotProven {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Disabled => Self::Inactive,
            Refused::Unknown | Refused::Anothers => Self::NotForUs,
            Refused::Wait(wait) => Self::TooManyNew(wait.as_secs().max(1)),
            Refused::Failed(error) => Self::Failed(error.into()),
        }
    }
}

/// In the words of the packages for Django REST Framework.
impl From<NotProven> for OAuthError {
    fn from(why: NotProven) -> Self {
        match why {
            NotProven::NoProvider => Self::new(Code::InvalidRequest, "Invalid backend parameter."),
            NotProven::NoUsername => Self::new(Code::InvalidRequest, "Missing username parameter."),
            NotProven::NotForUs => Self::new(Code::AccessDenied, "Your credentials aren't allowed"),
            NotProven::Status(status) => Self::new(Code::InvalidRequest, responded(status)),
            NotProven::Unreadable => {
                Self::new(Code::InvalidRequest, "Backend responded with something that cannot be read.")
            }
            NotProven::Unreachable => {
                Self::new(Code::TemporarilyUnavailable, "Backend does not respond. Try again later.")
                    .retry_after(10)
            }
            NotProven::Inactive => Self::new(Code::InvalidGrant, "User inactive or deleted."),
            NotProven::Wait(seconds) => {
                Self::new(Code::TooManyRequests, "Too many failed attempts. Try again later.")
                    .retry_after(seconds)
            }
            NotProven::TooManyNew(seconds) => {
                let sentence = "Too many accounts were made from this network. Try again later.";
                Self::new(Code::TooManyRequests, sentence).retry_after(seconds)
            }
            NotProven::Failed(error) => error,
        }
    }
}

/// Never what the provider said besides.
const fn responded(status: u16) -> &'static str {
    match status {
        400 => "Backend responded with HTTP 400.",
        401 => "Backend responded with HTTP 401.",
        403 => "Backend responded with HTTP 403.",
        404 => "Backend responded with HTTP 404.",
        429 => "Backend responded with HTTP 429.",
        500 => "Backend responded with HTTP 500.",
        502 => "Backend responded with HTTP 502.",
        503 => "Backend responded with HTTP 503.",
        _ => "Backend responded with an HTTP error.",
    }
}

/// How many in vain from one network in an hour are looked at: as many as wrong passwords.
const HOUR: Duration = Duration::from_secs(3_600);

/// Whom a provider vouches for.
pub(super) struct Vouched {
    /// The person.
    pub(super) user: User,
    /// The instant by which what is made for them counts.
    pub(super) since: Timestamp,
    /// When they proved there who they are; [`NOT_TOLD`] where nobody says so.
    pub(super) authenticated_at: Timestamp,
}

/// The person for whom the provider vouches, who gets an account if they have none and its people do. An access token does
/// not say when its person signed in: that may be long ago.
pub(super) async fn person(app: &App, brought: &Provided<'_>, by: By) -> Result<Vouched, NotProven> {
    let (provider, since) = (Provider::find(app, brought.provider).ok_or(NotProven::NoProvider)?, app.now());
    let (address, counted_as) = match by {
        By::Client(address) => (address, None),
        By::Anybody(address) => (address, Some(edge::network(address))),
    };
    let person = asked(app, provider, brought, counted_as.as_deref()).await?;
    let is_counted = matches!(by, By::Anybody(_));
    let origin = Origin::Address(address);
    let user = linking::person_of(app, &origin, provider.settings, &person, is_counted).await?;
    let authenticated_at = person.authenticated_at.map_or(NOT_TOLD, |at| at.min(since));
    Ok(Vouched { user, since, authenticated_at })
}

/// What the provider says. What nobody answers for is counted before it is asked, and not when it was no fault of theirs.
pub(super) async fn asked(
    app: &App,
    provider: Provider<'_>,
    brought: &Provided<'_>,
    counted_as: Option<&str>,
) -> Result<ProviderPerson, NotProven> {
    if brought.token.is_empty() {
        return Err(NotProven::NotForUs);
    }
    let Some(counted_as) = counted_as else { return answered(provider, brought).await };
    let budget = Budget { limit: app.config.limits.wrong_passwords_per_hour, window: HOUR };
    let (key, now) = (app.form_key.tag(&["provider's token", counted_as]), app.now());
    let counted = key.clone();
    let spent = app.db.write(move |conn| attempts::spend(conn, &counted, budget, now)).await;
    if let Err(wait) = spent.map_err(OAuthError::from)? {
        return Err(NotProven::Wait(wait.as_secs().max(1)));
    }
    let answered = answered(provider, brought).await;
    if !matches!(answered, Err(NotProven::NotForUs | NotProven::Status(400..=499))) {
        let given_back = app.db.write(move |conn| attempts::give_back(conn, &key)).await;
        given_back.map_err(OAuthError::from)?;
    }
    answered
}

async fn answered(provider: Provider<'_>, brought: &Provided<'_>) -> Result<ProviderPerson, NotProven> {
    let name = &provider.settings.name;
    let told =
        |why: &ProviderError| tracing::info!(provider = %name, %why, "a provider does not vouch for a token");
    provider.meant_for_us(brought.token).await.inspect_err(told)?;
    Ok(provider.person_of(brought.token, brought.username).await.inspect_err(told)?)
}
