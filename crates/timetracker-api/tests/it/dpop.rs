//! Tokens that are bound to a key: RFC 9449 section 7.

use std::time::Duration;

use model::dpop::testing::Holder;
use reqwest::Method;

use crate::support::{Answer, PUBLIC, Person, World, json};

const NOT_PROVIDED: &str = r#"{"detail":"Authentication credentials were not provided."}"#;
const TRACKS: &str = "/api/tracks/";

/// The challenge that asks for a proof.
fn challenge(error: &str, description: &str) -> String {
    format!(
        r#"DPoP realm="api",algs="ES256 Ed25519 EdDSA PS256 RS256",error="{error}",error_description="{description}",resource_metadata="{PUBLIC}/.well-known/oauth-protected-resource/api""#
    )
}

/// R76: bound, and not to that key, or to none.
fn unbound() -> String {
    challenge("invalid_token", "The access token is bound to a key that was not proven, or to none.")
}

/// Somebody with a token that is bound to their key.
struct Bound {
    holder: Holder,
    person: Person,
}

impl Bound {
    fn new(world: &World, name: &str, alg: &'static str) -> Self {
        let (holder, token) = (Holder::with(alg), format!("bound-{name}"));
        let mut answer = world.authority.vouches(7_000, name, "read write");
        answer["token_type"] = "DPoP".into();
        answer["cnf"] = json!({"jkt": holder.thumbprint()});
        world.authority.knows(&token, answer);
        Self { holder, person: world.bearer(&token) }
    }

    fn proof(&self, world: &World, method: &str, path: &str) -> String {
        self.holder.proof(method, &format!("{PUBLIC}{path}"), Some(&self.person.token), world.clock.now())
    }

    async fn send(&self, world: &World, proofs: &[&str]) -> Answer {
        send(world, Method::GET, TRACKS, &self.person.token, proofs).await
    }
}

async fn send(world: &World, method: Method, path: &str, token: &str, proofs: &[&str]) -> Answer {
    let request = world.request(method, path).header("authorization", format!("DPoP {token}"));
    let request = proofs.iter().fold(request, |request, proof| request.header("dpop", *proof));
    Answer::read(request.send().await.unwrap()).await
}

