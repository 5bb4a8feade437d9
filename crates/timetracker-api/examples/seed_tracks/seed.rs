//! What the rows are: the same on both databases and each time, but for the clock.

use std::fmt::Write;

use model::time::Timestamp;

/// How much there is to be.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Tracks of all people together.
    pub tracks: i64,
    /// People, each with a workspace of their own.
    pub people: i64,
    /// How many years their tracks are spread over, up to now.
    pub years: i64,
    /// Who gives them their tokens.
    pub issuer: String,
    /// The `sub` of the first one's.
    pub first_subject: i64,
    /// When all of this has happened.
    pub now: Timestamp,
}

/// Someone's track.
#[derive(Debug)]
pub struct Track {
    /// Whose: people are counted from 0.
    pub person: i64,
    /// What it was spent on: activities of one person are counted from 0.
    pub activity: i64,
    pub description: String,
    pub start: Timestamp,
    /// What runs has none.
    pub end: Option<Timestamp>,
    pub uid: [u8; 16],
    /// Names, one to a line.
    pub tags: String,
    pub billable: bool,
    pub version: i64,
    /// Its place in the workspace's order of changes.
    pub seq: i64,
    pub is_deleted: bool,
}

/// Activities of each workspace.
pub const ACTIVITIES: [&str; 10] = [
    "Reading",
    "Writing",
    "Meetings",
    "Design",
    "Review",
    "Support",
    "Travel",
    "Planning",
    "Interviews",
    "Bookkeeping",
];
/// Tags of each workspace.
pub const TAGS: [&str; 8] =
    ["deep", "shallow", "onsite", "remote", "urgent", "client", "internal", "overtime"];
const ON: [&str; 12] = [
    "pumps",
    "the annual report",
    "invoices, third round",
    "the new office",
    "valves",
    "budget",
    "interviews with users",
    "the café's menu",
    "a proposal",
    "release notes",
    "\"quick\" questions",
    "the archive",
];
const SECOND: i64 = 1_000_000;
const YEAR: i64 = 365 * 86_400 * SECOND;
/// The change that made the activities and tags.
const FIRST: i64 = 1;

impl Seed {
    /// How many tracks a person has.
    pub fn of(&self, person: i64) -> i64 {
        (self.tracks - person + self.people - 1) / self.people
    }

    /// When the first of them began, and when everything else was made.
    pub fn begins(&self) -> Timestamp {
        Timestamp::from_micros(self.now.micros() - self.years * YEAR)
    }

    /// Everybody's first track, then everybody's second, and so on, as they would have come.
    pub fn each_track(&self) -> impl Iterator<Item = Track> {
        // From one track of a person to their next.
        let step = self.years * YEAR / self.of(0).max(1);
        (0..self.tracks).map(move |number| self.track(number, step))
    }

    fn track(&self, number: i64, step: i64) -> Track {
        let (person, turn) = (number % self.people, number / self.people);
        let mut dice = Dice(number.unsigned_abs());
        // A quarter of the step is when it begins, half of it at most how long it takes: none overlap.
        let start = self.begins().micros() + turn * step + dice.below(step / 4);
        let longest = (step / 2).min(4 * 3_600 * SECOND);
        let end = start + longest / 4 + dice.below(longest * 3 / 4);
        let whole = |micros: i64| if step > 60 * SECOND { micros - micros % SECOND } else { micros };
        let runs = turn + 1 == self.of(person) && person % 2 == 0;
        let activity = dice.below(10);
        let tags = [0, 1, 2].map(|_| dice.below(16));
        let tags: Vec<&str> =
            TAGS.iter().zip(0..).filter(|(_, place)| tags.contains(place)).map(|(name, _)| *name).collect();
        let mut description = String::new();
        let on = usize::try_from(dice.below(12)).ok().and_then(|on| ON.get(on)).unwrap_or(&"");
        // Writing into memory does not fail.
        let _ = write!(description, "Work on {on}, part {}", turn % 97);
        Track {
            person,
            activity,
            description,
            start: Timestamp::from_micros(whole(start)),
            end: (!runs).then(|| Timestamp::from_micros(whole(end))),
            uid: dice.uid(start),
            tags: tags.join("\n"),
            billable: dice.below(3) > 0,
            version: if runs { 1 } else { 2 },
            seq: FIRST + 1 + turn,
            is_deleted: !runs && dice.below(50) == 0,
        }
    }
}

/// SplitMix64: quick, and even enough.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: i64) -> i64 {
        i64::try_from(self.next() % bound.max(1).unsigned_abs()).unwrap_or_default()
    }

    /// A UUID of version 7.
    fn uid(&mut self, micros: i64) -> [u8; 16] {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.next().to_be_bytes());
        random[8..].copy_from_slice(&self.next().to_be_bytes()[..2]);
        let millis = u64::try_from(micros / 1_000).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().into_bytes()
    }
}
