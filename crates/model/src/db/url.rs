//! Which database: decided by the scheme of its URL, never by trying.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// `sqlite:///absolute/file.db`, `sqlite://relative/file.db`, or `postgres://user@host/database`.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// The path of a SQLite file, made on first use.
    Sqlite(PathBuf),
    /// A libpq connection URL.
    Postgres(String),
}

/// The scheme is neither `sqlite` nor `postgres`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseUrlError;

impl fmt::Display for DatabaseUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected sqlite:///path/to/file.db or postgres://user@host/database")
    }
}

impl std::error::Error for DatabaseUrlError {}

/// How many threads serve one database.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lanes {
    pub(super) readers: u32,
    pub(super) writers: u32,
}

impl DatabaseUrl {
    /// SQLite has one writer by nature, and two readers saturate two cores. A PostgreSQL connection spends
    /// its time waiting for the server, so more of them pay.
    pub(super) fn lanes(&self) -> Lanes {
        match self {
            Self::Sqlite(_) => Lanes { readers: 2, writers: 1 },
            Self::Postgres(_) => Lanes { readers: 8, writers: 8 },
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(url: &str) -> Result<Self, DatabaseUrlError> {
        match url.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("postgres" | "postgresql", rest)) if !rest.is_empty() => Ok(Self::Postgres(url.to_owned())),
            _ => Err(DatabaseUrlError),
        }
    }
}

/// A PostgreSQL URL may hold a password: only its kind is shown.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://[secret]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_decides_and_a_typing_error_is_an_error() {
        assert_eq!("sqlite:///a/b.db".parse(), Ok(DatabaseUrl::Sqlite("/a/b.db".into())));
        assert_eq!("sqlite://b.db".parse(), Ok(DatabaseUrl::Sqlite("b.db".into())));
        assert!(matches!("postgres://u@h/d".parse(), Ok(DatabaseUrl::Postgres(_))));
        for wrong in ["", "b.db", "sqlite://", "postgre://h/d", "mysql://h/d", "sqlite:b.db"] {
            assert_eq!(wrong.parse::<DatabaseUrl>(), Err(DatabaseUrlError), "{wrong}");
        }
    }

    #[test]
    fn a_password_in_the_url_does_not_print() {
        let url: DatabaseUrl = "postgres://u:hunter2@h/d".parse().unwrap();
        assert_eq!(format!("{url:?}"), "postgres://[secret]");
    }
}
