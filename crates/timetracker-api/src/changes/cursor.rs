//! How far somebody has read: a place in the order of changes, which clients keep and send back and do not take apart.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::auth::scopes::Scope;
use crate::catalogue::{self, item::Field};
use crate::id::WorkspaceId;
use crate::wire::error::ApiError;

/// The kinds of what changes, in the order in which one transaction's changes are told: what is referred to comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An item of the catalogue.
    Item(catalogue::Kind),
    /// A track.
    Track,
}

impl Kind {
    /// All of them, in that order.
    pub const ALL: [Self; 5] = [
        Self::Item(catalogue::Kind::Client),
        Self::Item(catalogue::Kind::Project),
        Self::Item(catalogue::Kind::Tag),
        Self::Item(catalogue::Kind::Activity),
        Self::Track,
    ];

    /// What one is called in a change.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Item(kind) => kind.name(),
            Self::Track => "track",
        }
    }

    /// What they are called as a resource.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Item(kind) => kind.plural(),
            Self::Track => "tracks",
        }
    }

    /// Which of the catalogue it is.
    pub const fn item(self) -> Option<catalogue::Kind> {
        match self {
            Self::Item(kind) => Some(kind),
            Self::Track => None,
        }
    }

    /// Whether some of it is only for who sees rates.
    pub fn has_rates(self) -> bool {
        matches!(self, Self::Item(kind) if kind.has(Field::Rate))
    }

    /// Who may see it.
    pub const fn needs(self) -> &'static [Scope] {
        match self {
            Self::Item(kind) => kind.reads(),
            Self::Track => &[Scope::TracksRead],
        }
    }
}

/// A place: everything up to and with this row has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The transaction.
    pub seq: i64,
    /// Which of its rows.
    pub kind: Kind,
    /// Which of those.
    pub id: i64,
}

impl Place {
    /// Before everything.
    pub const START: Self = Self { seq: 0, kind: Kind::ALL[0], id: 0 };

    /// Behind all that this transaction wrote.
    pub const fn end_of(seq: i64) -> Self {
        Self { seq, kind: Kind::Track, id: i64::MAX }
    }

    /// Where to go on in the rows of a kind: from this transaction on, and in the one of this place behind this id.
    pub fn within(self, kind: Kind) -> (i64, i64) {
        match kind.cmp(&self.kind) {
            std::cmp::Ordering::Less => (self.seq.saturating_add(1), 0),
            std::cmp::Ordering::Equal => (self.seq, self.id),
            std::cmp::Ordering::Greater => (self.seq, 0),
        }
    }
}

/// How far a copy has come, and a copy of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Whose changes were read.
    pub workspace: WorkspaceId,
    /// Up to where.
    pub place: Place,
    /// What was told: who wants more than that, or may see more by now, has not read the rest.
    pub kinds: Vec<Kind>,
    /// Whether what an hour costs was told as well.
    pub has_rates: bool,
}

/// How a cursor is written.
const VERSION: &str = "2";
/// Stands among the kinds.
const RATES: &str = "rates";

impl Cursor {
    /// As clients keep it.
    pub fn written(&self) -> String {
        let Self { workspace, place: Place { seq, kind, id }, kinds, has_rates } = self;
        let kinds = kinds.iter().map(|kind| kind.name()).chain(has_rates.then_some(RATES));
        let kinds: Vec<&str> = kinds.collect();
        URL_SAFE_NO_PAD.encode(format!(
            "{VERSION} {workspace} {seq} {} {id} {}",
            kind.name(),
            kinds.join(",")
        ))
    }

    /// Reads what [`Cursor::written`] wrote, said under that name.
    ///
    /// # Errors
    /// 410 for one that an older or a newer server wrote in its own way, 400 for what none has written.
    pub fn read(name: &'static str, cursor: &str) -> Result<Self, ApiError> {
        let none = || ApiError::field(name, "This is not a cursor of this feed.");
        let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        match text.as_deref().and_then(|text| text.split_once(' ')) {
            Some((VERSION, rest)) => Self::read_parts(rest).ok_or_else(none),
            Some((other, _)) if other.parse::<u16>().is_ok() => Err(ApiError::CursorGone),
            _ => Err(none()),
        }
    }

    fn read_parts(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(' ').collect();
        let [workspace, seq, kind, id, kinds] = parts.as_slice() else { return None };
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= 0);
        let kind_of = |name: &str| Kind::ALL.into_iter().find(|kind| kind.name() == name);
        Some(Self {
            workspace: WorkspaceId(number(workspace)?),
            place: Place { seq: number(seq)?, kind: kind_of(kind)?, id: number(id)? },
            kinds: kinds.split(',').filter(|kind| *kind != RATES).map(kind_of).collect::<Option<_>>()?,
            has_rates: kinds.split(',').any(|kind| kind == RATES),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: Kind = Kind::Item(catalogue::Kind::Tag);
    const ACTIVITY: Kind = Kind::Item(catalogue::Kind::Activity);

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is() {
        let place = Place { seq: 7, kind: ACTIVITY, id: 9 };
        for has_rates in [true, false] {
            let kinds = vec![TAG, ACTIVITY];
            let cursor = Cursor { workspace: WorkspaceId(3), place, kinds, has_rates };
            assert_eq!(Cursor::read("since", &cursor.written()).ok(), Some(cursor));
        }
        for text in [
            "",
            "2",
            "2 3 7 activity 9",
            "2 3 7 cat 9 tag",
            "2 3 -7 tag 9 tag",
            "2 3 7 tag 9 tag,cat",
            "2 3 7 tag 9 ",
            "2 3 7 tag 9 tag 0",
        ] {
            let read = Cursor::read("since", &URL_SAFE_NO_PAD.encode(text));
            assert!(matches!(read, Err(ApiError::Fields(_))), "{text}");
        }
        assert!(matches!(Cursor::read("since", "!"), Err(ApiError::Fields(_))));
        for text in ["1 3 7 activity 9", "3 anything"] {
            let read = Cursor::read("since", &URL_SAFE_NO_PAD.encode(text));
            assert!(matches!(read, Err(ApiError::CursorGone)), "{text}");
        }
    }

    #[test]
    fn the_rows_of_one_transaction_are_told_in_the_order_of_their_kinds() {
        let place = Place { seq: 7, kind: ACTIVITY, id: 9 };
        assert_eq!(place.within(TAG), (8, 0));
        assert_eq!(place.within(ACTIVITY), (7, 9));
        assert_eq!(place.within(Kind::Track), (7, 0));
        assert!(Place::end_of(7) > place && place > Place::START);
    }
}
