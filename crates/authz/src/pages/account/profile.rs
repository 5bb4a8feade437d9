//! `/o/account/profile/`: what applications are told about a person that needs no proof.

use actix_web::{HttpResponse, web};

use super::signed_in;
use super::views::{ProfileField, ProfilePage};
use crate::app::App;
use crate::audit::{Origin, What};
use crate::pages::browser::{self, Browser, PageForm, SignedIn};
use crate::pages::destination::Destination;
use crate::pages::error::{Kind, PageError};
use crate::pages::page;
use crate::pages::words::is_unseen;
use crate::profile::Profile;
use crate::protocol::Params;
use crate::store::json::Json;
use crate::store::{audit_events, users};

const PAGE: &str = "profile/";
const MAX: usize = 100;

/// A field: its name, its label, a hint, what browsers fill it in with, and its place in a profile.
type Field =
    (&'static str, &'static str, Option<&'static str>, &'static str, fn(&mut Profile) -> &mut Option<String>);

const FIELDS: [Field; 5] = [
    ("name", "Name", Some("As others see it, all of it."), "name", |profile| &mut profile.name),
    ("given_name", "Given name", None, "given-name", |profile| &mut profile.given_name),
    ("family_name", "Family name", None, "family-name", |profile| &mut profile.family_name),
    ("nickname", "Nickname", None, "nickname", |profile| &mut profile.nickname),
    ("zoneinfo", "Time zone", Some("Such as Europe/Berlin."), "off", |profile| &mut profile.zoneinfo),
];

/// The form.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(app: web::Data<App>, browser: Browser) -> Result<HttpResponse, PageError> {
    let signed_in = match signed_in(&app, &browser, PAGE).await? {
        Ok(signed_in) => signed_in,
        Err(to_sign_in) => return Ok(to_sign_in),
    };
    let mut profile = Profile::clone(&*read(&app, &signed_in).await?);
    let fields = FIELDS.map(|field| shown(field, (field.4)(&mut profile).clone().unwrap_or_default(), None));
    show(&browser, &signed_in, &fields)
}

/// Changes what is good; or says what is wrong with each field.
///
/// # Errors
/// When the form is not ours, the profile was changed elsewhere at this very moment, or the database cannot be asked.
pub async fn post(app: web::Data<App>, form: PageForm) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let signed_in = match signed_in(&app, &browser, PAGE).await? {
        Ok(signed_in) => signed_in,
        Err(to_sign_in) => return Ok(to_sign_in),
    };
    let fields = FIELDS.map(|field| {
        let typed = typed(&params, field.0);
        shown(field, typed.to_owned(), wrong(field.0, typed))
    });
    if fields.iter().any(|field| field.error.is_some()) {
        return show(&browser, &signed_in, &fields);
    }
    let read = read(&app, &signed_in).await?;
    let mut profile = Profile::clone(&*read);
    for field in FIELDS {
        *(field.4)(&mut profile) = Some(typed(&params, field.0).to_owned()).filter(|text| !text.is_empty());
    }
    if profile != *read {
        let now = app.now();
        profile.updated_at = Some(now.unix_seconds());
        let profile = Json::new(profile).map_err(PageError::internal)?;
        let (user, since) = (signed_in.user.clone(), signed_in.at);
        let event = What::ProfileSet.of_user(user.id, &Origin::Address(browser.address()), now);
        let changed = app.db.write(move |conn| {
            if !users::hold(conn, user.id, since)? {
                return Ok(false);
            }
            let changed = users::change_profile(conn, &user.username_key, &read, &profile)?;
            audit_events::insert_if(conn, changed.is_some(), event)
        });
        if !changed.await? {
            return Err(PageError::new(Kind::StaleForm));
        }
    }
    Ok(Destination::Account("").go(&app.config.issuer))
}

fn typed<'a>(params: &'a Params, name: &str) -> &'a str {
    params.get(name).unwrap_or_default().trim()
}

fn wrong(name: &str, text: &str) -> Option<&'static str> {
    if text.chars().count() > MAX {
        return Some("This has at most 100 characters.");
    }
    if text.chars().any(is_unseen) {
        return Some("This has a character in it that nobody can see.");
    }
    let is_in_zone = |each: char| each.is_ascii_alphanumeric() || "/_+-".contains(each);
    (name == "zoneinfo" && !text.chars().all(is_in_zone)).then_some("Write a time zone as in Europe/Berlin.")
}

async fn read(app: &App, signed_in: &SignedIn) -> Result<Json<Profile>, PageError> {
    let id = signed_in.user.id;
    let found = app.db.read(move |conn| users::profile(conn, id)).await?;
    found.map(|(_, profile)| profile).ok_or(PageError::new(Kind::StaleForm))
}

fn shown(field: Field, value: String, error: Option<&'static str>) -> ProfileField {
    let (name, label, hint, autocomplete, _) = field;
    ProfileField { name, label, hint, autocomplete, value, error }
}

fn show(browser: &Browser, signed_in: &SignedIn, fields: &[ProfileField]) -> Result<HttpResponse, PageError> {
    let csrf_token = browser.csrf_token();
    page(browser, &ProfilePage { frame: browser::frame(&csrf_token, Some(signed_in)), fields })
}
