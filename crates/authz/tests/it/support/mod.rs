//! Actors: the server, people at browsers, and clients. They know the protocol so that tests need not.

mod answer;
mod browser;
mod client;
mod http;
mod id_token;
mod listener;
mod mail_server;
mod mailbox;
mod page;
mod process;
mod program;
mod raw;
mod request;
mod server;
mod signer;

pub use answer::{Answer, INACTIVE};
pub use browser::{Browser, Code};
pub use client::{Client, DEVICE_CODE, Device, NewClient};
pub use http::{Http, form};
pub use id_token::verified;
pub use listener::Listener;
pub use mail_server::MailServer;
pub use mailbox::{Mail, Mailbox, server_with_mail, server_with_mail_and};
pub use page::Form;
pub use process::Process;
pub use program::Program;
pub use raw::{Held, Raw};
pub use request::{AuthorizationRequest, challenge};
pub use server::{TestServer, server, server_on_real_time, server_with, url_of};
pub use signer::{ALGS, ASSERTION_TYPE, Signer, assertion, part, signed_by_hmac};

/// Who the servers of the tests say they are.
pub const ISSUER: &str = "http://localhost:8000/o";
/// What precedes the paths of that issuer.
pub const BASE: &str = "http://localhost:8000";
/// Where answers to most clients are sent.
pub const CALLBACK: &str = "https://client.example/cb";

/// The password of a person, of their own.
pub fn password_of(name: &str) -> String {
    format!("horse battery staple {name}")
}

/// Asks until the answer is right, for as long as another process may take to hear of a change.
pub async fn eventually<F, R>(what: &str, mut ask: F)
where
    F: FnMut() -> R,
    R: Future<Output = bool>,
{
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while !ask().await {
        assert!(tokio::time::Instant::now() < deadline, "not within the deadline: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
}
