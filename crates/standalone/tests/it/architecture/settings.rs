//! The settings there are, and the settings that are written down.

use std::collections::BTreeSet;

use super::source::{markdown, sources};

/// What the configurations read. Everything in capitals in them is the name of a setting.
pub fn read() -> BTreeSet<String> {
    let mut names: BTreeSet<String> =
        ["AUTHZ_CONFIG", "TIMETRACKER_CONFIG", "STANDALONE_CONFIG"].map(str::to_owned).into();
    for source in sources() {
        let literals = source.code.split('"').skip(1).step_by(2).filter(|literal| is_name(literal));
        match source.path.as_str() {
            path if path == "authz/src/config.rs" || path.starts_with("authz/src/config/") => {
                names.extend(literals.map(|name| format!("AUTHZ_{name}")));
            }
            "timetracker-api/src/config.rs" => {
                names.extend(literals.map(|name| format!("TIMETRACKER_{name}")));
            }
            "standalone/src/settings.rs" => {
                let own = source.code.split("own.").skip(1).filter_map(|call| call.split('"').nth(1));
                names.extend(own.filter(|name| is_name(name)).map(|name| format!("STANDALONE_{name}")));
            }
            _ => {}
        }
    }
    assert!(names.len() > 30, "{names:?}");
    names
}

fn is_name(text: &str) -> bool {
    text.len() > 2
        && !text.ends_with('_')
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// What the README and the documents mention.
pub fn documented() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, text) in markdown() {
        for word in text.split(|each: char| !each.is_ascii_uppercase() && each != '_') {
            let known =
                ["AUTHZ_", "TIMETRACKER_", "STANDALONE_"].iter().find_map(|prefix| word.strip_prefix(prefix));
            if known.is_some_and(is_name) {
                names.insert(word.to_owned());
            }
        }
    }
    names
}

/// Whether there is such a setting; a secret may also be given as a file.
pub fn exists(name: &str, known: &BTreeSet<String>) -> bool {
    let secret =
        name.strip_suffix("_FILE").filter(|name| name.ends_with("_KEY") || name.ends_with("_SECRET"));
    known.contains(name) || secret.is_some_and(|name| known.contains(name))
}
