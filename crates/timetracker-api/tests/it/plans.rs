//! The questions that are asked most are answered from an index: without a sort, and without looking at everybody's rows. What
//! is explained is the very SQL of the store functions, caught on its way to the database, among twenty thousand tracks
//! that the benchmark's seeder made.

mod explain;
#[path = "../../examples/seed_tracks/fill.rs"]
mod fill;
#[path = "../../examples/seed_tracks/seed.rs"]
mod seed;

use std::sync::Arc;

use diesel::connection::{Connection, SimpleConnection};
use diesel::prelude::*;
use diesel::{PgConnection, SqliteConnection};
use model::db::testing::TestDatabase;
use model::db::{Conn, DatabaseUrl};
use model::id::{Uid, UserId};
use model::scope::ScopeSet;
use model::time::Timestamp;
use serde_json::json;
use timetracker_api::auth::Caller;
use timetracker_api::auth::scopes::Scopes;
use timetracker_api::catalogue::store::Key;
use timetracker_api::changes::Stamp;
use timetracker_api::changes::cursor::{Kind, Place};
use timetracker_api::id::{ActivityId, TrackId};
use timetracker_api::schema::{people, track_tags, tracks};
use timetracker_api::tracks::change::{self, Asked};
use timetracker_api::tracks::form::Draft;
use timetracker_api::tracks::schedule;
use timetracker_api::tracks::store::memory::Memory;
use timetracker_api::tracks::store::pages::{self, Filter};
use timetracker_api::wire::fields::Extent;
use timetracker_api::wire::paging::Wanted;
use timetracker_api::wire::query::Parameters;
use timetracker_api::wire::sent::Sent;
use timetracker_api::wire::{cursor, listing};
use timetracker_api::{MIGRATIONS, catalogue, changes, feeds, me, reports};

use explain::{Explained, explain, hear};
use seed::Seed;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);
const YEAR: std::time::Duration = std::time::Duration::from_secs(365 * 86_400);

/// A database full of tracks, and one of the people in it. The connection goes before the database does.
struct Seeded {
    conn: Conn,
    caller: Caller,
    _database: TestDatabase,
}

#[expect(clippy::disallowed_methods, reason = "a connection of its own, whose settings the test changes")]
impl Seeded {
    fn new() -> Self {
        let database = TestDatabase::new();
        MIGRATIONS.run(database.url()).unwrap();
        let mut conn = match database.url() {
            DatabaseUrl::Sqlite(path) => {
                Conn::Sqlite(SqliteConnection::establish(path.to_str().unwrap()).unwrap())
            }
            DatabaseUrl::Postgres(url) => Conn::Postgres(PgConnection::establish(url).unwrap()),
        };
        let issuer = "https://id.example.com/o".to_owned();
        let seed = Seed { tracks: 20_000, people: 200, years: 5, issuer, first_subject: 1, now: NOW };
        conn.transaction(|conn| fill::fill(conn, &[seed])).unwrap();
        if let Conn::Postgres(conn) = &mut conn {
            conn.batch_execute("ANALYZE tracks, track_tags, activities, tags, people, workspaces").unwrap();
        }
        let caller = people::table
            .filter(people::subject.eq(UserId(7)))
            .select((people::id, people::workspace_id))
            .get_result(&mut conn);
        let (person, workspace) = caller.unwrap();
        let granted: ScopeSet = "read".parse().unwrap();
        let caller = Caller {
            person,
            workspace,
            client: "web".to_owned(),
            scopes: Scopes::of(&granted),
            granted,
            key: None,
            scheme: timetracker_api::wire::challenge::Scheme::Bearer,
            meter: Arc::default(),
        };
        Self { conn, caller, _database: database }
    }

    fn explain<T>(&mut self, ask: impl FnOnce(&mut Conn) -> QueryResult<T>) -> Vec<Explained> {
        self.conn.transaction(|conn| explain(conn, ask)).unwrap()
    }
}

