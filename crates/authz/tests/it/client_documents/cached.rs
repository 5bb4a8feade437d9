//! How long a document counts.

use serde_json::json;

use super::{There, is_no_client};

/// R111, R112: one call for many, and again when the document says so, within bounds.
#[tokio::test]
async fn a_document_is_fetched_once_for_many_and_counts_as_long_as_it_says_within_bounds() {
    for (said, lasts) in [
        (None, 600),
        (Some("cache-control: max-age=120"), 120),
        (Some("cache-control: private, max-age=1"), 60),
        (Some("cache-control: no-store"), 60),
        (Some("cache-control: max-age=31536000, immutable"), 3_600),
    ] {
        let there = There::new().await;
        let headers: Vec<&str> = ["content-type: application/json"].into_iter().chain(said).collect();
        there.listener.with_headers(&headers);
        let (browser, path) = (there.server.browser(), there.request().path());
        for answer in futures_util::future::join_all((0..16).map(|_| browser.get(&path))).await {
            answer.location();
        }
        assert_eq!(there.calls(), 1, "{said:?}");
        there.server.advance(lasts - 1);
        browser.get(&path).await.location();
        assert_eq!(there.calls(), 1, "{said:?}");
        there.server.advance(1);
        browser.get(&path).await.location();
        assert_eq!(there.calls(), 2, "{said:?}");
    }
}

/// R112: what was read counts an hour where it cannot be read any more; a server that fails is asked again after ten
/// seconds and not before.
#[tokio::test]
async fn a_document_that_is_gone_counts_an_hour_and_no_longer() {
    let there = There::new().await;
    let (browser, path) = (there.server.browser(), there.request().path());
    browser.get(&path).await.location();
    there.listener.answers(404);
    there.server.advance(3_599);
    for _ in 0..3 {
        browser.get(&path).await.location();
    }
    assert_eq!(there.calls(), 2);
    there.server.advance(1);
    for _ in 0..3 {
        is_no_client(&browser.get(&path).await);
    }
    there.server.advance(9);
    is_no_client(&browser.get(&path).await);
    assert_eq!(there.calls(), 3);
    there.server.advance(10);
    there.listener.answers(200);
    there.describes(&json!({}));
    browser.get(&path).await.location();
    assert_eq!(there.calls(), 4);
}
