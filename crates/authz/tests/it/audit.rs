//! The audit log.

use authz::server::write_audit;
use authz::store::audit_events::{self, AuditEvent, Wanted};
use model::time::Timestamp;
use serde_json::json;

use crate::support::{AuthorizationRequest, Program, TestServer, password_of, server, server_on_real_time};

/// What the log says so far: event, person, client, detail, times.
async fn log(server: &TestServer) -> Vec<String> {
    write_audit(server.app()).await;
    let wanted = Wanted { limit: 1_000, ..Wanted::default() };
    let events = server.app().db.read(move |conn| audit_events::newest(conn, &wanted)).await.unwrap();
    events
        .into_iter()
        .map(|(_, AuditEvent { event, user_id, client_id, origin, detail, times, .. })| {
            assert!(["127.0.0.1", "command line"].contains(&origin.as_str()), "{origin}");
            let user = user_id.map_or_else(|| "-".to_owned(), |user| user.to_string());
            format!("{event} {user} {} [{detail}] {times}", client_id.as_deref().unwrap_or("-"))
        })
        .collect()
}

/// R172: each event once, in order, with who, what and which.
#[tokio::test]
async fn what_people_and_clients_do_is_in_the_log_once() {
    let server = server().await;
    let client = server.new_client("web").id(Some("web")).register().await;
    let browser = server.browser();
    assert_eq!(browser.try_sign_up("ada", &password_of("ada")).await.status, 303);
    server.browser().try_sign_in("ada", "wrong").await.is_page(200);
    server.browser().try_sign_in("nobody", "wrong").await.is_page(200);
    let mut expected = vec![
        "client_created - web [] 1",
        "sign_up 1 - [] 1",
        "sign_in 1 - [] 1",
        "sign_in_refused 1 - [] 1",
        "sign_in_refused - - [] 1",
    ];
    assert_eq!(sorted(log(&server).await), sorted(&expected));

    server.advance(1);
    browser.decide(&AuthorizationRequest::of(&client), "refuse").await;
    let code = browser.code_for(&client).await;
    let answer = client.redeem(&code).await;
    let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
    client.refresh(&refresh).await;
    client.revoke(&access).await;
    client.revoke(&access).await;
    client.with_secret("wrong").client_credentials().await.is_error(401, "invalid_client");
    for _ in 0..3 {
        client.client_credentials().await;
    }
    client.refresh("nonsense").await.is_error(400, "invalid_grant");
    let log_now = log(&server).await;
    let grant = log_now.iter().find_map(|line| line.strip_prefix("revoked 1 web ")).unwrap().to_owned();
    let revoked = format!("revoked 1 web {grant}");
    expected.extend([
        revoked.as_str(),
        "consent_refused 1 web [read write] 1",
        "consent_given 1 web [read write] 1",
        "token_issued 1 web [authorization_code] 1",
        "token_issued 1 web [refresh_token] 1",
        "client_refused - web [] 1",
        "token_issued - web [client_credentials] 3",
        "token_refused - web [invalid_grant] 1",
    ]);
    assert_eq!(sorted(log_now), sorted(&expected));
}

/// R172: what people decide for devices is in it; that devices ask whether they have is not.
#[tokio::test]
async fn what_people_decide_for_devices_is_in_the_log_once() {
    let server = server().await;
    let client = server.new_client("tv").id(Some("tv")).register().await;
    let browser = server.signed_in("ada").await;
    let (allowed, refused) = (client.device().await, client.device().await);
    for _ in 0..3 {
        client.poll(&allowed).await;
    }
    let question = browser.enters(&allowed.user_code).await.form("device-question-form");
    for _ in 0..2 {
        browser.submit(&question.clone().with("decision", "allow")).await.is_page(200);
    }
    browser.answers(&refused, "refuse").await;
    client.poll(&allowed).await;
    client.poll(&refused).await;
    let expected = [
        "client_created - tv [] 1",
        "sign_up 1 - [] 1",
        "sign_in 1 - [] 1",
        "device_approved 1 tv [read write] 1",
        "device_refused 1 tv [read write] 1",
        "token_issued 1 tv [urn:ietf:params:oauth:grant-type:device_code] 1",
        "token_refused - tv [access_denied] 1",
    ];
    assert_eq!(sorted(log(&server).await), sorted(expected));
}

/// R172: tokens that a browser carried are in it like those from the token endpoint.
#[tokio::test]
async fn tokens_that_a_browser_carried_are_in_the_log() {
    let server = server().await;
    let metadata =
        json!({"response_types": ["code", "token", "id_token", "code id_token token"]}).to_string();
    let client = server.new_client("web").id(Some("web")).metadata(&metadata).register().await;
    let browser = server.signed_in("ada").await;
    for response_type in ["code", "token", "id_token", "token id_token code"] {
        let request = AuthorizationRequest::of(&client).with("scope", "openid").with("nonce", "n");
        browser.decide(&request.with("response_type", response_type), "allow").await.location();
    }
    let lines = log(&server).await;
    let issued: Vec<_> = lines.into_iter().filter(|line| line.starts_with("token_issued")).collect();
    let expected = [
        "token_issued 1 web [token] 1",
        "token_issued 1 web [id_token] 1",
        "token_issued 1 web [code id_token token] 1",
    ];
    assert_eq!(sorted(issued), sorted(expected));
}

