//! What a proof must be like, over HTTP; each rule by itself is a table beside the code.

use model::dpop::testing::Holder;
use reqwest::Method;
use serde_json::{Value, json};

use super::{TOKEN, USERINFO, code_for, is_bound, is_challenged};
use crate::support::{server, server_with};

/// R64, R65, R67, R75: each rule violated by itself. Nothing of it uses the code up.
#[tokio::test]
async fn a_proof_that_violates_a_rule_is_refused_and_spends_nothing() {
    let server = server().await;
    server.person("ada").await;
    let client = server.public_client("phone").await;
    let code = code_for(&server, &client, &[]).await;
    let (holder, other) = (Holder::new(), Holder::new());
    let changed = |header: Value, claims: Value| {
        let mut honest = (holder.header(), Holder::claims("POST", TOKEN, None, server.now()));
        for (part, changes) in [(&mut honest.0, header), (&mut honest.1, claims)] {
            for (name, value) in changes.as_object().unwrap() {
                part[name] = value.clone();
            }
        }
        holder.sign(&honest.0, &honest.1)
    };
    let now = server.now().unix_seconds();
    let mut with_private = holder.jwk();
    with_private["d"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let honest = holder.proof("POST", TOKEN, None, server.now());
    let (message, signature) = honest.rsplit_once('.').unwrap();
    let theirs = other.proof("POST", TOKEN, None, server.now());
    let (_, their_signature) = theirs.rsplit_once('.').unwrap();
    let id_token = client.redeem(&code_for(&server, &client, &[]).await).await.text("id_token");
    for (what, proof) in [
        ("nothing", String::new()),
        ("no JWT", "proof".to_owned()),
        ("an ID token", id_token),
        ("too long", changed(json!({}), json!({"more": "a".repeat(8_192)}))),
        ("another type", changed(json!({"typ": "JWT"}), json!({}))),
        ("an access token's type", changed(json!({"typ": "at+jwt"}), json!({}))),
        ("what must be understood", changed(json!({"crit": ["exp"]}), json!({}))),
        ("no signature", format!("{message}.")),
        ("no algorithm", changed(json!({"alg": "none"}), json!({}))),
        ("a symmetric algorithm", changed(json!({"alg": "HS256"}), json!({}))),
        ("another algorithm than the key's", changed(json!({"alg": "EdDSA"}), json!({}))),
        ("a private key", changed(json!({"jwk": with_private}), json!({}))),
        ("somebody else's key", changed(json!({"jwk": other.jwk()}), json!({}))),
        ("somebody else's signature", format!("{message}.{their_signature}")),
        ("a broken signature", format!("{message}.{}", signature.replace(char::is_alphanumeric, "A"))),
        ("no id", changed(json!({}), json!({"jti": ""}))),
        ("another method", changed(json!({}), json!({"htm": "GET"}))),
        ("another endpoint", changed(json!({}), json!({"htu": USERINFO}))),
        ("another server", changed(json!({}), json!({"htu": "https://evil.example/o/token/"}))),
        (
            "where we listen",
            changed(json!({}), json!({"htu": format!("http://{}/o/token/", server.http.address)})),
        ),
        ("too old", changed(json!({}), json!({"iat": now - 61}))),
        ("not made yet", changed(json!({}), json!({"iat": now + 11}))),
        ("a time that is none", changed(json!({}), json!({"iat": now.to_string()}))),
    ] {
        let answer = server.http.send(client.redeeming(&code).header("dpop", proof)).await;
        assert_eq!(answer.status, 400, "{what}: {answer:?}");
        answer.is_error(400, "invalid_dpop_proof");
    }
    is_bound(&server.http.send(client.redeeming(&code).header("dpop", honest)).await);
}

/// R75: one header, with one proof in it.
#[tokio::test]
async fn two_proofs_are_none() {
    let server = server().await;
    let client = server.client("web").await;
    let holder = Holder::new();
    let proof = || holder.proof("POST", TOKEN, None, server.now());
    let asking = || client.posting("/o/token/", &[("grant_type", "client_credentials")]);
    let (first, second) = (proof(), proof());
    for two in [
        asking().header("dpop", &first).header("dpop", &second),
        asking().header("dpop", &first).header("dpop", &first),
        asking().header("dpop", format!("{first}, {second}")),
        asking().header("dpop", format!("{first},")),
    ] {
        server.http.send(two).await.is_error(400, "invalid_dpop_proof");
    }
    is_bound(&server.http.send(asking().header("dpop", first)).await);
}

/// R75, R137: behind a gateway that speaks TLS, clients name the URL they know. What a request says of itself changes nothing.
#[tokio::test]
async fn a_proof_names_the_url_of_the_settings_and_never_that_of_the_request() {
    let server = server_with(&[("ISSUER", "https://id.example.com/o")]).await;
    let client = server.client("web").await;
    let holder = Holder::new();
    let ask = async |htu: &str, headers: &[(&str, &str)]| {
        let proof = holder.proof("POST", htu, None, server.now());
        let request = client.posting("/o/token/", &[("grant_type", "client_credentials")]);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        server.http.send(request.header("dpop", proof)).await
    };
    is_bound(&ask("https://id.example.com/o/token/", &[]).await);
    is_bound(&ask("https://id.example.com:443/o/token/?a=b#c", &[]).await);
    let evil = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("forwarded", "host=evil.example;proto=http"),
        ("x-original-url", "/evil"),
    ];
    is_bound(&ask("https://id.example.com/o/token/", &evil[1..]).await);
    for htu in
        ["http://id.example.com/o/token/", "https://evil.example/o/token/", "http://evil.example/o/token/"]
    {
        for header in [&evil[..0], &evil[1..]] {
            ask(htu, header).await.is_error(400, "invalid_dpop_proof");
        }
    }
    // With and without its slash an endpoint is the same, and a proof is about the one that was asked.
    let proof = holder.proof("POST", "https://id.example.com/o/token", None, server.now());
    let request = client.posting("/o/token", &[("grant_type", "client_credentials")]).header("dpop", proof);
    is_bound(&server.http.send(request).await);
}

