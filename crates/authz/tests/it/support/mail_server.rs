//! Somebody's mail server, as far as it takes a letter (RFC 5321), on this machine.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::Mail;

/// The server. Gone with the test.
pub struct MailServer {
    port: u16,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    letters: Vec<Mail>,
    /// What was said to it, but for letters.
    said: Vec<String>,
    /// What it answers instead: to what begins so, this.
    instead: Option<(String, String)>,
    connections: usize,
}

impl MailServer {
    pub async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let inner: Arc<Mutex<Inner>> = Arc::default();
        let shared = inner.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                shared.lock().unwrap().connections += 1;
                let shared = shared.clone();
                tokio::spawn(async move {
                    let _ = converse(stream, &shared).await;
                });
            }
        });
        Self { port, inner }
    }

    /// As a server is told of it.
    pub fn url(&self) -> String {
        format!("smtp://authz:p%40ss@127.0.0.1:{}", self.port)
    }

    /// From now on it answers so to what begins so; with an empty answer, nothing at all.
    pub fn answers(&self, to: &str, answer: &str) {
        self.inner.lock().unwrap().instead = Some((to.to_owned(), answer.to_owned()));
    }

    /// From now on it takes everything.
    pub fn is_well(&self) {
        self.inner.lock().unwrap().instead = None;
    }

    pub fn letters(&self) -> Vec<Mail> {
        self.inner.lock().unwrap().letters.clone()
    }

    pub fn said(&self) -> Vec<String> {
        self.inner.lock().unwrap().said.clone()
    }

    pub fn connections(&self) -> usize {
        self.inner.lock().unwrap().connections
    }
}

async fn converse(stream: TcpStream, inner: &Mutex<Inner>) -> std::io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    writing.write_all(b"220 mail.test\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let instead = {
            let mut inner = inner.lock().unwrap();
            inner.said.push(line.clone());
            inner.instead.clone().filter(|(to, _)| line.starts_with(to)).map(|(_, answer)| answer)
        };
        let answer = match (instead, line.split(' ').next().unwrap_or_default()) {
            (Some(answer), _) if answer.is_empty() => {
                // It thinks for ever.
                std::future::pending::<()>().await;
                return Ok(());
            }
            (Some(answer), _) => answer,
            (None, "EHLO") => "250-mail.test\r\n250 AUTH PLAIN LOGIN".to_owned(),
            (None, "AUTH") => "235 welcome".to_owned(),
            (None, "MAIL" | "RCPT" | "RSET" | "NOOP") => "250 good".to_owned(),
            (None, "DATA") => {
                writing.write_all(b"354 go on\r\n").await?;
                let mut letter = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    letter += line.strip_prefix('.').unwrap_or(&line);
                    letter += "\r\n";
                }
                inner.lock().unwrap().letters.push(Mail::parse(&letter));
                "250 taken".to_owned()
            }
            (None, "QUIT") => {
                writing.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            (None, _) => "500 what?".to_owned(),
        };
        writing.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}
