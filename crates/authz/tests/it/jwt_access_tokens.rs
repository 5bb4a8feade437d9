//! Access tokens that are JWTs: RFC 9068, for clients an administrator has marked.

use authz::crypto::signing::SigningAlg;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{
    Answer, AuthorizationRequest, Browser, Client, INACTIVE, ISSUER, TestServer, server, verified,
};

const JWT: &str = r#"{"access_token_format":"jwt"}"#;

async fn marked(server: &TestServer, name: &str) -> Client {
    server.new_client(name).metadata(JWT).register().await
}

async fn tokens(browser: &Browser, client: &Client, scope: &str) -> Answer {
    let answer =
        client.redeem(&browser.allow(&AuthorizationRequest::of(client).with("scope", scope)).await).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

fn header(token: &str) -> jsonwebtoken::Header {
    jsonwebtoken::decode_header(token).unwrap()
}

/// RFC 9068 section 2: the type, and every claim it names, and none about the person besides.
#[tokio::test]
async fn a_jwt_says_what_rfc_9068_names_and_no_more() {
    let server = server().await;
    let client = marked(&server, "web").await;
    let browser = server.signed_in("ada").await;
    server.set_profile("ada", json!({"name": "Ada", "email": "ada@example.com"})).await;
    server.advance(7);
    let answer = tokens(&browser, &client, "openid profile read").await;
    let members: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["access_token", "expires_in", "token_type", "scope", "refresh_token", "id_token"]);
    let token = answer.text("access_token");
    assert_eq!(
        (header(&token).typ.as_deref(), header(&token).alg),
        (Some("at+jwt"), jsonwebtoken::Algorithm::RS256)
    );
    let mut claims = verified(&server, "timetracker", &token).await;
    let introspected = client.introspect(&token).await.json();
    assert_eq!(claims["jti"].take(), introspected["jti"]);
    assert!(claims["sealed"].take().as_str().unwrap().starts_with("ttj_"));
    assert_eq!(
        claims,
        json!({
            "iss": ISSUER, "sub": "1", "aud": "timetracker", "exp": 1_800_003_607, "iat": 1_800_000_007, "jti": null,
            "client_id": "web", "scope": "openid profile read", "auth_time": 1_800_000_000, "acr": "1", "amr": ["pwd"],
            "sealed": null,
        })
    );
    let own = client.client_credentials().await.text("access_token");
    let claims = verified(&server, "timetracker", &own).await;
    assert_eq!((&claims["sub"], &claims["client_id"]), (&json!("web"), &json!("web")));
    for absent in ["auth_time", "acr", "amr"] {
        assert_eq!(claims[absent], Value::Null);
    }
    let several = server.new_client("two").metadata(JWT).audiences(&["timetracker", "x"]).register().await;
    let token = several.client_credentials().await.text("access_token");
    assert_eq!(verified(&server, "x", &token).await["aud"], json!(["timetracker", "x"]));
}

/// By the algorithm of the client's choice, at every grant.
#[tokio::test]
async fn it_is_signed_as_the_client_was_registered_for_at_every_grant() {
    let server = server().await;
    let browser = server.signed_in("ada").await;
    for alg in SigningAlg::ALL {
        let metadata =
            json!({"access_token_format": "jwt", "access_token_signed_response_alg": alg.as_str()})
                .to_string();
        let client = server.new_client(alg.as_str()).metadata(&metadata).register().await;
        let bought = tokens(&browser, &client, "read").await;
        for answer in [
            client.refresh(&bought.text("refresh_token")).await,
            client.client_credentials().await,
            client.password("ada", &crate::support::password_of("ada")).await,
            bought,
        ] {
            let token = answer.text("access_token");
            assert_eq!(format!("{:?}", header(&token).alg), alg.as_str());
            verified(&server, "timetracker", &token).await;
            assert!(client.vouches_for(&token).await);
        }
    }
}

