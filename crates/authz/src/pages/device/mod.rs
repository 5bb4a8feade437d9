//! `/o/device/`: where a person answers for a device that has no browser (RFC 8628 section 3.3). They sign in, enter the
//! code that the device shows, see who asks for what, and decide. An address with the code in it fills in the form and
//! does nothing else.

mod entered;
mod question;

use actix_web::{HttpRequest, HttpResponse, web};
use model::id::GrantId;

use super::browser::{self, Browser, PageForm, SignedIn};
use super::destination::Destination;
use super::error::PageError;
use super::views::{DevicePage, MessagePage};
use super::words::displayed;
use crate::app::App;
use crate::audit::{Origin, What};
use crate::protocol::Params;
use crate::store::audit_events::{self, AuditEvent};
use crate::store::device_codes::{self, Decided, Decision};
use crate::user_code::UserCode;

use entered::{Entered, Waiting};

/// What is said of every code that leads nowhere: whether it is unknown, has ended, was used, or was entered by
/// somebody else is nobody's business.
const NO_SUCH_CODE: &str = "This code is wrong, has ended or was used. Compare it with your device, or let the device show a new one.";

/// The form, after signing in.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    browser: Browser,
) -> Result<HttpResponse, PageError> {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let code = query.get("user_code").and_then(UserCode::parse);
    let Some(signed_in) = browser.signed_in().await? else {
        return Ok(Destination::Device(code).after_sign_in(&app.config.issuer));
    };
    let text = code.as_ref().map(UserCode::to_string).unwrap_or_default();
    ask_for_code(&browser, &signed_in, &text, None)
}

/// Takes the code, and then the decision. Each time the code is looked up and judged from scratch.
///
/// # Errors
/// When the form is not ours, or the database cannot be asked.
pub async fn post(app: web::Data<App>, form: PageForm) -> Result<HttpResponse, PageError> {
    let PageForm { browser, params } = form;
    let text = params.get("user_code").unwrap_or_default();
    let code = UserCode::parse(text);
    let Some(signed_in) = browser.signed_in().await? else {
        return Ok(Destination::Device(code).after_sign_in(&app.config.issuer));
    };
    let refused = || ask_for_code(&browser, &signed_in, text, Some(NO_SUCH_CODE));
    let Some(code) = code else { return refused() };
    let waiting = match entered::find(&app, &browser, &signed_in, &code).await? {
        Entered::Waiting(waiting) => waiting,
        Entered::NoSuchCode => return refused(),
        Entered::TooMany(wait) => {
            let sentence = "There were too many wrong codes. Wait a while, then try again.";
            let page = ask_for_code(&browser, &signed_in, text, Some(sentence))?;
            return Ok(super::too_many(page, wait.as_secs().max(1)));
        }
    };
    let was_shown = question::was_shown(&app, &waiting, &signed_in, params.get("shown"));
    let is_allowed = match params.get("decision") {
        Some("allow") if was_shown => true,
        Some("refuse") => false,
        _ if waiting.row.decided_at.is_some() => return refused(),
        _ => return question::show(&app, &browser, &waiting, &signed_in, &code),
    };
    match decide(&app, &browser, &waiting, &signed_in, is_allowed).await? {
        // Whoever clicks twice is told twice.
        Decided::Now | Decided::Before => tell(&browser, &waiting, &signed_in, is_allowed),
        Decided::TooLate => refused(),
    }
}

fn ask_for_code(
    browser: &Browser,
    signed_in: &SignedIn,
    user_code: &str,
    error: Option<&str>,
) -> Result<HttpResponse, PageError> {
    super::page(
        browser,
        &DevicePage {
            frame: browser::frame(&browser.csrf_token(), Some(signed_in)),
            user_code,
            is_prefilled: error.is_none() && !user_code.is_empty(),
            error,
        },
    )
}

/// Writes the decision down, once.
async fn decide(
    app: &App,
    browser: &Browser,
    waiting: &Waiting,
    signed_in: &SignedIn,
    is_allowed: bool,
) -> Result<Decided, PageError> {
    let at = signed_in.at;
    let decision = Decision {
        user: signed_in.user.id,
        sid: signed_in.session.sid,
        authenticated_at: signed_in.session.authenticated_at,
        at,
        grant: is_allowed.then(|| GrantId::new(at)),
    };
    let what = if is_allowed { What::DeviceApproved } else { What::DeviceRefused };
    let event = AuditEvent {
        user_id: Some(signed_in.user.id),
        detail: waiting.row.scopes.as_str().to_owned(),
        ..what.of_client(&waiting.client.id, &Origin::Address(browser.address()), at)
    };
    let id = waiting.row.id.clone();
    let decided = app.db.write(move |conn| {
        let decided = device_codes::decide(conn, &id, decision)?;
        audit_events::insert_if(conn, decided == Decided::Now, event)?;
        Ok(decided)
    });
    Ok(decided.await?)
}

fn tell(
    browser: &Browser,
    waiting: &Waiting,
    signed_in: &SignedIn,
    is_allowed: bool,
) -> Result<HttpResponse, PageError> {
    let name = displayed(&waiting.client.name);
    let (heading, sentence) = if is_allowed {
        ("Go back to your device", format!("{name} may now use your account. The device goes on by itself."))
    } else {
        ("You refused", format!("{name} gets nothing, and the code on the device is of no use any more."))
    };
    super::page(
        browser,
        &MessagePage {
            frame: browser::frame(&browser.csrf_token(), Some(signed_in)),
            heading,
            sentences: &[&sentence, "You can close this page."],
            link: None,
        },
    )
}
