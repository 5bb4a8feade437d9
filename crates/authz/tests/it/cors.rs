//! Pages of other origins: the table of section 1.17 of the security catalogue, endpoint by endpoint.

use reqwest::{Method, RequestBuilder};

use crate::support::{Answer, Client, TestServer, eventually, server, server_with};

const SPA: &str = "https://spa.example";
const OTHER: &str = "https://other.example";
const EVIL: &str = "https://evil.example";

/// Every header of an answer that permits a page something.
fn permissions(answer: &Answer) -> Vec<String> {
    let named = answer.headers.iter().filter(|(name, _)| name.as_str().starts_with("access-control-"));
    let mut said: Vec<String> =
        named.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    said.sort();
    said
}

fn from_page(request: RequestBuilder, origin: &str) -> RequestBuilder {
    request.header("origin", origin).header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "cors")
}

async fn preflight(server: &TestServer, path: &str, origin: &str, method: &str, headers: &str) -> Answer {
    let request = from_page(server.http.request(Method::OPTIONS, path), origin);
    let request = request.header("access-control-request-method", method);
    let request =
        if headers.is_empty() { request } else { request.header("access-control-request-headers", headers) };
    server.http.send(request).await
}

async fn spa(server: &TestServer, name: &str, origins: &[&str]) -> Client {
    let metadata = serde_json::json!({ "allowed_origins": origins }).to_string();
    server.new_client(name).public().metadata(&metadata).register().await
}

/// R52: the answer is readable for the pages of the client that asked, errors included, and for nobody else's.
#[tokio::test]
async fn an_answer_is_readable_for_pages_of_the_very_client() {
    let server = server_with(&[("WRONG_PASSWORDS_PER_MINUTE", "0")]).await;
    let client = spa(&server, "spa", &[SPA, "http://localhost:5173"]).await;
    let other = spa(&server, "other", &[OTHER]).await;
    let secret = server.client("web").await;
    server.person("ada").await;
    let password = [("grant_type", "password"), ("username", "ada"), ("password", "wrong")];
    for (origin, allowed) in [
        (SPA, true),
        ("http://localhost:5173", true),
        (OTHER, false),
        (EVIL, false),
        ("null", false),
        ("https://spa.example.evil.example", false),
        ("https://spa.example:8443", false),
        ("http://spa.example", false),
        ("https://SPA.example", false),
        ("https://spa.example/", false),
    ] {
        for (path, fields, status) in [
            ("/o/token/", &password[..], 400),
            ("/o/token", &[("grant_type", "refresh_token"), ("refresh_token", "x")], 400),
            ("/o/revoke_token/", &[("token", "x")], 200),
            ("/o/device-authorization/", &[("scope", "no-such")], 400),
        ] {
            let answer = server.http.send(from_page(client.posting(path, fields), origin)).await;
            assert_eq!(answer.status, status, "{answer:?}");
            assert_eq!(answer.header("vary"), Some("Origin"), "{path} {origin}");
            let expected = format!("access-control-allow-origin: {origin}");
            let exposed = "access-control-expose-headers: WWW-Authenticate, Retry-After";
            let expected: Vec<&str> = if allowed { vec![&expected, exposed] } else { Vec::new() };
            assert_eq!(permissions(&answer), expected, "{path} {origin}");
            // Whoever has no pages, or others, permits nothing.
            for client in [&other, &secret, &client.with_secret("wrong")] {
                let answer = server.http.send(from_page(client.posting(path, fields), origin)).await;
                let is_theirs = client.id == "other" && origin == OTHER;
                assert_eq!(permissions(&answer).is_empty(), !is_theirs, "{} {path} {origin}", client.id);
            }
        }
    }
    // A request that is from no page is answered as ever.
    let answer = client.post("/o/token/", &password).await;
    assert!(permissions(&answer).is_empty() && answer.header("vary").is_none(), "{answer:?}");
}

/// R52: a preflight is answered for what is allowed, and otherwise permits nothing.
#[tokio::test]
async fn a_preflight_permits_a_registered_origin_what_the_endpoint_reads() {
    let server = server().await;
    spa(&server, "spa", &[SPA]).await;
    spa(&server, "other", &[OTHER]).await;
    let permitted = |origin: &str| {
        vec![
            "access-control-allow-headers: Authorization, Content-Type, DPoP".to_owned(),
            "access-control-allow-methods: POST".to_owned(),
            format!("access-control-allow-origin: {origin}"),
            "access-control-expose-headers: WWW-Authenticate, Retry-After".to_owned(),
            "access-control-max-age: 3600".to_owned(),
        ]
    };
    for path in ["/o/token/", "/o/token", "/o/revoke_token/", "/o/device-authorization/"] {
        for (origin, method, headers, allowed) in [
            (SPA, "POST", "", true),
            (OTHER, "POST", "content-type", true),
            (SPA, "POST", "authorization,content-type", true),
            (SPA, "POST", "Authorization, Content-Type, DPoP", true),
            (EVIL, "POST", "", false),
            ("null", "POST", "", false),
            (SPA, "GET", "", false),
            (SPA, "DELETE", "", false),
            (SPA, "post", "", false),
            (SPA, "POST", "x-anything", false),
            (SPA, "POST", "content-type,cookie", false),
        ] {
            let answer = preflight(&server, path, origin, method, headers).await;
            let what = format!("{path} {origin} {method} {headers}");
            assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{what}");
            assert_eq!(answer.header("vary"), Some("Origin"), "{what}");
            assert_eq!(permissions(&answer), if allowed { permitted(origin) } else { Vec::new() }, "{what}");
        }
        let plain = server.http.send(server.http.request(Method::OPTIONS, path)).await;
        assert_eq!((plain.status, permissions(&plain).len()), (204, 0));
    }
}

