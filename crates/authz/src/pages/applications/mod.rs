//! `/o/applications/`: the applications somebody develops. Register, show, change, give a new secret, delete; and on each
//! application's page a first run through everything a client does.
//!
//! Everything here is about the signed-in person's own. An application of somebody else's, or of nobody's, is as if it were
//! not there. What may be registered is decided in `crate::registration`.

pub mod delete;
mod first_run;
mod form;
pub mod list;
pub mod register;
pub mod rotate_secret;
pub mod show;
pub mod update;
mod views;

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use model::time::Timestamp;

use super::browser::{Browser, SignedIn};
use super::destination::Destination;
use super::error::{Kind, PageError};
use crate::app::App;
use crate::audit::Origin;
use crate::registration::{self, By, Owner, Refused};
use crate::store::clients::{self, Client};

/// The id of an application, from the path.
pub struct Id(String);

impl FromRequest for Id {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").filter(|id| registration::is_client_id(id));
        ready(id.map(|id| Self(id.to_owned())).ok_or(PageError::new(Kind::NotFound)))
    }
}

impl Id {
    /// A page about it.
    fn page(&self, rest: &str) -> Destination {
        Destination::Applications(format!("{}/{rest}", self.0))
    }

    /// The application, if it is theirs.
    async fn of(&self, app: &App, signed_in: &SignedIn) -> Result<Client, PageError> {
        let (id, user) = (self.0.clone(), signed_in.user.id);
        let found = app.db.read(move |conn| clients::find_of_person(conn, &id, user)).await?;
        found.ok_or(PageError::new(Kind::NotFound))
    }
}

fn owner(signed_in: &SignedIn) -> Owner {
    Owner { id: signed_in.user.id, since: signed_in.at }
}

fn by(signed_in: &SignedIn) -> By {
    By::Owner(owner(signed_in))
}

fn origin(browser: &Browser) -> Origin {
    Origin::Address(browser.address())
}

/// To the minute.
fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..16).map_or(text.clone(), |minute| format!("{} UTC", minute.replace('T', " ")))
}

/// What is left when a form has told what it can.
impl From<Refused> for PageError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Db(error) => error.into(),
            Refused::Random(error) => Self::internal(error),
            Refused::Unknown | Refused::NoSuchClient => Self::new(Kind::NotFound),
            // They were signed in a moment ago, as the form knew them.
            Refused::NoPerson => Self::new(Kind::StaleForm),
            Refused::Invalid(_) | Refused::TooMany | Refused::Taken | Refused::Changed => {
                Self::internal(refused)
            }
        }
    }
}