/// The first page, and one in the middle, of the lists that things are picked from. Other orders than the usual one are
/// sorted, of ten thousand rows at most.
#[test]
fn lists_of_the_catalogue_go_by_an_index() {
    let mut seeded = Seeded::new();
    let workspace = seeded.caller.workspace;
    let numbered = Wanted::read(&Parameters::parse("").unwrap()).unwrap();
    let order = cursor::Order { key: Key::Id, name: "id", descends: true };
    let from = Some(cursor::Place { value: cursor::Value::Absent, id: 7 });
    let placed = cursor::Wanted { order, from, is_back: false, size: 20 };
    for (kind, table) in [(catalogue::Kind::Activity, "activities"), (catalogue::Kind::Tag, "tags")] {
        let index = format!("{table}_of_workspace");
        let filter = catalogue::store::Filter::default();
        let wanted = listing::Wanted::Numbered(numbered, Vec::new());
        let page = seeded.explain(|conn| catalogue::store::page(conn, workspace, kind, &filter, &wanted));
        let [_, rows] = page.as_slice() else { panic!("{page:?}") };
        rows.goes_by(table, &index);
        let wanted = listing::Wanted::Placed(placed.clone());
        let page = seeded.explain(|conn| catalogue::store::page(conn, workspace, kind, &filter, &wanted));
        let [rows] = page.as_slice() else { panic!("{page:?}") };
        rows.goes_by(table, &index);
        let full = seeded.explain(|conn| catalogue::store::is_full(conn, workspace, kind, 1));
        let [full] = full.as_slice() else { panic!("{full:?}") };
        full.goes_by(table, &index);
    }
}

/// The seeder makes what the product would have made: its counts are right, one timer runs, nothing overlaps.
#[test]
fn seeded_rows_are_as_the_product_would_have_kept_them() {
    let mut seeded = Seeded::new();
    let (conn, caller) = (&mut seeded.conn, &seeded.caller);
    let counted: i64 =
        people::table.find(caller.person).select(people::track_count).get_result(conn).unwrap();
    let own = tracks::table.filter(tracks::person_id.eq(caller.person));
    let alive: i64 = own.filter(tracks::deleted_at.is_null()).count().get_result(conn).unwrap();
    let all: Vec<(Timestamp, Option<Timestamp>, i64)> = own
        .order((tracks::start_at, tracks::id))
        .select((tracks::start_at.assume_not_null(), tracks::end_at, tracks::seq))
        .load(conn)
        .unwrap();
    assert_eq!((all.len(), counted), (100, alive));
    let tagged = own.filter(tracks::tags.ne("")).select(tracks::id).load::<TrackId>(conn).unwrap();
    let links = track_tags::table.filter(track_tags::track_id.eq_any(&tagged));
    let linked = links.select(track_tags::track_id).distinct().load::<TrackId>(conn).unwrap();
    assert_eq!(linked.len(), tagged.len());

    for pair in all.windows(2) {
        assert!(pair[0].1.unwrap() <= pair[1].0 && pair[0].2 < pair[1].2, "{pair:?}");
    }
    assert_eq!(changes::store::last(conn, caller.workspace).unwrap(), all.last().unwrap().2);
    let running: i64 = tracks::table.filter(tracks::end_at.is_null()).count().get_result(conn).unwrap();
    assert_eq!(running, 100);
    assert_eq!(schedule::running(conn, caller.person).unwrap().unwrap().person, caller.person);
}

