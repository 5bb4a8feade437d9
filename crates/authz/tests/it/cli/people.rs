//! `authz user show`, `set-profile --merge`, `rename`, `delete`.

use serde_json::{Value, json};

use super::{both, fails};
use crate::support::{Program, eventually, password_of, server_on_real_time};

#[tokio::test]
async fn one_person_is_shown_and_a_part_of_their_profile_is_changed() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    server.person("ada").await;
    program.run(&["user", "groups", "ada", "staff"], "");
    let profile = r#"{"email":"ada@example.com","given_name":"Ada","updated_at":7}"#;
    assert_eq!(program.run(&["user", "set-profile", "ada"], profile).status, 0);
    let merge = ["user", "set-profile", "ada", "--merge"];
    assert_eq!(program.run(&merge, r#"{"email_verified":true,"given_name":null}"#).status, 0);
    let (mut shown, text) = both(&program, &["user", "show", "ADA"], "");
    assert!(shown["created_at"].take().is_string());
    assert!(shown["profile"]["updated_at"].take().as_i64().unwrap() > 7);
    let said: serde_json::Map<String, Value> = shown["profile"]
        .take()
        .as_object()
        .unwrap()
        .clone()
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect();
    assert_eq!(Value::from(said), json!({"email": "ada@example.com", "email_verified": true}));
    assert_eq!(
        shown,
        json!({"id": 1, "username": "ada", "created_at": null, "disabled_at": null, "groups": ["staff"], "profile": null})
    );
    assert!(text.contains("groups      staff\n"), "{text}");
    for wrong in ["", "[]", r#"{"shoe_size":7}"#, r#"{"email":7}"#] {
        assert!(fails(&program, &merge, wrong, 1).contains("the profile:"), "{wrong}");
    }
    fails(&program, &["user", "show", "nobody"], "", 1);
    fails(&program, &["user", "set-profile", "nobody", "--merge"], "{}", 1);
}

/// R69: the number stays, and nobody else is taken for the person, by number or by name.
#[tokio::test]
async fn a_person_gets_another_name_and_nobody_gets_the_old_one() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    server.person("bob").await;
    let (access, refresh) = browser.tokens_for(&client).await;
    let done = program.run(&["user", "rename", "ada", "Lovelace", "--json"], "").json();
    assert_eq!(done, json!({"username": "Lovelace", "done": true}));
    assert!(!browser.is_signed_in().await);
    client.refresh(&refresh).await.is_error(400, "invalid_grant");
    eventually("the server hears of it", || async { !client.vouches_for(&access).await }).await;
    let browser = server.browser();
    browser.try_sign_in("lovelace", &password_of("ada")).await.location();
    let (access, _) = browser.tokens_for(&client).await;
    let said = client.introspect(&access).await.json();
    assert_eq!((&said["sub"], &said["username"]), (&json!("1"), &json!("Lovelace")));

    // Nobody else, in whatever letters, by whatever way.
    assert_eq!(
        fails(&program, &["user", "create", "ADA"], &password_of("eve"), 1),
        "authz: the name is taken\n"
    );
    let answer = server.browser().try_sign_up("ada", &password_of("eve")).await;
    assert_eq!(answer.element("username-error").as_deref(), Some("This name is taken. Choose another."));
    for taken in ["ada", "Ada", "lovelace"] {
        let error = fails(&program, &["user", "rename", "bob", taken], "", 1);
        assert_eq!(error, "authz: the name is taken, or was somebody else's\n");
    }
    // But they themselves may have it back; then the other is theirs alone.
    assert_eq!(program.run(&["user", "rename", "lovelace", "ada"], "").status, 0);
    fails(&program, &["user", "rename", "bob", "lovelace"], "", 1);
    assert_eq!(program.run(&["user", "rename", "ada", "ADA"], "").status, 0);
    fails(&program, &["user", "rename", "ada", "e v e"], "", 1);
    fails(&program, &["user", "rename", "nobody", "somebody"], "", 1);
    assert_eq!(
        server
            .count("audit_events WHERE event = 'user_renamed' AND user_id = 1 AND detail = 'ada -> lovelace'")
            .await,
        1
    );
    assert_eq!(server.count("users").await, 2);
}

/// R48, R61, R69, C13
#[tokio::test]
async fn a_person_who_is_deleted_leaves_their_number_and_their_name_to_nobody() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let mine = crate::applications::registered(&browser, "Mine").await;
    let (access, refresh) = browser.tokens_for(&client).await;
    let code = browser.code_for(&client).await;
    program.run(&["user", "groups", "ada", "staff"], "");
    program.run(&["user", "set-profile", "ada"], r#"{"email":"ada@example.com"}"#);
    let done = program.run(&["user", "delete", "ADA", "--json"], "").json();
    assert_eq!(done, json!({"username": "ADA", "id": 1, "deleted": true, "clients": [mine.id]}));
    client.refresh(&refresh).await.is_error(400, "invalid_grant");
    client.redeem(&code).await.is_error(400, "invalid_grant");
    client.password("ada", &password_of("ada")).await.is_error(400, "invalid_grant");
    server.browser().try_sign_in("ada", &password_of("ada")).await.is_page(200);
    server.browser().try_sign_in("deleted 1", "").await.is_page(200);
    assert!(!browser.is_signed_in().await);
    eventually("the server hears of it", || async { !client.vouches_for(&access).await }).await;
    // The application serves whoever uses it.
    assert_eq!(mine.client(&server).client_credentials().await.status, 200);
    assert_eq!(program.run(&["client", "show", &mine.id, "--json"], "").json()["user_id"], Value::Null);
    for table in
        ["grants", "sessions", "consents", "user_groups", "users WHERE profile <> '{}' OR username <> ''"]
    {
        assert_eq!(server.count(table).await, 0, "{table}");
    }
    for command in ["show", "disable", "enable", "unlock", "delete", "grants"] {
        assert_eq!(fails(&program, &["user", command, "ada"], "", 1), "authz: there is no such person\n");
        fails(&program, &["user", command, "deleted 1"], "", 1);
    }
    fails(&program, &["user", "set-profile", "deleted 1"], "{}", 1);
    assert_eq!(
        fails(&program, &["user", "create", "ada"], &password_of("ada"), 1),
        "authz: the name is taken\n"
    );
    assert_eq!(program.run(&["user", "list", "--json"], "").json(), json!([]));

    // Another is another, also by that name once it is free.
    let made = program.run(&["user", "create", "bob", "--json"], &password_of("bob")).json();
    assert!(made["id"].as_i64().unwrap() > 1);
    assert_eq!(program.run(&["user", "delete", "bob", "--free-name"], "").status, 0);
    let again = program.run(&["user", "create", "bob", "--json"], &password_of("bob")).json();
    assert!(again["id"].as_i64() > made["id"].as_i64());
    let events = program.run(&["audit", "--user-id", "1", "--event", "user_deleted", "--json"], "").json();
    assert_eq!(events.as_array().unwrap().len(), 1);
}
