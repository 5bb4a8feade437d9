//! `POST /auth/convert-token`, and the same at the token endpoint.

use reqwest::Method;
use serde_json::json;

use super::{World, converts, error};
use crate::support::{Client, form, password_of, verified};

/// The whole answer; whoever is new has an account, and whoever comes again has the same.
#[tokio::test]
async fn a_providers_token_is_converted_and_its_person_is_the_same_each_time() {
    let world = World::new().await;
    let token = world.token("ada").await;
    let answer = world.converts(&token).await;
    let (access, refresh) = (answer.text("access_token"), answer.text("refresh_token"));
    let expected = format!(
        r#"{{"access_token":"{access}","expires_in":3600,"token_type":"Bearer","scope":"read write","refresh_token":"{refresh}"}}"#
    );
    assert_eq!((answer.status, answer.body.as_str()), (200, expected.as_str()));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    assert_eq!(answer.set_cookies(), Vec::<&str>::new());
    let ada = world.speaks_for(&access).await;
    assert_eq!(ada.1, "ada");
    assert_eq!(world.app.refresh(&refresh).await.status, 200);

    let again = world.converts(&world.token("ada").await).await.text("access_token");
    assert_eq!(world.speaks_for(&again).await, ada);
    let bob = world.converts(&world.token("bob").await).await.text("access_token");
    assert_ne!(world.speaks_for(&bob).await, ada);
    assert_eq!(world.here.count("users").await, 2);
    // No password is theirs.
    world.app.password("ada", &password_of("ada")).await.is_error(400, "invalid_grant");
}

/// Newcomers that anybody brings count with those of the sign-up page, by network; whoever is known is not counted, and a client
/// that has proved who it is answers for those it brings.
#[tokio::test]
async fn newcomers_are_counted_as_those_who_sign_up() {
    let world = World::with(&[("SIGNUPS_PER_HOUR", "1")]).await;
    let (ada, bob) = (world.token("ada").await, world.token("bob").await);
    let by_url = async |token: &str| {
        let path = format!("/register-by-access-token/site/?{}", form(&[("access_token", token)]));
        world.here.http.get(&path).await
    };
    assert_eq!(by_url(&ada).await.status, 200);
    let answer = by_url(&bob).await;
    let told = r#"{"detail":"Request was throttled. Expected available in 3600 seconds."}"#;
    assert_eq!((answer.status, answer.body.as_str()), (429, told));
    assert_eq!(by_url(&ada).await.status, 200);
    assert_eq!(world.here.count("users").await, 1);
    assert_eq!(world.converts(&bob).await.status, 200);
    assert_eq!(world.here.count("users").await, 2);
}

/// When its person signed in is not in a provider's access token, and so is not said; a client can still hint with such an ID token.
#[tokio::test]
async fn a_converted_access_token_says_nothing_of_when_its_person_signed_in() {
    let world = World::new().await;
    let metadata = r#"{"access_token_format":"jwt"}"#;
    let app = world.here.new_client("stating").metadata(metadata).grant_types(&["convert_token"]);
    let app = app.register().await;
    let token = world.token("ada").await;
    let fields =
        [("grant_type", "convert_token"), ("backend", "site"), ("token", &*token), ("scope", "openid read")];
    let answer = app.token(&fields).await;
    let id_token = answer.text("id_token");
    for (audience, token) in [("stating", &id_token), ("timetracker", &answer.text("access_token"))] {
        let claims = verified(&world.here, audience, token).await;
        assert_eq!((&claims["sub"], claims.get("auth_time")), (&json!("1"), None), "{claims:?}");
    }
    let hinted = format!("/o/logout/?{}", form(&[("id_token_hint", id_token.as_str())]));
    world.here.http.get(&hinted).await.is_page(200);
}

