//! What is to be sent by mail: written with what it tells of, and removed when it was sent, or nobody would want it any more. A
//! restart loses none.

use diesel::prelude::*;
use model::db::Conn;
use model::id::UserId;
use model::time::Timestamp;

use crate::schema::outgoing_mail;

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody asked for a new password, by what stands, sealed, as the address: a name or an address. Whose that is, is looked
    /// up behind the answer, which so takes the same time for all; what comes of it is a [`Kind::Reset`].
    ResetAsked,
    /// The link to set a new password.
    Reset,
    /// There is a new password.
    PasswordChanged,
    /// One more provider can sign somebody in.
    ProviderLinked,
    /// The link that proves an address.
    ConfirmEmail,
    /// There is another address; this goes to the one before.
    EmailChanged,
    /// The account is gone.
    AccountDeleted,
}

/// With their names in the table.
const KINDS: [(Kind, &str); 7] = [
    (Kind::ResetAsked, "reset_asked"),
    (Kind::Reset, "reset"),
    (Kind::PasswordChanged, "password_changed"),
    (Kind::ProviderLinked, "provider_linked"),
    (Kind::ConfirmEmail, "confirm_email"),
    (Kind::EmailChanged, "email_changed"),
    (Kind::AccountDeleted, "account_deleted"),
];

impl Kind {
    /// The name in the table.
    pub fn as_str(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| *name)
    }
}

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct OutgoingMail {
    /// Its number.
    pub id: i64,
    kind: String,
    /// About whom; nobody when it was only asked for, or they are gone.
    pub user_id: Option<UserId>,
    /// To where.
    pub address: String,
    /// When what it tells of happened.
    pub asked_at: Timestamp,
    /// How often it was tried, this time included.
    pub tries: i64,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// When nobody wants it any more.
    pub ends_at: Timestamp,
}

impl OutgoingMail {
    /// What it is about; `None` for what another version of this program has written.
    pub fn kind(&self) -> Option<Kind> {
        KINDS.iter().find(|(_, name)| *name == self.kind).map(|(kind, _)| *kind)
    }
}

/// What is written of a new one.
#[derive(Clone, Debug)]
pub struct NewMail {
    /// What it is about.
    pub kind: Kind,
    /// About whom.
    pub user_id: Option<UserId>,
    /// To where.
    pub address: String,
    /// Now; it is due at once.
    pub asked_at: Timestamp,
    /// When nobody wants it any more.
    pub ends_at: Timestamp,
}

/// Says that it is to be sent.
///
/// # Errors
/// When a statement fails.
pub fn insert(conn: &mut Conn, new: &NewMail) -> QueryResult<()> {
    diesel::insert_into(outgoing_mail::table)
        .values((
            outgoing_mail::kind.eq(new.kind.as_str()),
            outgoing_mail::user_id.eq(new.user_id),
            outgoing_mail::address.eq(&new.address),
            outgoing_mail::asked_at.eq(new.asked_at),
            outgoing_mail::tries.eq(0),
            outgoing_mail::due_at.eq(new.asked_at),
            outgoing_mail::ends_at.eq(new.ends_at),
        ))
        .execute(conn)
        .map(drop)
}

/// Whether anything is due; a look that takes no lock.
///
/// # Errors
/// When a statement fails.
pub fn are_due(conn: &mut Conn, now: Timestamp) -> QueryResult<bool> {
    let due = outgoing_mail::table.filter(outgoing_mail::due_at.le(now));
    Ok(due.select(outgoing_mail::id).limit(1).get_result::<i64>(conn).optional()?.is_some())
}

/// Takes up to `limit` that are due, oldest first. Each is moved on to `next_at` by a conditional write: of several processes one
/// gets it, and if that one stops before it was sent, it is due again then.
///
/// # Errors
/// When a statement fails.
pub fn claim(
    conn: &mut Conn,
    now: Timestamp,
    next_at: Timestamp,
    limit: i64,
) -> QueryResult<Vec<OutgoingMail>> {
    let due: Vec<OutgoingMail> = outgoing_mail::table
        .filter(outgoing_mail::due_at.le(now))
        .order((outgoing_mail::due_at, outgoing_mail::id))
        .limit(limit)
        .load(conn)?;
    let mut claimed = Vec::new();
    for mail in due {
        let unclaimed = outgoing_mail::table
            .find(mail.id)
            .filter(outgoing_mail::tries.eq(mail.tries))
            .filter(outgoing_mail::due_at.eq(mail.due_at));
        let row = diesel::update(unclaimed)
            .set((outgoing_mail::tries.eq(mail.tries + 1), outgoing_mail::due_at.eq(next_at)))
            .returning(outgoing_mail::all_columns)
            .get_result(conn)
            .optional()?;
        claimed.extend(row);
    }
    Ok(claimed)
}

/// It was not sent: it is tried again then.
///
/// # Errors
/// When a statement fails.
pub fn postpone(conn: &mut Conn, id: i64, due_at: Timestamp) -> QueryResult<()> {
    diesel::update(outgoing_mail::table.find(id))
        .set(outgoing_mail::due_at.eq(due_at))
        .execute(conn)
        .map(drop)
}

/// It was sent, or will not be. Whether it was still there.
///
/// # Errors
/// When a statement fails.
pub fn delete(conn: &mut Conn, id: i64) -> QueryResult<bool> {
    Ok(diesel::delete(outgoing_mail::table.find(id)).execute(conn)? == 1)
}

/// What is about a person is not sent.
///
/// # Errors
/// When a statement fails.
pub fn forget(conn: &mut Conn, user: UserId) -> QueryResult<()> {
    diesel::delete(outgoing_mail::table.filter(outgoing_mail::user_id.eq(user))).execute(conn).map(drop)
}

/// Removes up to `limit` that nobody wants any more, such as those from before sending was switched off; answers how many.
///
/// # Errors
/// When a statement fails.
pub fn sweep(conn: &mut Conn, now: Timestamp, limit: i64) -> QueryResult<usize> {
    let ended: Vec<i64> = outgoing_mail::table
        .filter(outgoing_mail::ends_at.le(now))
        .select(outgoing_mail::id)
        .limit(limit)
        .load(conn)?;
    diesel::delete(outgoing_mail::table.filter(outgoing_mail::id.eq_any(ended))).execute(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        for (kind, name) in KINDS {
            assert_eq!(kind.as_str(), name);
            assert_eq!(KINDS.iter().filter(|(_, other)| *other == name).count(), 1);
        }
    }
}
