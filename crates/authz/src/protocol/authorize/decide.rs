//! What is to be asked of the person: pure, every rule a row of the table test.

use std::time::Duration;

use model::time::Timestamp;

use crate::protocol::error::{Code, OAuthError};

/// The `prompt` parameter (OpenID Connect Core section 3.1.2.1), as far as it changes anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Prompt {
    /// Nobody is to be asked anything.
    pub(super) none: bool,
    /// The person is to prove again who they are.
    pub(super) login: bool,
}

/// The next thing to do.
#[derive(Debug)]
pub(super) enum Step {
    /// Tell the application.
    Refuse(OAuthError),
    /// Ask who it is.
    SignIn,
    /// Ask again who it is.
    Reauthenticate,
    /// Ask whether they agree. They are asked every time.
    Consent,
}

/// Decides. `authenticated_at` is when the person signed in, if somebody has.
pub(super) fn decide(
    prompt: Prompt,
    max_age: Option<Duration>,
    authenticated_at: Option<Timestamp>,
    now: Timestamp,
) -> Step {
    let too_old = |since: Timestamp| max_age.is_some_and(|max_age| now.since(since) >= max_age);
    let step = match authenticated_at {
        None => Step::SignIn,
        Some(_) if prompt.login => Step::Reauthenticate,
        Some(since) if too_old(since) => Step::Reauthenticate,
        Some(_) => Step::Consent,
    };
    if !prompt.none {
        return step;
    }
    Step::Refuse(match step {
        Step::Consent => {
            OAuthError::new(Code::ConsentRequired, "The person would have to be asked for consent.")
        }
        _ => OAuthError::new(Code::LoginRequired, "The person would have to sign in."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R20, R21
    #[test]
    fn every_rule_about_asking() {
        let at = Timestamp::from_unix_seconds;
        let (asked, none, login) =
            (Prompt::default(), Prompt { none: true, login: false }, Prompt { none: false, login: true });
        for (prompt, max_age, signed_in, expected) in [
            (asked, None, None, "SignIn"),
            (asked, None, Some(90), "Consent"),
            (asked, Some(5), Some(90), "Reauthenticate"),
            (asked, Some(60), Some(90), "Consent"),
            (asked, Some(0), Some(100), "Reauthenticate"),
            (login, None, Some(100), "Reauthenticate"),
            (login, None, None, "SignIn"),
            (none, None, None, "login_required"),
            (none, Some(5), Some(90), "login_required"),
            (none, None, Some(90), "consent_required"),
        ] {
            let step = decide(prompt, max_age.map(Duration::from_secs), signed_in.map(at), at(100));
            let step = match step {
                Step::Refuse(error) => error.code().as_str().to_owned(),
                step => format!("{step:?}"),
            };
            assert_eq!(step, expected, "{prompt:?} {max_age:?} {signed_in:?}");
        }
    }
}
