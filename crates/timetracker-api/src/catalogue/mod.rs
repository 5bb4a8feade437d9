//! What tracks are booked on: activities, the projects these belong to, the clients those are for; and tags. A workspace
//! shares them, which the wire does not mention.
//!
//! They are one resource four times. [`Kind`] is the table of what differs, [`item`] what one is and how it is shown,
//! [`form`] how a client sends it, [`described`] all of it in words; [`list`] and [`detail`] serve all of them, [`store`] keeps them.

pub mod described;
pub mod detail;
pub mod form;
pub mod item;
pub mod list;
pub mod store;

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use described::Described;
use item::{Field, Item};

use crate::auth::scopes::Scope;
use crate::wire::conditional;
use crate::wire::metadata;
use crate::wire::reply::Reply;

/// The kinds, what is referred to before what refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Who pays.
    Client,
    /// What for.
    Project,
    /// A name that tracks have.
    Tag,
    /// What time is spent on.
    Activity,
}

impl Kind {
    /// What one is called in a change.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Project => "project",
            Self::Tag => "tag",
            Self::Activity => "activity",
        }
    }

    /// What they are called as a resource.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Client => "clients",
            Self::Project => "projects",
            Self::Tag => "tags",
            Self::Activity => "activities",
        }
    }

    /// What the framework calls one in a 404.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::Project => "Project",
            Self::Tag => "Tag",
            Self::Activity => "Activity",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Client => "Whom projects are for.",
            Self::Project => "What activities belong to.",
            Self::Tag => "Names that tracks have.",
            Self::Activity => "What time is spent on.",
        }
    }

    /// What one belongs to.
    pub const fn parent(self) -> Option<Self> {
        match self {
            Self::Activity => Some(Self::Project),
            Self::Project => Some(Self::Client),
            Self::Client | Self::Tag => None,
        }
    }

    /// What lets a client see them.
    pub const fn reads(self) -> &'static [Scope] {
        match self {
            Self::Activity => &[Scope::ActivitiesRead],
            Self::Client | Self::Project | Self::Tag => &[Scope::ProjectsRead],
        }
    }

    /// What lets a client make, change and delete them.
    pub const fn writes(self) -> &'static [Scope] {
        match self {
            Self::Activity => &[Scope::ActivitiesWrite],
            Self::Client | Self::Project | Self::Tag => &[Scope::ProjectsWrite],
        }
    }

    /// What lets a client do any of that.
    pub const fn reads_or_writes(self) -> &'static [Scope] {
        match self {
            Self::Activity => &[Scope::ActivitiesRead, Scope::ActivitiesWrite],
            Self::Client | Self::Project | Self::Tag => &[Scope::ProjectsRead, Scope::ProjectsWrite],
        }
    }

    /// Its fields, in their order. The first three of an activity are older than the others.
    pub const fn fields(self) -> &'static [Field] {
        use Field::{
            Archived, BillableDefault, Client, Color, CreatedAt, Description, Id, Name, Project, Rate, Uid,
            UpdatedAt, Version,
        };
        match self {
            Self::Client => &[Id, Name, Uid, Color, Rate, Archived, CreatedAt, UpdatedAt, Version],
            Self::Project => &[
                Id,
                Name,
                Uid,
                Client,
                Color,
                BillableDefault,
                Rate,
                Archived,
                CreatedAt,
                UpdatedAt,
                Version,
            ],
            Self::Tag => &[Id, Name, Uid, Color, Archived, CreatedAt, UpdatedAt, Version],
            Self::Activity => &[
                Id,
                Name,
                Description,
                Uid,
                Project,
                Color,
                BillableDefault,
                Rate,
                Archived,
                CreatedAt,
                UpdatedAt,
                Version,
            ],
        }
    }

    /// Whether one has this field.
    pub fn has(self, field: Field) -> bool {
        self.fields().contains(&field)
    }

    /// All of it, in words.
    pub const fn described(self) -> &'static Described {
        match self {
            Self::Client => &described::CLIENTS,
            Self::Project => &described::PROJECTS,
            Self::Tag => &described::TAGS,
            Self::Activity => &described::ACTIVITIES,
        }
    }

    fn path(self) -> String {
        format!("/api/{}/", self.plural())
    }

    /// What may be sent, by whoever may write.
    fn options(self, of: &str, may_write: Option<&'static str>, with_rate: bool) -> HttpResponse {
        let name = format!("{} {of}", self.label());
        let action = may_write.map(|method| (method, item::described(self, with_rate)));
        metadata::response(&name, self.description(), action)
    }
}

/// A kind, as a type: what the handlers of a route are for.
pub trait Collection: 'static {
    /// The kind.
    const KIND: Kind;
}

macro_rules! resource {
    ($(#[$doc:meta])* $name:ident, $kind:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl Collection for $name {
            const KIND: Kind = Kind::$kind;
        }
    };
}

resource! {
    /// `/api/clients/`.
    Clients, Client
}
resource! {
    /// `/api/projects/`.
    Projects, Project
}
resource! {
    /// `/api/tags/`.
    Tags, Tag
}
resource! {
    /// `/api/activities/`.
    Activities, Activity
}

/// What is shown without its rate is another form of the same version.
fn tagged(kind: Kind, with_rate: bool, mut response: HttpResponse) -> HttpResponse {
    let tag = response.headers().get(header::ETAG).and_then(|tag| conditional::indented(tag, 0));
    if let Some(tag) = tag.filter(|_| !with_rate && kind.has(Field::Rate)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The tag that one of this version has, shown with its rate or without.
pub(crate) fn tag(kind: Kind, version: i64, with_rate: bool) -> HeaderValue {
    let tag = conditional::of_version(version);
    let bare = conditional::indented(&tag, 0).filter(|_| !with_rate && kind.has(Field::Rate));
    bare.unwrap_or(tag)
}

/// The answer to a change of one.
pub(crate) fn reply(kind: Kind, item: &Item, with_rate: bool) -> Reply {
    Reply::object(item.version, item::text(kind, item, with_rate))
}

/// The answer to whoever made one.
pub(crate) fn created(kind: Kind, item: &Item, with_rate: bool) -> Reply {
    reply(kind, item, with_rate).created(format!("{}{}/", kind.path(), item.id))
}
