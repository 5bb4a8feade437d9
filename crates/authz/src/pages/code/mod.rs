//! `/o/code/`: a redirect URI for people at a terminal. Shows the code, and the curl line that exchanges it.
//!
//! Whatever is in the address is somebody's text: only a code that this server can open is shown with a command
//! to paste, and only errors of a closed list are put into words.

use actix_web::{HttpRequest, HttpResponse, web};

use super::browser::{self, Browser};
use super::curl::Curl;
use super::error::PageError;
use super::views::{CodeOutcome, CodePage};
use crate::app::App;
use crate::crypto::seal::Code;
use crate::protocol::Params;

/// The page.
///
/// # Errors
/// When the database cannot be asked.
pub async fn get(
    app: web::Data<App>,
    request: HttpRequest,
    browser: Browser,
) -> Result<HttpResponse, PageError> {
    let query = Params::parse(request.query_string().as_bytes()).unwrap_or_default();
    let signed_in = browser.signed_in().await?;
    let csrf_token = browser.csrf_token();
    let show = |outcome| {
        super::page(&browser, &CodePage { frame: browser::frame(&csrf_token, signed_in.as_ref()), outcome })
    };
    if let Some(text) = query.get("code") {
        let now = app.now();
        let mut buffer = Vec::new();
        return match app.sealer.open::<Code>(text, now, &mut buffer) {
            Some(code) => {
                let seconds = code.expires_at.since(now).as_secs();
                let curl = curl_line(&app, &code, text).await?;
                show(CodeOutcome::Issued {
                    code: text,
                    valid_for: &format!("{seconds} seconds"),
                    curl: &curl,
                })
            }
            None => show(CodeOutcome::Failed {
                error: "invalid_code",
                sentence: "This code has ended, or it is not from here. Begin again.",
                description: None,
            }),
        };
    }
    if let Some(error) = query.get("error") {
        let (error, sentence) = in_words(error);
        return show(CodeOutcome::Failed { error, sentence, description: None });
    }
    let issuer = app.config.issuer.as_str();
    show(CodeOutcome::Unasked {
        redirect_uri: &format!("{issuer}/code/"),
        authorize_url: &format!("{issuer}/authorize/"),
        scope: app.config.default_scopes.as_str(),
    })
}

async fn curl_line(app: &App, code: &Code<'_>, text: &str) -> Result<String, PageError> {
    let client = app.clients.find(code.client).await?;
    let has_a_secret = client.as_ref().is_some_and(|client| client.has_a_secret());
    let signs = client.is_some_and(|client| client.is_confidential && !client.has_a_secret());
    let curl = Curl::to(&format!("{}/token/", app.config.issuer.as_str()))
        .client(code.client, has_a_secret.then_some("client_secret"))
        .field("grant_type", "authorization_code")
        .field("code", text)
        .encoded("redirect_uri", code.redirect_uri)
        .field("code_verifier", "\"$verifier\"");
    if !signs {
        return Ok(curl.to_string());
    }
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let by_key = curl.field("client_assertion_type", kind).field("client_assertion", "\"$assertion\"");
    Ok(by_key.to_string())
}

/// The errors of RFC 6749 section 4.1.2.1 and OpenID Connect Core section 3.1.2.6, for people.
fn in_words(error: &str) -> (&'static str, &'static str) {
    match error {
        "access_denied" => ("access_denied", "You refused the request."),
        "invalid_scope" => (
            "invalid_scope",
            "The application asked for something that does not exist or that it may not have.",
        ),
        "unauthorized_client" => ("unauthorized_client", "The application may not ask in this way."),
        "unsupported_response_type" => {
            ("unsupported_response_type", "The application asked for a kind of answer there is not.")
        }
        "login_required" => (
            "login_required",
            "You would have had to sign in, and the application did not want you to be asked.",
        ),
        "consent_required" => (
            "consent_required",
            "You would have had to agree, and the application did not want you to be asked.",
        ),
        "temporarily_unavailable" => {
            ("temporarily_unavailable", "The server is busy. Try again in a moment.")
        }
        "server_error" => ("server_error", "Something went wrong on our side."),
        _ => ("invalid_request", "The application's request was faulty."),
    }
}
