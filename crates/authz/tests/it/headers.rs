//! What every answer carries, and what no request header changes.

use reqwest::Method;

use crate::support::{Answer, AuthorizationRequest, TestServer, server, server_with};

const CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Every path there is, with the methods it answers.
const ROUTES: &[(&str, &str)] = &[
    ("/", "GET, HEAD"),
    ("/healthz", "GET, HEAD"),
    ("/readyz", "GET, HEAD"),
    ("/static/style.css", "GET, HEAD"),
    ("/static/mark.svg", "GET, HEAD"),
    ("/accounts/login/", "GET, HEAD, POST"),
    ("/accounts/login", "GET, HEAD, POST"),
    ("/accounts/login/house/", "GET, HEAD, POST"),
    ("/accounts/login/house", "GET, HEAD, POST"),
    ("/auth/login/house/", "GET, HEAD, POST"),
    ("/accounts/complete/house/", "GET"),
    ("/accounts/complete/house", "GET"),
    ("/accounts/signup/", "GET, HEAD, POST"),
    ("/accounts/signup", "GET, HEAD, POST"),
    ("/accounts/logout/", "POST"),
    ("/accounts/logout", "POST"),
    ("/o/logout/", "GET, HEAD, POST"),
    ("/o/logout", "GET, HEAD, POST"),
    ("/o/logout/confirm/", "POST"),
    ("/o/logout/confirm", "POST"),
    ("/o/register/", "POST"),
    ("/o/register", "POST"),
    ("/o/register/web/", "GET, HEAD, PUT, DELETE"),
    ("/o/register/web", "GET, HEAD, PUT, DELETE"),
    ("/auth/token/", "POST"),
    ("/auth/token", "POST"),
    ("/auth/convert-token/", "POST"),
    ("/auth/convert-token", "POST"),
    ("/auth/revoke-token/", "POST"),
    ("/auth/revoke-token", "POST"),
    ("/auth/invalidate-sessions/", "POST"),
    ("/auth/invalidate-sessions", "POST"),
    ("/auth/invalidate-refresh-tokens/", "POST"),
    ("/auth/invalidate-refresh-tokens", "POST"),
    ("/auth/disconnect-backend/", "POST"),
    ("/auth/disconnect-backend", "POST"),
    ("/authentication/register/", "POST"),
    ("/authentication/register", "POST"),
    ("/authentication/token/", "POST"),
    ("/authentication/token", "POST"),
    ("/authentication/token/refresh/", "POST"),
    ("/authentication/token/refresh", "POST"),
    ("/authentication/token/revoke/", "POST"),
    ("/authentication/token/revoke", "POST"),
    ("/register-by-access-token/site/", "GET, POST"),
    ("/register-by-access-token/site", "GET, POST"),
    ("/o/authorize/", "GET, HEAD, POST"),
    ("/o/authorize", "GET, HEAD, POST"),
    ("/o/token/", "POST, OPTIONS"),
    ("/o/token", "POST, OPTIONS"),
    ("/o/introspect/", "POST"),
    ("/o/introspect", "POST"),
    ("/o/revoke_token/", "POST, OPTIONS"),
    ("/o/revoke_token", "POST, OPTIONS"),
    ("/o/device-authorization/", "POST, OPTIONS"),
    ("/o/device-authorization", "POST, OPTIONS"),
    ("/o/device/", "GET, HEAD, POST"),
    ("/o/device", "GET, HEAD, POST"),
    ("/o/code/", "GET, HEAD"),
    ("/o/code", "GET, HEAD"),
    ("/o/applications/", "GET, HEAD"),
    ("/o/applications", "GET, HEAD"),
    ("/o/applications/register/", "GET, HEAD, POST"),
    ("/o/applications/register", "GET, HEAD, POST"),
    ("/o/applications/c0ffee/", "GET, HEAD, POST"),
    ("/o/applications/c0ffee", "GET, HEAD, POST"),
    ("/o/applications/c0ffee/update/", "GET, HEAD, POST"),
    ("/o/applications/c0ffee/update", "GET, HEAD, POST"),
    ("/o/applications/c0ffee/rotate-secret/", "GET, HEAD, POST"),
    ("/o/applications/c0ffee/rotate-secret", "GET, HEAD, POST"),
    ("/o/applications/c0ffee/delete/", "GET, HEAD, POST"),
    ("/o/applications/c0ffee/delete", "GET, HEAD, POST"),
    ("/o/.well-known/oauth-authorization-server", "GET, HEAD, OPTIONS"),
    ("/o/.well-known/oauth-authorization-server/", "GET, HEAD, OPTIONS"),
    ("/.well-known/oauth-authorization-server/o", "GET, HEAD, OPTIONS"),
    ("/.well-known/oauth-authorization-server/o/", "GET, HEAD, OPTIONS"),
    ("/o/.well-known/openid-configuration", "GET, HEAD, OPTIONS"),
    ("/.well-known/openid-configuration/o", "GET, HEAD, OPTIONS"),
    ("/o/.well-known/jwks.json", "GET, HEAD, OPTIONS"),
    ("/o/userinfo/", "GET, HEAD, POST, OPTIONS"),
    ("/o/userinfo", "GET, HEAD, POST, OPTIONS"),
    ("/o/authorized_tokens/", "GET, HEAD"),
    ("/o/authorized_tokens/00000000000000000000000000000000/delete/", "GET, HEAD, POST"),
    ("/o/account/", "GET, HEAD"),
    ("/o/account", "GET, HEAD"),
    ("/o/account/profile/", "GET, HEAD, POST"),
    ("/o/account/profile", "GET, HEAD, POST"),
    ("/o/account/email/", "GET, HEAD, POST"),
    ("/o/account/email", "GET, HEAD, POST"),
    ("/o/account/password/", "GET, HEAD, POST"),
    ("/o/account/password", "GET, HEAD, POST"),
    ("/o/account/delete/", "GET, HEAD, POST"),
    ("/o/account/delete", "GET, HEAD, POST"),
    ("/accounts/password/reset/", "GET, HEAD, POST"),
    ("/accounts/password/reset", "GET, HEAD, POST"),
    ("/accounts/password/reset/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd-h_/", "GET, HEAD, POST"),
    ("/accounts/password/reset/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd-h_", "GET, HEAD, POST"),
    ("/accounts/email/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd-h_/", "GET, HEAD, POST"),
    ("/accounts/email/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd-h_", "GET, HEAD, POST"),
    ("/o/account/sessions/", "GET, HEAD, POST"),
    ("/o/account/sessions", "GET, HEAD, POST"),
    ("/o/account/providers/", "GET, HEAD, POST"),
    ("/o/account/providers", "GET, HEAD, POST"),
    ("/o/account/providers/1/delete/", "GET, HEAD, POST"),
    ("/o/account/keys/", "GET, HEAD, POST"),
    ("/o/account/keys", "GET, HEAD, POST"),
    ("/nowhere", ""),
];

