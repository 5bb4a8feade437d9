//! The one way out: the only caller of `reqwest` in this service.
//!
//! A name is looked up once, every address it has is judged, and the connection is made to exactly those: the client's
//! own look-up is this one, so that a name cannot mean something else a moment later. No redirects, no proxies from the
//! environment, a limit in time, in bytes and in calls at once, and no decompression.

mod exchange;

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use url::{Host, Url};

use super::answer::Answer;
use super::chosen::Chosen;
use super::guard::may_call;
use super::places::Places;

/// From the look-up to the last byte.
const WITHIN: Duration = Duration::from_secs(5);
/// This machine's own name, which may be called without TLS (RFC 6761 section 6.3).
const LOCALHOST: &str = "localhost";
/// The largest answer in bytes.
const LARGEST: usize = 64 * 1024;

/// Why there is no answer that could be used.
#[derive(Debug)]
pub enum Unreachable {
    /// The address is none that is called: its scheme, its form, or where it leads.
    Forbidden,
    /// No connection, no answer in time, or it broke.
    Transport(Box<dyn Error + Send + Sync>),
    /// Another status than one of success.
    Status(u16),
    /// Not JSON, or too much of it.
    Unreadable,
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden => f.write_str("the address is none that may be called"),
            Self::Transport(cause) => {
                f.write_str("the connection failed")?;
                let mut next: Option<&(dyn Error + 'static)> = Some(cause.as_ref());
                while let Some(error) = next {
                    write!(f, ": {error}")?;
                    next = error.source();
                }
                Ok(())
            }
            Self::Status(status) => write!(f, "it answered {status}"),
            Self::Unreadable => f.write_str("its answer cannot be read"),
        }
    }
}

impl Error for Unreachable {}

/// Calls others. Made without asking the system for anything: a machine without TLS roots can start, and finds out when
/// it calls somebody.
pub struct Fetch {
    named: Arc<[IpNet]>,
    client: OnceLock<Client>,
    places: Places,
}

impl Fetch {
    /// Calls the internet, and what an operator has named besides.
    pub fn new(named: &[IpNet]) -> Self {
        Self { named: named.into(), client: OnceLock::new(), places: Places::new() }
    }

    /// Posts a form; what is answered besides success does not matter.
    ///
    /// # Errors
    /// See [`Unreachable`].
    pub async fn post_form(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        chosen: Chosen,
    ) -> Result<(), Unreachable> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = "application/x-www-form-urlencoded";
        let url = self.judged(url)?;
        let request = self.client()?.post(url.clone()).header("content-type", form).body(body);
        self.within(&url, chosen, async { Self::answered(request).await.map(drop) }).await
    }

    /// Gets a JSON document.
    ///
    /// # Errors
    /// See [`Unreachable`].
    pub async fn get_json(&self, url: &str, chosen: Chosen) -> Result<Value, Unreachable> {
        let answer = self.get(url, "application/json", LARGEST, chosen).await?;
        serde_json::from_slice(&answer.body).map_err(|_| Unreachable::Unreadable)
    }

    /// Gets a document of at most `largest` bytes.
    ///
    /// # Errors
    /// See [`Unreachable`].
    pub async fn get(
        &self,
        url: &str,
        accept: &str,
        largest: usize,
        chosen: Chosen,
    ) -> Result<Answer, Unreachable> {
        let url = self.judged(url)?;
        let request = self.client()?.get(url.clone()).header("accept", accept);
        self.within(&url, chosen, async {
            let mut response = Self::answered(request).await?;
            let body = body(&mut response, largest).await?;
            let said = |name| response.headers().get_all(name).iter().filter_map(|value| value.to_str().ok());
            Ok(Answer {
                status: response.status().as_u16(),
                body,
                content_type: said("content-type").next().unwrap_or_default().to_owned(),
                cache_control: said("cache-control").map(str::to_owned).collect(),
            })
        })
        .await
    }

    /// Makes a call in its turn. The time it has includes what it waits for that.
    async fn within<T>(
        &self,
        url: &Url,
        chosen: Chosen,
        call: impl Future<Output = Result<T, Unreachable>>,
    ) -> Result<T, Unreachable> {
        let in_turn = async {
            let _place = self.places.take(url, chosen).await;
            call.await
        };
        let called = tokio::time::timeout(WITHIN, in_turn).await;
        called.unwrap_or_else(|_| Err(Unreachable::Transport("no answer in time".into())))
    }

    async fn answered(request: RequestBuilder) -> Result<Response, Unreachable> {
        let answer = request.send().await.map_err(transport)?;
        if answer.status().is_success() {
            Ok(answer)
        } else {
            Err(Unreachable::Status(answer.status().as_u16()))
        }
    }

    /// https, or http to this machine if the operator has named it. An address that is written out is judged here, because
    /// it is looked up nowhere.
    fn judged(&self, text: &str) -> Result<Url, Unreachable> {
        let mut url = Url::parse(text).map_err(|_| Unreachable::Forbidden)?;
        // Not the server's to know.
        url.set_fragment(None);
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::from(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::from(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(Unreachable::Forbidden),
        };
        let is_localhost = url.host() == Some(Host::Domain(LOCALHOST));
        let may_be_plain = is_localhost || address.is_some_and(|address| address.is_loopback());
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && may_be_plain);
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        let leads_out = address.is_none_or(|address| may_call(address, &self.named));
        if is_safe && !has_credentials && leads_out { Ok(url) } else { Err(Unreachable::Forbidden) }
    }

    fn client(&self) -> Result<&Client, Unreachable> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .dns_resolver(Arc::new(Guarded(self.named.clone())))
            .redirect(Policy::none())
            .no_proxy()
            .timeout(WITHIN)
            // Whoever is called is called seldom; and each connection is to what was just judged.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("authz/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(transport)?;
        Ok(self.client.get_or_init(|| client))
    }
}

