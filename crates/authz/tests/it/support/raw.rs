//! Bytes on a connection, for what no well-behaved client sends.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection.
pub struct Raw(TcpStream);

impl Raw {
    pub async fn to(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
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