/// A name that somebody has here is not a way to be them: the newcomer gets another.
#[tokio::test]
async fn a_name_that_is_taken_leads_to_nobody_elses_account() {
    let world = World::new().await;
    world.here.person("ada").await;
    let access = world.converts(&world.token("ada").await).await.text("access_token");
    let (sub, username) = world.speaks_for(&access).await;
    assert_ne!(sub, "1");
    assert!(username.starts_with("ada") && username.len() == 19, "{username}");
}

/// As form, JSON and multipart, with the secret in the header, with and without the slash, and at the token endpoint.
#[tokio::test]
async fn it_may_be_asked_in_every_way_the_packages_take() {
    let world = World::new().await;
    let token = world.token("ada").await;
    let secret = world.app.secret.clone().unwrap();
    let members = json!({
        "grant_type": "convert_token", "client_id": "app", "client_secret": secret, "backend": "site", "token": token,
        "scope": "read",
    });
    let part = |(name, value): (&String, &serde_json::Value)| {
        let value = value.as_str().unwrap();
        format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let multipart = members.as_object().unwrap().iter().map(part).collect::<Vec<_>>().concat();
    let fields: Vec<(&str, &str)> = members
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    for path in ["/auth/convert-token", "/auth/convert-token/"] {
        for (kind, body) in [
            ("application/json", members.to_string()),
            ("application/json; charset=utf-8", members.to_string()),
            ("multipart/form-data; boundary=x", format!("{multipart}--x--\r\n")),
            ("application/x-www-form-urlencoded", form(&fields)),
        ] {
            let request = world.here.http.request(Method::POST, path).header("content-type", kind).body(body);
            let answer = world.here.http.send(request).await;
            assert_eq!((answer.status, answer.text("scope").as_str()), (200, "read"), "{kind} {answer:?}");
        }
    }
    let by_header = [("grant_type", "convert_token"), ("backend", "site"), ("token", &*token)];
    for path in ["/auth/convert-token", "/o/token/", "/auth/token"] {
        assert_eq!(world.app.post(path, &by_header).await.status, 200, "{path}");
    }
}

/// Each in the words and the order of the packages.
#[tokio::test]
async fn what_is_wrong_is_said_as_the_packages_say_it() {
    let world = World::new().await;
    let token = world.token("ada").await;
    let secret = world.app.secret.clone().unwrap();
    let whole = [
        ("grant_type", "convert_token"),
        ("backend", "site"),
        ("token", token.as_str()),
        ("client_id", "app"),
        ("client_secret", secret.as_str()),
    ];
    let without = |name: &str| whole.iter().copied().filter(|(known, _)| *known != name).collect::<Vec<_>>();
    let with = |name: &'static str, value: &'static str| {
        let mut fields = without(name);
        fields.push((name, value));
        fields
    };
    let no_grant_type = error("unsupported_grant_type", "The grant type here is convert_token.");
    let missing = |name: &str| error("invalid_request", &format!("Missing {name} parameter."));
    let wrong = |description| error("invalid_request", description);
    for (fields, status, body) in [
        (without("grant_type"), 400, no_grant_type.clone()),
        (with("grant_type", "password"), 400, no_grant_type),
        (without("backend"), 400, missing("backend")),
        (without("token"), 400, missing("token")),
        (with("token", ""), 400, missing("token")),
        (without("client_id"), 400, missing("client_id")),
        (with("client_id", "nobody"), 400, wrong("Invalid client_id parameter value.")),
        (with("client_secret", "wrong"), 401, error("invalid_client", "The client did not prove who it is.")),
        (without("client_secret"), 401, error("invalid_client", "The client did not prove who it is.")),
        (with("backend", "other"), 400, wrong("Invalid backend parameter.")),
        (with("backend", "by_name"), 400, wrong("Missing username parameter.")),
        (with("token", "made-up"), 400, error("access_denied", "Your credentials aren't allowed")),
        (with("scope", "admin"), 400, error("invalid_scope", "More was asked for than may be given.")),
    ] {
        let answer = world.here.http.send_form("/auth/convert-token", &fields).await;
        assert_eq!((answer.status, answer.body.as_str()), (status, body.as_str()), "{fields:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    for (kind, body, status) in [
        ("application/json", "{", 400),
        ("application/json", "[]", 400),
        ("application/json", r#"{"grant_type":"convert_token","grant_type":"convert_token"}"#, 400),
        ("application/json", r#"{"grant_type":true}"#, 400),
        ("multipart/form-data", "x", 400),
        ("text/plain", "x", 415),
    ] {
        let request =
            world.here.http.request(Method::POST, "/auth/convert-token").header("content-type", kind);
        world.here.http.send(request.body(body)).await.is_error(status, "invalid_request");
    }
    let request = world.here.http.post("/auth/convert-token?x=1", form(&whole));
    world.here.http.send(request).await.is_error(400, "invalid_request");
    assert_eq!(world.here.count("users").await, 0);
}

/// R45, R51: who was not given the grant type does not get it, and developers cannot take it.
#[tokio::test]
async fn only_a_client_that_was_given_the_grant_may_convert() {
    let world = World::new().await;
    let token = world.token("ada").await;
    let other = world.here.client("other").await;
    converts(&world.here, &other, "site", &token).await.is_error(400, "unauthorized_client");
    let public = world.here.new_client("page").public().grant_types(&["convert_token"]).register().await;
    let answer = converts(&world.here, &public, "site", &token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let fields = [("grant_type", super::EXCHANGE), ("subject_token", "x")];
    other.token(&fields).await.is_error(400, "unauthorized_client");
}

/// The confused deputy: a token that another client at the provider was given is nobody here.
#[tokio::test]
async fn a_token_that_another_client_was_given_is_refused() {
    let world = World::new().await;
    let theirs = world.there.client("somebody-elses").await;
    let token = World::token_of(&theirs, "ada").await;
    let answer = world.converts(&token).await;
    assert_eq!(answer.body, error("access_denied", "Your credentials aren't allowed"));
    // One that speaks for no person neither.
    let own = world.ours.client_credentials().await.text("access_token");
    assert_eq!(world.converts(&own).await.status, 400);
    // And one that has ended.
    let token = world.token("ada").await;
    world.ours.revoke(&token).await;
    world.converts(&token).await.is_error(400, "access_denied");
    assert_eq!(world.here.count("users").await, 0);
}

/// R48
#[tokio::test]
async fn a_disabled_person_gets_nothing_for_a_providers_token() {
    let world = World::new().await;
    let token = world.token("ada").await;
    assert_eq!(world.converts(&token).await.status, 200);
    world.here.advance(1);
    world.here.disable("ada", true).await;
    world.here.advance(1);
    let answer = world.converts(&token).await;
    assert_eq!(answer.body, error("invalid_grant", "User inactive or deleted."));
}

/// C4: of many at once, on two servers, one makes the account and all get it.
#[tokio::test]
async fn many_conversions_of_the_same_newcomer_make_one_person() {
    let world = World::new().await;
    let token = world.token("ada").await;
    let second = world.here.second().await;
    let tries: Vec<_> = (0..64)
        .map(|number| {
            let http = if number % 2 == 0 { &world.here.http } else { &second.http };
            let app: Client = world.app.reached_by(http);
            let fields = [("grant_type", "convert_token"), ("backend", "site"), ("token", token.as_str())];
            let request = app.posting("/auth/convert-token", &fields);
            let http = http.clone();
            tokio::spawn(async move { http.send(request).await })
        })
        .collect();
    let mut people = Vec::new();
    for each in tries {
        let answer = each.await.unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        people.push(world.speaks_for(&answer.text("access_token")).await);
    }
    people.dedup();
    assert_eq!(people.len(), 1);
    assert_eq!((world.here.count("users").await, world.here.count("linked_accounts").await), (1, 1));
}
