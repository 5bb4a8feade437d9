//! To the authorization server and back, and out again.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use diesel::prelude::*;
use model::secret::sha256;
use reqwest::Method;
use timetracker_api::schema::browser_sessions;

use crate::support::{Answer, ISSUER, Mood, PUBLIC, Visitor, World, json};

type Row = (Vec<u8>, Vec<u8>);

/// The id and what is sealed, of each session.
async fn rows(world: &World) -> Vec<Row> {
    let all = browser_sessions::table.select((browser_sessions::id, browser_sessions::sealed));
    world.db().read(move |conn| all.load::<Row>(conn)).await.unwrap()
}

/// R128
#[tokio::test]
async fn somebody_signs_in_and_is_sent_on_to_where_they_were() {
    let world = World::with_pages().await;
    let mut ada = Visitor::new(&world);
    let page = ada.opens("/api/tracks/?page_size=5").await;
    assert_eq!((page.status, page.reads("#stranger").as_str()), (401, "Sign in to see what is here."));
    let [href] = page.attributes("#sign-in-here", "href").try_into().unwrap();
    assert_eq!(href, "/time/sign-in/?next=%2Fapi%2Ftracks%2F%3Fpage_size%3D5");

    let away = ada.opens(&href).await;
    let url = url::Url::parse(away.header("location").unwrap()).unwrap();
    assert!(url.as_str().starts_with(&format!("{ISSUER}/authorize/?")), "{url}");
    let asked: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    let (state, challenge) = (asked["state"].clone(), asked["code_challenge"].clone());
    let callback = format!("{PUBLIC}/time/callback/");
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", &callback),
        ("scope", "read reports:share write"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(asked[name], value, "{url}");
    }
    let cookie = away.header("set-cookie").unwrap();
    let value = &ada.cookies["__Host-timetracker_sign_in"];
    assert_eq!(
        cookie,
        format!("__Host-timetracker_sign_in={value}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=3600")
    );
    assert!(!url.as_str().contains(value.as_str()));

    world.authority.knows("access", world.authority.vouches(5, "ada", "read write"));
    world.authority.redeems("the code", "access", "refresh");
    let back = ada.returns(&[("code", "the code"), ("state", &state), ("iss", ISSUER)]).await;
    assert_eq!(back.status, 303, "{back:?}");
    back.has("location", "https://time.example.com/api/tracks/?page_size=5").has("cache-control", "no-store");
    let session = ada.cookies["__Host-timetracker_session"].clone();
    let cookies: Vec<_> =
        back.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    let expected = [
        format!(
            "__Host-timetracker_session={session}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=2592000"
        ),
        "__Host-timetracker_sign_in=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0".to_owned(),
    ];
    assert_eq!(cookies, expected);

    let [sent] = world.authority.redeemed().try_into().unwrap();
    assert_eq!(sent["authorization"], "Basic d2ViOndlYitzZWNyZXQ=");
    assert_eq!(
        (sent["grant_type"].as_str(), sent["redirect_uri"].as_str()),
        ("authorization_code", callback.as_str())
    );
    assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(sha256(sent["code_verifier"].as_bytes())), challenge);

    let page = ada.opens("/api/tracks/?page_size=5").await;
    assert_eq!((page.status, page.reads(".who").as_str()), (200, "Signed in as ada"));
    page.has("cache-control", "no-store").has("vary", "Accept, Cookie");
}

/// Neither the database nor the cookie alone gives a token.
#[tokio::test]
async fn what_is_kept_tells_neither_the_secret_nor_the_tokens() {
    let world = World::with_pages().await;
    let mut ada = Visitor::new(&world);
    ada.signs_in("ada").await;
    let secret = ada.cookies["__Host-timetracker_session"].clone();
    assert!(!secret.contains("access") && secret.len() == 43, "{secret}");
    let [(id, sealed)] = rows(&world).await.try_into().unwrap();
    assert_eq!(id, sha256(secret.as_bytes()));
    for known in ["access-ada", "refresh-ada", &secret] {
        assert!(!sealed.windows(known.len()).any(|part| part == known.as_bytes()), "{known}");
    }
    // What was sealed for one browser is of no use in another.
    let mut bob = Visitor::new(&world);
    bob.signs_in("bob").await;
    let own = sha256(bob.cookies["__Host-timetracker_session"].as_bytes()).to_vec();
    let moved = diesel::update(browser_sessions::table.filter(browser_sessions::id.eq(own)));
    let moved = moved.set(browser_sessions::sealed.eq(sealed));
    assert_eq!(world.db().write(move |conn| moved.execute(conn)).await.unwrap(), 1);
    assert_eq!(bob.opens("/api/").await.status, 401);
    assert!(bob.cookies.is_empty());
}