/// R78, R79, R63: introspection, UserInfo and revocation know it by the same ids as a sealed one.
/// Section 2 no. 13 of the dossier (CVE-2026-18208).
#[tokio::test]
async fn a_jwt_is_introspected_revoked_and_shown_like_a_sealed_token() {
    let server = server().await;
    let client = marked(&server, "web").await;
    let sealed = server.client("sealed").await;
    let api = server.new_client("api").introspects(&["timetracker"]).register().await;
    let stranger = server.client("stranger").await;
    let browser = server.signed_in("ada").await;
    let answer = tokens(&browser, &client, "openid read").await;
    let token = answer.text("access_token");
    let same = tokens(&browser, &sealed, "openid read").await.text("access_token");
    let mut told = [api.introspect(&token).await.json(), api.introspect(&same).await.json()];
    for (told, id) in told.iter_mut().zip(["web", "sealed"]) {
        assert_eq!(told["client_id"].take(), id);
        told["jti"].take();
    }
    assert_eq!(told[0], told[1]);
    assert_eq!((&told[0]["username"], &told[0]["sub"]), (&json!("ada"), &json!("1")));
    assert_eq!(stranger.introspect(&token).await.body, INACTIVE);
    assert_eq!(server.userinfo(&token).await.json(), json!({"sub": "1"}));
    // Another client's revocation changes nothing, one's own ends the whole grant.
    assert_eq!(stranger.revoke(&token).await.status, 200);
    assert!(client.vouches_for(&token).await);
    assert_eq!(client.revoke(&token).await.status, 200);
    assert!(!client.vouches_for(&token).await);
    assert_eq!(server.userinfo(&token).await.status, 401);
    client.refresh(&answer.text("refresh_token")).await.is_error(400, "invalid_grant");
    // One without a person, by its own id; and whatever ends by itself.
    let (own, kept) =
        (client.client_credentials().await, client.client_credentials().await.text("access_token"));
    client.revoke(&own.text("access_token")).await;
    assert!(!client.vouches_for(&own.text("access_token")).await && client.vouches_for(&kept).await);
    server.advance(3_600);
    assert!(!client.vouches_for(&kept).await);
    browser.sign_in("ada").await;
    let token = tokens(&browser, &client, "openid").await.text("access_token");
    server.advance(1);
    server.disable("ada", true).await;
    assert!(!client.vouches_for(&token).await);
}

