//! Clients that prove who they are by a signature: `private_key_jwt`, RFC 7523 sections 2.2 and 3, alike at every endpoint
//! that clients authenticate at.

use serde_json::{Value, json};

use crate::support::{
    ALGS, ASSERTION_TYPE, Answer, BASE, Client, ISSUER, Signer, TestServer, assertion, form, part, server,
    server_with, signed_by_hmac,
};

const ENDPOINTS: [&str; 4] = ["/o/token/", "/o/device-authorization/", "/o/introspect/", "/o/revoke_token/"];
/// What is right at all of them.
const FIELDS: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("token", "unknown")];

/// A server, and a client with a key.
struct World {
    server: TestServer,
    client: Client,
    signer: Signer,
}

impl World {
    async fn new() -> Self {
        let (server, signer) = (server().await, Signer::new("ES256", "k1"));
        let client = server.key_client("web", &signer).await;
        Self { server, client, signer }
    }

    fn honest(&self) -> Value {
        assertion(&self.client, self.server.clock.now())
    }

    /// Honest but for this claim.
    fn bent(&self, name: &str, value: Value) -> Value {
        let mut claims = self.honest();
        claims[name] = value;
        claims
    }

    async fn prove(&self, text: &str) -> Answer {
        self.client.prove("/o/token/", text, &FIELDS).await
    }

    async fn is_let_in(&self, claims: &Value) {
        let answer = self.prove(&self.signer.sign(claims)).await;
        assert_eq!(answer.status, 200, "{claims}: {answer:?}");
    }

    /// Not let in, and told as whoever has a wrong secret is.
    async fn is_refused(&self, text: &str) {
        let answer = self.prove(text).await;
        answer.is_error(401, "invalid_client");
        // Whatever is tried here is tried often.
        self.server.advance(60);
    }
}

/// R40, R44: at every endpoint, with each algorithm, and with or without the id beside it.
#[tokio::test]
async fn a_client_proves_itself_by_a_signature_wherever_clients_do() {
    let server = server().await;
    for alg in ALGS {
        let signer = Signer::new(alg, "k1");
        let client = server.key_client(alg, &signer).await;
        for path in ENDPOINTS {
            for beside in [&[][..], &[("client_id", alg)]] {
                let text = signer.sign(&assertion(&client, server.clock.now()));
                let answer = client.prove(path, &text, &[&FIELDS[..], beside].concat()).await;
                assert_eq!(answer.status, 200, "{alg} {path}: {answer:?}");
            }
        }
    }
}

/// OpenID Connect Core section 9: the issuer, or an address of ours that assertions are sent to. What is for somebody else
/// as well is not for us: they could hand it on.
#[tokio::test]
async fn an_assertion_is_for_this_server_and_for_nobody_else() {
    let world = World::new().await;
    let (token, introspection) = (format!("{ISSUER}/token/"), format!("{ISSUER}/introspect/"));
    for right in [json!(ISSUER), json!(token), json!([ISSUER]), json!([token, ISSUER])] {
        world.is_let_in(&world.bent("aud", right)).await;
    }
    for right in [&token, &introspection] {
        let text = world.signer.sign(&world.bent("aud", json!(right)));
        assert_eq!(world.client.prove("/o/introspect/", &text, &FIELDS).await.status, 200);
    }
    for wrong in [
        json!(introspection),
        json!(BASE),
        json!(format!("{ISSUER}/")),
        json!(format!("{ISSUER}/authorize/")),
        json!("http://localhost:8001/o"),
        json!([ISSUER, "https://evil.example"]),
        json!([]),
        json!(7),
        json!({}),
        Value::Null,
        json!("web"),
    ] {
        world.is_refused(&world.signer.sign(&world.bent("aud", wrong))).await;
    }
}

