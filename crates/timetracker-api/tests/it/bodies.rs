//! What a body may be.

use std::time::{Duration, Instant};

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Answer, Person, World, json};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const LARGEST: usize = 256 * 1024;

#[tokio::test]
async fn forms_and_multipart_are_read_like_json() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = ada.has_activity("a").await;
    let path = "/api/tracks/";
    let form = format!("activity={activity}&activity={activity}&description=caf%C3%A9+au+lait&start=&end=");
    let made = ada.send_body(Method::POST, path, &format!("{FORM}; charset=utf-8"), form).await;
    assert_eq!(
        (made.status, &made.json()["description"], &made.json()["start"]),
        (201, &json!("café au lait"), &json!(null))
    );
    let boundary = "XyZ";
    let part = |name: &str, value: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let media = format!("multipart/form-data; boundary={boundary}");
    let body = format!(
        "{}{}{}--{boundary}--\r\n",
        part("activity", &activity.to_string()),
        part("description", "é"),
        part("start", "2024-01-01")
    );
    let made = ada.send_body(Method::POST, path, &media, body).await;
    assert_eq!(
        (made.status, &made.json()["description"], &made.json()["start"]),
        (201, &json!("é"), &json!("2024-01-01T00:00:00Z"))
    );
    // The last of a repeated name counts, and what a form leaves out keeps its value.
    let one = format!("/api/tracks/{}/", made.id());
    let put = ada.send_body(Method::PUT, &one, FORM, format!("activity=999999&activity={activity}")).await;
    assert_eq!((put.status, &put.json()["description"]), (200, &json!("é")));
    let put = ada.send_body(Method::PATCH, &one, FORM, "start=&description=").await;
    assert_eq!(
        (put.status, &put.json()["start"], &put.json()["description"]),
        (200, &json!(null), &json!(""))
    );
    ada.send_body(Method::PUT, &one, FORM, "activity=")
        .await
        .is(400, r#"{"activity":["This field may not be null."]}"#);
    // An empty body of any type is an empty form.
    ada.send_body(Method::PUT, &one, "image/png", "")
        .await
        .is(400, r#"{"activity":["This field is required."]}"#);
    assert_eq!(ada.send(Method::PATCH, &one).await.status, 200);
}

/// R149, R150: what cannot be read is 400, and nothing breaks.
#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused() {
    let world = World::new().await;
    let ada = world.person("ada");
    let deep = format!(r#"{{"name":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let duplicate = r#"{"name":"first","name":"last"}"#;
    for (body, start) in [
        (b"{".to_vec(), r#"{"detail":"JSON parse error - "#),
        (b"{'name':1}".to_vec(), r#"{"detail":"JSON parse error - "#),
        (b"{\"name\":NaN}".to_vec(), r#"{"detail":"JSON parse error - "#),
        (b"{\"name\":1e999}".to_vec(), r#"{"detail":"JSON parse error - "#),
        (b"\xef\xbb\xbf{}".to_vec(), r#"{"detail":"JSON parse error - "#),
        (b"{\"name\":\"\xff\"}".to_vec(), r#"{"detail":"JSON parse error - "#),
        (br#"{"name":"\ud800"}"#.to_vec(), r#"{"detail":"JSON parse error - "#),
        (deep.into_bytes(), r#"{"detail":"JSON parse error - nested more than 32 deep"}"#),
    ] {
        let answer = ada.send_body(Method::POST, "/api/activities/", JSON, body).await;
        assert!(answer.status == 400 && answer.text.starts_with(start), "{answer:?}");
    }
    let last = ada.send_body(Method::POST, "/api/activities/", JSON, duplicate).await;
    assert_eq!((last.status, &last.json()["name"]), (201, &json!("last")));
    for body in ["name=%ff", "name=\u{0}%c3"] {
        let answer = ada.send_body(Method::POST, "/api/activities/", FORM, body).await;
        answer.is(400, r#"{"detail":"The request is not valid UTF-8."}"#);
    }
    let many = ada.send_body(Method::POST, "/api/activities/", FORM, "a=1&".repeat(1_001)).await;
    many.is(400, r#"{"detail":"Too many parameters."}"#);
    for media in ["multipart/form-data", "multipart/form-data; boundary=x"] {
        let answer = ada.send_body(Method::POST, "/api/activities/", media, "rubbish").await;
        assert!(
            answer.status == 400 && answer.text.starts_with(r#"{"detail":"Multipart form parse error - "#),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn other_media_types_are_415() {
    let world = World::new().await;
    let ada = world.person("ada");
    for media in ["text/plain", "application/vnd.api+json", "application/merge-patch+json", "x"] {
        ada.send_body(Method::POST, "/api/activities/", media, "{}")
            .await
            .is(415, &format!(r#"{{"detail":"Unsupported media type \"{media}\" in request."}}"#))
            .has("allow", "GET, POST, HEAD, OPTIONS");
    }
    let untyped = ada.request(Method::POST, "/api/activities/").body("{}").send().await.unwrap();
    Answer::read(untyped).await.is(415, r#"{"detail":"Unsupported media type \"\" in request."}"#);
    let upper = ada
        .send_body(Method::POST, "/api/activities/", "Application/JSON; charset=utf-8", r#"{"name":"a"}"#)
        .await;
    assert_eq!(upper.status, 201);
}

/// R146: nothing compressed is unfolded.
#[tokio::test]
async fn compressed_bodies_are_415() {
    let world = World::new().await;
    let ada = world.person("ada");
    for encoding in ["gzip", "br", "zstd", "deflate", "gzip, identity"] {
        let request = ada.request(Method::POST, "/api/activities/").header("content-type", JSON);
        let request = request.header("content-encoding", encoding).body(vec![0x1f_u8, 0x8b, 8, 0]);
        Answer::read(request.send().await.unwrap())
            .await
            .is(415, &format!(r#"{{"detail":"Unsupported content encoding \"{encoding}\" in request."}}"#));
    }
    let plain = ada.request(Method::POST, "/api/activities/").header("content-type", JSON);
    let plain = plain.header("content-encoding", "identity").body(r#"{"name":"a"}"#).send().await.unwrap();
    assert_eq!(plain.status(), 201);
}

/// Sends a body in chunks and answers the beginning of the status line.
async fn chunked(world: &World, person: &Person, path: &str, body: &[u8]) -> String {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: {JSON}\r\nTransfer-Encoding: chunked\r\n\r\n",
        person.token
    );
    let mut socket = TcpStream::connect(world.server().address()).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    for chunk in body.chunks(10_000) {
        let framed = [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
        socket.write_all(&framed).await.unwrap();
    }
    socket.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 12];
    socket.read_exact(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// R145: 256 kB, announced or in chunks; the largest that is allowed passes.
#[tokio::test]
async fn bodies_are_bounded_also_in_chunks() {
    let world = World::new().await;
    let ada = world.person("ada");
    let of = |length: usize| {
        let frame = r#"{"name":"a","x":""}"#.len();
        format!(r#"{{"name":"a","x":"{}"}}"#, "x".repeat(length - frame))
    };
    let path = "/api/activities/";
    assert_eq!(ada.send_body(Method::POST, path, JSON, of(LARGEST)).await.status, 201);
    let too_large = r#"{"detail":"The request is too large."}"#;
    ada.send_body(Method::POST, path, JSON, of(LARGEST + 1)).await.is(413, too_large);
    for (length, expected) in [(LARGEST, "HTTP/1.1 201"), (LARGEST + 1, "HTTP/1.1 413")] {
        assert_eq!(chunked(&world, &ada, path, of(length).as_bytes()).await, expected);
    }
    // A length that is only announced is refused before anything is sent.
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: {JSON}\r\nContent-Length: 10000000000\r\n\r\n",
        ada.token
    );
    let mut socket = TcpStream::connect(world.server().address()).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 413");
}

/// R148: a body that does not arrive in time is 408, and the connection is given up.
#[tokio::test]
async fn a_body_that_drips_is_408() {
    let world = World::with(|config| config.body_timeout = Duration::from_millis(300)).await;
    let ada = world.person("ada");
    let head = format!(
        "POST /api/activities/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: {JSON}\r\nContent-Length: 100\r\n\r\n",
        ada.token
    );
    let mut socket = TcpStream::connect(world.server().address()).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    let began = Instant::now();
    let (mut reading, mut writing) = socket.split();
    let drip = async {
        while writing.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut answer = Vec::new();
    tokio::select! {
        () = drip => {}
        read = reading.read_to_end(&mut answer) => { read.ok(); }
    }
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer:?}");
    assert!(answer.ends_with(r#"{"detail":"The request took too long to arrive."}"#), "{answer:?}");
    assert!(began.elapsed() < Duration::from_secs(5));
}
