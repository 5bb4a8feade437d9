//! The person's answer to the question, which is taken once (docs/decisions/0017-once.md).

use actix_web::HttpResponse;
use diesel::result::DatabaseErrorKind::ForeignKeyViolation;
use diesel::result::Error::DatabaseError;
use model::db::DbError;
use model::id::GrantId;

use super::agreement;
use super::request::Request;
use crate::app::App;
use crate::pages::browser::{self, Browser, SignedIn};
use crate::pages::views::{MessagePage, PageLink};
use crate::pages::{self, PageError};
use crate::store::consents;
use crate::store::decisions::{self, Decision};
use crate::store::grants;

/// What became of an answer.
pub(super) enum Taken {
    /// It counts.
    Now(Decision),
    /// It was given before, and what came of it has not been used: the browser may have missed it.
    Before(Decision),
    /// What came of it has been used, or has ended. The person is as somebody who comes anew.
    Over,
    /// The other one was given before, and counts.
    Otherwise,
    /// The client was deleted while the person decided.
    ClientIsGone,
}

/// Takes an answer to the question of that id, and remembers in the same transaction that they agreed, if it will ever count.
pub(super) async fn take(
    app: &App,
    request: &Request,
    signed_in: &SignedIn,
    question: GrantId,
    is_allowed: bool,
) -> Result<Taken, DbError> {
    let decision = Decision { id: question, is_allowed, decided_at: signed_in.at };
    let agreed = agreement::to_remember(app, request).filter(|_| is_allowed);
    let (user, client, now) = (signed_in.user.id, request.client.id.clone(), app.now());
    let ends_before = now.minus(app.config.lifetimes.code);
    let taken = app.db.write(move |conn| {
        let Some(before) = decisions::claim(conn, decision)? else {
            if let Some(agreed) = &agreed {
                consents::remember(conn, user, client.as_str(), agreed, now)?;
            }
            return Ok(Taken::Now(decision));
        };
        Ok(match (before.is_allowed, is_allowed) {
            (true, true) if before.decided_at <= ends_before || grants::is_there(conn, question)? => {
                Taken::Over
            }
            (true, true) | (false, false) => Taken::Before(before),
            (true, false) | (false, true) => Taken::Otherwise,
        })
    });
    match taken.await {
        Err(DbError::Query(DatabaseError(ForeignKeyViolation, _))) => Ok(Taken::ClientIsGone),
        taken => taken,
    }
}

/// Says that the other answer counts, and what can be done about that.
pub(super) fn counts_already(
    browser: &Browser,
    signed_in: &SignedIn,
    was_allowed: bool,
) -> Result<HttpResponse, PageError> {
    let (sentence, link) = if was_allowed {
        let link = PageLink { href: "/o/authorized_tokens/", label: "Applications with access" };
        (
            "You allowed this before you refused it, and the first answer counts. You can end the access.",
            Some(link),
        )
    } else {
        (
            "You refused this before you allowed it, and the first answer counts. To allow it, begin again in the application.",
            None,
        )
    };
    pages::page(
        browser,
        &MessagePage {
            frame: browser::frame(&browser.csrf_token(), Some(signed_in)),
            heading: "You have already answered",
            sentences: &[sentence],
            link,
        },
    )
}
