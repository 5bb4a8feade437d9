//! Requests that are large, many, or not what the database holds.

use authz::store::revocations::{self, NewRevocation};
use model::db::DatabaseUrl;

use crate::support::{AuthorizationRequest, CALLBACK, Process, form, server, server_on_real_time};

/// R18, section 2 no. 16 (CVE-2026-4634, CVE-2026-79651): what is refused for its size is not kept, whoever sends it and
/// however often.
#[tokio::test]
async fn large_requests_leave_nothing_behind() {
    let server = server_on_real_time(&[("UNKNOWN_TOKENS_PER_MINUTE", "0")]).await;
    let client = server.client("web").await;
    let process = Process::beside(&server);
    let asked = AuthorizationRequest::of(&client);
    let paths: Vec<String> = (0..10)
        .flat_map(|number| {
            let many = format!("s{number} ").repeat(3_000);
            ["scope", "ui_locales", "state", "claims", "acr_values"]
                .map(|name| asked.clone().with(name, &many).path())
        })
        .collect();
    let token =
        |number: usize| form(&[("token", format!("eyJ{}.e30.x", format!("{number:04}").repeat(3_900)))]);
    let round = async |from: usize| {
        for (number, path) in paths.iter().enumerate() {
            assert_eq!(process.http.get(path).await.status, 400);
            let request = process.http.post("/o/introspect/", token(from + number));
            let request = request.header("authorization", client.basic().unwrap());
            assert_eq!(process.http.send(request).await.body, crate::support::INACTIVE);
        }
    };
    round(0).await;
    let before = process.resident_kilobytes();
    for number in 1..=20 {
        round(number * 50).await;
    }
    let grown = process.resident_kilobytes().saturating_sub(before);
    assert!(grown < 20_000, "2,000 requests of some 15 kB each left {grown} kB behind");
}

/// Section 2 no. 51 (RUSTSEC-2026-0111): SQLite keeps any bytes in a column of text; those that are none are a fault that
/// is told, and not text.
#[tokio::test]
async fn bytes_in_a_column_of_text_are_a_fault_and_no_text() {
    let server = server().await;
    if !matches!(server.database().url(), DatabaseUrl::Sqlite(_)) {
        return;
    }
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let code = browser.code_for(&client).await;
    for column in ["name", "metadata", "redirect_uris", "scopes"] {
        server.sql(&format!("UPDATE clients SET {column} = x'fffe80' WHERE id = 'web'")).await;
        let told = NewRevocation::client_changed("web", server.app().now());
        server.app().db.write(move |conn| revocations::insert(conn, &told)).await.unwrap();
        server.app().feed.catch_up().await.unwrap();
        assert_eq!(client.redeem(&code).await.status, 503, "{column}");
        let page = browser.get(&AuthorizationRequest::of(&client).path()).await;
        assert_eq!((page.status, page.header("location")), (503, None), "{column}");
        assert!(!page.body.contains(CALLBACK));
        assert_eq!(server.http.get("/healthz").await.status, 200);
        server.sql(&format!("UPDATE clients SET {column} = 'read' WHERE id = 'web'")).await;
        if column == "metadata" {
            server.sql("UPDATE clients SET metadata = '{}' WHERE id = 'web'").await;
        }
    }
}
