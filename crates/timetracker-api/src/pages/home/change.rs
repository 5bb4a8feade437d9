//! What the front page changes.

use std::sync::Arc;

use crate::App;
use crate::auth::Caller;
use crate::auth::scopes::{Alias, Needs, Scope};
use crate::catalogue::form::Draft as NewActivity;
use crate::catalogue::{Kind, store as catalogue};
use crate::id::{ActivityId, TrackId};
use crate::pages::{HOME, store};
use crate::retries::{self, Retry};
use crate::timer::store as timer;
use crate::tracks::change::Asked;
use crate::tracks::form::Draft;
use crate::wire::conditional::Conditions;
use crate::wire::error::{ApiError, or_refuse};
use crate::wire::fields::Extent;
use crate::wire::query::Parameters;
use crate::wire::sent::Sent;

/// What a button asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Something runs from now on; what ran stops.
    Start {
        /// As it was typed. A name is of the activity that has it, or else of a new one.
        said: Parameters,
    },
    /// What runs stops.
    Stop,
    /// The same again.
    Continue(TrackId),
}

impl Change {
    /// Reads a form; `None` when it asks for nothing that there is.
    pub fn read(form: &Parameters) -> Option<Self> {
        match form.get("action")? {
            "start" => {
                let said = ["activity", "name", "description"];
                let said =
                    said.map(|name| (name.to_owned(), form.get(name).unwrap_or_default().trim().to_owned()));
                let said = said.into_iter().filter(|(_, value)| !value.is_empty());
                Some(Self::Start { said: Parameters::from_pairs(said.collect()) })
            }
            "stop" => Some(Self::Stop),
            "continue" => Some(Self::Continue(TrackId(form.get("track")?.parse().ok()?))),
            _ => None,
        }
    }

    /// What a token has to allow: what the API asks for the same.
    pub fn needs(&self) -> Needs {
        match self {
            Self::Start { said } if said.said("name").is_some() => Needs::All(Alias::Write),
            Self::Start { .. } | Self::Stop => Needs::OneOf(&[Scope::TimerWrite, Scope::TracksWrite]),
            Self::Continue(_) => Needs::OneOf(&[Scope::TracksWrite]),
        }
    }

    /// Makes it, once for each key.
    ///
    /// # Errors
    /// As the API's.
    pub async fn make(self, app: &App, caller: Arc<Caller>, key: &str) -> Result<(), ApiError> {
        let asked = Asked { policy: None, conditions: Conditions::default() };
        let said = format!("{self:?}");
        let asks = match self {
            Self::Start { .. } => "start",
            Self::Stop => "stop",
            Self::Continue(_) => "continue",
        };
        let retry =
            if key.is_empty() { None } else { Some(Retry::of_form(HOME, asks, key, said.as_bytes())?) };
        let done = match self {
            Self::Start { said } => {
                let name = said.said("name").map(str::to_owned);
                let sent = Sent::Form(said);
                let mut draft = Draft::read(&sent, Extent::Part)?;
                let new = NewActivity::read(Kind::Activity, &only_name(&sent), Extent::Part, false)?;
                retries::once(app, caller, retry, move |conn, caller, stamp| {
                    if let Some(name) = name {
                        let activity = if let Some(there) = store::named(conn, caller.workspace, &name)? {
                            there
                        } else {
                            let made = catalogue::insert(conn, caller.workspace, Kind::Activity, new, stamp)?;
                            ActivityId(or_refuse!(made).id.0)
                        };
                        draft = draft.of(activity);
                    }
                    let timer = or_refuse!(timer::start(conn, caller, draft, (&asked, true), stamp)?);
                    Ok(Ok(timer.reply()))
                })
                .await
            }
            Self::Stop => {
                retries::once(app, caller, retry, move |conn, caller, stamp| {
                    Ok(timer::stop(conn, caller, None, &asked, stamp)?.map(|timer| timer.reply()))
                })
                .await
            }
            Self::Continue(id) => {
                retries::once(app, caller, retry, move |conn, caller, stamp| {
                    Ok(timer::again(conn, caller, id, &asked, stamp)?.map(|timer| timer.reply()))
                })
                .await
            }
        };
        done.map(drop)
    }
}

/// The description is the track's.
fn only_name(sent: &Sent) -> Sent {
    let Sent::Form(form) = sent else { return Sent::default() };
    let name = form.get("name").unwrap_or_default().to_owned();
    Sent::Form(Parameters::from_pairs(vec![("name".to_owned(), name)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_asks_for_one_of_three_things() {
        let read = |form: &str| Change::read(&Parameters::parse(form).unwrap());
        let said = Parameters::parse("activity=3&description=a+b").unwrap();
        assert_eq!(
            read("action=start&activity=3&name=+&description=a+b+&_csrf=x"),
            Some(Change::Start { said })
        );
        assert_eq!(read("action=stop"), Some(Change::Stop));
        assert_eq!(read("action=continue&track=7"), Some(Change::Continue(TrackId(7))));
        for nothing in ["", "action=", "action=delete", "action=continue", "action=continue&track=x"] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }
}
