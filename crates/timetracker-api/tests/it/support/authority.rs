//! A stand-in for the authorization server: its introspection endpoint, and the token and revocation endpoints.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Bytes, ThinData};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use futures_util::stream;
use model::time::{Clock, Timestamp};
use serde_json::{Value, json};

pub const ISSUER: &str = "http://localhost:9/o";

/// How it behaves.
#[derive(Clone, Debug)]
pub enum Mood {
    Helpful,
    /// The same, after a while.
    Slow(Duration),
    /// This status and body.
    Says(u16, &'static str, String),
    /// Sends a little every 100 ms for ever.
    Drips,
    /// Sends a redirect to itself.
    Redirects,
}

#[derive(Clone)]
pub struct Authority(Arc<State>);

struct State {
    tokens: Mutex<HashMap<String, Value>>,
    mood: Mutex<Mood>,
    /// At the token endpoint.
    token_mood: Mutex<Mood>,
    asked: AtomicUsize,
    present: Count,
    /// At the token endpoint.
    redeeming: Count,
    last: Mutex<(String, String)>,
    /// What may be redeemed: a code or refresh token, and the access token and the refresh token for it, once.
    redeemable: Mutex<HashMap<String, [String; 2]>>,
    /// How many seconds tokens are said to last.
    lasts: AtomicUsize,
    /// What the token endpoint was sent, and what was revoked.
    redeemed: Mutex<Vec<HashMap<String, String>>>,
    revoked: Mutex<Vec<String>>,
    clock: Clock,
    address: Mutex<Option<(String, ServerHandle)>>,
}

impl Authority {
    pub fn start(clock: Clock) -> Self {
        let authority = Self(Arc::new(State {
            tokens: Mutex::default(),
            mood: Mutex::new(Mood::Helpful),
            token_mood: Mutex::new(Mood::Helpful),
            asked: AtomicUsize::new(0),
            present: Count::default(),
            redeeming: Count::default(),
            last: Mutex::default(),
            redeemable: Mutex::default(),
            lasts: AtomicUsize::new(3_600),
            redeemed: Mutex::default(),
            revoked: Mutex::default(),
            clock,
            address: Mutex::default(),
        }));
        let each = authority.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(ThinData(each.clone()))
                .route("/o/token/", web::post().to(token))
                .route("/o/revoke_token/", web::post().to(revoke))
                .default_service(web::to(introspect))
        })
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
        let url = format!("http://{}/o/introspect/", server.addrs()[0]);
        let server = server.run();
        *authority.0.address.lock().unwrap() = Some((url, server.handle()));
        tokio::spawn(server);
        authority
    }

    pub fn url(&self) -> String {
        self.0.address.lock().unwrap().as_ref().unwrap().0.clone()
    }

    pub async fn stop(&self) {
        let handle = self.0.address.lock().unwrap().as_ref().unwrap().1.clone();
        handle.stop(false).await;
    }

    pub fn behave(&self, mood: Mood) {
        *self.0.mood.lock().unwrap() = mood;
    }

    /// The same, at the token endpoint alone.
    pub fn issue(&self, mood: Mood) {
        *self.0.token_mood.lock().unwrap() = mood;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// How many questions it had at once, at most.
    pub fn most_at_once(&self) -> usize {
        self.0.present.most.load(Ordering::SeqCst)
    }

    /// The same, at the token endpoint.
    pub fn most_redeemed_at_once(&self) -> usize {
        self.0.redeeming.most.load(Ordering::SeqCst)
    }

    /// The `Authorization` header and the body of the last question.
    pub fn last_question(&self) -> (String, String) {
        self.0.last.lock().unwrap().clone()
    }

    pub fn knows(&self, token: &str, answer: Value) {
        self.0.tokens.lock().unwrap().insert(token.to_owned(), answer);
    }

    pub fn known(&self, token: &str) -> Value {
        self.0.tokens.lock().unwrap()[token].clone()
    }

    pub fn forgets(&self, token: &str) {
        self.0.tokens.lock().unwrap().remove(token);
    }

    /// A complete answer about a person's token that ends in an hour.
    pub fn vouches(&self, subject: i64, username: &str, scope: &str) -> Value {
        let now = self.0.clock.now().unix_seconds();
        json!({
            "active": true, "scope": scope, "client_id": "web", "username": username, "token_type": "Bearer",
            "exp": now + 3_600, "iat": now, "nbf": now, "sub": subject.to_string(), "aud": ["timetracker"],
            "iss": ISSUER, "jti": "1",
        })
    }

    /// Lets a code or a refresh token be redeemed, once.
    pub fn redeems(&self, what: &str, access: &str, refresh: &str) {
        let tokens = [access, refresh].map(str::to_owned);
        self.0.redeemable.lock().unwrap().insert(what.to_owned(), tokens);
    }

    /// From now on tokens last so many seconds.
    pub fn issues_for(&self, seconds: usize) {
        self.0.lasts.store(seconds, Ordering::SeqCst);
    }

    /// What the token endpoint was sent, in order.
    pub fn redeemed(&self) -> Vec<HashMap<String, String>> {
        self.0.redeemed.lock().unwrap().clone()
    }

    /// What was revoked.
    pub fn revoked(&self) -> Vec<String> {
        self.0.revoked.lock().unwrap().clone()
    }

    pub fn in_seconds(&self, seconds: i64) -> i64 {
        Timestamp::unix_seconds(self.0.clock.now()) + seconds
    }
}

