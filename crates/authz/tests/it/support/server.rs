//! The real server on a port of its own, with a database of its own and a clock that stands still.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use authz::app::App;
use authz::audit::Origin;
use authz::config::Config;
use authz::crypto::master::MasterKey;
use authz::profile::Profile;
use authz::registration::{self, Changes, Ending};
use authz::server::Server;
use authz::store::json::Json;
use authz::store::{former_names, groups, users};
use model::db::DatabaseUrl;
use model::db::testing::TestDatabase;
use model::secret::Secret;
use model::settings::Settings;
use model::time::{Clock, Timestamp};
use serde_json::json;
use tokio::runtime::Runtime;

use super::{Browser, Client, Http, ISSUER, NewClient, Signer, password_of};

/// Where the servers of all tests live, so that they can be stopped when a test is over.
static SERVERS: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A running server.
pub struct TestServer {
    pub http: Http,
    pub clock: Clock,
    pub settings: Vec<(String, String)>,
    server: Option<Server>,
    database: Arc<TestDatabase>,
}

/// A server with nothing in it.
pub async fn server() -> TestServer {
    server_with(&[]).await
}

/// A server that was configured a little differently.
pub async fn server_with(changes: &[(&str, &str)]) -> TestServer {
    server_on(changes, Clock::manual(Timestamp::from_unix_seconds(1_800_000_000))).await
}

/// A server whose clock goes: beside programs, which have no other.
pub async fn server_on_real_time(changes: &[(&str, &str)]) -> TestServer {
    server_on(changes, Clock::system()).await
}

async fn server_on(changes: &[(&str, &str)], clock: Clock) -> TestServer {
    let database = Arc::new(TestDatabase::new());
    let mut settings: Vec<(String, String)> = [
        ("DATABASE_URL", url_of(&database).as_str()),
        ("LISTEN", "127.0.0.1:0"),
        ("ISSUER", ISSUER),
        ("SECRET_KEY", &MasterKey::generate().unwrap()),
        ("PASSWORD_COST", "4"),
        ("WORKERS", "2"),
        // One machine is everybody here.
        ("WRONG_PASSWORDS_PER_HOUR", "0"),
        ("SIGNUPS_PER_HOUR", "0"),
    ]
    .map(|(name, value)| (format!("AUTHZ_{name}"), value.to_owned()))
    .into();
    for (name, value) in changes {
        let name = format!("AUTHZ_{name}");
        settings.retain(|(known, _)| *known != name);
        settings.push((name, (*value).to_owned()));
    }
    TestServer::start(settings, clock, database).await
}

