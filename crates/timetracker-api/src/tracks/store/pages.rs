//! The SQL of lists. Nothing here reads more of an index than the page it is asked for, but for what a filter passes over and
//! what a page by number counts.

mod plain;
#[cfg(test)]
mod plans;

use diesel::dsl::{SqlTypeOf, exists};
use diesel::prelude::*;
use diesel::select;
use model::db::{Conn, MultiBackend};
use model::directly;
use model::time::Timestamp;

use plain::Part;

use super::row::{COLUMNS, Columns, Track};
use crate::auth::Caller;
use crate::id::{ActivityId, ItemId, PersonId, WorkspaceId};
use crate::literal::Runs;
use crate::names;
use crate::schema::{activities, lower, tags, track_tags, tracks};
use crate::tracks::source::Source;
use crate::wire::cursor::{self, Order, Value, along};
use crate::wire::error::{Verdict, or_refuse};
use crate::wire::filters::no_such_choice;
use crate::wire::listing::{Page, Wanted};
use crate::wire::paging;

/// Which tracks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of this activity.
    pub activity: Option<ActivityId>,
    /// LIKE patterns, all of which must match the description.
    pub search: Vec<String>,
    /// Only those that have all of these tags, however they are written.
    pub tags: Vec<String>,
    /// Only those that began from the first instant on, and before the second.
    pub start: (Option<Timestamp>, Option<Timestamp>),
    /// Only those that ended so.
    pub end: (Option<Timestamp>, Option<Timestamp>),
    /// Only what runs, or only what does not.
    pub running: Option<bool>,
    /// Only what is billable, or only what is not.
    pub billable: Option<bool>,
    /// Only what was written by these.
    pub source: Option<Source>,
}

/// What tracks can be ordered by. Those without a start come first, either way, on both databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// In the order they were made.
    Id,
    /// By when they began.
    Start,
    /// By activity.
    Activity,
}

type Rows<'a> = tracks::BoxedQuery<'a, MultiBackend, SqlTypeOf<Columns>>;

/// A page of the caller's tracks.
///
/// # Errors
/// When the database cannot; the inner error for an activity that is not the caller's, and when there is no such page.
pub fn page(conn: &mut Conn, caller: &Caller, filter: &Filter, wanted: &Wanted<Key>) -> Verdict<Page<Track>> {
    if let Some(activity) = filter.activity
        && !has_activity(conn, caller.workspace, activity)?
    {
        return Ok(Err(no_such_choice("activity")));
    }
    let tags: QueryResult<_> = filter.tags.iter().map(|name| tag_of(conn, caller.workspace, name)).collect();
    let asked = Asked { owner: caller.person, filter, tags: tags? };
    match wanted {
        Wanted::Numbered(wanted, by) => asked.numbered(conn, *wanted, by),
        Wanted::Placed(wanted) => {
            let rows = asked.placed(conn, wanted)?;
            let place =
                |track: &Track| cursor::Place { value: value(wanted.order.key, track), id: track.id.0 };
            Ok(Ok(Page::Placed(wanted.page(rows, place))))
        }
    }
}

fn value(key: Key, track: &Track) -> Value {
    match key {
        Key::Id => Value::Absent,
        Key::Activity => Value::Number(track.activity.0),
        Key::Start => track.start.map_or(Value::Absent, |start| Value::Number(start.micros())),
    }
}

fn ordered<'a>(mut rows: Rows<'a>, by: &[(Key, bool)]) -> Rows<'a> {
    for (key, descends) in by {
        rows = match (key, descends) {
            (Key::Id, false) => rows.then_order_by(tracks::id.asc()),
            (Key::Id, true) => rows.then_order_by(tracks::id.desc()),
            (Key::Activity, false) => rows.then_order_by(tracks::activity_id.asc()),
            (Key::Activity, true) => rows.then_order_by(tracks::activity_id.desc()),
            (Key::Start, false) => {
                rows.then_order_by(tracks::start_at.is_not_null().asc()).then_order_by(tracks::start_at.asc())
            }
            (Key::Start, true) => rows
                .then_order_by(tracks::start_at.is_not_null().asc())
                .then_order_by(tracks::start_at.desc()),
        };
    }
    if Wanted::id_descends(by) {
        rows.then_order_by(tracks::id.desc())
    } else {
        rows.then_order_by(tracks::id.asc())
    }
}

/// The tracks that are asked for.
struct Asked<'a> {
    owner: PersonId,
    filter: &'a Filter,
    /// Those of the filter.
    tags: Vec<ItemId>,
}