fn fields(body: &Bytes) -> HashMap<String, String> {
    form_urlencoded::parse(body).into_owned().collect()
}

async fn token(ThinData(authority): ThinData<Authority>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let state = &authority.0;
    let _leaving = state.redeeming.enter();
    let mut sent = fields(&body);
    let header = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
    sent.insert("authorization".to_owned(), header.unwrap_or_default());
    let what = sent.get("code").or(sent.get("refresh_token")).cloned().unwrap_or_default();
    state.redeemed.lock().unwrap().push(sent);
    let mood = state.token_mood.lock().unwrap().clone();
    match mood {
        Mood::Says(status, media, body) => {
            let status = actix_web::http::StatusCode::from_u16(status).unwrap();
            return HttpResponse::build(status).content_type(media).body(body);
        }
        Mood::Slow(pause) => tokio::time::sleep(pause).await,
        _ => {}
    }
    match state.redeemable.lock().unwrap().remove(&what) {
        Some([access, refresh]) => HttpResponse::Ok().json(json!({
            "access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": state.lasts.load(Ordering::SeqCst), "scope": "read write",
        })),
        None => HttpResponse::BadRequest().json(json!({"error": "invalid_grant"})),
    }
}

async fn revoke(ThinData(authority): ThinData<Authority>, body: Bytes) -> HttpResponse {
    authority.0.revoked.lock().unwrap().push(fields(&body)["token"].clone());
    HttpResponse::Ok().finish()
}

async fn introspect(
    ThinData(authority): ThinData<Authority>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let state = &authority.0;
    let _leaving = state.present.enter();
    let header = request.headers().get("authorization");
    let header = header.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let token =
        form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "token").unwrap().1.into_owned();
    *state.last.lock().unwrap() = (header, body);
    // What it knows when it is asked, not when it gets round to answering.
    let known = state.tokens.lock().unwrap().get(&token).cloned();
    let mood = state.mood.lock().unwrap().clone();
    state.asked.fetch_add(1, Ordering::SeqCst);
    match mood {
        Mood::Helpful => {}
        Mood::Slow(pause) => tokio::time::sleep(pause).await,
        Mood::Says(status, media, body) => {
            let status = actix_web::http::StatusCode::from_u16(status).unwrap();
            return HttpResponse::build(status).content_type(media).body(body);
        }
        Mood::Drips => {
            let drips = stream::unfold((), |()| async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Some((Ok::<_, std::io::Error>(Bytes::from_static(b" ")), ()))
            });
            return HttpResponse::Ok().content_type("application/json").streaming(drips);
        }
        Mood::Redirects => {
            return HttpResponse::TemporaryRedirect().insert_header(("location", authority.url())).finish();
        }
    }
    HttpResponse::Ok().json(known.unwrap_or_else(|| json!({"active": false})))
}

/// Counts who is there.
#[derive(Default)]
struct Count {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Count {
    fn enter(&self) -> Present<'_> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        Present(self)
    }
}

struct Present<'a>(&'a Count);

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}