/// R34, R64, R65, R67: kinds are not confused, whichever way round; nothing in the header chooses a key.
#[tokio::test]
async fn no_other_jwt_passes_for_an_access_token_and_it_for_no_other() {
    let server = server().await;
    let client = server
        .new_client("web")
        .metadata(r#"{"access_token_format":"jwt","userinfo_signed_response_alg":"RS256"}"#)
        .register()
        .await;
    let browser = server.signed_in("ada").await;
    let answer = tokens(&browser, &client, "openid").await;
    let token = answer.text("access_token");
    let signed_userinfo = server.userinfo(&token).await.body;
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let [head, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let said: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let kid = header(&token).kid.unwrap();
    let mut more = said.clone();
    more["scope"] = json!("openid read write");
    let jwk = server.http.get("/o/.well-known/jwks.json").await.json()["keys"][0].clone();
    let mut wrong = vec![
        ("an ID token", answer.text("id_token")),
        ("signed UserInfo", signed_userinfo),
        ("what is sealed in it", said["sealed"].as_str().unwrap().to_owned()),
        ("the same disguised", said["sealed"].as_str().unwrap().replacen("ttj_", "tta_", 1)),
        ("changed claims", format!("{head}.{}.{signature}", part(&more))),
        ("no signature", format!("{head}.{claims}.")),
        ("cut off", format!("{head}.{claims}")),
        ("too long", format!("{head}.{}.{signature}", "A".repeat(9_000))),
    ];
    for alg in ["none", "HS256", "ES256", "EdDSA"] {
        let other = part(&json!({"typ": "at+jwt", "alg": alg, "kid": kid, "jwk": jwk}));
        wrong.push((alg, format!("{other}.{claims}.{signature}")));
        wrong.push((alg, format!("{other}.{claims}.")));
    }
    // The ID token's own signature under the other type.
    let id_token = answer.text("id_token");
    let (_, rest) = id_token.split_once('.').unwrap();
    wrong.push(("an ID token's rest", format!("{head}.{rest}")));
    for (what, text) in &wrong {
        assert_eq!(client.introspect(text).await.body, INACTIVE, "{what}");
        assert_eq!(server.userinfo(text).await.status, 401, "{what}");
        assert_eq!(client.revoke(text).await.status, 200, "{what}");
    }
    assert!(client.vouches_for(&token).await, "none of that has ended it");
    assert!(authz::crypto::jwt::signed_by_us(&server.app().signing, &token, "JWT").is_none());
    assert_ne!(said["aud"], json!("web"), "an ID token's audience is the client");
    client.refresh(&token).await.is_error(400, "invalid_grant");
}

/// R72: also an access token that lasts a day is verifiable until its end, whatever happens to the keys meanwhile.
#[tokio::test]
async fn a_key_stays_published_until_the_longest_access_token_has_ended() {
    let server = server().await;
    let metadata = r#"{"access_token_format":"jwt","access_token_ttl_seconds":86400}"#;
    let client = server.new_client("web").metadata(metadata).register().await;
    authz::signatures::ready(server.app()).await.unwrap();
    authz::signatures::rotate(server.app()).await.unwrap();
    server.advance(599);
    let token = client.client_credentials().await.text("access_token");
    authz::signatures::rotate(server.app()).await.unwrap();
    server.advance(86_399);
    verified(&server, "timetracker", &token).await;
    assert!(client.vouches_for(&token).await);
    server.advance(1);
    assert!(!client.vouches_for(&token).await);
}

/// What would let a JWT be taken for something else, or tell a client more than it may know, cannot be registered.
#[tokio::test]
async fn a_registration_that_makes_jwts_unsafe_is_refused() {
    let server = server().await;
    let for_itself = server.new_client("web").metadata(JWT).audiences(&["timetracker", "web"]);
    assert!(for_itself.try_register().await.is_err());
    let pairwise =
        server.new_client("web").metadata(r#"{"access_token_format":"jwt","subject_type":"pairwise"}"#);
    assert!(pairwise.try_register().await.is_err());
    let client = server.new_client("web").metadata(r#"{"subject_type":"pairwise"}"#).register().await;
    let origin = authz::audit::Origin::CommandLine(None);
    assert!(authz::registration::change_metadata(server.app(), &origin, "web", JWT).await.is_err());
    // A client learns the person's other name from none of its tokens; a resource server is told who they are.
    let api = server.new_client("api").introspects(&["timetracker"]).register().await;
    let token = tokens(&server.signed_in("ada").await, &client, "openid").await;
    let own = client.introspect(&token.text("access_token")).await.text("sub");
    assert_eq!(own, verified(&server, "web", &token.text("id_token")).await["sub"].as_str().unwrap());
    assert_ne!(own, "1");
    assert_eq!(api.introspect(&token.text("access_token")).await.text("sub"), "1");
}

/// A client that was not marked has sealed tokens as ever, and no key is made for it.
#[tokio::test]
async fn without_the_mark_tokens_stay_sealed_and_unsigned() {
    let server = server().await;
    let client = server.client("web").await;
    assert!(client.client_credentials().await.text("access_token").starts_with("tta_"));
    assert_eq!(server.count("signing_keys").await, 0);
    let origin = authz::audit::Origin::CommandLine(None);
    authz::registration::change_metadata(server.app(), &origin, "web", JWT).await.unwrap();
    assert!(client.client_credentials().await.text("access_token").starts_with("eyJ"));
    assert_eq!(server.count("signing_keys").await, 3);
    authz::registration::change_metadata(server.app(), &origin, "web", r#"{"access_token_format":null}"#)
        .await
        .unwrap();
    assert!(client.client_credentials().await.text("access_token").starts_with("tta_"));
}
