//! `/o/register/{client_id}/`: RFC 7592.

use reqwest::Method;
use serde_json::{Value, json};

use super::{is_refused, least, open, post, with};
use crate::support::{Answer, BASE, CALLBACK, Client, Listener, TestServer, eventually, server_with};

/// What a client may ask for that did not say: all there is.
const EVERY_SCOPE: &str = "activities:read activities:write address email groups offline_access openid phone profile \
     profile:read profile:write projects:read projects:write rates:read rates:write read reports:read reports:share \
     timer:write tracks:read tracks:write write";

/// What somebody who has registered a client knows.
struct Managed<'s> {
    server: &'s TestServer,
    id: String,
    secret: String,
    path: String,
    token: String,
}

impl<'s> Managed<'s> {
    async fn new(server: &'s TestServer) -> Self {
        let told = post(server, &with("client_name", json!("Web")), None).await;
        let uri = told.text("registration_client_uri");
        Self {
            server,
            id: told.text("client_id"),
            secret: told.text("client_secret"),
            path: uri.strip_prefix(BASE).unwrap().to_owned(),
            token: told.text("registration_access_token"),
        }
    }

    async fn send(&self, method: Method, token: &str, body: Option<&Value>) -> Answer {
        let mut request = self.server.http.request(method, &self.path).bearer_auth(token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        self.server.http.send(request).await
    }

    async fn get(&self) -> Answer {
        self.send(Method::GET, &self.token, None).await
    }

    /// A replacement with the client's id in it.
    async fn put(&self, mut body: Value) -> Answer {
        body["client_id"] = json!(self.id);
        self.send(Method::PUT, &self.token, Some(&body)).await
    }

    async fn works(&self, secret: &str) -> bool {
        let client = Client::known(self.server, &self.id, secret);
        let answer = client.token(&[("grant_type", "client_credentials")]).await;
        answer.text("error") == "unauthorized_client"
    }
}

/// R173: section 2.1; the secret is not there, nor its hash.
#[tokio::test]
async fn whoever_holds_the_token_sees_the_registration_without_a_secret() {
    let server = open().await;
    let managed = Managed::new(&server).await;
    let answer = managed.get().await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    let mut told = answer.json();
    assert_eq!(told["registration_access_token"].take(), managed.token);
    assert_eq!(told["client_id"].take(), managed.id);
    assert_eq!(told["registration_client_uri"].take(), format!("{BASE}{}", managed.path));
    assert_eq!(
        told,
        json!({
            "client_id": null, "client_id_issued_at": 1_800_000_000, "client_secret_expires_at": 0,
            "registration_access_token": null, "registration_client_uri": null, "client_name": "Web",
            "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": EVERY_SCOPE,
            "id_token_signed_response_alg": "RS256", "subject_type": "public",
            "token_endpoint_auth_method": "client_secret_basic", "require_signed_request_object": false,
            "request_uris": [],
            "dpop_bound_access_tokens": false,
            "require_auth_time": false, "contacts": [],
            "post_logout_redirect_uris": [], "backchannel_logout_session_required": false,
            "frontchannel_logout_session_required": false,
        })
    );
    let kept = server.database_text("client_registrations").await;
    assert!(!kept.contains(&managed.token) && !kept.contains(&managed.token[4..]));
}

/// R108: one's own token, for one's own client, and nothing else.
/// Section 2 no. 36 of the dossier (DOT #1799).
#[tokio::test]
async fn another_clients_token_and_no_token_at_all_manage_nothing() {
    let server = open().await;
    let (managed, other) = (Managed::new(&server).await, Managed::new(&server).await);
    let body = with("client_id", json!(managed.id));
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        for token in [&other.token, &managed.secret, "", "x"] {
            is_refused(&managed.send(method.clone(), token, Some(&body)).await, 401, "invalid_token");
        }
        let bare = server.http.request(method.clone(), &managed.path);
        let basic = bare.try_clone().unwrap().basic_auth(&managed.id, Some(&managed.secret));
        is_refused(&server.http.send(bare).await, 401, "invalid_token");
        is_refused(&server.http.send(basic).await, 401, "invalid_token");
        // A client of an administrator's, and one that there is not.
        server.new_client("web").try_register().await.ok();
        for path in ["/o/register/web/", "/o/register/nobody/", "/o/register/%00/"] {
            let request = server.http.request(method.clone(), path).bearer_auth(&managed.token);
            is_refused(&server.http.send(request).await, 401, "invalid_token");
        }
    }
    assert_eq!(managed.get().await.json()["client_name"], "Web");
}

