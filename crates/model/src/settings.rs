//! Settings: looked up under a prefix, parsed once, every problem reported together and by name.
//!
//! A value is looked for in the environment (`AUTHZ_ISSUER`), then in the optional TOML file that
//! `…_CONFIG` names (`issuer = "…"`), then in what the program itself lays down. A secret may also be given
//! as a file (`…_SECRET_KEY_FILE`). A name nobody asked for is a problem too: it is a typing error or a
//! setting that does not do what its author believes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::secret::Secret;

/// What was said, not yet what was decided.
#[derive(Debug)]
pub struct Settings {
    prefix: &'static str,
    said: BTreeMap<String, Said>,
    asked: BTreeSet<String>,
    problems: Vec<String>,
}

#[derive(Debug)]
struct Said {
    value: String,
    /// Where a person would look to change it.
    place: String,
}

/// Everything that was wrong, one line each.
#[derive(Debug)]
pub struct SettingsError(Vec<String>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} problem(s):", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for SettingsError {}

impl Settings {
    /// Takes the variables that begin with `prefix` (for example `AUTHZ_`) and reads the TOML file that
    /// `<prefix>CONFIG` names, if it does.
    pub fn new(prefix: &'static str, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut settings =
            Self { prefix, said: BTreeMap::new(), asked: BTreeSet::new(), problems: Vec::new() };
        for (name, value) in variables {
            if let Some(key) = name.strip_prefix(prefix) {
                settings.said.insert(key.to_owned(), Said { value, place: name });
            }
        }
        if let Some(file) = settings.optional::<PathBuf>("CONFIG", "the path of a TOML file") {
            settings.read_file(&file);
        }
        settings
    }

    /// Lays down a value for a key that was not said, nor its `…_FILE` (a program's own default).
    pub fn default_to(&mut self, key: &str, value: impl Into<String>) {
        if self.said.contains_key(&format!("{key}_FILE")) {
            return;
        }
        let place = format!("{}{key}", self.prefix);
        self.said.entry(key.to_owned()).or_insert_with(|| Said { value: value.into(), place });
    }