/// R52: what is public is for every page; it says so always, because it may be kept and shown to another.
#[tokio::test]
async fn what_is_public_is_for_every_page() {
    let server = server().await;
    for path in [
        "/o/.well-known/jwks.json",
        "/o/.well-known/openid-configuration",
        "/.well-known/openid-configuration/o",
        "/o/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/o",
    ] {
        let kept = server.http.get(path).await;
        assert_eq!(
            (kept.status, permissions(&kept)),
            (200, vec!["access-control-allow-origin: *".to_owned()])
        );
        let asked = server.http.send(from_page(server.http.request(Method::GET, path), EVIL)).await;
        assert_eq!(asked.header("access-control-allow-origin"), Some("*"), "{path}");
        let announced = preflight(&server, path, EVIL, "GET", "authorization").await;
        assert_eq!(announced.status, 204);
        assert_eq!(announced.header("access-control-allow-methods"), Some("GET"));
        for answer in [kept, asked, announced] {
            assert_eq!(answer.header("access-control-allow-credentials"), None);
            assert_eq!(answer.header("vary"), None);
        }
    }
}

/// R11, R52, R82: no page of another origin has anything to read where people decide or resource servers ask.
#[tokio::test]
async fn people_and_resource_servers_are_for_no_page() {
    let server = server().await;
    let client = spa(&server, "spa", &[SPA]).await;
    let web = server.client("web").await;
    let token = web.client_credentials().await.text("access_token");
    for path in [
        "/",
        "/o/authorize/",
        "/o/authorize/?client_id=web&response_type=code&scope=admin",
        "/o/introspect/",
        "/o/device/",
        "/o/logout/",
        "/o/logout/confirm/",
        "/o/applications/",
        "/accounts/logout/",
        "/o/authorized_tokens/",
        "/accounts/login/",
        "/accounts/signup/",
        "/o/code/",
    ] {
        for origin in [SPA, EVIL] {
            let answer = preflight(&server, path, origin, "POST", "").await;
            assert_eq!((answer.status, permissions(&answer).len()), (405, 0), "{path}");
            let page = server.http.send(from_page(server.http.request(Method::GET, path), origin)).await;
            assert!(permissions(&page).is_empty() && page.header("vary").is_none(), "{page:?}");
        }
    }
    for asking in [&client, &web] {
        let request = from_page(asking.posting("/o/introspect/", &[("token", &token)]), SPA);
        assert!(permissions(&server.http.send(request).await).is_empty());
    }
}

/// The administrator registers and withdraws origins while servers run; wrong ones are refused with a sentence.
#[tokio::test]
async fn origins_come_and_go_while_all_servers_run() {
    let server = server().await;
    let second = server.second().await;
    let client = server.public_client("spa").await;
    let change = async |changes: &str| {
        let origin = authz::audit::Origin::CommandLine(None);
        authz::registration::change_metadata(server.app(), &origin, "spa", changes).await
    };
    let permits = async |server: &TestServer, origin: &str| {
        let announced = preflight(server, "/o/token/", origin, "POST", "").await;
        let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
        let asked = server.http.send(from_page(client.at(server).posting("/o/token/", &form), origin)).await;
        let permitted = [&announced, &asked].map(|answer| !permissions(answer).is_empty());
        assert_eq!(permitted[0], permitted[1], "{announced:?} {asked:?}");
        permitted[0]
    };
    assert!(!permits(&server, SPA).await && !permits(&second, SPA).await);
    change(r#"{"allowed_origins":["https://spa.example"]}"#).await.unwrap();
    assert!(permits(&server, SPA).await);
    eventually("the other process hears of it", || async {
        !permissions(&preflight(&second, "/o/token/", SPA, "POST", "").await).is_empty()
    })
    .await;
    assert!(permits(&second, SPA).await);
    change(r#"{"allowed_origins":null}"#).await.unwrap();
    assert!(!permits(&server, SPA).await);
    // One that comes with a new registration is known as well.
    spa(&server, "new", &[OTHER]).await;
    for each in [&server, &second] {
        eventually("a new client's origin is known", || async {
            !permissions(&preflight(each, "/o/token/", OTHER, "POST", "").await).is_empty()
        })
        .await;
    }
    for wrong in
        [r#"["*"]"#, r#"["https://spa.example/"]"#, r#"["http://spa.example"]"#, r#""https://spa.example""#]
    {
        let refused = change(&format!(r#"{{"allowed_origins":{wrong}}}"#)).await.unwrap_err().to_string();
        assert!(refused.contains("allowed origin") || refused.contains("metadata"), "{refused}");
    }
    let confidential = server.new_client("web").metadata(r#"{"allowed_origins":["https://spa.example"]}"#);
    let refused = confidential.try_register().await.unwrap_err().to_string();
    assert_eq!(refused, "only a public client has allowed_origins: a page cannot keep a secret");
}
