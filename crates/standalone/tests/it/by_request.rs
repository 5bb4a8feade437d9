//! People who come by requests, without a page: the registration API of the tutorials, with what it gives used at the API.

use model::time::Clock;
use serde_json::{Value, json};

use crate::support::{Answer, World};

async fn posts(world: &World, path: &str, body: &Value) -> Answer {
    let request = crate::support::http().post(format!("{}{path}", world.origin()));
    Answer::to(request.header("content-type", "application/json").body(body.to_string())).await
}

/// The client is there after the first start and after the next, at whatever address that is.
#[tokio::test]
async fn somebody_registers_by_request_and_tracks_time() {
    let mut world = World::with(&[("TIMETRACKER_CACHE_SECONDS", "0")], Clock::system()).await;
    let somebody = json!({"username": "ada", "password": "horse battery staple ada"});
    let answer = posts(&world, "/authentication/register/", &somebody).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    world.restart().await;
    let pair = posts(&world, "/authentication/token/", &somebody).await.json();
    let refresh = json!({"refresh_token": pair["refresh_token"]});
    let token =
        posts(&world, "/authentication/token/refresh/", &refresh).await.json()["access_token"].clone();
    let me = async || {
        let request = crate::support::http().get(format!("{}/api/activities/", world.origin()));
        Answer::to(request.bearer_auth(token.as_str().unwrap())).await
    };
    me().await.is(200, r#"{"count":0,"next":null,"previous":null,"results":[]}"#);
    posts(&world, "/authentication/token/revoke/", &json!({ "token": token }))
        .await
        .is(200, r#"{"message":"token revoked"}"#);
    assert_eq!(me().await.status, 401);
}
