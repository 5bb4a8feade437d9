//! What is judged once the redirect URI is known to be good: told to the application, with `state` and `iss`.

use std::time::{Duration, Instant};

use reqwest::Method;

use crate::support::{AuthorizationRequest, BASE, CALLBACK, ISSUER, Listener, challenge, server};

type Pairs<'a> = &'a [(&'a str, Option<&'a str>)];

/// Honest, but for these parameters: another value, or none.
fn bent(honest: &AuthorizationRequest, changes: Pairs) -> AuthorizationRequest {
    changes.iter().fold(honest.clone(), |request, (name, value)| match value {
        Some(value) => request.with(name, value),
        None => request.without(name),
    })
}

/// R7, R9, R10, R13, R14, R15, R17, R20, R23, R24, R25, R49
#[tokio::test]
async fn every_fault_of_a_request_is_told_to_the_application() {
    let server = server().await;
    let client = server.client("web").await;
    let narrow = server.new_client("narrow").scopes(&["read"]).register().await;
    let machine = server.new_client("machine").grant_types(&["client_credentials"]).register().await;
    let browser = server.signed_in("ada").await;
    let (good, padded) = (challenge("x"), format!("{}=", challenge("x")));
    let (short, long) = (&good[1..], format!("{good}A"));
    let many = (0..100).map(|number| format!("s{number}")).collect::<Vec<_>>().join(" ");
    let endless = "n".repeat(2049);
    let honest = AuthorizationRequest::of(&client);
    let method = ("code_challenge_method", Some("S256"));
    let cases: &[(Pairs, &str)] = &[
        (&[("response_type", Some("CODE"))], "unsupported_response_type"),
        (&[("response_type", Some("code code"))], "unsupported_response_type"),
        (&[("response_type", Some("none"))], "unsupported_response_type"),
        (&[("response_type", None)], "invalid_request"),
        (&[("response_type", Some(""))], "invalid_request"),
        (&[("response_mode", Some("web_message"))], "invalid_request"),
        (&[("response_mode", Some("javascript"))], "invalid_request"),
        (&[("request", Some("eyJhbGciOiJub25lIn0.e30."))], "request_not_supported"),
        (&[("registration", Some("{}"))], "registration_not_supported"),
        (&[("id_token_hint", Some("x"))], "invalid_request"),
        (&[("id_token_hint", Some("eyJhbGciOiJub25lIn0.e30."))], "invalid_request"),
        (&[("request_uri", Some("http://127.0.0.1:1/"))], "request_uri_not_supported"),
        (&[("request_uri", Some("urn:ietf:params:oauth:request_uri:x"))], "request_uri_not_supported"),
        (&[("code_challenge", None)], "invalid_request"),
        (&[("code_challenge", None), ("code_challenge_method", None)], "invalid_request"),
        (&[("code_challenge_method", None)], "invalid_request"),
        (&[("code_challenge_method", Some("plain"))], "invalid_request"),
        (&[("code_challenge_method", Some("s256"))], "invalid_request"),
        (&[("code_challenge", Some(&padded)), method], "invalid_request"),
        (&[("code_challenge", Some(short)), method], "invalid_request"),
        (&[("code_challenge", Some(&long)), method], "invalid_request"),
        (&[("code_challenge", Some("é")), method], "invalid_request"),
        (&[("code_challenge", Some(" ")), method], "invalid_request"),
        (&[("scope", Some("admin"))], "invalid_scope"),
        (&[("scope", Some("read admin"))], "invalid_scope"),
        (&[("scope", Some("read  write"))], "invalid_scope"),
        (&[("scope", Some("read,write"))], "invalid_scope"),
        (&[("scope", Some("read\"write"))], "invalid_scope"),
        (&[("scope", Some(&many))], "invalid_scope"),
        (&[("max_age", Some("-1"))], "invalid_request"),
        (&[("max_age", Some("+5"))], "invalid_request"),
        (&[("max_age", Some("soon"))], "invalid_request"),
        (&[("max_age", Some("1e9"))], "invalid_request"),
        (&[("max_age", Some("99999999999999999999"))], "invalid_request"),
        (&[("nonce", Some(&endless))], "invalid_request"),
        (&[("login_hint", Some(&endless))], "invalid_request"),
        (&[("prompt", Some("none login"))], "invalid_request"),
        (&[("prompt", Some("none consent"))], "invalid_request"),
        (&[("prompt", Some("none"))], "consent_required"),
        (&[("client_id", Some(&narrow.id)), ("scope", Some("write"))], "invalid_scope"),
        (&[("client_id", Some(&machine.id))], "unauthorized_client"),
    ];
    for (changes, error) in cases {
        let answer = browser.get(&bent(&honest, changes).path()).await;
        let params = answer.returned_to(CALLBACK);
        let said: Vec<(&str, &str)> =
            params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let [("error", told), ("error_description", description), ("state", "the state"), ("iss", ISSUER)] =
            said[..]
        else {
            panic!("{changes:?}: {said:?}")
        };
        assert_eq!(told, *error, "{changes:?}");
        let allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        assert!(description.bytes().all(allowed), "{description}");
    }
}

