//! Pages by place: `?cursor=` goes on behind a row, and so no page costs more than the first one, however deep it is, and
//! nothing is told twice because something was added meanwhile. The wire is that of the framework's CursorPagination.
//!
//! What makes it fast is that rows are ordered by one field and then by id, which is an index: [`along`].

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::ApiError;

/// The longest cursor that is looked at; a name of a hundred letters makes one of 600.
const LONGEST: usize = 1_000;

/// What a row is ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing, or nothing but its id.
    Absent,
    /// A number or an instant.
    Number(i64),
    /// A text.
    Text(String),
}

impl Value {
    /// As a number.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// As a text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Where a row stands in the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// By what it is ordered.
    pub value: Value,
    /// And its id.
    pub id: i64,
}

/// By what rows are ordered: one field and then the id, in one direction, because that is an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order<K> {
    /// The field.
    pub key: K,
    /// Its name on the wire.
    pub name: &'static str,
    /// Whether it descends.
    pub descends: bool,
}

/// A page that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted<K> {
    /// The order of the rows.
    pub order: Order<K>,
    /// The row that the page begins behind, or, going back, ends before; `None` for the first page.
    pub from: Option<Place>,
    /// Whether it goes back.
    pub is_back: bool,
    /// Rows of a page, at most.
    pub size: i64,
}

/// A page: its rows, and the cursors of its neighbours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<R> {
    /// In their order.
    pub rows: Vec<R>,
    /// Of the page behind.
    pub next: Option<String>,
    /// Of the one before.
    pub previous: Option<String>,
}

impl<K> Order<K> {
    /// As a cursor says it: an order of its own for each.
    fn signature(&self) -> String {
        format!("{}{}", if self.descends { "-" } else { "+" }, self.name)
    }

    fn cursor(&self, place: &Place, is_back: bool) -> String {
        let (kind, value) = match &place.value {
            Value::Absent => ("n", String::new()),
            Value::Number(number) => ("i", number.to_string()),
            Value::Text(text) => ("t", text.clone()),
        };
        let way = if is_back { "b" } else { "f" };
        let Place { id, .. } = place;
        URL_SAFE_NO_PAD.encode(format!("1 {} {way} {id} {kind}{value}", self.signature()))
    }

    /// Reads what [`Order::cursor`] wrote. Whoever makes one up gets to another place among rows of theirs, and no further.
    fn read(&self, cursor: &str) -> Option<(Place, bool)> {
        if cursor.len() > LONGEST {
            return None;
        }
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let mut parts = text.splitn(5, ' ');
        if parts.next() != Some("1") || parts.next() != Some(&self.signature()) {
            return None;
        }
        let is_back = match parts.next() {
            Some("f") => false,
            Some("b") => true,
            _ => return None,
        };
        let id = parts.next()?.parse().ok()?;
        let value = parts.next()?;
        let value = match value.split_at_checked(1)? {
            ("n", "") => Value::Absent,
            ("i", number) => Value::Number(number.parse().ok()?),
            // PostgreSQL has no texts with this in them.
            ("t", text) if !text.contains('\0') => Value::Text(text.to_owned()),
            _ => return None,
        };
        Some((Place { value, id }, is_back))
    }
}

impl<K: Copy> Wanted<K> {
    /// The page that a cursor leads to; the empty one leads to the first.
    ///
    /// # Errors
    /// [`ApiError::InvalidCursor`] for one that was not made here, or for another order.
    pub fn read(order: Order<K>, cursor: &str, size: i64) -> Result<Self, ApiError> {
        if cursor.is_empty() {
            return Ok(Self { order, from: None, is_back: false, size });
        }
        let (from, is_back) = order.read(cursor).ok_or(ApiError::InvalidCursor)?;
        Ok(Self { order, from: Some(from), is_back, size })
    }

    /// How many rows to look for: one more than the page has, to know whether there is one.
    pub fn limit(&self) -> i64 {
        self.size.saturating_add(1)
    }

    /// Whether the rows are looked for going up.
    pub fn goes_up(&self) -> bool {
        self.order.descends == self.is_back
    }

    /// Makes a page of the rows that were found, up to [`Wanted::limit`] of them in the direction that was gone.
    pub fn page<R>(&self, mut rows: Vec<R>, place: impl Fn(&R) -> Place) -> Page<R> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let has_more = rows.len() > size;
        rows.truncate(size);
        if self.is_back {
            rows.reverse();
        }
        let behind = |row: &R| self.order.cursor(&place(row), false);
        let before = |row: &R| self.order.cursor(&place(row), true);
        let (next, previous) = match (rows.first(), rows.last(), &self.from) {
            (Some(first), Some(last), _) => {
                let came_from = self.from.is_some();
                let has_next = if self.is_back { came_from } else { has_more };
                let has_previous = if self.is_back { has_more } else { came_from };
                (has_next.then(|| behind(last)), has_previous.then(|| before(first)))
            }
            // Where nothing is any more the way back leads by the row that was there.
            (_, _, Some(from)) => {
                let back_to = self.order.cursor(&self.beside(from), !self.is_back);
                if self.is_back { (Some(back_to), None) } else { (None, Some(back_to)) }
            }
            _ => (None, None),
        };
        Page { rows, next, previous }
    }

    /// The place next to that of a row, on the side that was gone to.
    fn beside(&self, from: &Place) -> Place {
        let step = if self.goes_up() { 1 } else { -1 };
        Place { value: from.value.clone(), id: from.id.saturating_add(step) }
    }
}