/// Section 7: at UserInfo a proof is about the token as well.
#[tokio::test]
async fn a_proof_with_a_token_is_about_that_token() {
    let server = server().await;
    server.person("ada").await;
    let client = server.client("web").await;
    let holder = Holder::new();
    let code = code_for(&server, &client, &[]).await;
    let token = is_bound(&server.proving(&holder, client.redeeming(&code)).await);
    let now = server.now();
    for wrong in [
        holder.proof("GET", USERINFO, None, now),
        holder.proof("GET", USERINFO, Some("another"), now),
        holder.proof("POST", USERINFO, Some(&token), now),
        holder.proof("GET", TOKEN, Some(&token), now),
        "proof".to_owned(),
    ] {
        is_challenged(&server.userinfo_with(&token, &wrong).await, "invalid_dpop_proof");
    }
    let proof = holder.proof("GET", USERINFO, Some(&token), now);
    let twice =
        server.http.request(Method::GET, "/o/userinfo/").header("dpop", &proof).header("dpop", &proof);
    let twice = server.http.send(twice.header("authorization", format!("DPoP {token}"))).await;
    is_challenged(&twice, "invalid_dpop_proof");
    assert_eq!(server.userinfo_with(&token, &proof).await.status, 200);
    is_challenged(&server.userinfo_with(&token, &proof).await, "invalid_dpop_proof");
    let post =
        server.http.request(Method::POST, "/o/userinfo/").header("authorization", format!("dpop {token}"));
    let proof = holder.proof("POST", USERINFO, Some(&token), now);
    assert_eq!(server.http.send(post.header("dpop", proof)).await.status, 200);
}
