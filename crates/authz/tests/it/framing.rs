//! Bytes that no well-behaved client sends: odd paths, heads and bodies.

use reqwest::Method;

use crate::support::{Raw, server};

/// R140: no way round a path rule leads to an endpoint by a redirect or by a guess.
/// Section 2 no. 23 of the dossier (GHSA-p224-6x5r-fjpm).
#[tokio::test]
async fn odd_spellings_of_a_path_are_no_redirects() {
    let server = server().await;
    for path in [
        "//o/token/",
        "/o//token/",
        "/O/TOKEN/",
        "/o/token;x",
        "/o/./token/",
        "/o/token//",
        "/o/token/%2e%2e/",
    ] {
        let mut raw = Raw::to(server.http.address).await;
        raw.send(
            format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                .as_bytes(),
        )
        .await;
        assert_eq!(raw.statuses().await, [404], "{path}");
    }
}

/// R142: whatever could be read as two requests by somebody is refused.
/// Section 2 no. 50 of the dossier (GHSA-xhj4-vrgc-hr34).
#[tokio::test]
async fn requests_that_could_be_read_in_two_ways_are_refused() {
    let server = server().await;
    let form = "Host: x\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    for head in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n\r\na=b",
        "Content-Length: +3\r\n\r\na=b",
        "Content-Length: 3, 3\r\n\r\na=b",
        "Content-Length: -1\r\n\r\na=b",
        "Content-Length: 0x3\r\n\r\na=b",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length : 3\r\n\r\na=b",
        "X: a\r\n b\r\nContent-Length: 3\r\n\r\na=b",
        "Host: y\r\nContent-Length: 3\r\n\r\na=b",
        "X: a\0b\r\nContent-Length: 3\r\n\r\na=b",
    ] {
        let mut raw = Raw::to(server.http.address).await;
        raw.send(format!("POST /o/token/ HTTP/1.1\r\n{form}{head}").as_bytes()).await;
        let statuses = raw.statuses().await;
        assert!(statuses == [400] || statuses == [501], "{head:?} {statuses:?}");
    }
    // A smuggled second request is never answered.
    let mut raw = Raw::to(server.http.address).await;
    let smuggled = "GET /o/code/ HTTP/1.1\r\nHost: x\r\n\r\n";
    raw.send(
        format!("POST /o/token/ HTTP/1.1\r\n{form}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}")
            .as_bytes(),
    )
    .await;
    assert_eq!(raw.statuses().await, [400]);
    let mut raw = Raw::to(server.http.address).await;
    raw.send(b"POST /o/token/ HTTP/1.1\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(raw.statuses().await, [400], "no Host");
}

/// R148: a body that trickles in is given ten seconds, and its connection is closed.
#[tokio::test]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let server = server().await;
    let mut waiting = Vec::new();
    for (path, status) in [("/o/token/", "408"), ("/o/introspect/", "408"), ("/accounts/login/", "400")] {
        let mut raw = Raw::to(server.http.address).await;
        let head = "Host: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100";
        raw.send(format!("POST {path} HTTP/1.1\r\n{head}\r\n\r\na=").as_bytes()).await;
        waiting.push((path, status, tokio::spawn(raw.rest_within(std::time::Duration::from_secs(20)))));
    }
    for (path, status, answered) in waiting {
        let (answer, closed) = answered.await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {answer}");
        assert!(closed, "{path} is kept open");
    }
}

/// R147
#[tokio::test]
async fn endless_heads_are_refused() {
    let server = server().await;
    let mut raw = Raw::to(server.http.address).await;
    raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n").await;
    for number in 0..200 {
        raw.send(format!("X-{number}: y\r\n").as_bytes()).await;
    }
    raw.send(b"\r\n").await;
    let statuses = raw.statuses().await;
    assert!(statuses == [431] || statuses == [400], "{statuses:?}");
    let request = server.http.request(Method::GET, "/").header("x", "y".repeat(1_000_000));
    match request.send().await {
        Ok(answer) => assert!([400, 431].contains(&answer.status().as_u16()), "{answer:?}"),
        // Closed while we were still sending.
        Err(error) => assert!(error.is_request(), "{error}"),
    }
    // Large but honest: the cookies of the other applications of a host.
    let request = server.http.request(Method::GET, "/").header("cookie", format!("a={}", "b".repeat(8_000)));
    assert_eq!(server.http.send(request).await.status, 200);
}