    fn read_file(&mut self, file: &PathBuf) {
        let place = file.display().to_string();
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => return self.problems.push(format!("{}CONFIG: {place}: {error}", self.prefix)),
        };
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => return self.problems.push(format!("{place}: {error}")),
        };
        for (name, value) in table {
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(flag) => flag.to_string(),
                _ => {
                    self.problems
                        .push(format!("{place}: {name}: expected a text, a whole number or true/false"));
                    continue;
                }
            };
            let place = format!("{name} in {place}");
            self.said.entry(name.to_uppercase()).or_insert(Said { value, place });
        }
    }

    /// The value of `key`, `None` when nobody said it (or what was said is not `expected`: a problem).
    pub fn optional<T: FromStr>(&mut self, key: &str, expected: &str) -> Option<T> {
        self.asked.insert(key.to_owned());
        let said = self.said.get(key)?;
        let parsed = said.value.trim().parse().ok();
        if parsed.is_none() {
            self.problems.push(format!("{}: expected {expected}", said.place));
        }
        parsed
    }

    /// The value of `key`, or `default`.
    pub fn or<T: FromStr>(&mut self, key: &str, default: T, expected: &str) -> T {
        self.optional(key, expected).unwrap_or(default)
    }

    /// A span given in whole seconds, or `default`.
    pub fn seconds(&mut self, key: &str, default: Duration) -> Duration {
        self.optional(key, "a whole number of seconds").map_or(default, Duration::from_secs)
    }

    /// The value of `key`; its absence is a problem, and the answer is then `None`.
    pub fn required<T: FromStr>(&mut self, key: &str, expected: &str) -> Option<T> {
        if !self.said.contains_key(key) {
            self.problems.push(format!("{}{key}: missing; expected {expected}", self.prefix));
        }
        self.optional(key, expected)
    }

    /// A secret, said as `key` or as the path of a file in `<key>_FILE`; trailing white space is not part of it.
    pub fn secret(&mut self, key: &str) -> Option<Secret<String>> {
        let file_key = format!("{key}_FILE");
        let file = self.optional::<PathBuf>(&file_key, "the path of a file");
        self.asked.insert(key.to_owned());
        let direct = self.said.get(key).map(|said| said.value.trim().to_owned());
        match (direct, file) {
            (Some(_), Some(_)) => {
                self.problem(&file_key, "and the setting without _FILE exclude each other");
                None
            }
            (Some(value), None) => Some(Secret::new(value)),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(text) => Some(Secret::new(text.trim().to_owned())),
                Err(error) => {
                    self.problem(&file_key, &format!("{}: {error}", path.display()));
                    None
                }
            },
            (None, None) => None,
        }
    }

    /// Reads settings somebody else needs: what it asks for is known from then on, what it finds wrong is not told.
    pub fn aside<T>(&mut self, read: impl FnOnce(&mut Self) -> T) {
        let told = self.problems.len();
        drop(read(self));
        self.problems.truncate(told);
    }

    /// Records that the value of `key` will not do.
    pub fn problem(&mut self, key: &str, what: &str) {
        self.problems.push(format!("{}{key}: {what}", self.prefix));
    }

    /// What was decided, or everything that was wrong.
    ///
    /// # Errors
    /// Every problem found since [`Settings::new`], names nobody asked for among them.
    pub fn finish<T>(mut self, decided: Option<T>) -> Result<T, SettingsError> {
        for (key, said) in &self.said {
            if !self.asked.contains(key) {
                self.problems.push(format!("{}: no such setting", said.place));
            }
        }
        match decided {
            Some(decided) if self.problems.is_empty() => Ok(decided),
            _ => Err(SettingsError(self.problems)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pairs: &[(&str, &str)]) -> Settings {
        Settings::new("AUTHZ_", pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn every_problem_is_reported_at_once_and_by_name() {
        let mut settings = said(&[("AUTHZ_PORT", "eighty"), ("AUTHZ_ISUER", "x"), ("OTHER", "y")]);
        let port: u16 = settings.or("PORT", 8000, "a port number");
        let issuer: Option<String> = settings.required("ISSUER", "an https URL");
        assert_eq!(port, 8000);
        assert_eq!(issuer, None);
        assert_eq!(
            settings.finish(Some(())).unwrap_err().to_string(),
            "the configuration has 3 problem(s):\n  AUTHZ_PORT: expected a port number\n  \
             AUTHZ_ISSUER: missing; expected an https URL\n  AUTHZ_ISUER: no such setting"
        );
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("authz.toml");
        std::fs::write(&file, "port = 1\nworkers = 2\n").unwrap();
        let mut settings = said(&[("AUTHZ_CONFIG", file.to_str().unwrap()), ("AUTHZ_PORT", "7")]);
        settings.default_to("WORKERS", "9");
        settings.default_to("HOST", "::1");
        assert_eq!(settings.optional::<u16>("PORT", ""), Some(7));
        assert_eq!(settings.optional::<u16>("WORKERS", ""), Some(2));
        assert_eq!(settings.optional::<String>("HOST", "").as_deref(), Some("::1"));
        settings.finish(Some(())).unwrap();
    }

    #[test]
    fn a_secret_that_was_said_as_a_file_has_no_default_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "said").unwrap();
        let mut settings = said(&[("AUTHZ_SECRET_KEY_FILE", file.to_str().unwrap())]);
        settings.default_to("SECRET_KEY", "laid down");
        assert_eq!(settings.secret("SECRET_KEY").unwrap().expose(), "said");
        settings.finish(Some(())).unwrap();
    }

    #[test]
    fn an_unknown_key_in_the_file_is_a_problem_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("authz.toml");
        std::fs::write(&file, "prot = 1\n").unwrap();
        let settings = said(&[("AUTHZ_CONFIG", file.to_str().unwrap())]);
        let message = settings.finish(Some(())).unwrap_err().to_string();
        assert!(message.contains(&format!("prot in {}: no such setting", file.display())), "{message}");
    }

    #[test]
    fn a_secret_may_be_a_file_and_never_prints() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "s3cret\n").unwrap();
        let mut settings = said(&[("AUTHZ_SECRET_KEY_FILE", file.to_str().unwrap())]);
        let secret = settings.secret("SECRET_KEY").unwrap();
        assert_eq!(secret.expose(), "s3cret");
        settings.finish(Some(())).unwrap();
    }
}
