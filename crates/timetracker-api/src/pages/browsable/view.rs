//! The page of an answer.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::http::{Method, StatusCode};
use askama::Template;
use serde_json::{Map, Value};

use super::Activities;
use super::body::{self, Piece};
use super::errors::Errors;
use super::forms::{Actions, FieldsForm, Filled, Input, RawForm};
use super::place::{self, Crumb, Filter};
use super::posted::{Kind, Posted};
use crate::App;
use crate::pages::again::Again;
use crate::pages::frame::Frame;
use crate::pages::secret::BrowserSecret;
use crate::pages::sessions::Visitor;
use crate::pages::{PageError, address, page};
use crate::routes::Endpoint;
use crate::wire::conditional;
use crate::wire::query::Parameters;

/// What was asked and answered.
pub struct Answered<'a> {
    pub app: &'a App,
    pub method: Method,
    pub path: &'a str,
    pub query: &'a str,
    pub endpoint: Option<&'static Endpoint>,
    pub status: StatusCode,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// The answer to OPTIONS, or null.
    pub metadata: Value,
    pub posted: Option<Posted>,
    pub visitor: &'a Visitor,
    /// What a track can be spent on.
    pub activities: Activities,
}

#[derive(Template)]
#[template(path = "pages/browsable/page.html")]
struct Page<'a> {
    frame: Frame,
    title: String,
    about: Option<String>,
    crumbs: Vec<Crumb>,
    method: &'a str,
    /// The address, with this site before it.
    url: String,
    /// Where its filters lead: its path.
    list: String,
    /// What forms lead to: its path and query.
    here: String,
    status: String,
    is_fine: bool,
    headers: Vec<(String, String)>,
    pieces: Vec<Piece>,
    pager: Option<Pager>,
    filters: Vec<Filter>,
    /// What else the query says.
    kept: Vec<(String, String)>,
    curl: String,
    /// What a person who is not signed in should know.
    stranger: Option<&'static str>,
    /// What was typed and is in no form on the page: by somebody who is not signed in any more, or about what is gone.
    again: Option<Again>,
    links: Vec<(&'static str, String)>,
    /// What is wrong with what no form on the page stands for.
    errors: Vec<String>,
    fields: Option<FieldsForm>,
    raw: Option<RawForm>,
    delete: Option<&'static str>,
    /// The tag of what is there, so that a change is made to that and to nothing newer.
    shown: Option<String>,
    can_ask: bool,
    /// So that a form that is sent twice does nothing twice: one each.
    keys: [String; 3],
}

struct Pager {
    count: String,
    previous: Option<String>,
    next: Option<String>,
}

/// The headers that say something about the answer.
static SHOWN: [HeaderName; 11] = [
    header::ALLOW,
    header::CONTENT_TYPE,
    header::ETAG,
    header::LOCATION,
    header::LINK,
    header::RETRY_AFTER,
    header::VARY,
    header::WWW_AUTHENTICATE,
    HeaderName::from_static("idempotency-replayed"),
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
];

/// Makes it.
///
/// # Errors
/// When the template cannot be filled in.
pub fn render(answered: &Answered<'_>) -> Result<HttpResponse, PageError> {
    let Answered { app, status, visitor, .. } = answered;
    let here = address::here(answered.path, answered.query);
    let (path, query) = here.split_once('?').unwrap_or((&here, ""));
    let json: Value = serde_json::from_slice(answered.body).unwrap_or_default();
    let crumbs = place::crumbs(app.base(), path);
    let said = |name: &str| answered.metadata.get(name)?.as_str().map(str::to_owned);
    let last = crumbs.last().map_or_else(String::new, |crumb| crumb.name.clone());
    let is_write = !answered.method.is_safe();
    let is_refused = status.as_u16() >= 400;
    let person = match visitor {
        Visitor::SignedIn(person) => Some(person),
        _ => None,
    };
    let parameters = Parameters::parse(query).unwrap_or_default();
    let (filters, kept) = place::filters(path, &parameters);
    let mut view = Page {
        frame: match person {
            Some(person) => Frame::of(app, person),
            None => Frame::stranger(app, &here),
        },
        title: said("name").unwrap_or(last),
        about: said("description"),
        crumbs,
        method: answered.method.as_str(),
        url: app.url(&here),
        list: format!("{}{path}", app.base()),
        status: format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default()),
        is_fine: !is_refused,
        headers: headers(answered.headers),
        pieces: body::pieces(answered.body, app.base(), path).unwrap_or_default(),
        pager: pager(&json),
        filters: if is_write || is_refused { vec![] } else { filters },
        kept,
        curl: curl(answered, &app.url(&here)),
        stranger: stranger(answered),
        again: None,
        links: links(answered, path, &format!("{}{here}", app.base())),
        errors: vec![],
        fields: None,
        raw: None,
        delete: None,
        shown: None,
        can_ask: false,
        keys: [(); 3].map(|()| key()),
        here: format!("{}{here}", app.base()),
    };
    if person.is_some() {
        fill_forms(&mut view, answered, &json);
    }
    let is_lost = |posted: &&Posted| match posted.kind {
        Kind::Fields => view.fields.is_none(),
        Kind::Raw => view.raw.is_none(),
        Kind::Button => false,
    };
    if let Some(posted) = answered.posted.as_ref().filter(|_| is_refused).filter(is_lost) {
        view.again = Again::of(app, &here, &posted.typed);
    }
    page(StatusCode::OK, &view)
}

