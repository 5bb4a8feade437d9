//! How people answered the question of the authorization endpoint. A question has an id, and is answered once: whoever clicks
//! twice has said one thing, and is told one thing.

use std::time::Duration;

use diesel::prelude::*;
use model::db::Conn;
use model::id::GrantId;
use model::time::Timestamp;

use super::insert_unless_taken;
use crate::schema::decisions;

/// A question can be answered for so long after it was shown.
pub const OPEN: Duration = Duration::from_secs(3_600);
/// An answer is kept for so long: until no process takes its question for open, whose clock may be behind or ahead.
pub const KEPT: Duration = Duration::from_secs(3_600 + 600);

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = decisions)]
pub struct Decision {
    /// The question's id, which is that of the grant that may come of it.
    pub id: GrantId,
    /// What it was.
    pub is_allowed: bool,
    /// When.
    pub decided_at: Timestamp,
}

/// Answers a question; `None` when that counts, or the answer that was given before. The write itself decides, so that of many at
/// once one counts.
///
/// # Errors
/// When a statement fails.
pub fn claim(conn: &mut Conn, decision: Decision) -> QueryResult<Option<Decision>> {
    if insert_unless_taken!(conn, decisions::table, decision)? == 1 {
        return Ok(None);
    }
    decisions::table.find(decision.id).get_result(conn).map(Some)
}

/// Removes up to `limit` answers from before `before`; answers how many.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, before: Timestamp, limit: i64) -> QueryResult<usize> {
    let old = decisions::table.filter(decisions::decided_at.le(before)).select(decisions::id).limit(limit);
    let old: Vec<GrantId> = old.load(conn)?;
    diesel::delete(decisions::table.filter(decisions::id.eq_any(old))).execute(conn)
}

#[cfg(test)]
mod tests {
    use model::db::Db;
    use model::db::testing::TestDatabase;

    use super::*;
    use crate::store::MIGRATIONS;

    /// C7: the first answer counts, whatever comes later, until nobody takes its question for open any more.
    #[tokio::test]
    async fn a_question_is_answered_once() {
        let database = TestDatabase::new();
        MIGRATIONS.run(database.url()).unwrap();
        let db = Db::open(database.url()).unwrap();
        let [early, late] = [1, 2].map(Timestamp::from_unix_seconds);
        let id = GrantId::new(early);
        let first = Decision { id, is_allowed: false, decided_at: early };
        let later = Decision { id, is_allowed: true, decided_at: late };
        let other = Decision { id: GrantId::new(early), ..later };
        for (decision, expected) in [(first, None), (later, Some(first)), (first, Some(first)), (other, None)]
        {
            assert_eq!(db.write(move |conn| claim(conn, decision)).await.unwrap(), expected);
        }
        for (before, removed) in [(early.minus(Duration::from_micros(1)), 0), (early, 1), (late, 1)] {
            assert_eq!(db.write(move |conn| sweep(conn, before, 10)).await.unwrap(), removed);
        }
    }
}
