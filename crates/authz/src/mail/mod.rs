//! Mail to people. It is never on the way to an answer: what is to be sent is a row, written in the same transaction as what it tells
//! of (`store::outgoing_mail`), and sent by a task beside the listener. `post` is the only caller of `lettre`, `letters` has the words.
//!
//! A link in a mail begins with the configured issuer, whatever a request said of where it came from.

mod deliver;
mod letters;
mod links;
mod post;

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use diesel::QueryResult;
use model::db::Conn;
use model::id::UserId;
use model::time::Timestamp;

use crate::app::App;
use crate::edge;
use crate::store::attempts::{self, Budget};
use crate::store::outgoing_mail::{self, Kind, NewMail};

pub use deliver::deliver;
pub(crate) use links::{NewLink, hash_of, path_of};
pub use post::Post;

/// What tells somebody that something happened is worth telling for so long.
const NOTICE_KEPT: Duration = Duration::from_secs(86_400);
/// So many mails of a kind go to one person that anybody can ask for, in as long as a link for a new password is good: while no more
/// are sent, the last one that was is still good, and so nobody keeps anybody from their link by asking for it.
const FOR_ONE_PERSON: Budget = Budget { limit: 3, window: links::RESET_KEPT };
/// And so many to one address that proves nothing yet, whoever enters it.
const TO_ONE_ADDRESS: Budget = Budget { limit: 10, window: HOUR };
/// The first of a person in an hour is not counted there, so that strangers who enter an address keep nobody from proving it.
const FIRST_OF_ONE_PERSON: Budget = Budget { limit: 1, window: HOUR };
/// Of such there are so many from one network, however many accounts somebody has made.
const FIRST_FROM_ONE_NETWORK: Budget = Budget { limit: 10, window: HOUR };
const HOUR: Duration = Duration::from_secs(3_600);

/// What sealed text of this kind is bound to.
const TYPED: &str = "reset asked";

/// Says that a person is to be told of something, if mail is sent at all.
///
/// # Errors
/// When a statement fails.
pub(crate) fn tell(
    conn: &mut Conn,
    is_sent: bool,
    kind: Kind,
    user_id: Option<UserId>,
    address: Option<String>,
    now: Timestamp,
) -> QueryResult<()> {
    let Some(address) = address.filter(|_| is_sent) else { return Ok(()) };
    let ends_at = now.plus(NOTICE_KEPT);
    outgoing_mail::insert(conn, &NewMail { kind, user_id, address, asked_at: now, ends_at })
}

/// What somebody typed, as it waits to be looked up. Without randomness it is nobody.
pub(crate) fn sealed(app: &App, typed: &str) -> String {
    let sealed = app.typed.wrap(typed.as_bytes(), TYPED).unwrap_or_default();
    BASE64_URL_SAFE_NO_PAD.encode(sealed)
}

fn unsealed(app: &App, sealed: &str) -> Option<String> {
    let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
    String::from_utf8(app.typed.unwrap(&sealed, TYPED)?).ok()
}

/// What mail is counted as that anybody can ask for. One too many is not sent, and nobody is told so: it would say whose address
/// it is.
pub(crate) struct Counts {
    /// Of the person.
    person: Option<Counted>,
    /// What is within all of these is not counted as one to the address.
    first: [Option<Counted>; 2],
    /// To the address, where that may be anybody's.
    address: Option<Counted>,
}

type Counted = (String, Budget);

impl Counts {
    /// Of a link for a new password.
    pub(crate) fn of_reset(user: UserId) -> Self {
        let person = Some((format!("reset mail to person {user}"), FOR_ONE_PERSON));
        Self { person, first: [None, None], address: None }
    }

    /// Of a link that proves an address.
    pub(crate) fn of_confirmation(app: &App, user: UserId, from: IpAddr, address_key: &str) -> Self {
        let first = (format!("first mail for person {user}"), FIRST_OF_ONE_PERSON);
        let network = app.form_key.tag(&["first mail from", &edge::network(from)]);
        Self {
            person: Some((format!("mail for person {user}"), FOR_ONE_PERSON)),
            first: [Some(first), Some((network, FIRST_FROM_ONE_NETWORK))],
            address: Some((app.form_key.tag(&["mail to", address_key]), TO_ONE_ADDRESS)),
        }
    }

    /// Counts one more; `false` when it is one too many.
    ///
    /// # Errors
    /// When a statement fails.
    pub(crate) fn allow(&self, conn: &mut Conn, now: Timestamp) -> QueryResult<bool> {
        let mut are_within = |counted: &[&Option<Counted>]| {
            for (key, budget) in counted.iter().copied().flatten() {
                if attempts::spend(conn, key, *budget, now)?.is_err() {
                    return QueryResult::Ok(false);
                }
            }
            Ok(true)
        };
        let [first, from_network] = &self.first;
        Ok(are_within(&[&self.person])?
            && (are_within(&[first, from_network])? || are_within(&[&self.address])?))
    }
}
