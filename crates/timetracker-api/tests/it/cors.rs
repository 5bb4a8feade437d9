//! Pages of other origins, those that are configured: section 1.17 of the security catalogue.

use reqwest::{Method, RequestBuilder};

use crate::support::{Answer, World};

const SPA: &str = "https://spa.example";
const LOCAL: &str = "http://localhost:5173";

async fn world() -> World {
    World::with(|config| config.allowed_origins = vec![SPA.to_owned(), LOCAL.to_owned()]).await
}

async fn sent(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.unwrap()).await
}

/// What a browser asks before it sends `method` with these headers.
async fn preflight(world: &World, path: &str, origin: &str, method: &str, headers: &str) -> Answer {
    let request = world.request(Method::OPTIONS, path).header("origin", origin);
    let request = request.header("access-control-request-method", method);
    sent(if headers.is_empty() { request } else { request.header("access-control-request-headers", headers) })
        .await
}

fn permits_nothing(answer: &Answer) -> &Answer {
    for name in ["origin", "methods", "headers", "credentials"] {
        answer.lacks(&format!("access-control-allow-{name}"));
    }
    answer.lacks("access-control-expose-headers").lacks("access-control-max-age")
}

/// R52: asked without a token, and answered without asking anybody.
#[tokio::test]
async fn a_preflight_permits_configured_pages_what_exists() {
    let world = world().await;
    let headers =
        "Authorization, Content-Type, DPoP, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Prefer";
    for origin in [SPA, LOCAL] {
        for (path, method, allow) in [
            ("/api/tracks/", "GET", "GET, POST, HEAD, OPTIONS"),
            ("/api/tracks", "POST", "GET, POST, HEAD, OPTIONS"),
            ("/api/activities/7/", "PATCH", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
            ("/api/activities/7/", "DELETE", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
            ("/api/", "GET", "GET, HEAD, OPTIONS"),
        ] {
            for asked in
                ["", "authorization", "authorization,content-type,dpop,idempotency-key,if-match", headers]
            {
                preflight(&world, path, origin, method, asked)
                    .await
                    .is(204, "")
                    .has("access-control-allow-origin", origin)
                    .has("access-control-allow-methods", allow)
                    .has("access-control-allow-headers", headers)
                    .has("access-control-max-age", "3600")
                    .has("vary", "Accept, Origin")
                    .lacks("access-control-allow-credentials");
            }
        }
    }
    assert_eq!(world.authority.asked(), 0);
}

/// R52: what is not allowed is a request like any other, and permits no page of another origin anything.
#[tokio::test]
async fn other_preflights_permit_nothing() {
    let world = world().await;
    for (path, origin, method, headers) in [
        ("/api/tracks/", "https://evil.example", "GET", ""),
        ("/api/tracks/", "null", "GET", ""),
        ("/api/tracks/", "https://spa.example.evil.example", "GET", ""),
        ("/api/tracks/", "http://spa.example", "GET", ""),
        ("/api/tracks/", "http://localhost:5174", "GET", ""),
    ] {
        permits_nothing(&preflight(&world, path, origin, method, headers).await);
    }
    for (path, method, headers) in [
        ("/api/tracks/", "DELETE", ""),
        ("/api/tracks/", "get", ""),
        ("/api/tracks/", "GET", "x-anything"),
        ("/api/tracks/", "GET", "authorization,cookie"),
        ("/api/nowhere/", "GET", ""),
    ] {
        let answer = preflight(&world, path, SPA, method, headers).await;
        // Readable, so that a developer sees why; not permitted.
        assert_eq!(answer.status, 401);
        answer.lacks("access-control-allow-methods").lacks("access-control-allow-headers");
    }
    // Without a configured origin nothing is different from before.
    let closed = World::new().await;
    let answer = preflight(&closed, "/api/tracks/", SPA, "GET", "").await;
    assert_eq!(permits_nothing(&answer).status, 401);
    answer.has("vary", "Accept");
}

/// R52: the answer and its errors can be read by configured pages, never with credentials.
#[tokio::test]
async fn a_configured_page_reads_answers_and_errors() {
    let world = world().await;
    let ada = world.person("ada");
    let from = |method, path, origin: &str| ada.request(method, path).header("origin", origin);
    for (answer, status) in [
        (sent(from(Method::GET, "/api/tracks/", SPA)).await, 200),
        (sent(from(Method::OPTIONS, "/api/tracks/", SPA)).await, 200),
        (sent(from(Method::GET, "/api/tracks/7/", SPA)).await, 404),
        (sent(from(Method::PUT, "/api/tracks/", SPA)).await, 405),
        (sent(world.request(Method::GET, "/api/tracks/").header("origin", SPA)).await, 401),
    ] {
        assert_eq!(answer.status, status, "{answer:?}");
        answer
            .has("access-control-allow-origin", SPA)
            .has(
                "access-control-expose-headers",
                "WWW-Authenticate, ETag, Retry-After, Location, Link, Idempotency-Replayed, Preference-Applied, RateLimit, RateLimit-Policy",
            )
            .has("vary", "Accept, Origin")
            .lacks("access-control-allow-credentials");
    }
    permits_nothing(&sent(from(Method::GET, "/api/tracks/", "https://evil.example")).await);
    permits_nothing(&ada.get("/api/tracks/").await);
}