/// R44, R66
#[tokio::test]
async fn each_claim_of_an_assertion_must_be_there_and_right() {
    let world = World::new().await;
    let at = |seconds: i64| json!(world.server.clock.now().unix_seconds() + seconds);
    for name in ["iss", "sub", "aud", "exp", "jti"] {
        let mut claims = world.honest();
        claims.as_object_mut().unwrap().remove(name);
        world.is_refused(&world.signer.sign(&claims)).await;
        for kind in [Value::Null, json!(true), json!([]), json!({}), json!("")] {
            world.is_refused(&world.signer.sign(&world.bent(name, kind))).await;
        }
    }
    for (name, right) in [("exp", 300), ("exp", -29), ("iat", 30), ("iat", -300), ("nbf", 0), ("nbf", 30)] {
        world.is_let_in(&world.bent(name, at(right))).await;
    }
    for (name, wrong) in [("exp", 400), ("exp", -30), ("iat", 31), ("iat", -400), ("nbf", 31)] {
        world.is_refused(&world.signer.sign(&world.bent(name, at(wrong)))).await;
    }
    for name in ["exp", "iat", "nbf"] {
        for wrong in [json!("1800000060"), json!(-1), json!(1.8e9), json!(u64::MAX), Value::Null] {
            world.is_refused(&world.signer.sign(&world.bent(name, wrong))).await;
        }
    }
    for (name, wrong) in
        [("iss", "other"), ("sub", "other"), ("sub", "WEB"), ("sub", "we\0b"), ("jti", &"j".repeat(257))]
    {
        world.is_refused(&world.signer.sign(&world.bent(name, json!(wrong)))).await;
    }
}

/// R44, C8: one by one; also later, also after a restart, as long as it would count.
/// Section 2 no. 20 of the dossier (CVE-2020-5300, CVE-2020-15222).
#[tokio::test]
async fn an_assertion_is_good_once() {
    let mut world = World::new().await;
    let text = world.signer.sign(&world.bent("exp", json!(world.server.clock.now().unix_seconds() + 300)));
    assert_eq!(world.prove(&text).await.status, 200);
    world.is_refused(&text).await;
    // Signed once more it is the same assertion, and so it is at another endpoint.
    let claims = world.bent("jti", json!("mine"));
    world.is_let_in(&claims).await;
    world.is_refused(&world.signer.sign(&claims)).await;
    let again = world.client.prove("/o/introspect/", &world.signer.sign(&claims), &FIELDS).await;
    again.is_error(401, "invalid_client");
    let server = world.server.restarted().await;
    world = World { client: world.client.at(&server), server, signer: world.signer };
    for _ in 0..4 {
        world.is_refused(&text).await;
    }
    assert_eq!(world.server.count("used_ids").await, 2);
    // Another client's ids are its own.
    let other = world.server.key_client("other", &world.signer).await;
    let mut claims = assertion(&other, world.server.clock.now());
    claims["jti"] = json!("mine");
    assert_eq!(other.prove("/o/token/", &world.signer.sign(&claims), &FIELDS).await.status, 200);
}