/// R23: faults that need nobody are told before anybody is asked to sign in; with `prompt=none` nobody ever is.
#[tokio::test]
async fn a_fault_is_told_before_anybody_signs_in() {
    let server = server().await;
    let client = server.client("web").await;
    let honest = AuthorizationRequest::of(&client);
    for (bent, error) in [
        (honest.clone().without("code_challenge"), "invalid_request"),
        (honest.clone().with("scope", "admin"), "invalid_scope"),
        (honest.clone().with("prompt", "none"), "login_required"),
    ] {
        let params = server.browser().get(&bent.path()).await.returned_to(CALLBACK);
        assert_eq!(params[0], ("error".to_owned(), error.to_owned()));
    }
}

/// R12: OpenID Connect Core section 3.1.2.1 wants POST as well. A browser sends no cookies with another site's form: the
/// request comes back as GET, with all that it said, also what nobody here understands.
#[tokio::test]
async fn an_applications_form_is_put_to_the_person_like_its_link() {
    let server = server().await;
    let client = server.client("web").await;
    let request = AuthorizationRequest::of(&client).with("state", "a&b=#\"<é").with("x", "y");
    let (endpoint, query) =
        request.path().split_once('?').map(|(path, query)| (path.to_owned(), query.to_owned())).unwrap();
    let answer = server.http.send(server.http.post(&endpoint, query.clone())).await;
    assert_eq!((answer.status, answer.location()), (303, format!("{BASE}{endpoint}?{query}").as_str()));
    let code = server.signed_in("ada").await.allow(&request).await;
    assert_eq!(client.redeem(&code).await.status, 200);
    for (body, detail) in [
        (format!("{query}&x=y"), "A parameter is there more than once."),
        ("state=%ff".to_owned(), "A parameter is not valid UTF-8 text."),
        (format!("x={}", "y".repeat(16 * 1024)), "The form did not arrive whole, or is too large."),
    ] {
        let answer = server.http.send(server.http.post(&endpoint, body)).await;
        answer.is_page(400);
        assert_eq!(answer.element("detail").as_deref(), Some(detail), "{answer:?}");
    }
    let json = server.http.request(Method::POST, &endpoint).header("content-type", "application/json");
    server.http.send(json.body("{}")).await.is_page(400);
    // With the request in the address it is the person's answer, and this is none.
    server.http.send(server.http.post(&request.path(), query)).await.is_page(403);
}