fn has_defences(answer: &Answer, what: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{what}: {answer:?}");
    }
    let policy = answer.header("content-security-policy").unwrap();
    assert!(
        policy == CSP || policy.contains("form-action 'self' https://client.example;"),
        "{what}: {policy}"
    );
    let id = answer.header("x-request-id").unwrap();
    assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{what}: {id}");
    let open = ["/static/", "/.well-known/"].iter().any(|path| what.contains(path)) && answer.status == 200;
    assert_eq!(answer.header("cache-control") == Some("no-store"), !open, "{what}: {answer:?}");
    // HTTP here: a browser would be locked out by a promise of TLS.
    assert_eq!(answer.header("strict-transport-security"), None);
}

/// R19, R36, R47, R131, R132, R133, R144
#[tokio::test]
async fn every_route_answers_its_methods_and_no_others_with_every_defence() {
    let server = server_with(&[("FIRST_PARTY_CLIENT", "ours")]).await;
    let methods =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT-NOT", "PROPFIND"];
    for &(path, allowed) in ROUTES {
        for method in methods {
            let what = format!("{method} {path}");
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = server.http.send(server.http.request(method.clone(), path)).await;
            has_defences(&answer, &what);
            if allowed.is_empty() {
                assert_eq!(answer.status, 404, "{what}");
            } else if allowed.split(", ").any(|each| each == method.as_str()) {
                assert_ne!(answer.status, 405, "{what}");
                assert_eq!(answer.header("allow"), None, "{what}");
            } else {
                assert_eq!((answer.status, answer.header("allow")), (405, Some(allowed)), "{what}");
            }
        }
    }
}

