//! `POST /o/token/` with `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693).

use authz::registration::Ending;
use model::dpop::testing::Holder;

use super::{ACCESS_TOKEN, EXCHANGE, World};
use crate::support::{Answer, Client, TestServer, password_of, server, server_with};

async fn exchanges(client: &Client, token: &str, more: &[(&str, &str)]) -> Answer {
    let fields = [("grant_type", EXCHANGE), ("subject_token", token), ("subject_token_type", ACCESS_TOKEN)];
    client.token(&[&fields, more].concat()).await
}

/// A server with somebody, and a client that may exchange what it gets by passwords.
async fn world() -> (TestServer, Client) {
    let server = server().await;
    server.person("ada").await;
    let client = server
        .new_client("app")
        .grant_types(&["password", EXCHANGE])
        .audiences(&["timetracker", "https://other.example", "third"])
        .register()
        .await;
    (server, client)
}

async fn token(client: &Client) -> String {
    client.password("ada", &password_of("ada")).await.text("access_token")
}

/// Section 2.2.1: the whole answer.
#[tokio::test]
async fn a_providers_token_is_exchanged() {
    let world = World::new().await;
    let token = world.token("ada").await;
    let answer = exchanges(&world.app, &token, &[("subject_issuer", "site"), ("scope", "read")]).await;
    let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
    let expected = format!(
        r#"{{"access_token":"{access}","expires_in":3600,"token_type":"Bearer","scope":"read","refresh_token":"{refresh}","issued_token_type":"{ACCESS_TOKEN}"}}"#
    );
    assert_eq!((answer.status, answer.body.as_str()), (200, expected.as_str()));
    assert_eq!(world.speaks_for(&access).await, ("1".to_owned(), "ada".to_owned()));
    for (issuer, code) in [("nobody", "invalid_request"), ("by_name", "invalid_request")] {
        exchanges(&world.app, &token, &[("subject_issuer", issuer)]).await.is_error(400, code);
    }
    let theirs = World::token_of(&world.there.client("somebody-elses").await, "ada").await;
    exchanges(&world.app, &theirs, &[("subject_issuer", "site")]).await.is_error(400, "access_denied");
    // Without the provider's name it would be one of ours, and is none.
    exchanges(&world.app, &token, &[]).await.is_error(400, "invalid_request");
}

/// R94: what is given is never more, lasts no longer, and ends with what it came from.
#[tokio::test]
async fn a_token_of_its_own_is_exchanged_for_less() {
    let (server, client) = world().await;
    let whole = token(&client).await;
    server.advance(600);
    let answer = exchanges(&client, &whole, &[("scope", "read"), ("audience", "third")]).await;
    let narrow = answer.text("access_token");
    let expected = format!(
        r#"{{"access_token":"{narrow}","expires_in":3000,"token_type":"Bearer","scope":"read","issued_token_type":"{ACCESS_TOKEN}"}}"#
    );
    assert_eq!((answer.status, answer.body.as_str()), (200, expected.as_str()));
    let (of_whole, of_narrow) =
        (client.introspect(&whole).await.json(), client.introspect(&narrow).await.json());
    assert_eq!(of_narrow["scope"], "read");
    assert_eq!(of_narrow["aud"], serde_json::json!(["third"]));
    for member in ["sub", "client_id", "exp"] {
        assert_eq!(of_narrow[member], of_whole[member], "{member}");
    }
    for (more, expected) in [
        (&[("resource", "https://other.example")][..], serde_json::json!(["https://other.example"])),
        (
            &[("resource", "https://other.example"), ("audience", "third")],
            serde_json::json!(["https://other.example", "third"]),
        ),
    ] {
        let given = exchanges(&client, &whole, more).await.text("access_token");
        assert_eq!(client.introspect(&given).await.json()["aud"], expected);
    }
    // Not back to what it was.
    exchanges(&client, &narrow, &[("scope", "read write")]).await.is_error(400, "invalid_scope");
    exchanges(&client, &narrow, &[("audience", "timetracker")]).await.is_error(400, "invalid_target");
    exchanges(&client, &whole, &[("scope", "read admin")]).await.is_error(400, "invalid_scope");
    exchanges(&client, &whole, &[("audience", "elsewhere")]).await.is_error(400, "invalid_target");
    exchanges(&client, &whole, &[("resource", "https://elsewhere.example")])
        .await
        .is_error(400, "invalid_target");
    client.revoke(&whole).await;
    assert!(!client.vouches_for(&narrow).await);
    exchanges(&client, &whole, &[]).await.is_error(400, "invalid_request");
}

/// R94, R34: nothing but a person's live access token for this client.
#[tokio::test]
async fn nothing_else_is_exchanged() {
    let (server, client) = world().await;
    let other = server.client("other").await;
    let (theirs, own) = (token(&other).await, other.client_credentials().await.text("access_token"));
    let refresh = client.password("ada", &password_of("ada")).await.text("refresh_token");
    for wrong in ["x", &theirs, &own, &refresh] {
        exchanges(&client, wrong, &[]).await.is_error(400, "invalid_request");
    }
    let whole = token(&client).await;
    for more in [
        ("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"),
        ("actor_token", "x"),
        ("actor_token_type", ACCESS_TOKEN),
    ] {
        exchanges(&client, &whole, &[more]).await.is_error(400, "invalid_request");
    }
    for kind in ["urn:ietf:params:oauth:token-type:id_token", "urn:ietf:params:oauth:token-type:jwt", "x"] {
        let fields = [("grant_type", EXCHANGE), ("subject_token", &whole), ("subject_token_type", kind)];
        client.token(&fields).await.is_error(400, "invalid_request");
    }
    for fields in [
        &[("grant_type", EXCHANGE), ("subject_token_type", ACCESS_TOKEN)],
        &[("grant_type", EXCHANGE), ("subject_token", whole.as_str())],
    ] {
        client.token(fields).await.is_error(400, "invalid_request");
    }
    assert_eq!(exchanges(&client, &whole, &[("requested_token_type", ACCESS_TOKEN)]).await.status, 200);
    server.advance(3_600);
    exchanges(&client, &whole, &[]).await.is_error(400, "invalid_request");
}

