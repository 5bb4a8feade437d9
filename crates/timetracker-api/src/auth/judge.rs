//! What an introspection answer means here (R157): pure, a table of tests.

use chrono::{DateTime, Utc};
use model::dpop::Thumbprint;
use model::id::UserId;
use model::introspection::{BASIC, Confirmation, EXPIRED, TOKEN, USER_INACTIVE};
use model::scope::ScopeSet;
use model::time::Timestamp;
use oauth2::TokenIntrospectionResponse;
use oauth2::basic::BasicTokenType;
use serde::Deserialize;

use super::introspect::Reply;
use crate::wire::challenge::{Rejected, Scheme};

/// What a token must say to be meant for this service.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The issuer, exactly.
    pub issuer: String,
    /// A name that must be among its audiences.
    pub audience: String,
}

/// What is to become of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It does not let anybody in.
    Rejected(Rejected),
    /// A client got it for itself.
    Nobody {
        /// When it ends.
        ends_at: Timestamp,
        /// The key it is bound to.
        key: Option<Thumbprint>,
    },
    /// It speaks for a person.
    Person {
        /// The person's id at the issuer.
        subject: UserId,
        /// Their name, for people to read.
        username: String,
        /// The client that acts for them.
        client: String,
        /// What it allows.
        scopes: ScopeSet,
        /// When it ends.
        ends_at: Timestamp,
        /// The key it is bound to.
        key: Option<Thumbprint>,
        /// How it has to be presented.
        scheme: Scheme,
    },
}

impl Expected {
    /// Judges an answer. What it does not say is not assumed: no end, no type or no audience is a refusal.
    pub fn judge(&self, reply: &Reply, now: Timestamp) -> Judgement {
        let instant = |at: Option<DateTime<Utc>>| at.map(Timestamp::from);
        if !reply.active() {
            return Judgement::Rejected(why_inactive(reply));
        }
        let Some(ends_at) = instant(reply.exp()) else { return Judgement::Rejected(Rejected::Invalid) };
        if ends_at <= now {
            return Judgement::Rejected(Rejected::Expired);
        }
        let ours = reply.iss().is_none_or(|issuer| issuer == self.issuer)
            && instant(reply.nbf()).is_none_or(|begins| begins <= now);
        let (scheme, key) = match bound_to(reply) {
            Ok(bound) if ours => bound,
            _ => return Judgement::Rejected(Rejected::Invalid),
        };
        if !reply.aud().is_some_and(|audiences| audiences.contains(&self.audience)) {
            return Judgement::Rejected(Rejected::Elsewhere);
        }
        let scopes = reply.scopes().into_iter().flatten().map(|scope| scope.as_str()).collect();
        match (person(reply), reply.username()) {
            (Some(subject), Some(username)) => {
                let client =
                    reply.client_id().map_or_else(|| without_client(scheme), |client| client.as_str());
                let (username, client) = (username.to_owned(), client.to_owned());
                Judgement::Person { subject, username, client, scopes, ends_at, key, scheme }
            }
            _ => Judgement::Nobody { ends_at, key },
        }
    }
}

/// The key a token is bound to, or none for one that whoever has it may use. One that is neither, or is bound in a way that
/// is not known here, is refused.
fn bound_to(reply: &Reply) -> Result<(Scheme, Option<Thumbprint>), Rejected> {
    match (reply.token_type(), &reply.extra_fields().cnf) {
        (Some(BasicTokenType::Bearer), None) => Ok((Scheme::Bearer, None)),
        (Some(BasicTokenType::Extension(name)), None) if name.eq_ignore_ascii_case(TOKEN) => {
            Ok((Scheme::Token, None))
        }
        (Some(BasicTokenType::Extension(name)), None) if name.eq_ignore_ascii_case(BASIC) => {
            Ok((Scheme::Basic, None))
        }
        (Some(BasicTokenType::Extension(name)), Some(cnf)) if name.eq_ignore_ascii_case("dpop") => {
            let confirmation = Confirmation::deserialize(cnf).map_err(|_| Rejected::Invalid)?;
            Ok((Scheme::Dpop, Some(confirmation.jkt)))
        }
        _ => Err(Rejected::Invalid),
    }
}

/// What is not active is not good; of a person's own key it may be said why.
fn why_inactive(reply: &Reply) -> Rejected {
    match reply.extra_fields().inactive_reason.as_deref() {
        Some(EXPIRED) => Rejected::Expired,
        Some(USER_INACTIVE) => Rejected::Disabled,
        _ => Rejected::Invalid,
    }
}

/// What stands in the place of the client where a person comes without one. No client can be called so.
const fn without_client(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Token => "personal key",
        Scheme::Basic => "password",
        Scheme::Bearer | Scheme::Dpop => "provider's token",
    }
}

