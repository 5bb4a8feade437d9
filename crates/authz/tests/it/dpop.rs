//! Tokens that are bound to a key their holder proves (DPoP, RFC 9449): what is asked of a proof is in `dpop/proofs.rs`,
//! how often one is good in `dpop/replay.rs`.

mod proofs;
mod replay;

use model::dpop::testing::Holder;
use model::time::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::support::{
    Answer, AuthorizationRequest, BASE, Client, Code, TestServer, password_of, server, verified,
};

const TOKEN: &str = "http://localhost:8000/o/token/";
const USERINFO: &str = "http://localhost:8000/o/userinfo/";
const CHALLENGE: &str = r#"DPoP realm="authz", algs="ES256 Ed25519 EdDSA PS256 RS256""#;

impl TestServer {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A request to the token endpoint with an honest proof beside it.
    async fn proving(&self, holder: &Holder, request: RequestBuilder) -> Answer {
        let proof = holder.proof("POST", TOKEN, None, self.now());
        self.http.send(request.header("dpop", proof)).await
    }

    /// UserInfo by a token whose key is proven.
    async fn userinfo_by(&self, holder: &Holder, token: &str) -> Answer {
        self.userinfo_with(token, &holder.proof("GET", USERINFO, Some(token), self.now())).await
    }

    async fn userinfo_with(&self, token: &str, proof: &str) -> Answer {
        let request = self.http.request(Method::GET, "/o/userinfo/");
        let request = request.header("authorization", format!("DPoP {token}")).header("dpop", proof);
        self.http.send(request).await
    }
}

/// 401 by UserInfo: the error, and that a proof is asked for.
#[track_caller]
fn is_challenged(answer: &Answer, error: &str) {
    assert_eq!((answer.status, answer.text("error").as_str()), (401, error), "{answer:?}");
    let challenge = answer.header("www-authenticate").unwrap();
    let expected =
        format!(r#"{CHALLENGE}, error="{error}", error_description="{}""#, answer.text("error_description"));
    assert_eq!(challenge, expected);
}

/// What is issued by a proof: bound, and said to be.
#[track_caller]
fn is_bound(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.text("token_type"), "DPoP");
    answer.text("access_token")
}

async fn code_for(server: &TestServer, client: &Client, changes: &[(&str, &str)]) -> Code {
    let browser = server.browser();
    browser.sign_in("ada").await;
    let request = AuthorizationRequest::of(client).with("scope", "openid read");
    browser.allow(&changes.iter().fold(request, |request, (name, value)| request.with(name, value))).await
}