/// R48, R35
#[tokio::test]
async fn it_dies_with_its_person_and_its_client() {
    let (server, client) = world().await;
    let whole = token(&client).await;
    let narrow = exchanges(&client, &whole, &[("scope", "read")]).await.text("access_token");
    let watcher = server.new_client("watcher").introspects(&["timetracker"]).register().await;
    assert!(watcher.vouches_for(&narrow).await);
    server.advance(1);
    server.disable("ada", true).await;
    assert!(!watcher.vouches_for(&narrow).await);
    exchanges(&client, &whole, &[]).await.is_error(400, "invalid_request");
    server.advance(1);
    server.disable("ada", false).await;
    server.advance(1);
    let narrow = exchanges(&client, &token(&client).await, &[]).await.text("access_token");
    server.end_client(&client, Ending::Disable).await;
    assert!(!watcher.vouches_for(&narrow).await);
}

/// R94, R76: what is bound to a key is exchanged by whoever holds it, and stays bound; what is not may be bound.
#[tokio::test]
async fn what_is_bound_to_a_key_stays_bound() {
    let (server, client) = world().await;
    let (holder, other) = (Holder::new(), Holder::new());
    let proving = async |holder: &Holder, fields: &[(&str, &str)]| {
        let proof = holder.proof("POST", "http://localhost:8000/o/token/", None, server.clock.now());
        server.http.send(client.posting("/o/token/", fields).header("dpop", proof)).await
    };
    let password = password_of("ada");
    let bought =
        proving(&holder, &[("grant_type", "password"), ("username", "ada"), ("password", &password)]).await;
    let bound = bought.text("access_token");
    exchanges(&client, &bound, &[]).await.is_error(400, "invalid_request");
    let fields =
        |token| [("grant_type", EXCHANGE), ("subject_token", token), ("subject_token_type", ACCESS_TOKEN)];
    proving(&other, &fields(&bound)).await.is_error(400, "invalid_request");
    let given = proving(&holder, &fields(&bound)).await;
    assert_eq!((given.status, given.text("token_type").as_str()), (200, "DPoP"));
    let thumbprint = client.introspect(&bound).await.json()["cnf"].clone();
    assert_eq!(client.introspect(&given.text("access_token")).await.json()["cnf"], thumbprint);
    let unbound = token(&client).await;
    assert_eq!(proving(&holder, &fields(&unbound)).await.text("token_type"), "DPoP");
}

/// A provider that is asked by its ID tokens: they are exchanged as what they are.
#[tokio::test]
async fn an_id_token_is_exchanged_where_the_provider_is_asked_by_it() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let issuer = format!("http://{port}/o");
    let there = server_with(&[("LISTEN", &port.to_string()), ("ISSUER", &issuer)]).await;
    there.person("ada").await;
    let ours = there.client("timetracker-here").await;
    let here = server_with(&[
        ("OUTBOUND_NETWORKS", "127.0.0.0/8"),
        ("PROVIDERS", "site"),
        ("PROVIDER_SITE_ISSUER", &issuer),
        ("PROVIDER_SITE_CLIENT_ID", "timetracker-here"),
        ("PROVIDER_SITE_CLIENT_SECRET", ours.secret.as_deref().unwrap()),
        ("PROVIDER_SITE_AUDIENCE_CHECK", "id_token"),
    ])
    .await;
    let app = here.new_client("app").grant_types(&["password", EXCHANGE]).register().await;
    let id_token = async |client: &Client| {
        let fields = [
            ("grant_type", "password"),
            ("username", "ada"),
            ("password", &password_of("ada")),
            ("scope", "openid profile"),
        ];
        client.token(&fields).await.text("id_token")
    };
    let exchanges = async |token: &str, kind: &str| {
        let fields = [
            ("grant_type", EXCHANGE),
            ("subject_token", token),
            ("subject_token_type", kind),
            ("subject_issuer", "site"),
        ];
        app.token(&fields).await
    };
    let kind = "urn:ietf:params:oauth:token-type:id_token";
    let token = id_token(&ours).await;
    exchanges(&token, ACCESS_TOKEN).await.is_error(400, "invalid_request");
    let answer = exchanges(&token, kind).await;
    let said = app.introspect(&answer.text("access_token")).await.json();
    // Such an ID token says a number and no name.
    assert!(said["username"].as_str().unwrap().starts_with("person"), "{said}");
    let theirs = id_token(&there.client("somebody-elses").await).await;
    exchanges(&theirs, kind).await.is_error(400, "access_denied");
    exchanges(&format!("{token}x"), kind).await.is_error(400, "access_denied");
    assert_eq!(here.count("users").await, 1);
}
