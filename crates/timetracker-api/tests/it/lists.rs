//! What all lists understand.

mod narrowing;
mod paging;
mod problems;

use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Person, json};

/// Follows `next` or `previous` from a page to the end; answers the descriptions, page by page.
async fn follow(person: &Person, from: &str, way: &str) -> Vec<Vec<String>> {
    let (mut pages, mut path) = (Vec::new(), from.to_owned());
    loop {
        let body = person.get(&path).await.json();
        pages.push(described(&body));
        match body[way].as_str() {
            None => return pages,
            Some(url) => path = url.strip_prefix("https://time.example.com").unwrap().to_owned(),
        }
    }
}

fn described(body: &Value) -> Vec<String> {
    let rows = body["results"].as_array().unwrap_or_else(|| panic!("{body}"));
    rows.iter().map(|row| row["description"].as_str().unwrap().to_owned()).collect()
}

async fn with(person: &Person, path: &str, name: &str, value: &str) -> Answer {
    Answer::read(person.request(Method::GET, path).header(name, value).send().await.unwrap()).await
}

/// Twelve tracks in two activities: four without a start, the others in pairs that begin together.
async fn twelve(ada: &Person) -> [i64; 2] {
    let activities = [ada.has_activity("first").await, ada.has_activity("second").await];
    for number in 0..12_i64 {
        let start = if number % 3 == 0 { json!(null) } else { json!(format!("2024-01-0{}", 1 + number / 4)) };
        let sent = json!({
            "activity": activities[usize::from(number % 2 == 1)], "description": format!("{number}"), "start": start, "end": start,
        });
        assert_eq!(ada.post("/api/tracks/", sent).await.status, 201);
    }
    activities
}
