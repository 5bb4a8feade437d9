//! Signing in and out at a browser: its session, and the cookie by which it is known.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::http::header;
use diesel::QueryResult;
use model::db::{Conn, DbError};
use model::id::SessionId;
use model::time::Timestamp;

use super::{Browser, KEEPSAKES_KEPT, MAX_PEOPLE, keepsakes_name, new_secret};
use crate::audit::{Origin, What};
use crate::pages::PageError;
use crate::pages::destination::Destination;
use crate::sign_in::{self, username_key};
use crate::store::audit_events;
use crate::store::session_clients::SessionClient;
use crate::store::sessions::{self, Begun, Seen, Session};
use crate::store::users::{self, User};

impl Browser {
    /// Signs a person in who proved at `since` who they are, with a new cookie and a new session in place of the old
    /// ones, and sends them on. Who clicks twice is signed in once, and whichever answer the browser follows has the cookie.
    pub(crate) async fn sign_in(
        &self,
        user: &User,
        since: Timestamp,
        destination: &Destination,
    ) -> Result<HttpResponse, PageError> {
        // Not when the password came in: looking at it may take as long as a client's `max_age`, which then would ask again.
        self.sign_in_vouched_for(user, (since, self.app.now()), destination).await
    }

    /// The same of somebody for whom a provider has vouched since `since`, and who proved who they are at `authenticated_at`.
    pub(crate) async fn sign_in_vouched_for(
        &self,
        user: &User,
        (since, authenticated_at): (Timestamp, Timestamp),
        destination: &Destination,
    ) -> Result<HttpResponse, PageError> {
        let mut next = self.after_sign_in(user);
        if !self.app.db.write(self.opening_as_of(&next, user, since, authenticated_at)).await? {
            // That session has ended; its id is nobody's ever again.
            next.secret = new_secret()?;
            self.app.db.write(self.opening_as_of(&next, user, since, authenticated_at)).await?;
        }
        Ok(next.welcomed(destination))
    }

    /// The browser as it is known once this person has signed in: by a secret that nobody can tell from the one before, and that
    /// is the same each time.
    pub(crate) fn after_sign_in(&self, user: &User) -> Self {
        Self {
            secret: self.app.session_key.tag(&[&self.secret, &user.id.to_string()]),
            is_new: true,
            keepsakes: self.keepsakes_with(&sign_in::known_browser(&self.app, user)),
            ..self.clone()
        }
    }

    /// Begins the session of the browser as it is `next`, for somebody who has proved who they are just now; `false` when
    /// that has ended already.
    pub(crate) fn opening(
        &self,
        next: &Self,
        user: &User,
        since: Timestamp,
    ) -> impl FnOnce(&mut Conn) -> QueryResult<bool> + Send + use<> {
        self.opening_as_of(next, user, since, self.app.now())
    }

    fn opening_as_of(
        &self,
        next: &Self,
        user: &User,
        since: Timestamp,
        authenticated_at: Timestamp,
    ) -> impl FnOnce(&mut Conn) -> QueryResult<bool> + Send + use<> {
        let Seen { user_agent, address, seen_at } = self.as_seen(since);
        let session = Session {
            id: next.digest().to_vec(),
            user_id: user.id,
            created_at: since,
            authenticated_at,
            ends_at: since.plus(self.app.config.lifetimes.session),
            sid: SessionId::new(since),
            user_agent,
            address,
            seen_at,
        };
        let old = self.digest();
        let event = What::SignIn.of_user(user.id, &Origin::Address(self.address), since);
        move |conn| {
            let begun = sessions::begin(conn, &session, &old)?;
            audit_events::insert_if(conn, begun == Begun::Now, event)?;
            Ok(begun != Begun::Over)
        }
    }

    /// Goes on, at this browser, for a person whose sessions have all ended with a way in, and who proved who they are at
    /// `authenticated_at`: under a new id. The browser as it is known from then on; `spare` is a secret that nobody has.
    pub(crate) fn stay(
        &self,
        conn: &mut Conn,
        user: &User,
        authenticated_at: Timestamp,
        spare: String,
    ) -> QueryResult<Self> {
        // Not at the instant at which everything made for them became void.
        let since = user.valid_from.plus(Duration::from_micros(1));
        let mut next = self.after_sign_in(user);
        if !self.opening_as_of(&next, user, since, authenticated_at)(conn)? {
            next.secret = spare;
            self.opening_as_of(&next, user, since, authenticated_at)(conn)?;
        }
        Ok(next)
    }

    /// Whether the person of that name has signed in, or up, at this browser, which does not know it yet.
    pub(crate) async fn has_missed_sign_in(&self, username: &str) -> Result<bool, DbError> {
        let (key, now) = (username_key(username), self.app.now());
        let user = self.app.db.read(move |conn| users::find(conn, &key)).await?;
        let Some(user) = user else { return Ok(false) };
        let id = self.after_sign_in(&user).digest();
        Ok(self.app.db.read(move |conn| sessions::find(conn, &id, now)).await?.is_some())
    }

    /// Gives the browser its cookies, and sends it on.
    pub(crate) fn welcomed(&self, destination: &Destination) -> HttpResponse {
        let seconds = i64::try_from(self.app.config.lifetimes.session.as_secs()).unwrap_or(i64::MAX);
        HttpResponse::SeeOther()
            .cookie(self.cookie(CookieDuration::seconds(seconds)))
            .cookie(self.of_ours(keepsakes_name(&self.app), &self.keepsakes, KEEPSAKES_KEPT))
            .insert_header((header::LOCATION, destination.url(&self.app.config.issuer)))
            .finish()
    }

    fn keepsakes_with(&self, own: &str) -> String {
        let others = self.keepsakes.split('.').filter(|each| !each.is_empty() && *each != own);
        std::iter::once(own).chain(others.take(MAX_PEOPLE - 1)).collect::<Vec<_>>().join(".")
    }

    /// Ends the session; the cookie that removes the browser's, and the clients that want to know.
    pub(crate) async fn sign_out(&self) -> Result<(Cookie<'static>, Vec<SessionClient>), PageError> {
        let (id, now) = (self.digest(), self.app.now());
        let origin = Origin::Address(self.address);
        let ended = self.app.db.write(move |conn| {
            let ended = sessions::end(conn, &id, now)?;
            if let Some(ended) = &ended {
                audit_events::insert(conn, &[What::SignOut.of_user(ended.user_id, &origin, now)])?;
            }
            Ok(ended)
        });
        let clients = ended.await?.map(|ended| ended.clients).unwrap_or_default();
        Ok((self.cookie(CookieDuration::ZERO), clients))
    }
}
