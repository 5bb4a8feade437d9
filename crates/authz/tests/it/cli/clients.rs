//! `authz client …`

use serde_json::json;

use super::{both, fails};
use crate::support::{Client, Program, eventually, server_on_real_time};

/// R3, R42, R126, R173
#[tokio::test]
async fn clients_are_registered_shown_rotated_and_deleted() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let create = [
        "client",
        "create",
        "--name",
        "Web",
        "--type",
        "confidential",
        "--grant-type",
        "authorization_code",
        "--grant-type",
        "client_credentials",
        "--redirect-uri",
        "https://client.example/cb",
        "--scope",
        "read",
        "--audience",
        "timetracker",
        "--introspects",
        "timetracker",
        "--id",
        "web",
        "--json",
    ];
    let mut made = program.run(&create, "").json();
    let secret = made["client_secret"].take().as_str().unwrap().to_owned();
    made["created_at"].take();
    let mut metadata = json!({"default_max_age": null, "id_token_signed_response_alg": "RS256",
        "userinfo_signed_response_alg": null, "subject_type": "public", "sector_identifier_uri": null,
        "response_types": ["code"], "require_pkce": true,
        "is_first_party": false, "access_token_format": "opaque", "access_token_signed_response_alg": "RS256",
        "access_token_ttl_seconds": null, "refresh_token_ttl_seconds": null, "refresh_token_idle_seconds": null,
        "allowed_origins": [],

        "token_endpoint_auth_method": null, "token_endpoint_auth_signing_alg": null,
        "request_object_signing_alg": null, "require_signed_request_object": false,
        "jwks": null, "jwks_uri": null, "dpop_bound_access_tokens": false, "require_auth_time": false, "contacts": [],
        "client_uri": null, "logo_uri": null, "policy_uri": null, "tos_uri": null,
        "post_logout_redirect_uris": [], "backchannel_logout_uri": null,
        "backchannel_logout_session_required": false, "frontchannel_logout_uri": null,
        "frontchannel_logout_session_required": false, "is_self_registered": false});
    metadata["registrable_response_types"] = json!([]);
    metadata["initiate_login_uri"] = json!(null);
    metadata["request_uris"] = json!([]);
    metadata["is_from_document"] = json!(false);
    assert_eq!(
        made,
        json!({
            "client_id": "web", "name": "Web", "type": "confidential",
            "grant_types": ["authorization_code", "client_credentials", "refresh_token"],
            "redirect_uris": ["https://client.example/cb"], "scopes": ["read"], "audiences": ["timetracker"],
            "introspects": ["timetracker"], "created_at": null, "client_secret": null,
            "user_id": null, "disabled_at": null,
            "metadata": metadata,
        })
    );
    assert_eq!(fails(&program, &create[..create.len() - 1], "", 1), "authz: the client id is taken\n");
    // The running server knows it at once, and never says the secret again.
    let web = Client::known(&server, "web", &secret);
    let access = web.client_credentials().await.text("access_token");
    for arguments in [&["client", "list"][..], &["client", "show", "web"]] {
        let (shown, text) = both(&program, arguments, "");
        assert!(text.contains("web") && shown.to_string().contains("\"web\""));
        for told in [&text, &shown.to_string()] {
            assert!(!told.contains(&secret) && !told.contains("secret"), "{told}");
        }
    }
    let rotated = program.run(&["client", "rotate-secret", "web", "--json"], "").json();
    assert!(rotated["previous_valid_until"].is_string());
    let rotated = web.with_secret(rotated["client_secret"].as_str().unwrap());
    eventually("the new secret is known", || async { rotated.client_credentials().await.status == 200 })
        .await;
    assert_eq!(web.client_credentials().await.status, 200);

    let watcher = server.new_client("watcher").introspects(&["timetracker"]).register().await;
    assert!(watcher.vouches_for(&access).await);
    let gone = program.run(&["client", "delete", "web", "--json"], "").json();
    assert_eq!(gone, json!({"client_id": "web", "deleted": true}));
    eventually("the client is gone", || async { rotated.client_credentials().await.status == 401 }).await;
    eventually("its tokens are gone", || async { !watcher.vouches_for(&access).await }).await;
    for command in ["show", "delete", "rotate-secret"] {
        assert!(fails(&program, &["client", command, "web"], "", 1).contains("there is no such"));
    }
    // Another client of that id: what was issued to the one before stays void, and what it gets itself is good.
    let again = program.run(&create, "").json();
    let again = web.with_secret(again["client_secret"].as_str().unwrap());
    rotated.client_credentials().await.is_error(401, "invalid_client");
    eventually("the new one's tokens are good", || async {
        let access = again.client_credentials().await.text("access_token");
        watcher.vouches_for(&access).await
    })
    .await;
    assert!(!watcher.vouches_for(&access).await);
}

