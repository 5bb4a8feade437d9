//! Devices without a browser: RFC 8628. What they ask, what they are told while they wait, and what comes of it; the
//! person's side is in `device/page.rs`.

mod guessing;
mod page;

use authz::store::device_codes;
use model::time::Timestamp;
use serde_json::json;

use crate::support::{
    Client, DEVICE_CODE, Device, Program, TestServer, server, server_on_real_time, server_with,
};

const PATH: &str = "/o/device-authorization/";

/// R27, R47: the answer of section 3.2, to the letter; the code in the address is the code on the screen.
#[tokio::test]
async fn a_device_is_given_a_code_for_itself_and_one_for_its_person() {
    let server = server().await;
    let (client, phone) = (server.client("tv").await, server.public_client("phone").await);
    for answer in [
        client.device_authorization(&[]).await,
        client.post("/o/device-authorization", &[("scope", "read")]).await,
        phone.device_authorization(&[]).await,
        server
            .http
            .send_form(PATH, &[("client_id", "tv"), ("client_secret", client.secret.as_deref().unwrap())])
            .await,
    ] {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(
            (answer.header("cache-control"), answer.header("pragma")),
            (Some("no-store"), Some("no-cache"))
        );
        let (device_code, user_code) = (answer.text("device_code"), answer.text("user_code"));
        assert!(device_code.starts_with("ttd_") && device_code.len() == 47, "{device_code}");
        let (first, second) = user_code.split_once('-').unwrap();
        let letters =
            |half: &str| half.len() == 4 && half.chars().all(|each| "BCDFGHJKLMNPQRSTVWXZ".contains(each));
        assert!(letters(first) && letters(second), "{user_code}");
        assert_eq!(
            answer.json(),
            json!({
                "device_code": device_code,
                "user_code": user_code,
                "verification_uri": "http://localhost:8000/o/device/",
                "verification_uri_complete": format!("http://localhost:8000/o/device/?user_code={user_code}"),
                "expires_in": 600,
                "interval": 5,
            })
        );
    }
}

/// R40, R49: the client proves who it is as at the token endpoint, and is told at once when it asks for too much.
#[tokio::test]
async fn who_asks_wrongly_gets_no_codes() {
    let server = server_with(&[("SCOPES", "read=Read; write=Write; admin=Rule")]).await;
    let client = server.new_client("tv").scopes(&["read", "write"]).register().await;
    client.with_secret("wrong").device_authorization(&[]).await.is_error(401, "invalid_client");
    client.as_public().device_authorization(&[]).await.is_error(401, "invalid_client");
    server.http.send_form(PATH, &[]).await.is_error(401, "invalid_client");
    server.http.send_form(PATH, &[("client_id", "nobody")]).await.is_error(401, "invalid_client");
    client.device_authorization(&[("scope", "admin")]).await.is_error(400, "invalid_scope");
    client.device_authorization(&[("scope", "read admin")]).await.is_error(400, "invalid_scope");
    client
        .device_authorization(&[("resource", "https://elsewhere.example")])
        .await
        .is_error(400, "invalid_target");
    for fields in [[("scope", "read"), ("scope", "read")], [("scope", "read"), ("scope", "write")]] {
        client.device_authorization(&fields).await.is_error(400, "invalid_request");
    }
    client.post(&format!("{PATH}?scope=read"), &[]).await.is_error(400, "invalid_request");
    let other = server.new_client("web").grant_types(&["authorization_code", "password"]).register().await;
    other.device_authorization(&[]).await.is_error(400, "unauthorized_client");
    other.poll(&client.device().await).await.is_error(400, "unauthorized_client");
    assert_eq!(server.count("device_codes").await, 1);
}

/// Sections 3.4 and 3.5: waiting, then tokens as from a code, which are renewed and revoked as such.
#[tokio::test]
async fn what_a_person_allows_a_device_it_gets() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    for client in [server.client("tv").await, server.public_client("phone").await] {
        let begun = client.device_authorization(&[("scope", "read")]).await;
        let device = Device { device_code: begun.text("device_code"), user_code: begun.text("user_code") };
        client.poll(&device).await.is_error(400, "authorization_pending");
        browser.allows(&device).await;
        let answer = client.poll(&device).await;
        let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
        assert_eq!(
            answer.json(),
            json!({
                "access_token": access, "expires_in": 3600, "token_type": "Bearer", "scope": "read",
                "refresh_token": refresh,
            })
        );
        assert_eq!(
            (answer.header("cache-control"), answer.header("pragma")),
            (Some("no-store"), Some("no-cache"))
        );
        let renewed = client.refresh(&refresh).await;
        assert_eq!((renewed.status, renewed.text("scope").as_str()), (200, "read"));
        if client.secret.is_some() {
            let said = client.introspect(&access).await.json();
            assert_eq!(
                (&said["username"], &said["sub"], &said["scope"]),
                (&json!("ada"), &json!("1"), &json!("read"))
            );
            assert_eq!(client.revoke(&access).await.status, 200);
            client.refresh(&renewed.text("refresh_token")).await.is_error(400, "invalid_grant");
        }
    }
}

