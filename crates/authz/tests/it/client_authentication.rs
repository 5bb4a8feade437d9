//! How clients prove who they are: RFC 6749 section 2.3, alike at the token, introspection and revocation endpoints.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::support::{Answer, TestServer, form, server, server_with};

const ENDPOINTS: [&str; 4] = ["/o/token/", "/o/device-authorization/", "/o/introspect/", "/o/revoke_token/"];

/// A form that is right at all of them, with these credentials.
async fn ask(
    server: &TestServer,
    path: &str,
    authorization: Option<&str>,
    fields: &[(&str, &str)],
) -> Answer {
    let mut all = vec![("grant_type", "client_credentials"), ("token", "unknown")];
    all.extend(fields);
    let mut request = server.http.post(path, form(&all));
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    server.http.send(request).await
}

fn basic(text: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(text))
}

/// RFC 6749 2.3.1: Basic, or the form.
#[tokio::test]
async fn a_client_proves_itself_by_header_or_by_form() {
    let server = server().await;
    let client = server.client("web").await;
    let secret = client.secret.clone().unwrap();
    for path in ENDPOINTS {
        let by_header = client.basic().unwrap();
        assert_eq!(ask(&server, path, Some(&by_header), &[]).await.status, 200);
        assert_eq!(ask(&server, path, Some(&by_header), &[("client_id", "web")]).await.status, 200);
        let in_form = [("client_id", "web"), ("client_secret", secret.as_str())];
        assert_eq!(ask(&server, path, None, &in_form).await.status, 200);
        let odd_case = by_header.replacen("Basic", "bAsIc", 1);
        assert_eq!(ask(&server, path, Some(&odd_case), &[]).await.status, 200);
    }
}

/// R39
#[tokio::test]
async fn one_method_at_a_time() {
    let server = server().await;
    let client = server.client("web").await;
    server.client("other").await;
    let secret = client.secret.as_deref().unwrap();
    let header = client.basic().unwrap();
    let assertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    for path in ENDPOINTS {
        for fields in [
            &[("client_secret", secret)][..],
            &[("client_id", "web"), ("client_secret", secret)],
            &[("client_secret", "wrong")],
            &[("client_id", "other")],
            &[("client_assertion", "a.b.c"), ("client_assertion_type", assertion)],
        ] {
            ask(&server, path, Some(&header), fields).await.is_error(400, "invalid_request");
        }
        let fields = [("client_id", "web"), ("client_secret", secret), ("client_assertion", "a.b.c")];
        ask(&server, path, None, &fields).await.is_error(400, "invalid_request");
        let twice = server.http.post(path, "grant_type=client_credentials&token=x");
        let twice = twice.header("authorization", &header).header("authorization", &header);
        server.http.send(twice).await.is_error(400, "invalid_request");
    }
}

