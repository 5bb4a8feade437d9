//! How far somebody has read: a place in the order of changes, which clients keep and send back and do not take apart.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::id::WorkspaceId;

/// The kinds of what changes, in the order in which one transaction's changes are told: what is referred to comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A tag.
    Tag,
    /// An activity.
    Activity,
    /// A track.
    Track,
}

impl Kind {
    /// All of them, in that order.
    pub const ALL: [Self; 3] = [Self::Tag, Self::Activity, Self::Track];

    /// What one is called in a change.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Activity => "activity",
            Self::Track => "track",
        }
    }

    /// What they are called as a resource.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Tag => "tags",
            Self::Activity => "activities",
            Self::Track => "tracks",
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
    pub const START: Self = Self { seq: 0, kind: Kind::Tag, id: 0 };

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

    /// As clients keep it.
    pub fn cursor(self, workspace: WorkspaceId) -> String {
        let Self { seq, kind, id } = self;
        URL_SAFE_NO_PAD.encode(format!("1 {workspace} {seq} {} {id}", kind.name()))
    }

    /// Reads what [`Place::cursor`] wrote, and of which workspace.
    pub fn read(cursor: &str) -> Option<(WorkspaceId, Self)> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let mut parts = text.split(' ');
        let number = |parts: &mut std::str::Split<'_, char>| {
            parts.next()?.parse::<i64>().ok().filter(|number| *number >= 0)
        };
        if parts.next() != Some("1") {
            return None;
        }
        let (workspace, seq) = (number(&mut parts)?, number(&mut parts)?);
        let name = parts.next()?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name)?;
        let place = Self { seq, kind, id: number(&mut parts)? };
        parts.next().is_none().then_some((WorkspaceId(workspace), place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is() {
        let place = Place { seq: 7, kind: Kind::Activity, id: 9 };
        assert_eq!(Place::read(&place.cursor(WorkspaceId(3))), Some((WorkspaceId(3), place)));
        for text in
            ["", "1", "1 3 7 activity", "2 3 7 activity 9", "1 3 7 cat 9", "1 3 -7 tag 9", "1 3 7 tag 9 0"]
        {
            assert_eq!(Place::read(&URL_SAFE_NO_PAD.encode(text)), None, "{text}");
        }
        assert_eq!(Place::read("!"), None);
    }

    #[test]
    fn the_rows_of_one_transaction_are_told_in_the_order_of_their_kinds() {
        let place = Place { seq: 7, kind: Kind::Activity, id: 9 };
        assert_eq!(place.within(Kind::Tag), (8, 0));
        assert_eq!(place.within(Kind::Activity), (7, 9));
        assert_eq!(place.within(Kind::Track), (7, 0));
        assert!(Place::end_of(7) > place && place > Place::START);
    }
}
