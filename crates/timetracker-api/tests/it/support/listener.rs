//! Somebody who listens to `/api/events/`, over a real socket.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

/// What a stream said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    pub name: String,
    pub id: String,
    pub data: Value,
}

/// An open stream.
pub struct Listener {
    response: reqwest::Response,
    buffer: Vec<u8>,
    /// Blocks without data: what clients keep, or pass over.
    pub quiet: VecDeque<String>,
}

impl Listener {
    pub fn new(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, buffer: Vec::new(), quiet: VecDeque::new() }
    }

    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next event, or none when the stream is over. It has to come soon.
    pub async fn event(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            let mut event = Event::default();
            for line in block.lines() {
                match line.split_once(": ") {
                    Some(("event", name)) => name.clone_into(&mut event.name),
                    Some(("id", id)) => id.clone_into(&mut event.id),
                    Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                    _ => {}
                }
            }
            if !event.data.is_null() {
                return Some(event);
            }
            self.quiet.push_back(block);
        }
    }

    /// What stands before the next empty line.
    pub async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|window| window == b"\n\n") {
                let rest = self.buffer.split_off(end + 2);
                let mut block = std::mem::replace(&mut self.buffer, rest);
                block.truncate(end);
                return Some(String::from_utf8(block).unwrap());
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.response.chunk()).await;
            let chunk = chunk.unwrap_or_else(|_| panic!("the stream says nothing")).ok().flatten()?;
            self.buffer.extend_from_slice(&chunk);
        }
    }
}
