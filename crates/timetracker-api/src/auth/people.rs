//! People as this service knows them: a row and a personal workspace, made on first sight of their token.
//! The key is issuer and subject together (R157): a subject means nothing without its issuer.

use diesel::prelude::*;
use model::db::{Conn, Db, DbError};
use model::id::UserId;
use model::time::Timestamp;

use crate::id::{PersonId, WorkspaceId};
use crate::schema::{people, workspaces};

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Person {
    /// Their id here.
    pub id: PersonId,
    /// Where their activities are.
    pub workspace_id: WorkspaceId,
    /// Their name at the issuer, for people to read.
    pub username: String,
}

/// Finds the person, or welcomes them. A read, unless they are new or have a new name.
///
/// # Errors
/// When the database cannot.
pub async fn recognize(
    db: &Db,
    issuer: &str,
    subject: UserId,
    username: String,
    now: Timestamp,
) -> Result<Person, DbError> {
    let wanted = issuer.to_owned();
    let known = db.read(move |conn| find(conn, &wanted, subject)).await?;
    if let Some(person) = known
        && person.username == username
    {
        return Ok(person);
    }
    let issuer = issuer.to_owned();
    db.write(move |conn| welcome(conn, &issuer, subject, &username, now)).await
}

fn find(conn: &mut Conn, issuer: &str, subject: UserId) -> QueryResult<Option<Person>> {
    people::table
        .filter(people::issuer.eq(issuer).and(people::subject.eq(subject)))
        .select((people::id, people::workspace_id, people::username))
        .get_result(conn)
        .optional()
}

/// Makes the person and their workspace, unless somebody else is a moment faster; brings the name up to date.
fn welcome(
    conn: &mut Conn,
    issuer: &str,
    subject: UserId,
    username: &str,
    now: Timestamp,
) -> QueryResult<Person> {
    if find(conn, issuer, subject)?.is_none() {
        let workspace: WorkspaceId = diesel::insert_into(workspaces::table)
            .values(workspaces::created_at.eq(now))
            .returning(workspaces::id)
            .get_result(conn)?;
        if insert(conn, (issuer, subject, username, workspace, now))? == 0 {
            diesel::delete(workspaces::table.filter(workspaces::id.eq(workspace))).execute(conn)?;
        }
    }
    diesel::update(people::table.filter(people::issuer.eq(issuer).and(people::subject.eq(subject))))
        .set(people::username.eq(username))
        .returning((people::id, people::workspace_id, people::username))
        .get_result(conn)
}

/// Answers 0 when the person is there already.
fn insert(
    conn: &mut Conn,
    (issuer, subject, username, workspace, now): (&str, UserId, &str, WorkspaceId, Timestamp),
) -> QueryResult<usize> {
    let row = (
        people::issuer.eq(issuer),
        people::subject.eq(subject),
        people::username.eq(username),
        people::workspace_id.eq(workspace),
        people::created_at.eq(now),
    );
    let insert = diesel::insert_into(people::table).values(row);
    match conn {
        Conn::Sqlite(conn) => insert.on_conflict_do_nothing().execute(conn),
        Conn::Postgres(conn) => insert.on_conflict_do_nothing().execute(conn),
    }
}
