//! `Authorization: Bearer {provider} {token}`: a provider's token in place of one of ours, if the operator wants that
//! (`BEARER_FROM_PROVIDERS`). Only people who have an account linked there are known by it: nobody is made. What the
//! provider said is believed for a minute; whether the account is still linked, and may act, is asked each time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::secret::sha256;
use model::time::Timestamp;

use super::error::OAuthError;
use super::provided::{self, NotProven, Provided};
use super::refused::Refused;
use crate::app::App;
use crate::store::linked_accounts;
use crate::store::users::User;
use crate::upstream::providers::Provider;

const BELIEVED: Duration = Duration::from_secs(60);
/// How many are remembered; whoever is forgotten is asked about again.
const MAX: usize = 10_000;

/// Whom providers have named lately, by the digest of what they were asked about.
#[derive(Default)]
pub(crate) struct Believed(Mutex<HashMap<[u8; 32], (String, Timestamp)>>);

impl Believed {
    fn find(&self, key: &[u8; 32], now: Timestamp) -> Option<(String, Timestamp)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|(_, since)| now.since(*since) < BELIEVED).cloned()
    }

    fn keep(&self, key: [u8; 32], subject: &str, since: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX {
            known.retain(|_, (_, asked)| since.since(*asked) < BELIEVED);
        }
        if known.len() < MAX {
            known.insert(key, (subject.to_owned(), since));
        }
    }
}

const SPACES: &str = "Invalid token header. Token string should not contain spaces.";

/// Who it is; `None` when it is no provider's token, because it names none or nobody wants them. Those in vain are `counted_as` the
/// network they come from, or the resource server that asks.
///
/// # Errors
/// 401 in the packages' words.
pub(super) async fn person(app: &App, text: &str, counted_as: &str) -> Result<Option<User>, Refused> {
    if !app.config.first_party.provider_bearer {
        return Ok(None);
    }
    let Some((name, token)) = text.split_once(' ') else {
        let is_name = app.config.providers.find(text).is_some();
        let nothing = Refused::NotGood("Invalid token header. No credentials provided.");
        return if is_name { Err(nothing) } else { Ok(None) };
    };
    if token.contains(' ') {
        return Err(Refused::NotGood(SPACES));
    }
    let provider = Provider::find(app, name).ok_or(Refused::NotGood("Invalid backend."))?;
    let (key, now) = (sha256(text.as_bytes()), app.now());
    let (subject, since) = if let Some(known) = app.believed.find(&key, now) {
        known
    } else {
        let brought = Provided { provider: name, token, username: None };
        let person = provided::asked(app, provider, &brought, Some(counted_as)).await.map_err(told)?;
        app.believed.keep(key, &person.subject, now);
        (person.subject, now)
    };
    let name = name.to_owned();
    let user = app.db.read(move |conn| linked_accounts::whose(conn, &name, &subject)).await?;
    let user = user.filter(|user| user.vouches_for(since));
    user.map(Some).ok_or(Refused::NotGood("User inactive or deleted."))
}

fn told(why: NotProven) -> Refused {
    match why {
        NotProven::Wait(seconds) => Refused::Wait(seconds),
        why @ (NotProven::Failed(_) | NotProven::Unreachable) => Refused::Failed(OAuthError::from(why)),
        _ => Refused::NotGood("Invalid token."),
    }
}
