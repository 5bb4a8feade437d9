//! `authz doctor`: tries what the server relies on, and says what it found.

use diesel::result::Error::RollbackTransaction;
use model::db::DbError;
use model::id::{GrantId, UserId};
use model::secret::Secret;
use model::time::Clock;
use serde_json::json;

use super::{Outcome, Report};
use crate::app::App;
use crate::config::Config;
use crate::crypto::jwt;
use crate::crypto::passwords::Verdict;
use crate::crypto::seal::{AccessToken, OpenId, RefreshToken};
use crate::crypto::signing::SigningAlg;
use crate::signatures;
use crate::store::users::{self, NewUser};

/// What was found, one line each.
type Finding = (&'static str, Result<String, String>);

pub(super) async fn run(config: Config) -> Outcome {
    let issuer = config.issuer.as_str().to_owned();
    let database = format!("{:?}", config.database_url);
    let mut findings: Vec<Finding> = vec![("configuration", Ok(format!("issuer {issuer}")))];
    match App::open(config, Clock::system()).await {
        Err(error) => findings.push(("database", Err(error.to_string()))),
        Ok(app) => {
            findings.push(("database", Ok(database)));
            findings.push(("single use", single_use(&app).await));
            findings.push(("sealing", sealing(&app)));
            findings.push(("signing", signing(&app).await));
            findings.push(("passwords", passwords(&app).await));
        }
    }
    let line = |(what, found): &Finding| match found {
        Ok(detail) => format!("ok    {what}: {detail}"),
        Err(problem) => format!("FAIL  {what}: {problem}"),
    };
    let text = findings.iter().map(line).collect::<Vec<_>>().join("\n");
    if findings.iter().any(|(_, found)| found.is_err()) {
        return Err(format!("something is wrong\n{text}").into());
    }
    let json = findings.iter().map(|(what, found)| json!({"check": what, "ok": found.is_ok()})).collect();
    Ok(Report { text, json })
}

/// The row count of a conditional insert is what every single use relies on: 1 the first time, 0 the second.
async fn single_use(app: &App) -> Result<String, String> {
    let new = NewUser {
        username: "doctor".to_owned(),
        username_key: format!("doctor {}", GrantId::new(app.now())),
        password_hash: String::new(),
        created_at: app.now(),
    };
    let (found, told) = std::sync::mpsc::channel();
    let tried = app.db.write(move |conn| {
        let counts = (users::insert(conn, &new)?.is_some(), users::insert(conn, &new)?.is_some());
        // The receiver is waiting for this very answer.
        let _ = found.send(counts);
        Err::<(), _>(RollbackTransaction)
    });
    match tried.await {
        Err(DbError::Query(RollbackTransaction)) => {}
        Err(error) => return Err(error.to_string()),
        Ok(()) => return Err("what was to be undone was kept".to_owned()),
    }
    match told.recv() {
        Ok((true, false)) => Ok("a key can be taken once".to_owned()),
        _ => Err("a key could be taken twice".to_owned()),
    }
}

fn sealing(app: &App) -> Result<String, String> {
    let now = app.now();
    let token = RefreshToken {
        grant: GrantId::new(now),
        client: "doctor",
        username: &UserId(0).to_string(),
        scopes: "read",
        audiences: "",
        generation: 1,
        issued_at: now,
        expires_at: now.plus(std::time::Duration::from_secs(60)),
        openid: OpenId::default(),
        key: None,
    };
    let text = app.sealer.seal(&token, now).map_err(|error| error.to_string())?;
    let opens = app.sealer.open::<RefreshToken>(&text, now, &mut Vec::new()).is_some();
    let as_another = app.sealer.open::<AccessToken>(&text, now, &mut Vec::new()).is_some();
    if opens && !as_another {
        Ok("tokens seal and open".to_owned())
    } else {
        Err("a sealed token does not open".to_owned())
    }
}

/// What is signed with each key verifies by the key that is published.
async fn signing(app: &App) -> Result<String, String> {
    for alg in SigningAlg::ALL {
        let claims = json!({"iss": app.config.issuer.as_str()});
        let text = signatures::sign(app, alg, "JWT", &claims).await.map_err(|error| error.to_string())?;
        if jwt::signed_by_us(&app.signing, &text, "JWT").is_none() {
            return Err(format!("what was signed with {} does not verify", alg.as_str()));
        }
    }
    Ok(SigningAlg::ALL.map(SigningAlg::as_str).join(", "))
}

async fn passwords(app: &App) -> Result<String, String> {
    let secret = || Secret::new("doctor's own password".to_owned());
    let hash = app.passwords.hash(secret()).await.map_err(|error| error.to_string())?;
    match app.passwords.verify(Some(hash), secret()).await {
        Ok(Verdict::Right { .. }) => Ok(format!("bcrypt cost {}", app.config.password_cost)),
        _ => Err("a password does not match its own hash".to_owned()),
    }
}
