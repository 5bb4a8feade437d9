//! What a token lets its client do: scopes of the form `resource:action`, and two that stand for many.
//!
//! `read` and `write` stand for the scopes that are listed here, and a new one is none of them unless somebody says so: tokens
//! were given for them before. The table of routes says for each method which scopes would do; what it does not say is for
//! whoever has all of `read` or all of `write`, so that nothing is open by omission.

use actix_web::http::Method;
use model::scope::ScopeSet;

/// A scope that stands for many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alias {
    /// Looking at everything.
    Read,
    /// Changing everything, but letting in nobody else.
    Write,
}

impl Alias {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// What it stands for.
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::Read => &[
                Scope::ActivitiesRead,
                Scope::TracksRead,
                Scope::ProjectsRead,
                Scope::RatesRead,
                Scope::ReportsRead,
                Scope::ProfileRead,
            ],
            Self::Write => &[
                Scope::ActivitiesWrite,
                Scope::TracksWrite,
                Scope::TimerWrite,
                Scope::ProjectsWrite,
                Scope::RatesWrite,
                Scope::ProfileWrite,
            ],
        }
    }
}

/// One thing that a client may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// See activities.
    ActivitiesRead,
    /// Make, change and delete them.
    ActivitiesWrite,
    /// See tracks.
    TracksRead,
    /// Make, change and delete them.
    TracksWrite,
    /// Start and stop the timer, and nothing else: for a button.
    TimerWrite,
    /// See projects, clients and tags.
    ProjectsRead,
    /// Make, change and delete them.
    ProjectsWrite,
    /// See what an hour costs, wherever it is shown.
    RatesRead,
    /// Say what it costs.
    RatesWrite,
    /// Have time added up.
    ReportsRead,
    /// Make addresses under which others can see it without a token. No [`Alias`] stands for it: who lets others in is asked
    /// by this name.
    ReportsShare,
    /// See how the person has set things up.
    ProfileRead,
    /// Set them up.
    ProfileWrite,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::ActivitiesRead,
        Self::ActivitiesWrite,
        Self::TracksRead,
        Self::TracksWrite,
        Self::TimerWrite,
        Self::ProjectsRead,
        Self::ProjectsWrite,
        Self::RatesRead,
        Self::RatesWrite,
        Self::ReportsRead,
        Self::ReportsShare,
        Self::ProfileRead,
        Self::ProfileWrite,
    ];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ActivitiesRead => "activities:read",
            Self::ActivitiesWrite => "activities:write",
            Self::TracksRead => "tracks:read",
            Self::TracksWrite => "tracks:write",
            Self::TimerWrite => "timer:write",
            Self::ProjectsRead => "projects:read",
            Self::ProjectsWrite => "projects:write",
            Self::RatesRead => "rates:read",
            Self::RatesWrite => "rates:write",
            Self::ReportsRead => "reports:read",
            Self::ReportsShare => "reports:share",
            Self::ProfileRead => "profile:read",
            Self::ProfileWrite => "profile:write",
        }
    }

    /// What it opens, in a few words.
    const fn says(self) -> &'static str {
        match self {
            Self::ActivitiesRead => "See activities",
            Self::ActivitiesWrite => "Make, change and delete activities",
            Self::TracksRead => "See tracks",
            Self::TracksWrite => "Make, change and delete tracks",
            Self::TimerWrite => "Start, switch and stop the timer, and see what runs",
            Self::ProjectsRead => "See projects, clients and tags",
            Self::ProjectsWrite => "Make, change and delete projects, clients and tags",
            Self::RatesRead => "See what an hour costs",
            Self::RatesWrite => "Say what an hour costs",
            Self::ReportsRead => "Have time added up",
            Self::ReportsShare => "Make addresses at which others see it",
            Self::ProfileRead => "See settings",
            Self::ProfileWrite => "Change settings",
        }
    }

    /// What stands for it and more.
    pub fn alias(self) -> Option<Alias> {
        Alias::ALL.into_iter().find(|alias| alias.scopes().contains(&self))
    }
}

/// The names of all scopes there are, those that stand for many first.
pub fn names() -> impl Iterator<Item = &'static str> {
    Alias::ALL.into_iter().map(Alias::name).chain(Scope::ALL.into_iter().map(Scope::name))
}

