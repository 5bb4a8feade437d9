//! `/users/`, `/groups/` and `/user_details/`: who sees whom, by an access token, a key, a session or a password.

mod basic;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::keys::{made, with_key};
use crate::support::{Answer, BASE, Browser, Client, TestServer, password_of, server_with};

const NOT_PROVIDED: &str = r#"{"detail":"Authentication credentials were not provided."}"#;
const FORBIDDEN: &str = r#"{"detail":"You do not have permission to perform this action."}"#;
const NO_USER: &str = r#"{"detail":"No User matches the given query."}"#;
const MISSING: &str = r#"Bearer realm="api""#;
const INVALID: &str =
    r#"Bearer realm="api",error="invalid_token",error_description="The access token is invalid.""#;
const EVERYTHING: &str = "read write groups profile email";

struct People {
    server: TestServer,
    client: Client,
}

/// Ada, who is an administrator, and Bob.
async fn people(settings: &[(&str, &str)]) -> People {
    let server = server_with(settings).await;
    let ours = server.new_client("web").metadata(r#"{"is_first_party":true}"#);
    let client = ours.register().await;
    for name in ["ada", "bob"] {
        server.person(name).await;
    }
    server.set_groups("ada", &["administrators", "staff"]).await;
    server.set_groups("bob", &["staff"]).await;
    let profile = json!({"given_name": "Ada", "family_name": "Lovelace", "email": "ada@example.com"});
    server.set_profile("ada", profile).await;
    People { server, client }
}

impl People {
    async fn token(&self, name: &str, scope: &str) -> String {
        let password = password_of(name);
        let fields =
            [("grant_type", "password"), ("username", name), ("password", &password), ("scope", scope)];
        let answer = self.client.token(&fields).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.text("access_token")
    }

    fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        self.server.http.request(method, path).bearer_auth(token)
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        self.server.http.send(self.request(Method::GET, path, token)).await
    }

    async fn post(&self, token: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, "/users/", token).header("content-type", "application/json");
        self.server.http.send(request.body(body.to_string())).await
    }
}

#[track_caller]
fn is(answer: &Answer, status: u16, body: &str) {
    assert_eq!((answer.status, answer.body.as_str()), (status, body), "{answer:?}");
}

const CAROL: &str = "(SELECT id FROM users WHERE username = 'carol')";
const ADA: &str = r#"{"username":"ada","email":"ada@example.com","first_name":"Ada","last_name":"Lovelace"}"#;
const BOB: &str = r#"{"username":"bob","email":"","first_name":"","last_name":""}"#;

