//! Words of SQL that stand in statements as they are. diesel's own, `sql`, has a statement with one in it prepared anew
//! whenever it is asked, because it cannot know that the text is always the same; these are types, and so it can.

use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Nullable, SingleValue, Text};

/// A type that stands for a text of SQL.
macro_rules! literal {
    ($(#[$doc:meta])* $name:ident $(<$of:ident>)?, $type:ty, $text:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, QueryId)]
        pub struct $name $(<$of>(PhantomData<$of>))?;

        impl $(<$of: SingleValue>)? Expression for $name $(<$of>)? {
            type SqlType = $type;
        }

        impl<DB: Backend $(, $of)?> QueryFragment<DB> for $name $(<$of>)? {
            fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
                pass.push_sql($text);
                Ok(())
            }
        }

        impl<From $(, $of: SingleValue)?> AppearsOnTable<From> for $name $(<$of>)? {}
        impl<From $(, $of: SingleValue)?> SelectableExpression<From> for $name $(<$of>)? {}
        impl<By $(, $of)?> ValidGrouping<By> for $name $(<$of>)? {
            type IsAggregate = is_aggregate::Never;
        }
    };
}

literal! {
    /// Whether a track is longer than one may be by now, as its index has it.
    IsTooLong, Bool, "end_at - start_at > 2678400000000"
}

literal! {
    /// Whether a track has a start and no end, as the index of what runs has it, of which there is one at most.
    Runs, Bool, "(end_at IS NULL) > (start_at IS NULL)"
}

literal! {
    /// No text.
    Blank, Text, "''"
}

literal! {
    /// No value.
    No<S>, Nullable<S>, "NULL"
}
