//! Two questions in one: half the way to PostgreSQL.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::query_dsl::methods::LoadQuery;
use diesel::result::Error::NotFound;
use diesel::sql_types::{Nullable, SqlType};
use diesel::{PgConnection, QueryResult, RunQueryDsl};

/// What the first query finds, and beside each of its rows all of the second one, which knows nothing of it; or nothing of the second, where
/// that finds nothing. Both see the same state of the database.
#[derive(Clone, Copy, Debug, QueryId)]
pub struct Beside<One, Rows>(pub One, pub Rows);

impl<One: QueryFragment<Pg>, Rows: QueryFragment<Pg>> QueryFragment<Pg> for Beside<One, Rows> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("SELECT * FROM (");
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(") AS one LEFT JOIN (");
        self.1.walk_ast(pass.reborrow())?;
        pass.push_sql(") AS rows ON TRUE");
        Ok(())
    }
}

impl<One, Rows, Found> Query for Beside<One, Rows>
where
    One: Query,
    Rows: Query<SqlType = Found>,
    Found: SqlType,
    Nullable<Found>: SqlType,
{
    type SqlType = (One::SqlType, Nullable<Found>);
}

impl<One, Rows> RunQueryDsl<PgConnection> for Beside<One, Rows> {}

impl<One, Rows> Beside<One, Rows> {
    /// The one row of the first, and all of the second.
    ///
    /// # Errors
    /// `NotFound` where the first finds nothing; when the database cannot.
    pub fn find<'query, A, B>(self, conn: &mut PgConnection) -> QueryResult<(A, Vec<B>)>
    where
        Self: LoadQuery<'query, PgConnection, (A, Option<B>)>,
    {
        let mut found = self.load(conn)?.into_iter();
        let (one, first) = found.next().ok_or(NotFound)?;
        Ok((one, first.into_iter().chain(found.filter_map(|(_, row)| row)).collect()))
    }
}

/// The one row that a query finds, and all that another does: in one question to PostgreSQL. SQLite is asked for one after the other: there is no
/// way to it, and it would write the rows of the second one down before it gives them back.
#[macro_export]
macro_rules! beside {
    ($conn:expr, $one:expr, $rows:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite(conn) => {
                $one.get_result(conn).and_then(|one| $rows.load(conn).map(|rows| (one, rows)))
            }
            $crate::db::Conn::Postgres(conn) => $crate::db::Beside($one, $rows).find(conn),
        }
    };
}
