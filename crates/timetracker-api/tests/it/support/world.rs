//! The database, the authority, the API, and the people in it.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use diesel::prelude::*;
use model::db::Db;
use model::db::testing::TestDatabase;
use model::secret::Secret;
use model::settings::Settings;
use model::time::{Clock, Timestamp};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use timetracker_api::auth::scopes;
use timetracker_api::config::{Config, PREFIX, SignIn};
use timetracker_api::schema::people;
use timetracker_api::server::Server;
use tokio::runtime::Runtime;

use super::authority::{Authority, ISSUER};
use super::{Answer, Listener, json};

pub const PUBLIC: &str = "https://time.example.com";

/// Where the servers of all tests live, so that they can be stopped when a test is over.
static SERVERS: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

pub struct World {
    pub authority: Authority,
    pub clock: Clock,
    pub http: reqwest::Client,
    servers: Vec<Server>,
    database: Option<TestDatabase>,
}

/// Somebody with a token.
pub struct Person {
    pub token: String,
    /// Their id at the authority; 0 of whom nobody knows.
    pub subject: i64,
    base: String,
    http: reqwest::Client,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A world whose API was configured a little differently.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let clock = Clock::manual(Timestamp::from_unix_seconds(1_800_000_000));
        let database = TestDatabase::new();
        let stand_in = clock.clone();
        let authority = SERVERS.spawn(async move { Authority::start(stand_in) }).await.unwrap();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let http = http.build().unwrap();
        let mut world = Self { authority, clock, http, servers: Vec::new(), database: Some(database) };
        world.start_server(change).await;
        world
    }

    /// One more API on the same database.
    pub async fn start_server(&mut self, change: impl FnOnce(&mut Config)) {
        let mut config = config(&self.authority.url(), self.database());
        change(&mut config);
        let clock = self.clock.clone();
        let server = SERVERS.spawn(async move { Server::start(config, clock).await.unwrap() }).await.unwrap();
        self.servers.push(server);
    }

    pub fn database(&self) -> &TestDatabase {
        self.database.as_ref().unwrap()
    }

    /// A way past the API.
    pub fn db(&self) -> Db {
        Db::open(self.database().url()).unwrap()
    }

    /// Lets a person's days be those of a zone.
    pub async fn lives_in(&self, username: &str, zone: &str) {
        let row = diesel::update(people::table.filter(people::username.eq(username.to_owned())));
        let row = row.set(people::timezone.eq(zone.to_owned()));
        assert_eq!(self.db().write(move |conn| row.execute(conn)).await.unwrap(), 1);
    }

    pub fn server(&self) -> &Server {
        &self.servers[0]
    }

    pub fn base(&self) -> String {
        self.base_of(0)
    }

    pub fn base_of(&self, number: usize) -> String {
        format!("http://{}", self.servers[number].address())
    }

    /// A world in which people can sign in at the pages.
    pub async fn with_pages() -> Self {
        Self::with(pages).await
    }

    /// A new person who may read and write.
    pub fn person(&self, username: &str) -> Person {
        self.person_with(username, "read write")
    }

    /// A new person with a token for `scope`.
    pub fn person_with(&self, username: &str, scope: &str) -> Person {
        static NUMBER: AtomicI64 = AtomicI64::new(1_000);
        let subject = NUMBER.fetch_add(1, Ordering::Relaxed);
        let token = format!("token-{username}-{subject}");
        self.authority.knows(&token, self.authority.vouches(subject, username, scope));
        Person { subject, ..self.bearer(&token) }
    }

    /// A person's token is good for another hour.
    pub fn renews(&self, person: &Person, username: &str, scope: &str) {
        self.authority.knows(&person.token, self.authority.vouches(person.subject, username, scope));
    }

    /// Whoever holds `token`.
    pub fn bearer(&self, token: &str) -> Person {
        Person { token: token.to_owned(), subject: 0, base: self.base(), http: self.http.clone() }
    }

    /// The same person at a server that is none of this world.
    pub fn at(&self, base: &str, person: &Person) -> Person {
        Person { base: base.to_owned(), ..self.bearer(&person.token) }
    }

    /// The same person at another server of this world.
    pub fn at_server(&self, number: usize, person: &Person) -> Person {
        let base = format!("http://{}", self.servers[number].address());
        Person { token: person.token.clone(), subject: person.subject, base, http: self.http.clone() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base()))
    }

    pub async fn anonymous(&self, method: Method, path: &str) -> Answer {
        Answer::read(self.request(method, path).send().await.unwrap()).await
    }

    /// Stops the first server as a signal would.
    pub async fn stop(&mut self, drain: Duration) {
        let server = self.servers.remove(0);
        SERVERS.spawn(server.stop(drain)).await.unwrap();
    }
}

