//! What the running program writes to standard error: never anything one could use.

use std::io::Read;
use std::process::Child;
use std::time::Duration;

use crate::support::{
    AuthorizationRequest, Http, Listener, Mailbox, Program, TestServer, eventually, form, password_of,
    server_on_real_time,
};

/// The real program with all requests logged, on a port it is told.
struct Running {
    child: Child,
    http: Http,
}

async fn started(server: &TestServer, format: &str) -> Running {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut settings = server.settings.clone();
    settings.retain(|(name, _)| name != "AUTHZ_LISTEN");
    for (name, value) in [
        ("AUTHZ_LISTEN", port.to_string().as_str()),
        ("AUTHZ_LOG_REQUESTS", "all"),
        ("AUTHZ_LOG_FORMAT", format),
        ("AUTHZ_LOG_LEVEL", "trace"),
    ] {
        settings.push((name.to_owned(), value.to_owned()));
    }
    let child = Program::new(&settings).spawn(&["serve"]);
    let http = Http::new(port);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while tokio::net::TcpStream::connect(port).await.is_err() {
        assert!(tokio::time::Instant::now() < deadline, "the program does not listen");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    Running { child, http }
}

/// Also when a test fails.
impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Stops it as a service manager would, and hands over all it wrote.
    fn stopped(mut self) -> String {
        let stopped = std::process::Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(stopped.success());
        let (mut out, mut err) = (String::new(), String::new());
        // Read before waiting: a full pipe would keep it from ending.
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        assert!(self.child.wait().unwrap().success(), "{err}");
        assert_eq!(out, "");
        err
    }
}

/// R38, R121, R170, R171, section 2 nos. 36 (DOT #1735) and 44 of the dossier
#[tokio::test]
async fn no_secret_reaches_the_log_and_no_line_is_forged() {
    for format in ["text", "json"] {
        let mailbox = Mailbox::new();
        let server = server_on_real_time(&[("MAIL", &mailbox.url())]).await;
        server.person_at("bob", "bob@example.com").await;
        let client = server.client("web").await;
        let mut running = started(&server, format).await;
        // The child's pipe must not fill up while requests are made.
        let mut stderr = running.child.stderr.take().unwrap();
        let reading = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        let there = client.reached_by(&running.http);
        let browser = crate::support::Browser::new(&running.http);
        browser.try_sign_up("ada", &password_of("ada")).await.location();
        // What a developer pastes to try it.
        let mine = crate::applications::registered(&browser, "Mine").await;
        let pasted = mine.page.form("own-form").with("client_secret", mine.secret.as_deref().unwrap());
        assert!(browser.submit(&pasted).await.element("own-answer").unwrap().contains("tta_"));
        let pasted = mine.page.form("exchange-form").with("code", "canary-code").with("act", "exchange");
        browser.submit(&pasted.with("client_secret", "canary-pasted")).await.is_page(200);
        let request = AuthorizationRequest::of(&there).with("state", "canary-state");
        let code = browser.allow(&request).await;
        let bought = there.redeem(&code).await;
        let (access, refresh) = (bought.text("access_token"), bought.text("refresh_token"));
        there.introspect(&access).await;
        let renewed = there.refresh(&refresh).await.text("refresh_token");
        // Reuse, replay, and wrong credentials leave lines of their own.
        there.redeem(&code).await.is_error(400, "invalid_grant");
        there.refresh(&refresh).await;
        there.revoke(&renewed).await;
        there.with_secret("canary-secret").client_credentials().await.is_error(401, "invalid_client");
        there.password("ada", "canary-password").await.is_error(400, "invalid_grant");
        let query = form(&[("code", &code.code), ("client_secret", &"canary-in-query".to_owned())]);
        running.http.send(running.http.post(&format!("/o/token/?{query}"), "")).await;
        running.http.get(&format!("/o/code/?{query}")).await;
        let evil = "x\\r\\n\\x1b[2Jforged";
        let request = running.http.request(reqwest::Method::GET, "/nowhere%0d%0aforged%1b[2J?canary-query=1");
        running.http.send(request.header("user-agent", evil).header("x-request-id", "canary-id")).await;
        let own_key = crate::keys::made(&browser, "Backups", &["read"]).await;
        there.introspect(&own_key).await;
        let presented = running.http.request(reqwest::Method::GET, "/user_details/");
        running.http.send(presented.header("authorization", format!("Token {own_key}"))).await;
        let named = [("username", "ada"), ("password", &password_of("ada"))];
        let given = running.http.send_form("/get_auth_token/", &named).await.text("token");
        let cookie = browser.cookie();
        // A link in a mail: its token is in addresses.
        let stranger = crate::support::Browser::new(&running.http);
        let reset = stranger.get("/accounts/password/reset/").await.form("reset-form");
        stranger.submit(&reset.with("account", "bob")).await.is_page(200);
        eventually("a mail is sent", async || !mailbox.delivered().is_empty()).await;
        let mailed = mailbox.delivered().remove(0);
        let set = stranger.get(&mailed.path()).await.form("set-password-form");
        stranger.submit(&set.with("password", "canary-new-password")).await.is_page(200);
        browser.get(&format!("/accounts/email/{}/", mailed.token())).await.is_page(410);

        running.child.stderr = None;
        let kill = std::process::Command::new("kill").arg(running.child.id().to_string()).status().unwrap();
        assert!(kill.success());
        assert!(running.child.wait().unwrap().success());
        let log = reading.join().unwrap();

        assert!(log.contains("/o/token/") && log.contains("authz listens"), "{log}");
        assert!(log.contains("a code was redeemed twice"), "{log}");
        let key = server.settings.iter().find(|(name, _)| name == "AUTHZ_SECRET_KEY").unwrap().1.clone();
        for secret in [
            code.code.as_str(),
            &code.verifier,
            &access,
            &refresh,
            &renewed,
            &cookie,
            &own_key,
            &given,
            client.secret.as_deref().unwrap(),
            mine.secret.as_deref().unwrap(),
            &password_of("ada"),
            &mailed.token(),
            "canary",
            &key,
            "\u{1b}",
        ] {
            assert!(!log.contains(secret), "{secret} in {log}");
        }
        for line in log.lines() {
            assert!(!line.starts_with("forged"), "{line}");
            if format == "json" {
                serde_json::from_str::<serde_json::Value>(line)
                    .unwrap_or_else(|error| panic!("{error}: {line}"));
            }
        }
    }
}

