//! A new password of one's own: by the one before, or by a link that was sent (`reset`). Either ends everything that was made before,
//! is noted, and told to the person's address.

pub(crate) mod reset;

use diesel::QueryResult;
use model::db::Conn;
use model::secret::Secret;
use model::time::{Clock, Timestamp};

use crate::app::App;
use crate::audit::{Origin, What};
use crate::mail;
use crate::sign_in::Failed;
use crate::store::outgoing_mail::Kind;
use crate::store::users::{self, User};
use crate::store::{audit_events, emails};

/// What is written with a new password.
#[derive(Clone)]
struct Change {
    hash: String,
    clock: Clock,
    origin: Origin,
    is_told: bool,
}

impl Change {
    async fn new(app: &App, origin: &Origin, password: Secret<String>) -> Result<Self, Failed> {
        let hash = app.passwords.hash(password).await?;
        Ok(Self { hash, clock: app.clock.clone(), origin: origin.clone(), is_told: app.post.is_some() })
    }

    /// Sets it. The person as they are now, for whom nothing counts that was made before.
    fn write(&self, conn: &mut Conn, user: &User) -> QueryResult<Option<User>> {
        let set = users::set_password(conn, &user.username_key, &self.hash, &self.clock)?;
        let Some(id) = set else { return Ok(None) };
        let now = self.clock.now();
        audit_events::insert(conn, &[What::PasswordSet.of_user(id, &self.origin, now)])?;
        let address = emails::of(conn, id)?;
        mail::tell(conn, self.is_told, Kind::PasswordChanged, Some(id), address, now)?;
        users::by_id(conn, id)
    }
}

/// Gives a person a new password who proved at `since` who they are, and in the same transaction does what begins with it. In force
/// when this returns; `None` when something has ended what they proved meanwhile.
///
/// # Errors
/// When the database cannot be asked, or too many passwords are waiting to be hashed.
pub(crate) async fn change<T: Send + 'static>(
    app: &App,
    origin: &Origin,
    user: &User,
    since: Timestamp,
    password: Secret<String>,
    also: impl FnOnce(&mut Conn, &User) -> QueryResult<T> + Send + 'static,
) -> Result<Option<T>, Failed> {
    let change = Change::new(app, origin, password).await?;
    let user = user.clone();
    let changed = app.db.write(move |conn| {
        // Of two at once the second finds that the first has ended what it was proved with.
        if !users::hold_alone(conn, user.id, since)? {
            return Ok(None);
        }
        let Some(user) = change.write(conn, &user)? else { return Ok(None) };
        also(conn, &user).map(Some)
    });
    let changed = changed.await?;
    app.feed.catch_up().await?;
    Ok(changed)
}
