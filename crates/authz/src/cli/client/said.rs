//! What is said of a client.

use serde_json::{Value, json};

use crate::store::clients::Client;

pub(super) fn kind(client: &Client) -> &'static str {
    if client.is_confidential { "confidential" } else { "public" }
}

pub(super) fn lines(client: &Client) -> String {
    let owner = client.user_id.map_or_else(|| "nobody".to_owned(), |id| format!("person {id}"));
    let indented = client.redirect_uris.replace('\n', "\n               ");
    let state = client.disabled_at.map_or_else(|| "on".to_owned(), |at| format!("switched off since {at}"));
    format!(
        "client_id      {}\nname           {}\ntype           {}\ngrant types    {}\nredirect URIs  {indented}\nscopes         {}\naudiences      {}\nintrospects    {}\nmetadata       {}\nstate          {state}\nowner          {owner}",
        client.id,
        client.name,
        kind(client),
        client.grant_types,
        client.scopes,
        client.audiences,
        client.introspects,
        client.metadata.as_str()
    )
}

pub(super) fn described(client: &Client) -> Value {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    json!({
        "client_id": client.id,
        "name": client.name,
        "type": kind(client),
        "grant_types": words(&client.grant_types),
        "redirect_uris": client.redirect_uris().collect::<Vec<_>>(),
        "scopes": words(client.scopes.as_str()),
        "audiences": words(&client.audiences),
        "introspects": words(&client.introspects),
        "metadata": &*client.metadata,
        "user_id": client.user_id,
        "created_at": client.created_at.to_string(),
        "disabled_at": client.disabled_at.map(|at| at.to_string()),
    })
}