/// R170: also where the tutorials have a provider's token in the address, whatever becomes of it.
#[tokio::test]
async fn no_providers_token_reaches_the_log() {
    let site = Listener::start().await;
    let (profile, about) = (site.url("/me"), site.url("/about"));
    let server = server_on_real_time(&[
        ("FIRST_PARTY_CLIENT", "ours"),
        ("OUTBOUND_NETWORKS", "127.0.0.0/8"),
        ("BEARER_FROM_PROVIDERS", "true"),
        ("PROVIDERS", "site"),
        ("PROVIDER_SITE_CLIENT_ID", "here"),
        ("PROVIDER_SITE_CLIENT_SECRET", "canary-client-secret"),
        ("PROVIDER_SITE_PROFILE_URL", &profile),
        ("PROVIDER_SITE_AUDIENCE_CHECK", "introspection"),
        ("PROVIDER_SITE_INTROSPECTION_URL", &about),
    ])
    .await;
    server.new_client("ours").grant_types(&["password", "convert_token"]).register().await;
    let running = started(&server, "text").await;
    let http = &running.http;
    let vouching = r#"{"active":true,"client_id":"here","id":17,"canary":"canary-in-answer"}"#;
    let mut issued = Vec::new();
    for (said, status) in [(vouching, 200), ("<html>canary-in-answer", 200), (vouching, 500), (vouching, 401)]
    {
        site.says(said);
        site.answers(status);
        let query = form(&[("access_token", "canary-token"), ("username", "canary-name")]);
        let answer = http.get(&format!("/register-by-access-token/site/?{query}")).await;
        if answer.status == 200 {
            issued.extend([answer.text("access_token"), answer.text("refresh_token")]);
        }
        http.send(http.post("/register-by-access-token/site/", query)).await;
        http.send(http.request(reqwest::Method::GET, "/o/userinfo/").bearer_auth("site canary-token")).await;
        http.send_form("/authentication/token/", &[("username", "eve"), ("password", "canary-password")])
            .await;
    }
    assert_eq!(issued.len(), 2);
    assert!(site.heard().iter().any(|heard| heard.contains("canary-token")));
    let log = running.stopped();
    assert!(
        log.contains("/register-by-access-token/site/") && log.contains("the provider answered 401"),
        "{log}"
    );
    for secret in issued.iter().map(String::as_str).chain(["canary"]) {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

/// A program that is told to stop does so, and says why it cannot start.
#[tokio::test]
async fn the_program_stops_when_told_and_says_when_its_address_is_taken() {
    let server = server_on_real_time(&[]).await;
    let running = started(&server, "text").await;
    assert_eq!(running.http.get("/healthz").await.status, 200);
    let mut settings = server.settings.clone();
    settings.retain(|(name, _)| name != "AUTHZ_LISTEN");
    settings.push(("AUTHZ_LISTEN".to_owned(), running.http.address.to_string()));
    let second = Program::new(&settings).run(&["serve"], "");
    assert_eq!(second.status, 1);
    assert!(second.err.contains(&running.http.address.to_string()), "{}", second.err);
    assert!(running.stopped().contains("authz listens"));
}
