//! Somebody else's server on this machine, that writes down what it is sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The server. Gone with the test.
pub struct Listener {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    answer: watch::Sender<Said>,
}

/// What it answers.
#[derive(Clone)]
struct Said {
    status: u16,
    body: String,
    /// Beside the length, each with its line break.
    headers: String,
    /// Before each byte of the body.
    pause: Duration,
}

impl Listener {
    pub async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let answer = Said { status: 200, body: String::new(), headers: String::new(), pause: Duration::ZERO };
        let listener = Self { port, heard: Arc::default(), answer: watch::Sender::new(answer) };
        let (heard, answer) = (listener.heard.clone(), listener.answer.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                tokio::spawn(converse(stream, heard.clone(), answer.subscribe()));
            }
        });
        listener
    }

    /// An address at it.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// From now on it answers with this status; 0: not before it has another.
    pub fn answers(&self, status: u16) {
        self.answer.send_modify(|said| said.status = status);
    }

    /// From now on its answers have this body.
    pub fn says(&self, body: &str) {
        self.answer.send_modify(|said| body.clone_into(&mut said.body));
    }

    /// From now on its answers have these headers, each a line.
    pub fn with_headers(&self, lines: &[&str]) {
        let headers = [lines, &[""]].concat().join("\r\n");
        self.answer.send_modify(|said| said.headers = headers);
    }

    /// From now on the body comes a byte at a time, so long after one another.
    pub fn drips(&self, pause: Duration) {
        self.answer.send_modify(|said| said.pause = pause);
    }

    /// What it was sent, each a whole request.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn converse(mut stream: TcpStream, heard: Arc<Mutex<Vec<String>>>, mut answer: watch::Receiver<Said>) {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let Ok(length @ 1..) = stream.read(&mut chunk).await else { return };
        bytes.extend_from_slice(&chunk[..length]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((lines, rest)) = text.split_once("\r\n\r\n") else { continue };
        let length = lines
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
        if rest.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            heard.lock().unwrap().push(text);
            break;
        }
    }
    let said = answer.wait_for(|said| said.status != 0).await.map(|said| said.clone());
    let Ok(Said { status, body, headers, pause }) = said else { return };
    let before = format!("HTTP/1.1 {status} x\r\n{headers}content-length: {}\r\n\r\n", body.len());
    if stream.write_all(before.as_bytes()).await.is_err() {
        return;
    }
    let bytes = body.as_bytes();
    for part in bytes.chunks(if pause.is_zero() { bytes.len().max(1) } else { 1 }) {
        tokio::time::sleep(pause).await;
        if stream.write_all(part).await.is_err() {
            return;
        }
    }
}
