//! The form in which an application is described: what it sends, what it shows.

use actix_web::HttpResponse;

use super::views::{Choice, FormPage};
use crate::app::App;
use crate::pages::browser::{self, Browser, SignedIn};
use crate::pages::{PageError, page};
use crate::protocol::Params;
use crate::registration::developer::{self, Application};
use crate::registration::{Field, Kind, Problem};
use crate::store::clients::Client;

/// An application before anything is said about it: all it takes is a name.
pub(super) fn blank(app: &App) -> Application {
    Application {
        name: String::new(),
        kind: Kind::Confidential,
        grant_types: vec!["authorization_code".to_owned()],
        redirect_uris: vec![code_url(app)],
        scopes: app.config.default_scopes.iter().map(str::to_owned).collect(),
    }
}

/// An application as it is.
pub(super) fn of(client: &Client) -> Application {
    Application {
        name: client.name.clone(),
        kind: if client.is_confidential { Kind::Confidential } else { Kind::Public },
        grant_types: developer::grant_types()
            .filter(|name| client.may_use(name))
            .map(str::to_owned)
            .collect(),
        redirect_uris: client.redirect_uris().map(str::to_owned).collect(),
        scopes: client.scopes.iter().map(str::to_owned).collect(),
    }
}

/// An application as a form describes it.
pub(super) fn read(app: &App, params: &Params) -> Application {
    let is_chosen = |field: &str| params.get(field).is_some();
    let scopes = app.config.known_scopes().map(|(name, _)| name);
    let mut redirect_uris: Vec<String> = Vec::new();
    for uri in params.get("redirect_uris").unwrap_or_default().split_whitespace() {
        if !redirect_uris.iter().any(|known| known == uri) {
            redirect_uris.push(uri.to_owned());
        }
    }
    Application {
        name: params.get("name").unwrap_or_default().to_owned(),
        kind: if params.get("type") == Some("public") { Kind::Public } else { Kind::Confidential },
        grant_types: developer::grant_types()
            .filter(|name| is_chosen(&grant_field(name)))
            .map(str::to_owned)
            .collect(),
        redirect_uris,
        scopes: scopes.filter(|name| is_chosen(&scope_field(name))).map(str::to_owned).collect(),
    }
}

/// The page; `id` is of the application that is changed.
pub(super) fn show(
    app: &App,
    browser: &Browser,
    signed_in: &SignedIn,
    id: Option<&str>,
    application: &Application,
    problems: &[(&'static str, String)],
) -> Result<HttpResponse, PageError> {
    let csrf_token = browser.csrf_token();
    let grant_types: Vec<Choice> = developer::grant_types().map(|name| grant(application, name)).collect();
    let scopes = app.config.known_scopes().map(|(name, description)| Choice {
        name: scope_field(name),
        value: String::new(),
        label: name.to_owned(),
        hint: description.to_owned(),
        is_chosen: application.scopes.iter().any(|chosen| chosen == name),
    });
    let view = FormPage {
        frame: browser::frame(&csrf_token, Some(signed_in)),
        id,
        name: &application.name,
        is_confidential: application.kind == Kind::Confidential,
        grant_types: &grant_types,
        redirect_uris: &application.redirect_uris.join("\n"),
        code_url: &code_url(app),
        scopes: &scopes.collect::<Vec<_>>(),
        problems,
    };
    page(browser, &view)
}

/// What is wrong, by the fields of the page.
pub(super) fn told(problems: &[Problem]) -> Vec<(&'static str, String)> {
    problems.iter().map(|problem| (field(problem.field), sentence(&problem.what))).collect()
}

const fn field(field: Field) -> &'static str {
    match field {
        Field::Name => "name",
        Field::GrantTypes => "grants",
        Field::RedirectUris => "redirect-uris",
        Field::Scopes => "scopes",
        Field::Id
        | Field::Audiences
        | Field::Introspects
        | Field::Metadata
        | Field::Secret
        | Field::Owner => "application-form",
    }
}

fn sentence(what: &str) -> String {
    let mut letters = what.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn grant(application: &Application, name: &'static str) -> Choice {
    let (label, hint) = match name {
        "authorization_code" => (
            "For people, by authorization code",
            "People sign in and allow it; it gets a code at its redirect URI, and may refresh.",
        ),
        "client_credentials" => (
            "For itself, by client credentials",
            "No person takes part. Only an application that keeps a secret can do this.",
        ),
        _ => (
            "For people, on a device without a browser",
            "People allow it elsewhere, with a code that the device shows.",
        ),
    };
    Choice {
        name: grant_field(name),
        value: name.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        is_chosen: application.grant_types.iter().any(|chosen| chosen == name),
    }
}

/// The last word of a grant type that is a URN.
fn grant_field(name: &str) -> String {
    format!("grant-{}", name.rsplit(':').next().unwrap_or(name))
}

fn scope_field(name: &str) -> String {
    format!("scope-{name}")
}

/// A redirect URI for those who have none yet.
pub(super) fn code_url(app: &App) -> String {
    format!("{}/code/", app.config.issuer.as_str())
}
