//! Changing what is there: nothing is overwritten unseen, and what is not touched stays as it is.

use super::{her_application, signed_in};
use crate::support::{Answer, Visitor, World, json};

const CHANGED: &str = "This was changed since you opened it, and nothing of yours was done. Here is how it is now, and below what you typed: compare, and send it again if you still want it so.";

async fn changes(ada: &mut Visitor<'_>, page: &Answer, filled: &[(&str, &str)]) -> Answer {
    ada.submits(page, "#fields-form", "#send-fields", filled).await
}

/// R166: who comes second is shown what the first has done, and what they typed is joined with it.
#[tokio::test]
async fn two_tabs_do_not_undo_each_other() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let application = her_application(&world);
    let reading = application.has_activity("Reading").await;
    let path = format!("/api/tracks/{}/", application.has_track(reading, "Old").await);
    let [first, second] = [ada.opens(&path).await, ada.opens(&path).await];
    assert_eq!(changes(&mut ada, &first, &[("description", "Mine")]).await.status, 200);

    let page = changes(&mut ada, &second, &[("tags", "deep")]).await;
    assert_eq!((page.status, page.reads("#status").as_str()), (412, "412 Precondition Failed"));
    assert_eq!(page.reads("#errors"), CHANGED);
    let current: serde_json::Value = serde_json::from_str(&page.verbatim("#body")).unwrap();
    assert_eq!(current["current"]["description"], "Mine");
    // What was not touched is as it is now; what was typed stands there, beside what is there.
    assert_eq!((page.reads("#field-description").as_str(), page.finds("#now-description")), ("Mine", None));
    assert_eq!(
        (page.reads("#field-tags").as_str(), page.reads("#now-tags").as_str()),
        ("deep", "Now: nothing")
    );
    let there = application.get(&path).await.json();
    assert_eq!((&there["description"], &there["tags"]), (&json!("Mine"), &json!([])));
    assert_eq!(changes(&mut ada, &page, &[]).await.status, 200);
    let there = application.get(&path).await.json();
    assert_eq!((&there["description"], &there["tags"]), (&json!("Mine"), &json!(["deep"])));

    // As JSON and with the button as well.
    let page =
        ada.submits(&second, "#raw-form", "#send-PATCH", &[("_content", r#"{"tags":["lost"]}"#)]).await;
    assert_eq!((page.status, page.reads("#errors").as_str()), (412, CHANGED));
    assert_eq!(page.reads("#content"), r#"{"tags":["lost"]}"#);
    let page = ada.submits(&second, "#delete-form", "#delete", &[]).await;
    assert_eq!((page.status, page.reads("#errors").as_str()), (412, CHANGED));
    assert_eq!(application.get(&path).await.json()["tags"], json!(["deep"]));
    let gone = ada.submits(&page, "#delete-form", "#delete", &[]).await;
    assert_eq!(gone.reads("#status"), "204 No Content");
    // What was typed about something that is gone is not gone as well.
    let page = changes(&mut ada, &second, &[("description", "A long thought")]).await;
    assert_eq!(page.status, 404);
    assert!(page.verbatim("#typed").contains("description: A long thought"), "{page:?}");
}

/// A form that was refused is about the same version when it is sent again.
#[tokio::test]
async fn what_was_refused_is_still_about_what_was_shown() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let application = her_application(&world);
    let path = format!("/api/activities/{}/", application.has_activity("Reading").await);
    let page = ada.opens(&path).await;
    let refused = changes(&mut ada, &page, &[("color", "red")]).await;
    assert_eq!((refused.status, refused.reads("#error-color").as_str()), (400, "Enter a color as #rrggbb."));
    assert_eq!(application.patch(&path, json!({"description": "Theirs"})).await.status, 200);
    let page = changes(&mut ada, &refused, &[("color", "#0d6a66")]).await;
    assert_eq!((page.status, page.reads("#field-description").as_str()), (412, "Theirs"));
    assert_eq!(changes(&mut ada, &page, &[]).await.status, 200);
    let there = application.get(&path).await.json();
    assert_eq!((&there["description"], &there["color"]), (&json!("Theirs"), &json!("#0d6a66")));
}

/// Browsers break lines their own way, and a form shows less than there is: only what was touched is changed.
#[tokio::test]
async fn what_is_not_touched_stays_as_it_is() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let application = her_application(&world);
    let reading = application.has_activity("Reading").await;
    let activity = format!("/api/activities/{reading}/");
    for (said, typed) in [("one\ntwo", "one\ntwo\nthree"), ("one\r\ntwo", "one\n\ntwo"), ("one\rtwo", "")] {
        let track = json!({"activity": reading, "description": said, "tags": ["a, b", "c"]});
        let path = format!("/api/tracks/{}/", application.post("/api/tracks/", track).await.id());
        assert_eq!(application.patch(&activity, json!({"archived": true})).await.status, 200);
        let page = ada.opens(&path).await;
        // It is archived and not offered any more, but it stands there.
        assert_eq!(page.attributes("#field-activity option[selected]", "value"), [reading.to_string()]);
        assert_eq!(page.all("#field-activity option"), ["Choose", "Reading"]);
        let changed = changes(&mut ada, &page, &[("billable", "true")]).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        let there = application.get(&path).await.json();
        assert_eq!((&there["description"], &there["billable"]), (&json!(said), &json!(true)));
        assert_eq!(there["tags"], json!(["a, b", "c"]));
        let page = ada.opens(&path).await;
        assert_eq!(page.verbatim("#field-tags"), "a, b\nc");
        let filled = [("description", typed), ("tags", "c\nd, e")];
        assert_eq!(changes(&mut ada, &page, &filled).await.status, 200);
        let there = application.get(&path).await.json();
        assert_eq!((&there["description"], &there["tags"]), (&json!(typed), &json!(["c", "d, e"])));
        assert_eq!(application.patch(&activity, json!({"archived": false})).await.status, 200);
    }
}

/// A field that was emptied says that nothing is there.
#[tokio::test]
async fn what_is_emptied_is_nothing_afterwards() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let application = her_application(&world);
    let client = application.post("/api/clients/", json!({"name": "Client"})).await.id();
    let project = json!({"name": "Project", "client": client, "billable_default": true, "color": "#0d6a66"});
    let project = application.post("/api/projects/", project).await.id();
    let activity = json!({"name": "Activity", "project": project});
    let activity = application.post("/api/activities/", activity).await.id();
    let path = format!("/api/activities/{activity}/");
    let page = ada.opens(&path).await;
    assert_eq!(changes(&mut ada, &page, &[("project", "")]).await.status, 200);
    assert_eq!(application.get(&path).await.json()["project"], json!(null));
    let path = format!("/api/projects/{project}/");
    let page = ada.opens(&path).await;
    let emptied = [("client", ""), ("billable_default", ""), ("color", "")];
    assert_eq!(changes(&mut ada, &page, &emptied).await.status, 200);
    let there = application.get(&path).await.json();
    let nothing = json!(null);
    assert_eq!(
        (&there["client"], &there["billable_default"], &there["color"], &there["name"]),
        (&nothing, &nothing, &nothing, &json!("Project"))
    );
    // Settings are compared by what they say.
    let [first, second] = [ada.opens("/api/me/").await, ada.opens("/api/me/").await];
    assert_eq!(changes(&mut ada, &first, &[("timezone", "Europe/Berlin")]).await.status, 200);
    let page = changes(&mut ada, &second, &[("week_start", "sun")]).await;
    assert_eq!(
        (page.status, page.attributes("#field-timezone", "value")),
        (412, vec!["Europe/Berlin".to_owned()])
    );
    assert_eq!(page.reads("#now-week_start"), "Now: mon");
    assert_eq!(changes(&mut ada, &page, &[]).await.status, 200);
    let there = application.get("/api/me/").await.json();
    assert_eq!((&there["timezone"], &there["week_start"]), (&json!("Europe/Berlin"), &json!("sun")));
}