/// R33, R120: what comes back is good in the browser that left, once, for an hour, from the issuer; and a session is always new.
#[tokio::test]
async fn nobody_finishes_what_they_did_not_begin() {
    let world = World::with_pages().await;
    let authority = &world.authority;
    authority.knows("mallory's", authority.vouches(6, "mallory", "read write"));
    authority.redeems("mallory's code", "mallory's", "refresh");
    let mut ada = Visitor::new(&world);
    let [mallorys, _] = Visitor::new(&world).leaves("/time/sign-in/").await;
    let code = ("code", "mallory's code");
    let strange = "It did not begin in this browser, it was finished before, or it took more than an hour.";
    let refused = async |ada: &mut Visitor<'_>, parameters: &[(&str, &str)], status, sentence: &str| {
        let page = ada.returns(parameters).await;
        assert_eq!((page.status, page.reads("#sentence").as_str()), (status, sentence), "{parameters:?}");
        page.has("cache-control", "no-store").has("content-type", "text/html; charset=utf-8");
        assert!(!ada.cookies.contains_key("__Host-timetracker_session"), "{parameters:?}");
    };
    // Without having left, and with a state of another browser's.
    refused(&mut ada, &[code, ("state", &mallorys), ("iss", ISSUER)], 400, strange).await;
    let [own, _] = ada.leaves("/time/sign-in/").await;
    refused(&mut ada, &[code, ("state", &mallorys), ("iss", ISSUER)], 400, strange).await;
    refused(&mut ada, &[code, ("iss", ISSUER)], 400, strange).await;
    refused(&mut ada, &[code, code, ("state", &own), ("iss", ISSUER)], 400, strange).await;
    let issuer = "The sign-in service that we know did not send you here.";
    refused(&mut ada, &[code, ("state", &own)], 400, issuer).await;
    refused(&mut ada, &[code, ("state", &own), ("iss", "https://evil.example/o")], 400, issuer).await;
    assert_eq!(authority.redeemed().len(), 0);
    world.clock.advance(Duration::from_secs(3_600));
    refused(&mut ada, &[code, ("state", &own), ("iss", ISSUER)], 400, strange).await;

    // A cookie that somebody planted is not the session.
    let planted = "A".repeat(43);
    ada.cookies.insert("__Host-timetracker_session".to_owned(), planted.clone());
    assert_eq!(ada.signs_in("ada").await.status, 303);
    assert_ne!(ada.cookies["__Host-timetracker_session"], planted);
    // Again with what is used up: whoever is signed in has nothing to finish.
    let again = ada.returns(&[("code", "code-ada"), ("state", &own), ("iss", ISSUER)]).await;
    assert_eq!((again.status, again.header("location")), (303, Some("https://time.example.com/time/")));
    assert_eq!(rows(&world).await.len(), 1);
}

