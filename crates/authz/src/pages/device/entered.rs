//! Finding what waits behind a code that somebody has entered, without letting anybody try them all.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::edge;
use crate::pages::PageError;
use crate::pages::browser::{Browser, SignedIn};
use crate::protocol::grant_types::GrantType;
use crate::store::attempts::{self, Budget};
use crate::store::clients::Client;
use crate::store::device_codes::{self, DeviceCode};
use crate::user_code::UserCode;

const HOUR: Duration = Duration::from_secs(3_600);
/// Wrong codes of one person.
const FOR_A_PERSON: Budget = Budget { limit: 10, window: HOUR };
/// Wrong codes from one network.
const FOR_A_NETWORK: Budget = Budget { limit: 50, window: HOUR };
/// Wrong codes of everybody (RFC 8628 section 5.1). Filling it takes a thousand accounts and two hundred networks.
const FOR_EVERYBODY: Budget = Budget { limit: 10_000, window: HOUR };

/// What waits for a decision.
pub(super) struct Waiting {
    pub(super) row: DeviceCode,
    pub(super) client: Arc<Client>,
}

/// What a code leads to.
pub(super) enum Entered {
    Waiting(Box<Waiting>),
    NoSuchCode,
    /// It was not looked at: there were too many wrong ones.
    TooMany(Duration),
}

/// Looks a code up for a person; from then on it is theirs and nobody else's. A try is counted before it is looked at,
/// as passwords are, and right ones are given back.
pub(super) async fn find(
    app: &App,
    browser: &Browser,
    signed_in: &SignedIn,
    code: &UserCode,
) -> Result<Entered, PageError> {
    let (tag, user, now) = (code.tag(&app.user_code_key), signed_in.user.id, app.now());
    // In this order everywhere, so that two of them never wait for each other.
    let counts = [
        (app.form_key.tag(&["wrong device code", "person", &user.to_string()]), FOR_A_PERSON),
        (
            app.form_key.tag(&["wrong device code", "network", &edge::network(browser.address())]),
            FOR_A_NETWORK,
        ),
        (app.form_key.tag(&["wrong device code"]), FOR_EVERYBODY),
    ];
    let found = app.db.write(move |conn| {
        for (key, budget) in &counts {
            if let Err(wait) = attempts::spend(conn, key, *budget, now)? {
                return Ok(Err(wait));
            }
        }
        let found = device_codes::claim(conn, &tag, user, now)?;
        if found.is_some() {
            for (key, _) in &counts {
                attempts::give_back(conn, key)?;
            }
        }
        Ok(Ok(found))
    });
    let row = match found.await? {
        Ok(Some(row)) => row,
        Ok(None) => return Ok(Entered::NoSuchCode),
        Err(wait) => return Ok(Entered::TooMany(wait)),
    };
    let client = app.clients.find(&row.client_id).await?;
    // An administrator may have taken it from the client meanwhile.
    let client = client.filter(|client| {
        client.may_use(GrantType::DeviceCode.as_str()) && row.scopes.is_subset(&client.scopes)
    });
    Ok(match client {
        Some(client) => Entered::Waiting(Box::new(Waiting { row, client })),
        None => Entered::NoSuchCode,
    })
}
