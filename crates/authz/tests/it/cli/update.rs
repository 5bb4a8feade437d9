//! `authz client update`, `revoke`, `disable`, `enable`.

use serde_json::{Value, json};

use super::{both, fails};
use crate::support::{Program, TestServer, eventually, server_on_real_time};

async fn with_a_client() -> (TestServer, Program) {
    let server = server_on_real_time(&[]).await;
    server
        .new_client("web")
        .named("Web")
        .grant_types(&["authorization_code"])
        .scopes(&["read"])
        .register()
        .await;
    let program = Program::new(&server.settings);
    (server, program)
}

/// What `client show` says of these members.
fn shown(program: &Program, members: &[&str]) -> Value {
    let all = program.run(&["client", "show", "web", "--json"], "").json();
    members.iter().map(|&name| (name.to_owned(), all[name].clone())).collect::<serde_json::Map<_, _>>().into()
}

/// R173: what is named changes, the rest stays; the running server hears of it, and the log has it.
#[tokio::test]
async fn an_administrator_changes_what_is_named_and_nothing_else() {
    let (server, program) = with_a_client().await;
    server.person("ada").await;
    let before = program.run(&["client", "show", "web", "--json"], "").json();
    let changed = program
        .run(
            &[
                "client",
                "update",
                "web",
                "--json",
                "--name",
                "Web 2",
                "--add-redirect-uri",
                "https://client.example/2",
                "--add-scope",
                "write",
                "--add-grant-type",
                "client_credentials",
                "--audience",
                "https://api.example",
                "--add-audience",
                "https://b.example",
                "--introspects",
                "x",
                "--owner",
                "ADA",
                "--metadata",
                r#"{"access_token_ttl_seconds":60}"#,
            ],
            "",
        )
        .json();
    let mut expected = before.clone();
    expected["name"] = json!("Web 2");
    expected["redirect_uris"] = json!(["https://client.example/cb", "https://client.example/2"]);
    expected["scopes"] = json!(["read", "write"]);
    expected["grant_types"] = json!(["authorization_code", "refresh_token", "client_credentials"]);
    expected["audiences"] = json!(["https://api.example", "https://b.example"]);
    expected["introspects"] = json!(["x"]);
    expected["user_id"] = json!(1);
    expected["metadata"]["access_token_ttl_seconds"] = json!(60);
    assert_eq!(changed, expected);
    assert_eq!(program.run(&["client", "show", "web", "--json"], "").json(), expected);
    eventually("the server knows", || async {
        server.app().clients.find("web").await.unwrap().is_some_and(|client| client.name == "Web 2")
    })
    .await;
    let event =
        "audit_events WHERE event = 'client_changed' AND client_id = 'web' AND origin LIKE 'command line%'";
    assert_eq!(server.count(event).await, 1);

    let narrower = ["--redirect-uri", "https://client.example/3", "--remove-scope", "write", "--no-owner"];
    let text = program.run(&[&["client", "update", "web"], &narrower[..]].concat(), "").out;
    assert!(text.contains("redirect URIs  https://client.example/3\n"), "{text}");
}

