//! The tables of the catalogue, each with what of it is an item; what a table does not have is empty.
//!
//! `item` are the columns of an [`Item`](crate::catalogue::item::Item), `values` what a client said of one, as it is kept,
//! and `narrowed` are the rows that a search and what they belong to leave.

use diesel::sql_types::{BigInt, Bool, Text};
use model::db::MultiBackend;

use super::Filter;
use crate::catalogue::Kind;
use crate::catalogue::item::What;
use crate::id::ItemId;
use crate::literal::{Blank, No};
use crate::money::Currency;
use crate::names;
use crate::schema::lower;

/// Does the same with the table of each kind, whose name in it is `$rows`.
macro_rules! with_table {
    ($kind:expr, $rows:ident => $body:expr) => {
        match $kind {
            $crate::catalogue::Kind::Client => {
                use $crate::catalogue::store::tables::client as $rows;
                $body
            }
            $crate::catalogue::Kind::Project => {
                use $crate::catalogue::store::tables::project as $rows;
                $body
            }
            $crate::catalogue::Kind::Tag => {
                use $crate::catalogue::store::tables::tag as $rows;
                $body
            }
            $crate::catalogue::Kind::Activity => {
                use $crate::catalogue::store::tables::activity as $rows;
                $body
            }
        }
    };
}
pub(crate) use with_table;

/// The rows whose name matches every pattern of a search.
macro_rules! called {
    ($rows:expr, $filter:expr) => {
        $filter
            .search
            .iter()
            .fold($rows, |rows, pattern| rows.filter(lower(name).like(lower(pattern)).escape('\\')))
    };
}

/// `clients`.
pub mod client {
    use diesel::dsl::auto_type;
    use diesel::prelude::*;

    use super::{BigInt, Blank, Bool, Currency, Filter, MultiBackend, No, What, lower, names};
    pub use crate::schema::clients::*;

    #[auto_type(no_type_alias)]
    pub fn item() -> _ {
        let blank: Blank = Blank;
        let no_parent: No<BigInt> = No::default();
        let no_default: No<Bool> = No::default();
        let what = (name, blank, no_parent, color, no_default, (rate_amount, rate_currency), archived);
        (id, uid, what, created_at, updated_at, version)
    }

    #[auto_type(no_type_alias)]
    pub fn values<'a>(what: &'a What) -> _ {
        let said: &'a str = &what.name;
        let retired: bool = what.archived;
        let compared: String = names::key(&what.name);
        let colored: Option<&'a str> = what.color.as_deref();
        let amount: Option<i64> = what.rate.amount;
        let currency: Option<&'a Currency> = what.rate.currency.as_ref();
        (
            name.eq(said),
            name_key.eq(compared),
            color.eq(colored),
            rate_amount.eq(amount),
            rate_currency.eq(currency),
            archived.eq(retired),
        )
    }

    pub fn narrowed<'a>(
        rows: BoxedQuery<'a, MultiBackend>,
        filter: &'a Filter,
    ) -> BoxedQuery<'a, MultiBackend> {
        called!(rows, filter)
    }
}

/// `projects`.
pub mod project {
    use diesel::dsl::auto_type;
    use diesel::prelude::*;

    use super::{Blank, Currency, Filter, ItemId, MultiBackend, What, lower, names};
    pub use crate::schema::projects::*;

    #[auto_type(no_type_alias)]
    pub fn item() -> _ {
        let blank: Blank = Blank;
        let what = (name, blank, client_id, color, billable_default, (rate_amount, rate_currency), archived);
        (id, uid, what, created_at, updated_at, version)
    }

