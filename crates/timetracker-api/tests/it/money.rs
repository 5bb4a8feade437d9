//! Rates, and what they make of tracks in `/api/reports/summary/`.

use reqwest::Method;

use crate::support::{Answer, Item, Person, World, json};

const WEEK: &str = "/api/reports/summary/?from=2027-01-11&to=2027-01-17";

async fn made(person: &Person, kind: &str, body: serde_json::Value) -> i64 {
    let answer = person.post(&format!("/api/{kind}/"), body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.id()
}

/// A billable track of so many seconds, from nine o'clock on a day of January 2027.
async fn spent(person: &Person, activity: i64, day: i64, seconds: i64) {
    let start = format!("2027-01-{day:02}T09:00:00Z");
    made(
        person,
        "tracks",
        json!({"activity": activity, "start": start, "duration": seconds, "billable": true}),
    )
    .await;
}

fn euros(amount: i64) -> serde_json::Value {
    json!({"amount": amount, "currency": "EUR"})
}

#[tokio::test]
async fn a_rate_is_an_amount_of_a_currency_or_null() {
    let world = World::new().await;
    let ada = world.person("ada");
    for kind in ["activities", "projects", "clients"] {
        let made = ada.post(&format!("/api/{kind}/"), json!({"name": "a", "rate": euros(9_500)})).await;
        let path = format!("/api/{kind}/{}/", made.id());
        let rate = async || ada.get(&path).await.json()["rate"].clone();
        assert_eq!((made.status, rate().await), (201, euros(9_500)));
        // What says nothing of it keeps it.
        assert_eq!(ada.put(&path, json!({"name": "b"})).await.json()["rate"], euros(9_500));
        assert_eq!(ada.patch(&path, json!({"rate": null})).await.json()["rate"], json!(null));
        let form = "name=b&rate.amount=7&rate.currency=jpy";
        let media = "application/x-www-form-urlencoded";
        ada.send_body(Method::PUT, &path, media, form).await;
        assert_eq!(rate().await, json!({"amount": 7, "currency": "JPY"}));
        ada.send_body(Method::PUT, &path, media, "name=b&rate=").await;
        assert_eq!(rate().await, json!(null));
        ada.patch(&path, json!({"rate": 9_500}))
            .await
            .is(400, r#"{"rate":["Enter a rate as an object of amount and currency, or null."]}"#);
        ada.patch(&path, json!({"rate": {"amount": "much", "currency": "XXX"}})).await.is(
            400,
            r#"{"rate":["The amount must be a whole number of the smallest unit of the currency, from 0 to 1000000000000.","The currency must be a code of ISO 4217."]}"#,
        );
    }
    let tag = ada.post("/api/tags/", json!({"name": "free", "rate": euros(1)})).await;
    tag.is(201, &Item::tag(&tag, "free").to_string());
}

#[tokio::test]
async fn a_track_costs_what_its_activity_or_else_its_project_or_else_its_client_does() {
    let world = World::new().await;
    let ada = world.person("ada");
    let acme = made(&ada, "clients", json!({"name": "Acme", "rate": euros(10_000)})).await;
    let site = made(&ada, "projects", json!({"name": "Site", "client": acme, "rate": euros(8_000)})).await;
    let shop = made(&ada, "projects", json!({"name": "Shop", "client": acme})).await;
    let design =
        made(&ada, "activities", json!({"name": "Design", "project": site, "rate": euros(9_000)})).await;
    let build = made(&ada, "activities", json!({"name": "Build", "project": site})).await;
    let sell = made(&ada, "activities", json!({"name": "Sell", "project": shop})).await;
    let yen =
        made(&ada, "activities", json!({"name": "Yen", "rate": {"amount": 3_000, "currency": "JPY"}})).await;
    let free = ada.has_activity("Free").await;
    for (activity, seconds) in [(design, 3_600), (build, 1_800), (sell, 900), (yen, 1_200), (free, 600)] {
        spent(&ada, activity, 12, seconds).await;
    }
    // Nobody pays for this.
    let gift = json!({"activity": design, "start": "2027-01-12T15:00:00Z", "duration": 3_600});
    made(&ada, "tracks", gift).await;
    let report = async |query: &str| ada.get(&format!("{WEEK}&{query}")).await.json();
    let money = |amount: i64| json!([{"amount": amount, "currency": "EUR", "exponent": 2}]);
    let by_client = report("group_by=client").await;
    assert_eq!(
        by_client["total"],
        json!({"seconds": 11_700, "tracks": 6, "money": [
            {"amount": 15_500, "currency": "EUR", "exponent": 2}, {"amount": 1_000, "currency": "JPY", "exponent": 0}
        ]})
    );
    assert_eq!(
        by_client["groups"],
        json!([
            {"client": null, "seconds": 1_800, "tracks": 2, "money": [{"amount": 1_000, "currency": "JPY", "exponent": 0}]},
            {"client": acme, "seconds": 9_900, "tracks": 4, "money": money(15_500)}
        ])
    );
    let by_project = report(&format!("group_by=project,activity&client={acme}")).await;
    assert_eq!(
        (&by_project["query"]["client"], &by_project["total"]["money"]),
        (&json!(acme.to_string()), &money(15_500))
    );
    assert_eq!(
        by_project["groups"],
        json!([
            {"project": site, "activity": design, "seconds": 7_200, "tracks": 2, "money": money(9_000)},
            {"project": site, "activity": build, "seconds": 1_800, "tracks": 1, "money": money(4_000)},
            {"project": shop, "activity": sell, "seconds": 900, "tracks": 1, "money": money(2_500)}
        ])
    );
    assert_eq!(
        report(&format!("project={shop}")).await["total"],
        json!({"seconds": 900, "tracks": 1, "money": money(2_500)})
    );
    // What is deleted keeps its price and its place, and a rate is that of now.
    assert_eq!(ada.delete(&format!("/api/clients/{acme}/")).await.status, 204);
    assert_eq!(ada.delete(&format!("/api/activities/{sell}/")).await.status, 204);
    assert_eq!(report("group_by=client").await["groups"], by_client["groups"]);
    ada.patch(&format!("/api/activities/{design}/"), json!({"rate": euros(0)})).await;
    assert_eq!(report(&format!("activity={design}")).await["total"]["money"], money(0));
}

/// A line is what lies in the report of one track; it is rounded once, from the middle to the even cent.
#[tokio::test]
async fn every_track_is_a_line_that_is_rounded_once() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = made(&ada, "activities", json!({"name": "a", "rate": euros(1)})).await;
    // A half each: to the even one, which is nothing.
    for day in [11, 12, 13] {
        spent(&ada, activity, day, 1_800).await;
    }
    // One and a half: two. Over midnight, where each half of it alone would be nothing or one.
    let late = json!({"activity": activity, "start": "2027-01-14T23:30:00Z", "end": "2027-01-15T01:00:00Z", "billable": true});
    made(&ada, "tracks", late).await;
    let report = async |query: &str| ada.get(&format!("{WEEK}&{query}")).await.json();
    let amounts = |report: &serde_json::Value| {
        let groups = report["groups"].as_array().unwrap().clone();
        groups.iter().map(|group| group["money"][0]["amount"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let days = report("group_by=day").await;
    assert_eq!((amounts(&days), &days["total"]["money"][0]["amount"]), (vec![0, 0, 0, 0, 2], &json!(2)));
    assert_eq!(amounts(&report("group_by=activity").await), [2]);
    assert_eq!(amounts(&report("group_by=day&midnight=start").await), [0, 0, 0, 2]);
    // Lengths that are rounded cost as much as they are: half an hour is an hour then.
    let rounded = report("group_by=week&rounding=up&rounding_minutes=60").await;
    assert_eq!((amounts(&rounded), &rounded["total"]["rounded_seconds"]), (vec![5], &json!(18_000)));
}

/// R160: the scopes that an activity needs say nothing of what it costs.
#[tokio::test]
async fn who_may_not_know_rates_neither_sees_nor_changes_them() {
    let world = World::new().await;
    let ada = world.person("ada");
    let with = |token: &str, scope: &str| {
        world.authority.knows(token, world.authority.vouches(ada.subject, "ada", scope));
        world.bearer(token)
    };
    let all = "activities:read activities:write projects:read projects:write tracks:read reports:read";
    let narrow = with("narrow", all);
    let seeing = with("seeing", &format!("{all} rates:read"));
    let setting = with("setting", &format!("{all} rates:write"));
    for (kind, item) in [
        ("activities", Item::activity as fn(&Answer, &str) -> Item),
        ("projects", Item::project),
        ("clients", Item::client),
    ] {
        let list = format!("/api/{kind}/");
        let made = ada.post(&list, json!({"name": "a", "rate": euros(9_500)})).await;
        let (path, blind) = (format!("{list}{}/", made.id()), item(&made, "a").without("rate"));
        narrow.get(&path).await.is(200, &blind.to_string()).has("etag", "\"1.0\"");
        seeing.get(&path).await.is(200, &made.text).has("etag", "\"1\"");
        let results = narrow.get(&list).await.json()["results"].clone();
        assert_eq!(results, json!([serde_json::from_str::<serde_json::Value>(&blind.to_string()).unwrap()]));
        assert!(narrow.send(Method::OPTIONS, &list).await.json()["actions"]["POST"]["rate"].is_null());
        // What such a client says of it is not read, right or wrong.
        let blind = blind.with("name", r#""b""#).with("version", 2);
        for rate in [json!(null), euros(1), json!("much")] {
            narrow.put(&path, json!({"name": "b", "rate": rate})).await.is(200, &blind.to_string());
            seeing.patch(&path, json!({ "rate": rate })).await;
        }
        assert_eq!(ada.get(&path).await.json()["rate"], euros(9_500));
        let stale = narrow.request(Method::PATCH, &path).header("if-match", "\"1.0\"");
        let stale = stale.header("content-type", "application/json").body("{}");
        Answer::read(stale.send().await.unwrap())
            .await
            .is(412, &format!(r#"{{"detail":"This is not the version that is there.","current":{blind}}}"#));
        let blind = blind.with("version", 3);
        setting.patch(&path, json!({"rate": euros(8_000)})).await.is(200, &blind.to_string());
        assert_eq!(seeing.get(&path).await.json()["rate"], euros(8_000));
        let changes = narrow.get(&format!("/api/changes/?types={kind}")).await.json()["changes"].clone();
        assert!(changes[0]["data"]["name"] == "b" && changes[0]["data"].get("rate").is_none());
    }
    // The answer to a key is repeated to none who may see less than the first.
    let keyed = async |person: &Person| {
        let request = person.request(Method::POST, "/api/clients/").header("idempotency-key", "k");
        let body = json!({"name": "Once", "rate": euros(1)}).to_string();
        Answer::read(request.header("content-type", "application/json").body(body).send().await.unwrap())
            .await
    };
    assert_eq!((keyed(&ada).await.status, keyed(&ada).await.status), (201, 201));
    assert_eq!(keyed(&narrow).await.status, 422);
}

/// Whoever kept a copy without rates and may see them now reads from the beginning.
#[tokio::test]
async fn time_costs_nothing_in_the_reports_of_who_may_not_know_rates() {
    let world = World::new().await;
    let ada = world.person("ada");
    let activity = made(&ada, "activities", json!({"name": "a", "rate": euros(9_500)})).await;
    spent(&ada, activity, 12, 3_600).await;
    let with = |token: &str, scope: &str| {
        world.authority.knows(token, world.authority.vouches(ada.subject, "ada", scope));
        world.bearer(token)
    };
    let (narrow, wide) = (
        with("narrow", "reports:read activities:read"),
        with("wide", "reports:read activities:read rates:read"),
    );
    let group = json!({"activity": activity, "seconds": 3_600, "tracks": 1});
    let report = narrow.get(&format!("{WEEK}&group_by=activity")).await.json();
    assert_eq!(
        (&report["total"], &report["groups"]),
        (&json!({"seconds": 3_600, "tracks": 1}), &json!([group]))
    );
    let report = wide.get(WEEK).await.json();
    assert_eq!(report["total"]["money"], json!([{"amount": 9_500, "currency": "EUR", "exponent": 2}]));
    let cursor = narrow.get("/api/changes/").await.json()["cursor"].as_str().unwrap().to_owned();
    assert_eq!(narrow.get(&format!("/api/changes/?since={cursor}")).await.status, 200);
    assert_eq!(wide.get(&format!("/api/changes/?since={cursor}")).await.status, 410);
    // What costs nothing was told whole.
    let (narrow, wide) = (
        with("narrow-of-all", "tracks:read projects:read"),
        with("wide-of-all", "tracks:read projects:read rates:read"),
    );
    let without = "types=tracks,tags";
    let cursor =
        narrow.get(&format!("/api/changes/?{without}")).await.json()["cursor"].as_str().unwrap().to_owned();
    assert_eq!(wide.get(&format!("/api/changes/?{without}&since={cursor}")).await.status, 200);
    assert_eq!(wide.get(&format!("/api/changes/?{without},clients&since={cursor}")).await.status, 410);
}
