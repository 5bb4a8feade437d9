//! Typed identifiers, so that a client's id cannot be handed over where a person's is meant.
//!
//! Keys are ordered by time (integers, UUIDv7): random keys cost ten times as much per inserted row.

use std::fmt;
use std::time::Duration;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, Text};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::random;
use crate::time::Timestamp;

/// A person's id at the authorization server; its decimal form is the `sub` of their tokens.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, AsExpression, FromSqlRow,
)]
#[diesel(sql_type = BigInt)]
pub struct UserId(pub i64);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<DB: Backend> ToSql<BigInt, DB> for UserId
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

impl<DB: Backend> FromSql<BigInt, DB> for UserId
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(Self)
    }
}

/// A client identifier (RFC 6749 section 2.2). Never all digits, so that it never equals a person's `sub`.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, AsExpression, FromSqlRow,
)]
#[diesel(sql_type = Text)]
pub struct ClientId(pub String);

impl ClientId {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<DB: Backend> ToSql<Text, DB> for ClientId
where
    String: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

impl<DB: Backend> FromSql<Text, DB> for ClientId
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        String::from_sql(bytes).map(Self)
    }
}

/// Declares a UUIDv7 identifier stored as 16 bytes.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, AsExpression, FromSqlRow)]
        #[diesel(sql_type = Binary)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh id: the instant in milliseconds, then 74 random bits.
            pub fn new(now: Timestamp) -> Self {
                let millis = u64::try_from(now.micros() / 1_000).unwrap_or(0);
                // Without randomness nothing can be sealed either, and an id alone opens nothing.
                let random = random::public().unwrap_or_default();
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// When it was made, to the millisecond.
            pub fn made_at(self) -> Timestamp {
                let (seconds, nanos) = self.0.get_timestamp().map_or((0, 0), |at| at.to_unix());
                let seconds = Timestamp::from_unix_seconds(i64::try_from(seconds).unwrap_or(i64::MAX));
                seconds.plus(Duration::from_nanos(nanos.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.simple().fmt(f)
            }
        }

        impl<DB: Backend> ToSql<Binary, DB> for $name
        where
            [u8]: ToSql<Binary, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                <[u8] as ToSql<Binary, DB>>::to_sql(self.0.as_bytes().as_slice(), out)
            }
        }

        impl<DB: Backend> FromSql<Binary, DB> for $name
        where
            Vec<u8>: FromSql<Binary, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                let bytes = <Vec<u8> as FromSql<Binary, DB>>::from_sql(bytes)?;
                Ok(Self(Uuid::from_slice(&bytes)?))
            }
        }
    };
}

uuid_id! {
    /// What applications know a browser session by: `sid` in ID tokens. It tells nothing about the cookie.
    SessionId
}
uuid_id! {
    /// One permission of a person for a client, from one authorization. It is born as the id of the question
    /// that was answered and of the authorization code, so that redeeming a code is one insert and its uniqueness
    /// the single use.
    GrantId
}

uuid_id! {
    /// One access token (the `jti` of RFC 7662).
    TokenId
}

uuid_id! {
    /// What a row of the time tracker is known by wherever it is copied to; whoever makes the row may choose it.
    Uid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_later_sort_later() {
        let early = GrantId::new(Timestamp::from_unix_seconds(1_700_000_000));
        let late = GrantId::new(Timestamp::from_unix_seconds(1_700_000_001));
        assert!(early < late);
    }

    #[test]
    fn an_id_knows_when_it_was_made() {
        let at = Timestamp::from_micros(1_700_000_000_123_456);
        assert_eq!(GrantId::new(at).made_at(), Timestamp::from_micros(1_700_000_000_123_000));
        assert_eq!(GrantId(Uuid::nil()).made_at(), Timestamp::from_unix_seconds(0));
    }
}
