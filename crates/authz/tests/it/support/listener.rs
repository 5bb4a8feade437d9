//! Somebody else's server on this machine, that writes down what it is sent.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The server. Gone with the test.
pub struct Listener {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    status: watch::Sender<u16>,
    body: Arc<Mutex<String>>,
}

impl Listener {
    pub async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let listener =
            Self { port, heard: Arc::default(), status: watch::Sender::new(200), body: Arc::default() };
        let (heard, status, body) = (listener.heard.clone(), listener.status.clone(), listener.body.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                tokio::spawn(converse(stream, heard.clone(), status.subscribe(), body.clone()));
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
        self.status.send_replace(status);
    }

    /// From now on its answers have this body.
    pub fn says(&self, body: &str) {
        body.clone_into(&mut self.body.lock().unwrap());
    }

    /// What it was sent, each a whole request.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn converse(
    mut stream: TcpStream,
    heard: Arc<Mutex<Vec<String>>>,
    mut status: watch::Receiver<u16>,
    body: Arc<Mutex<String>>,
) {
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
    let Ok(status) = status.wait_for(|status| *status != 0).await.map(|status| *status) else { return };
    let body = body.lock().unwrap().clone();
    let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let _ = stream.write_all(answer.as_bytes()).await;
}