/// R64, R65, R67, R74
#[tokio::test]
async fn a_header_chooses_neither_key_nor_algorithm_nor_kind() {
    let world = World::new().await;
    let World { signer, .. } = &world;
    let stranger = Signer::new("ES256", "k1");
    let of_another_kind = Signer::new("EdDSA", "k1");
    let head = |members: Value| {
        let mut head = json!({"typ": "JWT", "alg": "ES256", "kid": "k1"});
        head.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        head
    };
    let claims = || world.honest();
    for kind in ["JWT", "jwt", "client-authentication+jwt"] {
        let text = signer.sign_with(&head(json!({"typ": kind})), &claims());
        assert_eq!(world.prove(&text).await.status, 200, "{kind}");
    }
    let bare = signer.sign_with(&json!({"alg": "ES256"}), &claims());
    assert_eq!(world.prove(&bare).await.status, 200);
    for alg in ["none", "None", "HS256", "RS256", "ES384", ""] {
        let text = format!("{}.{}.", part(&head(json!({"alg": alg}))), part(&claims()));
        world.is_refused(&text).await;
        world.is_refused(&signer.sign_with(&head(json!({"alg": alg})), &claims())).await;
    }
    for key in [signer.jwk().to_string(), signer.jwks().to_string(), String::new()] {
        let text = signed_by_hmac(key.as_bytes(), &head(json!({"alg": "HS256"})), &claims());
        world.is_refused(&text).await;
    }
    for forged in [stranger.sign(&claims()), of_another_kind.sign(&claims())] {
        world.is_refused(&forged).await;
    }
    for members in [
        json!({"jwk": stranger.jwk()}),
        json!({"jku": "https://evil.example/jwks"}),
        json!({"x5u": "https://evil.example/x"}),
        json!({"x5c": ["AAAA"]}),
        json!({"crit": ["exp"]}),
        json!({"crit": []}),
        json!({"b64": true}),
        json!({"kid": "k2"}),
        json!({"kid": 7}),
        json!({"typ": "at+jwt"}),
        json!({"typ": "logout+jwt"}),
        json!({"typ": "dpop+jwt"}),
        json!({"typ": "oauth-authz-req+jwt"}),
        json!({"typ": 7}),
    ] {
        world.is_refused(&stranger.sign_with(&head(members.clone()), &claims())).await;
        world.is_refused(&signer.sign_with(&head(members), &claims())).await;
    }
    let long = signer.sign(&world.bent("more", json!("x".repeat(7_000))));
    assert!(long.len() > 8_192);
    world.is_refused(&long).await;
    for text in ["", "a", "a.b.c", "..", "a.b.c.d", "eyJhbGciOiJFUzI1NiJ9..", &"a".repeat(9_000)] {
        let answer = world.prove(text).await;
        answer.is_error(401, "invalid_client");
        world.server.advance(60);
    }
    let in_five_minutes = world.server.clock.now().unix_seconds() + 300;
    let text = signer.sign(&world.bent("exp", json!(in_five_minutes)));
    let (signed, signature) = text.rsplit_once('.').unwrap();
    for text in
        [format!("{signed}."), signed.to_owned(), format!("{signed}.{signature}A"), format!("{text}.")]
    {
        world.is_refused(&text).await;
    }
    assert_eq!(world.prove(&text).await.status, 200);
}

/// R39, R40: who signs never passes by less, and who does not never by a signature.
/// Section 2 no. 15 of the dossier (CVE-2026-16093).
#[tokio::test]
async fn nobody_passes_by_another_method_than_their_own() {
    let world = World::new().await;
    let World { server, client, signer } = &world;
    let keys = json!({"jwks": signer.jwks()}).to_string();
    let by_secret = server.new_client("secret").metadata(&keys).register().await;
    let public = server.new_client("phone").public().metadata(&keys).register().await;
    for path in ENDPOINTS {
        client.post(path, &FIELDS).await.is_error(401, "invalid_client");
        client.with_secret("").post(path, &FIELDS).await.is_error(401, "invalid_client");
        client.with_secret("anything").post(path, &FIELDS).await.is_error(401, "invalid_client");
        let in_form = [&FIELDS[..], &[("client_secret", "anything")]].concat();
        client.post(path, &in_form).await.is_error(401, "invalid_client");
        for other in [&by_secret, &public] {
            let text = signer.sign(&assertion(other, server.clock.now()));
            other.prove(path, &text, &FIELDS).await.is_error(401, "invalid_client");
        }
        let sign = || signer.sign(&world.honest());
        for (beside, status, error) in [
            ([("client_id", "other")], 401, "invalid_client"),
            ([("client_secret", "anything")], 400, "invalid_request"),
        ] {
            let answer = client.prove(path, &sign(), &[&FIELDS[..], &beside].concat()).await;
            answer.is_error(status, error);
        }
        let text = sign();
        let basic = client.with_secret("x").basic().unwrap();
        let both = client.proving(path, &text, &FIELDS).header("authorization", basic);
        server.http.send(both).await.is_error(400, "invalid_request");
        let bearer = client.proving(path, &text, &FIELDS).header("authorization", "Bearer x");
        server.http.send(bearer).await.is_error(400, "invalid_request");
        for fields in [
            &[("client_assertion", text.as_str())][..],
            &[("client_assertion_type", ASSERTION_TYPE)],
            &[("client_assertion", text.as_str()), ("client_assertion_type", "jwt")],
            &[
                ("client_assertion", text.as_str()),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
            ],
        ] {
            let answer = server.http.send_form(path, &[&FIELDS[..], fields].concat()).await;
            answer.is_error(401, "invalid_client");
        }
        // None of it has used the assertion up.
        assert_eq!(client.prove(path, &text, &FIELDS).await.status, 200);
        server.advance(60);
    }
    assert_eq!(by_secret.client_credentials().await.status, 200);
}

