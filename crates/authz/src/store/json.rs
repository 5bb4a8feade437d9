//! Values kept as JSON in a text column: parsed when a row is read, and once.

use std::ops::Deref;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value with the text that says it.
#[derive(Clone, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Json<T> {
    text: String,
    /// Apart, so that rows stay small.
    value: Box<T>,
}

impl<T: Serialize> Json<T> {
    /// The value, and what will be written of it.
    ///
    /// # Errors
    /// When the value has no JSON form, such as a map with keys that are not texts.
    pub fn new(value: T) -> serde_json::Result<Self> {
        Ok(Self { text: serde_json::to_string(&value)?, value: Box::new(value) })
    }
}

impl<T> Json<T> {
    /// The text as it is kept.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// `{}`: a type that is kept so has a default for each of its members.
impl<T: Default> Default for Json<T> {
    fn default() -> Self {
        Self { text: "{}".to_owned(), value: Box::default() }
    }
}

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: std::fmt::Debug, DB: Backend> ToSql<Text, DB> for Json<T>
where
    String: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.text.to_sql(out)
    }
}

impl<T: DeserializeOwned, DB: Backend> FromSql<Text, DB> for Json<T>
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let text = String::from_sql(bytes)?;
        let value = serde_json::from_str(&text)?;
        Ok(Self { text, value })
    }
}
