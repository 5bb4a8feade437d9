//! Which database: decided by the scheme of its URL, never by trying.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::form_urlencoded;

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

/// The most threads of a kind for one PostgreSQL: as many pay where they wait for the way to a server more than they work.
const MOST: u32 = 8;

impl DatabaseUrl {
    /// SQLite has one writer by nature, and two readers saturate two cores. A PostgreSQL connection spends
    /// its time waiting for the server, so more of them pay; where that server has the same processors, more readers than
    /// processors only make each other wait. Writers wait for the disk, wherever it is.
    pub(super) fn lanes(&self) -> Lanes {
        match self {
            Self::Sqlite(_) => Lanes { readers: 2, writers: 1 },
            Self::Postgres(url) if is_here(url) => {
                let processors = std::thread::available_parallelism()
                    .map_or(MOST, |many| u32::try_from(many.get()).unwrap_or(MOST));
                Lanes { readers: processors.clamp(2, MOST), writers: MOST }
            }
            Self::Postgres(_) => Lanes { readers: MOST, writers: MOST },
        }
    }
}

/// Whether a server is taken to be on this machine: it is behind a socket in a folder, or at a loopback address, where something may
/// still lead elsewhere. What is said in the query counts (libpq, section 34.1.1.2); several hosts, and those that are said in
/// another way, are not.
fn is_here(url: &str) -> bool {
    // Taken apart by hand: libpq allows a user or a port without a host, and several hosts, and then it is no URL by the standard.
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (place, query) = behind_scheme.split_once('?').unwrap_or((behind_scheme, ""));
    let authority = place.split('/').next().unwrap_or_default();
    let hosts = authority.rsplit('@').next().unwrap_or_default();
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let mut host =
        Cow::from(hosts.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(hosts, |(host, _)| host));
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "host" => host = value,
            "hostaddr" | "service" => return false,
            _ => {}
        }
    }
    let host = host.to_ascii_lowercase();
    let is_folder = ["/", "@", "%2f"].iter().any(|start| host.starts_with(start)) && !host.contains(',');
    is_folder || ["", "localhost", "127.0.0.1", "[::1]", "::1"].contains(&host.as_str())
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
    fn a_server_on_this_machine_is_known_by_its_address() {
        for (url, expected) in [
            ("postgres:///authz?host=/run/postgresql&options=-crole%3Downer", true),
            ("postgres://u@%2Frun%2Fpostgresql/d", true),
            ("postgres://u:p%40s@localhost:5432/d", true),
            ("postgres://u@127.0.0.1/d?connect_timeout=1", true),
            ("postgres://u@[::1]:5432/d", true),
            ("postgres:///d", true),
            ("postgres://u@/d?host=/run/postgresql&port=5433", true),
            ("postgres://u@:5433/d", true),
            ("postgres://[::1]/d", true),
            ("postgres://u@?host=/run/postgresql", true),
            ("postgres://u@db/d?host=", true),
            ("postgres://u:localhost@db.example.com/d", false),
            ("postgres://localhost@db/d?application_name=host=/x", false),
            ("postgres://u@localhost/d?host=db", false),
            ("postgres://u@[fd00::1]/d", false),
            ("postgres://localhost:5432,db:5432/d", false),
            ("postgres:///d?host=/run/postgresql,db", false),
            ("postgres://localhost/d?hostaddr=192.0.2.1", false),
            ("postgres:///d?service=far", false),
        ] {
            assert_eq!(is_here(url), expected, "{url}");
        }
    }

    #[test]
    fn a_password_in_the_url_does_not_print() {
        let url: DatabaseUrl = "postgres://u:hunter2@h/d".parse().unwrap();
        assert_eq!(format!("{url:?}"), "postgres://[secret]");
    }
}
