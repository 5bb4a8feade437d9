//! Clients that nobody registers: known by a document at the address that is their id
//! (draft-ietf-oauth-client-id-metadata-document).

mod cached;
mod changed;
mod refused;

use authz::audit::Origin;
use authz::registration::{self, Ending};
use serde_json::{Value, json};

use crate::support::{
    Answer, AuthorizationRequest, BASE, Browser, CALLBACK, Client, Listener, TestServer, server_with,
};

/// Where it is on, and this machine may be called.
const ON: [(&str, &str); 2] =
    [("CLIENT_ID_METADATA_DOCUMENTS", "true"), ("OUTBOUND_NETWORKS", "127.0.0.0/8")];

/// A server, and a client that describes itself elsewhere.
struct There {
    server: TestServer,
    listener: Listener,
    id: String,
}

impl There {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(more: &[(&str, &str)]) -> Self {
        let server = server_with(&[&ON, more].concat()).await;
        let listener = Listener::start().await;
        let there = Self { server, id: listener.url("/client.json"), listener };
        there.describes(&json!({}));
        there
    }

    /// From now on the document is an honest one with these members, without those that are null.
    fn describes(&self, more: &Value) {
        self.describes_at(&self.id, more);
    }

    fn describes_at(&self, id: &str, more: &Value) {
        let mut document = json!({"client_id": id, "client_name": "Tool", "redirect_uris": [CALLBACK]});
        let members = document.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        members.retain(|_, value| !value.is_null());
        self.listener.with_headers(&["content-type: application/json"]);
        self.listener.says(&document.to_string());
    }

    /// The client as it knows itself.
    fn client(&self) -> Client {
        Client::known(&self.server, &self.id, "").as_public()
    }

    fn request(&self) -> AuthorizationRequest {
        AuthorizationRequest::of(&self.client())
    }

    fn calls(&self) -> usize {
        self.listener.heard().len()
    }

    async fn clients(&self) -> i64 {
        self.server.count("clients").await
    }

    async fn end(&self, ending: Ending) {
        registration::end(self.server.app(), &Origin::CommandLine(None), ending, &self.id).await.unwrap();
    }
}

/// Nobody is sent anywhere, and told why.
#[track_caller]
fn is_no_client(answer: &Answer) {
    answer.is_page(400);
    let detail = "There is no document at the client_id that describes the application.";
    assert_eq!(answer.element("detail").as_deref(), Some(detail));
}

#[track_caller]
fn is_unknown(answer: &Answer) {
    answer.is_page(400);
    assert_eq!(answer.element("detail").as_deref(), Some("Invalid client_id parameter value."));
}

async fn tokens(browser: &Browser, there: &There) -> Answer {
    there.client().redeem(&browser.allow(&there.request()).await).await
}

