//! Every grant against every kind of client, person, scope and artefact: a check that one grant has and its
//! sibling lacks is the commonest hole of servers like this one.

use authz::registration::Ending;

use crate::support::{
    AuthorizationRequest, Client, DEVICE_CODE, TestServer, password_of, server, server_with,
};

/// All there are; `authz::cli` knows no others (see `cli`).
const GRANTS: [&str; 5] =
    ["authorization_code", "refresh_token", "client_credentials", "password", DEVICE_CODE];

/// A request that is good for a client that may make it, with this scope.
async fn good(server: &TestServer, client: &Client, grant: &str, scope: &str) -> Vec<(&'static str, String)> {
    let mut fields = vec![("grant_type", grant.to_owned())];
    if !scope.is_empty() {
        fields.push(("scope", scope.to_owned()));
    }
    match grant {
        "authorization_code" | "refresh_token" | DEVICE_CODE => {
            // Bought by a client that may, whatever this one may: who may not is refused before it is looked at.
            let browser = server.browser();
            browser.sign_in("ada").await;
            if grant == DEVICE_CODE {
                let device = client.device().await;
                browser.allows(&device).await;
                fields.push(("device_code", device.device_code));
            } else if grant == "authorization_code" {
                let code = browser.code_for(client).await;
                fields.extend([("code", code.code), ("code_verifier", code.verifier)]);
            } else {
                fields.push(("refresh_token", browser.tokens_for(client).await.1));
            }
        }
        "password" => fields.extend([("username", "ada".to_owned()), ("password", password_of("ada"))]),
        _ => {}
    }
    fields
}

