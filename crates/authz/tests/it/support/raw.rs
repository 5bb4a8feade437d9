//! Bytes on a connection, for what no well-behaved client sends.

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::RequestBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Position;

use super::Answer;

/// A connection.
pub struct Raw(TcpStream);

impl Raw {
    pub async fn to(address: SocketAddr) -> Self {
        let connection = TcpStream::connect(address).await.unwrap();
        // What is sent goes out at once, however little it is.
        connection.set_nodelay(true).unwrap();
        Self(connection)
    }

    /// Sends all of it; a server that has closed already is not an error.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    /// Everything that comes until the server closes, or for two seconds.
    pub async fn rest(self) -> String {
        self.rest_within(Duration::from_secs(2)).await.0
    }

    /// Everything that comes until the server closes, and whether it did in that time.
    pub async fn rest_within(mut self, span: Duration) -> (String, bool) {
        let mut received = Vec::new();
        let reading = async {
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = self.0.read(&mut chunk).await {
                received.extend_from_slice(&chunk[..read]);
            }
        };
        let closed = tokio::time::timeout(span, reading).await.is_ok();
        (String::from_utf8_lossy(&received).into_owned(), closed)
    }

    /// The status of the first answer, and how many answers there were.
    pub async fn statuses(self) -> Vec<u16> {
        let rest = self.rest().await;
        rest.split("HTTP/1.1 ").skip(1).map(|each| each[..3].parse().unwrap()).collect()
    }
}

/// Requests that have arrived but for their last byte.
pub struct Held(Vec<(Raw, u8)>);

impl Held {
    /// Opens a connection for each and holds its last byte back.
    pub async fn new(requests: impl IntoIterator<Item = RequestBuilder>) -> Self {
        let mut held = Vec::new();
        for request in requests {
            let request = request.build().unwrap();
            let bytes = written(&request);
            let (last, rest) = bytes.split_last().unwrap();
            let address = request.url().socket_addrs(|| None).unwrap()[0];
            let mut connection = Raw::to(address).await;
            connection.send(rest).await;
            held.push((connection, *last));
        }
        Self(held)
    }

    /// Sends all the last bytes in one go: nobody is ahead by more than that takes. What was answered to each.
    pub async fn release(mut self) -> Vec<Answer> {
        for (connection, last) in &mut self.0 {
            connection.send(&[*last]).await;
        }
        let mut answers = Vec::new();
        for (connection, _) in self.0 {
            let (text, closed) = connection.rest_within(Duration::from_secs(20)).await;
            assert!(closed, "no answer: {text:?}");
            answers.push(Answer::parse(&text));
        }
        answers
    }
}

/// A request as it travels, the last on its connection.
fn written(request: &reqwest::Request) -> Vec<u8> {
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let url = request.url();
    let mut head = format!(
        "{} {} HTTP/1.1\r\nhost: {}\r\n",
        request.method(),
        &url[Position::BeforePath..],
        url.authority()
    );
    for (name, value) in request.headers() {
        write!(head, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
    }
    write!(head, "connection: close\r\ncontent-length: {}\r\n\r\n", body.len()).unwrap();
    [head.as_bytes(), body].concat()
}