    #[auto_type(no_type_alias)]
    pub fn values<'a>(what: &'a What) -> _ {
        let said: &'a str = &what.name;
        let retired: bool = what.archived;
        let compared: String = names::key(&what.name);
        let parent: Option<ItemId> = what.parent;
        let colored: Option<&'a str> = what.color.as_deref();
        let billable: Option<bool> = what.billable_default;
        let amount: Option<i64> = what.rate.amount;
        let currency: Option<&'a Currency> = what.rate.currency.as_ref();
        (
            name.eq(said),
            name_key.eq(compared),
            client_id.eq(parent),
            color.eq(colored),
            billable_default.eq(billable),
            rate_amount.eq(amount),
            rate_currency.eq(currency),
            archived.eq(retired),
        )
    }

    pub fn narrowed<'a>(
        mut rows: BoxedQuery<'a, MultiBackend>,
        filter: &'a Filter,
    ) -> BoxedQuery<'a, MultiBackend> {
        for (_, above) in &filter.above {
            rows = rows.filter(client_id.eq(above));
        }
        called!(rows, filter)
    }
}

/// `tags`.
pub mod tag {
    use diesel::dsl::auto_type;
    use diesel::prelude::*;

    use super::{BigInt, Blank, Bool, Filter, MultiBackend, No, Text, What, lower, names};
    pub use crate::schema::tags::*;

    #[auto_type(no_type_alias)]
    pub fn item() -> _ {
        let blank: Blank = Blank;
        let no_parent: No<BigInt> = No::default();
        let no_default: No<Bool> = No::default();
        let no_amount: No<BigInt> = No::default();
        let no_currency: No<Text> = No::default();
        let what = (name, blank, no_parent, color, no_default, (no_amount, no_currency), archived);
        (id, uid, what, created_at, updated_at, version)
    }

    #[auto_type(no_type_alias)]
    pub fn values<'a>(what: &'a What) -> _ {
        let said: &'a str = &what.name;
        let retired: bool = what.archived;
        let compared: String = names::key(&what.name);
        let colored: Option<&'a str> = what.color.as_deref();
        (name.eq(said), name_key.eq(compared), color.eq(colored), archived.eq(retired))
    }

    pub fn narrowed<'a>(
        rows: BoxedQuery<'a, MultiBackend>,
        filter: &'a Filter,
    ) -> BoxedQuery<'a, MultiBackend> {
        called!(rows, filter)
    }
}

/// `activities`.
pub mod activity {
    use diesel::dsl::auto_type;
    use diesel::prelude::*;

    use super::{Currency, Filter, ItemId, Kind, MultiBackend, What, lower};
    pub use crate::schema::activities::*;
    use crate::schema::projects;

    #[auto_type(no_type_alias)]
    pub fn item() -> _ {
        let what =
            (name, description, project_id, color, billable_default, (rate_amount, rate_currency), archived);
        (id, uid, what, created_at, updated_at, version)
    }

    #[auto_type(no_type_alias)]
    pub fn values<'a>(what: &'a What) -> _ {
        let said: &'a str = &what.name;
        let retired: bool = what.archived;
        let more: &'a str = &what.description;
        let parent: Option<ItemId> = what.parent;
        let colored: Option<&'a str> = what.color.as_deref();
        let billable: Option<bool> = what.billable_default;
        let amount: Option<i64> = what.rate.amount;
        let currency: Option<&'a Currency> = what.rate.currency.as_ref();
        (
            name.eq(said),
            description.eq(more),
            project_id.eq(parent),
            color.eq(colored),
            billable_default.eq(billable),
            rate_amount.eq(amount),
            rate_currency.eq(currency),
            archived.eq(retired),
        )
    }

    pub fn narrowed<'a>(
        mut rows: BoxedQuery<'a, MultiBackend>,
        filter: &'a Filter,
    ) -> BoxedQuery<'a, MultiBackend> {
        for (above, key) in &filter.above {
            rows = if *above == Kind::Project {
                rows.filter(project_id.eq(key))
            } else {
                let theirs =
                    projects::table.filter(projects::client_id.eq(key)).select(projects::id.nullable());
                rows.filter(project_id.eq_any(theirs))
            };
        }
        for pattern in &filter.search {
            let in_name = lower(name).like(lower(pattern)).escape('\\');
            rows = rows.filter(in_name.or(lower(description).like(lower(pattern)).escape('\\')));
        }
        rows
    }
}