/// R54, R172: theft that was noticed names the grant.
#[tokio::test]
async fn a_replayed_code_and_a_reused_refresh_token_are_in_the_log() {
    let server = server().await;
    let client = server.new_client("web").id(Some("web")).register().await;
    let browser = server.signed_in("ada").await;
    let code = browser.code_for(&client).await;
    client.redeem(&code).await;
    client.redeem(&code).await.is_error(400, "invalid_grant");
    let (_, refresh) = browser.tokens_for(&client).await;
    for _ in 0..2 {
        server.advance(11);
        client.refresh(&refresh).await;
    }
    let log = log(&server).await;
    for (begin, count) in [("code_replayed 1 web [", 1), ("refresh_token_reused - web [", 1)] {
        assert_eq!(log.iter().filter(|line| line.starts_with(begin)).count(), count, "{log:#?}");
    }
}

fn sorted<T: ToString>(lines: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut lines: Vec<String> = lines.into_iter().map(|line| line.to_string()).collect();
    lines.sort();
    lines
}

/// R172: administrators are in it as well, and read it by command.
#[tokio::test]
async fn an_administrator_is_in_the_log_and_reads_it() {
    let server = server_on_real_time(&[]).await;
    let mut settings = server.settings.clone();
    settings.push(("USER".to_owned(), "root".to_owned()));
    let program = Program::new(&settings);
    for (arguments, stdin) in [
        (&["user", "create", "ada"][..], "correct horse battery"),
        (&["user", "set-password", "ada"], "battery horse correct"),
        (&["user", "disable", "ada"], ""),
        (&["user", "enable", "ada"], ""),
        (&["user", "unlock", "ada"], ""),
        (&["user", "disable", "nobody"], ""),
        (&["client", "create", "--id", "web", "--name", "Web", "--type", "confidential"], ""),
        (&["client", "rotate-secret", "web"], ""),
        (&["client", "delete", "web"], ""),
        (&["key", "rotate"], ""),
        (&["revoke-all"], ""),
    ] {
        let failed = arguments.contains(&"nobody");
        assert_eq!(program.run(arguments, stdin).status, i32::from(failed), "{arguments:?}");
    }
    let described = |event: &str, user: Option<i64>, client: Option<&str>| {
        json!({
            "event": event, "user_id": user, "client_id": client,
            "origin": "command line of root", "detail": "", "times": 1,
        })
    };
    let all = [
        described("sign_up", Some(1), None),
        described("password_set", Some(1), None),
        described("user_disabled", Some(1), None),
        described("user_enabled", Some(1), None),
        described("user_unlocked", Some(1), None),
        described("client_created", None, Some("web")),
        described("client_secret_rotated", None, Some("web")),
        described("client_deleted", None, Some("web")),
        described("key_rotated", None, None),
        described("all_revoked", None, None),
    ];
    let read = |arguments: &[&str]| {
        let mut said = program.run(&[&["--json", "audit"], arguments].concat(), "").json();
        for event in said.as_array_mut().unwrap() {
            let at = event.as_object_mut().unwrap().shift_remove("at").unwrap();
            assert!(at.as_str().unwrap().parse::<Timestamp>().is_ok(), "{at}");
        }
        said
    };
    assert_eq!(read(&[]), json!(all));
    assert_eq!(read(&["--user", "Ada"]), json!(all[..5]));
    assert_eq!(read(&["--client", "web", "--event", "client_deleted"]), json!(all[7..8]));
    assert_eq!(read(&["--limit", "2"]), json!(all[8..]));
    assert_eq!(read(&["--since", "2100-01-01T00:00:00Z"]), json!([]));
    assert_eq!(program.run(&["audit", "--user", "nobody"], "").err.trim(), "authz: there is no such person");
    let text = program.run(&["audit", "--limit", "1", "--user", "ada"], "").out;
    assert!(text.trim().ends_with("  user_unlocked           person 1  from command line of root"), "{text}");
}

/// R172: append-only is the database's word, not ours; only what is old can go.
#[tokio::test]
async fn the_database_refuses_to_change_the_log() {
    use diesel::connection::SimpleConnection;
    let server = server().await;
    server.signed_in("ada").await;
    let rows = server.count("audit_events").await;
    assert_eq!(rows, 2);
    for statement in [
        "UPDATE audit_events SET detail = 'x'",
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE id = 1",
    ] {
        let tried = server.app().db.write(move |conn| conn.batch_execute(statement)).await.unwrap_err();
        assert!(tried.to_string().contains("the audit log is append-only"), "{statement}: {tried}");
    }
    server
        .sql("INSERT INTO audit_events (at, event, origin, detail, times) VALUES (0, 'sign_in', 'x', '', 1)")
        .await;
    let before = Timestamp::from_unix_seconds(1_000);
    let swept = server.app().db.write(move |conn| audit_events::sweep(conn, before, 100)).await;
    assert_eq!(swept.unwrap(), 1);
    assert_eq!(server.count("audit_events").await, rows);
}
