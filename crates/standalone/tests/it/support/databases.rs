//! A database for each service.

use model::db::DatabaseUrl;
use model::db::testing::TestDatabase;

/// Both of them.
pub struct Databases {
    pub authz: TestDatabase,
    pub timetracker: TestDatabase,
}

impl Databases {
    pub fn new() -> Self {
        Self { authz: TestDatabase::new(), timetracker: TestDatabase::new() }
    }

    /// As settings.
    pub fn settings(&self) -> [(String, String); 2] {
        [
            ("AUTHZ_DATABASE_URL".to_owned(), written(self.authz.url())),
            ("TIMETRACKER_DATABASE_URL".to_owned(), written(self.timetracker.url())),
        ]
    }
}

/// As it is written in a setting.
pub fn written(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}
