//! What people see in a browser.

mod below;
mod browsable;
mod docs;
mod editing;
mod failures;
mod forms;
mod home;
mod renewal;
mod scripts;
mod sign_in;
mod strangers;

use crate::support::{Person, Visitor, World};

async fn signed_in(world: &World) -> Visitor<'_> {
    let mut ada = Visitor::new(world);
    assert_eq!(ada.signs_in("ada").await.status, 303);
    ada
}

/// The same person, as an application has her.
fn her_application(world: &World) -> Person {
    world.bearer("access-ada")
}
