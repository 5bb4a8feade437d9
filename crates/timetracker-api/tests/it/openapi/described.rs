//! What OPTIONS says, byte for byte: it is made from what the document is made of.

use reqwest::Method;

use crate::support::World;

const TRACK: &str = r#"{"id":{"type":"integer","required":false,"read_only":true,"label":"ID"},"description":{"type":"string","required":false,"read_only":false,"label":"Description","max_length":10000},"start":{"type":"datetime","required":false,"read_only":false,"label":"Start"},"end":{"type":"datetime","required":false,"read_only":false,"label":"End"},"activity":{"type":"field","required":true,"read_only":false,"label":"Activity"},"user":{"type":"field","required":false,"read_only":true,"label":"User"},"uid":{"type":"field","required":false,"read_only":false,"label":"Uid"},"tags":{"type":"list","required":false,"read_only":false,"label":"Tags","child":{"type":"string","required":true,"read_only":false,"max_length":100}},"billable":{"type":"boolean","required":false,"read_only":false,"label":"Billable"},"duration":{"type":"integer","required":false,"read_only":false,"label":"Duration","min_value":0},"running":{"type":"boolean","required":false,"read_only":true,"label":"Running"},"timezone":{"type":"string","required":false,"read_only":false,"label":"Timezone"},"source":{"type":"choice","required":false,"read_only":false,"label":"Source","choices":[{"value":"human","display_name":"Human"},{"value":"agent","display_name":"Agent"},{"value":"import","display_name":"Import"}]},"version":{"type":"integer","required":false,"read_only":true,"label":"Version"},"created_at":{"type":"datetime","required":false,"read_only":true,"label":"Created at"},"updated_at":{"type":"datetime","required":false,"read_only":true,"label":"Updated at"}}"#;
const ACTIVITY: &str = r#"{"id":{"type":"integer","required":false,"read_only":true,"label":"ID"},"name":{"type":"string","required":true,"read_only":false,"label":"Name","max_length":100},"description":{"type":"string","required":false,"read_only":false,"label":"Description","max_length":10000},"uid":{"type":"field","required":false,"read_only":false,"label":"Uid"},"project":{"type":"field","required":false,"read_only":false,"label":"Project"},"color":{"type":"string","required":false,"read_only":false,"label":"Color","max_length":7},"billable_default":{"type":"boolean","required":false,"read_only":false,"label":"Billable default"},"rate":{"type":"nested object","required":false,"read_only":false,"label":"Rate","children":{"amount":{"type":"integer","required":true,"read_only":false,"label":"Amount","min_value":0,"max_value":1000000000000},"currency":{"type":"string","required":true,"read_only":false,"label":"Currency","max_length":3}}},"archived":{"type":"boolean","required":false,"read_only":false,"label":"Archived"},"created_at":{"type":"datetime","required":false,"read_only":true,"label":"Created at"},"updated_at":{"type":"datetime","required":false,"read_only":true,"label":"Updated at"},"version":{"type":"integer","required":false,"read_only":true,"label":"Version"}}"#;
const FEED: &str = r#"{"id":{"type":"integer","required":false,"read_only":true,"label":"ID"},"name":{"type":"string","required":false,"read_only":false,"label":"Name","max_length":100},"days":{"type":"integer","required":false,"read_only":false,"label":"Days","min_value":1,"max_value":400},"created_at":{"type":"datetime","required":false,"read_only":true,"label":"Created at"},"client_id":{"type":"string","required":false,"read_only":true,"label":"Client id"},"last_read_at":{"type":"datetime","required":false,"read_only":true,"label":"Last read at"},"url":{"type":"url","required":false,"read_only":true,"label":"Url"}}"#;
const BATCH: &str = r#"{"atomic":{"type":"boolean","required":false,"read_only":false,"label":"Atomic"},"operations":{"type":"list","required":true,"read_only":false,"label":"Operations","child":{"type":"nested object","required":true,"read_only":false,"children":{"op":{"type":"choice","required":true,"read_only":false,"label":"Op","choices":[{"value":"create","display_name":"Create"},{"value":"update","display_name":"Update"},{"value":"upsert","display_name":"Upsert"},{"value":"delete","display_name":"Delete"}]},"type":{"type":"choice","required":false,"read_only":false,"label":"Type","choices":[{"value":"track","display_name":"Track"},{"value":"activity","display_name":"Activity"},{"value":"project","display_name":"Project"},{"value":"client","display_name":"Client"},{"value":"tag","display_name":"Tag"}]},"id":{"type":"integer","required":false,"read_only":false,"label":"ID"},"uid":{"type":"field","required":false,"read_only":false,"label":"Uid"},"data":{"type":"field","required":false,"read_only":false,"label":"Data"},"if_version":{"type":"integer","required":false,"read_only":false,"label":"If version","min_value":1},"overlap":{"type":"choice","required":false,"read_only":false,"label":"Overlap","choices":[{"value":"allow","display_name":"Allow"},{"value":"reject","display_name":"Reject"},{"value":"trim","display_name":"Trim"}]}}}}}"#;
const SETTINGS: &str = r#"{"timezone":{"type":"string","required":false,"read_only":false,"label":"Timezone","max_length":100},"overlap_policy":{"type":"choice","required":false,"read_only":false,"label":"Overlap policy","choices":[{"value":"allow","display_name":"Allow"},{"value":"reject","display_name":"Reject"},{"value":"trim","display_name":"Trim"}]},"week_start":{"type":"choice","required":false,"read_only":false,"label":"Week start","choices":[{"value":"mon","display_name":"Mon"},{"value":"tue","display_name":"Tue"},{"value":"wed","display_name":"Wed"},{"value":"thu","display_name":"Thu"},{"value":"fri","display_name":"Fri"},{"value":"sat","display_name":"Sat"},{"value":"sun","display_name":"Sun"}]},"day_start":{"type":"time","required":false,"read_only":false,"label":"Day start"}}"#;

#[tokio::test]
async fn options_says_of_every_field_what_the_framework_says() {
    let world = World::new().await;
    let ada = world.person_with("ada", "read write reports:share");
    let activity = ada.has_activity("Reading").await;
    let track = ada.has_track(activity, "").await;
    let entries = "Your entries of time.";
    let spent = "What time is spent on.";
    for (path, name, about, method, fields) in [
        ("/api/tracks/".to_owned(), "Track List", entries, "POST", TRACK),
        (format!("/api/tracks/{track}/"), "Track Instance", entries, "PUT", TRACK),
        ("/api/timer/".to_owned(), "Timer", "What you are doing now.", "PUT", TRACK),
        ("/api/activities/".to_owned(), "Activity List", spent, "POST", ACTIVITY),
        (format!("/api/activities/{activity}/"), "Activity Instance", spent, "PUT", ACTIVITY),
        ("/api/feeds/".to_owned(), "Feed List", "Addresses for calendar programs.", "POST", FEED),
        ("/api/batch/".to_owned(), "Batch", "Many changes at once.", "POST", BATCH),
        ("/api/me/".to_owned(), "Me", "Whose token this is.", "PATCH", SETTINGS),
    ] {
        let media = r#""renders":["application/json"],"parses":["application/json","application/x-www-form-urlencoded","multipart/form-data"]"#;
        let expected = format!(
            r#"{{"name":"{name}","description":"{about}",{media},"actions":{{"{method}":{fields}}}}}"#
        );
        ada.send(Method::OPTIONS, &path).await.is(200, &expected);
    }
}
