//! Fields of what was sent, under the framework's rules and in its words; everything that is wrong is told at once.

use serde_json::Value;

use super::refusal::Refusal;
use super::sent::{Given, Sent};

/// What a text may be.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// The most characters.
    pub longest: Option<usize>,
    /// Whether blanks around it are no part of it.
    pub trimmed: bool,
}

/// Takes fields out of what was sent.
pub struct Reader<'a> {
    sent: &'a Sent,
    wrong: Vec<(&'static str, String)>,
}

impl<'a> Reader<'a> {
    /// Of an object.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(sent: &'a Sent) -> Result<Self, Refusal> {
        sent.require_object()?;
        Ok(Self { sent, wrong: Vec::new() })
    }

    /// A text that has to be there, and is not empty. What is wrong is told at the end.
    pub fn required(&mut self, rule: Rule) -> String {
        match self.text(rule) {
            Ok(None) => self.is_wrong(rule.name, "This field is required."),
            Ok(Some(text)) if text.is_empty() => self.is_wrong(rule.name, "This field may not be blank."),
            Ok(Some(text)) => return text,
            Err(message) => self.is_wrong(rule.name, message),
        }
        String::new()
    }

    /// A text that may be missing or empty.
    pub fn optional(&mut self, rule: Rule) -> Option<String> {
        match self.text(rule) {
            Ok(text) => text.filter(|text| !text.is_empty()),
            Err(message) => {
                self.is_wrong(rule.name, message);
                None
            }
        }
    }

    /// Something is wrong with a field of which nothing else was said.
    pub fn is_wrong(&mut self, name: &'static str, message: impl Into<String>) {
        if !self.wrong.iter().any(|(known, _)| *known == name) {
            self.wrong.push((name, message.into()));
        }
    }

    /// The end.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.wrong.is_empty() { Ok(()) } else { Err(Refusal::Fields(self.wrong)) }
    }

    fn text(&self, rule: Rule) -> Result<Option<String>, String> {
        let text = match self.sent.field(rule.name) {
            Given::Missing => return Ok(None),
            Given::Text(text) => text_of(text, rule),
            Given::Json(Value::String(text)) => text_of(text, rule),
            Given::Json(Value::Number(number)) => number.to_string(),
            Given::Json(Value::Null) => return Err("This field may not be null.".to_owned()),
            Given::Json(_) => return Err("Not a valid string.".to_owned()),
        };
        if text.contains('\0') {
            return Err("Null characters are not allowed.".to_owned());
        }
        match rule.longest {
            Some(longest) if text.chars().count() > longest => {
                Err(format!("Ensure this field has no more than {longest} characters."))
            }
            _ => Ok(Some(text)),
        }
    }
}

fn text_of(text: &str, rule: Rule) -> String {
    if rule.trimmed { text.trim().to_owned() } else { text.to_owned() }
}