/// R50: a resource narrows at the beginning and once more at the end, and asking for another one there spends nothing.
#[tokio::test]
async fn a_resource_narrows_whom_the_tokens_are_for() {
    let server = server().await;
    let [one, two] = ["https://one.example", "https://two.example"];
    let client = server.new_client("tv").audiences(&[one, two, "https://three.example"]).register().await;
    let browser = server.signed_in("ada").await;
    let begun = client.device_authorization(&[("resource", one), ("resource", two)]).await;
    let device = Device { device_code: begun.text("device_code"), user_code: begun.text("user_code") };
    browser.allows(&device).await;
    let poll = async |resource: &str| {
        let fields =
            [("grant_type", DEVICE_CODE), ("device_code", &device.device_code), ("resource", resource)];
        client.token(&fields).await
    };
    poll("https://three.example").await.is_error(400, "invalid_target");
    let access = poll(two).await.text("access_token");
    assert_eq!(client.introspect(&access).await.json()["aud"], json!([two]));
}

/// R88: asking too soon makes the device wait five seconds longer each time, at whichever server it asks.
#[tokio::test]
async fn a_device_that_asks_too_soon_must_wait_longer() {
    let first = server().await;
    let second = first.second().await;
    let client = first.client("tv").await;
    let device = client.device().await;
    let poll = async |server: &TestServer, after: u64, expected: &str| {
        first.advance(after);
        client.at(server).poll(&device).await.is_error(400, expected);
    };
    poll(&first, 0, "authorization_pending").await;
    poll(&second, 5, "authorization_pending").await;
    poll(&first, 4, "slow_down").await;
    // Ten seconds since the last one that was in time, and since the last at all.
    poll(&second, 10, "authorization_pending").await;
    poll(&first, 9, "slow_down").await;
    poll(&second, 0, "slow_down").await;
    poll(&first, 10, "slow_down").await;
    poll(&second, 25, "authorization_pending").await;
    // What is decided meanwhile is told at once.
    first.signed_in("ada").await.allows(&device).await;
    assert_eq!(client.poll(&device).await.status, 200);
}

/// R88: however many ask too soon, the device need never wait longer than a minute.
#[tokio::test]
async fn a_flood_of_polls_does_not_starve_a_device_nor_write_for_ever() {
    let server = server().await;
    let client = server.client("tv").await;
    let device = client.device().await;
    client.poll(&device).await.is_error(400, "authorization_pending");
    for _ in 0..30 {
        client.poll(&device).await.is_error(400, "slow_down");
    }
    assert_eq!(server.count("device_codes WHERE poll_every = 60000000").await, 1);
    server.advance(59);
    client.poll(&device).await.is_error(400, "slow_down");
    server.advance(1);
    client.poll(&device).await.is_error(400, "authorization_pending");
}

/// R88
#[tokio::test]
async fn what_a_person_refuses_stays_refused() {
    let server = server().await;
    let client = server.client("tv").await;
    let browser = server.signed_in("ada").await;
    let device = client.device().await;
    let answer = browser.answers(&device, "refuse").await;
    assert_eq!(answer.element("main h1").as_deref(), Some("You refused"));
    for _ in 0..2 {
        client.poll(&device).await.is_error(400, "access_denied");
    }
    assert_eq!(
        browser.enters(&device.user_code).await.element("device-error").as_deref(),
        Some(page::NO_SUCH_CODE)
    );
    server.advance(600);
    client.poll(&device).await.is_error(400, "access_denied");
    assert_eq!(server.count("grants").await, 0);
}

/// R88, R91: what has ended gives nothing, also when it was allowed in time.
#[tokio::test]
async fn a_code_that_has_ended_gives_nothing() {
    let server = server().await;
    let client = server.client("tv").await;
    let browser = server.signed_in("ada").await;
    let (forgotten, allowed, late) = (client.device().await, client.device().await, client.device().await);
    browser.allows(&allowed).await;
    let question =
        browser.enters(&late.user_code).await.form("device-question-form").with("decision", "allow");
    server.advance(599);
    client.poll(&forgotten).await.is_error(400, "authorization_pending");
    server.advance(1);
    for device in [&forgotten, &allowed] {
        client.poll(device).await.is_error(400, "expired_token");
        let page = browser.enters(&device.user_code).await;
        assert_eq!(page.element("device-error").as_deref(), Some(page::NO_SUCH_CODE));
    }
    let page = browser.submit(&question).await;
    assert_eq!(page.element("device-error").as_deref(), Some(page::NO_SUCH_CODE));
    client.poll(&late).await.is_error(400, "expired_token");
    assert_eq!(server.count("grants").await, 0);
}