/// With more activities than a page can offer, every one of them can still be had.
#[tokio::test]
async fn more_activities_than_can_be_offered_can_be_named() {
    let world = World::with_pages().await;
    let mut ada = signed_in(&world).await;
    let application = her_application(&world);
    let made: Vec<_> = (0..201)
        .map(|number| json!({"op": "create", "type": "activity", "data": {"name": format!("Number {number:03}")}}))
        .collect();
    let made = application.post("/api/batch/", json!({"operations": made})).await.json();
    let last = &made["results"][200]["body"]["id"];
    let page = ada.opens("/api/tracks/").await;
    assert_eq!(page.all("#field-activity option").len(), 0);
    assert_eq!(page.reads("#hint-activity"), "Its id: there are too many to choose from here.");
    let made = ada
        .submits(
            &page,
            "#fields-form",
            "#send-fields",
            &[("activity", &last.to_string()), ("start", "2027-01-15T07:00:00Z")],
        )
        .await;
    assert_eq!(made.status, 201, "{made:?}");

    let page = ada.opens("/time/").await;
    assert_eq!(page.all("#activity option").len(), 200);
    assert_eq!(page.reads("label[for=name]"), "or another, by its name");
    let started = ada.submits(&page, "#start-form", "#start", &[("name", "Number 200")]).await;
    assert_eq!(started.status, 303, "{started:?}");
    assert_eq!(&application.get("/api/timer/").await.json()["running"]["activity"], last);
    assert_eq!(application.get("/api/activities/").await.json()["count"], 201);
}
