//! What a wrong password is counted as, and how many there may be.

use std::time::Duration;

use diesel::QueryResult;
use model::db::Conn;
use model::time::Timestamp;

use super::{Attempt, known_browser};
use crate::app::App;
use crate::crypto::master::equal;
use crate::edge;
use crate::store::attempts::{self, Budget};
use crate::store::users::User;

/// How many wrong passwords in a row are looked at for one person: so many at browsers where they have signed in
/// before, and as many everywhere else, so that nobody who fills the one can lock them out of the other. Together they
/// are what NIST SP 800-63B allows.
pub const WRONG_IN_A_ROW: i64 = 50;
/// How long the same is counted for a name that nobody has.
const NOBODYS_ROW: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// What a try is counted as.
#[derive(Clone)]
pub(super) struct Counts {
    /// Per network, for this name and for all; the second not at a browser the person is known at, nor through an API.
    budgets: Vec<(String, Budget)>,
    /// In a row, for the person.
    row: String,
    /// Whether there is one.
    somebody: bool,
}

impl Counts {
    pub(super) fn of(app: &App, attempt: Attempt, username_key: &str, user: Option<&User>) -> Self {
        let limits = app.config.limits;
        let is_known = user.is_some_and(|user| {
            let own = known_browser(app, user);
            attempt.keepsakes.split('.').any(|each| equal(each.as_bytes(), own.as_bytes()))
        });
        let network = edge::network(attempt.address);
        let for_name = Budget { limit: limits.wrong_passwords_per_minute, window: MINUTE };
        let for_all = Budget { limit: limits.wrong_passwords_per_hour, window: HOUR };
        // What was typed as a name may be a password: only its tag is kept.
        let mut budgets = vec![(app.form_key.tag(&["wrong password", &network, username_key]), for_name)];
        if !is_known && !attempt.is_relayed {
            budgets.push((app.form_key.tag(&["wrong password", &network]), for_all));
        }
        let row = user.map_or_else(
            || app.form_key.tag(&["wrong in a row", username_key]),
            |user| attempts::of_person(user.id, is_known),
        );
        Self { budgets, row, somebody: user.is_some() }
    }

    /// Counts a try; `Err` if it must wait. Answers its place in the row, `None` when the row is full.
    pub(super) fn count(
        &self,
        conn: &mut Conn,
        now: Timestamp,
    ) -> QueryResult<Result<Option<i64>, Duration>> {
        for (key, budget) in &self.budgets {
            if let Err(wait) = attempts::spend(conn, key, *budget, now)? {
                return Ok(Err(wait));
            }
        }
        let ends_at = (!self.somebody).then(|| now.plus(NOBODYS_ROW));
        attempts::count_in_a_row(conn, &self.row, WRONG_IN_A_ROW, now, ends_at).map(Ok)
    }

    /// It was not looked at. One that a full row would not have let be looked at was not counted there.
    pub(super) fn give_back(&self, conn: &mut Conn, counted: Option<i64>) -> QueryResult<()> {
        for (key, _) in &self.budgets {
            attempts::give_back(conn, key)?;
        }
        counted.map_or(Ok(0), |_| attempts::give_back(conn, &self.row)).map(drop)
    }

    /// It was right: not a wrong try, and the rows are over.
    pub(super) fn succeeded(&self, conn: &mut Conn, user: &User) -> QueryResult<()> {
        for (key, _) in &self.budgets {
            attempts::give_back(conn, key)?;
        }
        attempts::forget_person(conn, user.id).map(drop)
    }
}
