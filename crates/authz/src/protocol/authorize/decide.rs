//! What is to be asked of the person: pure, every rule a row of the table test.

use std::time::Duration;

use model::time::Timestamp;

use crate::protocol::error::{Code, OAuthError};

/// The `prompt` parameter (OpenID Connect Core section 3.1.2.1, Prompt Create 1.0).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the words of one parameter, in any combination")]
pub(super) struct Prompt {
    /// Nobody is to be asked anything.
    pub(super) none: bool,
    /// The person is to prove again who they are, or to be somebody else.
    pub(super) login: bool,
    /// The person is to agree again.
    pub(super) consent: bool,
    /// The person is to make an account.
    pub(super) create: bool,
}

/// Who is signed in, as far as it matters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// When they proved who they are.
    pub(super) authenticated_at: Timestamp,
    /// Whether it is whom the request is about, if it is about somebody.
    pub(super) is_meant: bool,
    /// Whether they have agreed to all of it before, or need not be asked.
    pub(super) has_agreed: bool,
}

/// The next thing to do.
#[derive(Debug)]
pub(super) enum Step {
    /// Tell the application.
    Refuse(OAuthError),
    /// Ask who it is.
    SignIn,
    /// Ask for a new account.
    SignUp,
    /// Ask again who it is.
    Reauthenticate,
    /// Ask whether they agree.
    Consent,
    /// Give what is asked for.
    Issue,
}

/// Decides. `known` is who is signed in, if somebody is.
pub(super) fn decide(
    prompt: Prompt,
    max_age: Option<Duration>,
    known: Option<Known>,
    now: Timestamp,
) -> Step {
    let too_old = |since: Timestamp| max_age.is_some_and(|max_age| now.since(since) >= max_age);
    let step = match known {
        _ if prompt.create => Step::SignUp,
        None => Step::SignIn,
        Some(_) if prompt.login => Step::Reauthenticate,
        Some(known) if !known.is_meant || too_old(known.authenticated_at) => Step::Reauthenticate,
        Some(known) if prompt.consent || !known.has_agreed => Step::Consent,
        Some(_) => Step::Issue,
    };
    if !prompt.none {
        return step;
    }
    match step {
        Step::Issue => Step::Issue,
        Step::Consent => Step::Refuse(OAuthError::new(
            Code::ConsentRequired,
            "The person would have to be asked for consent.",
        )),
        _ => Step::Refuse(OAuthError::new(Code::LoginRequired, "The person would have to sign in.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R20, R21, R96
    #[test]
    fn every_rule_about_asking() {
        let at = Timestamp::from_unix_seconds;
        let asked = Prompt::default();
        let (none, login) = (Prompt { none: true, ..asked }, Prompt { login: true, ..asked });
        let (consent, create) = (Prompt { consent: true, ..asked }, Prompt { create: true, ..asked });
        let since = |second| Known { authenticated_at: at(second), is_meant: true, has_agreed: false };
        let (new, old) = (since(100), since(90));
        let agreed = Known { has_agreed: true, ..old };
        let another = Known { is_meant: false, ..agreed };
        for (prompt, max_age, known, expected) in [
            (asked, None, None, "SignIn"),
            (asked, None, Some(old), "Consent"),
            (asked, None, Some(agreed), "Issue"),
            (asked, None, Some(another), "Reauthenticate"),
            (asked, Some(5), Some(old), "Reauthenticate"),
            (asked, Some(5), Some(agreed), "Reauthenticate"),
            (asked, Some(60), Some(old), "Consent"),
            (asked, Some(60), Some(agreed), "Issue"),
            (asked, Some(0), Some(new), "Reauthenticate"),
            (consent, None, None, "SignIn"),
            (consent, None, Some(agreed), "Consent"),
            (consent, Some(5), Some(agreed), "Reauthenticate"),
            (login, None, Some(agreed), "Reauthenticate"),
            (login, None, None, "SignIn"),
            (create, None, None, "SignUp"),
            (create, None, Some(agreed), "SignUp"),
            (none, None, None, "login_required"),
            (none, Some(5), Some(agreed), "login_required"),
            (none, None, Some(another), "login_required"),
            (none, None, Some(old), "consent_required"),
            (none, None, Some(agreed), "Issue"),
        ] {
            let step = decide(prompt, max_age.map(Duration::from_secs), known, at(100));
            let step = match step {
                Step::Refuse(error) => error.code().as_str().to_owned(),
                step => format!("{step:?}"),
            };
            assert_eq!(step, expected, "{prompt:?} {max_age:?} {known:?}");
        }
    }
}