/// The fewest that open everything.
pub fn everything() -> impl Iterator<Item = &'static str> {
    let alone = Scope::ALL.into_iter().filter(|scope| scope.alias().is_none());
    Alias::ALL.into_iter().map(Alias::name).chain(alone.map(Scope::name))
}

/// What a name opens, in a few words.
pub fn says(name: &str) -> &'static str {
    match name {
        "read" => "All that looks at something",
        "write" => "All that changes something, but lets nobody else in",
        _ => Scope::ALL.into_iter().find(|scope| scope.name() == name).map_or("", Scope::says),
    }
}

/// Which of them a token has: a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u32);

impl Scopes {
    /// What a token's `scope` stands for here. What is not known here opens nothing.
    pub fn of(granted: &ScopeSet) -> Self {
        let stands_for = |scope: Scope, name: &str| scope.alias().is_some_and(|alias| alias.name() == name);
        let is_granted =
            |scope: &Scope| granted.iter().any(|name| name == scope.name() || stands_for(*scope, name));
        Self(Scope::ALL.into_iter().filter(is_granted).fold(0, |bits, scope| bits | bit(scope)))
    }

    /// Whether a scope is one of them.
    pub const fn contain(self, scope: Scope) -> bool {
        self.0 & bit(scope) != 0
    }
}

const fn bit(scope: Scope) -> u32 {
    1 << scope as u32
}

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// One of these, the least of them first. Of none of them nobody has one.
    OneOf(&'static [Scope]),
    /// All that it stands for.
    All(Alias),
}

impl Needs {
    /// What a method needs that no row declares: to learn that it is not there.
    pub fn undeclared(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD | Method::OPTIONS => Self::All(Alias::Read),
            _ => Self::All(Alias::Write),
        }
    }

    /// Whether a token with these will do.
    pub fn are_met_by(self, scopes: Scopes) -> bool {
        match self {
            Self::OneOf(needed) => needed.iter().any(|scope| scopes.contain(*scope)),
            Self::All(alias) => alias.scopes().iter().all(|scope| scopes.contain(*scope)),
        }
    }

    /// What a client is told to ask for: the least that will do.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneOf(needed) => needed.first().map_or(Alias::Write.name(), |scope| scope.name()),
            Self::All(alias) => alias.name(),
        }
    }

    /// What would do as well, though it does more: for a client that may ask for nothing narrower.
    pub fn or(self) -> Option<&'static str> {
        match self {
            Self::OneOf(needed) => needed.first().and_then(|scope| scope.alias()).map(Alias::name),
            Self::All(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(text: &str) -> Scopes {
        Scopes::of(&text.parse().unwrap())
    }

    #[test]
    fn read_and_write_stand_for_all_but_letting_others_in_and_what_is_unknown_for_nothing() {
        for scope in Scope::ALL {
            let looks = scope.name().ends_with(":read");
            let lets_others_in = scope == Scope::ReportsShare;
            assert_eq!(scopes("read").contain(scope), looks, "{scope:?}");
            assert_eq!(scopes("write").contain(scope), !looks && !lets_others_in, "{scope:?}");
            assert_eq!(scope.alias().is_none(), lets_others_in);
            assert_eq!(scopes(scope.name()), Scopes(bit(scope)));
        }
        for nothing in ["openid", "profile", "READ", "tracks:*", "tracks", "tracks:reads", "reads"] {
            assert_eq!(scopes(nothing), Scopes::default(), "{nothing}");
        }
        assert_eq!(scopes("tracks:read x read"), scopes("read"));
    }

    #[test]
    fn what_is_not_declared_is_for_those_who_may_do_everything_of_its_kind() {
        let reads = "activities:read tracks:read projects:read rates:read reports:read profile:read";
        let (get, patch) = (Needs::undeclared(&Method::GET), Needs::undeclared(&Method::PATCH));
        assert!(get.are_met_by(scopes("read")) && get.are_met_by(scopes(reads)));
        assert!(!get.are_met_by(scopes("write tracks:read")));
        assert!(patch.are_met_by(scopes("write")) && !patch.are_met_by(scopes("read tracks:write")));
        assert!(!Needs::OneOf(&[]).are_met_by(scopes("read write")));
    }
}
