//! JWTs that somebody else made, wherever one is taken from outside: nothing in them chooses a key, and none is fetched.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::{AuthorizationRequest, CALLBACK, Client, Listener, TestServer, server_with};

fn part(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

fn parts(jwt: &str) -> Vec<Value> {
    let part = |text: &str| serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
    jwt.split('.').take(2).map(part).collect()
}

/// Everything that an attacker who has an ID token and the published keys can make of them.
async fn forgeries(server: &TestServer, id_token: &str, listener: &Listener) -> Vec<(String, String)> {
    let [header, claims] = &parts(id_token)[..] else { panic!() };
    let [head, body, signature] = id_token.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let keys = server.http.get("/o/.well-known/jwks.json").await;
    let jwk = keys.json()["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["kid"] == header["kid"])
        .unwrap()
        .clone();
    let mut forged = Vec::new();
    let mut add = |what: &str, jwt: String| forged.push((what.to_owned(), jwt));
    let with = |members: &[(&str, Value)]| {
        let mut header = header.clone();
        for (name, value) in members {
            header[*name] = value.clone();
        }
        header
    };
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        for end in [".", ".AAAA", ""] {
            add("no algorithm", format!("{}.{body}{end}", part(&with(&[("alg", json!(alg))]))));
        }
    }
    // The public key as a password, in each of the ways it is published or could be written down.
    let modulus = jwk["n"].as_str().unwrap();
    let secrets =
        [keys.body.clone(), jwk.to_string(), modulus.to_owned(), String::new(), header["kid"].to_string()];
    let bytes = secrets.iter().map(|text| text.clone().into_bytes());
    for secret in bytes.chain([BASE64_URL_SAFE_NO_PAD.decode(modulus).unwrap()]) {
        let mut head = Header::new(Algorithm::HS256);
        head.kid = Some(header["kid"].as_str().unwrap().to_owned());
        add("a public key as a secret", encode(&head, claims, &EncodingKey::from_secret(&secret)).unwrap());
    }
    // Their own key, and where it is to be found.
    let own =
        keys.json()["keys"].as_array().unwrap().iter().find(|key| key["alg"] == "ES256").unwrap().clone();
    for (name, value) in [
        ("jwk", own),
        ("jku", json!(listener.url("/keys"))),
        ("x5u", json!(listener.url("/chain"))),
        ("x5c", json!(["MIIB"])),
    ] {
        add(name, format!("{}.{}.{signature}", part(&with(&[(name, value.clone())])), part(claims)));
        add(name, format!("{}.{body}.{signature}", part(&with(&[(name, value), ("kid", json!("theirs"))]))));
    }
    add("an extension", format!("{}.{body}.{signature}", part(&with(&[("crit", json!(["exp"]))]))));
    for alg in ["RS384", "PS256", "ES256", "EdDSA", "HS512"] {
        add("another algorithm", format!("{}.{body}.{signature}", part(&with(&[("alg", json!(alg))]))));
    }
    for kid in [json!("../../etc/passwd"), json!("' OR 1=1 --"), json!(7), Value::Null, json!("")] {
        add("another key", format!("{}.{body}.{signature}", part(&with(&[("kid", kid)]))));
    }
    for (name, value) in
        [("exp", json!("soon")), ("exp", json!(9e99)), ("sub", json!("2")), ("aud", json!(["web", "x"]))]
    {
        let mut changed = claims.clone();
        changed[name] = value;
        add("changed claims", format!("{head}.{}.{signature}", part(&changed)));
    }
    add("no JWT", "x".repeat(40));
    add("four parts", format!("{id_token}.{signature}"));
    add("five parts", format!("{id_token}.{signature}.{signature}"));
    add("padding", format!("{id_token}=="));
    add("blanks", format!(" {id_token}"));
    forged
}

async fn id_token(server: &TestServer, client: &Client) -> (crate::support::Browser, String) {
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(client).with("scope", "openid");
    let token = client.redeem(&browser.allow(&request).await).await.text("id_token");
    (browser, token)
}

/// R64, R65, R66, section 2 nos. 38 (CVE-2026-27962) and 49 (CVE-2026-25537): as hints at both endpoints that take some, and
/// as access tokens.
#[tokio::test]
async fn a_forged_jwt_is_refused_everywhere_and_its_addresses_are_not_looked_at() {
    let server = server_with(&[("OUTBOUND_NETWORKS", "127.0.0.0/8")]).await;
    let listener = Listener::start().await;
    let client = server.client("web").await;
    let (browser, honest) = id_token(&server, &client).await;
    let asks = AuthorizationRequest::of(&client).with("scope", "openid").with("prompt", "none");
    let silent = |hint: &str| asks.clone().with("id_token_hint", hint).path();
    assert_eq!(browser.get(&silent(&honest)).await.returned_to(CALLBACK)[0].0, "code");
    let forgeries = forgeries(&server, &honest, &listener).await;
    assert!(forgeries.len() > 40);
    for (what, forged) in forgeries {
        let told = browser.get(&silent(&forged)).await.returned_to(CALLBACK);
        assert_eq!(told[0], ("error".to_owned(), "invalid_request".to_owned()), "{what}: {forged}");
        let page =
            browser.get(&format!("/o/logout/?{}", crate::support::form(&[("id_token_hint", &forged)]))).await;
        assert_eq!(page.status, 400, "{what}: {forged}");
        assert_eq!(client.introspect(&forged).await.body, crate::support::INACTIVE, "{what}: {forged}");
        let as_token = server.http.request(reqwest::Method::GET, "/o/userinfo/").bearer_auth(&forged);
        assert_eq!(server.http.send(as_token).await.status, 401, "{what}: {forged}");
    }
    assert!(browser.is_signed_in().await);
    assert_eq!(listener.heard(), Vec::<String>::new());
}

/// R67: each JWT of ours for what it is for, and for nothing else.
#[tokio::test]
async fn no_jwt_of_ours_passes_for_another_kind() {
    let server = server_with(&[("OUTBOUND_NETWORKS", "127.0.0.0/8")]).await;
    let listener = Listener::start().await;
    let metadata = json!({
        "access_token_format": "jwt", "userinfo_signed_response_alg": "RS256", "backchannel_logout_uri": listener.url("/told"),
    });
    let client = server.new_client("web").metadata(&metadata.to_string()).register().await;
    let browser = server.signed_in("ada").await;
    let request = AuthorizationRequest::of(&client).with("scope", "openid");
    let tokens = client.redeem(&browser.allow(&request).await).await;
    let (id_token, access) = (tokens.text("id_token"), tokens.text("access_token"));
    let userinfo = server.userinfo(&access).await.body;
    browser.submit(&browser.get("/").await.form("sign-out-form")).await.is_page(200);
    crate::support::eventually("it was told", || async { !listener.heard().is_empty() }).await;
    let told = listener.heard()[0].split_once("logout_token=").unwrap().1.to_owned();
    browser.sign_in("ada").await;
    let silent = request.with("prompt", "none");
    for (what, jwt) in
        [("an access token", &access), ("signed UserInfo", &userinfo), ("a logout token", &told)]
    {
        let answer = browser.get(&silent.clone().with("id_token_hint", jwt).path()).await;
        assert_eq!(answer.returned_to(CALLBACK)[0].1, "invalid_request", "{what}");
        let page =
            browser.get(&format!("/o/logout/?{}", crate::support::form(&[("id_token_hint", jwt)]))).await;
        assert_eq!(page.status, 400, "{what}");
    }
    for (what, jwt) in [("an ID token", &id_token), ("signed UserInfo", &userinfo), ("a logout token", &told)]
    {
        assert_eq!(client.introspect(jwt).await.body, crate::support::INACTIVE, "{what}");
        assert_eq!(server.userinfo(jwt).await.status, 401, "{what}");
        client.refresh(jwt).await.is_error(400, "invalid_grant");
        let fields =
            [("grant_type", "authorization_code"), ("code", jwt), ("code_verifier", &"v".repeat(43))];
        client.token(&fields).await.is_error(400, "invalid_grant");
    }
    let types: Vec<Value> =
        [&id_token, &access, &userinfo, &told].map(|jwt| parts(jwt)[0]["typ"].clone()).into();
    assert_eq!(types, ["JWT", "at+jwt", "JWT", "logout+jwt"]);
}
