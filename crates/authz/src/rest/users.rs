//! `/users/` and `/users/{id}/`, as in the toolkit's tutorial for the framework: administrators see all, others themselves; so do
//! administrators in an application of somebody else's.

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use model::db::Conn;
use model::id::UserId;
use model::secret::Secret;
use serde::Serialize;
use serde_json::{Value, json};

use super::caller::Visit;
use super::fields::{Reader, Rule};
use super::person::{Part, Told};
use super::refusal::Refusal;
use super::sent::Sent;
use super::view::View;
use crate::app::App;
use crate::audit::Origin;
use crate::edge;
use crate::people;
use crate::profile::Profile;
use crate::sign_up::{self, Refused};
use crate::store::directory::{self, Person};
use crate::store::json::Json;
use crate::store::users::{self, User};

const LIST: View =
    View { name: "User List", allow: "GET, POST, HEAD, OPTIONS", vary: Some("Accept, Cookie") };
const ONE: View = View { name: "User Details", allow: "GET, HEAD, OPTIONS", vary: Some("Accept, Cookie") };
const NOBODY: Refusal = Refusal::NotFound("No User matches the given query.");

#[derive(Serialize)]
struct Row<'a> {
    username: &'a str,
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
}

impl<'a> Row<'a> {
    fn of(person: &'a Person, visit: &Visit) -> Self {
        let Told { first_name, last_name, email } = Told::of(person, visit);
        Self { username: &person.username, email, first_name, last_name }
    }
}

/// `/users/`, any method.
pub async fn list(app: web::Data<App>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    LIST.dress(all(&app, &request, &mut payload.into_inner()).await)
}

/// `/users/{id}/`, any method.
pub async fn one(app: web::Data<App>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    ONE.dress(details(&app, &request, &mut payload.into_inner()).await)
}

/// What a method needs.
fn needed(method: &Method) -> &'static [&'static str] {
    if method.is_safe() { &["read"] } else { &["write"] }
}

async fn all(app: &App, request: &HttpRequest, payload: &mut Payload) -> Result<HttpResponse, Refusal> {
    let mut visit = Visit::begin(app, request, payload).await?;
    let user = visit.person(needed(request.method()))?.id;
    LIST.has(request.method())?;
    let rules_all = visit.rules_all(app, user).await?;
    match *request.method() {
        Method::OPTIONS => {
            let actions = (rules_all && visit.may("write")).then(actions);
            Ok(visit.answer(LIST.described(actions)))
        }
        Method::POST if rules_all => {
            let sent = visit.sent(request, payload).await?;
            create(app, request, &sent).await.map(|response| visit.answer(response))
        }
        Method::POST => Err(Refusal::forbidden()),
        _ => {
            let part = Part::read(request)?;
            let (skipped, size) = (part.skipped(), part.size());
            let found = app.db.read(move |conn| {
                if rules_all {
                    return Ok((directory::count(conn)?, directory::page(conn, skipped, size)?));
                }
                let own = directory::find(conn, user)?;
                Ok((1, own.into_iter().skip(usize::from(skipped > 0)).collect()))
            });
            let (count, people) = found.await?;
            let rows: Vec<Row> = people.iter().map(|person| Row::of(person, &visit)).collect();
            part.told(app, request, count, &rows).map(|response| visit.answer(response))
        }
    }
}

async fn details(app: &App, request: &HttpRequest, payload: &mut Payload) -> Result<HttpResponse, Refusal> {
    let visit = Visit::begin(app, request, payload).await?;
    let user = visit.person(needed(request.method()))?.id;
    ONE.has(request.method())?;
    if *request.method() == Method::OPTIONS {
        return Ok(visit.answer(ONE.described(None)));
    }
    let id = request.match_info().get("id").and_then(|id| id.parse().ok()).map(UserId).ok_or(NOBODY)?;
    if id != user && !visit.rules_all(app, user).await? {
        return Err(NOBODY);
    }
    let person = app.db.read(move |conn| directory::find(conn, id)).await?.ok_or(NOBODY)?;
    Ok(visit.answer(HttpResponse::Ok().json(Row::of(&person, &visit))))
}