async fn body(response: &mut Response, largest: usize) -> Result<Vec<u8>, Unreachable> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        if body.len() + chunk.len() > largest {
            return Err(Unreachable::Unreadable);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn transport(error: reqwest::Error) -> Unreachable {
    // The address is the client's own business, and may hold something secret.
    Unreachable::Transport(error.without_url().into())
}

/// Looks a name up for the client, and hands out its addresses only if each of them may be called.
struct Guarded(Arc<[IpNet]>);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let named = self.0.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let is_elsewhere = |address: IpAddr| name.as_str() == LOCALHOST && !address.is_loopback();
            if !found.iter().all(|address| may_call(address.ip(), &named) && !is_elsewhere(address.ip())) {
                return Err(Unreachable::Forbidden.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::Chosen::{ByAdministrator, ByStranger};
    use super::*;

    fn nothing_named() -> Fetch {
        Fetch::new(&[])
    }

    fn loopback_named() -> Fetch {
        Fetch::new(&["127.0.0.0/8".parse().unwrap()])
    }

    /// Answers one call with these bytes, and says how it began.
    async fn answering(bytes: &'static [u8]) -> (u16, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answered = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let length = stream.read(&mut head).await.unwrap();
            stream.write_all(bytes).await.unwrap();
            String::from_utf8(head[..length].to_vec()).unwrap()
        });
        (port, answered)
    }

    /// R109: whatever a loopback address is written as, nobody is called.
    /// Section 2 no. 11 of the dossier (CVE-2026-1180 and those after it).
    #[tokio::test]
    async fn no_spelling_of_an_address_of_this_machine_is_called() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let fetch = nothing_named();
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "0.0.0.0",
            "localhost",
            "localhost.",
            "LOCALHOST",
            "169.254.169.254",
            "user@127.0.0.1",
        ] {
            for scheme in ["https", "http"] {
                let url = format!("{scheme}://{host}:{port}/");
                assert!(fetch.get_json(&url, ByAdministrator).await.is_err(), "{url}");
            }
        }
        for url in
            ["file:///etc/passwd", "ftp://93.184.216.34/", "http://93.184.216.34/", "gopher://x", "", "x"]
        {
            assert!(
                matches!(fetch.get_json(url, ByAdministrator).await, Err(Unreachable::Forbidden)),
                "{url}"
            );
        }
        let nobody = tokio::time::timeout(Duration::from_millis(100), listener.accept()).await;
        assert!(nobody.is_err(), "somebody was called");
    }

    /// R109: no redirect is followed, whatever it leads to.
    #[tokio::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let (port, answered) =
            answering(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n")
                .await;
        let answer = loopback_named().get_json(&format!("http://127.0.0.1:{port}/a"), ByAdministrator).await;
        assert!(matches!(answer, Err(Unreachable::Status(302))), "{answer:?}");
        assert!(answered.await.unwrap().starts_with("GET /a HTTP/1.1\r\n"));
    }

    /// R112: as many calls as wait for a server that never answers, another server is called meanwhile.
    #[tokio::test]
    async fn a_server_that_never_answers_keeps_no_other_from_being_called() {
        let silent = TcpListener::bind("127.0.0.2:0").await.unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let fetch = Arc::new(loopback_named());
        let waiting: Vec<_> = (0..64)
            .map(|_| {
                let (fetch, url) = (fetch.clone(), url.clone());
                tokio::spawn(async move { fetch.get_json(&url, ByAdministrator).await })
            })
            .collect();
        let mut kept = Vec::new();
        for _ in 0..4 {
            kept.push(silent.accept().await.unwrap());
        }
        let (port, _answered) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
        let answer = fetch.get_json(&format!("http://127.0.0.1:{port}/"), ByAdministrator).await;
        assert!(answer.is_ok(), "{answer:?}");
        assert!(waiting.iter().all(|call| !call.is_finished()), "somebody had an answer of nobody");
        for call in waiting {
            call.abort();
        }
    }

    /// R112: however many names strangers have for their servers, and for one of somebody else's, others are called
    /// meanwhile.
    #[tokio::test]
    async fn strangers_servers_under_many_names_keep_nobody_elses_from_being_called() {
        let silent = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = silent.local_addr().unwrap().port();
        let fetch = Arc::new(loopback_named());
        let called = |host: String| {
            let fetch = fetch.clone();
            tokio::spawn(async move { fetch.get_json(&format!("http://{host}:{port}/"), ByStranger).await })
        };
        let mut waiting: Vec<_> = (0..4).map(|_| called("127.0.2.1".to_owned())).collect();
        waiting.extend((0..64).map(|number| called(format!("127.0.3.{number}"))));
        let mut kept = Vec::new();
        for _ in 0..8 {
            kept.push(silent.accept().await.unwrap());
        }
        let ninth = tokio::time::timeout(Duration::from_millis(100), silent.accept()).await;
        assert!(ninth.is_err(), "strangers have more than their share");
        let to_one_host = kept.iter().filter(|(stream, _)| {
            stream.local_addr().is_ok_and(|address| address.ip() == IpAddr::from([127, 0, 2, 1]))
        });
        assert_eq!(to_one_host.count(), 2);
        let (port, _answered) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
        let answer = fetch.get_json(&format!("http://127.0.0.1:{port}/"), ByAdministrator).await;
        assert!(answer.is_ok(), "{answer:?}");
        assert!(waiting.iter().all(|call| !call.is_finished()), "somebody had an answer of nobody");
        for call in waiting {
            call.abort();
        }
    }

    #[tokio::test]
    async fn a_document_is_read_and_one_that_never_ends_is_not() {
        let (port, _answered) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n[1,2,3]").await;
        let answer =
            loopback_named().get_json(&format!("http://127.0.0.1:{port}/"), ByAdministrator).await.unwrap();
        assert_eq!(answer, serde_json::json!([1, 2, 3]));
        let endless: &'static [u8] = Box::leak(
            [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b' '; LARGEST + 1]].concat().into_boxed_slice(),
        );
        let (port, _answered) = answering(endless).await;
        let answer = loopback_named().get_json(&format!("http://127.0.0.1:{port}/"), ByAdministrator).await;
        assert!(matches!(answer, Err(Unreachable::Unreadable | Unreachable::Transport(_))), "{answer:?}");
    }
}
