//! What the benchmark compares with: an actix-web handler that answers a small JSON and does nothing else.

use actix_web::{App, HttpResponse, HttpServer, web};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(serde::Serialize)]
struct Answer<'a> {
    active: bool,
    scope: &'a str,
    client_id: &'a str,
    exp: i64,
}

async fn answer() -> HttpResponse {
    HttpResponse::Ok().json(Answer {
        active: true,
        scope: "read write",
        client_id: "web",
        exp: 1_800_000_000,
    })
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let listen = arguments.next().unwrap_or_else(|| "127.0.0.1:8009".to_owned());
    let workers = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(1);
    HttpServer::new(|| App::new().route("/", web::to(answer))).workers(workers).bind(listen)?.run().await
}