/// Lets people sign in.
pub fn pages(config: &mut Config) {
    let client_secret = Secret::new("web secret".to_owned());
    config.sign_in =
        Some(SignIn { client_id: "web".to_owned(), client_secret, scopes: scopes::everything().collect() });
}

pub fn config(introspection: &str, database: &TestDatabase) -> Config {
    let said = [
        ("DATABASE_URL", "sqlite://replaced.below"),
        ("LISTEN", "127.0.0.1:0"),
        ("PUBLIC_URL", PUBLIC),
        ("ISSUER", ISSUER),
        ("INTROSPECTION_URL", introspection),
        ("CLIENT_ID", "timetracker-api"),
        ("CLIENT_SECRET", "api-secret-canary"),
        ("WORKERS", "1"),
    ];
    let said = said.map(|(key, value)| (format!("{PREFIX}{key}"), value.to_owned()));
    let config = Config::from_settings(Settings::new(PREFIX, said)).unwrap();
    Config { database: database.url().clone(), ..config }
}

impl Drop for World {
    fn drop(&mut self) {
        let (servers, database) = (std::mem::take(&mut self.servers), self.database.take());
        let authority = self.authority.clone();
        let (done, wait) = std::sync::mpsc::channel::<()>();
        SERVERS.spawn(async move {
            for server in servers {
                server.abort().await;
            }
            authority.stop().await;
            drop(database);
            drop(done);
        });
        // Ends with an error when the other end is dropped, which is what is waited for.
        let _ = wait.recv_timeout(Duration::from_secs(10));
    }
}

impl Person {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    pub async fn send(&self, method: Method, path: &str) -> Answer {
        Answer::read(self.request(method, path).send().await.unwrap()).await
    }

    async fn send_json(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.request(method, path).header("content-type", "application/json");
        Answer::read(request.body(body.to_string()).send().await.unwrap()).await
    }

    /// A request with a body as it stands.
    pub async fn send_body(
        &self,
        method: Method,
        path: &str,
        media: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let request = self.request(method, path).header("content-type", media).body(body);
        Answer::read(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send_json(Method::POST, path, &body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send_json(Method::PUT, path, &body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send_json(Method::PATCH, path, &body).await
    }

    /// Listens from now on, or behind a cursor.
    pub async fn listens(&self, since: Option<&str>) -> Listener {
        let mut request = self.request(Method::GET, "/api/events/").header("accept", "text/event-stream");
        if let Some(cursor) = since {
            request = request.header("last-event-id", cursor);
        }
        Listener::new(request.send().await.unwrap())
    }

    /// Makes an activity and answers its id.
    pub async fn has_activity(&self, name: &str) -> i64 {
        let answer = self.post("/api/activities/", json!({ "name": name })).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.id()
    }

    /// Makes a track and answers its id.
    pub async fn has_track(&self, activity: i64, description: &str) -> i64 {
        let answer =
            self.post("/api/tracks/", json!({ "activity": activity, "description": description })).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.id()
    }

    /// Their id, as tracks show it.
    pub async fn user(&self) -> i64 {
        let activity = self.has_activity("to learn who I am").await;
        let answer = self.post("/api/tracks/", json!({ "activity": activity })).await;
        let user = answer.json()["user"].as_i64().unwrap();
        assert_eq!(self.delete(&format!("/api/tracks/{}/", answer.id())).await.status, 204);
        assert_eq!(self.delete(&format!("/api/activities/{activity}/")).await.status, 204);
        user
    }
}
