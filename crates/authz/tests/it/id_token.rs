//! ID tokens in the code flow: OpenID Connect Core sections 2, 3.1.3 and 12.2.

use authz::crypto::signing::SigningAlg;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{
    Answer, AuthorizationRequest, Browser, Client, ISSUER, TestServer, password_of, server, server_with,
    verified,
};

fn openid(client: &Client, scope: &str) -> AuthorizationRequest {
    AuthorizationRequest::of(client).with("scope", scope)
}

async fn tokens(browser: &Browser, client: &Client, request: &AuthorizationRequest) -> Answer {
    let answer = client.redeem(&browser.allow(request).await).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

async fn claims(server: &TestServer, client: &Client, answer: &Answer) -> Value {
    verified(server, &client.id, &answer.text("id_token")).await
}

/// R69: everything in it, and nothing that was not asked for.
#[tokio::test]
async fn an_id_token_says_who_signed_in_when_how_and_for_whom_and_no_more() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    server.set_profile("ada", json!({"name": "Ada", "email": "ada@example.com"})).await;
    server.advance(7);
    let nonce = "n-0S6_WzA2Mj \u{e9}\"<";
    let answer =
        tokens(&browser, &client, &openid(&client, "openid profile email").with("nonce", nonce)).await;
    let members: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["access_token", "expires_in", "token_type", "scope", "refresh_token", "id_token"]);
    let mut claims = claims(&server, &client, &answer).await;
    let hash = model::secret::sha256(answer.text("access_token").as_bytes());
    let sid = claims["sid"].take();
    assert_eq!(sid.as_str().unwrap().len(), 32);
    assert_eq!(
        claims,
        json!({
            "iss": ISSUER, "sub": "1", "aud": "web", "exp": 1_800_003_607, "iat": 1_800_000_007,
            "auth_time": 1_800_000_000, "acr": "1", "amr": ["pwd"], "nonce": nonce,
            "at_hash": BASE64_URL_SAFE_NO_PAD.encode(&hash[..16]), "sid": null,
        })
    );
    let header = jsonwebtoken::decode_header(answer.text("id_token")).unwrap();
    assert_eq!(header.typ.as_deref(), Some("JWT"));
}

/// No `openid`, no ID token; a nonce is not needed (section 3.1.2.1).
#[tokio::test]
async fn there_is_one_only_when_openid_was_granted() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    for without in [
        openid(&client, "read"),
        openid(&client, "read profile"),
        AuthorizationRequest::of(&client).without("scope"),
    ] {
        let answer = tokens(&browser, &client, &without.with("nonce", "n")).await;
        assert!(answer.json().get("id_token").is_none(), "{answer:?}");
    }
    let answer = tokens(&browser, &client, &openid(&client, "openid")).await;
    assert!(claims(&server, &client, &answer).await.get("nonce").is_none());
    assert_eq!(server.count("signing_keys").await, 3);
}

#[tokio::test]
async fn it_is_signed_as_the_client_was_registered_for() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    for alg in SigningAlg::ALL {
        let name = alg.as_str();
        let metadata = format!(r#"{{"id_token_signed_response_alg":"{name}"}}"#);
        let client = server.new_client(name).metadata(&metadata).register().await;
        let answer = tokens(&browser, &client, &openid(&client, "openid")).await;
        let header = jsonwebtoken::decode_header(answer.text("id_token")).unwrap();
        assert_eq!(format!("{:?}", header.alg), name);
        let claims = claims(&server, &client, &answer).await;
        assert_eq!(claims["at_hash"], alg.half_hash(&answer.text("access_token")));
        assert_eq!(claims["at_hash"].as_str().unwrap().len(), if name == "EdDSA" { 43 } else { 22 });
    }
}

/// Section 12.2: the same person, the same authentication, no nonce; a later sign-in elsewhere changes nothing in it.
#[tokio::test]
async fn a_refresh_answers_with_an_id_token_about_the_same_sign_in() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let first = tokens(&browser, &client, &openid(&client, "openid read").with("nonce", "n")).await;
    let was = claims(&server, &client, &first).await;
    server.advance(100);
    browser.sign_in("ada").await;
    let renewed = client.refresh(&first.text("refresh_token")).await;
    let mut is = claims(&server, &client, &renewed).await;
    assert_eq!(is["iat"], 1_800_000_100);
    assert_eq!(is["at_hash"], SigningAlg::RS256.half_hash(&renewed.text("access_token")));
    for changed in ["iat", "exp", "at_hash"] {
        is[changed] = was[changed].clone();
    }
    let mut was = was;
    was.as_object_mut().unwrap().remove("nonce");
    assert_eq!(is, was);
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &renewed.text("refresh_token")),
        ("scope", "read"),
    ];
    assert!(client.token(&fields).await.json().get("id_token").is_none());
}

