//! Links that were sent by mail. A person has one of a kind: a newer one takes the place of the one before, which is then
//! nobody's. One that was used stays until its end, so that whoever clicks twice is known.

use diesel::prelude::*;
use model::db::Conn;
use model::id::UserId;
use model::time::Timestamp;

use super::directly;
use crate::schema::mail_links;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Setting a new password.
    Reset,
    /// Proving an address.
    Email,
}

impl Kind {
    /// The name in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Email => "email",
        }
    }
}

/// A link.
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = mail_links, treat_none_as_null = true)]
pub struct MailLink {
    /// Whose it is.
    pub user_id: UserId,
    /// A name that [`Kind`] has.
    pub kind: String,
    /// What its token is made of, with the master key.
    pub seed: String,
    /// SHA-256 of the token.
    pub hash: Vec<u8>,
    /// Where it was sent.
    pub address: String,
    /// When it was made. A new password voids it, as it does everything made before.
    pub made_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

impl MailLink {
    /// Whether it may be used, as far as it says itself.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && now < self.ends_at
    }
}

/// Puts a link in the place of the person's one of that kind.
///
/// # Errors
/// When a statement fails.
pub fn put(conn: &mut Conn, link: &MailLink) -> QueryResult<()> {
    directly!(conn, |conn| {
        diesel::insert_into(mail_links::table)
            .values(link)
            .on_conflict((mail_links::user_id, mail_links::kind))
            .do_update()
            .set(link)
            .execute(conn)
    })
    .map(drop)
}

/// A person's link of that kind.
///
/// # Errors
/// When a statement fails.
pub fn of(conn: &mut Conn, user: UserId, kind: Kind) -> QueryResult<Option<MailLink>> {
    mail_links::table.find((user, kind.as_str())).get_result(conn).optional()
}

/// The link whose token has that hash.
///
/// # Errors
/// When a statement fails.
pub fn find(conn: &mut Conn, kind: Kind, hash: &[u8]) -> QueryResult<Option<MailLink>> {
    let found = mail_links::table.filter(mail_links::hash.eq(hash));
    found.filter(mail_links::kind.eq(kind.as_str())).get_result(conn).optional()
}

/// Uses it; `false` when it was used or replaced, or has ended. The write itself decides, so that of many at once one is told
/// `true`.
///
/// # Errors
/// When a statement fails.
pub fn claim(conn: &mut Conn, hash: &[u8], now: Timestamp) -> QueryResult<bool> {
    let unused = mail_links::table.filter(mail_links::hash.eq(hash)).filter(mail_links::used_at.is_null());
    let open = unused.filter(mail_links::ends_at.gt(now));
    Ok(diesel::update(open).set(mail_links::used_at.eq(now)).execute(conn)? == 1)
}

/// Forgets a person's of that kind. A letter that waits to be sent with it is not sent.
///
/// # Errors
/// When a statement fails.
pub fn forget_kind(conn: &mut Conn, user: UserId, kind: Kind) -> QueryResult<()> {
    diesel::delete(mail_links::table.find((user, kind.as_str()))).execute(conn).map(drop)
}

/// Forgets a person's.
///
/// # Errors
/// When a statement fails.
pub fn forget(conn: &mut Conn, user: UserId) -> QueryResult<()> {
    diesel::delete(mail_links::table.filter(mail_links::user_id.eq(user))).execute(conn).map(drop)
}

/// Removes up to `limit` that have ended; answers how many.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, now: Timestamp, limit: i64) -> QueryResult<usize> {
    let ended: Vec<Vec<u8>> = mail_links::table
        .filter(mail_links::ends_at.le(now))
        .select(mail_links::hash)
        .limit(limit)
        .load(conn)?;
    diesel::delete(mail_links::table.filter(mail_links::hash.eq_any(ended))).execute(conn)
}