/// Section 2.2: whole. What is not said has its default again; what an administrator has said stays.
#[tokio::test]
async fn a_replacement_replaces_everything_that_is_a_clients_to_say() {
    let server = open().await;
    let managed = Managed::new(&server).await;
    let body = json!({
        "redirect_uris": ["https://client.example/new"], "client_name": "New", "scope": "read",
        "backchannel_logout_uri": "https://client.example/told", "is_first_party": true,
    });
    let told = managed.put(body).await;
    assert_eq!(told.status, 200, "{told:?}");
    assert_eq!(told.json()["registration_access_token"], managed.token);
    assert_eq!(told.json()["client_secret"], Value::Null);
    assert_eq!(told.json()["redirect_uris"], json!(["https://client.example/new"]));
    assert_eq!(told.json(), managed.get().await.json());
    assert!(managed.works(&managed.secret).await);
    assert!(!server.database_text("clients").await.contains(r#""is_first_party":true"#));
    let told = managed.put(least()).await.json();
    assert_eq!(
        (&told["client_name"], &told["backchannel_logout_uri"]),
        (&json!("An application without a name"), &Value::Null)
    );
    assert_eq!(told["scope"], EVERY_SCOPE);
    assert!(server.database_text("clients").await.contains(r#""is_self_registered":true"#));
}

/// Section 2.2: its own id, its own secret or none, and nothing that only the server says.
/// Section 2 no. 12 of the dossier (CVE-2026-15572).
#[tokio::test]
async fn a_replacement_names_the_client_and_does_not_choose_its_secret() {
    let server = open().await;
    let managed = Managed::new(&server).await;
    for body in [least(), with("client_id", json!("web")), with("client_id", json!(7))] {
        is_refused(
            &managed.send(Method::PUT, &managed.token, Some(&body)).await,
            400,
            "invalid_client_metadata",
        );
    }
    is_refused(&managed.put(with("client_secret", json!("mine"))).await, 400, "invalid_client_metadata");
    for member in [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    ] {
        is_refused(&managed.put(with(member, json!("x"))).await, 400, "invalid_client_metadata");
    }
    let told = managed.put(with("client_secret", json!(managed.secret))).await;
    assert_eq!(told.text("client_secret"), managed.secret);
    // The rules of a registration are those of a replacement (CVE-2026-15572).
    for (member, value, error) in [
        ("redirect_uris", json!(["javascript:alert(1)"]), "invalid_redirect_uri"),
        ("grant_types", json!(["authorization_code", "client_credentials"]), "invalid_client_metadata"),
        ("logo_uri", json!("data:x"), "invalid_client_metadata"),
        ("software_statement", json!("e30.e30.x"), "unapproved_software_statement"),
    ] {
        is_refused(&managed.put(with(member, value)).await, 400, error);
    }
    assert!(managed.works(&managed.secret).await);
}

#[tokio::test]
async fn a_client_that_becomes_public_loses_its_secret_and_one_that_is_no_longer_gets_one() {
    let server = open().await;
    let managed = Managed::new(&server).await;
    let told = managed.put(with("token_endpoint_auth_method", json!("none"))).await.json();
    assert_eq!((&told["client_secret"], &told["client_secret_expires_at"]), (&Value::Null, &Value::Null));
    Client::known(&server, &managed.id, &managed.secret)
        .client_credentials()
        .await
        .is_error(401, "invalid_client");
    let told = managed.put(least()).await;
    let secret = told.text("client_secret");
    assert_ne!(secret, managed.secret);
    assert!(managed.works(&secret).await);
}

/// R57: what only this client could use, because it proved who it is, is nobody's once it proves nothing any more.
#[tokio::test]
async fn what_a_client_was_given_does_not_outlive_its_secret() {
    let server = open().await;
    let managed = Managed::new(&server).await;
    let client = Client::known(&server, &managed.id, &managed.secret);
    let resource = server.new_client("api").introspects(&["timetracker"]).register().await;
    let browser = server.signed_in("ada").await;
    let (access, refresh) = browser.tokens_for(&client).await;
    let code = browser.code_for(&client).await;
    server.advance(1);
    let told = managed.put(with("token_endpoint_auth_method", json!("none"))).await;
    assert_eq!(told.status, 200, "{told:?}");
    let public = client.as_public();
    public.refresh(&refresh).await.is_error(400, "invalid_grant");
    public.redeem(&code).await.is_error(400, "invalid_grant");
    assert!(!resource.vouches_for(&access).await);
    server.advance(1);
    let (_, refresh) = browser.tokens_for(&public).await;
    // The other way round nothing was anybody's who could not prove it.
    let secret = managed.put(least()).await.text("client_secret");
    public.refresh(&refresh).await.is_error(401, "invalid_client");
    assert_eq!(client.with_secret(&secret).refresh(&refresh).await.status, 200);
}

/// What was changed by somebody else since this client's was read is not overwritten, and the client is told what to do.
#[tokio::test]
async fn of_two_replacements_at_once_the_slower_one_is_told_of_a_conflict() {
    let settings = [("REGISTRATION", "open"), ("OUTBOUND_NETWORKS", "127.0.0.1")];
    let (server, listener) = (server_with(&settings).await, Listener::start().await);
    let managed = Managed::new(&server).await;
    // It is fetched between reading and writing.
    listener.answers(0);
    listener.says(&json!([CALLBACK]).to_string());
    let slow = with("sector_identifier_uri", json!(listener.url("/sector")));
    let slower = managed.put(slow);
    let faster = async {
        eventually("it was read", || async { !listener.heard().is_empty() }).await;
        let told = managed.put(with("client_name", json!("Faster"))).await;
        listener.answers(200);
        told
    };
    let (slower, faster) = tokio::join!(slower, faster);
    assert_eq!(faster.status, 200, "{faster:?}");
    is_refused(&slower, 409, "invalid_request");
    assert_eq!(managed.get().await.json()["client_name"], "Faster");
}

/// Section 2.3, R61
#[tokio::test]
async fn a_client_that_is_removed_is_gone_with_its_tokens() {
    let server = open().await;
    let managed = Managed::new(&server).await;
    let client = Client::known(&server, &managed.id, &managed.secret);
    let resource = server.new_client("api").introspects(&["timetracker"]).register().await;
    let (access, _) = server.signed_in("ada").await.tokens_for(&client).await;
    assert!(resource.vouches_for(&access).await);
    let answer = managed.send(Method::DELETE, &managed.token, None).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert!(!resource.vouches_for(&access).await);
    is_refused(&managed.get().await, 401, "invalid_token");
    client.client_credentials().await.is_error(401, "invalid_client");
    assert_eq!(server.count("client_registrations").await, 0);
}
