//! `/o/account/keys/`: a person's keys for scripts of their own. Making one needs a recent sign-in, and it is shown this once.

mod views;

use std::time::Duration;

use actix_web::{HttpResponse, web};
use model::id::TokenId;
use model::scope::ScopeSet;
use model::secret::Secret;
use model::time::Timestamp;

use super::browser::{self, Browser, PageForm, SignedIn};
use super::destination::Destination;
use super::error::{Kind, PageError};
use super::words::{day, displayed, in_words};
use crate::app::App;
use crate::personal_keys::{self, MOST, Refused, SEEN_EVERY, Wanted};
use crate::protocol::Params;
use crate::store::personal_keys::PersonalKey;
use views::{Choice, KeysPage, Line};

const MAX_NAME: usize = 100;
const DAY: u64 = 86_400;

/// What was typed, and what is wrong with it.
#[derive(Default)]
struct Typed {
    name: String,
    days: String,
    scopes: ScopeSet,
    problems: Vec<(&'static str, String)>,
}

/// Lists them, with the form for a new one.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(app: web::Data<App>, browser: Browser) -> Result<HttpResponse, PageError> {
    let Some(signed_in) = browser.signed_in().await? else { return Ok(to_sign_in(&app)) };
    let days = (app.config.rest.key_ttl.as_secs() / DAY).to_string();
    show(&app, &browser, &signed_in, &Typed { days, ..Typed::default() }, None).await
}

/// Makes one, or ends one.
///
/// # Errors
/// When the form is not ours, or the database cannot be asked.
pub async fn post(app: web::Data<App>, form: PageForm) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let Some(signed_in) = browser.signed_in().await? else { return Ok(to_sign_in(&app)) };
    let (address, user) = (browser.address(), signed_in.user.id);
    if let Some(end) = params.get("end") {
        // One that is not theirs is not there, like one that has ended: whoever clicks twice sees the same page again.
        if let Ok(id) = end.parse() {
            personal_keys::end(&app, address, user, TokenId(id)).await?;
        }
        return Ok(Destination::Account("keys/").go(&app.config.issuer));
    }
    if !signed_in.is_recent() {
        return Ok(to_sign_in(&app));
    }
    let (mut typed, lasts) = read(&app, &params);
    if !typed.problems.is_empty() {
        return show(&app, &browser, &signed_in, &typed, None).await;
    }
    let wanted = Wanted { name: typed.name.clone(), scopes: typed.scopes.clone(), lasts };
    match personal_keys::make(&app, address, user, signed_in.at, wanted).await {
        Ok(key) => {
            let made = Made { key, name: std::mem::take(&mut typed.name) };
            let days = typed.days;
            show(&app, &browser, &signed_in, &Typed { days, ..Typed::default() }, Some(&made)).await
        }
        Err(Refused::TooMany) => {
            typed.problems.push(("name", format!("You have {MOST} keys. End one that you do not need.")));
            show(&app, &browser, &signed_in, &typed, None).await
        }
        // They were signed in a moment ago, as the form knew them.
        Err(Refused::NoPerson) => Err(PageError::new(Kind::StaleForm)),
        Err(Refused::Db(error)) => Err(error.into()),
        Err(Refused::Random(error)) => Err(PageError::internal(error)),
    }
}

/// A key that has just been made.
struct Made {
    key: Secret<String>,
    name: String,
}

fn read(app: &App, params: &Params) -> (Typed, Duration) {
    let longest = app.config.rest.key_longest.as_secs() / DAY;
    let name = params.get("name").unwrap_or_default().trim().to_owned();
    let days = params.get("days").unwrap_or_default().trim().to_owned();
    let is_chosen = |scope: &str| params.get(&field_of(scope)).is_some();
    let scopes: ScopeSet =
        personal_keys::scopes(&app.config).map(|(scope, _)| scope).filter(|scope| is_chosen(scope)).collect();
    let mut problems = Vec::new();
    if name.is_empty() {
        problems.push(("name", "Give it a name by which you will know it again.".to_owned()));
    } else if name.chars().count() > MAX_NAME || displayed(&name) != name {
        let sentence = format!("A name has at most {MAX_NAME} characters, and none that cannot be seen.");
        problems.push(("name", sentence));
    }
    let lasts = days.parse().ok().filter(|days| (1..=longest).contains(days));
    if lasts.is_none() {
        problems.push(("days", format!("A key lasts for 1 to {longest} days.")));
    }
    if scopes.is_empty() {
        problems.push(("scopes", "Choose what it may be used for.".to_owned()));
    }
    let lasts = Duration::from_secs(lasts.unwrap_or_default() * DAY);
    (Typed { name, days, scopes, problems }, lasts)
}

/// What a scope's box is called.
fn field_of(scope: &str) -> String {
    format!("scope_{scope}")
}

async fn show(
    app: &App,
    browser: &Browser,
    signed_in: &SignedIn,
    typed: &Typed,
    made: Option<&Made>,
) -> Result<HttpResponse, PageError> {
    let now = app.now();
    let live = personal_keys::live(app, &signed_in.user, now).await?;
    let keys: Vec<Line> = live.iter().map(|key| line(key, now)).collect();
    let scopes: Vec<Choice> = personal_keys::scopes(&app.config)
        .map(|(name, means)| Choice {
            field: field_of(name),
            name: name.to_owned(),
            means: means.to_owned(),
            is_chosen: typed.scopes.contains(name),
        })
        .collect();
    let csrf_token = browser.csrf_token();
    super::page(
        browser,
        &KeysPage {
            frame: browser::frame(&csrf_token, Some(signed_in)),
            made: made.map(|made| (made.name.as_str(), made.key.expose().as_str())),
            keys: &keys,
            may_make: signed_in.is_recent(),
            name: &typed.name,
            days: &typed.days,
            longest: app.config.rest.key_longest.as_secs() / DAY,
            scopes: &scopes,
            problems: &typed.problems,
        },
    )
}

fn line(key: &PersonalKey, now: Timestamp) -> Line {
    Line {
        id: key.id.to_string(),
        name: key.name.clone(),
        scopes: key.scopes.iter().map(str::to_owned).collect(),
        made: day(key.created_at),
        ends: day(key.ends_at),
        used: key.used_at.map_or_else(|| "never".to_owned(), |at| used(at, now)),
    }
}

/// As exactly as it is kept, and less so the longer ago it is.
fn used(at: Timestamp, now: Timestamp) -> String {
    match now.since(at).as_secs() {
        seconds if seconds < SEEN_EVERY.as_secs() => "just now".to_owned(),
        seconds @ 0..172_800 => format!("{} ago", in_words(seconds)),
        _ => format!("on {}", day(at)),
    }
}

fn to_sign_in(app: &App) -> HttpResponse {
    Destination::Account("keys/").after_sign_in(&app.config.issuer)
}