/// R3: the rules are those of registering, whatever is changed; and a list is never emptied by what would mean everything.
#[tokio::test]
async fn what_may_not_be_registered_cannot_be_changed_to() {
    let (server, program) = with_a_client().await;
    let before = shown(
        &program,
        &["name", "redirect_uris", "scopes", "grant_types", "audiences", "metadata", "user_id"],
    );
    for (arguments, told) in [
        (&["--add-redirect-uri", "http://c.example/cb"][..], "a redirect URI"),
        (&["--remove-redirect-uri", "https://client.example/cb"], "authorization_code needs a redirect URI"),
        (&["--remove-redirect-uri", "https://client.example/CB"], "it has no https://client.example/CB"),
        (&["--remove-scope", "read"], "something must be left"),
        (&["--remove-audience", "timetracker"], "something must be left"),
        (&["--add-scope", "admin"], "the scopes are"),
        (&["--add-grant-type", "implicit"], "a grant type is one of"),
        (&["--remove-grant-type", "refresh_token"], "refresh_token comes along"),
        (&["--audience", "a b"], "an audience has visible characters"),
        (&["--name", " "], "a name has 1 to 100 characters"),
        (&["--owner", "nobody"], "there is no such person"),
        (&["--metadata", "[]"], "metadata is a JSON object"),
        (&["--metadata", r#"{"x":1}"#], "there is no metadata x"),
    ] {
        let arguments = [&["client", "update", "web"], arguments].concat();
        let error = fails(&program, &arguments, "", 1);
        assert!(error.contains(told), "{arguments:?} {error}");
    }
    assert_eq!(
        fails(&program, &["client", "update", "nobody", "--name", "x"], "", 1),
        "authz: there is no such client\n"
    );
    for arguments in [
        &["web"][..],
        &["--name", "x"],
        &["web", "--owner", "ada", "--no-owner"],
        &["web", "--type", "public"],
    ] {
        fails(&program, &[&["client", "update"], arguments].concat(), "", 2);
    }
    let after = shown(
        &program,
        &["name", "redirect_uris", "scopes", "grant_types", "audiences", "metadata", "user_id"],
    );
    assert_eq!(after, before);
    assert_eq!(server.count("audit_events WHERE event = 'client_changed'").await, 0);
}

/// R48: beside a running server.
#[tokio::test]
async fn a_client_is_ended_switched_off_and_on_again() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let client = server.client("web").await;
    let watcher = server.new_client("watcher").introspects(&["timetracker"]).register().await;
    let first = client.client_credentials().await.text("access_token");
    let (done, text) = both(&program, &["client", "revoke", "web"], "");
    assert_eq!(
        (done, text.as_str()),
        (json!({"client_id": "web", "done": true}), "Every grant, code and token of it has ended.\n")
    );
    eventually("its token has ended", || async { !watcher.vouches_for(&first).await }).await;
    eventually("it gets another", || async {
        watcher.vouches_for(&client.client_credentials().await.text("access_token")).await
    })
    .await;
    let second = client.client_credentials().await.text("access_token");
    assert_eq!(program.run(&["client", "disable", "web"], "").status, 0);
    eventually("it is refused", || async { client.client_credentials().await.status == 401 }).await;
    eventually("its token has ended", || async { !watcher.vouches_for(&second).await }).await;
    client.introspect(&second).await.is_error(401, "invalid_client");
    client.device_authorization(&[]).await.is_error(401, "invalid_client");
    client.revoke(&second).await.is_error(401, "invalid_client");
    let request = crate::support::AuthorizationRequest::of(&client);
    server.browser().get(&request.path()).await.is_page(400);
    assert!(shown(&program, &["disabled_at"])["disabled_at"].is_string());
    assert!(program.run(&["client", "list"], "").out.contains("(switched off)"));
    assert!(program.run(&["client", "show", "web"], "").out.contains("state          switched off since "));
    assert_eq!(
        program.run(&["client", "enable", "web", "--json"], "").json(),
        json!({"client_id": "web", "done": true})
    );
    eventually("it is served", || async { client.client_credentials().await.status == 200 }).await;
    assert!(!watcher.vouches_for(&second).await, "what it had stays ended");
    assert_eq!(shown(&program, &["disabled_at"]), json!({"disabled_at": null}));
    for command in ["revoke", "disable", "enable"] {
        assert_eq!(
            fails(&program, &["client", command, "nobody"], "", 1),
            "authz: there is no such client\n"
        );
    }
    for event in ["client_revoked", "client_disabled", "client_enabled"] {
        let times = if event == "client_revoked" { 2 } else { 1 };
        assert_eq!(
            server.count(&format!("audit_events WHERE event = '{event}' AND client_id = 'web'")).await,
            times
        );
    }
}

/// Its owner sees why it is refused, and cannot switch it on.
#[tokio::test]
async fn an_owner_is_told_that_their_application_is_switched_off() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let browser = server.signed_in("ada").await;
    let mine = crate::applications::registered(&browser, "Mine").await;
    assert_eq!(browser.get(&mine.path("")).await.element("switched-off"), None);
    assert_eq!(program.run(&["client", "disable", &mine.id], "").status, 0);
    let told = browser.get(&mine.path("")).await.element("switched-off");
    assert_eq!(
        told.as_deref(),
        Some(
            "An administrator has switched this application off. It gets nothing until they switch it on again."
        )
    );
    let form = crate::applications::filled(&browser.get(&mine.path("update/")).await, "Changed");
    browser.submit(&form).await.location();
    assert!(browser.get(&mine.path("")).await.element("switched-off").is_some());
    mine.client(&server).client_credentials().await.is_error(401, "invalid_client");
}