/// R6
#[tokio::test]
async fn state_comes_back_as_it_was_sent() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let long = "s".repeat(2048);
    for state in ["&=#+% \"<>'", "a\r\nX-Evil: 1", "ünïcödé 🔑", "code=1&code=2", "%00", &long] {
        let request = AuthorizationRequest::of(&client).with("state", state);
        for decision in ["allow", "refuse"] {
            let answer = browser.decide(&request, decision).await;
            let params = answer.returned_to(CALLBACK);
            let states: Vec<&str> =
                params.iter().filter(|(name, _)| name == "state").map(|(_, value)| value.as_str()).collect();
            assert_eq!(states, [state]);
            let codes = params.iter().filter(|(name, _)| name == "code").count();
            assert_eq!(codes, usize::from(decision == "allow"));
            assert_eq!(answer.header("x-evil"), None);
        }
    }
    let without = AuthorizationRequest::of(&client).without("state");
    let params = browser.decide(&without, "allow").await.returned_to(CALLBACK);
    assert_eq!(params.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["code", "iss"]);
}

/// R12
#[tokio::test]
async fn no_parameter_may_be_there_twice() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let honest = AuthorizationRequest::of(&client);
    let also = [("prompt", "login"), ("max_age", "9"), ("nonce", "n"), ("login_hint", "ada"), ("extra", "x")];
    let also = also.map(|(name, value)| (name.to_owned(), value.to_owned()));
    for (name, value) in honest.params.iter().chain(&also) {
        for second in [value.as_str(), "another", ""] {
            let request = honest.clone().with(name, value).and(name, second);
            browser.get(&request.path()).await.is_page(400);
            let mut shown = browser.asked(&honest).await.with("decision", "allow");
            shown.action = request.path();
            browser.submit(&shown).await.is_page(400);
        }
    }
    for name in ["csrf_token", "shown", "decision"] {
        let mut shown = browser.asked(&honest).await.with("decision", "allow");
        let value = shown.field(name).unwrap().to_owned();
        shown.fields.push((name.to_owned(), value));
        browser.submit(&shown).await.is_page(400);
    }
}

/// R13, R22
#[tokio::test]
async fn what_is_not_known_or_only_a_wish_changes_nothing() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    for (name, value) in [
        ("extra", "foobar"),
        ("scope", ""),
        ("nonce", "n"),
        ("ui_locales", "de fr-CA en"),
        ("claims_locales", "de"),
        ("display", "page"),
        ("display", "popup"),
        ("display", "touch"),
        ("display", "wap"),
        ("display", "nonsense"),
        ("acr_values", "urn:x"),
        ("acr_values", "9 8 1"),
        ("ui_locales", "\u{fffd}"),
        (
            "claims",
            r#"{"id_token":{"acr":{"values":["9"]}},"userinfo":{"acr":{"essential":true,"value":"9"}}}"#,
        ),
        ("login_hint", "ada@example.com"),
        ("prompt", "consent"),
        ("prompt", "nonsense"),
        ("state", ""),
        ("redirect_uri", ""),
        ("prompt", ""),
        ("claims", "{}"),
        ("response_mode", "query"),
        ("approval_prompt", "auto"),
        ("request", ""),
    ] {
        let code = browser.allow(&AuthorizationRequest::of(&client).with(name, value)).await;
        assert_eq!(client.redeem(&code).await.status, 200, "{name}={value}");
    }
}

/// R22, OpenID Connect Core section 3.1.2.1: `display` goes with the person from sign-in to the question, and is a wish.
#[tokio::test]
async fn the_pages_look_as_the_application_wishes_if_they_can() {
    let server = server().await;
    let client = server.client("web").await;
    server.person("ada").await;
    for (display, class) in
        [("page", "page"), ("popup", "popup"), ("touch", "touch"), ("wap", "page"), ("\"><b>", "page")]
    {
        let browser = server.browser();
        let request = AuthorizationRequest::of(&client).with("display", display);
        for (asked, page) in [("create", "signup"), ("consent", "login")] {
            let to = browser.get(&request.clone().with("prompt", asked).path()).await;
            let to = to.location().strip_prefix("http://localhost:8000").unwrap().to_owned();
            assert!(to.starts_with(&format!("/accounts/{page}/")));
            assert_eq!(class_of(&browser.get(&to).await), class, "{display}, {page}");
        }
        browser.sign_in("ada").await;
        let consent = browser.get(&request.with("prompt", "consent").path()).await;
        consent.form("consent-form");
        assert_eq!(class_of(&consent), class, "{display}");
        assert_eq!(class_of(&browser.get("/accounts/login/").await), "page");
    }
}