/// The session stays the same to applications when the person only signs in again, and is another in another browser.
#[tokio::test]
async fn the_session_has_a_name_of_its_own() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let request = openid(&client, "openid");
    let mut sids = Vec::new();
    let other = server.browser();
    other.sign_in("ada").await;
    sids.push(claims(&server, &client, &tokens(&browser, &client, &request).await).await["sid"].clone());
    let cookie = browser.cookie();
    browser.sign_in("ada").await;
    assert_ne!(browser.cookie(), cookie);
    for browser in [&browser, &other] {
        sids.push(claims(&server, &client, &tokens(browser, &client, &request).await).await["sid"].clone());
    }
    assert_eq!(sids[0], sids[1]);
    assert_ne!(sids[0], sids[2]);
    let by_password = [
        ("grant_type", "password"),
        ("username", "ada"),
        ("password", &password_of("ada")),
        ("scope", "openid"),
    ];
    let answer = client.token(&by_password).await;
    assert!(claims(&server, &client, &answer).await.get("sid").is_none());
}

/// Section 8: clients of one sector know a person by one name, clients of others by another.
#[tokio::test]
async fn pairwise_subjects_cannot_be_compared_between_sectors() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    server.person("bob").await;
    let bobs = server.browser();
    bobs.sign_in("bob").await;
    let pairwise = r#"{"subject_type":"pairwise"}"#;
    let mut subs = Vec::new();
    for (name, uris) in
        [("a", ["https://one.example/a"]), ("b", ["https://one.example/b"]), ("c", ["https://two.example/a"])]
    {
        let client = server.new_client(name).redirect_uris(&uris).metadata(pairwise).register().await;
        for browser in [&browser, &bobs] {
            let answer = tokens(browser, &client, &openid(&client, "openid")).await;
            let sub = claims(&server, &client, &answer).await["sub"].as_str().unwrap().to_owned();
            assert!(sub.len() <= 255 && sub.is_ascii());
            let told = server.userinfo(&answer.text("access_token")).await;
            assert_eq!(told.text("sub"), sub);
            subs.push(sub);
        }
    }
    assert_eq!((&subs[0], &subs[1]), (&subs[2], &subs[3]));
    for (left, right) in [(0, 1), (0, 4), (1, 5), (4, 5)] {
        assert_ne!(subs[left], subs[right]);
    }
    let two = ["https://one.example/a", "https://two.example/a"];
    assert!(server.new_client("d").redirect_uris(&two).metadata(pairwise).try_register().await.is_err());
    let with_sector =
        r#"{"subject_type":"pairwise","sector_identifier_uri":"https://one.example/sector.json"}"#;
    let client = server.new_client("d").redirect_uris(&two).metadata(with_sector).register().await;
    let answer = tokens(&browser, &client, &openid(&client, "openid")).await;
    assert_eq!(claims(&server, &client, &answer).await["sub"], *subs[0]);
}

/// Section 5.5: what is asked for by name is told where it is asked for.
#[tokio::test]
async fn the_claims_parameter_asks_for_claims_in_the_id_token_and_at_userinfo() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    server
        .set_profile(
            "ada",
            json!({"name": "Ada", "email": "ada@example.com", "email_verified": true, "locale": "en"}),
        )
        .await;
    server.set_groups("ada", &["staff"]).await;
    let asked = r#"{"id_token":{"email":{"essential":true},"groups":null,"phone_number":null},"userinfo":{"name":null}}"#;
    let request = openid(&client, "openid").with("claims", asked);
    let answer = tokens(&browser, &client, &request).await;
    for answer in [&answer, &client.refresh(&answer.text("refresh_token")).await] {
        let claims = claims(&server, &client, answer).await;
        assert_eq!((&claims["email"], &claims["groups"]), (&json!("ada@example.com"), &json!(["staff"])));
        for absent in ["phone_number", "name", "locale", "email_verified"] {
            assert!(claims.get(absent).is_none(), "{absent}");
        }
        let told = server.userinfo(&answer.text("access_token")).await.json();
        assert_eq!(told, json!({"sub": "1", "name": "Ada"}));
    }
    for (wrong, error) in [
        ("[]", "invalid_request"),
        ("{", "invalid_request"),
        (r#"{"id_token":{"acr":{"essential":true,"value":"9"}}}"#, "unmet_authentication_requirements"),
    ] {
        let answer = browser.get(&openid(&client, "openid").with("claims", wrong).path()).await;
        assert!(answer.location().contains(&format!("error={error}&")), "{answer:?}");
    }
}

/// An installation may say how long they last, up to a day.
#[tokio::test]
async fn its_lifetime_is_a_setting() {
    let server = server_with(&[("ID_TOKEN_TTL_SECONDS", "90")]).await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let claims = claims(&server, &client, &tokens(&browser, &client, &openid(&client, "openid")).await).await;
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 90);
}

/// There is no person in it, so nothing about one can be asked for.
#[tokio::test]
async fn a_client_for_itself_gets_no_scope_about_a_person() {
    let server = server().await;
    let client = server.client("web").await;
    for scope in ["openid", "read openid", "email", "offline_access"] {
        let answer = client.token(&[("grant_type", "client_credentials"), ("scope", scope)]).await;
        answer.is_error(400, "invalid_scope");
    }
}