/// Sections 5, 6.1 and 6.2: each grant, sealed tokens and JWTs, with every algorithm there is.
#[tokio::test]
async fn every_grant_binds_what_it_issues_to_the_key_that_is_proven() {
    let server = server().await;
    server.person("ada").await;
    let web = server.client("web").await;
    let jwt = server.new_client("jwt").metadata(r#"{"access_token_format":"jwt"}"#).register().await;
    for (client, alg) in
        [(&web, "ES256"), (&web, "EdDSA"), (&web, "Ed25519"), (&web, "PS256"), (&jwt, "RS256")]
    {
        let holder = Holder::with(alg);
        let browser = server.browser();
        browser.sign_in("ada").await;
        let device = client.device().await;
        browser.allows(&device).await;
        let code = browser.code_for(client).await;
        let password = password_of("ada");
        let password = [("grant_type", "password"), ("username", "ada"), ("password", password.as_str())];
        let mut issued = Vec::new();
        for request in [
            client.redeeming(&code),
            client.polling(&device),
            client.posting("/o/token/", &password),
            client.posting("/o/token/", &[("grant_type", "client_credentials")]),
        ] {
            issued.push(server.proving(&holder, request).await);
        }
        let refresh = issued[0].text("refresh_token");
        issued.push(server.proving(&holder, client.refreshing(&refresh)).await);
        for answer in issued {
            let token = is_bound(&answer);
            let said = client.introspect(&token).await.json();
            assert_eq!(said["active"], true);
            assert_eq!(
                (&said["token_type"], &said["cnf"]),
                (&json!("DPoP"), &json!({"jkt": holder.thumbprint()}))
            );
            if client.id == "jwt" {
                let claims = verified(&server, "timetracker", &token).await;
                assert_eq!(claims["cnf"], json!({"jkt": holder.thumbprint()}));
            }
        }
    }
    // The whole answer, and that of introspection.
    let holder = Holder::new();
    let answer =
        server.proving(&holder, web.posting("/o/token/", &[("grant_type", "client_credentials")])).await;
    let access = answer.text("access_token");
    assert_eq!(
        answer.json(),
        json!({"access_token": access, "expires_in": 3600, "token_type": "DPoP", "scope": "read write"})
    );
    let mut said = web.introspect(&access).await.json();
    assert!(said["jti"].take().is_string());
    assert_eq!(
        said,
        json!({
            "active": true, "scope": "read write", "client_id": "web", "token_type": "DPoP", "exp": 1_800_003_600,
            "iat": 1_800_000_000, "nbf": 1_800_000_000, "sub": "web", "aud": ["timetracker"],
            "iss": "http://localhost:8000/o", "jti": null, "cnf": {"jkt": holder.thumbprint()},
        })
    );
}

/// Whoever sends no proof gets what they always got, and nothing is written for them.
#[tokio::test]
async fn without_a_proof_nothing_is_bound_and_nothing_is_remembered() {
    let server = server().await;
    let client = server.client("web").await;
    let answer = client.client_credentials().await;
    assert_eq!(answer.text("token_type"), "Bearer");
    let said = client.introspect(&answer.text("access_token")).await.json();
    assert_eq!((&said["token_type"], said.get("cnf")), (&json!("Bearer"), None));
    assert_eq!(server.count("used_ids").await, 0);
    let asking = client.posting("/o/token/", &[("grant_type", "client_credentials")]);
    is_bound(&server.proving(&Holder::new(), asking).await);
    assert_eq!(server.count("used_ids").await, 1);
}

/// R76: at UserInfo, by the key it is bound to and in no other way.
#[tokio::test]
async fn a_bound_token_is_its_keys_alone() {
    let server = server().await;
    server.person("ada").await;
    let client = server.client("web").await;
    let (holder, thief) = (Holder::new(), Holder::new());
    let code = code_for(&server, &client, &[]).await;
    let token = is_bound(&server.proving(&holder, client.redeeming(&code)).await);
    let told = server.userinfo_by(&holder, &token).await;
    assert_eq!((told.status, told.json()), (200, json!({"sub": "1"})));

    is_challenged(&server.userinfo(&token).await, "invalid_token");
    let form = server.http.send_form("/o/userinfo/", &[("access_token", &token)]).await;
    is_challenged(&form, "invalid_token");
    let proof = holder.proof("GET", USERINFO, Some(&token), server.now());
    let bearer = server.http.request(Method::GET, "/o/userinfo/").header("dpop", &proof);
    let bearer = server.http.send(bearer.header("authorization", format!("Bearer {token}"))).await;
    is_challenged(&bearer, "invalid_token");
    is_challenged(&server.userinfo_by(&thief, &token).await, "invalid_token");
    let bare =
        server.http.request(Method::GET, "/o/userinfo/").header("authorization", format!("DPoP {token}"));
    is_challenged(&server.http.send(bare).await, "invalid_dpop_proof");
    is_challenged(&server.userinfo_by(&holder, "tta_unknown").await, "invalid_token");

    // None of it has used anything up.
    assert_eq!(server.userinfo_with(&token, &proof).await.status, 200);
    let unbound = client.redeem(&code_for(&server, &client, &[]).await).await.text("access_token");
    is_challenged(&server.userinfo_by(&holder, &unbound).await, "invalid_token");
    assert_eq!(server.userinfo(&unbound).await.status, 200);
}

/// Section 7.1: whoever came with a key is answered in its scheme, and who came with nothing is told of both.
#[tokio::test]
async fn whoever_came_with_a_key_is_challenged_for_it() {
    let server = server().await;
    let client = server.client("web").await;
    let holder = Holder::new();
    let own = client.posting("/o/token/", &[("grant_type", "client_credentials")]);
    let token = is_bound(&server.proving(&holder, own).await);
    let lacking = server.userinfo_by(&holder, &token).await;
    assert_eq!((lacking.status, lacking.text("error").as_str()), (403, "insufficient_scope"));
    let expected = format!(r#"{CHALLENGE}, error="insufficient_scope","#);
    assert!(lacking.header("www-authenticate").unwrap().starts_with(&expected), "{lacking:?}");
    let twice = server.http.post("/o/userinfo/", format!("access_token={token}"));
    let twice = server.http.send(twice.header("authorization", format!("DPoP {token}"))).await;
    assert_eq!((twice.status, twice.text("error").as_str()), (400, "invalid_request"));
    let expected = format!(r#"{CHALLENGE}, error="invalid_request","#);
    assert!(twice.header("www-authenticate").unwrap().starts_with(&expected), "{twice:?}");
    let nothing = server.http.get("/o/userinfo/").await;
    let challenges: Vec<_> = nothing.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(challenges, [r#"Bearer realm="authz""#, CHALLENGE]);
}

/// R76: nor does it prove to introspection who a client is.
#[tokio::test]
async fn a_bound_token_is_no_bearer_token_at_introspection() {
    let server = server().await;
    let client = server.new_client("web").scopes(&["read", "introspection"]).register().await;
    let fields = [("grant_type", "client_credentials"), ("scope", "introspection")];
    let ask = async |token: &str| {
        let request = server.http.post("/o/introspect/", format!("token={token}"));
        server.http.send(request.header("authorization", format!("Bearer {token}"))).await
    };
    let unbound = client.token(&fields).await.text("access_token");
    assert_eq!(ask(&unbound).await.json()["active"], true);
    let bound = is_bound(&server.proving(&Holder::new(), client.posting("/o/token/", &fields)).await);
    let refused = ask(&bound).await;
    assert_eq!((refused.status, refused.text("error").as_str()), (401, "invalid_token"));
}

/// R53, R76: a public client's refresh token is its key's. A confidential client may take another key, but not none.
#[tokio::test]
async fn what_is_bound_stays_bound_through_refresh() {
    let server = server().await;
    server.person("ada").await;
    let holder = Holder::new();
    for client in [server.public_client("phone").await, server.client("web").await] {
        let watcher = server.new_client(&format!("watcher-of-{}", client.id)).introspects(&["timetracker"]);
        let watcher = watcher.register().await;
        let code = code_for(&server, &client, &[]).await;
        let bought = server.proving(&holder, client.redeeming(&code)).await;
        let (access, refresh) = (is_bound(&bought), bought.text("refresh_token"));
        client.refresh(&refresh).await.is_error(400, "invalid_grant");
        let other = Holder::new();
        let by_another = server.proving(&other, client.refreshing(&refresh)).await;
        let (refresh, holder) = if client.secret.is_none() {
            by_another.is_error(400, "invalid_grant");
            (refresh, &holder)
        } else {
            is_bound(&by_another);
            let refresh = by_another.text("refresh_token");
            client.refresh(&refresh).await.is_error(400, "invalid_grant");
            (refresh, &other)
        };
        // Nothing of that was a use, let alone a reuse.
        assert!(watcher.vouches_for(&access).await);
        let renewed = server.proving(holder, client.refreshing(&refresh)).await;
        let said = watcher.introspect(&is_bound(&renewed)).await.json();
        assert_eq!(said["cnf"], json!({"jkt": holder.thumbprint()}));
        client.refresh(&renewed.text("refresh_token")).await.is_error(400, "invalid_grant");
    }
}

/// What was issued to nobody's key may be bound when it is renewed, and is from then on.
#[tokio::test]
async fn a_proof_at_refresh_binds_what_was_not_bound() {
    let server = server().await;
    server.person("ada").await;
    let (client, holder) = (server.public_client("phone").await, Holder::new());
    let refresh = client.redeem(&code_for(&server, &client, &[]).await).await.text("refresh_token");
    let bound = server.proving(&holder, client.refreshing(&refresh)).await;
    is_bound(&bound);
    client.refresh(&bound.text("refresh_token")).await.is_error(400, "invalid_grant");
    is_bound(&server.proving(&holder, client.refreshing(&bound.text("refresh_token"))).await);
}

/// Section 10: a code that was asked for with a key is for nobody else, and a wrong key does not use it up.
#[tokio::test]
async fn a_code_can_be_for_a_key() {
    let server = server().await;
    server.person("ada").await;
    let client = server.client("web").await;
    let holder = Holder::new();
    let jkt = holder.thumbprint().to_string();
    let code = code_for(&server, &client, &[("dpop_jkt", &jkt)]).await;
    client.redeem(&code).await.is_error(400, "invalid_grant");
    server.proving(&Holder::new(), client.redeeming(&code)).await.is_error(400, "invalid_grant");
    let token = is_bound(&server.proving(&holder, client.redeeming(&code)).await);
    assert!(client.vouches_for(&token).await);
    let browser = server.browser();
    for malformed in ["x", &jkt[1..], &format!("{jkt}=")] {
        let request = AuthorizationRequest::of(&client).with("dpop_jkt", malformed);
        let returned = browser.get(&request.path()).await.returned_to(&client.redirect_uri);
        assert_eq!(returned[0], ("error".to_owned(), "invalid_request".to_owned()), "{malformed}");
    }
}

/// Section 5.2: a client that registered for it gets nothing without a proof, at no grant and not through a browser.
#[tokio::test]
async fn a_client_can_be_held_to_proofs() {
    let server = server().await;
    server.person("ada").await;
    let metadata = r#"{"dpop_bound_access_tokens":true,"response_types":["code","code token"]}"#;
    let client = server.new_client("web").metadata(metadata).register().await;
    let holder = Holder::new();
    let code = code_for(&server, &client, &[]).await;
    let bought = server.proving(&holder, client.redeeming(&code)).await;
    is_bound(&bought);
    let device = client.device().await;
    for refused in [
        client.redeem(&code).await,
        client.refresh(&bought.text("refresh_token")).await,
        client.client_credentials().await,
        client.password("ada", &password_of("ada")).await,
        client.poll(&device).await,
    ] {
        refused.is_error(400, "invalid_dpop_proof");
    }
    // It was not a use.
    is_bound(&server.proving(&holder, client.refreshing(&bought.text("refresh_token"))).await);
    let request = AuthorizationRequest::of(&client).with("response_type", "code token");
    let answer = server.browser().get(&request.path()).await;
    assert!(answer.location().contains("error=unauthorized_client"), "{answer:?}");
}

/// A page of a client's may send its proof from a browser.
#[tokio::test]
async fn a_page_may_send_a_proof() {
    let server = server().await;
    let metadata = r#"{"allowed_origins":["https://spa.example"]}"#;
    server.new_client("spa").public().metadata(metadata).register().await;
    for (path, origin) in [("/o/token/", "https://spa.example"), ("/o/userinfo/", "https://any.example")] {
        let asking = server.http.request(Method::OPTIONS, path).header("origin", origin);
        let asking = asking.header("access-control-request-method", "POST");
        let answer = server.http.send(asking.header("access-control-request-headers", "dpop")).await;
        assert_eq!(answer.header("access-control-allow-headers"), Some("Authorization, Content-Type, DPoP"));
    }
    assert_eq!(TOKEN, format!("{BASE}/o/token/"));
}
