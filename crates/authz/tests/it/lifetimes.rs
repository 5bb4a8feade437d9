//! How long a client's tokens last, where its registration says otherwise than the settings.

use crate::support::{AuthorizationRequest, server, server_with};

/// R59: idle and absolute, of the client's own, shorter or longer than generally; neither is moved by rotation.
#[tokio::test]
async fn a_clients_refresh_tokens_last_as_its_registration_says() {
    let server = server_with(&[
        ("REFRESH_TOKEN_IDLE_SECONDS", "100"),
        ("REFRESH_TOKEN_TTL_SECONDS", "1000"),
        ("REFRESH_OVERLAP_SECONDS", "0"),
    ])
    .await;
    for (name, metadata, idle, absolute) in [
        ("general", "{}", 100, 1_000),
        ("shorter", r#"{"refresh_token_idle_seconds":10,"refresh_token_ttl_seconds":60}"#, 10, 60),
        ("longer", r#"{"refresh_token_idle_seconds":500,"refresh_token_ttl_seconds":4000}"#, 500, 4_000),
        ("absolute", r#"{"refresh_token_idle_seconds":9000,"refresh_token_ttl_seconds":300}"#, 300, 300),
    ] {
        let client = server.new_client(name).metadata(metadata).register().await;
        let browser = server.signed_in(name).await;
        let (_, unused) = browser.tokens_for(&client).await;
        let (_, used) = browser.tokens_for(&client).await;
        let mut refresh = used;
        // Used at the last moment each time, until the absolute end.
        let mut age = 0;
        while age + idle - 1 < absolute {
            server.advance(idle - 1);
            age += idle - 1;
            let renewed = client.refresh(&refresh).await;
            assert_eq!(renewed.status, 200, "{name} after {age}: {renewed:?}");
            refresh = renewed.text("refresh_token");
            if age == idle - 1 {
                server.advance(1);
                age += 1;
                client.refresh(&unused).await.is_error(400, "invalid_grant");
                if age < absolute {
                    refresh = client.refresh(&refresh).await.text("refresh_token");
                }
            }
        }
        server.advance(absolute - age);
        client.refresh(&refresh).await.is_error(400, "invalid_grant");
    }
}

/// The access token's own lifetime: told, kept, and shown to the person who is asked.
#[tokio::test]
async fn a_clients_access_tokens_last_as_its_registration_says() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    for (name, seconds, words) in [("brief", 90, "90 seconds"), ("day", 86_400, "24 hours")] {
        let metadata = format!(r#"{{"access_token_ttl_seconds":{seconds}}}"#);
        let client = server.new_client(name).metadata(&metadata).register().await;
        let page = browser.get(&AuthorizationRequest::of(&client).path()).await;
        assert!(page.element("access-lasts").unwrap().starts_with(words), "{page:?}");
        let answer = client.client_credentials().await;
        assert_eq!(answer.json()["expires_in"], seconds);
        let token = answer.text("access_token");
        server.advance(seconds - 1);
        assert!(client.vouches_for(&token).await);
        server.advance(1);
        assert!(!client.vouches_for(&token).await);
        browser.sign_in("ada").await;
    }
}

/// A revocation is remembered for a day, so no access token may outlive it; nothing lasts no time at all.
#[tokio::test]
async fn a_lifetime_that_revocation_could_not_follow_is_refused() {
    let server = server().await;
    for wrong in [
        r#"{"access_token_ttl_seconds":86401}"#,
        r#"{"access_token_ttl_seconds":0}"#,
        r#"{"refresh_token_ttl_seconds":0}"#,
        r#"{"refresh_token_ttl_seconds":18446744073709551615}"#,
        r#"{"refresh_token_idle_seconds":0}"#,
    ] {
        let refused = server.new_client("web").metadata(wrong).try_register().await.unwrap_err().to_string();
        assert!(refused.contains("_seconds is from 1 to "), "{refused}");
    }
}

/// R176: the sweeper asks for the longest idle time that any client has of its own, and keeps grants that long.
#[tokio::test]
async fn a_patient_clients_grants_are_not_swept_before_their_time() {
    let server = server().await;
    let longest = async || server.app().db.read(authz::store::clients::longest_idle).await.unwrap();
    server.client("general").await;
    assert_eq!(longest().await, None);
    for (name, idle) in [("brief", 60), ("patient", 40_000_000), ("day", 86_400)] {
        let metadata = format!(r#"{{"refresh_token_idle_seconds":{idle}}}"#);
        server.new_client(name).metadata(&metadata).register().await;
    }
    assert_eq!(longest().await, Some(40_000_000));
    let origin = authz::audit::Origin::CommandLine(None);
    let unsaid = r#"{"refresh_token_idle_seconds":null}"#;
    authz::registration::change_metadata(server.app(), &origin, "patient", unsaid).await.unwrap();
    assert_eq!(longest().await, Some(86_400));
}
