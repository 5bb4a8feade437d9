//! `/auth/revoke-token`, `/auth/invalidate-sessions`, `/auth/invalidate-refresh-tokens`, `/auth/disconnect-backend`.

use reqwest::Method;
use serde_json::json;

use super::World;
use crate::support::{Answer, Client, TestServer, form, password_of, server_with};

async fn posts(server: &TestServer, path: &str, token: &str, fields: &[(&str, &str)]) -> Answer {
    server.http.send(server.http.post(path, form(fields)).bearer_auth(token)).await
}

/// A server with two people and two clients, the first that of its own.
async fn two() -> (TestServer, Client, Client) {
    let server = server_with(&[("FIRST_PARTY_CLIENT", "ours")]).await;
    server.person("ada").await;
    server.person("bob").await;
    let (ours, other) = (server.client("ours").await, server.client("other").await);
    (server, ours, other)
}

async fn pair(client: &Client, name: &str) -> (String, String) {
    let answer = client.password(name, &password_of(name)).await;
    (answer.text("access_token"), answer.text("refresh_token"))
}

/// The client, its secret and the token are in the body, in each of the three forms; nothing is in the answer.
#[tokio::test]
async fn a_client_revokes_its_own_token_and_no_other() {
    let (server, ours, other) = two().await;
    let secret = ours.secret.clone().unwrap();
    for json in [false, true] {
        let (access, refresh) = pair(&ours, "ada").await;
        let theirs = pair(&other, "ada").await.0;
        for (token, lives) in [(&theirs, true), (&access, false)] {
            let fields = [("client_id", "ours"), ("client_secret", &secret), ("token", token)];
            let request = if json {
                let members: serde_json::Map<_, _> =
                    fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
                let request = server.http.request(Method::POST, "/auth/revoke-token/");
                request.header("content-type", "application/json").body(json!(members).to_string())
            } else {
                server.http.post("/auth/revoke-token", form(&fields))
            };
            let answer = server.http.send(request).await;
            assert_eq!((answer.status, answer.body.as_str()), (204, ""));
            let client = if lives { &other } else { &ours };
            assert_eq!(client.vouches_for(token).await, lives);
        }
        ours.refresh(&refresh).await.is_error(400, "invalid_grant");
    }
    let wrong = [("client_id", "ours"), ("client_secret", "wrong"), ("token", "x")];
    server.http.send_form("/auth/revoke-token", &wrong).await.is_error(401, "invalid_client");
    ours.post("/auth/revoke-token", &[]).await.is_error(400, "invalid_request");
}

/// All that the client has for the person ends, and nothing of others.
#[tokio::test]
async fn a_person_ends_all_that_a_client_has_of_theirs() {
    for path in ["/auth/invalidate-sessions", "/auth/invalidate-refresh-tokens/"] {
        let (server, ours, other) = two().await;
        let (first, second) = (pair(&other, "ada").await, pair(&other, "ada").await);
        let (bobs, with_ours) = (pair(&other, "bob").await.0, pair(&ours, "ada").await.0);
        server.advance(1);
        let answer = posts(&server, path, &first.0, &[("client_id", "other")]).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{answer:?}");
        for (access, refresh) in [&first, &second] {
            assert!(!other.vouches_for(access).await);
            other.refresh(refresh).await.is_error(400, "invalid_grant");
        }
        assert!(other.vouches_for(&bobs).await && ours.vouches_for(&with_ours).await);
        // The client of the server's own ends any other's.
        server.advance(1);
        let third = pair(&other, "ada").await.0;
        server.advance(1);
        assert_eq!(posts(&server, path, &with_ours, &[("client_id", "other")]).await.status, 204);
        assert!(!other.vouches_for(&third).await && ours.vouches_for(&with_ours).await);
    }
}

