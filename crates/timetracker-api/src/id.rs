//! Typed ids of this service's own rows, so that a track's id cannot stand where an activity's is meant.

use std::fmt;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
        #[diesel(sql_type = BigInt)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<DB: Backend> ToSql<BigInt, DB> for $name
        where
            i64: ToSql<BigInt, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                self.0.to_sql(out)
            }
        }

        impl<DB: Backend> FromSql<BigInt, DB> for $name
        where
            i64: FromSql<BigInt, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                i64::from_sql(bytes).map(Self)
            }
        }
    };
}

row_id! {
    /// A person as this service knows them: one pair of issuer and subject. The `user` of a track.
    PersonId
}
row_id! {
    /// What shares activities. Everyone starts in a personal one that the wire does not mention.
    WorkspaceId
}
row_id! {
    /// An activity.
    ActivityId
}
row_id! {
    /// A track: one entry of time.
    TrackId
}
row_id! {
    /// An address under which a calendar program sees somebody's tracks.
    FeedId
}
row_id! {
    /// An item of the catalogue; which kind it is of goes with it.
    ItemId
}
