//! `authz user set-profile` and `groups`: what a person is to applications.

use std::io::Read;

use serde_json::{Map, Value};

use super::{NOBODY, change, done};
use crate::app::App;
use crate::audit::{Origin, What};
use crate::cli::{Failure, Outcome};
use crate::profile::Profile;
use crate::sign_in::username_key;
use crate::store::json::Json;
use crate::store::{groups, users};

/// No honest profile is longer, in bytes.
const MAX_PROFILE: u64 = 16 * 1024;

pub(super) async fn set(app: &App, origin: &Origin, username: &str, merge: bool) -> Outcome {
    let said = std::io::read_to_string(std::io::stdin().lock().take(MAX_PROFILE))?;
    let said: Map<String, Value> = serde_json::from_str(&said).map_err(|error| wrong(&error))?;
    if merge {
        return change_to(app, origin, username, said).await;
    }
    let profile = kept(app, said)?;
    let changed = change(app, origin, username, What::ProfileSet, move |conn, key| {
        users::set_profile(conn, key, &profile)
    });
    done(changed.await?, username, CHANGED)
}

/// What is said besides what is known; null takes away (RFC 7396).
async fn change_to(app: &App, origin: &Origin, username: &str, said: Map<String, Value>) -> Outcome {
    let key = username_key(username);
    let found = app.db.read(move |conn| {
        let Some(user) = users::find(conn, &key)? else { return Ok(None) };
        users::profile(conn, user.id)
    });
    let (_, read) = found.await?.ok_or(NOBODY)?;
    let mut members = match serde_json::to_value(&*read)? {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.remove("updated_at");
    members.extend(said);
    let profile = kept(app, members)?;
    let changed = change(app, origin, username, What::ProfileSet, move |conn, key| {
        users::change_profile(conn, key, &read, &profile)
    });
    if !changed.await? {
        return Err("the profile was changed meanwhile; try again".into());
    }
    done(true, username, CHANGED)
}

const CHANGED: &str = "has a new profile";

fn kept(app: &App, members: Map<String, Value>) -> Result<Json<Profile>, Failure> {
    let mut profile: Profile =
        serde_json::from_value(Value::Object(members)).map_err(|error| wrong(&error))?;
    profile.updated_at.get_or_insert(app.now().unix_seconds());
    Ok(Json::new(profile)?)
}

fn wrong(error: &serde_json::Error) -> String {
    format!("the profile: {error}")
}

pub(super) async fn set_groups(app: &App, origin: &Origin, username: &str, names: Vec<String>) -> Outcome {
    let is_name = |name: &String| (1..=100).contains(&name.len()) && !name.chars().any(char::is_control);
    if !names.iter().all(is_name) {
        return Err("a group's name has 1 to 100 bytes and no control characters".into());
    }
    let changed =
        change(app, origin, username, What::GroupsSet, move |conn, key| groups::replace(conn, key, &names));
    done(changed.await?, username, "is in these groups")
}