/// R19: pages load nothing from anywhere else, and have no scripts.
#[tokio::test]
async fn pages_load_nothing_from_other_hosts() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    let client = server.client("web").await;
    let consent = AuthorizationRequest::of(&client).path();
    for path in [
        "/",
        "/accounts/login/",
        "/accounts/signup/",
        "/o/logout/",
        "/o/code/",
        "/o/device/",
        "/o/account/",
        "/o/account/profile/",
        "/o/account/password/",
        "/o/account/delete/",
        "/o/account/sessions/",
        "/o/account/keys/",
        "/accounts/password/reset/",
        "/o/authorize/",
        "/nowhere",
        &consent,
    ] {
        let page = browser.get(path).await;
        has_defences(&page, path);
        let html = page.html();
        let loads = scraper::Selector::parse("[src], link[href]").unwrap();
        for element in html.select(&loads) {
            let url = element.attr("src").or(element.attr("href")).unwrap();
            assert!(url.starts_with("/static/"), "{path} loads {url}");
        }
        let scripts =
            scraper::Selector::parse("script, iframe, object, embed, style, [style], [onclick]").unwrap();
        assert_eq!(html.select(&scripts).count(), 0, "{path}");
    }
}

/// R128, R132, R8: over TLS.
#[tokio::test]
async fn over_tls_the_cookie_belongs_to_this_very_host_and_tls_is_promised() {
    let server = server_with(&[("ISSUER", "https://id.example.com/o")]).await;
    server.person("ada").await;
    let page = server.http.get("/accounts/login/").await;
    let [cookie] = page.set_cookies()[..] else { panic!("{page:?}") };
    let (name, rest) = cookie.split_once('=').unwrap();
    let (value, attributes) = rest.split_once("; ").unwrap();
    assert_eq!((name, value.len()), ("__Host-authz_session", 43));
    assert_eq!(attributes, "HttpOnly; SameSite=Lax; Secure; Path=/");
    assert_eq!(page.header("strict-transport-security"), Some("max-age=63072000; includeSubDomains"));
    let form = page.form("login-form").with("username", "ada");
    let form = form.with("password", &crate::support::password_of("ada"));
    let request = server
        .http
        .post("/accounts/login/", crate::support::form(&form.fields))
        .header("cookie", format!("{name}={value}"))
        .header("origin", "https://id.example.com");
    let answer = server.http.send(request).await;
    assert_eq!(answer.location(), "https://id.example.com/");
    assert!(answer.set_cookies()[0].contains("; Secure; "), "{answer:?}");
    let said = server.http.get("/.well-known/oauth-authorization-server/o").await.json();
    assert_eq!(said["issuer"], "https://id.example.com/o");
    assert_eq!(said["token_endpoint"], "https://id.example.com/o/token/");
}