/// What can be done here: after a look, or when it was refused.
fn fill_forms(view: &mut Page<'_>, answered: &Answered<'_>, json: &Value) {
    let (Some(endpoint), status) = (answered.endpoint, answered.status) else { return };
    let is_refused = status.as_u16() >= 400;
    let is_gone = status == StatusCode::NOT_FOUND || status == StatusCode::UNAUTHORIZED;
    let allows = |method: &str| endpoint.allow.split(", ").any(|each| each == method);
    view.can_ask = allows("OPTIONS");
    let posted = answered.posted.as_ref();
    let errors = match posted {
        Some(posted) if posted.is_unsent => {
            view.errors = vec![UNSENT.to_owned()];
            Errors::default()
        }
        Some(_) if status == StatusCode::PRECONDITION_FAILED => {
            view.errors = vec![CHANGED.to_owned()];
            Errors::default()
        }
        Some(_) if is_refused => Errors::read(json),
        _ => Errors::default(),
    };
    let is_look = answered.method.is_safe() && answered.method != Method::OPTIONS;
    if is_gone || !(is_look || is_refused) {
        view.errors.extend(errors.all());
        return;
    }
    let actions = Actions::read(&answered.metadata);
    let current = if actions.is_about_new_ones() { None } else { current(answered, json) };
    view.shown = match &current {
        Some((_, shown)) => shown.clone(),
        // What was shown is not there any more.
        None if status == StatusCode::PRECONDITION_FAILED => None,
        None => posted.and_then(|posted| posted.shown.clone()),
    };
    let filled = Filled {
        current: current.map(|(object, _)| object),
        activities: answered.activities.choices.clone(),
        has_more_activities: answered.activities.has_more,
        now: answered.app.clock().now().to_string(),
    };
    view.fields = actions.form(&filled, posted, &errors);
    let methods: Vec<_> = ["POST", "PUT", "PATCH"].into_iter().filter(|method| allows(method)).collect();
    let raw = posted.filter(|posted| posted.kind == Kind::Raw);
    let text = match raw {
        Some(posted) => posted.content().to_owned(),
        // What is there was not asked for.
        None if is_refused
            && filled.current.is_none()
            && endpoint.path.contains('{')
            && !actions.is_about_new_ones() =>
        {
            "{}".to_owned()
        }
        None => example(endpoint, &filled).unwrap_or_else(|| pretty(&actions.json(&filled))),
    };
    let wrong = if raw.is_some() { errors.all() } else { vec![] };
    view.raw = (!methods.is_empty()).then_some(RawForm { methods, text, errors: wrong });
    view.delete = allows("DELETE").then_some(if endpoint.path == "/timer/" { "Stop" } else { "Delete" });
    if posted.is_some_and(|posted| posted.kind == Kind::Button) {
        view.errors.extend(errors.all());
    }
}

/// Said of a form that was shown before its person signed in.
const UNSENT: &str = "This form is from before you signed in. Look at it below, and send it again.";
/// Said when somebody else was faster.
const CHANGED: &str = "This was changed since you opened it, and nothing of yours was done. Here is how it is now, and below what you \
                       typed: compare, and send it again if you still want it so.";