/// R3
#[tokio::test]
async fn what_should_not_be_registered_is_refused() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let public =
        ["client", "create", "--type", "public", "--name", "x", "--grant-type", "authorization_code"];
    for uri in [
        "/cb",
        "c.example/cb",
        "http://c.example/cb",
        "https://c.example/cb#",
        "https://c.example/cb#f",
        "https://u@c.example/cb",
        "https://u:p@c.example/cb",
        "https://*.example/cb",
        "https://c.example/*",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://c.example/x",
        "about:blank",
        "myapp:/cb",
        "https://",
        "https://c.example/c b",
        "https://c.example\\@evil/",
        "https://c.example/\u{202e}cb",
        "HTTPS:c.example/cb",
        "//c.example/cb",
        "https://c.example/cb\nhttps://evil.example/cb",
        "",
    ] {
        let arguments: Vec<&str> = public.into_iter().chain(["--redirect-uri", uri]).collect();
        assert!(fails(&program, &arguments, "", 1).contains("a redirect URI"), "{uri}");
    }
    for (arguments, told) in [
        (&["--name", "x"][..], "authorization_code needs a redirect URI"),
        (
            &["--scope", "admin", "--redirect-uri", "https://c.example/"],
            "the scopes are activities:read activities:write address email",
        ),
        (&["--grant-type", "implicit", "--redirect-uri", "https://c.example/"], "a grant type is one of"),
        (
            &["--grant-type", "client_credentials", "--redirect-uri", "https://c.example/"],
            "only a confidential client",
        ),
        (
            &["--introspects", "timetracker", "--redirect-uri", "https://c.example/"],
            "only a confidential client",
        ),
        (
            &["--id", "1", "--redirect-uri", "https://c.example/"],
            "a client id begins with a letter or a digit",
        ),
        (&["--id", "register", "--redirect-uri", "https://c.example/"], "a client id is not register:"),
        (
            &["--audience", "a b", "--redirect-uri", "https://c.example/"],
            "an audience has visible characters",
        ),
    ] {
        let base = ["client", "create", "--type", "public", "--grant-type", "authorization_code"];
        let named: &[&str] = if arguments[0] == "--name" { &[] } else { &["--name", "x"] };
        let arguments: Vec<&str> = base.iter().chain(named).chain(arguments).copied().collect();
        let error = fails(&program, &arguments, "", 1);
        assert!(error.contains(told), "{error}");
    }
    for name in ["", " ", "a\x1b[2Jb", "a\nb", &"x".repeat(101)] {
        let arguments =
            ["client", "create", "--type", "public", "--grant-type", "refresh_token", "--name", name];
        assert!(fails(&program, &arguments, "", 1).contains("a name has 1 to 100 characters"));
    }
    assert_eq!(server.count("clients").await, 0);
}

/// R70, section 2 no. 36 of the dossier (DOT #1737): an administrator says more about a client, at registration and later,
/// and the running server hears of it. Nothing is signed with a secret, or not at all.
#[tokio::test]
async fn metadata_is_given_changed_and_judged() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let create =
        ["client", "create", "--name", "Web", "--type", "public", "--id", "web", "--json", "--metadata"];
    let with = |metadata| [create.as_slice(), &[metadata]].concat();
    for wrong in [
        "",
        "[]",
        r#"{"no_such_member":1}"#,
        r#"{"is_first_party":1}"#,
        // R70
        r#"{"id_token_signed_response_alg":"HS256"}"#,
        r#"{"id_token_signed_response_alg":"none"}"#,
        r#"{"response_types":["code code"]}"#,
        r#"{"require_pkce":false}"#,
        r#"{"sector_identifier_uri":"http://x.example/s.json"}"#,
    ] {
        fails(&program, &with(wrong), "", 1);
    }
    let made = program.run(&with(r#"{"is_first_party":true}"#), "").json();
    assert_eq!(made["metadata"]["is_first_party"], true);
    let known = server.app().clients.find("web").await.unwrap().unwrap();
    assert!(known.metadata.is_first_party);

    let change = |changes| ["client", "set-metadata", "web", changes, "--json"];
    let changed = program.run(&change(r#"{"default_max_age":60}"#), "").json();
    assert_eq!(changed["metadata"]["default_max_age"], 60);
    assert_eq!(changed["metadata"]["is_first_party"], true);
    assert_eq!(program.run(&["client", "show", "web", "--json"], "").json(), changed);
    eventually("the change is known", || async {
        let known = server.app().clients.find("web").await.unwrap().unwrap();
        known.metadata.default_max_age == Some(60)
    })
    .await;
    assert!(fails(&program, &["client", "set-metadata", "nobody", "{}"], "", 1).contains("there is no such"));
    assert!(
        fails(&program, &["client", "set-metadata", "web", r#"{"x":1}"#], "", 1)
            .contains("there is no metadata x")
    );
}

/// R107, R173: what an administrator hands out so that others register clients, and what these may have.
#[tokio::test]
async fn registration_tokens_are_shown_once_listed_and_removed() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let run = |arguments: &[&str]| {
        program.run(&[&["client", "registration-token"][..], arguments, &["--json"]].concat(), "").json()
    };
    let strict = run(&["create"]);
    assert_eq!((&strict["response_types"], &strict["without_pkce"]), (&json!([]), &json!(false)));
    let types = ["--response-type", "id_token code", "--response-type", "id_token"];
    let made = run(&[&["create", "--note", "bob", "--uses", "2", "--without-pkce"][..], &types].concat());
    assert!(made["token"].as_str().unwrap().starts_with("tti_"), "{made}");
    let expected = json!({
        "id": made["id"], "note": "bob", "uses_left": 2, "created_at": made["created_at"],
        "ends_at": made["ends_at"], "response_types": ["code id_token", "id_token"], "without_pkce": true,
    });
    assert_eq!(run(&["list"])[1], expected);
    fails(&program, &["client", "registration-token", "create", "--response-type", "codes"], "", 2);
    let id = made["id"].as_str().unwrap();
    assert_eq!(run(&["delete", id]), json!({"id": id, "deleted": true}));
    fails(&program, &["client", "registration-token", "delete", id], "", 1);
    assert_eq!(run(&["list"]).as_array().unwrap().len(), 1);
}
