//! `authz user rename` and `delete`.

use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;
use model::db::DbError;
use serde_json::json;

use super::NOBODY;
use crate::app::App;
use crate::audit::{Origin, What};
use crate::cli::{Outcome, Report};
use crate::people;
use crate::sign_in::username_key;
use crate::store::audit_events::{self, AuditEvent};
use crate::store::former_names::{self, Renamed};

pub(super) async fn rename(app: &App, origin: &Origin, username: &str, new: &str) -> Outcome {
    let new = people::username(new)?;
    let (key, name, new_key) = (username_key(username), new.clone(), username_key(&new));
    let (origin, now, clock) = (origin.clone(), app.now(), app.clock.clone());
    let detail = format!("{key} -> {new_key}");
    let renamed = app.db.write(move |conn| {
        let renamed = former_names::rename(conn, &key, [&name, &new_key], &clock)?;
        if let Renamed::Now(user) = renamed {
            let event = What::UserRenamed.of_user(user, &origin, now);
            audit_events::insert(conn, &[AuditEvent { detail, ..event }])?;
        }
        Ok(renamed)
    });
    match renamed.await {
        Ok(Renamed::Now(_)) => {
            let text = format!("{username} is now {new}; every session and token made before has ended.");
            Ok(Report { text, json: json!({"username": new, "done": true}) })
        }
        // Somebody signed up by it at this very moment.
        Ok(Renamed::Taken) | Err(DbError::Query(DatabaseError(UniqueViolation, _))) => {
            Err("the name is taken, or was somebody else's".into())
        }
        Ok(Renamed::Unknown) => Err(NOBODY.into()),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn delete(app: &App, origin: &Origin, username: &str, frees_name: bool) -> Outcome {
    let (key, origin, now, clock) = (username_key(username), origin.clone(), app.now(), app.clock.clone());
    let deleted = app.db.write(move |conn| {
        let deleted = former_names::delete(conn, &key, frees_name, &clock)?;
        if let Some((user, _)) = deleted {
            audit_events::insert(conn, &[What::UserDeleted.of_user(user, &origin, now)])?;
        }
        Ok(deleted)
    });
    let (user, orphans) = deleted.await?.ok_or(NOBODY)?;
    let mut text = format!("Deleted {username} (id {user}); every session and token has ended.");
    if !orphans.is_empty() {
        text.push_str("\nThese applications of theirs belong to nobody now: ");
        text.push_str(&orphans.join(", "));
    }
    Ok(Report { text, json: json!({"username": username, "id": user, "deleted": true, "clients": orphans}) })
}