#[test]
fn the_questions_that_are_asked_most_go_by_an_index() {
    let mut seeded = Seeded::new();
    let person = seeded.caller.person;
    let wanted = Wanted::read(&Parameters::parse("page_size=20&page=2").unwrap()).unwrap();
    let (caller, wanted) = (seeded.caller.clone(), listing::Wanted::Numbered(wanted, Vec::new()));
    let page = seeded.explain(|conn| pages::page(conn, &caller, &Filter::default(), &wanted));
    let [count, rows] = page.as_slice() else { panic!("{page:?}") };
    count.finds_one("people");
    rows.goes_by("tracks", "tracks_of_person");

    // The first page has the count with it.
    let first = Wanted::read(&Parameters::parse("page_size=20").unwrap()).unwrap();
    let count = ["SEARCH people USING INTEGER PRIMARY KEY", "using people_pkey"];
    let begun = ["tracks USING INDEX tracks_recent (person_id=?", "using tracks_recent"];
    for (by, rows) in [
        (vec![], ["tracks USING INDEX tracks_of_person (person_id=?", "using tracks_of_person"]),
        (vec![(pages::Key::Start, true)], begun),
        (vec![(pages::Key::Start, false)], begun),
    ] {
        let first = listing::Wanted::Numbered(first, by);
        let first = seeded.explain(|conn| pages::page(conn, &caller, &Filter::default(), &first));
        let [first] = first.as_slice() else { panic!("{first:?}") };
        first.looks_up(&[count, rows]);
    }

    let newest = cursor::Order { key: pages::Key::Start, name: "start", descends: true };
    let newest = cursor::Wanted { order: newest, from: None, is_back: false, size: 20 };
    let newest = listing::Wanted::Placed(newest);
    let newest = seeded.explain(|conn| pages::page(conn, &caller, &Filter::default(), &newest));
    let [newest] = newest.as_slice() else { panic!("{newest:?}") };
    let [drafts, begun] = [["tracks USING INDEX tracks_recent (person_id=?", "using tracks_recent"]; 2];
    newest.looks_up(&[drafts, begun]);

    let first = Wanted::read(&Parameters::parse("").unwrap()).unwrap();
    let first = listing::Wanted::Numbered(first, Vec::new());
    let runs = Filter { running: Some(true), ..Filter::default() };
    let timers = seeded.explain(|conn| pages::page(conn, &caller, &runs, &first));
    let [count, rows] = timers.as_slice() else { panic!("{timers:?}") };
    count.goes_by("tracks", "tracks_running");
    assert!(format!("{rows:?}").contains("tracks_running"), "{rows:?}");
    let deep = Filter { tags: vec!["Deep".to_owned()], ..Filter::default() };
    let few = Wanted::read(&Parameters::parse("page_size=5&page=2").unwrap()).unwrap();
    let few = listing::Wanted::Numbered(few, Vec::new());
    let tagged = seeded.explain(|conn| pages::page(conn, &caller, &deep, &few));
    let [tag, count, rows] = tagged.as_slice() else { panic!("{tagged:?}") };
    tag.goes_by("tags", "tags_name");
    let links = ["track_tags USING PRIMARY KEY (tag_id=?", "using track_tags_pkey"];
    // To count, SQLite reads an index of the person's alone.
    count.looks_up(&[links, ["tracks USING COVERING INDEX tracks_recent (person_id=?", "on tracks"]]);
    rows.looks_up(&[links, ["tracks USING INDEX tracks_of_person (person_id=? AND id=?", "on tracks"]]);

    let timer = seeded.explain(|conn| schedule::running(conn, person));
    let [running] = timer.as_slice() else { panic!("{timer:?}") };
    running.goes_by("tracks", "tracks_running");

    let year = (NOW.minus(YEAR), NOW);
    for with_tags in [false, true] {
        let summary = seeded.explain(|conn| reports::store::within(conn, person, year, with_tags));
        let [summary] = summary.as_slice() else { panic!("{summary:?}") };
        let near = if with_tags {
            ["tracks USING INDEX tracks_recent (person_id=? AND start_at>?", "Index Scan using tracks_recent"]
        } else {
            let covering = "tracks USING COVERING INDEX tracks_recent (person_id=? AND start_at>?";
            [covering, "Index Only Scan using tracks_recent"]
        };
        let runs = ["tracks USING INDEX tracks_running (person_id=?", "using tracks_running"];
        let long = ["tracks USING INDEX tracks_long (person_id=?", "using tracks_long"];
        summary.goes_by_each("tracks", &[runs, long, near]);
    }

    let detailed = seeded.explain(|conn| reports::detailed::store::after(conn, person, year, None, 500));
    let [older, running, near] = detailed.as_slice() else { panic!("{detailed:?}") };
    older.goes_by("tracks", "tracks_long");
    running.goes_by("tracks", "tracks_running");
    near.goes_by("tracks", "tracks_recent");
    let place = Some((NOW.minus(YEAR / 2), TrackId(7)));
    let behind = seeded.explain(|conn| reports::detailed::store::after(conn, person, year, place, 500));
    let [behind] = behind.as_slice() else { panic!("{behind:?}") };
    behind.goes_by("tracks", "tracks_recent");

    let opened = seeded.explain(|conn| feeds::store::open(conn, [7; 32]));
    let [opened] = opened.as_slice() else { panic!("{opened:?}") };
    opened.goes_by("feeds", "feeds_token");
    opened.finds_one("people");
    opened.finds_one("workspaces");
    let calendar = seeded.explain(|conn| feeds::store::recent(conn, person, NOW.minus(YEAR / 4), 10_000));
    let [calendar] = calendar.as_slice() else { panic!("{calendar:?}") };
    calendar.goes_by("tracks", "tracks_recent");
}