/// A person's `sub` is their decimal id, written in one way only; a client's is never all digits.
fn person(reply: &Reply) -> Option<UserId> {
    let subject = reply.sub()?;
    if reply.client_id().is_some_and(|client| client.as_str() == subject) {
        return None;
    }
    let id = subject.parse::<i64>().ok().filter(|id| *id > 0 && id.to_string() == subject)?;
    Some(UserId(id))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_000;

    fn judge(change: &Value) -> Judgement {
        let mut reply = json!({
            "active": true, "scope": "read write", "client_id": "web", "username": "ada", "token_type": "Bearer",
            "exp": NOW + 60, "iat": NOW, "nbf": NOW, "sub": "7", "aud": ["timetracker"], "iss": "https://id/o",
        });
        for (name, value) in change.as_object().unwrap() {
            if value.is_null() {
                reply.as_object_mut().unwrap().remove(name);
            } else {
                reply[name] = value.clone();
            }
        }
        let expected = Expected { issuer: "https://id/o".into(), audience: "timetracker".into() };
        expected.judge(&serde_json::from_value(reply).unwrap(), Timestamp::from_unix_seconds(NOW))
    }

    /// R157.
    #[test]
    fn a_complete_answer_is_a_person() {
        let ends_at = Timestamp::from_unix_seconds(NOW + 60);
        let person = Judgement::Person {
            subject: UserId(7),
            username: "ada".into(),
            client: "web".into(),
            scopes: "read write".parse().unwrap(),
            ends_at,
            key: None,
            scheme: Scheme::Bearer,
        };
        for change in [json!({}), json!({"iss": null}), json!({"nbf": null}), json!({"aud": "timetracker"})] {
            assert_eq!(judge(&change), person, "{change}");
        }
        for change in [
            json!({"sub": "web", "username": null}),
            json!({"sub": "web"}),
            json!({"username": null}),
            json!({"sub": null}),
            json!({"sub": "07"}),
            json!({"sub": "+7"}),
            json!({"sub": "-7"}),
            json!({"sub": "0"}),
            json!({"sub": "seven"}),
            json!({"sub": "9", "client_id": "9"}),
        ] {
            assert_eq!(judge(&change), Judgement::Nobody { ends_at, key: None }, "{change}");
        }
    }

    /// R76: what a token is bound to in a way that is not known here is refused, and never taken for nothing.
    #[test]
    fn a_token_is_bound_to_a_key_or_to_nothing() {
        let key = Thumbprint([7; 32]);
        let cnf = json!({ "jkt": key });
        let bound = judge(&json!({"token_type": "DPoP", "cnf": cnf}));
        assert!(matches!(bound, Judgement::Person { key: Some(found), .. } if found == key), "{bound:?}");
        for change in [
            json!({"cnf": cnf}),
            json!({"token_type": "DPoP"}),
            json!({"token_type": "DPoP", "cnf": "jkt"}),
            json!({"token_type": "DPoP", "cnf": {}}),
            json!({"token_type": "DPoP", "cnf": {"jkt": "short"}}),
            json!({"token_type": "DPoP", "cnf": {"jkt": key, "x5t#S256": "more"}}),
            json!({"cnf": {"x5t#S256": "other"}}),
        ] {
            assert_eq!(judge(&change), Judgement::Rejected(Rejected::Invalid), "{change}");
        }
    }

    /// R157: what comes without a client is of its own kind, and says why it is not good any more.
    #[test]
    fn a_persons_own_key_is_no_bearer_token_and_speaks_for_no_client() {
        for (kind, expected, called) in
            [("Token", Scheme::Token, "personal key"), ("basic", Scheme::Basic, "password")]
        {
            let judged = judge(&json!({"token_type": kind, "client_id": null}));
            assert!(
                matches!(&judged, Judgement::Person { scheme, client, .. } if *scheme == expected && client == called),
                "{judged:?}"
            );
        }
        let cnf = json!({ "jkt": Thumbprint([7; 32]) });
        let bound = judge(&json!({"token_type": "Token", "cnf": cnf}));
        assert_eq!(bound, Judgement::Rejected(Rejected::Invalid));
        for (why, rejected) in [
            ("expired", Rejected::Expired),
            ("user_inactive", Rejected::Disabled),
            ("other", Rejected::Invalid),
        ] {
            let judged = judge(&json!({"active": false, "inactive_reason": why}));
            assert_eq!(judged, Judgement::Rejected(rejected));
        }
    }

    /// R157.
    #[test]
    fn anything_else_is_refused() {
        for (change, rejected) in [
            (json!({"active": false}), Rejected::Invalid),
            (json!({"exp": null}), Rejected::Invalid),
            (json!({"exp": NOW}), Rejected::Expired),
            (json!({"exp": NOW - 1}), Rejected::Expired),
            (json!({"nbf": NOW + 1}), Rejected::Invalid),
            (json!({"iss": "https://id/"}), Rejected::Invalid),
            (json!({"token_type": "mac"}), Rejected::Invalid),
            (json!({"token_type": "id_token"}), Rejected::Invalid),
            (json!({"token_type": null}), Rejected::Invalid),
            (json!({"aud": null}), Rejected::Elsewhere),
            (json!({"aud": []}), Rejected::Elsewhere),
            (json!({"aud": ["other", "timetracker2"]}), Rejected::Elsewhere),
        ] {
            assert_eq!(judge(&change), Judgement::Rejected(rejected), "{change}");
        }
    }
}