/// R128: a browser keeps `__Host-` from other hosts as it is written; `__%48ost-` it does not know.
#[tokio::test]
async fn a_cookie_counts_by_its_name_as_it_is_written() {
    let server = server_with(&[("ISSUER", "https://id.example.com/o")]).await;
    server.person("ada").await;
    let page = server.http.get("/accounts/login/").await;
    let form = page.form("login-form").with("username", "ada");
    let form = form.with("password", &crate::support::password_of("ada"));
    let before = page.set_cookies()[0].split_once(';').unwrap().0.to_owned();
    let request = server
        .http
        .post("/accounts/login/", crate::support::form(&form.fields))
        .header("cookie", before)
        .header("origin", "https://id.example.com");
    let answer = server.http.send(request).await;
    let given = answer.set_cookies()[0].split_once(';').unwrap().0;
    let ask = async |cookie: &str| {
        let request =
            server.http.request(reqwest::Method::GET, "/o/account/sessions/").header("cookie", cookie);
        server.http.send(request).await.status
    };
    assert_eq!(ask(given).await, 200);
    assert_eq!(ask(&given.replace("__Host", "__%48ost")).await, 303);
}

/// R137, R139, section 2 no. 24 of the dossier (CVE-2023-49097, CVE-2025-64101)
#[tokio::test]
async fn no_header_changes_who_we_say_we_are() {
    let server = server().await;
    let client = server.client("web").await;
    let authorize = AuthorizationRequest::of(&client).path();
    let spoofed = |path: &str, headers: &[(&str, &str)]| {
        let request = server.http.request(Method::GET, path);
        server.http.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
    };
    let all: &[(&str, &str)] = &[
        ("host", "evil.example"),
        ("forwarded", "host=evil.example;proto=https;for=1.2.3.4"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-for", "1.2.3.4"),
        ("x-forwarded-prefix", "/evil"),
        ("x-original-url", "/evil"),
        ("x-rewrite-url", "/evil"),
        ("x-http-method-override", "POST"),
    ];
    for path in ["/.well-known/oauth-authorization-server/o", &authorize, "/o/code/", "/"] {
        let honest = spoofed(path, &[]).await;
        let tried = spoofed(path, all).await;
        assert_eq!((honest.status, honest.header("location")), (tried.status, tried.header("location")));
        assert!(
            !tried.body.contains("evil") && !format!("{:?}", tried.headers).contains("evil"),
            "{tried:?}"
        );
        assert_eq!(honest.set_cookies().len(), tried.set_cookies().len());
    }
}

/// R151: broken storage is said in words that tell nothing about it.
#[tokio::test]
async fn broken_storage_is_not_explained_to_strangers() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let code = browser.code_for(&client).await;
    for (table, elsewhere) in [("grants", "grants_x"), ("users", "users_x"), ("sessions", "sessions_x")] {
        server.sql(&format!("ALTER TABLE {table} RENAME TO {elsewhere}")).await;
    }
    let answers: Vec<Answer> = vec![
        client.redeem(&code).await,
        client.password("ada", "x").await,
        browser.get("/").await,
        browser.get(&AuthorizationRequest::of(&client).path()).await,
        browser.try_sign_in_blind("ada", "x").await,
    ];
    for answer in answers {
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{answer:?}");
        for word in
            ["grants", "sessions", "SELECT", "INSERT", "diesel", "sqlite", "postgres", "relation", "table"]
        {
            assert!(!answer.body.contains(word), "{word}: {answer:?}");
        }
    }
    assert!(is_alive(&server).await);
}

async fn is_alive(server: &TestServer) -> bool {
    server.http.get("/healthz").await.body == r#"{"status":"ok"}"#
}

/// R141, R154
#[tokio::test]
async fn health_says_little_and_is_true() {
    let server = server().await;
    assert!(is_alive(&server).await);
    let ready = server.http.get("/readyz").await;
    assert_eq!((ready.status, ready.body.as_str()), (200, r#"{"status":"ready"}"#));
    for path in ["/metrics", "/admin", "/admin/", "/debug", "/status", "/.env"] {
        server.http.get(path).await.is_page(404);
    }
}
