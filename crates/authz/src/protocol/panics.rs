//! Whoever panics: the answer, the worker, and what was written (tests).

use std::net::SocketAddr;

use actix_web::middleware::from_fn;
use actix_web::{App as Service, HttpResponse, HttpServer, web};
use diesel::QueryResult;
use model::db::Conn;
use model::db::testing::TestDatabase;
use model::settings::Settings;
use model::time::{Clock, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::error::OAuthError;
use crate::app::App;
use crate::config::Config;
use crate::crypto::master::MasterKey;
use crate::edge::edge;
use crate::pages::PageError;
use crate::routes;
use crate::store::sealing_keys;

async fn app_on(database: &TestDatabase) -> App {
    let key = MasterKey::generate().unwrap();
    let said = [
        ("DATABASE_URL", "sqlite://replaced.below"),
        ("ISSUER", "http://localhost/o"),
        ("SECRET_KEY", &key),
        ("PASSWORD_COST", "4"),
    ];
    let said = said.map(|(name, value)| (format!("AUTHZ_{name}"), value.to_owned()));
    let config = Config::from_settings(Settings::new("AUTHZ_", said)).unwrap();
    App::open(Config { database_url: database.url().clone(), ..config }, Clock::system()).await.unwrap()
}

fn write_and_panic(conn: &mut Conn) -> QueryResult<()> {
    sealing_keys::insert(conn, Timestamp::from_unix_seconds(1))?;
    panic!("a secret cause")
}

async fn handler() -> HttpResponse {
    panic!("a secret cause")
}

async fn page(app: web::Data<App>) -> Result<HttpResponse, PageError> {
    app.db.write(write_and_panic).await?;
    Ok(HttpResponse::Ok().finish())
}

async fn machine(app: web::Data<App>) -> Result<HttpResponse, OAuthError> {
    app.db.write(write_and_panic).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Head and body of the answer.
async fn get(address: SocketAddr, path: &str) -> (String, String) {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// R151: whoever panics, what it wrote is undone, the answer is the audience's and says nothing of the cause, and
/// the only worker lives on.
#[actix_web::test]
async fn a_panic_is_an_answer_and_leaves_nothing_behind() {
    let database = TestDatabase::new();
    let app = app_on(&database).await;
    let (service, health) = (app.clone(), routes::configure_health(&app, || async { true }));
    let server = HttpServer::new(move || {
        let panics = web::scope("/panics").app_data(web::Data::new(service.clone())).wrap(from_fn(edge));
        let panics = panics.route("/handler", web::get().to(handler));
        let panics = panics.route("/page", web::get().to(page)).route("/machine", web::get().to(machine));
        Service::new().configure(health.clone()).service(panics)
    });
    let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    let running = tokio::spawn(server);
    for path in ["/panics/handler", "/panics/page", "/panics/machine"].into_iter().cycle().take(9) {
        let (head, body) = get(address, path).await;
        assert!(head.starts_with("HTTP/1.1 500 ") && head.contains("x-frame-options: DENY"), "{head}");
        if path == "/panics/machine" {
            let told = r#"{"error":"server_error","error_description":"Something went wrong on our side."}"#;
            assert_eq!(body, told);
        } else {
            let id = head.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
            assert!(body.contains("Something went wrong") && body.contains(id), "{body}");
            assert!(!body.contains("secret") && !body.contains("panic"), "{body}");
        }
    }
    assert_eq!(app.db.read(sealing_keys::all).await.unwrap().len(), 1);
    app.db.write(|conn| sealing_keys::insert(conn, Timestamp::from_unix_seconds(1))).await.unwrap();
    assert_eq!(app.db.read(sealing_keys::all).await.unwrap().len(), 2);
    assert!(get(address, "/readyz").await.0.starts_with("HTTP/1.1 200 "));
    handle.stop(true).await;
    running.await.unwrap().unwrap();
}
