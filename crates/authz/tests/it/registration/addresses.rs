//! Members that are addresses, whichever there are.

use authz::client_metadata::ClientMetadata;
use serde_json::{Value, json};

use super::{is_refused, least, open, post, with};
use crate::support::Listener;

/// R3, R109, section 2 nos. 10 and 11 (CVE-2026-9086, CVE-2026-1180 and those after it): found by their names, so that none
/// is forgotten, as each was in turn elsewhere. What is no page's address is refused, and nobody is called.
#[tokio::test]
async fn every_member_that_is_an_address_is_judged() {
    let (server, listener) = (open().await, Listener::start().await);
    let Ok(Value::Object(all)) = serde_json::to_value(ClientMetadata::default()) else { panic!() };
    let is_address = |name: &&String| name.ends_with("_uri") || name.ends_with("_uris");
    let addresses: Vec<&String> = all.keys().filter(is_address).collect();
    assert!(addresses.len() > 6, "{addresses:?}");
    for name in addresses {
        let is_list = name.ends_with("_uris");
        let named = |uri: &str| with(name, if is_list { json!([uri]) } else { json!(uri) });
        for uri in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "http://169.254.169.254/latest/meta-data/",
            "https://user@client.example/",
            // The one fragment there may be says which version of a request is there.
            if name == "request_uris" { "https://client.example/#x#y" } else { "https://client.example/#x" },
            "gopher://client.example/",
            "/relative",
        ] {
            is_refused(&post(&server, &named(uri), None).await, 400, "invalid_client_metadata");
        }
        // Of this machine, whether it is taken or not.
        post(&server, &named(&listener.url("/x")), None).await;
    }
    assert_eq!(post(&server, &least(), None).await.status, 201);
    assert_eq!(listener.heard(), Vec::<String>::new());
}