/// The object that is there, if it was shown, and its tag if that counts before a change.
fn current(answered: &Answered<'_>, json: &Value) -> Option<(Map<String, Value>, Option<String>)> {
    // The timer's answer is about what runs; what it is sent is what shall run instead.
    answered.endpoint.filter(|endpoint| endpoint.path != "/timer/")?;
    match answered.status {
        StatusCode::PRECONDITION_FAILED => {
            let object = json["current"].as_object()?;
            // Settings count none: their version is what they say.
            let said = || conditional::version_of(json["current"].to_string().as_bytes());
            let version = object.get("version").and_then(Value::as_i64).unwrap_or_else(said);
            Some((object.clone(), Some(format!("\"{version}\""))))
        }
        StatusCode::OK if answered.method.is_safe() => {
            let tag = answered.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
            let strong = tag.filter(|tag| tag.starts_with('"')).map(str::to_owned);
            Some((json.as_object()?.clone(), strong))
        }
        _ => None,
    }
}

/// What is sent where nobody says it by OPTIONS.
fn example(endpoint: &Endpoint, filled: &Filled) -> Option<String> {
    (endpoint.path == "/tracks/{id}/split/").then(|| pretty(&serde_json::json!({ "at": filled.now })))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn key() -> String {
    BrowserSecret::new().map(|secret| secret.text().to_owned()).unwrap_or_default()
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = SHOWN.iter().flat_map(|name| headers.get_all(name).map(move |value| (name, value)));
    let name = |name: &HeaderName| {
        let words = name.as_str().split('-').map(|word| match word {
            "www" => "WWW".to_owned(),
            "etag" => "ETag".to_owned(),
            "ratelimit" => "RateLimit".to_owned(),
            word => word.get(..1).unwrap_or_default().to_uppercase() + word.get(1..).unwrap_or_default(),
        });
        words.collect::<Vec<_>>().join("-")
    };
    shown.map(|(key, value)| (name(key), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

fn pager(json: &Value) -> Option<Pager> {
    let count = json["count"].as_i64()?;
    let link = |name: &str| json[name].as_str().map(str::to_owned);
    let (previous, next) = (link("previous"), link("next"));
    let rows = json["results"].as_array()?.len();
    let count = if previous.is_none() && next.is_none() {
        format!("{count} in all")
    } else {
        format!("{rows} of {count}")
    };
    Some(Pager { count, previous, next })
}

/// The line that asks the same.
fn curl(answered: &Answered<'_>, url: &str) -> String {
    let method = match answered.method.as_str() {
        "GET" => String::new(),
        "HEAD" => "-I ".to_owned(),
        method => format!("-X {method} "),
    };
    let quoted = url.replace('\'', "%27");
    let body = match answered.posted.as_ref().map(|posted| (posted.kind, posted)) {
        Some((Kind::Raw, posted)) => {
            let content = posted.content().replace('\'', r"'\''");
            format!(" \\\n  -H 'Content-Type: application/json' -d '{content}'")
        }
        _ => String::new(),
    };
    format!("curl {method}-H \"Authorization: Bearer $access_token\" '{quoted}'{body}")
}

fn stranger(answered: &Answered<'_>) -> Option<&'static str> {
    if answered.status != StatusCode::UNAUTHORIZED {
        return None;
    }
    Some(match (answered.visitor, answered.app.sign_in().is_some()) {
        (Visitor::Ended, _) => "You are not signed in any more. Sign in again to go on.",
        (_, true) => "Sign in to see what is here.",
        (_, false) => "What is here is shown to whoever has an access token.",
    })
}

/// Where one goes on after a change.
fn links(answered: &Answered<'_>, path: &str, here: &str) -> Vec<(&'static str, String)> {
    let mut links = Vec::new();
    let crumbs = place::crumbs(answered.app.base(), path);
    if answered.method.is_safe() && answered.method != Method::OPTIONS {
        return links;
    }
    let location = answered.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    if let Some(made) = location {
        links.push(("See what was made", made.to_owned()));
    }
    if answered.method == Method::DELETE && answered.status == StatusCode::NO_CONTENT {
        let up = crumbs.iter().rev().nth(1).map(|crumb| crumb.href.clone());
        links.push(("Back to the list", up.unwrap_or_default()));
    } else if answered.endpoint.is_some_and(|endpoint| endpoint.allow.contains("GET")) {
        links.push(("See it as it is now", here.to_owned()));
    } else if let Some(up) = crumbs.iter().rev().nth(1) {
        links.push(("Back to the track", up.href.clone()));
    }
    links
}
