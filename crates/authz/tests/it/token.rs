//! `POST /o/token/`: what holds for every grant: bodies, methods, and errors of one form.

use reqwest::Method;

use crate::support::{Raw, form, server};

const ENDPOINTS: [&str; 4] = ["/o/token/", "/o/device-authorization/", "/o/introspect/", "/o/revoke_token/"];

/// R36, R144
#[tokio::test]
async fn only_post_is_answered() {
    let server = server().await;
    let client = server.client("web").await;
    for path in ENDPOINTS {
        for path in [path, path.trim_end_matches('/')] {
            // OPTIONS is for browsers (see `cors`), where a page may call at all.
            let allow = if path.starts_with("/o/introspect") { "POST" } else { "POST, OPTIONS" };
            for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::TRACE] {
                let request = server.http.request(method.clone(), path);
                let request = request.header("authorization", client.basic().unwrap());
                let body = form(&[("grant_type", "client_credentials"), ("token", "x")]);
                let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
                let answer = server.http.send(request).await;
                assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{method} {path}");
                assert_eq!(answer.body, "");
            }
            assert_ne!(client.post(path, &[("token", "x")]).await.status, 405);
        }
    }
}

/// R37
#[tokio::test]
async fn only_forms_are_read() {
    let server = server().await;
    let client = server.client("web").await;
    let body = "grant_type=client_credentials&token=x";
    let types = [
        Some("application/json"),
        Some("multipart/form-data; boundary=x"),
        Some("text/plain"),
        Some("application/x-www-form-urlencodedx"),
        Some("application/xml, application/x-www-form-urlencoded"),
        Some(""),
        None,
    ];
    for path in ENDPOINTS {
        for content_type in types {
            let mut request = server.http.request(Method::POST, path).body(body);
            request = request.header("authorization", client.basic().unwrap());
            if let Some(content_type) = content_type {
                request = request.header("content-type", content_type);
            }
            server.http.send(request).await.is_error(415, "invalid_request");
        }
        for content_type in [
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded; charset=UTF-8",
            "application/x-www-form-urlencoded;charset=utf-8",
            "Application/X-WWW-Form-URLEncoded",
        ] {
            let request = server.http.request(Method::POST, path).header("content-type", content_type);
            let request = request.header("authorization", client.basic().unwrap()).body(body);
            assert_eq!(server.http.send(request).await.status, 200, "{content_type}");
        }
    }
}

/// R145
#[tokio::test]
async fn a_form_has_at_most_sixteen_kilobytes_however_it_is_sent() {
    let server = server().await;
    let client = server.client("web").await;
    let of = |length: usize| {
        let head = "grant_type=client_credentials&token=x&filler=";
        format!("{head}{}", "f".repeat(length - head.len()))
    };
    for path in ENDPOINTS {
        for (length, status) in [(16_384, 200), (16_385, 413), (1_000_000, 413)] {
            let request = server.http.post(path, of(length)).header("authorization", client.basic().unwrap());
            let answer = server.http.send(request).await;
            assert_eq!(answer.status, status, "{length}");
            if status != 200 {
                answer.is_error(413, "invalid_request");
            }
        }
        for (length, status) in [(16_000, 200), (17_000, 413), (200_000, 413)] {
            let mut raw = Raw::to(server.http.address).await;
            let body = of(length);
            raw.send(
                format!(
                    "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\
                     Authorization: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n",
                    client.basic().unwrap()
                )
                .as_bytes(),
            )
            .await;
            for chunk in body.as_bytes().chunks(1_000) {
                raw.send(
                    format!("{:x}\r\n{}\r\n", chunk.len(), std::str::from_utf8(chunk).unwrap()).as_bytes(),
                )
                .await;
            }
            raw.send(b"0\r\n\r\n").await;
            assert_eq!(raw.statuses().await, [status], "{length} in chunks");
        }
    }
}