/// R96, R111: people see where it is, and are asked every time; before somebody has allowed it anything there is no row.
#[tokio::test]
async fn a_client_that_nobody_registered_gets_what_a_person_allows_it() {
    let there = There::new().await;
    let browser = there.server.signed_in("ada").await;
    let page = browser.get(&there.request().path()).await;
    page.is_page(200);
    let host = there.id.strip_prefix("http://").unwrap().split('/').next();
    assert_eq!(page.element("client-host").as_deref(), host);
    assert_eq!(page.element("client").as_deref(), Some("Tool"));
    assert!(page.element("unverified").unwrap().contains("describes itself at the address below"));
    browser.submit(&page.form("consent-form").with("decision", "refuse")).await.is_page(200);
    assert_eq!(there.clients().await, 0);

    let tokens = tokens(&browser, &there).await;
    assert_eq!((tokens.status, there.clients().await), (200, 1), "{tokens:?}");
    let refreshed = there.client().refresh(&tokens.text("refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    let api = there.server.new_client("api").introspects(&["timetracker"]).register().await;
    let told = api.introspect(&refreshed.text("access_token")).await.json();
    assert_eq!((&told["active"], &told["client_id"]), (&json!(true), &json!(there.id)));
    browser.asked(&there.request()).await;
    assert!(browser.get("/o/authorized_tokens/").await.body.contains("Tool"));
    assert_eq!(there.client().revoke(&refreshed.text("refresh_token")).await.status, 200);

    assert_eq!(there.calls(), 1);
    let heard = &there.listener.heard()[0];
    assert!(heard.starts_with("GET /client.json HTTP/1.1\r\n") && heard.contains("accept: application/json"));
    let registered = "audit_events WHERE event = 'client_registered' AND detail = 'document'";
    assert_eq!(there.server.count(registered).await, 1);
}

/// Whoever signs in sees for whom, before there is a row; for that nobody is called.
#[tokio::test]
async fn the_sign_in_page_names_a_client_known_by_its_document() {
    let there = There::new().await;
    let browser = there.server.browser();
    let sign_in = browser.get(&there.request().path()).await;
    let path = sign_in.location().strip_prefix(BASE).unwrap().to_owned();
    let named = async || browser.get(&path).await.element("client");
    assert_eq!(named().await.as_deref(), Some("to continue to Tool"));
    there.server.advance(3_600);
    assert_eq!((named().await, there.calls(), there.clients().await), (None, 1, 0));
    // One that an administrator has switched off is named to nobody.
    let ada = there.server.signed_in("ada").await;
    tokens(&ada, &there).await;
    assert_eq!(named().await.as_deref(), Some("to continue to Tool"));
    there.end(Ending::Disable).await;
    assert_eq!(named().await, None);
}

/// R16: nobody has vouched for it, so no error leads to it unasked.
#[tokio::test]
async fn no_error_takes_anybody_to_a_client_known_by_its_document() {
    let there = There::new().await;
    let browser = there.server.signed_in("ada").await;
    for request in [there.request().with("scope", "admin"), there.request().with("prompt", "none")] {
        for browser in [&browser, &there.server.browser()] {
            let page = browser.get(&request.path()).await;
            page.is_page(200);
            assert_eq!(page.element("redirect-host").as_deref(), Some("client.example"));
        }
    }
}

/// R107: it has a code, and what renews it, and nothing else; what its document says beside that is for other servers.
#[tokio::test]
async fn a_client_known_by_its_document_has_no_other_way_to_tokens() {
    let there = There::new().await;
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    there.describes(&json!({
        "grant_types": ["authorization_code", "refresh_token", "client_credentials", "password", device],
        "response_types": ["code", "token"], "is_first_party": true, "scope": "read write nonsense",
        "logo_uri": there.listener.url("/logo.png"), "require_pkce": false, "audiences": ["everything"],
        "sector_identifier_uri": there.listener.url("/sector.json"), "software_statement": "a.b.c",
    }));
    let browser = there.server.signed_in("ada").await;
    assert_eq!(tokens(&browser, &there).await.status, 200);
    let client = there.client();
    client.client_credentials().await.is_error(400, "unauthorized_client");
    client.device_authorization(&[]).await.is_error(400, "unauthorized_client");
    client.password("ada", "x").await.is_error(400, "unauthorized_client");
    let page = browser.get(&there.request().with("response_type", "token").path()).await;
    assert_eq!(page.element("error").as_deref(), Some("unauthorized_client"));
    let page = browser.get(&there.request().without("code_challenge").path()).await;
    assert_eq!(page.element("error").as_deref(), Some("invalid_request"));
    browser.asked(&there.request()).await;
    assert_eq!(there.calls(), 1, "{:?}", there.listener.heard());
}

/// R8
#[tokio::test]
async fn documents_are_said_to_be_taken_where_they_are() {
    let said = |server: TestServer| async move {
        let metadata = server.http.get("/o/.well-known/oauth-authorization-server").await.json();
        metadata.get("client_id_metadata_document_supported").cloned()
    };
    assert_eq!(said(server_with(&[]).await).await, None);
    assert_eq!(said(There::new().await.server).await, Some(json!(true)));
}

/// C4, C13: of many who allow it something for the first time, at two processes, one makes it known, and all get their
/// code.
#[tokio::test]
async fn of_many_who_allow_a_new_client_at_once_one_makes_it_known() {
    let there = There::new().await;
    let second = there.server.second().await;
    let mut questions = Vec::new();
    for (number, server) in [&there.server, &second].into_iter().cycle().take(8).enumerate() {
        let name = format!("person{number}");
        there.server.person(&name).await;
        let browser = server.browser();
        browser.sign_in(&name).await;
        let request = there.request();
        let question = browser.asked(&request).await.with("decision", "allow");
        questions.push((browser, question));
    }
    let answers = questions.iter().map(|(browser, question)| browser.submit(question));
    for answer in futures_util::future::join_all(answers).await {
        assert_eq!(answer.returned_to(CALLBACK)[0].0, "code", "{answer:?}");
    }
    assert_eq!((there.clients().await, there.server.count("client_registrations").await), (1, 1));
    assert_eq!(there.server.count("audit_events WHERE event = 'client_registered'").await, 1);
}

/// Section 7.2 of the draft: what an administrator has registered under an address is a client like any other.
#[tokio::test]
async fn an_address_that_an_administrator_registers_is_never_called() {
    let there = There::new().await;
    let client = there.server.new_client(&there.id).public().register().await;
    let browser = there.server.signed_in("ada").await;
    browser.tokens_for(&client).await;
    assert_eq!(there.calls(), 0);
}