/// How a database is named in settings.
pub fn url_of(database: &TestDatabase) -> String {
    match database.url() {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}

impl TestServer {
    async fn start(settings: Vec<(String, String)>, clock: Clock, database: Arc<TestDatabase>) -> Self {
        let config = Config::from_settings(Settings::new("AUTHZ_", settings.clone())).unwrap();
        let its_clock = clock.clone();
        let starting = SERVERS.spawn(async move { Server::start(config, its_clock).await });
        let server = starting.await.unwrap().unwrap();
        Self { http: Http::new(server.address()), clock, settings, server: Some(server), database }
    }

    /// One more process, as it were, on the same database.
    pub async fn second(&self) -> Self {
        self.second_with_clock(self.clock.clone()).await
    }

    /// One more, on a machine whose clock says something else.
    pub async fn second_with_clock(&self, clock: Clock) -> Self {
        Self::start(self.settings.clone(), clock, self.database.clone()).await
    }

    /// Somebody else's server, on a copy of the database.
    pub async fn second_with_another_key(&self) -> Self {
        let mut settings = self.settings.clone();
        settings.retain(|(name, _)| name != "AUTHZ_SECRET_KEY");
        settings.push(("AUTHZ_SECRET_KEY".to_owned(), MasterKey::generate().unwrap()));
        Self::start(settings, self.clock.clone(), self.database.clone()).await
    }

    /// The same server after a restart.
    pub async fn restarted(mut self) -> Self {
        self.stop();
        Self::start(self.settings.clone(), self.clock.clone(), self.database.clone()).await
    }

    pub fn app(&self) -> &App {
        self.server.as_ref().unwrap().app()
    }

    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub fn browser(&self) -> Browser {
        Browser::new(&self.http)
    }

    /// Somebody with an account.
    pub async fn person(&self, name: &str) {
        let password = Secret::new(password_of(name));
        authz::sign_up::create(self.app(), &Origin::CommandLine(None), name, password).await.unwrap();
    }

    /// Somebody with an account, signed in at a browser.
    pub async fn signed_in(&self, name: &str) -> Browser {
        self.person(name).await;
        let browser = self.browser();
        browser.sign_in(name).await;
        browser
    }

    /// A confidential client that may do everything.
    pub async fn client(&self, name: &str) -> Client {
        self.new_client(name).register().await
    }

    /// A public client that may do everything a public client may.
    pub async fn public_client(&self, name: &str) -> Client {
        self.new_client(name).public().register().await
    }

    /// A client that signs who it is, and has no secret.
    pub async fn key_client(&self, name: &str, signer: &Signer) -> Client {
        let metadata = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": signer.jwks()});
        let client = self.new_client(name).metadata(&metadata.to_string()).register().await;
        assert_eq!(client.secret, None);
        client
    }

    pub fn new_client(&self, name: &str) -> NewClient<'_> {
        NewClient::new(self, name)
    }

    /// As the administrator's command does, in this process.
    pub async fn disable(&self, name: &str, disabled: bool) {
        let (key, clock) = (name.to_owned(), self.clock.clone());
        let done = self.app().db.write(move |conn| users::set_disabled(conn, &key, disabled, &clock)).await;
        assert!(done.unwrap().is_some());
        self.app().feed.catch_up().await.unwrap();
    }

    /// As the administrator's command does, in this process.
    pub async fn delete_person(&self, name: &str) {
        let (key, clock) = (name.to_owned(), self.clock.clone());
        let deleted = self.app().db.write(move |conn| former_names::delete(conn, &key, false, &clock)).await;
        assert!(deleted.unwrap().is_some());
        self.app().feed.catch_up().await.unwrap();
    }

    /// What the administrator says a person is.
    pub async fn set_profile(&self, name: &str, profile: serde_json::Value) {
        let profile = Json::new(serde_json::from_value::<Profile>(profile).unwrap()).unwrap();
        let key = name.to_owned();
        let done = self.app().db.write(move |conn| users::set_profile(conn, &key, &profile)).await;
        assert!(done.unwrap().is_some());
    }

    pub async fn set_groups(&self, name: &str, names: &[&str]) {
        let (key, names): (_, Vec<String>) =
            (name.to_owned(), names.iter().map(|name| (*name).to_owned()).collect());
        let done = self.app().db.write(move |conn| groups::replace(conn, &key, &names)).await;
        assert!(done.unwrap().is_some());
    }

    pub async fn set_password(&self, name: &str, password: &str) {
        let hash = self.app().passwords.hash(Secret::new(password.to_owned())).await.unwrap();
        let (key, clock) = (name.to_owned(), self.clock.clone());
        let done = self.app().db.write(move |conn| users::set_password(conn, &key, &hash, &clock)).await;
        assert!(done.unwrap().is_some());
        self.app().feed.catch_up().await.unwrap();
    }

    /// As the administrator's command does, in this process.
    pub async fn end_client(&self, client: &Client, ending: Ending) {
        registration::end(self.app(), &Origin::CommandLine(None), ending, &client.id).await.unwrap();
    }

    pub async fn update_client(&self, client: &Client, changes: Changes) {
        let origin = Origin::CommandLine(None);
        registration::update(self.app(), &origin, &client.id, &changes).await.unwrap();
    }

    pub async fn delete_client(&self, client: &Client) {
        let id = client.id.clone();
        let deleted = self.app().db.write(move |conn| authz::store::clients::delete(conn, &id)).await;
        assert!(deleted.unwrap());
        self.app().feed.catch_up().await.unwrap();
    }

    /// Runs SQL behind the server's back.
    pub async fn sql(&self, statement: &str) {
        use diesel::connection::SimpleConnection;
        let statement = statement.to_owned();
        self.app().db.write(move |conn| conn.batch_execute(&statement)).await.unwrap();
    }

    /// The number a query answers.
    pub async fn count(&self, query: &str) -> i64 {
        use diesel::RunQueryDsl;
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }
        let query = format!("SELECT count(*) AS count FROM {query}");
        let counted =
            self.app().db.read(move |conn| diesel::sql_query(query).get_result::<Count>(conn)).await;
        counted.unwrap().count
    }

    /// What is said in every row of `clients` or `client_registrations`, as text.
    pub async fn database_text(&self, table: &str) -> String {
        use diesel::RunQueryDsl;
        #[derive(diesel::QueryableByName)]
        struct Line {
            #[diesel(sql_type = diesel::sql_types::Text)]
            line: String,
        }
        let column = match (self.database.url(), table) {
            (_, "clients") => "id || name || redirect_uris || metadata",
            (DatabaseUrl::Postgres(_), _) => "client_id || encode(token_hash, 'hex')",
            (DatabaseUrl::Sqlite(_), _) => "client_id || hex(token_hash)",
        };
        let query = format!("SELECT {column} AS line FROM {table} t");
        let lines: Vec<Line> =
            self.app().db.read(move |conn| diesel::sql_query(query).load(conn)).await.unwrap();
        lines.into_iter().map(|line| line.line).collect::<Vec<_>>().join("\n")
    }

    fn stop(&mut self) {
        let Some(server) = self.server.take() else { return };
        let (stopped, waiting) = std::sync::mpsc::channel();
        SERVERS.spawn(async move {
            server.stop().await;
            stopped.send(())
        });
        waiting.recv().unwrap();
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
    }
}