/// How a page looks.
pub fn class_of(page: &crate::support::Answer) -> String {
    let body = scraper::Selector::parse("body").unwrap();
    page.html().select(&body).next().unwrap().attr("class").unwrap().to_owned()
}

/// R18, section 2 no. 16 of the dossier (CVE-2026-4634)
#[tokio::test]
async fn what_is_too_long_is_refused_before_any_work() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let honest = AuthorizationRequest::of(&client);
    for (name, value) in [
        ("scope", "s ".repeat(10_000)),
        ("state", "s".repeat(2_049)),
        ("state", "s".repeat(50_000)),
        ("ui_locales", "de ".repeat(10_000)),
        ("claims", "{".repeat(20_000)),
        ("redirect_uri", format!("{CALLBACK}?{}", "x".repeat(20_000))),
        ("client_id", "c".repeat(20_000)),
    ] {
        let path = honest.clone().with(name, &value).path();
        let began = Instant::now();
        browser.get(&path).await.is_page(400);
        assert!(began.elapsed() < Duration::from_secs(1), "{name} took {:?}", began.elapsed());
    }
}

/// R18: comparing each of many parameters with all others is work, too. (A head may have 64 kB of query.)
#[tokio::test]
async fn many_parameters_are_refused_before_any_work() {
    let server = server().await;
    let digits: Vec<char> = "abcdefghijklmnopqrstuvwxyz0123456789".chars().collect();
    let query: String = (0..16_000)
        .map(|n: usize| {
            [digits[n % 36], digits[n / 36 % 36], digits[n / 1296], '&'].iter().collect::<String>()
        })
        .collect();
    for path in ["/accounts/login/", "/accounts/signup/", "/o/code/"] {
        let began = Instant::now();
        server.browser().get(&format!("{path}?{query}")).await;
        assert!(began.elapsed() < Duration::from_secs(1), "{path} took {:?}", began.elapsed());
    }
    let began = Instant::now();
    let body = server.http.post("/o/token/", &query[..16_000]);
    server.http.send(body).await.is_error(400, "invalid_request");
    assert!(began.elapsed() < Duration::from_secs(1), "the form took {:?}", began.elapsed());
}

/// R150
#[tokio::test]
async fn nul_and_bytes_that_are_not_text_are_refused() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let honest = AuthorizationRequest::of(&client).path();
    for bad in ["x=%00", "%00=x", "x=%ff", "x=%c0%80", "x=%ed%a0%80"] {
        browser.get(&format!("{honest}&{bad}")).await.is_page(400);
    }
    for bad in ["%00", "%ff"] {
        for name in ["client_id", "redirect_uri", "state", "scope"] {
            browser.get(&format!("/o/authorize/?{name}={bad}")).await.is_page(400);
        }
    }
}

/// R17, R109, section 2 no. 11 (CVE-2020-10770): an address in a request is not looked at, whatever else it says.
#[tokio::test]
async fn no_address_in_a_request_is_ever_connected_to() {
    let server = crate::support::server_with(&[("OUTBOUND_NETWORKS", "127.0.0.0/8")]).await;
    let listener = Listener::start().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let honest = AuthorizationRequest::of(&client);
    let url = listener.url("/r");
    for name in [
        "request_uri",
        "jwks_uri",
        "logo_uri",
        "sector_identifier_uri",
        "client_uri",
        "post_logout_redirect_uri",
    ] {
        browser.get(&honest.clone().with(name, &url).path()).await;
    }
    let answer = browser.get(&honest.clone().with("request_uri", &url).path()).await;
    assert_eq!(answer.returned_to(CALLBACK)[0].1, "request_uri_not_supported");
    // Nor is a client id that is an address.
    browser.get(&honest.clone().with("client_id", &url).path()).await.is_page(400);
    browser.get(&honest.with("redirect_uri", &url).path()).await.is_page(400);
    assert_eq!(listener.heard(), Vec::<String>::new());
}