/// R88: another client's code is as good as none, and is not spent by it.
#[tokio::test]
async fn a_code_belongs_to_its_client_and_works_once() {
    let server = server().await;
    let (client, other) = (server.client("tv").await, server.client("other").await);
    let device = client.device().await;
    other.poll(&device).await.is_error(400, "invalid_grant");
    server.signed_in("ada").await.allows(&device).await;
    other.poll(&device).await.is_error(400, "invalid_grant");
    let answer = client.poll(&device).await;
    for client in [&client, &other, &client] {
        client.poll(&device).await.is_error(400, "invalid_grant");
    }
    // A device whose answer was lost, or who asked twice, has not lost what it got.
    assert!(client.vouches_for(&answer.text("access_token")).await);
    assert_eq!(client.refresh(&answer.text("refresh_token")).await.status, 200);
    server.advance(601);
    client.poll(&device).await.is_error(400, "invalid_grant");
    for wrong in ["ttd_x", &device.user_code, "x"] {
        client
            .poll(&Device { device_code: wrong.to_owned(), ..device.clone() })
            .await
            .is_error(400, "invalid_grant");
    }
    client.token(&[("grant_type", DEVICE_CODE)]).await.is_error(400, "invalid_request");
}

/// R48, R61, R91: whoever may not act any more has allowed nothing; signing out only ends the session.
#[tokio::test]
async fn a_person_who_was_stopped_meanwhile_has_allowed_nothing() {
    let server = server().await;
    let client = server.client("tv").await;
    for end in ["disable", "disable and enable", "password", "sign out"] {
        let name = end.replace(' ', "-");
        let browser = server.signed_in(&name).await;
        let device = client.device().await;
        browser.allows(&device).await;
        server.advance(1);
        match end {
            "disable" => server.disable(&name, true).await,
            "password" => server.set_password(&name, "something else entirely").await,
            "sign out" => {
                let form = browser.get("/").await.form("sign-out-form");
                browser.submit(&form).await.is_page(200);
            }
            _ => {
                server.disable(&name, true).await;
                server.disable(&name, false).await;
            }
        }
        server.advance(1);
        let answer = client.poll(&device).await;
        if end == "sign out" {
            assert_eq!(answer.status, 200, "{answer:?}");
        } else {
            answer.is_error(400, "invalid_grant");
            client.poll(&device).await.is_error(400, "invalid_grant");
        }
    }
    assert_eq!(server.count("grants").await, 1);
}

/// R48: a client that is gone, or has another's place, gets nothing.
#[tokio::test]
async fn what_a_deleted_client_began_is_gone_with_it() {
    let server = server().await;
    let client = server.client("tv").await;
    let browser = server.signed_in("ada").await;
    let (allowed, waiting) = (client.device().await, client.device().await);
    browser.allows(&allowed).await;
    let question =
        browser.enters(&waiting.user_code).await.form("device-question-form").with("decision", "allow");
    server.delete_client(&client).await;
    client.poll(&allowed).await.is_error(401, "invalid_client");
    client.device_authorization(&[]).await.is_error(401, "invalid_client");
    server.advance(1);
    let again = server.client("tv").await;
    for device in [&allowed, &waiting] {
        again.poll(device).await.is_error(400, "invalid_grant");
    }
    let page = browser.submit(&question).await;
    assert_eq!(page.element("device-error").as_deref(), Some(page::NO_SUCH_CODE));
}

/// R93, R176: a stranger who knows a public client's id does not fill the database, and what has ended is removed.
#[tokio::test]
async fn codes_that_nobody_uses_are_limited_and_removed() {
    let server = server().await;
    let (phone, tv) = (server.public_client("phone").await, server.client("tv").await);
    for _ in 0..100 {
        phone.device().await;
    }
    let refused = phone.device_authorization(&[]).await;
    refused.is_error(429, "temporarily_unavailable");
    assert_eq!(refused.header("retry-after"), Some("600"));
    // Other clients do not notice, and confidential ones have no such limit.
    server.public_client("tablet").await.device().await;
    for _ in 0..101 {
        tv.device().await;
    }
    server.advance(600);
    let latest = phone.device().await;
    let sweep = async |before: Timestamp, limit: i64| {
        server.app().db.write(move |conn| device_codes::sweep(conn, before, limit)).await.unwrap()
    };
    let now = server.app().now();
    assert_eq!((sweep(now, 150).await, sweep(now, 150).await, sweep(now, 150).await), (150, 52, 0));
    phone.poll(&latest).await.is_error(400, "authorization_pending");
}

/// R93: for all of a client's devices together there is a limit as well.
#[tokio::test]
async fn a_client_has_so_many_codes_at_a_time() {
    let server = server().await;
    let tv = server.client("tv").await;
    tv.device().await;
    server.sql("UPDATE attempts SET count = 10000").await;
    tv.device_authorization(&[]).await.is_error(429, "temporarily_unavailable");
    server.advance(600);
    tv.device().await;
}

/// An administrator registers a client that needs no redirect URI and may renew.
#[tokio::test]
async fn a_client_for_devices_is_registered_by_command() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let create = [
        "client",
        "create",
        "--name",
        "TV",
        "--type",
        "public",
        "--grant-type",
        DEVICE_CODE,
        "--id",
        "tv",
        "--json",
    ];
    let made = program.run(&create, "").json();
    assert_eq!(made["grant_types"], json!([DEVICE_CODE, "refresh_token"]));
    let tv = Client::known(&server, "tv", "").as_public();
    let device = tv.device().await;
    server.signed_in("ada").await.allows(&device).await;
    assert!(tv.poll(&device).await.json()["refresh_token"].is_string());
}
