//! Whether a token was made for our client at a provider. Whoever brings one that was made for another client (of
//! somebody who runs a site of their own, say) has proved nothing to us.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::calls::check_token;
use super::{Provider, ProviderError, id_token};
use crate::config::providers::{ACCESS_TOKEN, AudienceCheck, member};

pub(super) async fn judge(
    provider: &Provider<'_>,
    check: &AudienceCheck,
    token: &str,
) -> Result<(), ProviderError> {
    check_token(token)?;
    let ours = provider.settings.client_id.as_str();
    let is_ours = match check {
        AudienceCheck::Introspection { url } => {
            let url = match url {
                Some(url) => url.clone(),
                None => {
                    provider.metadata().await?.introspection_endpoint.clone().ok_or(ProviderError::NoCheck)?
                }
            };
            let body = form_urlencoded::Serializer::new(String::new())
                .append_pair("token", token)
                .append_pair("token_type_hint", "access_token")
                .finish();
            let answer = provider.post_as_client(&url, "application/x-www-form-urlencoded", body).await?;
            is_active_and(&answer, ours)
        }
        AudienceCheck::TokenInfo { url, member: name } => {
            let answer = if url.contains(ACCESS_TOKEN) {
                provider.get(&url.replace(ACCESS_TOKEN, &encoded(token))).await?
            } else {
                provider.get_with(url, token).await?
            };
            member(&answer, name).is_some_and(|value| is(value, ours))
        }
        AudienceCheck::CheckToken { url } => {
            let url = url.replace("{client_id}", &encoded(ours));
            let body = json!({ "access_token": token }).to_string();
            let answer = provider.post_as_client(&url, "application/json", body).await?;
            member(&answer, "app.client_id").is_some_and(|value| is(value, ours))
        }
        AudienceCheck::IdToken => id_token::verified(provider, token, None).await.map(|_| true)?,
    };
    if is_ours { Ok(()) } else { Err(ProviderError::NotForUs("it was made for another client")) }
}

/// RFC 7662 section 2.2: of whom it was issued to, or if that is not said, of whom it is for.
fn is_active_and(answer: &Value, ours: &str) -> bool {
    let is_for_us = match (answer.get("client_id"), answer.get("aud")) {
        (Some(client), _) => is(client, ours),
        (None, Some(Value::Array(some))) => some.iter().any(|each| is(each, ours)),
        (None, Some(one)) => is(one, ours),
        (None, None) => false,
    };
    answer.get("active") == Some(&Value::Bool(true)) && is_for_us
}

/// Some number their clients.
fn is(value: &Value, ours: &str) -> bool {
    match value {
        Value::String(text) => text == ours,
        Value::Number(number) => number.to_string() == ours,
        _ => false,
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_ours_if_it_is_active_and_was_issued_to_us() {
        for (answer, expected) in [
            (json!({"active": true, "client_id": "a"}), true),
            (json!({"active": true, "client_id": "a", "aud": "b"}), true),
            (json!({"active": true, "aud": ["b", "a"]}), true),
            (json!({"active": true, "aud": "a"}), true),
            (json!({"active": true, "client_id": "b", "aud": "a"}), false),
            (json!({"active": true, "client_id": ["a"]}), false),
            (json!({"active": true, "aud": ["b"]}), false),
            (json!({"active": true}), false),
            (json!({"active": false, "client_id": "a"}), false),
            (json!({"active": "true", "client_id": "a"}), false),
            (json!({"client_id": "a"}), false),
            (json!([]), false),
        ] {
            assert_eq!(is_active_and(&answer, "a"), expected, "{answer}");
        }
    }
}