impl Asked<'_> {
    /// A page by number.
    fn numbered(&self, conn: &mut Conn, wanted: paging::Wanted, by: &[(Key, bool)]) -> Verdict<Page<Track>> {
        if wanted.is_first()
            && let Some((rows, count)) = self.first(conn, wanted.size(), by)?
        {
            return Ok(wanted.among(count).map(|place| Page::Numbered(place, rows)));
        }
        let place = or_refuse!(wanted.among(self.count(conn)?));
        let rows = if by.is_empty() && *self.filter == Filter::default() {
            let part = Part { goes_up: true, offset: place.offset, limit: place.limit };
            plain::by_id(conn, self.owner, None, part)?
        } else if let Some(rows) = self.by_start(conn, place, by)? {
            rows
        } else {
            let rows = self.matching().select(COLUMNS);
            ordered(rows.limit(place.limit).offset(place.offset), by).load(conn)?
        };
        Ok(Ok(Page::Numbered(place, rows)))
    }

    /// How many there are. Of all of them that is kept.
    fn count(&self, conn: &mut Conn) -> QueryResult<i64> {
        if *self.filter != Filter::default() {
            return self.matching().count().get_result(conn);
        }
        let kept = plain::count(self.owner);
        directly!(conn, |conn| kept.get_result(conn))
    }

    /// The first page by number and how many there are in all, in one question, if it is of all there are and its order is one of
    /// [`plain`].
    fn first(
        &self,
        conn: &mut Conn,
        limit: i64,
        by: &[(Key, bool)],
    ) -> QueryResult<Option<(Vec<Track>, i64)>> {
        if *self.filter != Filter::default() {
            return Ok(None);
        }
        match (by, Self::start_descends(by)) {
            ([], _) => plain::by_id_counted(conn, self.owner, limit).map(Some),
            (_, Some(descends)) => {
                let part = Part { goes_up: !descends, offset: 0, limit };
                plain::first_counted(conn, self.owner, part).map(Some)
            }
            (_, None) => Ok(None),
        }
    }

    /// Whether that order descends, if it is the one of when they began.
    fn start_descends(by: &[(Key, bool)]) -> Option<bool> {
        match by {
            [(Key::Start, descends)] => Some(*descends),
            [(Key::Start, descends), (Key::Id, too)] if descends == too => Some(*descends),
            _ => None,
        }
    }

    /// The rows of a page by number in the order of when they began, if that is the order: read off the index in two parts, as
    /// [`Asked::placed`] does, where one question would sort all there are.
    fn by_start(
        &self,
        conn: &mut Conn,
        place: paging::Place,
        by: &[(Key, bool)],
    ) -> QueryResult<Option<Vec<Track>>> {
        let Some(descends) = Self::start_descends(by) else { return Ok(None) };
        let order = Order { key: Key::Start, name: "start", descends };
        let wanted = cursor::Wanted { order, from: None, is_back: false, size: place.limit };
        let mut rows = self.load(conn, &wanted, Some(false), (place.offset, place.limit))?;
        let rest = place.limit - i64::try_from(rows.len()).unwrap_or(i64::MAX);
        // Behind those without a start that are on this page, or behind all of them, which are on pages before it.
        let before = if rows.is_empty() && place.offset > 0 {
            let drafts = self.matching().filter(tracks::start_at.is_null());
            place.offset - drafts.count().get_result::<i64>(conn)?
        } else {
            0
        };
        if rest > 0 {
            rows.extend(self.load(conn, &wanted, Some(true), (before, rest))?);
        }
        Ok(Some(rows))
    }

    /// The rows behind a place. Those without a start are asked for on their own: where an index has them differs from one
    /// database to the other.
    fn placed(&self, conn: &mut Conn, wanted: &cursor::Wanted<Key>) -> QueryResult<Vec<Track>> {
        if wanted.order.key != Key::Start {
            return self.load(conn, wanted, None, (0, wanted.limit()));
        }
        if wanted.from.is_none() && *self.filter == Filter::default() {
            let part = Part { goes_up: wanted.goes_up(), offset: 0, limit: wanted.limit() };
            return plain::first(conn, self.owner, part);
        }
        let began = wanted.from.as_ref().map(|from| from.value != Value::Absent);
        let parts = [wanted.is_back, !wanted.is_back];
        let mut rows: Vec<Track> = Vec::new();
        for has_start in
            parts.into_iter().skip_while(|has_start| began.is_some_and(|began| began != *has_start))
        {
            let rest = wanted.limit() - i64::try_from(rows.len()).unwrap_or(i64::MAX);
            if rest > 0 {
                let from = wanted.from.clone().filter(|_| began == Some(has_start));
                let wanted = cursor::Wanted { from, ..wanted.clone() };
                rows.extend(self.load(conn, &wanted, Some(has_start), (0, rest))?);
            }
        }
        Ok(rows)
    }

    /// Those of [`Asked::part`].
    fn load(
        &self,
        conn: &mut Conn,
        wanted: &cursor::Wanted<Key>,
        has_start: Option<bool>,
        (offset, limit): (i64, i64),
    ) -> QueryResult<Vec<Track>> {
        let (from, part) = (wanted.from.as_ref(), Part { goes_up: wanted.goes_up(), offset, limit });
        let id = from.map(|from| from.id);
        match (wanted.order.key, has_start) {
            _ if *self.filter != Filter::default() => {}
            (Key::Id, None) => return plain::by_id(conn, self.owner, id, part),
            (Key::Start, Some(false)) => return plain::drafts(conn, self.owner, id, part),
            (Key::Start, Some(true)) => {
                let from = from.and_then(|from| Some((from.value.number()?, from.id)));
                return plain::begun(conn, self.owner, from, part);
            }
            _ => {}
        }
        self.part(wanted, has_start).limit(limit).offset(offset).load(conn)
    }

    /// The rows behind a place in the order of one index; with a start, or without.
    fn part(&self, wanted: &cursor::Wanted<Key>, has_start: Option<bool>) -> Rows<'_> {
        let rows = self.matching().select(COLUMNS);
        let rows = match has_start {
            None => rows,
            Some(true) => rows.filter(tracks::start_at.is_not_null()),
            Some(false) => rows.filter(tracks::start_at.is_null()),
        };
        let number = wanted.from.as_ref().and_then(|from| from.value.number());
        match wanted.order.key {
            Key::Id => along!(rows, *wanted, tracks::id),
            Key::Activity => along!(rows, *wanted, tracks::activity_id, number, tracks::id),
            Key::Start => along!(rows, *wanted, tracks::start_at, number, tracks::id),
        }
    }

    fn matching(&self) -> tracks::BoxedQuery<'_, MultiBackend> {
        let filter = self.filter;
        let alive = tracks::person_id.eq(self.owner).and(tracks::deleted_at.is_null());
        let mut rows = tracks::table.filter(alive).into_boxed();
        if let Some(activity) = filter.activity {
            rows = rows.filter(tracks::activity_id.eq(activity));
        }
        for pattern in &filter.search {
            rows = rows.filter(lower(tracks::description).like(lower(pattern)).escape('\\'));
        }
        for tag in &self.tags {
            let links = track_tags::table.filter(track_tags::tag_id.eq(tag)).select(track_tags::track_id);
            rows = rows.filter(tracks::id.eq_any(links));
        }
        if let Some(from) = filter.start.0 {
            rows = rows.filter(tracks::start_at.ge(from));
        }
        if let Some(to) = filter.start.1 {
            rows = rows.filter(tracks::start_at.lt(to));
        }
        if let Some(from) = filter.end.0 {
            rows = rows.filter(tracks::end_at.ge(from));
        }
        if let Some(to) = filter.end.1 {
            rows = rows.filter(tracks::end_at.lt(to));
        }
        rows = match filter.running {
            None => rows,
            Some(true) => rows.filter(Runs),
            Some(false) => rows.filter(tracks::start_at.is_null().or(tracks::end_at.is_not_null())),
        };
        if let Some(billable) = filter.billable {
            rows = rows.filter(tracks::billable.eq(billable));
        }
        if let Some(source) = filter.source {
            rows = rows.filter(tracks::source.eq(source));
        }
        rows
    }
}

fn has_activity(conn: &mut Conn, workspace: WorkspaceId, id: ActivityId) -> QueryResult<bool> {
    let usable = activities::table
        .filter(activities::id.eq(id))
        .filter(activities::workspace_id.eq(workspace))
        .filter(activities::deleted_at.is_null());
    select(exists(usable)).get_result(conn)
}

/// A tag of the workspace's list. One that is not there no track has: no tag has the id 0.
fn tag_of(conn: &mut Conn, workspace: WorkspaceId, name: &str) -> QueryResult<ItemId> {
    let known = tags::table
        .filter(tags::workspace_id.eq(workspace))
        .filter(tags::name_key.eq(names::key(name)))
        .filter(tags::deleted_at.is_null())
        .select(tags::id);
    Ok(known.get_result(conn).optional()?.unwrap_or(ItemId(0)))
}
