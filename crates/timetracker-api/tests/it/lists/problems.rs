//! Errors as problems, for who asks for them.

use reqwest::Method;
use serde_json::Value;

use super::with;
use crate::support::{Answer, World, json};

/// RFC 9457.
#[tokio::test]
async fn errors_are_problems_for_who_asks_for_them() {
    let world = World::new().await;
    let ada = world.person("ada");
    let asking = "application/json, application/problem+json";
    let problem = async |path: &str| {
        let answer = with(&ada, path, "accept", asking).await;
        answer.has("content-type", "application/problem+json");
        answer
    };
    problem("/api/tracks/9/").await.is(
        404,
        r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"No Track matches the given query.","code":"not_found"}"#,
    );
    problem("/api/tracks/?running=x&start_after=y&fields=").await.is(
        400,
        r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"Invalid input.","code":"invalid","errors":[{"detail":"Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].","parameter":"start_after"},{"detail":"Must be a valid boolean.","parameter":"running"}]}"#,
    );
    problem("/api/tracks/?search=a%00").await.is(
        400,
        r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"Invalid input.","code":"invalid","errors":[{"detail":"Null characters are not allowed."}]}"#,
    );
    let post = |path: &str, body: Value| {
        let request = ada.request(Method::POST, path).header("accept", "application/problem+json");
        let request = request.header("content-type", "application/json").body(body.to_string());
        async move { Answer::read(request.send().await.unwrap()).await }
    };
    post("/api/tracks/", json!({"end": 1})).await.is(
        400,
        r##"{"type":"about:blank","title":"Bad Request","status":400,"detail":"Invalid input.","code":"invalid","errors":[{"detail":"Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].","pointer":"#/end"},{"detail":"This field is required.","pointer":"#/activity"}]}"##,
    );
    post("/api/tracks/?overlap=never", json!({"activity": 1})).await.is(
        400,
        r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"Invalid input.","code":"invalid","errors":[{"detail":"\"never\" is not a valid choice.","parameter":"overlap"}]}"#,
    );
    post("/api/tracks/", json!([])).await.is(
        400,
        r##"{"type":"about:blank","title":"Bad Request","status":400,"detail":"Invalid input.","code":"invalid","errors":[{"detail":"Invalid data. Expected a dictionary, but got list.","pointer":"#"}]}"##,
    );
    // Who takes nothing else takes what is no error as JSON.
    post("/api/activities/", json!({"name": "a"})).await.has("content-type", "application/json");
    let stranger = world.request(Method::GET, "/api/").header("accept", asking);
    Answer::read(stranger.send().await.unwrap())
        .await
        .is(
            401,
            r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"Authentication credentials were not provided.","code":"not_authenticated"}"#,
        )
        .has("content-type", "application/problem+json");
    let db = world.db();
    let sql =
        |sql: &'static str| db.write(move |conn| diesel::RunQueryDsl::execute(diesel::sql_query(sql), conn));
    sql("ALTER TABLE tracks RENAME TO tracks_elsewhere").await.unwrap();
    let fault = problem("/api/tracks/").await;
    let id = fault.header("x-request-id").unwrap().to_owned();
    fault.is(
        500,
        &format!(
            r#"{{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"A server error occurred.","code":"error","request_id":"{id}"}}"#
        ),
    );
    sql("ALTER TABLE tracks_elsewhere RENAME TO tracks").await.unwrap();
    with(&ada, "/api/tracks/9/", "accept", "application/problem+json; indent=1").await.is(
        404,
        "{\n \"type\": \"about:blank\",\n \"title\": \"Not Found\",\n \"status\": 404,\n \"detail\": \"No Track matches the given query.\",\n \"code\": \"not_found\"\n}",
    );
    with(&ada, "/api/tracks/9/", "accept", "application/*").await.has("content-type", "application/json");
}