/// What has changed is asked as often as there are copies, and whether anything has as often as anything is asked again.
#[test]
fn what_changed_goes_by_an_index() {
    let mut seeded = Seeded::new();
    let (caller, workspace) = (seeded.caller.clone(), seeded.caller.workspace);
    let last = seeded.explain(|conn| changes::store::last(conn, workspace));
    let [last] = last.as_slice() else { panic!("{last:?}") };
    last.finds_one("workspaces");
    let person = caller.person;
    let settings = seeded.explain(|conn| me::store::settings_as_of(conn, person));
    let [settings] = settings.as_slice() else { panic!("{settings:?}") };
    settings.finds_one("people");
    settings.finds_one("workspaces");
    let since = Place { seq: 70, kind: Kind::Track, id: 7 };
    let news = seeded.explain(|conn| changes::store::news(conn, &caller, since, 501));
    // PostgreSQL is asked once.
    let (news, tracks) = match news.as_slice() {
        [both] => (both, both),
        [news, tracks] => (news, tracks),
        _ => panic!("{news:?}"),
    };
    news.finds_one("workspaces");
    news.looks_up(&[
        ["tags USING COVERING INDEX tags_feed (workspace_id=? AND seq>?", "using tags_feed"],
        [
            "activities USING COVERING INDEX activities_feed (workspace_id=? AND seq>?",
            "using activities_feed",
        ],
    ]);
    tracks.goes_by("tracks", "tracks_feed");
    let kinds = [catalogue::Kind::Tag, catalogue::Kind::Activity];
    let items = |conn: &mut Conn| changes::store::items(conn, workspace, kinds.into_iter(), since, 501, 501);
    let items = seeded.explain(items);
    let [tags, activities] = items.as_slice() else { panic!("{items:?}") };
    tags.goes_by("tags", "tags_feed");
    activities.goes_by("activities", "activities_feed");
}

/// What many changes in one transaction have in common is asked once.
#[test]
fn what_a_transaction_has_looked_up_it_does_not_look_up_again() {
    let mut seeded = Seeded::new();
    let (conn, caller) = (&mut seeded.conn, &seeded.caller);
    let own = tracks::table.filter(tracks::person_id.eq(caller.person)).filter(tracks::deleted_at.is_null());
    let all: Vec<(TrackId, Uid, ActivityId)> = own
        .order(tracks::id)
        .limit(2)
        .select((tracks::id, tracks::uid, tracks::activity_id))
        .load(conn)
        .unwrap();
    let [(first, _, activity), (second, uid, _)] = all.as_slice() else { panic!("{all:?}") };
    let data = Sent::Json(json!({"activity": activity.0, "description": "changed", "tags": ["one", "two"]}));
    let had: Vec<String> = own.order(tracks::id).limit(2).select(tracks::tags).load(conn).unwrap();
    assert_ne!(had[0], had[1]);
    let (mut memory, asked) = (Memory::default(), Asked::default());
    let stamp = Stamp { seq: 1_000, at: NOW };
    let update = |conn: &mut Conn, id, memory: &mut Memory| {
        let draft = Draft::read(&data, Extent::Part);
        hear(conn, |conn| change::update(conn, caller, id, draft, &asked, (stamp, memory))).unwrap()
    };
    let lookups = |heard: &[String]| {
        let from = heard.iter().filter_map(|query| query.split(" FROM ").nth(1));
        let from = from.map(|table| table.trim_start_matches(['(', '`', '"']));
        from.filter(|table| ["people", "activities", "tags"].iter().any(|each| table.starts_with(each)))
            .count()
    };
    let asked_first = update(conn, *first, &mut memory);
    assert_eq!(lookups(&asked_first), 5, "{asked_first:?}");
    let asked_then = update(conn, *second, &mut memory);
    // Its own tags, which nothing had yet.
    assert_eq!(lookups(&asked_then), 1, "{asked_then:?}");
    let draft = Draft::known(&data, *uid);
    let upserted =
        hear(conn, |conn| change::upsert(conn, caller, draft, *uid, &asked, (stamp, &mut memory))).unwrap();
    assert_eq!(lookups(&upserted), 0, "{upserted:?}");
}