/// With every algorithm, for reading and writing, with a query; the cache keeps who it is, and never that it was proven.
#[tokio::test]
async fn a_bound_token_with_its_proof_is_let_in() {
    let world = World::new().await;
    for alg in ["ES256", "EdDSA", "Ed25519", "PS256", "RS256"] {
        let ada = Bound::new(&world, alg, alg);
        let proof = ada.proof(&world, "GET", TRACKS);
        assert_eq!(ada.send(&world, &[&proof]).await.status, 200, "{alg}");
        let asked = world.authority.asked();
        let proof = ada.proof(&world, "GET", TRACKS);
        assert_eq!(
            send(&world, Method::GET, "/api/tracks/?page=1", &ada.person.token, &[&proof]).await.status,
            200
        );
        let proof = ada.proof(&world, "POST", "/api/activities/");
        let made = ada.person.request(Method::POST, "/api/activities/").body(r#"{"name":"Reading"}"#);
        let mut made = made.header("content-type", "application/json").header("dpop", proof).build().unwrap();
        made.headers_mut().insert("authorization", format!("DPoP {}", ada.person.token).parse().unwrap());
        assert_eq!(Answer::read(world.http.execute(made).await.unwrap()).await.status, 201);
        assert_eq!(world.authority.asked(), asked);
        ada.person.get(TRACKS).await.is(401, NOT_PROVIDED).has("www-authenticate", &unbound());
    }
}

/// R76: three cases, whichever of them the cache has seen before.
#[tokio::test]
async fn a_bound_token_is_its_keys_alone() {
    let world = World::new().await;
    let ada = Bound::new(&world, "ada", "ES256");
    let thief = Holder::new();
    let stolen =
        || thief.proof("GET", &format!("{PUBLIC}{TRACKS}"), Some(&ada.person.token), world.clock.now());
    for _ in ["before it is known", "from memory"] {
        ada.person.get(TRACKS).await.is(401, NOT_PROVIDED).has("www-authenticate", &unbound());
        ada.send(&world, &[&stolen()]).await.is(401, NOT_PROVIDED).has("www-authenticate", &unbound());
        let proof = ada.proof(&world, "GET", TRACKS);
        let with_proof = ada.person.request(Method::GET, TRACKS).header("dpop", &proof);
        let with_proof = Answer::read(with_proof.send().await.unwrap()).await;
        with_proof.is(401, NOT_PROVIDED).has("www-authenticate", &unbound());
        assert_eq!(ada.send(&world, &[&proof]).await.status, 200);
    }
    // What is bound to nothing is proven by nothing.
    let bob = world.person("bob");
    let claims = |token| Holder::claims("GET", &format!("{PUBLIC}{TRACKS}"), Some(token), world.clock.now());
    for _ in ["before it is known", "from memory"] {
        let proof = thief.sign(&thief.header(), &claims(&bob.token));
        let answer = send(&world, Method::GET, TRACKS, &bob.token, &[&proof]).await;
        answer.is(401, NOT_PROVIDED).has("www-authenticate", &unbound());
        assert_eq!(bob.get(TRACKS).await.status, 200);
    }
    let proof = thief.sign(&thief.header(), &claims("unknown"));
    let answer = send(&world, Method::GET, TRACKS, "unknown", &[&proof]).await;
    answer
        .is(401, NOT_PROVIDED)
        .has("www-authenticate", &challenge("invalid_token", "The access token is invalid."));
    // Nobody's, and bound: the key comes first.
    let mut nobody = world.authority.vouches(1, "nobody", "read");
    for (member, value) in [
        ("sub", json!("web")),
        ("username", json!(null)),
        ("token_type", json!("DPoP")),
        ("cnf", json!({"jkt": thief.thumbprint()})),
    ] {
        nobody[member] = value;
    }
    world.authority.knows("nobody", nobody);
    world.bearer("nobody").get(TRACKS).await.is(401, NOT_PROVIDED);
    let proof = thief.sign(&thief.header(), &claims("nobody"));
    assert_eq!(send(&world, Method::GET, TRACKS, "nobody", &[&proof]).await.status, 403);
}

/// R64, R75: each rule violated by itself; the URL is that of the settings, whatever the request says.
#[tokio::test]
async fn a_proof_that_violates_a_rule_is_refused() {
    let world = World::new().await;
    let ada = Bound::new(&world, "ada", "ES256");
    let url = format!("{PUBLIC}{TRACKS}");
    let changed = |header: serde_json::Value, claims: serde_json::Value| {
        let token = Some(ada.person.token.as_str());
        let mut honest = (ada.holder.header(), Holder::claims("GET", &url, token, world.clock.now()));
        for (part, changes) in [(&mut honest.0, header), (&mut honest.1, claims)] {
            for (name, value) in changes.as_object().unwrap() {
                part[name] = value.clone();
            }
        }
        ada.holder.sign(&honest.0, &honest.1)
    };
    let now = world.clock.now().unix_seconds();
    let mut private = ada.holder.jwk();
    private["d"] = json!("AAAA");
    let malformed = "The DPoP proof is not a dpop+jwt with jti, htm, htu and iat.";
    let elsewhere = "The DPoP proof is about another method or URL.";
    let time = "The DPoP proof was not made just now.";
    let token = "The DPoP proof is not about this access token.";
    let algorithm = "The DPoP proof has an algorithm that is not taken.";
    let key = "The DPoP proof has no public key for its algorithm.";
    let signature = "The DPoP proof is not signed by its key.";
    let one = changed(json!({}), json!({}));
    let cut = one.rsplit_once('.').unwrap().0.to_owned() + ".";
    for (proofs, description) in [
        (vec![], "There is no DPoP proof."),
        (vec![one.clone(), one.clone()], "There is more than one DPoP proof."),
        (vec![format!("{one}, {one}")], malformed),
        (vec![String::new()], malformed),
        (vec![changed(json!({"typ": "at+jwt"}), json!({}))], malformed),
        (vec![changed(json!({}), json!({"jti": ""}))], malformed),
        (vec![changed(json!({}), json!({"iat": "1"}))], malformed),
        (vec![changed(json!({"alg": "none"}), json!({}))], algorithm),
        (vec![changed(json!({"alg": "HS256"}), json!({}))], algorithm),
        (vec![changed(json!({"alg": "PS256"}), json!({}))], key),
        (vec![changed(json!({"jwk": private}), json!({}))], key),
        (vec![changed(json!({"jwk": Holder::new().jwk()}), json!({}))], signature),
        (vec![cut], signature),
        (vec![changed(json!({}), json!({"htm": "POST"}))], elsewhere),
        (vec![changed(json!({}), json!({"htu": format!("{PUBLIC}/api/activities/")}))], elsewhere),
        (vec![changed(json!({}), json!({"htu": format!("{}{TRACKS}", world.base())}))], elsewhere),
        (vec![changed(json!({}), json!({"htu": "http://time.example.com/api/tracks/"}))], elsewhere),
        (vec![changed(json!({}), json!({"iat": now - 61}))], time),
        (vec![changed(json!({}), json!({"iat": now + 11}))], time),
        (vec![changed(json!({}), json!({"ath": "x"}))], token),
    ] {
        let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
        let answer = ada.send(&world, &proofs).await;
        answer.is(401, NOT_PROVIDED).has("www-authenticate", &challenge("invalid_dpop_proof", description));
    }
    let spoofed = world.request(Method::GET, TRACKS).header("dpop", &one);
    let spoofed = spoofed.header("authorization", format!("DPoP {}", ada.person.token));
    let spoofed = spoofed.header("x-forwarded-host", "evil.example").header("x-forwarded-proto", "http");
    assert_eq!(Answer::read(spoofed.send().await.unwrap()).await.status, 200);
}

/// R75, C8: in this process a proof is good once, also of many at once. Another process does not know: see decision 16.
#[tokio::test]
async fn a_proof_is_good_once_in_a_process() {
    let mut world = World::new().await;
    world.start_server(|_| {}).await;
    let ada = Bound::new(&world, "ada", "ES256");
    let used = challenge("invalid_dpop_proof", "The DPoP proof was used before.");
    let proof = ada.proof(&world, "GET", TRACKS);
    let tries: Vec<_> = (0..64)
        .map(|_| {
            let request = world.request(Method::GET, TRACKS).header("dpop", &proof);
            let request = request.header("authorization", format!("DPoP {}", ada.person.token));
            tokio::spawn(async move { Answer::read(request.send().await.unwrap()).await })
        })
        .collect();
    let mut let_in = 0;
    for each in tries {
        let answer = each.await.unwrap();
        if answer.status == 200 {
            let_in += 1;
        } else {
            answer.is(401, NOT_PROVIDED).has("www-authenticate", &used);
        }
    }
    assert_eq!(let_in, 1);
    let other = world.at_server(1, &ada.person);
    let elsewhere = || {
        let mut request = other.request(Method::GET, TRACKS).header("dpop", &proof).build().unwrap();
        request.headers_mut().insert("authorization", format!("DPoP {}", other.token).parse().unwrap());
        world.http.execute(request)
    };
    assert_eq!(Answer::read(elsewhere().await.unwrap()).await.status, 200);
    Answer::read(elsewhere().await.unwrap()).await.is(401, NOT_PROVIDED).has("www-authenticate", &used);
    for _ in 0..6 {
        world.clock.advance(Duration::from_secs(10));
        ada.send(&world, &[&proof]).await.is(401, NOT_PROVIDED).has("www-authenticate", &used);
    }
    world.clock.advance(Duration::from_secs(1));
    let too_old = challenge("invalid_dpop_proof", "The DPoP proof was not made just now.");
    ada.send(&world, &[&proof]).await.is(401, NOT_PROVIDED).has("www-authenticate", &too_old);
}

/// Section 7.1: whoever came with a key is answered in its scheme, whatever is wrong.
#[tokio::test]
async fn whoever_came_with_a_key_is_challenged_for_it() {
    let world = World::new().await;
    let holder = Holder::new();
    let forbidden = r#"{"detail":"You do not have permission to perform this action.","required_scopes":["tracks:write"],"or":["write"]}"#;
    let mut answer = world.authority.vouches(7_000, "reader", "read");
    answer["token_type"] = "DPoP".into();
    answer["cnf"] = json!({"jkt": holder.thumbprint()});
    world.authority.knows("bound", answer);
    let proof = |method| holder.proof(method, &format!("{PUBLIC}{TRACKS}"), Some("bound"), world.clock.now());
    let begins = r#"DPoP realm="api",algs="ES256 Ed25519 EdDSA PS256 RS256""#;
    let lacking = format!(r#"{begins},error="insufficient_scope",scope="tracks:write""#);
    let answer = send(&world, Method::POST, TRACKS, "bound", &[&proof("POST")]).await;
    answer.is(403, forbidden).has_fields("www-authenticate", &[&lacking]);
    let twice = "The access token was sent in more than one way.";
    let challenge_twice = format!(r#"{begins},error="invalid_request",error_description="{twice}""#);
    let in_query = format!("{TRACKS}?access_token=bound");
    let answer = send(&world, Method::GET, &in_query, "bound", &[&proof("GET")]).await;
    answer.is(400, &format!(r#"{{"detail":"{twice}"}}"#)).has_fields("www-authenticate", &[&challenge_twice]);
    let ada = Bound::new(&world, "ada", "ES256");
    let proof = ada.proof(&world, "POST", "/api/activities/");
    let in_form = world.request(Method::POST, "/api/activities/").header("dpop", proof);
    let in_form = in_form.header("authorization", format!("DPoP {}", ada.person.token));
    let in_form = in_form.header("content-type", "application/x-www-form-urlencoded").body("access_token=x");
    Answer::read(in_form.send().await.unwrap())
        .await
        .is(400, &format!(r#"{{"detail":"{twice}"}}"#))
        .has_fields("www-authenticate", &[&challenge_twice]);
    let invalid = challenge("invalid_token", "The access token is invalid.");
    let answer = send(&world, Method::GET, TRACKS, "mal formed", &[]).await;
    answer.is(401, NOT_PROVIDED).has_fields("www-authenticate", &[&invalid]);
}

/// What a token is bound to in a way that is not known here is refused in any scheme (R76).
#[tokio::test]
async fn an_unknown_confirmation_is_not_no_confirmation() {
    let world = World::new().await;
    for (number, cnf) in [json!({"x5t#S256": "x"}), json!({}), json!("x")].into_iter().enumerate() {
        for token_type in ["Bearer", "DPoP"] {
            let token = format!("{token_type}-{number}");
            let mut answer = world.authority.vouches(7, "ada", "read");
            answer["token_type"] = token_type.into();
            answer["cnf"] = cnf.clone();
            world.authority.knows(&token, answer);
            world.bearer(&token).get(TRACKS).await.is(401, NOT_PROVIDED);
        }
    }
    assert_eq!(world.person("bob").get(TRACKS).await.status, 200);
}