async fn send(client: &Client, fields: &[(&'static str, String)]) -> crate::support::Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    client.token(&fields).await
}

/// R45, R51
#[tokio::test]
async fn a_client_may_use_the_grants_it_was_given_and_no_other() {
    let server = server().await;
    server.person("ada").await;
    let all = server.client("all").await;
    for given in GRANTS {
        for public in [false, true] {
            let name = format!("{}-{public}", given.replace(':', "-"));
            let new = server.new_client(&name);
            let new = if public { new.public() } else { new };
            let client = match new.grant_types(&[given]).try_register().await {
                Ok(client) => client,
                Err(refused) => {
                    assert!(public && given == "client_credentials", "{refused}");
                    continue;
                }
            };
            for grant in GRANTS {
                // Whoever can begin a grant may renew it.
                let may = grant == given
                    || grant == "refresh_token"
                        && ["authorization_code", "password", DEVICE_CODE].contains(&given);
                let for_itself = may && grant == given && given != "refresh_token"
                    || grant == "refresh_token" && given == "authorization_code";
                let fields = good(&server, if for_itself { &client } else { &all }, grant, "").await;
                let answer = send(&client, &fields).await;
                match (may, for_itself) {
                    (true, true) => assert_eq!(answer.status, 200, "{name} {grant} {answer:?}"),
                    (true, false) => answer.is_error(400, "invalid_grant"),
                    (false, _) => answer.is_error(400, "unauthorized_client"),
                }
            }
        }
    }
}

/// R48: disabled between what was got and its use, at every grant and at the pages.
/// Section 2 nos. 14 and 17 of the dossier (CVE-2026-9798, CVE-2026-16103, CVE-2026-88770, CVE-2025-53942).
#[tokio::test]
async fn a_disabled_person_gets_nothing_at_any_grant() {
    let server = server().await;
    server.person("ada").await;
    let client = server.client("web").await;
    for grant in ["authorization_code", "refresh_token", "password", DEVICE_CODE] {
        server.advance(1);
        let fields = good(&server, &client, grant, "").await;
        let browser = server.browser();
        browser.sign_in("ada").await;
        server.disable("ada", true).await;
        send(&client, &fields).await.is_error(400, "invalid_grant");
        assert!(!browser.is_signed_in().await);
        browser.try_sign_in("ada", &password_of("ada")).await.is_page(200);
        server.advance(61);
        server.disable("ada", false).await;
    }
}

/// R49, section 2 no. 29 of the dossier (CVE-2024-52287)
#[tokio::test]
async fn no_grant_gives_more_scope_than_the_client_may_have() {
    let server = server_with(&[("SCOPES", "read=Read; write=Write; admin=Rule")]).await;
    server.person("ada").await;
    let client = server.new_client("web").scopes(&["read", "write"]).register().await;
    for grant in ["refresh_token", "client_credentials", "password"] {
        for wider in ["admin", "read admin", "read write admin"] {
            let fields = good(&server, &client, grant, wider).await;
            send(&client, &fields).await.is_error(400, "invalid_scope");
        }
        let fields = good(&server, &client, grant, "read").await;
        assert_eq!(send(&client, &fields).await.text("scope"), "read", "{grant}");
    }
    let browser = server.browser();
    browser.sign_in("ada").await;
    let answer = browser.get(&AuthorizationRequest::of(&client).with("scope", "admin").path()).await;
    assert!(answer.location().contains("error=invalid_scope"));
}

/// R34: each artefact at every place but its own.
/// Section 2 no. 2 of the dossier (CVE-2026-4282, CVE-2026-4325).
#[tokio::test]
async fn no_artefact_passes_as_another() {
    let server = server_with(&[("WRONG_PASSWORDS_PER_MINUTE", "0")]).await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let (access, refresh) = browser.tokens_for(&client).await;
    let code = browser.code_for(&client).await;
    let device = client.device().await;
    let again = AuthorizationRequest::of(&client).with("prompt", "consent");
    let csrf = browser.asked(&again).await.field("csrf_token").unwrap().to_owned();
    let artefacts = [
        ("access token", access.clone()),
        ("refresh token", refresh.clone()),
        ("code", code.code.clone()),
        ("session cookie", browser.cookie()),
        ("form token", csrf),
        ("client secret", client.secret.clone().unwrap()),
        ("verifier", code.verifier.clone()),
        ("device code", device.device_code.clone()),
        ("user code", device.user_code.clone()),
    ];
    for (kind, text) in &artefacts {
        if *kind != "code" {
            let fields = [
                ("grant_type", "authorization_code"),
                ("code", text),
                ("code_verifier", code.verifier.as_str()),
            ];
            client.token(&fields).await.is_error(400, "invalid_grant");
        }
        if *kind != "device code" {
            let fields = [("grant_type", DEVICE_CODE), ("device_code", text)];
            client.token(&fields).await.is_error(400, "invalid_grant");
        }
        if *kind != "user code" {
            assert!(browser.enters(text).await.element("device-error").is_some(), "{kind}");
        }
        if *kind != "refresh token" {
            client.refresh(text).await.is_error(400, "invalid_grant");
        }
        if *kind != "access token" {
            assert!(!client.vouches_for(text).await, "{kind}");
        }
        if *kind != "client secret" {
            client.with_secret(text).client_credentials().await.is_error(401, "invalid_client");
        }
        if *kind != "session cookie" {
            let other = server.browser();
            other.set_cookie("authz_session", text);
            assert!(!other.is_signed_in().await, "{kind}");
        }
        if !["access token", "refresh token"].contains(kind) {
            assert_eq!(client.revoke(text).await.status, 200);
        }
        client.password("ada", text).await.is_error(400, "invalid_grant");
        server.advance(1);
    }
    // None of that has spent or ended anything.
    assert!(client.vouches_for(&access).await);
    assert_eq!(client.redeem(&code).await.status, 200);
    assert_eq!(client.refresh(&refresh).await.status, 200);
    browser.allows(&device).await;
    assert_eq!(client.poll(&device).await.status, 200);
    assert!(browser.is_signed_in().await);
}

/// R48, R35, C6: a client that an administrator has switched off is refused at every grant, as if it were not there; and what it
/// was given before has ended for good, also once it is on again.
#[tokio::test]
async fn a_client_that_is_switched_off_gets_nothing_at_any_grant() {
    let server = server().await;
    server.person("ada").await;
    let watcher = server.new_client("watcher").introspects(&["timetracker"]).register().await;
    for grant in GRANTS {
        let client = server.client(&format!("of-{}", grant.replace(':', "-"))).await;
        let fields = good(&server, &client, grant, "").await;
        let access = send(&client, &good(&server, &client, grant, "").await).await.text("access_token");
        assert!(watcher.vouches_for(&access).await);
        server.end_client(&client, Ending::Disable).await;
        assert!(!watcher.vouches_for(&access).await, "{grant}");
        send(&client, &fields).await.is_error(401, "invalid_client");
        server.advance(1);
        send(&client, &fields).await.is_error(401, "invalid_client");
        server.end_client(&client, Ending::Enable).await;
        server.advance(1);
        let answer = send(&client, &fields).await;
        if ["client_credentials", "password"].contains(&grant) {
            assert!(watcher.vouches_for(&answer.text("access_token")).await, "{grant} {answer:?}");
        } else {
            answer.is_error(400, "invalid_grant");
        }
        assert!(!watcher.vouches_for(&access).await, "{grant}");
        let answer = send(&client, &good(&server, &client, grant, "").await).await;
        assert!(watcher.vouches_for(&answer.text("access_token")).await, "{grant} {answer:?}");
    }
}

/// R48, R49: the grants of these tests are all there are; a new one is in no table of theirs until it is named here.
#[tokio::test]
async fn every_grant_there_is_is_tried() {
    let server = server().await;
    let metadata = server.http.get("/o/.well-known/openid-configuration").await.json();
    let mut told: Vec<&str> = metadata["grant_types_supported"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each.as_str().unwrap())
        .collect();
    // Of the authorization endpoint: see `authorize::response_type`.
    told.retain(|each| *each != "implicit");
    // Of what others or this server have issued: see `conversion`.
    told.retain(|each| !["convert_token", "urn:ietf:params:oauth:grant-type:token-exchange"].contains(each));
    let mut tried = GRANTS.to_vec();
    told.sort_unstable();
    tried.sort_unstable();
    assert_eq!(told, tried);
}