#[tokio::test]
async fn what_goes_wrong_on_the_way_is_said_on_a_page() {
    let world = World::with_pages().await;
    let authority = &world.authority;
    authority.knows("foreign", {
        let mut answer = authority.vouches(5, "ada", "read write");
        answer["aud"] = json!(["calendar"]);
        answer
    });
    authority.redeems("foreign code", "foreign", "refresh");
    let mut ada = Visitor::new(&world);
    let oauth = |error: &str| Mood::Says(400, "application/json", format!(r#"{{"error":"{error}"}}"#));
    let down = "Nothing is lost. Wait a moment and try it once more.";
    for (parameters, mood, status, sentence) in [
        (
            ("error", "access_denied"),
            Mood::Helpful,
            403,
            "You did not allow Timetracker to use your account, so nothing was changed.",
        ),
        (
            ("error", "invalid_scope"),
            Mood::Helpful,
            502,
            "It sent you back with an error instead of a sign-in.",
        ),
        (("error", "temporarily_unavailable"), Mood::Helpful, 503, down),
        (("neither", ""), Mood::Helpful, 502, "It sent you back with an error instead of a sign-in."),
        (
            ("code", "of nobody"),
            Mood::Helpful,
            400,
            "What the sign-in service gave is good for a minute and once, and it is not any more.",
        ),
        (("code", "x"), oauth("invalid_client"), 503, down),
        (("code", "x"), Mood::Says(500, "text/html", "<h1>500</h1>".to_owned()), 503, down),
        (("code", "x"), Mood::Says(200, "application/json", "{}".to_owned()), 503, down),
        (("code", "x"), Mood::Says(429, "application/json", "{}".to_owned()), 503, down),
        (
            ("code", "foreign code"),
            Mood::Helpful,
            403,
            "The sign-in service gave a token that does not let anybody in here. Whoever runs this site has to look.",
        ),
    ] {
        let [state, _] = ada.leaves("/time/sign-in/").await;
        authority.issue(mood);
        let page = ada.returns(&[parameters, ("state", &state), ("iss", ISSUER)]).await;
        assert_eq!((page.status, page.reads("#sentence").as_str()), (status, sentence), "{parameters:?}");
        assert!(!ada.cookies.contains_key("__Host-timetracker_session"));
        authority.issue(Mood::Helpful);
    }
    authority.stop().await;
    let page = loop {
        let [state, _] = ada.leaves("/time/sign-in/").await;
        let page = ada.returns(&[("code", "x"), ("state", &state), ("iss", ISSUER)]).await;
        // It may go on for a moment over a connection that is still open.
        if page.status != 400 {
            break page;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!((page.status, page.reads("#sentence").as_str()), (503, down));
    page.has("retry-after", "1");
}

/// R128, R129: signing out takes a form of this page in this browser, ends the session and its tokens, and shows the way on.
#[tokio::test]
async fn signing_out_ends_the_session_and_its_tokens() {
    let world = World::with_pages().await;
    let (mut ada, mut bob) = (Visitor::new(&world), Visitor::new(&world));
    ada.signs_in("ada").await;
    bob.signs_in("bob").await;
    let page = ada.opens("/time/").await;
    let bobs = bob.opens("/time/").await;
    let (_, fields) = bobs.form("#sign-out-form", "#sign-out");
    let token = fields[0].1.as_str();
    for fields in [&[][..], &[("_csrf", "")], &[("_csrf", token)]] {
        let refused = ada.posts("/time/sign-out/", fields).await;
        assert_eq!(
            (refused.status, refused.reads("h1").as_str()),
            (403, "This form cannot be used any more")
        );
    }
    assert_eq!(ada.opens("/time/sign-out/").await.status, 405);
    assert_eq!(ada.opens("/api/").await.status, 200);

    let kept = ada.cookies.clone();
    let out = ada.submits(&page, "#sign-out-form", "#sign-out", &[]).await;
    assert_eq!((out.status, out.reads("h1").as_str()), (200, "You are signed out of Timetracker"));
    assert_eq!(out.attributes("#sign-out-everywhere", "href"), [format!("{ISSUER}/logout/?client_id=web")]);
    out.has("set-cookie", "__Host-timetracker_session=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0");
    assert_eq!(world.authority.revoked(), ["refresh-ada"]);
    assert_eq!(rows(&world).await.len(), 1);
    ada.cookies = kept;
    assert_eq!(ada.opens("/api/").await.status, 401);
    assert_eq!(bob.opens("/api/").await.status, 200);
}

/// R128, R137
#[tokio::test]
async fn on_a_loopback_address_the_cookies_need_no_tls() {
    let world = World::with(|config| {
        crate::support::pages(config);
        config.public_url = "http://localhost:8001".to_owned();
    })
    .await;
    let mut ada = Visitor::new(&world);
    let away = ada.opens("/time/sign-in/").await;
    let cookie = away.header("set-cookie").unwrap();
    assert!(cookie.starts_with("timetracker_sign_in=") && !cookie.contains("Secure"), "{cookie}");
    away.lacks("strict-transport-security");
    let request = ada
        .request(Method::GET, "/time/sign-in/")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example");
    let away = ada.send(request).await;
    assert!(
        away.header("location")
            .unwrap()
            .contains("redirect_uri=http%3A%2F%2Flocalhost%3A8001%2Ftime%2Fcallback%2F")
    );
}

#[tokio::test]
async fn without_a_client_nobody_signs_in_and_the_pages_say_how_to_ask_with_curl() {
    let world = World::new().await;
    let mut ada = Visitor::new(&world);
    let page = ada.opens("/api/tracks/").await;
    assert_eq!(
        (page.status, page.reads("#stranger").as_str()),
        (401, "What is here is shown to whoever has an access token.")
    );
    assert_eq!(page.finds("#sign-in-here"), None);
    let line = "curl -H \"Authorization: Bearer $access_token\" 'https://time.example.com/api/tracks/'";
    assert_eq!(page.verbatim("#curl"), line);
    for path in ["/time/sign-in/", "/time/callback/?code=x"] {
        let page = ada.opens(path).await;
        assert_eq!((page.status, page.reads("h1").as_str()), (404, "Nobody can sign in here"));
    }
    assert!(ada.opens("/time/").await.reads("#nobody").starts_with("Nobody can sign in at this page"));
    assert!(ada.cookies.is_empty());
}

/// R130, R131, R132, R133, R144
#[tokio::test]
async fn every_page_answers_its_methods_with_every_defence() {
    let world = World::with_pages().await;
    let mut ada = Visitor::new(&world);
    ada.signs_in("ada").await;
    let front = ada.opens("/").await;
    assert_eq!((front.status, front.header("location")), (303, Some("https://time.example.com/time/")));
    for (path, allow) in [
        ("/time/", "GET, POST, HEAD"),
        ("/time", "GET, POST, HEAD"),
        ("/time/sign-in/", "GET, HEAD"),
        ("/time/callback/", "GET, HEAD"),
        ("/time/sign-out/", "POST"),
        ("/time/style.css", "GET, HEAD"),
        ("/time/mark.svg", "GET, HEAD"),
        ("/", "GET, HEAD"),
    ] {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
            let request = ada.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
            let answer = ada.send(request).await;
            assert_eq!(
                answer.status == 405,
                !allow.split(", ").any(|each| each == method),
                "{method} {path}"
            );
            answer
                .has("allow", allow)
                .has("x-frame-options", "DENY")
                .has("x-content-type-options", "nosniff");
            answer.has("strict-transport-security", "max-age=63072000; includeSubDomains");
        }
    }
    let refused = ada.posts("/api/tracks/", &[]).await;
    assert_eq!(refused.status, 403);
    let mut pages = vec![refused];
    for path in ["/time/", "/api/", "/api/tracks/?page=9", "/api/nowhere/"] {
        pages.push(ada.opens(path).await);
    }
    for page in pages {
        page.has("x-frame-options", "DENY").has("x-content-type-options", "nosniff");
        page.has("content-security-policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
        page.has("cache-control", "no-store")
            .has("vary", "Accept, Cookie")
            .has("referrer-policy", "same-origin");
        assert!(!page.text.contains("<script") && !page.text.contains(" style="), "{page:?}");
        let from: Vec<_> =
            ["src", "href"].into_iter().flat_map(|name| page.attributes("link, img", name)).collect();
        assert!(from.iter().all(|from| from.starts_with("/time/")), "{from:?}");
    }
}

/// R135
#[tokio::test]
async fn a_session_ends_after_a_week_without_use_and_after_a_month_in_any_case() {
    let world = World::with_pages().await;
    let day = Duration::from_secs(86_400);
    let almost_a_week = Duration::from_secs(7 * 86_400 - 1);
    let mut ada = Visitor::new(&world);
    // Each renewal is one of the fake authority's tokens.
    let keep_good = |days: i64| {
        let mut answer = world.authority.vouches(5, "ada", "read write");
        answer["exp"] = json!(world.authority.in_seconds(days * 86_400));
        world.authority.knows("access-ada", answer);
        world.authority.redeems("refresh-ada", "access-ada", "refresh-ada");
    };
    let opens = async |ada: &mut Visitor<'_>| -> Answer {
        keep_good(100);
        ada.opens("/api/").await
    };
    ada.signs_in("ada").await;
    world.clock.advance(almost_a_week);
    assert_eq!(opens(&mut ada).await.status, 200);
    world.clock.advance(7 * day);
    let ended = opens(&mut ada).await;
    assert_eq!(
        (ended.status, ended.reads("#stranger").as_str()),
        (401, "You are not signed in any more. Sign in again to go on.")
    );
    assert!(ada.cookies.is_empty());

    ada.signs_in("ada").await;
    for _ in 0..4 {
        world.clock.advance(almost_a_week);
        assert_eq!(opens(&mut ada).await.status, 200);
    }
    world.clock.advance(2 * day + Duration::from_secs(4));
    assert_eq!(opens(&mut ada).await.status, 401);
    // Whoever signs in next sweeps what has ended.
    ada.signs_in("ada").await;
    assert_eq!(rows(&world).await.len(), 1);
}
