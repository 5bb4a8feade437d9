//! A provider of a test's making, that answers what the test says at each address.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::world::Begun;
use crate::support::{BASE, Browser, Signer, TestServer, server_with};

pub const CLIENT: &str = "our client";
pub const SECRET: &str = "our secret at the stub, which is long enough";

type Answers = Arc<Mutex<BTreeMap<String, (u16, String, String)>>>;

/// The provider. Gone with the test.
pub struct Stub {
    pub url: String,
    pub signer: Signer,
    answers: Answers,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    pub async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let (answers, heard): (Answers, Arc<Mutex<Vec<String>>>) = <_>::default();
        let (its_answers, its_heard) = (answers.clone(), heard.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                tokio::spawn(converse(stream, its_answers.clone(), its_heard.clone()));
            }
        });
        let stub = Self { url, signer: Signer::new("ES256", "one"), answers, heard };
        stub.says("/.well-known/openid-configuration", &stub.metadata());
        stub.says("/keys", &stub.signer.jwks());
        stub.says("/me", &json!({"sub": "s-1", "preferred_username": "ada"}));
        stub
    }

    pub fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.url);
        json!({
            "issuer": self.url, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
            "jwks_uri": at("/keys"), "userinfo_endpoint": at("/me"), "introspection_endpoint": at("/introspect"),
        })
    }

    pub fn says(&self, path: &str, body: &Value) {
        self.answers_with(path, 200, "content-type: application/json\r\n", &body.to_string());
    }

    /// With this status; 0: never.
    pub fn answers_with(&self, path: &str, status: u16, headers: &str, body: &str) {
        let answer = (status, headers.to_owned(), body.to_owned());
        self.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// The requests at that address, each whole.
    pub fn heard(&self, path: &str) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|request| self::path(request) == path).cloned().collect()
    }

    /// What codes buy from now on.
    pub fn sells(&self, id_token: Option<&str>) {
        let mut tokens = json!({"access_token": "at", "token_type": "Bearer", "expires_in": 60});
        if let Some(id_token) = id_token {
            tokens["id_token"] = id_token.into();
        }
        self.says("/token", &tokens);
    }

    /// Honest until a test bends them.
    pub fn claims(&self, server: &TestServer, begun: &Begun) -> Value {
        let now = server.clock.now().unix_seconds();
        json!({
            "iss": self.url, "aud": CLIENT, "sub": "s-1", "exp": now + 300, "iat": now,
            "nonce": begun.asked("nonce"),
        })
    }
}

fn path(request: &str) -> &str {
    request.split([' ', '?']).nth(1).unwrap_or_default()
}

async fn converse(mut stream: TcpStream, answers: Answers, requests: Arc<Mutex<Vec<String>>>) {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    let request = loop {
        let Ok(length @ 1..) = stream.read(&mut chunk).await else { return };
        bytes.extend_from_slice(&chunk[..length]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length: ").map(|length| length.parse().unwrap())
        });
        if body.len() >= length.unwrap_or(0) {
            break text;
        }
    };
    let answer = answers.lock().unwrap().get(path(&request)).cloned();
    requests.lock().unwrap().push(request);
    let (status, headers, body) = answer.unwrap_or((404, String::new(), String::new()));
    if status == 0 {
        std::future::pending::<()>().await;
    }
    let head = format!(
        "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    let _ = stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await;
}

/// A server of ours that lets people in by the stub, as `stub` by OpenID and as `plain` without.
pub async fn server_of(stub: &Stub, more: &[(&str, &str)]) -> TestServer {
    let at = |path: &str| format!("{}{path}", stub.url);
    let (authorization, token, profile) = (at("/authorize"), at("/token"), at("/me"));
    let settings = [
        ("OUTBOUND_NETWORKS", "127.0.0.0/8"),
        ("PROVIDERS", "stub plain"),
        ("PROVIDER_STUB_ISSUER", &stub.url),
        ("PROVIDER_STUB_TITLE", "The stub"),
        ("PROVIDER_STUB_CLIENT_ID", CLIENT),
        ("PROVIDER_STUB_CLIENT_SECRET", SECRET),
        ("PROVIDER_PLAIN_AUTHORIZATION_URL", &authorization),
        ("PROVIDER_PLAIN_TOKEN_URL", &token),
        ("PROVIDER_PLAIN_PROFILE_URL", &profile),
        ("PROVIDER_PLAIN_PROFILE", "subject=sub username=preferred_username"),
        ("PROVIDER_PLAIN_CLIENT_ID", CLIENT),
        ("PROVIDER_PLAIN_CLIENT_AUTH", "post"),
        ("PROVIDER_PLAIN_CLIENT_SECRET", SECRET),
    ];
    server_with(&[&settings, more].concat()).await
}

/// Begins at the stub, and comes back with what it gave: an answer of ours.
pub async fn comes_back(
    stub: &Stub,
    server: &TestServer,
    browser: &Browser,
    bend: impl FnOnce(&mut Value),
) -> crate::support::Answer {
    let begun = Begun::at(browser, "stub").await;
    let mut claims = stub.claims(server, &begun);
    bend(&mut claims);
    stub.sells(Some(&stub.signer.sign(&claims)));
    browser.get(&begun.back(&[("code", "c")])).await
}

/// The address of a path of ours.
pub fn ours(path: &str) -> String {
    format!("{BASE}{path}")
}
