//! An item of the catalogue as the wire shows it, whole.

use std::fmt;

use super::{Answer, NOW};

/// The members of an activity, in their order.
pub const OF_ACTIVITY: [&str; 12] = [
    "id",
    "name",
    "description",
    "uid",
    "project",
    "color",
    "billable_default",
    "rate",
    "archived",
    "created_at",
    "updated_at",
    "version",
];

/// The expected text of an item: its members in their order, as they stand in JSON.
#[derive(Clone, Debug)]
pub struct Item(Vec<(String, String)>);

impl Item {
    fn new(members: &[(&str, String)]) -> Self {
        Self(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    /// Takes the id and the uid over from the answer to whoever made it; all else is as nobody has said anything.
    fn made(answer: &Answer, name: &str, before: &[(&str, String)], after: &[&str]) -> Self {
        let uid = answer.json()["uid"].to_string();
        let mut members = vec![("id", answer.id().to_string()), ("name", format!("\"{name}\""))];
        members.extend_from_slice(before);
        members.push(("uid", uid));
        members.extend(after.iter().map(|name| (*name, "null".to_owned())));
        members.push(("archived", "false".to_owned()));
        members.extend(["created_at", "updated_at"].map(|name| (name, format!("\"{NOW}\""))));
        members.push(("version", "1".to_owned()));
        Self::new(&members)
    }

    pub fn activity(answer: &Answer, name: &str) -> Self {
        let description = [("description", r#""""#.to_owned())];
        Self::made(answer, name, &description, &["project", "color", "billable_default", "rate"])
    }

    pub fn project(answer: &Answer, name: &str) -> Self {
        Self::made(answer, name, &[], &["client", "color", "billable_default", "rate"])
    }

    pub fn client(answer: &Answer, name: &str) -> Self {
        Self::made(answer, name, &[], &["color", "rate"])
    }

    pub fn tag(answer: &Answer, name: &str) -> Self {
        Self::made(answer, name, &[], &["color"])
    }

    /// The same with another value.
    #[track_caller]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        let member = self.0.iter_mut().find(|(each, _)| each == name).unwrap();
        member.1 = value.to_string();
        self
    }

    /// The same without a member.
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(each, _)| each != name);
        self
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members: Vec<String> = self.0.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        write!(f, "{{{}}}", members.join(","))
    }
}