/// R40, R46, R77
#[tokio::test]
async fn whoever_does_not_prove_it_is_nobody() {
    let server = server().await;
    let client = server.client("web").await;
    let public = server.public_client("phone").await;
    let secret = client.secret.as_deref().unwrap();
    let cut = &secret[..secret.len() - 1];
    let longer = format!("{secret}x");
    let bearer = format!("Bearer {}", client.client_credentials().await.text("access_token"));
    for path in ENDPOINTS {
        for (header, fields) in [
            (None, &[][..]),
            (None, &[("client_id", "web")]),
            (None, &[("client_id", "web"), ("client_secret", "")]),
            (None, &[("client_id", "web"), ("client_secret", "wrong")]),
            (None, &[("client_id", "web"), ("client_secret", cut)]),
            (None, &[("client_id", "web"), ("client_secret", &longer)]),
            (None, &[("client_id", "WEB"), ("client_secret", secret)]),
            (None, &[("client_id", "nobody"), ("client_secret", secret)]),
            (None, &[("client_id", "nobody")]),
            (None, &[("client_id", "phone"), ("client_secret", "anything")]),
            (None, &[("client_id", "web"), ("client_assertion", "a.b.c")]),
            (None, &[("client_id", "phone"), ("client_assertion", "a.b.c")]),
            (Some(bearer.as_str()), &[]),
            (Some(bearer.as_str()), &[("client_id", "web")]),
            (Some("Basic"), &[]),
            (Some("Negotiate YTpi"), &[]),
        ] {
            let answer = ask(&server, path, header, fields).await;
            if path.starts_with("/o/introspect") && header == Some(&bearer) {
                // There a token may be a credential: see `introspect`.
                assert_eq!((answer.status, answer.text("error").as_str()), (403, "insufficient_scope"));
                continue;
            }
            answer.is_error(401, "invalid_client");
            assert_eq!(answer.header("www-authenticate"), Some(r#"Basic realm="authz", charset="UTF-8""#));
        }
    }
    public.introspect("unknown").await.is_error(401, "invalid_client");
}

/// R41
#[tokio::test]
async fn basic_credentials_are_form_decoded() {
    let server = server().await;
    server.new_client("web").secret("a:b +%é").register().await;
    server.new_client("empty").register().await;
    for right in ["web:a%3Ab+%2B%25%C3%A9", "web:a:b+%2B%25é", "web:a%3ab%20%2b%25%c3%a9"] {
        assert_eq!(ask(&server, "/o/token/", Some(&basic(right)), &[]).await.status, 200, "{right}");
    }
    for wrong in [
        "web:a:b +%é",
        "web",
        "",
        ":",
        ":secret",
        "web:",
        "empty:",
        "web:%ff",
        "web:a%00",
        "w%00b:x",
        "web:%",
    ] {
        ask(&server, "/o/token/", Some(&basic(wrong)), &[]).await.is_error(401, "invalid_client");
    }
    let not_text = format!("Basic {}", BASE64_STANDARD.encode(b"web:\xff\xfe"));
    for wrong in [not_text.as_str(), "Basic !!!!", "Basic d2Vi OnNlY3JldA==", "Basic  "] {
        ask(&server, "/o/token/", Some(wrong), &[]).await.is_error(401, "invalid_client");
    }
}

/// R38
#[tokio::test]
async fn nothing_is_taken_from_the_address() {
    let server = server().await;
    let client = server.client("web").await;
    let query = form(&[("client_id", "web"), ("client_secret", client.secret.as_deref().unwrap())]);
    for path in ENDPOINTS {
        for query in [query.as_str(), "extra=1", "grant_type=client_credentials"] {
            let path = format!("{path}?{query}");
            ask(&server, &path, None, &[]).await.is_error(400, "invalid_request");
            ask(&server, &path, client.basic().as_deref(), &[]).await.is_error(400, "invalid_request");
        }
    }
}

/// R12
#[tokio::test]
async fn no_parameter_is_there_twice() {
    let server = server().await;
    let client = server.client("web").await;
    let secret = client.secret.as_deref().unwrap();
    for path in ENDPOINTS {
        for (name, value) in [
            ("client_id", "web"),
            ("client_secret", secret),
            ("grant_type", "client_credentials"),
            ("token", "unknown"),
            ("token_type_hint", "access_token"),
            ("scope", "read"),
            ("extra", "x"),
        ] {
            let mut honest = vec![("client_id", "web"), ("client_secret", secret)];
            if !["grant_type", "token", "client_id", "client_secret"].contains(&name) {
                honest.push((name, value));
            }
            assert_eq!(ask(&server, path, None, &honest).await.status, 200);
            for second in [value, "another", ""] {
                let mut fields = honest.clone();
                fields.push((name, second));
                ask(&server, path, None, &fields).await.is_error(400, "invalid_request");
            }
        }
    }
}

/// R42
#[tokio::test]
async fn a_rotated_secret_lives_on_for_a_while_and_then_no_longer() {
    let server = server_with(&[("SECRET_OVERLAP_SECONDS", "100")]).await;
    let first = server.client("web").await;
    let second = first.rotate_secret(&server).await;
    assert_ne!(first.secret, second.secret);
    for client in [&first, &second] {
        let secret = client.secret.as_deref().unwrap();
        assert!(secret.strip_prefix("tts_").is_some_and(|random| random.len() == 43), "{secret}");
        assert_eq!(client.client_credentials().await.status, 200);
    }
    server.advance(99);
    assert_eq!(first.client_credentials().await.status, 200);
    server.advance(1);
    first.client_credentials().await.is_error(401, "invalid_client");
    let third = second.rotate_secret(&server).await;
    let fourth = third.rotate_secret(&server).await;
    second.client_credentials().await.is_error(401, "invalid_client");
    assert_eq!(third.client_credentials().await.status, 200);
    assert_eq!(fourth.client_credentials().await.status, 200);
}

/// R43, R138, R153
#[tokio::test]
async fn guessing_is_slowed_down_for_the_guesser_alone() {
    let server = server_with(&[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let client = server.client("web").await;
    let from = |address: &'static str, secret: &str| {
        let request = server.http.post("/o/token/", form(&[("grant_type", "client_credentials")]));
        let request = request.header("x-forwarded-for", address);
        let request = request.header("authorization", client.with_secret(secret).basic().unwrap());
        server.http.send(request)
    };
    let right = client.secret.as_deref().unwrap();
    for _ in 0..30 {
        from("198.51.100.7", "wrong").await.is_error(401, "invalid_client");
    }
    let answer = from("198.51.100.7", "wrong").await;
    answer.is_error(429, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), Some("60"));
    // A guesser at the same address, behind the same proxy perhaps, cannot keep the client out.
    for address in ["198.51.100.7", "198.51.100.8", "198.51.100.7, 203.0.113.1", "2001:db8::1"] {
        assert_eq!(from(address, right).await.status, 200, "{address}");
    }
    from("198.51.100.8", "wrong").await.is_error(401, "invalid_client");
    server.advance(60);
    from("198.51.100.7", "wrong").await.is_error(401, "invalid_client");
}
