use std::net::SocketAddr;

use actix_web::{App as Service, HttpServer, web};
use chrono::{NaiveTime, Weekday};
use chrono_tz::Tz;
use futures_util::TryStreamExt;
use model::id::Uid;
use model::time::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::id::{ActivityId, PersonId, TrackId};
use crate::reports::days::days;
use crate::reports::detailed::store::{Directory, Entry};
use crate::reports::query::Query;
use crate::reports::sum::{Midnight, Rules};
use crate::tracks::source::Source;

fn asked() -> Arc<Asked> {
    let (from, to) = ("2026-10-19".parse().unwrap(), "2026-10-25".parse().unwrap());
    let rules =
        Rules { keys: Vec::new(), midnight: Midnight::Split, week_start: Weekday::Mon, rounding: None };
    let query = Query {
        from,
        to,
        zone: Tz::UTC,
        day_start: NaiveTime::MIN,
        rules,
        billable: None,
        activity: None,
        project: None,
        client: None,
        tag: None,
        with_running: true,
    };
    let days = days(Tz::UTC, from, to, NaiveTime::MIN);
    Arc::new(Asked { person: PersonId(1), query, days, now: Timestamp::from_unix_seconds(1_800_000_000) })
}

/// So many tracks of a week each, which are seven rows, with so long a text.
fn batch(tracks: i64, length: usize) -> Batch {
    let start: Timestamp = "2026-10-18T12:00:00Z".parse().unwrap();
    let entry = |id| Entry {
        id: TrackId(id),
        start,
        end: Some("2026-10-25T12:00:00Z".parse().unwrap()),
        activity: ActivityId(1),
        uid: Uid(uuid::Uuid::nil()),
        description: "x".repeat(length),
        tags: String::new(),
        billable: false,
        source: Source::Human,
    };
    Batch { entries: (0..tracks).map(entry).collect(), names: Directory::new() }
}

/// What comes out where this is told, one after the other.
async fn parts_of(told: Vec<Told>, form: Form) -> Result<Vec<Bytes>, ApiError> {
    let (sender, receiver) = mpsc::channel(told.len().max(1));
    for each in told {
        sender.try_send(each).unwrap();
    }
    drop(sender);
    Parts::new(receiver, asked(), form).stream().try_collect().await
}

/// R164: however much there is of it, no more is held than a part and a row.
#[actix_web::test]
async fn a_part_is_as_long_as_a_part_and_a_row_at_most() {
    for form in [Form::Csv, Form::Ndjson] {
        let told = vec![Ok(Some(batch(30, 10_000))), Ok(Some(batch(0, 0))), Ok(Some(batch(1, 3))), Ok(None)];
        let parts = parts_of(told, form).await.unwrap();
        assert!(parts.iter().all(|part| part.len() < ENOUGH + 11_000), "{form:?}");
        let whole = String::from_utf8(parts.concat()).unwrap();
        assert_eq!(whole.lines().count(), 31 * 7 + usize::from(form == Form::Csv));
        assert!(parts.len() > 30 && parts.len() < 35, "{}", parts.len());
    }
}

/// R151: it ends well only when it was said that there is no more.
#[actix_web::test]
async fn what_has_no_end_is_no_whole() {
    assert_eq!(parts_of(vec![Ok(None)], Form::Ndjson).await.unwrap(), Vec::<Bytes>::new());
    for told in [vec![], vec![Ok(Some(batch(1, 1)))], vec![Ok(Some(batch(1, 1))), Err(DbError::Panicked)]] {
        assert!(matches!(parts_of(told, Form::Ndjson).await, Err(ApiError::Internal(_))));
    }
}

/// What comes over the wire, to where the connection ends.
async fn received(address: SocketAddr, path: &str) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection may be reset where the answer breaks off.
    let _ = connection.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// R151: whoever panics half way leaves an answer without its last chunk (RFC 9112 section 8), on a real connection.
#[actix_web::test]
async fn what_panics_half_way_ends_no_answer() {
    async fn answer(panics: web::Path<bool>) -> HttpResponse {
        let (sender, receiver) = mpsc::channel(AHEAD);
        rt::spawn(async move {
            sender.send(Ok(Some(batch(1, 1)))).await.unwrap();
            sender.send(Ok(Some(batch(1, 1)))).await.unwrap();
            assert!(!panics.into_inner(), "as was asked for");
            sender.send(Ok(None)).await.unwrap();
        });
        HttpResponse::Ok().streaming(Parts::new(receiver, asked(), Form::Csv).stream())
    }
    let server = HttpServer::new(|| Service::new().route("/{panics}", web::get().to(answer)));
    let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    let running = tokio::spawn(server);
    let (whole, broken) = (received(address, "/false").await, received(address, "/true").await);
    for answer in [&whole, &broken] {
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("transfer-encoding: chunked"));
        assert!(answer.contains("2026-10-25,2026-10-25T00:00:00Z,2026-10-25T12:00:00Z"), "{answer}");
    }
    assert!(whole.ends_with("\r\n0\r\n\r\n"), "{whole}");
    assert!(!broken.ends_with("\r\n0\r\n\r\n"), "{broken}");
    handle.stop(true).await;
    running.await.unwrap().unwrap();
}

/// R164: where nothing is wanted nothing is sent, and it is seen all the same that nobody waits for it any more: at once, not
/// only when there is something to send.
#[actix_web::test]
async fn nobody_is_read_for_who_has_gone() {
    let (sender, receiver) = mpsc::channel(AHEAD);
    drop(receiver);
    read_on(async || panic!("nobody takes it"), Some(batch(0, 0)), sender).await;

    let (sender, receiver) = mpsc::channel(AHEAD);
    let (mut receiver, mut turns) = (Some(receiver), 0);
    let nothing = async || {
        turns += 1;
        if turns == 3 {
            receiver.take();
            // The database is at it still.
            std::future::pending::<()>().await;
        }
        Ok(Some(batch(0, 0)))
    };
    read_on(nothing, Some(batch(0, 0)), sender).await;
    assert_eq!(turns, 3);
}
