//! Ids that are good once and were used: the `jti` of an assertion (RFC 7523 section 3) or of a proof (RFC 9449
//! section 11.1), which whoever makes them up chooses; of browser sessions and sign-ins at providers. Only their digests are kept.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use model::db::Conn;
use model::secret::sha256;
use model::time::Timestamp;

use super::insert_unless_taken;
use crate::schema::used_ids;

/// A row outlives what it is about by so much: another process's clock may be behind that of the one that sweeps.
pub const KEPT: Duration = Duration::from_secs(600);

/// What an id belongs to. An id of one kind is never one of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What a client proves with who it is; ids are its own.
    ClientAssertion,
    /// What proves that somebody holds a key; ids are that key's own.
    DpopProof,
    /// A browser session; ids are everybody's.
    Session,
    /// A sign-in that was begun at a provider; ids are everybody's.
    ProviderSignIn,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ClientAssertion => "client_assertion",
            Self::DpopProof => "dpop_proof",
            Self::Session => "session",
            Self::ProviderSignIn => "provider_sign_in",
        }
    }
}

/// Uses an id that `issuer` has made up for something that ends at `ends_at`; `false` when it was used before. The write
/// itself decides, so that of many at once one is told `true`.
///
/// # Errors
/// When a statement fails.
pub fn claim(
    conn: &mut Conn,
    kind: Kind,
    issuer: &str,
    id: impl AsRef<[u8]>,
    ends_at: Timestamp,
) -> QueryResult<bool> {
    let key = key(issuer, id.as_ref());
    let row = (used_ids::kind.eq(kind.as_str()), used_ids::key.eq(key), used_ids::ends_at.eq(ends_at));
    Ok(insert_unless_taken!(conn, used_ids::table, row)? == 1)
}

/// No two pairs have one key: the length says where the first ends.
fn key(issuer: &str, id: &[u8]) -> Vec<u8> {
    let length = (issuer.len() as u64).to_be_bytes();
    sha256(&[&length, issuer.as_bytes(), id].concat()).to_vec()
}

/// Removes up to `limit` rows of what ended before `before`; answers how many.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, before: Timestamp, limit: i64) -> QueryResult<usize> {
    let ended = "DELETE FROM used_ids WHERE (kind, key) IN \
         (SELECT kind, key FROM used_ids WHERE ends_at <= $1 LIMIT $2)";
    diesel::sql_query(ended).bind::<BigInt, _>(before).bind::<BigInt, _>(limit).execute(conn)
}

#[cfg(test)]
mod tests {
    use model::db::Db;
    use model::db::testing::TestDatabase;

    use super::*;
    use crate::store::MIGRATIONS;

    fn database() -> (TestDatabase, Db) {
        let database = TestDatabase::new();
        MIGRATIONS.run(database.url()).unwrap();
        let db = Db::open(database.url()).unwrap();
        (database, db)
    }

    async fn claims(db: &Db, kind: Kind, issuer: &'static str, id: &'static str, ends_at: Timestamp) -> bool {
        db.write(move |conn| claim(conn, kind, issuer, id, ends_at)).await.unwrap()
    }

    /// C8, R34: once for each kind and each issuer, however the two are cut, and whatever it is said to end.
    #[tokio::test]
    async fn an_id_is_used_once_by_its_issuer_for_its_kind() {
        let (database, db) = database();
        let [soon, later] = [1, 1_000].map(Timestamp::from_unix_seconds);
        for (kind, issuer, id) in [
            (Kind::ClientAssertion, "web", "1"),
            (Kind::DpopProof, "web", "1"),
            (Kind::ClientAssertion, "we", "b1"),
            (Kind::ClientAssertion, "", "web1"),
            (Kind::ClientAssertion, "web1", ""),
            (Kind::ClientAssertion, "web", "1 "),
        ] {
            assert!(claims(&db, kind, issuer, id, soon).await, "{kind:?} {issuer} {id}");
            assert!(!claims(&db, kind, issuer, id, soon).await, "{kind:?} {issuer} {id}");
            assert!(!claims(&db, kind, issuer, id, later).await, "{kind:?} {issuer} {id}");
        }
        // Another process, or the same after a restart.
        drop(db);
        let db = Db::open(database.url()).unwrap();
        assert!(!claims(&db, Kind::ClientAssertion, "web", "1", soon).await);
    }

    /// C8: the winner is told by the number of rows, which both databases' drivers count alike.
    #[tokio::test]
    async fn of_many_at_once_one_uses_an_id() {
        let (_database, db) = database();
        let ends_at = Timestamp::from_unix_seconds(1);
        let tries: Vec<_> = (0..64)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { claims(&db, Kind::ClientAssertion, "web", "1", ends_at).await })
            })
            .collect();
        let mut winners = 0;
        for each in tries {
            winners += usize::from(each.await.unwrap());
        }
        assert_eq!(winners, 1);
    }

    /// What has ended goes a few rows at a time, and what has not stays.
    #[tokio::test]
    async fn a_sweep_removes_what_has_ended_and_keeps_the_rest() {
        let (_database, db) = database();
        let [now, later] = [10, 11].map(Timestamp::from_unix_seconds);
        for id in ["1", "2", "3"] {
            assert!(claims(&db, Kind::ClientAssertion, "web", id, now).await);
            assert!(claims(&db, Kind::DpopProof, "key", id, later).await);
        }
        for removed in [2, 1, 0] {
            assert_eq!(db.write(move |conn| sweep(conn, now, 2)).await.unwrap(), removed);
        }
        let left: i64 = db.read(|conn| used_ids::table.count().get_result(conn)).await.unwrap();
        assert_eq!(left, 3);
        assert!(!claims(&db, Kind::DpopProof, "key", "1", later).await);
    }
}
