//! What the database alone can do: the same durable writes as the endpoints make, by as many callers at once,
//! through the same queue and groups, with no HTTP around them. Prints a rate for each, as JSON.

#![expect(clippy::disallowed_methods, reason = "a program of its own, which reads its environment")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use authz::app::App;
use authz::audit::Origin;
use authz::config::Config;
use authz::store::grants::{self, Grant, Presented};
use model::db::{Conn, Db};
use model::id::{GrantId, UserId};
use model::secret::Secret;
use model::settings::Settings;
use model::time::Clock;
use timetracker_api::auth::scopes::Scopes;
use timetracker_api::auth::{Caller, people};
use timetracker_api::tracks::change;
use timetracker_api::tracks::form::Draft;
use timetracker_api::wire::challenge::Scheme;
use timetracker_api::wire::fields::Extent;
use timetracker_api::wire::sent::Sent;
use timetracker_api::{MIGRATIONS, catalogue, changes};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const CALLERS: usize = 32;
const FOR: Duration = Duration::from_secs(4);

#[actix_web::main]
async fn main() -> Outcome<()> {
    let app =
        App::open(Config::from_settings(Settings::new("AUTHZ_", std::env::vars()))?, Clock::system()).await?;
    let user = authz::sign_up::create(
        &app,
        &Origin::CommandLine(None),
        "commits",
        Secret::new("commits all day long".to_owned()),
    )
    .await?;
    let grant = Grant {
        id: GrantId::new(app.now()),
        user_id: user.id,
        client_id: "bench".to_owned(),
        scopes: app.config.all_scopes(),
        authenticated_at: app.now(),
        created_at: app.now(),
        ends_at: app.now().plus(Duration::from_secs(86_400)),
        refresh_current: 1,
        refresh_previous: None,
        rotated_at: app.now(),
        revoked_at: None,
    };
    let exchange = measure(&app.db, |_| {
        let now = app.now();
        let grant = Grant { id: GrantId::new(now), ..grant.clone() };
        move |conn: &mut Conn| grants::claim(conn, &grant, now).map(drop)
    })
    .await?;

    // Each caller rotates a grant of its own.
    let own: Vec<GrantId> = (0..CALLERS).map(|_| GrantId::new(app.now())).collect();
    for id in &own {
        let (grant, now) = (Grant { id: *id, ..grant.clone() }, app.now());
        app.db
            .write(move |conn| grants::claim(conn, &grant, now))
            .await?
            .map_err(|refused| format!("{refused:?}"))?;
    }
    let generations: Vec<AtomicU64> = (0..CALLERS).map(|_| AtomicU64::new(1)).collect();
    let refresh = measure(&app.db, |caller| {
        let generation = generations.get(caller).map_or(1, |each| each.fetch_add(1, Ordering::Relaxed));
        let presented = Presented {
            grant: own.get(caller).copied().unwrap_or(grant.id),
            generation: i64::try_from(generation).unwrap_or(1),
            client: "bench".to_owned(),
        };
        let now = app.now();
        move |conn: &mut Conn| grants::rotate(conn, &presented, now, Duration::ZERO).map(drop)
    })
    .await?;

    let tracks = tracks().await?;
    println!(r#"{{"exchange": {exchange}, "refresh": {refresh}, "track_post": {tracks}}}"#);
    Ok(())
}

async fn tracks() -> Outcome<u64> {
    let mut said = Settings::new("TIMETRACKER_", std::env::vars());
    let url = said.required("DATABASE_URL", "a database URL").ok_or("no database")?;
    MIGRATIONS.run(&url)?;
    let (db, clock) = (Db::open(&url)?, Clock::system());
    let person = people::recognize(&db, "bench", UserId(1), "bench".to_owned(), clock.now()).await?;
    let caller = Arc::new(Caller {
        person: person.id,
        workspace: person.workspace_id,
        client: "bench".to_owned(),
        granted: "write".parse()?,
        scopes: Scopes::default(),
        scheme: Scheme::Bearer,
        key: None,
        meter: Arc::default(),
    });
    let draft = catalogue::form::Draft::named("bench");
    let (workspace, at) = (caller.workspace, clock.clone());
    let activity = db
        .write(move |conn| {
            let stamp = changes::begin(conn, workspace, &at)?;
            catalogue::store::insert(conn, workspace, catalogue::Kind::Activity, draft, stamp)
        })
        .await?;
    let activity = activity.map_err(|refused| format!("{refused:?}"))?;
    let sent = Sent::Json(serde_json::json!({
        "activity": activity.id.0, "description": "Reading about pumps",
        "start": "2023-11-14T22:13:20Z", "end": "2023-11-14T22:28:20Z",
    }));
    measure(&db, |_| {
        let (caller, sent, clock) = (caller.clone(), sent.clone(), clock.clone());
        move |conn: &mut Conn| {
            let stamp = changes::begin(conn, caller.workspace, &clock)?;
            let draft = Draft::read(&sent, Extent::Whole);
            let kept = draft.map(|draft| change::insert(conn, &caller, draft, None, stamp));
            assert!(matches!(kept, Ok(Ok(Ok(_)))), "{kept:?}");
            Ok(())
        }
    })
    .await
}

/// How many writes a second `CALLERS` callers get, each waiting for its answer before the next.
async fn measure<W>(db: &Db, work: impl Fn(usize) -> W) -> Outcome<u64>
where
    W: FnOnce(&mut Conn) -> diesel::QueryResult<()> + Send + 'static,
{
    let done = Arc::new(AtomicU64::new(0));
    let until = Instant::now() + FOR;
    let callers = (0..CALLERS).map(|caller| {
        let (done, work) = (done.clone(), &work);
        async move {
            while Instant::now() < until {
                db.write(work(caller)).await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<(), model::db::DbError>(())
        }
    });
    futures_util::future::try_join_all(callers).await?;
    Ok(done.load(Ordering::Relaxed) / FOR.as_secs())
}
