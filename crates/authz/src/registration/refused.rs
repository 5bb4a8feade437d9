//! Why a client cannot be registered or changed.

use std::fmt;

use model::db::DbError;

use super::Problem;
use crate::crypto::random::NoRandomness;

/// Why a client cannot be registered or changed.
#[derive(Debug)]
pub enum Refused {
    /// The registration itself: everything that is wrong with it.
    Invalid(Vec<Problem>),
    /// The person has as many as one may have.
    TooMany,
    /// The person may not act any more.
    NoPerson,
    /// The id is another client's.
    Taken,
    /// There is no such client.
    Unknown,
    /// Somebody else has changed it meanwhile.
    Changed,
    /// There is no such client, or it has no secret.
    NoSuchClient,
    /// The database cannot be asked.
    Db(DbError),
    /// No secret can be made.
    Random(NoRandomness),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(problems) => {
                let whats: Vec<&str> = problems.iter().map(|problem| problem.what.as_str()).collect();
                f.write_str(&whats.join("; "))
            }
            Self::TooMany => f.write_str("there are as many clients as one person may have"),
            Self::NoPerson => f.write_str("the person may not act any more"),
            Self::Taken => f.write_str("the client id is taken"),
            Self::Unknown => f.write_str("there is no such client"),
            Self::Changed => f.write_str("the client was changed meanwhile; try again"),
            Self::NoSuchClient => f.write_str("there is no such client with a secret"),
            Self::Db(error) => error.fmt(f),
            Self::Random(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}

impl From<DbError> for Refused {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl From<NoRandomness> for Refused {
    fn from(error: NoRandomness) -> Self {
        Self::Random(error)
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Invalid(vec![problem])
    }
}