/// R44: the algorithms a client has registered, and no other.
#[tokio::test]
async fn a_client_may_say_which_algorithm_it_signs_with() {
    let server = server().await;
    let [rs, ps] = ["RS256", "PS256"].map(|alg| Signer::new(alg, "k1"));
    let metadata = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": rs.jwks(),
        "token_endpoint_auth_signing_alg": "PS256"});
    let client = server.new_client("web").metadata(&metadata.to_string()).register().await;
    let claims = || assertion(&client, server.clock.now());
    assert_eq!(client.prove("/o/token/", &ps.sign(&claims()), &FIELDS).await.status, 200);
    client.prove("/o/token/", &rs.sign(&claims()), &FIELDS).await.is_error(401, "invalid_client");
}

/// R43: like wrong secrets, per client and network; a right signature is right all the same.
#[tokio::test]
async fn forging_is_slowed_down_for_the_forger_alone() {
    let server = server_with(&[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let signer = Signer::new("EdDSA", "k1");
    let client = server.key_client("web", &signer).await;
    let from = |address: &'static str, signer: &Signer| {
        let text = signer.sign(&assertion(&client, server.clock.now()));
        server.http.send(client.proving("/o/token/", &text, &FIELDS).header("x-forwarded-for", address))
    };
    let forger = Signer::new("EdDSA", "k1");
    for _ in 0..30 {
        from("198.51.100.7", &forger).await.is_error(401, "invalid_client");
    }
    from("198.51.100.7", &forger).await.is_error(429, "temporarily_unavailable");
    for address in ["198.51.100.7", "198.51.100.8"] {
        assert_eq!(from(address, &signer).await.status, 200);
    }
    assert_eq!(server.count("used_ids").await, 2, "forgeries write nothing");
}

/// The rest of its life is like that of any other confidential client.
#[tokio::test]
async fn a_client_that_signs_redeems_and_renews_and_asks_about_tokens() {
    let world = World::new().await;
    let World { server, client, signer } = &world;
    let browser = server.signed_in("ada").await;
    let code = browser.code_for(client).await;
    let sign = || signer.sign(&world.honest());
    let redeeming = [
        ("grant_type", "authorization_code"),
        ("code", &code.code),
        ("redirect_uri", &client.redirect_uri),
        ("code_verifier", &code.verifier),
    ];
    let tokens = client.prove("/o/token/", &sign(), &redeeming).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    let refresh = tokens.text("refresh_token");
    let renewed = client
        .prove("/o/token/", &sign(), &[("grant_type", "refresh_token"), ("refresh_token", &refresh)])
        .await;
    let access = renewed.text("access_token");
    let asked = || async { client.prove("/o/introspect/", &sign(), &[("token", &access)]).await };
    assert_eq!(asked().await.json()["active"], true);
    assert_eq!(client.prove("/o/revoke_token/", &sign(), &[("token", &access)]).await.status, 200);
    assert_eq!(asked().await.json(), json!({"active": false}));
    let body = form(&FIELDS);
    server.http.send(server.http.post("/o/token/", body)).await.is_error(401, "invalid_client");
}
