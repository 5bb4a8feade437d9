//! `/authentication/…`: the registration API of the tutorials for Django REST Framework. People sign up and in through the
//! client of this server's own, and whoever writes for them needs no client. It answers what the token endpoint answers.

use std::sync::Arc;

use actix_web::{Error, HttpRequest, HttpResponse, web};
use model::secret::Secret;
use serde_json::json;

use super::client_auth::ClientRequest;
use super::dpop;
use super::error::OAuthError;
use super::grant_types::GrantType;
use super::params::Params;
use super::refused::Refused;
use super::sent::Sent;
use super::{revoke, token};
use crate::app::App;
use crate::edge;
use crate::sign_up;
use crate::store::clients::Client;

/// The client of this server's own. One that is gone or switched off is as if none were configured.
///
/// # Errors
/// 404 without one.
pub(super) async fn first_party(app: &App) -> Result<Arc<Client>, Refused> {
    let Some(id) = &app.config.first_party.client else { return Err(Refused::NotThere) };
    app.clients.find(id).await?.ok_or(Refused::NotThere)
}

/// A request as that client would send it, with these of the parameters that were sent.
async fn ours(
    app: &App,
    request: &HttpRequest,
    payload: web::Payload,
    grant_type: Option<GrantType>,
    kept: &[&str],
) -> Result<ClientRequest, Error> {
    let client = first_party(app).await?;
    let sent = Sent::with(request, &mut payload.into_inner()).await.map_err(OAuthError::from)?;
    let sent = sent.params().map_err(OAuthError::from)?;
    let given = kept.iter().filter_map(|name| Some(((*name).to_owned(), sent.get(name)?.to_owned())));
    let grant_type = grant_type.map(|each| ("grant_type".to_owned(), each.as_str().to_owned()));
    let params = Params::of(grant_type.into_iter().chain(given).collect()).map_err(OAuthError::from)?;
    let address = edge::client_address(request, &app.config.trusted_proxies);
    Ok(ClientRequest { client, params, address })
}

/// Makes an account, and signs in at once.
///
/// # Errors
/// What is wrong with either field, in the framework's words; 404 when nobody may sign up here.
pub async fn register(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
    proof: dpop::Sent,
) -> Result<HttpResponse, Refused> {
    let client = first_party(&app).await?;
    if !app.config.signup {
        return Err(Refused::NotThere);
    }
    let sent = Sent::with(&request, &mut payload.into_inner()).await?;
    let (username, password) = match (sent.field("username"), sent.field("password")) {
        (Ok(username), Ok(password)) => (username, Secret::new(password)),
        (username, password) => return Err(Refused::Fields(wrong(username.err(), password.err()))),
    };
    let address = edge::client_address(&request, &app.config.trusted_proxies);
    match token::for_somebody_new(&app, &client, address, &username, password, &proof).await {
        Ok(response) => Ok(response),
        Err(token::NotSignedUp::Failed(error)) => Err(Refused::Failed(error)),
        Err(token::NotSignedUp::Refused(refused)) => Err(match refused {
            sign_up::Refused::Invalid { username, password } => {
                Refused::Fields(wrong(username.map(worded), password.map(worded)))
            }
            sign_up::Refused::Taken => {
                Refused::Fields(vec![("username", "A user with that username already exists.")])
            }
            sign_up::Refused::Wait(wait) => Refused::Wait(wait.as_secs().max(1)),
            sign_up::Refused::Failed(failed) => Refused::Failed(failed.into()),
        }),
    }
}

/// Signs in by a name and a password.
///
/// # Errors
/// As the token endpoint.
pub async fn token(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
    proof: dpop::Sent,
) -> Result<HttpResponse, Error> {
    let asked = ours(&app, &request, payload, Some(GrantType::Password), &["username", "password"]).await?;
    Ok(token::post(app, asked, proof).await?)
}

/// Renews.
///
/// # Errors
/// As the token endpoint.
pub async fn refresh(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
    proof: dpop::Sent,
) -> Result<HttpResponse, Error> {
    let asked = ours(&app, &request, payload, Some(GrantType::RefreshToken), &["refresh_token"]).await?;
    Ok(token::post(app, asked, proof).await?)
}

/// Signs out: ends the token, and the grant it came from.
///
/// # Errors
/// As the revocation endpoint.
pub async fn revoke(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let asked = ours(&app, &request, payload, None, &["token"]).await?;
    revoke::end(&app, &asked).await?;
    Ok(HttpResponse::Ok().json(json!({"message": "token revoked"})))
}

/// The fields that are wrong.
fn wrong(
    username: Option<&'static str>,
    password: Option<&'static str>,
) -> Vec<(&'static str, &'static str)> {
    let username = username.map(|sentence| ("username", sentence));
    username.into_iter().chain(password.map(|sentence| ("password", sentence))).collect()
}

/// Our sentences about names and passwords, and the framework's for the same.
const WORDED: [(&str, &str); 7] = [
    ("A name has at most 150 characters.", "Ensure this field has no more than 150 characters."),
    (
        "A name has only the letters a to z, digits and @ . + - _",
        "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
    ),
    (
        "A password has at least 15 characters. A few random words are good.",
        "This password is too short. It must contain at least 15 characters.",
    ),
    ("A password has at most 1024 bytes.", "Ensure this field has no more than 1024 bytes."),
    ("A password cannot have the character NUL.", "Null characters are not allowed."),
    ("This password is one of the first that would be guessed.", "This password is too common."),
    ("A password should not be made of your name.", "The password is too similar to the username."),
];

fn worded(ours: &'static str) -> &'static str {
    WORDED.iter().find(|(known, _)| *known == ours).map_or(ours, |(_, theirs)| theirs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people;

    #[test]
    fn every_rule_for_names_and_passwords_has_the_frameworks_words() {
        let long = "x1y2z".repeat(300);
        let told = ["a\u{e9}", &"a".repeat(151)].map(|name| people::username(name).unwrap_err());
        let passwords = ["short", &long, "a NUL \0 in the middle", "passwordpassword", "ada.lovelace-1815"];
        let told =
            told.into_iter().chain(passwords.map(|each| people::password(each, "ada.lovelace").unwrap_err()));
        for sentence in told {
            assert_ne!(worded(sentence), sentence);
        }
    }
}
