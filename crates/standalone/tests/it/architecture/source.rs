//! The sources, as far as a rule needs to understand them.

use std::path::{Path, PathBuf};

/// A file under `crates/*/src`.
pub struct Source {
    /// From `crates/` on, with `/`.
    pub path: String,
    /// Its place among the modules, beginning with the crate.
    pub module: String,
    pub text: String,
    /// Without comments, and without the unit tests at its end.
    pub code: String,
}

/// The workspace's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Every Rust source but unit tests that have a file of their own.
pub fn sources() -> Vec<Source> {
    let files = named("rs").into_iter().filter(|(path, _)| !path.ends_with("/tests.rs"));
    let sources: Vec<_> = files.map(|(path, text)| Source::new(path, text)).collect();
    assert!(sources.len() > 50, "these are not all: {}", sources.len());
    sources
}

/// Every file of that kind under `crates/*/src`.
pub fn named(extension: &str) -> Vec<(String, String)> {
    under("src", extension)
}

/// Every file of that kind in that folder of each crate.
pub fn under(folder: &str, extension: &str) -> Vec<(String, String)> {
    let crates = root().join("crates");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&crates).unwrap() {
        collect(&entry.unwrap().path().join(folder), extension, &mut found);
    }
    let relative = |path: PathBuf| path.strip_prefix(&crates).unwrap().to_str().unwrap().replace('\\', "/");
    found.into_iter().map(|path| (relative(path.clone()), std::fs::read_to_string(&path).unwrap())).collect()
}

/// The README and everything in `docs/`.
pub fn markdown() -> Vec<(String, String)> {
    let mut found = vec![root().join("README.md")];
    collect(&root().join("docs"), "md", &mut found);
    let text = |path: &PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    found.iter().map(|path| (path.display().to_string(), text(path))).collect()
}

fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

impl Source {
    fn new(path: String, text: String) -> Self {
        let (name, file) = path.split_once("/src/").unwrap();
        let file = file.trim_end_matches(".rs");
        let file = file.strip_suffix("/mod").unwrap_or(file);
        let inside = if file == "lib" { String::new() } else { format!("::{}", file.replace('/', "::")) };
        let module = format!("{}{inside}", name.replace('-', "_"));
        let tested = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
        let lines = text[..tested].lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = lines.collect::<Vec<_>>().join("\n");
        Self { path, module, text, code }
    }

    /// Whether the code has this as a word of its own.
    pub fn names(&self, word: &str) -> bool {
        let is_part =
            |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        self.code.match_indices(word).any(|(at, _)| {
            let bytes = self.code.as_bytes();
            let before = at.checked_sub(1).and_then(|at| bytes.get(at));
            !is_part(before) && (word.ends_with(':') || !is_part(bytes.get(at + word.len())))
        })
    }

    /// Every path of this crate that the code mentions, from the crate on: `use` trees unfolded, `self` and
    /// `super` followed.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for keyword in ["crate", "super", "self"] {
            for (at, _) in self.code.match_indices(&format!("{keyword}::")) {
                let preceded =
                    self.code[..at].ends_with(|each: char| each.is_alphanumeric() || "_:".contains(each));
                if !preceded {
                    let mut rest = &self.code[at..];
                    unfold(&mut rest, "", &mut paths);
                }
            }
        }
        paths.into_iter().map(|path| self.absolute(&path)).collect()
    }

    fn absolute(&self, path: &str) -> String {
        let mut place: Vec<&str> = self.module.split("::").collect();
        for segment in path.split("::") {
            match segment {
                "crate" => place.truncate(1),
                "self" => {}
                "super" => drop(place.pop()),
                name => place.push(name),
            }
        }
        place.join("::")
    }
}

/// Reads one path or tree from the beginning of `rest`, and leaves what follows it there.
fn unfold(rest: &mut &str, before: &str, paths: &mut Vec<String>) {
    let mut path = before.to_owned();
    loop {
        *rest = rest.trim_start();
        if let Some(inside) = rest.strip_prefix('{') {
            *rest = inside;
            loop {
                unfold(rest, &path, paths);
                *rest = rest.trim_start();
                match rest.strip_prefix(',') {
                    Some(more) => *rest = more,
                    None => break,
                }
            }
            *rest = rest.strip_prefix('}').unwrap_or(rest);
            return;
        }
        let end = rest.find(|each: char| !each.is_alphanumeric() && each != '_').unwrap_or(rest.len());
        if end == 0 {
            return;
        }
        if !path.is_empty() {
            path.push_str("::");
        }
        path.push_str(&rest[..end]);
        *rest = &rest[end..];
        match rest.strip_prefix("::") {
            Some(more) => *rest = more,
            None => break,
        }
    }
    paths.push(path);
}

#[test]
fn use_trees_are_unfolded() {
    let source = Source::new(
        "authz/src/protocol/authorize/request.rs".to_owned(),
        "use crate::protocol::{pkce::Challenge, redirect_uri, token};\nlet a = super::super::revoke::post;"
            .to_owned(),
    );
    assert_eq!(
        source.paths(),
        [
            "authz::protocol::pkce::Challenge",
            "authz::protocol::redirect_uri",
            "authz::protocol::token",
            "authz::protocol::revoke::post"
        ]
    );
}
