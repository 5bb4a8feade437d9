//! Who wrote a track.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;

/// Who wrote a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum Source {
    /// A person, in whatever program.
    Human,
    /// A program on a person's behalf.
    Agent,
    /// Somebody who brought it from elsewhere.
    Import,
}

impl Source {
    /// The names of all.
    pub const NAMES: [&str; 3] = [Self::Human.name(), Self::Agent.name(), Self::Import.name()];

    /// By its name on the wire and in the database.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Human, Self::Agent, Self::Import].into_iter().find(|source| source.name() == name)
    }

    /// That name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Agent => "agent",
            Self::Import => "import",
        }
    }
}

impl<DB: Backend> ToSql<Text, DB> for Source
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.name().to_sql(out)
    }
}

impl<DB: Backend> FromSql<Text, DB> for Source
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let name = String::from_sql(bytes)?;
        Self::named(&name).ok_or_else(|| format!("{name:?} is no source of tracks").into())
    }
}
