//! Four servers as an operator would run them, each configured by its own variables.

use authz::audit::Origin;
use authz::crypto::master::MasterKey;
use authz::registration::{self, Kind, Registration};
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use model::db::{Conn, DatabaseUrl, Db};
use model::settings::Settings;
use model::time::Clock;

use crate::support::databases::{Databases, written};
use crate::support::{Application, Bearer, Browser, SERVERS, confidential, free_port};

/// Where clients would find the API, behind a gateway.
pub const PUBLIC_API: &str = "https://time.example.com";

type Said = Vec<(String, String)>;

/// Two processes of each service.
pub struct Deployment {
    authz: [Option<authz::server::Server>; 2],
    authz_settings: [Said; 2],
    api: Vec<timetracker_api::server::Server>,
    databases: Option<Databases>,
}

/// The names of the tables in each database.
pub struct Tables {
    pub authz: Vec<String>,
    pub timetracker: Vec<String>,
}

fn said(settings: &[(&str, &str)]) -> Said {
    settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Deployment {
    /// `settings` for the API.
    pub async fn new(settings: &[(&str, &str)]) -> Self {
        Self::on(Databases::new(), settings).await
    }

    /// On databases that are there already.
    pub async fn on(databases: Databases, settings: &[(&str, &str)]) -> Self {
        let key = MasterKey::generate().unwrap();
        let ports = [free_port(), free_port()];
        // People and clients know one address; here it is the first process's.
        let issuer = format!("http://127.0.0.1:{}/o", ports[0]);
        let authz_settings = ports.map(|port| {
            said(&[
                ("AUTHZ_DATABASE_URL", &written(databases.authz.url())),
                ("AUTHZ_LISTEN", &format!("127.0.0.1:{port}")),
                ("AUTHZ_ISSUER", &issuer),
                ("AUTHZ_SECRET_KEY", &key),
                ("AUTHZ_PASSWORD_COST", "4"),
                ("AUTHZ_WORKERS", "1"),
            ])
        });
        let mut deployment =
            Self { authz: [None, None], authz_settings, api: Vec::new(), databases: Some(databases) };
        deployment.start_authz(0).await;
        deployment.start_authz(1).await;
        deployment.start_apis(settings, &issuer).await;
        deployment
    }

    async fn start_apis(&mut self, settings: &[(&str, &str)], issuer: &str) {
        let as_resource_server = Registration {
            grant_types: Vec::new(),
            redirect_uris: Vec::new(),
            introspects: vec!["timetracker".to_owned()],
            kind: Kind::Confidential,
            ..confidential("The API", "")
        };
        let client = self.register(as_resource_server).await;
        let database = written(self.databases.as_ref().unwrap().timetracker.url());
        for number in 0..2 {
            let mut said = said(&[
                ("TIMETRACKER_DATABASE_URL", &database),
                ("TIMETRACKER_LISTEN", "127.0.0.1:0"),
                ("TIMETRACKER_PUBLIC_URL", PUBLIC_API),
                ("TIMETRACKER_ISSUER", issuer),
                ("TIMETRACKER_INTROSPECTION_URL", &format!("{}/o/introspect/", self.authz(number))),
                ("TIMETRACKER_CLIENT_ID", &client.id),
                ("TIMETRACKER_CLIENT_SECRET", client.secret.as_ref().unwrap()),
                ("TIMETRACKER_WORKERS", "1"),
            ]);
            said.extend(self::said(settings));
            let config =
                timetracker_api::config::Config::from_settings(Settings::new("TIMETRACKER_", said)).unwrap();
            let server = SERVERS.spawn(timetracker_api::server::Server::start(config, Clock::system()));
            self.api.push(server.await.unwrap().unwrap());
        }
    }

    pub async fn start_authz(&mut self, number: usize) {
        let settings = Settings::new("AUTHZ_", self.authz_settings[number].clone());
        let config = authz::config::Config::from_settings(settings).unwrap();
        let server = SERVERS.spawn(authz::server::Server::start(config, Clock::system()));
        self.authz[number] = Some(server.await.unwrap().unwrap());
    }

    pub async fn stop_authz(&mut self, number: usize) {
        let server = self.authz[number].take().unwrap();
        SERVERS.spawn(server.stop()).await.unwrap();
    }

    /// The origin of an authorization server.
    pub fn authz(&self, number: usize) -> String {
        format!("http://{}", self.authz[number].as_ref().unwrap().address())
    }

    /// The origin of an API.
    pub fn api(&self, number: usize) -> String {
        format!("http://{}", self.api[number].address())
    }

    pub fn browser(&self) -> Browser {
        Browser::new(&self.authz(0))
    }

    /// Whoever holds the token, at an API.
    pub fn caller(&self, number: usize, token: &str) -> Bearer {
        Bearer::new(&self.api(number), token)
    }

    pub async fn register(&self, wanted: Registration) -> Application {
        let redirect_uri = wanted.redirect_uris.first().cloned().unwrap_or_default();
        let app = self.authz[0].as_ref().unwrap().app();
        let registered = registration::register(app, &Origin::CommandLine(None), wanted).await.unwrap();
        let secret = registered.secret.as_ref().map(|secret| secret.expose().as_str());
        Application::new(&self.authz(0), registered.client.id.as_str(), secret, &redirect_uri)
    }

    pub async fn tables(&self) -> Tables {
        let databases = self.databases.as_ref().unwrap();
        Tables {
            authz: tables(databases.authz.url()).await,
            timetracker: tables(databases.timetracker.url()).await,
        }
    }
}

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

/// What migrations and the databases keep for themselves left out.
pub async fn tables(database: &DatabaseUrl) -> Vec<String> {
    let db = Db::open(database).unwrap();
    let query = |conn: &mut Conn| match conn {
        Conn::Sqlite(conn) => {
            sql_query("SELECT name FROM sqlite_schema WHERE type = 'table'").load::<Table>(conn)
        }
        Conn::Postgres(conn) => {
            sql_query("SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema()")
                .load(conn)
        }
    };
    let mut names: Vec<String> = db.read(query).await.unwrap().into_iter().map(|table| table.name).collect();
    names.retain(|name| !name.starts_with("__") && !name.starts_with("sqlite_"));
    names.sort();
    names
}

impl Drop for Deployment {
    fn drop(&mut self) {
        let (authz, api, databases) =
            (std::mem::take(&mut self.authz), std::mem::take(&mut self.api), self.databases.take());
        let (done, wait) = std::sync::mpsc::channel::<()>();
        SERVERS.spawn(async move {
            for server in api {
                server.abort().await;
            }
            for server in authz.into_iter().flatten() {
                server.stop().await;
            }
            drop(databases);
            drop(done);
        });
        // Ends with an error when the other end is dropped, which is what is waited for.
        let _ = wait.recv_timeout(std::time::Duration::from_secs(20));
    }
}
