//! Who takes part: a world with both services in it, browsers, applications, and what they are answered.

mod answer;
mod api;
mod application;
mod browser;
pub mod databases;
mod page;
mod world;

use std::net::TcpListener;
use std::time::{Duration, Instant};

pub use answer::Answer;
pub use api::Bearer;
pub use application::{Application, Request, Tokens};
pub use browser::Browser;
pub use page::Page;
pub use world::{SERVERS, World, confidential, public};

/// A password that will do.
pub const PASSWORD: &str = "a river that has no bridges";

/// An HTTP client that does only what it is told: no redirects, no proxies, no endless waiting.
pub fn http() -> reqwest::Client {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    // Nothing here speaks TLS: the machine's certificates need not be read each time.
    http.tls_certs_only([]).timeout(Duration::from_secs(20)).build().unwrap()
}

/// Asks again and again until the answer is one that `will_do`; fails when it is not so in time.
pub async fn until<T: std::fmt::Debug>(
    within: Duration,
    mut ask: impl AsyncFnMut() -> T,
    will_do: impl Fn(&T) -> bool,
) -> T {
    let began = Instant::now();
    loop {
        let answer = ask().await;
        if will_do(&answer) {
            return answer;
        }
        assert!(began.elapsed() < within, "not within {within:?}: {answer:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What whoever runs the tests says in a variable of the environment.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn said(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// `name=value&…`, as a form or a query.
pub fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A port that no outgoing connection is given while nobody listens there: below those the system hands out.
pub fn free_port() -> u16 {
    let first = 20_000 + u16::from_le_bytes(authz::crypto::random::bytes().unwrap()) % 10_000;
    let mut ports = (first..32_000).chain(20_000..first);
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}