#[tokio::test]
async fn it_says_what_is_wrong_as_the_packages_say_it() {
    let (server, ours, other) = two().await;
    let (mine, theirs) = (pair(&ours, "ada").await.0, pair(&other, "ada").await.0);
    let path = "/auth/invalidate-sessions";
    let required = r#"{"client_id":["This field is required."]}"#;
    let unknown = r#"{"detail":"The application linked to the provided client_id could not be found."}"#;
    for (token, fields, body) in [
        (&theirs, &[][..], required),
        (&theirs, &[("client_id", "")], r#"{"client_id":["This field may not be blank."]}"#),
        (&theirs, &[("client_id", "nobody")], unknown),
        // Another client's is as if it were not there.
        (&theirs, &[("client_id", "ours")], unknown),
    ] {
        let answer = posts(&server, path, token, fields).await;
        assert_eq!((answer.status, answer.body.as_str()), (400, body));
    }
    assert!(ours.vouches_for(&mine).await);
    let nobody = r#"{"detail":"Authentication credentials were not provided."}"#;
    for path in [path, "/auth/invalidate-refresh-tokens", "/auth/disconnect-backend"] {
        let answer = server.http.send_form(path, &[("client_id", "ours")]).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, nobody));
        assert!(answer.header("www-authenticate").unwrap().starts_with(r#"Bearer realm="authz""#));
        let own = other.client_credentials().await.text("access_token");
        for token in ["x", &own] {
            let answer = posts(&server, path, token, &[("client_id", "other")]).await;
            let body = r#"{"detail":"The token is unknown, has ended or was revoked."}"#;
            assert_eq!((answer.status, answer.body.as_str()), (401, body));
        }
    }
}

/// Whoever a narrowed token is shown to cannot use it here, and a bound one needs its proof.
#[tokio::test]
async fn what_was_narrowed_to_a_resource_ends_nothing() {
    let (server, _, _) = two().await;
    let client =
        server.new_client("wide").audiences(&["timetracker", "https://other.example"]).register().await;
    let password = password_of("ada");
    let fields = [
        ("grant_type", "password"),
        ("username", "ada"),
        ("password", password.as_str()),
        ("resource", "https://other.example"),
    ];
    let narrow = client.token(&fields).await.text("access_token");
    let path = "/auth/invalidate-sessions";
    assert_eq!(posts(&server, path, &narrow, &[("client_id", "wide")]).await.status, 401);
    let whole = pair(&client, "ada").await.0;
    server.advance(1);
    assert_eq!(posts(&server, path, &whole, &[("client_id", "wide")]).await.status, 204);
    assert!(!client.vouches_for(&narrow).await);
}

/// Never the last way in, not by anybody's client, and not long after.
#[tokio::test]
async fn an_account_at_a_provider_is_unlinked_unless_it_is_the_only_way_in() {
    let world = World::new().await;
    let (here, path) = (&world.here, "/auth/disconnect-backend");
    let query = form(&[("access_token", world.token("ada").await)]);
    let converted =
        here.http.get(&format!("/register-by-access-token/site/?{query}")).await.text("access_token");
    let ours = here.new_client("ours-too").metadata(r#"{"is_first_party":true}"#).register().await;
    here.set_password("ada", &password_of("ada")).await;
    here.advance(1);
    let token = pair(&ours, "ada").await.0;
    // A provider's access token does not say when its person signed in there: it is never recent.
    let converted_since = here.http.get(&format!("/register-by-access-token/site/?{query}")).await;
    for token in [converted, converted_since.text("access_token")] {
        let answer = posts(here, path, &token, &[("backend", "site")]).await;
        assert!([401, 403].contains(&answer.status), "{answer:?}");
    }
    let answer = posts(here, path, &converted_since.text("access_token"), &[("backend", "site")]).await;
    assert_eq!((answer.status, answer.body.as_str()), (403, r#"{"detail":"Sign in again to do this."}"#));
    here.sql("UPDATE users SET password_hash = '!'").await;
    here.sql("INSERT INTO linked_accounts (user_id, provider, subject, shown_name, linked_at) VALUES (1, 'site', 'x', 'A', 1)").await;
    let only =
        r#"{"detail":"This social account cannot be disconnected because it is your only way to log in."}"#;
    for (fields, status, body) in [
        (&[][..], 400, r#"{"backend":["This field is required."]}"#),
        (&[("backend", "nobody")], 400, r#"{"backend":["Invalid backend."]}"#),
        (
            &[("backend", "site"), ("association_id", "x")],
            400,
            r#"{"association_id":["association_id must be a valid integer."]}"#,
        ),
        // Two are there: none goes.
        (&[("backend", "site")], 400, only),
        // There is none of that number, or at that provider.
        (&[("backend", "site"), ("association_id", "99")], 204, ""),
        (&[("backend", "by_name")], 204, ""),
    ] {
        let answer = posts(here, path, &token, fields).await;
        assert_eq!((answer.status, answer.body.as_str()), (status, body), "{fields:?}");
    }
    assert_eq!(here.count("linked_accounts").await, 2);
    assert_eq!(here.count("audit_events WHERE event = 'provider_unlinked'").await, 0);
    assert!(ours.vouches_for(&token).await);
    let others = world.converts(&world.token("ada").await).await.text("access_token");
    let answer = posts(here, path, &others, &[("backend", "site")]).await;
    let forbidden = r#"{"detail":"You do not have permission to perform this action."}"#;
    assert_eq!((answer.status, answer.body.as_str()), (403, forbidden));
    here.advance(1);
    here.set_password("ada", &password_of("ada")).await;
    here.advance(1);
    let token = pair(&ours, "ada").await.0;
    let browser = here.browser();
    browser.sign_in("ada").await;
    here.advance(600);
    let answer = posts(here, path, &token, &[("backend", "site")]).await;
    assert_eq!((answer.status, answer.body.as_str()), (403, r#"{"detail":"Sign in again to do this."}"#));
    let (token, refresh) = pair(&ours, "ada").await;
    here.advance(1);
    let answer = posts(here, path, &token, &[("backend", "site")]).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(here.count("linked_accounts").await, 0);
    assert!(!browser.is_signed_in().await);
    // Whoever came in by it has nothing left.
    assert!(!ours.vouches_for(&token).await);
    ours.refresh(&refresh).await.is_error(400, "invalid_grant");
    assert_eq!(here.count("audit_events WHERE event = 'provider_unlinked' AND detail = 'site'").await, 2);
}