/// Orders a boxed query along a column and then the id, or along the id alone, and begins it behind the place. `value` is
/// the column's there; without one it is asked where the column is null, or is not yet bounded.
macro_rules! along {
    ($rows:expr, $wanted:expr, $id:expr) => {{
        let (wanted, mut rows) = (&$wanted, $rows);
        if let Some(from) = &wanted.from {
            rows = if wanted.goes_up() { rows.filter($id.gt(from.id)) } else { rows.filter($id.lt(from.id)) };
        }
        if wanted.goes_up() { rows.then_order_by($id.asc()) } else { rows.then_order_by($id.desc()) }
    }};
    ($rows:expr, $wanted:expr, $column:expr, $value:expr, $id:expr) => {{
        let (wanted, mut rows) = (&$wanted, $rows);
        let goes_up = wanted.goes_up();
        match (&wanted.from, $value) {
            (None, _) => {}
            (Some(from), None) if goes_up => rows = rows.filter($id.gt(from.id)),
            (Some(from), None) => rows = rows.filter($id.lt(from.id)),
            // The value is said twice, so that the index is entered at it.
            (Some(from), Some(value)) if goes_up => {
                rows = rows.filter($column.ge(value)).filter($column.gt(value).or($id.gt(from.id)));
            }
            (Some(from), Some(value)) => {
                rows = rows.filter($column.le(value)).filter($column.lt(value).or($id.lt(from.id)));
            }
        }
        if goes_up {
            rows.then_order_by($column.asc()).then_order_by($id.asc())
        } else {
            rows.then_order_by($column.desc()).then_order_by($id.desc())
        }
    }};
}
pub(crate) use along;

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: Order<()> = Order { key: (), name: "start", descends: true };

    fn place(value: i64, id: i64) -> Place {
        Place { value: Value::Number(value), id }
    }

    /// R164: a cursor is a place in one order and nothing else.
    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is() {
        for value in
            [Value::Absent, Value::Number(-7), Value::Text("é b  c".into()), Value::Text(String::new())]
        {
            let place = Place { value, id: 9 };
            assert_eq!(ORDER.read(&ORDER.cursor(&place, true)), Some((place, true)));
        }
        let cursor = ORDER.cursor(&place(1, 2), false);
        for other in [Order { name: "id", ..ORDER }, Order { descends: false, ..ORDER }] {
            assert_eq!(other.read(&cursor), None, "{other:?}");
        }
        for text in [
            "",
            "1",
            "1 -start f 9",
            "2 -start f 9 i1",
            "1 -start x 9 i1",
            "1 -start f x i1",
            "1 -start f 9 ",
            "1 -start f 9 ix",
            "1 -start f 9 nx",
            "1 -start f 9 ta\0",
            "1 -start f 99999999999999999999 i1",
        ] {
            assert_eq!(ORDER.read(&URL_SAFE_NO_PAD.encode(text)), None, "{text}");
        }
        for wrong in ["!", "a", &"A".repeat(1_001)] {
            assert_eq!(ORDER.read(wrong), None, "{wrong}");
        }
    }

    /// The rows from 1 to 9, pairs of them with one value, as a table would give them.
    fn page(wanted: &Wanted<()>) -> Page<i64> {
        let mut rows: Vec<i64> = (1..=9).collect();
        let key = |id: i64| (id / 2, id);
        rows.sort_by_key(|id| key(*id));
        if !wanted.goes_up() {
            rows.reverse();
        }
        rows.retain(|id| {
            let from = wanted.from.as_ref().map(|from| (from.value.number().unwrap(), from.id));
            from.is_none_or(|from| if wanted.goes_up() { key(*id) > from } else { key(*id) < from })
        });
        rows.truncate(usize::try_from(wanted.limit()).unwrap());
        wanted.page(rows, |id| place(id / 2, *id))
    }

    #[test]
    fn from_page_to_page_there_and_back() {
        let at = |cursor: &str| page(&Wanted::read(ORDER, cursor, 4).unwrap());
        let first = at("");
        assert_eq!((&first.rows, &first.previous), (&vec![9, 8, 7, 6], &None));
        let second = at(&first.next.unwrap());
        assert_eq!(second.rows, [5, 4, 3, 2]);
        let third = at(&second.next.unwrap());
        assert_eq!((third.rows, third.next), (vec![1], None));
        let back = at(&third.previous.unwrap());
        assert_eq!(back.rows, [5, 4, 3, 2]);
        let begin = at(&back.previous.unwrap());
        assert_eq!((begin.rows, begin.previous), (vec![9, 8, 7, 6], None));
        assert_eq!(at(&begin.next.unwrap()).rows, [5, 4, 3, 2]);
        // Behind the last one, and before the first.
        let beyond = at(&ORDER.cursor(&place(0, 1), false));
        assert_eq!((beyond.rows, beyond.next), (vec![], None));
        assert_eq!(at(&beyond.previous.unwrap()).rows, [4, 3, 2, 1]);
        let beyond = at(&ORDER.cursor(&place(4, 9), true));
        assert_eq!((beyond.rows, beyond.previous), (vec![], None));
        assert_eq!(at(&beyond.next.unwrap()).rows, [9, 8, 7, 6]);
    }
}