/// R146, section 2 no. 50 of the dossier (GHSA-qph8-7859-gq2f)
#[tokio::test]
async fn a_compressed_body_is_not_unpacked() {
    let server = server().await;
    let client = server.client("web").await;
    for path in ENDPOINTS {
        for encoding in ["gzip", "br", "zstd", "deflate", "GZIP", "identity, gzip", "x", ""] {
            let request = server.http.post(path, "grant_type=client_credentials&token=x");
            let request = request.header("authorization", client.basic().unwrap());
            let answer = server.http.send(request.header("content-encoding", encoding)).await;
            assert_eq!(answer.status, 415, "{encoding}");
        }
        let request = server.http.post(path, "grant_type=client_credentials&token=x");
        let request = request.header("authorization", client.basic().unwrap());
        assert_eq!(server.http.send(request.header("content-encoding", "Identity")).await.status, 200);
        // Two headers are a list (RFC 9110 section 5.3): the second must not slip through behind the first.
        let request = server.http.post(path, "grant_type=client_credentials&token=x");
        let request = request.header("authorization", client.basic().unwrap());
        let request = request.header("content-encoding", "identity").header("content-encoding", "gzip");
        assert_eq!(server.http.send(request).await.status, 415);
    }
}

/// R45, RFC 6749 5.2
#[tokio::test]
async fn an_unknown_grant_type_is_said_to_be_unsupported() {
    let server = server().await;
    let client = server.client("web").await;
    client.token(&[]).await.is_error(400, "invalid_request");
    client.token(&[("grant_type", "")]).await.is_error(400, "invalid_request");
    for unknown in [
        "implicit",
        "token",
        "Client_Credentials",
        "client_credentials ",
        "authorization_code password",
        "urn:ietf:params:oauth:grant-type:device-code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "é",
    ] {
        client.token(&[("grant_type", unknown)]).await.is_error(400, "unsupported_grant_type");
    }
}

/// R46, R150, R151: whatever the body, the answer is one of RFC 6749 section 5.2, never 500, and repeats nothing.
#[tokio::test]
async fn any_body_gets_a_well_formed_error() {
    let server = server().await;
    let client = server.client("web").await;
    let names = [
        "grant_type",
        "code",
        "code_verifier",
        "redirect_uri",
        "refresh_token",
        "scope",
        "username",
        "password",
        "token",
        "token_type_hint",
        "client_id",
        "resource",
        "",
    ];
    let grants = ["authorization_code", "refresh_token", "client_credentials", "password", "x"];
    let values = [
        "",
        "%00",
        "%ff",
        "%",
        "%zz",
        "+",
        "canary%3Cscript%3E",
        "ttc_AAAA",
        "ttr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "tta_%F0%9F%94%91",
        "%22%5C",
        "read",
        "a&b",
        "=",
        "%0d%0aX:%20y",
        "\u{e9}",
    ];
    // A fixed sequence, so that a failure comes again.
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut pick = |among: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % among
    };
    for number in 0..3_000 {
        // Throttled names would make every further answer 429.
        if number % 20 == 0 {
            server.advance(61);
        }
        let mut body = format!("grant_type={}", grants[pick(grants.len())]);
        for _ in 0..pick(5) {
            body = format!("{body}&{}={}", names[pick(names.len())], values[pick(values.len())]);
        }
        let path = ENDPOINTS[pick(3)];
        let request = server.http.post(path, body.clone()).header("authorization", client.basic().unwrap());
        let answer = server.http.send(request).await;
        if answer.status == 200 {
            continue;
        }
        let error = answer.text("error");
        answer.is_error(if error == "invalid_client" { 401 } else { 400 }, &error);
        assert!(!answer.body.contains("canary"), "{body}: {answer:?}");
    }
}

/// R52
#[tokio::test]
async fn no_other_origin_may_read_an_answer() {
    let server = server().await;
    let client = server.client("web").await;
    for path in ENDPOINTS {
        let request = server.http.post(path, "grant_type=client_credentials&token=x");
        let request = request.header("authorization", client.basic().unwrap());
        let answer = server.http.send(request.header("origin", "https://evil.example")).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")));
    }
}
