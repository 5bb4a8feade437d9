//! `POST /get_auth_token/`: a personal key for a name and a password, as the framework's `obtain_auth_token`. The framework gives
//! the same key each time, which it can because it keeps it in clear; here each takes the place of the one before.

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use model::secret::Secret;
use serde_json::{Value, json};

use super::fields::{Reader, Rule};
use super::refusal::Refusal;
use super::sent::Sent;
use super::view::{View, takes_json};
use crate::app::App;
use crate::edge;
use crate::personal_keys::{self, Refused};
use crate::sign_in::{self, Attempt, SignIn};

const VIEW: View = View { name: "Obtain Auth Token", allow: "POST, OPTIONS", vary: None };
const NO: &str = "Unable to log in with provided credentials.";

/// Answers any method.
pub async fn answer(app: web::Data<App>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    VIEW.dress(judge(&app, &request, &mut payload.into_inner()).await)
}

async fn judge(app: &App, request: &HttpRequest, payload: &mut Payload) -> Result<HttpResponse, Refusal> {
    takes_json(request.headers())?;
    VIEW.has(request.method())?;
    if *request.method() == Method::OPTIONS {
        return Ok(VIEW.described(Some(actions())));
    }
    let sent = Sent::read(request, payload).await?;
    let mut fields = Reader::new(&sent)?;
    let username = fields.required(Rule { name: "username", longest: None, trimmed: true });
    let password = fields.required(Rule { name: "password", longest: None, trimmed: false });
    fields.finish()?;
    let address = edge::client_address(request, &app.config.trusted_proxies);
    let attempt = Attempt { address, keepsakes: "", is_relayed: false };
    let (user, since) = match sign_in::check(app, attempt, &username, Secret::new(password)).await? {
        SignIn::Welcome(user, since) => (user, since),
        SignIn::Wrong => return Err(Refusal::object(NO)),
        SignIn::Wait(seconds) => return Err(Refusal::Throttled(seconds)),
    };
    match personal_keys::make_by_password(app, address, user.id, since).await {
        Ok(key) => Ok(HttpResponse::Ok().json(json!({ "token": key.expose() }))),
        // The password was theirs a moment ago, and is not any more.
        Err(Refused::NoPerson | Refused::TooMany) => Err(Refusal::object(NO)),
        Err(Refused::Db(error)) => Err(error.into()),
        Err(Refused::Random(error)) => Err(Refusal::Unavailable(error.into())),
    }
}

fn actions() -> Value {
    let field = |label: &str, required: bool| json!({"type": "string", "required": required, "read_only": !required, "label": label});
    json!({
        "username": field("Username", true),
        "password": field("Password", true),
        "token": field("Token", false),
    })
}
