//! What a JWT of somebody else's says: RFC 7519 section 4.1. A claim of a wrong kind is an error and never as if it were
//! not there, and times are judged by this server's clock.

use std::time::Duration;

use model::time::Timestamp;
use serde_json::{Map, Value};

/// How far another's clock may be from ours.
pub const LEEWAY: Duration = Duration::from_secs(30);
/// The last second of the year 9999: nobody means a later one.
const LAST: i64 = 253_402_300_799;

/// Claims whose signature was verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(Map<String, Value>);

/// A claim is missing, of a wrong kind, or not what it has to be: which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongClaim(pub &'static str);

impl From<Map<String, Value>> for Claims {
    fn from(claims: Map<String, Value>) -> Self {
        Self(claims)
    }
}

impl Claims {
    /// All of them.
    pub fn all(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A claim that is a text, and not an empty one.
    ///
    /// # Errors
    /// When it is something else.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, WrongClaim> {
        let text = |value: &'_ Value| matches!(value, Value::String(text) if !text.is_empty());
        match self.0.get(name) {
            None => Ok(None),
            Some(value) if text(value) => Ok(value.as_str()),
            Some(_) => Err(WrongClaim(name)),
        }
    }

    /// A claim that is an instant: whole seconds since 1970.
    ///
    /// # Errors
    /// When it is something else, or beyond the year 9999.
    pub fn instant(&self, name: &'static str) -> Result<Option<Timestamp>, WrongClaim> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let seconds = value.as_i64().filter(|seconds| (0..=LAST).contains(seconds));
        seconds.map(|seconds| Some(Timestamp::from_unix_seconds(seconds))).ok_or(WrongClaim(name))
    }

    /// Whom the JWT is for; empty when it does not say.
    ///
    /// # Errors
    /// When that is neither a text nor a list of texts with something in it.
    pub fn audiences(&self) -> Result<Vec<&str>, WrongClaim> {
        let wrong = WrongClaim("aud");
        match self.0.get("aud") {
            None => Ok(Vec::new()),
            Some(Value::String(one)) => Ok(vec![one]),
            Some(Value::Array(some)) if !some.is_empty() => {
                some.iter().map(|each| each.as_str().ok_or(wrong)).collect()
            }
            Some(_) => Err(wrong),
        }
    }

    /// Whether it counts at this instant, as far as it says: `exp`, `nbf` and `iat`. Answers when it ends.
    ///
    /// # Errors
    /// The claim by which it does not.
    pub fn in_time(&self, now: Timestamp) -> Result<Option<Timestamp>, WrongClaim> {
        let soon = now.plus(LEEWAY);
        let ends_at = self.instant("exp")?.map(|exp| exp.plus(LEEWAY));
        if ends_at.is_some_and(|ends_at| ends_at <= now) {
            return Err(WrongClaim("exp"));
        }
        for name in ["nbf", "iat"] {
            if self.instant(name)?.is_some_and(|at| at > soon) {
                return Err(WrongClaim(name));
            }
        }
        Ok(ends_at)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: &Value) -> Claims {
        Claims(value.as_object().unwrap().clone())
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    /// R66
    #[test]
    fn a_claim_of_a_wrong_kind_is_an_error_and_not_as_if_it_were_not_there() {
        let wrong = [
            json!("1000"),
            json!(null),
            json!(-1),
            json!(1000.0),
            json!(1e300),
            json!(9_223_372_036_854_775_808_u64),
            json!(LAST + 1),
            json!([1000]),
            json!({}),
            json!(true),
        ];
        for name in ["exp", "nbf", "iat"] {
            for value in &wrong {
                let claims = claims(&json!({ name: value }));
                assert_eq!(claims.instant(name), Err(WrongClaim(name)), "{value}");
                assert_eq!(claims.in_time(at(1)), Err(WrongClaim(name)), "{value}");
            }
            assert_eq!(claims(&json!({})).instant(name), Ok(None));
            assert_eq!(claims(&json!({ name: 7 })).instant(name), Ok(Some(at(7))));
        }
        for value in [json!(7), json!(null), json!(""), json!(["web"]), json!({"a": "web"}), json!(true)] {
            assert_eq!(claims(&json!({ "sub": value })).text("sub"), Err(WrongClaim("sub")), "{value}");
        }
        for value in
            [json!(7), json!(null), json!([]), json!([7]), json!(["a", null]), json!({}), json!(true)]
        {
            assert_eq!(claims(&json!({ "aud": value })).audiences(), Err(WrongClaim("aud")), "{value}");
        }
        assert_eq!(claims(&json!({"aud": ["a", "b"]})).audiences(), Ok(vec!["a", "b"]));
        assert_eq!(claims(&json!({"aud": "a"})).audiences(), Ok(vec!["a"]));
    }

    #[test]
    fn a_jwt_counts_from_its_beginning_to_its_end_give_or_take_another_clock() {
        let now = at(1_000);
        for (said, expected) in [
            (json!({}), Ok(None)),
            (json!({"exp": 1_100}), Ok(Some(at(1_130)))),
            (json!({"exp": 971}), Ok(Some(at(1_001)))),
            (json!({"exp": 970}), Err(WrongClaim("exp"))),
            (json!({"nbf": 1_030, "iat": 1_030}), Ok(None)),
            (json!({"nbf": 1_031}), Err(WrongClaim("nbf"))),
            (json!({"iat": 1_031}), Err(WrongClaim("iat"))),
        ] {
            assert_eq!(claims(&said).in_time(now), expected, "{said}");
        }
    }
}