/// Makes an account, under the rules of signing up and as that writes it. One without a password is for whoever sets one
/// (`authz user set-password`, or a mail): until then nobody gets in.
async fn create(app: &App, request: &HttpRequest, sent: &Sent) -> Result<HttpResponse, Refusal> {
    let mut fields = Reader::new(sent)?;
    let text = |name, longest| Rule { name, longest: Some(longest), trimmed: true };
    let username = fields.required(text("username", 150));
    let email = fields.optional(text("email", 254));
    let first_name = fields.optional(text("first_name", 150));
    let last_name = fields.optional(text("last_name", 150));
    let password = fields.optional(Rule { name: "password", longest: None, trimmed: false });
    if email.as_ref().is_some_and(|email| !is_email(email)) {
        fields.is_wrong("email", "Enter a valid email address.");
    }
    if !username.is_empty() && people::username(&username).is_err() {
        fields.is_wrong("username", WRONG_NAME);
    }
    if let Some(Err(sentence)) = password.as_ref().map(|password| people::password(password, &username)) {
        fields.is_wrong("password", sentence);
    }
    fields.finish()?;
    let profile = Profile {
        given_name: first_name,
        family_name: last_name,
        email,
        updated_at: Some(app.now().unix_seconds()),
        ..Profile::default()
    };
    let profile = Json::new(profile).map_err(|error| Refusal::Unavailable(error.into()))?;
    let (told, origin) =
        (profile.clone(), Origin::Address(edge::client_address(request, &app.config.trusted_proxies)));
    let also =
        move |conn: &mut Conn, user: &User| users::set_profile(conn, &user.username_key, &profile).map(drop);
    let made = match password {
        Some(password) => sign_up::create_with(app, &origin, &username, Secret::new(password), also).await,
        None => sign_up::create_without_password(app, &origin, &username, also).await,
    };
    let user = made.map_err(|refused| match refused {
        Refused::Taken => Refusal::field("username", "A user with that username already exists."),
        Refused::Wait(wait) => Refusal::Throttled(wait.as_secs().max(1)),
        Refused::Failed(failed) => failed.into(),
        Refused::Invalid { username: Some(_), .. } => Refusal::field("username", WRONG_NAME),
        Refused::Invalid { password, .. } => Refusal::field("password", password.unwrap_or_default()),
    })?;
    // Whoever made it knows what they sent.
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    Ok(HttpResponse::Created().json(Row {
        username: &user.username,
        email: &said(&told.email),
        first_name: &said(&told.given_name),
        last_name: &said(&told.family_name),
    }))
}

const WRONG_NAME: &str =
    "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.";

/// One `@` with something on both sides, a dot behind it, and nothing unseen. More only the mail itself can tell.
fn is_email(text: &str) -> bool {
    let well_formed = |(local, host): (&str, &str)| {
        let labels = host.split('.');
        !local.is_empty() && host.contains('.') && labels.into_iter().all(|label| !label.is_empty())
    };
    let plain = !text.chars().any(|each| each.is_whitespace() || each.is_control());
    plain && text.matches('@').count() == 1 && text.split_once('@').is_some_and(well_formed)
}

fn actions() -> Value {
    let field = |kind: &str, label: &str, longest: u32| json!({"type": kind, "required": false, "read_only": false, "label": label, "max_length": longest});
    json!({
        "username": {
            "type": "string",
            "required": true,
            "read_only": false,
            "label": "Username",
            "help_text": "Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
            "max_length": 150,
        },
        "email": field("email", "Email address", 254),
        "first_name": field("string", "First name", 150),
        "last_name": field("string", "Last name", 150),
    })
}