/// R158: administrators see all, others themselves, and who is somebody else is not there.
#[tokio::test]
async fn administrators_see_all_people_and_others_themselves() {
    let people = people(&[]).await;
    let (ada, bob) = (people.token("ada", EVERYTHING).await, people.token("bob", EVERYTHING).await);
    let all = people.get("/users/", &ada).await;
    is(&all, 200, &format!("[{ADA},{BOB}]"));
    assert_eq!(all.header("allow"), Some("GET, POST, HEAD, OPTIONS"));
    assert_eq!(all.header("vary"), Some("Accept, Cookie"));
    is(&people.get("/users", &bob).await, 200, &format!("[{BOB}]"));
    is(&people.get("/users/1/", &ada).await, 200, ADA);
    is(&people.get("/users/2/", &ada).await, 200, BOB);
    is(&people.get("/users/2/", &bob).await, 200, BOB);
    for path in ["/users/1/", "/users/3/", "/users/x/", "/users/99999999999999999999/"] {
        let answer = people.get(path, &bob).await;
        is(&answer, 404, NO_USER);
        assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"));
    }
    is(&people.get("/users/3/", &ada).await, 404, NO_USER);
    is(&people.get("/groups/", &ada).await, 200, r#"[{"name":"administrators"},{"name":"staff"}]"#);
    is(&people.get("/groups/", &bob).await, 200, r#"[{"name":"staff"}]"#);
    // Gone with the group, at once.
    people.server.set_groups("ada", &["staff"]).await;
    is(&people.get("/users/", &ada).await, 200, &format!("[{ADA}]"));
    people.server.delete_person("bob").await;
    assert_eq!(people.get("/users/", &bob).await.status, 401);
}

/// R158: what an administrator has allowed an application of somebody else's is what is theirs, and not everybody's.
#[tokio::test]
async fn an_application_of_others_sees_its_person_alone() {
    let people = people(&[]).await;
    let others = People { client: people.server.client("others").await, ..people };
    let ada = others.token("ada", EVERYTHING).await;
    is(&others.get("/users/", &ada).await, 200, &format!("[{ADA}]"));
    is(&others.get("/users/2/", &ada).await, 404, NO_USER);
    is(&others.get("/groups/", &ada).await, 200, r#"[{"name":"administrators"},{"name":"staff"}]"#);
    is(&others.post(&ada, &json!({"username": "eve"})).await, 403, FORBIDDEN);
    // By what is their own they see all.
    let key = made(&signed_in(&others).await, "Key", &["read", "profile", "email"]).await;
    is(&with_key(&others.server, &key, "/users/2/").await, 200, BOB);
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let people = people(&[]).await;
    let ada = people.token("ada", EVERYTHING).await;
    let first = format!(
        r#"{{"count":2,"next":"{BASE}/users/?page=2&page_size=1","previous":null,"results":[{ADA}]}}"#
    );
    assert_eq!(
        people.get("/users/?page_size=1", &ada).await.json(),
        serde_json::from_str::<Value>(&first).unwrap()
    );
    let second =
        format!(r#"{{"count":2,"next":null,"previous":"{BASE}/users/?page_size=1","results":[{BOB}]}}"#);
    let page = people.get("/users/?page=2&page_size=1", &ada).await;
    assert_eq!(page.json(), serde_json::from_str::<Value>(&second).unwrap());
    for page in ["3", "0", "x", "-1"] {
        let answer = people.get(&format!("/users/?page={page}&page_size=1"), &ada).await;
        is(&answer, 404, r#"{"detail":"Invalid page."}"#);
    }
    assert_eq!(people.get("/groups/?page=1", &ada).await.json()["count"], 2);
}

/// R160: every endpoint with every scope, and with what is no token of anybody's.
#[tokio::test]
async fn each_endpoint_asks_for_its_scope() {
    let people = people(&[]).await;
    let paths = ["/users/", "/users/1/", "/groups/", "/user_details/", "/user_details_by_username/ada/"];
    for (scope, opens) in [
        ("read", [true, true, false, true, true]),
        ("groups", [false, false, true, false, false]),
        ("write profile", [false; 5]),
        (EVERYTHING, [true; 5]),
    ] {
        let token = people.token("ada", scope).await;
        for (path, opens) in paths.into_iter().zip(opens) {
            let answer = people.get(path, &token).await;
            assert_eq!(answer.status, if opens { 200 } else { 403 }, "{path} {scope}");
            if !opens {
                is(&answer, 403, FORBIDDEN);
            }
            let head = people.server.http.send(people.request(Method::HEAD, path, &token)).await;
            assert_eq!(head.status, answer.status, "HEAD {path} {scope}");
        }
    }
    let own = people.client.client_credentials().await.text("access_token");
    let ended = people.token("ada", "read").await;
    people.client.revoke(&ended).await;
    let narrow = people
        .server
        .new_client("two")
        .audiences(&["https://a.example/", "https://b.example/"])
        .register()
        .await;
    let password = password_of("ada");
    let narrowed = narrow
        .token(&[
            ("grant_type", "password"),
            ("username", "ada"),
            ("password", &password),
            ("resource", "https://a.example/"),
        ])
        .await;
    for path in paths {
        is(&people.get(path, &own).await, 403, FORBIDDEN);
        let nobody = people.server.http.get(path).await;
        is(&nobody, 401, NOT_PROVIDED);
        assert_eq!(nobody.header("www-authenticate"), Some(MISSING));
        for token in ["rubbish".to_owned(), ended.clone(), narrowed.text("access_token")] {
            let answer = people.get(path, &token).await;
            is(&answer, 401, NOT_PROVIDED);
            assert_eq!(answer.header("www-authenticate"), Some(INVALID), "{path}");
        }
        let basic = people.server.http.request(Method::GET, path).basic_auth("ada", Some(&password));
        is(&people.server.http.send(basic).await, 401, NOT_PROVIDED);
        let xml = people.request(Method::GET, path, &ended).header("accept", "application/xml");
        let xml = people.server.http.send(xml).await;
        is(&xml, 406, r#"{"detail":"Could not satisfy the request Accept header."}"#);
    }
    let everything = people.token("ada", EVERYTHING).await;
    for (method, path) in [
        (Method::DELETE, "/users/"),
        (Method::POST, "/users/1/"),
        (Method::PUT, "/groups/"),
        (Method::POST, "/user_details/"),
        (Method::PATCH, "/user_details_by_username/ada/"),
    ] {
        let answer = people.server.http.send(people.request(method.clone(), path, &everything)).await;
        is(&answer, 405, &format!(r#"{{"detail":"Method \"{method}\" not allowed."}}"#));
    }
}

/// The keys in their order, and nobody but oneself. What is told beside the name needs the scope for it.
#[tokio::test]
async fn another_site_is_told_who_somebody_is() {
    let people = people(&[]).await;
    let whole =
        r#"{"id":1,"username":"ada","first_name":"Ada","last_name":"Lovelace","email":"ada@example.com"}"#;
    let bare = r#"{"id":1,"username":"ada","first_name":"","last_name":"","email":""}"#;
    let (token, narrow) = (people.token("ada", EVERYTHING).await, people.token("ada", "read").await);
    for (token, body) in [(&token, whole), (&narrow, bare)] {
        for path in [
            "/user_details/",
            "/user_details",
            "/user_details_by_username/ada/",
            "/user_details_by_username/ADA",
        ] {
            let answer = people.get(path, token).await;
            is(&answer, 200, body);
            assert_eq!(answer.header("allow"), Some("OPTIONS, GET"));
        }
    }
    for name in ["bob", "nobody", "%00", "a%2Fda"] {
        let answer = people.get(&format!("/user_details_by_username/{name}/"), &token).await;
        is(&answer, 404, r#"{"detail":"Not found."}"#);
    }
    let key = made(&signed_in(&people).await, "Key", &["read", "email"]).await;
    let answer = with_key(&people.server, &key, "/user_details/").await;
    is(&answer, 200, r#"{"id":1,"username":"ada","first_name":"","last_name":"","email":"ada@example.com"}"#);
}

async fn signed_in(people: &People) -> Browser {
    let browser = people.server.browser();
    browser.sign_in("ada").await;
    browser
}

/// R124: under the rules of signing up, by administrators alone.
#[tokio::test]
async fn administrators_make_accounts_under_the_rules_of_signing_up() {
    let people = people(&[]).await;
    let (ada, bob) = (people.token("ada", EVERYTHING).await, people.token("bob", EVERYTHING).await);
    is(&people.post(&bob, &json!({"username": "eve"})).await, 403, FORBIDDEN);
    let reader = people.token("ada", "read").await;
    is(&people.post(&reader, &json!({"username": "eve"})).await, 403, FORBIDDEN);
    for (body, expected) in [
        (json!({}), json!({"username": ["This field is required."]})),
        (
            json!({"username": "", "email": "x"}),
            json!({"username": ["This field may not be blank."], "email": ["Enter a valid email address."]}),
        ),
        (json!({"username": "ada"}), json!({"username": ["A user with that username already exists."]})),
        (
            json!({"username": "\u{ff21}DA"}),
            json!({"username": ["A user with that username already exists."]}),
        ),
        (
            json!({"username": "x".repeat(151)}),
            json!({"username": ["Ensure this field has no more than 150 characters."]}),
        ),
        (
            json!({"username": "a b"}),
            json!({"username": ["Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."]}),
        ),
        (
            json!({"username": "eve", "password": "short"}),
            json!({"password": ["A password has at least 15 characters. A few random words are good."]}),
        ),
        (json!([]), json!({"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]})),
    ] {
        let answer = people.post(&ada, &body).await;
        assert_eq!((answer.status, answer.json()), (400, expected), "{body}");
    }
    let carol = json!({"username": "carol", "email": "carol@example.com", "first_name": "Carol", "password": password_of("carol"), "is_staff": true});
    let made = people.post(&ada, &carol).await;
    is(&made, 201, r#"{"username":"carol","email":"carol@example.com","first_name":"Carol","last_name":""}"#);
    let browser = people.server.browser();
    browser.sign_in("carol").await;
    assert_eq!(
        people.server.count(&format!("audit_events WHERE event = 'sign_up' AND user_id = {CAROL}")).await,
        1
    );
    assert_eq!(people.server.count(&format!("user_groups WHERE user_id = {CAROL}")).await, 0);
    // Without a password nobody gets in until one is set.
    assert_eq!(people.post(&ada, &json!({"username": "dora"})).await.status, 201);
    for guess in ["", "dora", "password", "!"] {
        assert!(!people.client.password("dora", guess).await.body.contains("access_token"));
    }
    assert_eq!(people.server.count("users WHERE username = 'dora' AND password_hash = '!'").await, 1);
}

/// C4: 64 ways to write a name at once are one person.
#[tokio::test]
async fn sixty_four_accounts_of_one_name_are_one() {
    let people = people(&[]).await;
    let ada = people.token("ada", EVERYTHING).await;
    let names = ["carol", "CAROL", "Carol", "\u{ff43}arol"];
    let bodies: Vec<Value> =
        (0..64).map(|number| json!({"username": names[number % 4], "email": "c@example.com"})).collect();
    let all = futures_util::future::join_all(bodies.iter().map(|body| people.post(&ada, body))).await;
    let made = all.iter().filter(|answer| answer.status == 201).count();
    let taken = r#"{"username":["A user with that username already exists."]}"#;
    assert!(all.iter().all(|answer| [201, 503].contains(&answer.status) || answer.body == taken), "{all:?}");
    assert_eq!(made, 1);
    assert_eq!(people.server.count("users WHERE username_key = 'carol'").await, 1);
}

/// R129, R130: as `SessionAuthentication` of the framework: what looks needs the cookie, what acts repeats another.
#[tokio::test]
async fn a_session_counts_and_what_acts_comes_from_a_page_of_this_site() {
    let people = people(&[]).await;
    let browser = signed_in(&people).await;
    let answer = browser.get("/users/1/").await;
    is(&answer, 200, ADA);
    let token = answer.set_cookies()[0].split(['=', ';']).nth(1).unwrap().to_owned();
    assert_eq!(answer.set_cookies(), [format!("csrftoken={token}; SameSite=Lax; Path=/; Max-Age=31449600")]);
    assert_eq!(browser.get("/users/").await.set_cookies(), Vec::<&str>::new(), "it has one");
    let post = |headers: &[(&str, &str)], field: &str| {
        let body = format!("username=carol&csrfmiddlewaretoken={field}");
        let request = browser.request(Method::POST, "/users/");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    };
    let other = "a".repeat(32);
    for (headers, field, detail) in [
        (vec![], "", "CSRF token missing."),
        (vec![], "short", "CSRF token from POST has incorrect length."),
        (vec![], other.as_str(), "CSRF token from POST incorrect."),
        (
            vec![("x-csrftoken", "short")],
            "",
            "CSRF token from the 'X-Csrftoken' HTTP header has incorrect length.",
        ),
        (
            vec![("origin", "https://evil.example"), ("x-csrftoken", token.as_str())],
            &token,
            "Origin checking failed - https://evil.example does not match any trusted origins.",
        ),
        (
            vec![("sec-fetch-site", "same-site"), ("origin", BASE), ("x-csrftoken", token.as_str())],
            &token,
            "Origin checking failed - http://localhost:8000 does not match any trusted origins.",
        ),
    ] {
        let answer = browser.send(post(&headers, field)).await;
        is(&answer, 403, &format!(r#"{{"detail":"CSRF Failed: {detail}"}}"#));
        assert_eq!(answer.header("www-authenticate"), None);
    }
    let without = people.server.browser();
    without.set_cookie("authz_session", &browser.cookie());
    let request = without.request(Method::POST, "/users/").header("x-csrftoken", &token);
    is(&without.send(request).await, 403, r#"{"detail":"CSRF Failed: CSRF cookie not set."}"#);
    assert_eq!(browser.send(post(&[("origin", BASE)], &token)).await.status, 201);
    // Who shows a token is who it says, whatever cookie comes with it.
    let request = browser.request(Method::GET, "/users/").bearer_auth("rubbish");
    is(&browser.send(request).await, 401, NOT_PROVIDED);
}
