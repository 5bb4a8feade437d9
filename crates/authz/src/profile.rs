//! What a person is to others: the standard claims of OpenID Connect Core section 5.1, which of them a scope or a
//! request asks for, and how they are told.

use model::db::DbError;
use model::id::UserId;
use model::scope::ScopeSet;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::app::App;
use crate::store::{groups, users};

/// The claims there are. A claim's place is its number in sealed tokens: append only.
const CLAIMS: [&str; 20] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "address",
    "groups",
];

/// The claims a scope stands for (section 5.4).
const BY_SCOPE: [(&str, std::ops::Range<usize>); 5] =
    [("profile", 0..14), ("email", 14..16), ("phone", 16..18), ("address", 18..19), ("groups", 19..20)];

/// Some of the claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimSet(u32);

impl ClaimSet {
    /// All there are, by name.
    pub fn all_names() -> impl Iterator<Item = &'static str> {
        CLAIMS.into_iter()
    }

    /// What these scopes stand for.
    pub fn of_scopes(scopes: &ScopeSet) -> Self {
        let ranges =
            BY_SCOPE.iter().filter(|(scope, _)| scopes.contains(scope)).map(|(_, range)| range.clone());
        Self(ranges.flatten().fold(0, |set, place| set | 1 << place))
    }

    /// Adds the claim of that name, if there is one.
    pub fn insert(&mut self, name: &str) {
        if let Some(place) = CLAIMS.iter().position(|claim| *claim == name) {
            self.0 |= 1 << place;
        }
    }

    /// As it is kept.
    pub fn bits(self) -> i64 {
        i64::from(self.0)
    }

    /// As it was kept.
    pub fn from_bits(bits: i64) -> Self {
        Self(u32::try_from(bits).unwrap_or(0))
    }

    /// What is in this and not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the claim of that name is in it.
    pub fn contains(self, name: &str) -> bool {
        self.names().any(|each| each == name)
    }

    /// Whether none is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Their names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        CLAIMS
            .into_iter()
            .enumerate()
            .filter(move |(place, _)| self.0 & (1 << place) != 0)
            .map(|(_, name)| name)
    }
}

/// What is known of a person. Absent means not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the names are those of OpenID Connect Core section 5.1, which says what they mean"
)]
pub struct Profile {
    pub name: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub middle_name: Option<String>,
    pub nickname: Option<String>,
    pub preferred_username: Option<String>,
    pub profile: Option<String>,
    pub picture: Option<String>,
    pub website: Option<String>,
    pub gender: Option<String>,
    pub birthdate: Option<String>,
    pub zoneinfo: Option<String>,
    pub locale: Option<String>,
    /// Seconds since 1970.
    pub updated_at: Option<i64>,
    pub email: Option<String>,
    pub email_verified: Option<bool>,
    pub phone_number: Option<String>,
    pub phone_number_verified: Option<bool>,
    pub address: Option<Address>,
}

/// A postal address (section 5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of OpenID Connect Core section 5.1.1")]
pub struct Address {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// The claims in `asked` that are known of a person. One that is not known is left out (section 5.3.2). `None` when there
/// is no such person.
///
/// # Errors
/// When the database cannot be read.
pub async fn told(app: &App, id: UserId, asked: ClaimSet) -> Result<Option<Map<String, Value>>, DbError> {
    let with_groups = asked.contains("groups");
    let found = app.db.read(move |conn| {
        let Some((username, profile)) = users::profile(conn, id)? else { return Ok(None) };
        let groups = if with_groups { groups::of(conn, id)? } else { Vec::new() };
        Ok(Some((username, profile, groups)))
    });
    let Some((username, profile, groups)) = found.await? else { return Ok(None) };
    let mut known = match serde_json::to_value(&*profile) {
        Ok(Value::Object(known)) => known,
        _ => Map::new(),
    };
    if profile.preferred_username.is_none() {
        known.insert("preferred_username".to_owned(), username.into());
    }
    known.insert("groups".to_owned(), groups.into());
    let told = asked.names().filter_map(|name| known.swap_remove_entry(name));
    Ok(Some(told.filter(|(_, value)| !value.is_null()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_stands_for_its_claims_and_no_others() {
        let of = |scopes: &str| ClaimSet::of_scopes(&scopes.parse().unwrap()).names().collect::<Vec<_>>();
        assert_eq!(of("profile").len(), 14);
        assert_eq!(of("email"), ["email", "email_verified"]);
        assert_eq!(of("phone"), ["phone_number", "phone_number_verified"]);
        assert_eq!(of("address groups"), ["address", "groups"]);
        assert_eq!(of("openid offline_access read"), [""; 0]);
    }

    #[test]
    fn every_claim_has_a_place_in_the_profile_or_is_groups() {
        let Value::Object(known) = serde_json::to_value(Profile::default()).unwrap() else { panic!() };
        let mut names: Vec<&str> = known.keys().map(String::as_str).collect();
        names.push("groups");
        assert_eq!(names, CLAIMS);
    }
}
