//! `/api/reports/summary/`: where the time went. Days are those of a zone, as long as they are there. [`detailed`] has the
//! tracks behind it.
//!
//! [`query`] is what is asked, [`store`] reads what was [`spent`] and the [`book`] of what it costs, of which the [`ledger`] keeps the last, [`days`] knows
//! when days begin, [`cut`] cuts tracks into days, [`sum`] adds up by [`group`].

pub mod book;
pub mod cut;
pub mod days;
pub mod described;
pub mod detailed;
pub mod group;
#[cfg(test)]
mod invariants;
pub mod ledger;
pub mod query;
pub mod spent;
pub mod store;
pub mod sum;

use actix_web::web::ThinData;
use actix_web::{HttpRequest, HttpResponse};
use days::Day;
use group::Value;
use ledger::Ledger;
use model::time::Timestamp;
use query::Query;
use sum::{Sum, Sums};

use crate::auth::allowed::Allowed;
use crate::wire::error::ApiError;
use crate::wire::query::Parameters;
use crate::wire::{json, metadata};
use crate::{App, me};

/// `GET ?from=…&to=…&tz=…&group_by=day,activity…`.
///
/// # Errors
/// 400 with everything that is wrong.
pub async fn get(
    caller: Allowed,
    ThinData(app): ThinData<App>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (said, now) = (Parameters::parse(request.query_string())?, app.clock().now());
    let (with_money, caller) = (caller.sees_rates(), caller.caller());
    let (person, kept) = (caller.person, app.ledgers().get(&caller.person).await);
    let report = move |conn: &mut _| {
        let (usual, as_of) = me::store::settings_as_of(conn, person)?;
        let query = match Query::read(&said, &usual, now, query::LONGEST) {
            Ok(query) => query,
            Err(error) => return Ok(Err(error)),
        };
        let days = days::days(query.zone, query.from, query.to, query.day_start);
        let (Some(first), Some(last)) = (days.first(), days.last()) else {
            return Ok(Ok((write(&query, &Sums::default(), with_money), None)));
        };
        let (range, with_tags) = ((first.begins, last.begins), query.looks_at_tags());
        let (ledger, is_new) = match Ledger::kept_or_read(kept, conn, &caller, as_of, (range, with_tags))? {
            Ok(found) => found,
            Err(error) => return Ok(Err(error)),
        };
        let answer = write(&query, &add_up(&query, &days, (&ledger, range), now), with_money);
        Ok(Ok((answer, is_new.then_some(ledger))))
    };
    let (answer, new) = app.db().read(report).await??;
    if let Some(ledger) = new {
        app.ledgers().put(person, ledger).await;
    }
    Ok(answer.response())
}

/// Adds up what is asked for of a ledger, which may have more.
fn add_up(
    query: &Query,
    days: &[Day],
    (ledger, range): (&Ledger, (Timestamp, Timestamp)),
    now: Timestamp,
) -> Sums {
    let running = ledger.tracks.running_until(now).filter(|_| query.with_running);
    let wanted = running.iter().chain(ledger.ended(range)).filter(|track| {
        let belongs = ledger.book.of(track.activity);
        let belongs = belongs.map_or((None, None), |belongs| (belongs.project, belongs.client));
        query.admits((track.activity, belongs), track.billable, &track.tags)
    });
    sum::sum(&query.rules, days, &ledger.book, wanted)
}

fn write(query: &Query, sums: &Sums, with_money: bool) -> json::Tagged {
    let mut body = Vec::with_capacity(1_024 + sums.groups.len() * 128);
    body.extend_from_slice(b"{\"query\":{");
    query.write(&mut body);
    body.extend_from_slice(b"},\"total\":{");
    write_sum(&mut body, query, &sums.total, with_money);
    body.extend_from_slice(b"},\"groups\":");
    json::list(&mut body, &sums.groups, |out, (group, sum)| {
        out.push(b'{');
        for (key, value) in query.rules.keys.iter().zip(group) {
            json::name(out, query::name(*key));
            write_value(out, value);
            out.push(b',');
        }
        write_sum(out, query, sum, with_money);
        out.push(b'}');
    });
    body.push(b'}');
    json::Tagged::of(body)
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Date(date) => json::date(out, *date),
        Value::Month(year, month) => json::text(out, &format!("{year:04}-{month:02}")),
        Value::Activity(id) => json::number(out, id.0),
        Value::Item(id) => json::or_null(out, *id, |out, id| json::number(out, id.0)),
        Value::Billable(billable) => json::boolean(out, *billable),
        Value::Tags(names) => {
            json::list(out, names.split('\n').filter(|name| !name.is_empty()), json::text);
        }
    }
}

fn write_sum(out: &mut Vec<u8>, query: &Query, sum: &Sum, with_money: bool) {
    out.extend_from_slice(b"\"seconds\":");
    json::number(out, sum.seconds);
    if query.rules.rounding.is_some() {
        out.extend_from_slice(b",\"rounded_seconds\":");
        json::number(out, sum.rounded);
    }
    out.extend_from_slice(b",\"tracks\":");
    json::number(out, sum.tracks);
    if with_money {
        out.extend_from_slice(b",\"money\":");
        json::list(out, sum.money.sums(), |out, (currency, amount)| {
            out.extend_from_slice(b"{\"amount\":");
            out.extend_from_slice(amount.to_string().as_bytes());
            out.extend_from_slice(b",\"currency\":");
            json::text(out, currency.code());
            out.extend_from_slice(b",\"exponent\":");
            json::number(out, currency.exponent().into());
            out.push(b'}');
        });
    }
}

/// `OPTIONS`.
pub async fn options(_: Allowed) -> HttpResponse {
    metadata::response("Summary", "Where the time went.", None)
}
