//! What a client may say of itself in its document (sections 4.1 and 4.2): by the rules of a client that registers itself,
//! without a secret, and of what it can do anywhere only what is done for it here.

use serde_json::{Map, Value};

use crate::app::App;
use crate::client_metadata::{ClientMetadata, Invalid};
use crate::protocol::grant_types::GrantType;
use crate::protocol::redirect_uri;
use crate::protocol::register::Sent;
use crate::registration::{Registration, becomes, made};
use crate::self_registration::in_place_of;
use crate::store::clients::Client;

/// What there is for a client that nobody has registered.
const GRANT_TYPES: [GrantType; 2] = [GrantType::AuthorizationCode, GrantType::RefreshToken];
/// A secret, or what is said of one: there is no way to share it.
const SECRETS: [&str; 2] = ["client_secret", "client_secret_expires_at"];
/// What would be fetched for nothing but to be judged, and what others say of the client, whom nobody here trusts.
const NOT_READ: [&str; 2] = ["sector_identifier_uri", "software_statement"];

/// The client that the document at `id` describes, in the place of its `row` if it has one: what only an administrator says
/// of it stays.
///
/// # Errors
/// A sentence about what is wrong with it.
pub(crate) fn judged(
    app: &App,
    id: &str,
    document: &Map<String, Value>,
    row: Option<&Client>,
) -> Result<Client, Invalid> {
    let nobody_vouches =
        || ClientMetadata { is_self_registered: true, is_from_document: true, ..ClientMetadata::default() };
    let before = row.map_or_else(nobody_vouches, |row| (*row.metadata).clone());
    let sent = Sent(members(id, document)?);
    let wanted = sent.judged(app, &before).map_err(|refusal| refusal.to_string())?;
    let wanted = match row {
        Some(row) => in_place_of(row, wanted),
        None => Registration { id: Some(id.to_owned()), ..wanted },
    };
    let client = made(app, &wanted).map_err(|refused| refused.to_string())?.client;
    Ok(match row {
        Some(row) => becomes(row, client),
        None => client,
    })
}

/// The members as a client would send them that registers itself here.
fn members(id: &str, document: &Map<String, Value>) -> Result<Map<String, Value>, Invalid> {
    if document.get("client_id").and_then(Value::as_str) != Some(id) {
        return Err("its client_id is not the address it was fetched from".to_owned());
    }
    if SECRETS.iter().any(|name| document.contains_key(*name)) {
        return Err("a document has no secret in it".to_owned());
    }
    let mut members = document.clone();
    members.retain(|name, value| !value.is_null() && !NOT_READ.contains(&name.as_str()));
    let or = |members: &mut Map<String, Value>, name: &str, value: Value| {
        members.entry(name).or_insert(value).clone()
    };
    let method = or(&mut members, "token_endpoint_auth_method", "none".into());
    if !["none", "private_key_jwt"].iter().any(|known| method == *known) {
        return Err("its token_endpoint_auth_method is none or private_key_jwt".to_owned());
    }
    or(&mut members, "client_name", redirect_uri::destination(id).into());
    // The document is for every server there is.
    only(&mut members, "grant_types", &GRANT_TYPES.map(GrantType::as_str));
    only(&mut members, "response_types", &["code"]);
    Ok(members)
}

/// Of a list, what is known; what is no list is for others to refuse.
fn only(members: &mut Map<String, Value>, name: &str, known: &[&str]) {
    if let Some(Value::Array(list)) = members.get_mut(name) {
        list.retain(|each| !each.is_string() || known.iter().any(|known| each == *known));
    }
}

#[cfg(test)]
mod tests {
    use model::fuzzing::fuzz;
    use serde_json::json;

    use super::*;

    const ID: &str = "https://client.example/client.json";

    fn read(more: &Value) -> Result<Value, Invalid> {
        let mut document = json!({"client_id": ID, "redirect_uris": ["https://client.example/cb"]});
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        members(ID, document.as_object().unwrap()).map(Value::Object)
    }

    /// R111
    #[test]
    fn a_document_is_its_addresses_own_and_has_no_secret() {
        for wrong in [
            json!({"client_id": null}),
            json!({"client_id": "https://client.example/client.json/"}),
            json!({"client_id": "https://CLIENT.example/client.json"}),
            json!({"client_id": "https://evil.example/client.json"}),
            json!({"client_id": [ID]}),
            json!({"client_secret": "x"}),
            json!({"client_secret": null}),
            json!({"client_secret_expires_at": 0}),
            json!({"token_endpoint_auth_method": "client_secret_basic"}),
            json!({"token_endpoint_auth_method": "client_secret_post"}),
            json!({"token_endpoint_auth_method": "client_secret_jwt"}),
            json!({"token_endpoint_auth_method": "tls_client_auth"}),
            json!({"token_endpoint_auth_method": ["none"]}),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn of_what_a_client_can_do_elsewhere_what_there_is_here_is_left() {
        let members = read(&json!({
            "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
            "response_types": ["code", "token"], "software_statement": "a.b.c", "client_uri": null,
            "sector_identifier_uri": "https://client.example/sector.json",
        }));
        let expected = json!({
            "client_id": ID, "redirect_uris": ["https://client.example/cb"], "client_name": "client.example",
            "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        });
        assert_eq!(members, Ok(expected));
        assert_eq!(
            read(&json!({"grant_types": [7], "client_name": "C"})).unwrap()["grant_types"],
            json!([7])
        );
    }
    /// R111
    #[test]
    fn fuzz_client_documents() {
        let honest = json!({"client_id": ID, "client_name": "C", "redirect_uris": ["https://client.example/cb"],
            "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"], "jwks": {"keys": []}});
        let faulty =
            r#"{"client_id":"https://client.example/client.json","client_secret":null,"grant_types":[{}]}"#;
        fuzz(&[&honest.to_string(), faulty], |input| {
            let Ok(document) = serde_json::from_slice::<Map<String, Value>>(input) else { return };
            let Ok(members) = members(ID, &document) else { return };
            assert_eq!((&members["client_id"], &document["client_id"]), (&json!(ID), &json!(ID)));
            assert!(SECRETS.iter().chain(&NOT_READ).all(|name| !members.contains_key(*name)));
            let method = members["token_endpoint_auth_method"].as_str();
            assert!(matches!(method, Some("none" | "private_key_jwt")), "{method:?}");
        });
    }
}
