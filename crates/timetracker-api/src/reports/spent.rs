//! Tracks, as far as reports look at them.

use std::cmp::Reverse;

use model::time::Timestamp;

use crate::changes::{Change, Row};
use crate::id::{ActivityId, TrackId};

/// A track as far as a report looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Which one.
    pub id: TrackId,
    /// When it began.
    pub start: Timestamp,
    /// When it ended, or now.
    pub end: Timestamp,
    /// What it was spent on.
    pub activity: ActivityId,
    /// The names of its tags, one to a line.
    pub tags: Box<str>,
    /// Whether somebody is to pay for it.
    pub billable: bool,
}

/// The tracks of some days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tracks {
    /// What runs; its end is its beginning.
    pub running: Option<Spent>,
    /// What has ended, newest first, which nobody may rely on for more than speed.
    pub ended: Vec<Spent>,
}

impl Tracks {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.ended.len() + usize::from(self.running.is_some())
    }

    /// One more.
    pub fn add(&mut self, track: Spent, runs: bool) {
        if runs {
            self.running = Some(track);
        } else {
            self.ended.push(track);
        }
    }

    /// What runs, as if it ended now.
    pub fn running_until(&self, now: Timestamp) -> Option<Spent> {
        self.running.as_ref().map(|track| Spent { end: now.max(track.start), ..track.clone() })
    }

    /// What they are after some changes: the tracks that changed are those that the changes say, as far as they have something in the range.
    #[must_use]
    pub fn after(&self, changes: Vec<Change>, (from, to): (Timestamp, Timestamp), with_tags: bool) -> Self {
        let mut ids: Vec<TrackId> = changes.iter().map(|change| TrackId(change.place.id)).collect();
        ids.sort_unstable();
        let is_as_it_was = |track: &&Spent| ids.binary_search(&track.id).is_err();
        let mut tracks = Self {
            running: self.running.iter().find(is_as_it_was).cloned(),
            ended: Vec::with_capacity(self.ended.len() + changes.len()),
        };
        tracks.ended.extend(self.ended.iter().filter(is_as_it_was).cloned());
        for change in changes {
            let Some(Row::Track(track)) = change.row else { continue };
            if let Some(start) = track.start
                && start < to
                && track.end.is_none_or(|end| from <= end)
            {
                let tags = if with_tags { track.tags.into() } else { Box::default() };
                let (id, activity, billable) = (track.id, track.activity, track.billable);
                let end = track.end.unwrap_or(start);
                tracks.add(Spent { id, start, end, activity, tags, billable }, track.end.is_none());
            }
        }
        tracks.ended.sort_by_key(|track| Reverse(track.start));
        tracks
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::changes::cursor::{Kind, Place};
    use crate::tracks::row::Track;

    const RANGE: (Timestamp, Timestamp) = (Timestamp::from_micros(10), Timestamp::from_micros(20));

    /// What becomes of a track: its start and its end as far as it has them, or it is deleted.
    type Fate = Option<(Option<i64>, Option<i64>)>;

    fn change((id, fate): (i64, Fate)) -> Change {
        let place = Place { seq: 1, kind: Kind::Track, id };
        let row = fate.map(|(start, length)| {
            let start = start.map(Timestamp::from_micros);
            let end =
                start.zip(length).map(|(start, length)| Timestamp::from_micros(start.micros() + length));
            Row::Track(Track { id: TrackId(id), start, end, tags: "a".to_owned(), ..Track::example() })
        });
        Change { place, uid: Track::example().uid, version: 1, row }
    }

    fn in_order(tracks: &Tracks) -> Vec<(TrackId, Timestamp, Timestamp)> {
        let mut all: Vec<_> = tracks.ended.iter().map(|track| (track.id, track.start, track.end)).collect();
        assert!(tracks.ended.is_sorted_by_key(|track| Reverse(track.start)));
        all.sort_unstable();
        all
    }

    proptest! {
        /// Changed again and again they are what they were made of at once; without tags there are none.
        #[test]
        fn what_changes_is_taken_in(
            rounds in prop::collection::vec(
                prop::collection::btree_map(
                    0..9_i64,
                    prop::option::weighted(0.8, (prop::option::weighted(0.9, 5..25_i64), prop::option::weighted(0.9, 0..9_i64))),
                    0..5,
                ),
                0..6,
            ),
            with_tags: bool,
        ) {
            let (mut tracks, mut fates) = (Tracks::default(), BTreeMap::new());
            for mut round in rounds {
                // One of them runs at most, when all is done: what ran may have stopped, or go on changed.
                let runs = |fate: &Fate| matches!(fate, Some((Some(_), None)));
                let mut is_free = !fates.iter().any(|(id, fate)| runs(fate) && !round.contains_key(id));
                for fate in round.values_mut().filter(|fate| runs(fate)) {
                    if !std::mem::take(&mut is_free) {
                        *fate = None;
                    }
                }
                fates.extend(round.clone());
                tracks = tracks.after(round.into_iter().map(change).collect(), RANGE, with_tags);
                let expected = Tracks::default().after(fates.clone().into_iter().map(change).collect(), RANGE, with_tags);
                prop_assert_eq!(in_order(&tracks), in_order(&expected));
                prop_assert_eq!(&tracks.running, &expected.running);
                let has_tags = |track: &Spent| *track.tags == *if with_tags { "a" } else { "" };
                prop_assert!(tracks.ended.iter().chain(&tracks.running).all(has_tags));
            }
        }
    }
}
