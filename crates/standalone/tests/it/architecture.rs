//! What may lean on what, and the one front door per package (sections 1.6 and 3 of the house), read from the sources.

mod codes;
mod security_tests;
mod settings;
mod source;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use authz::client_metadata::ClientMetadata;
use serde_json::Value;
use source::{Source, markdown, named, root, sources};

/// The sources that name `word`, outside of the places where it belongs.
fn outsiders(word: &str, belongs: &[&str]) -> Vec<String> {
    let outside = |source: &&Source| !belongs.iter().any(|place| source.path.starts_with(place));
    let all = sources();
    all.iter().filter(outside).filter(|source| source.names(word)).map(|source| source.path.clone()).collect()
}

fn nobody() -> Vec<String> {
    Vec::new()
}

/// "To replace or audit a package is to read one file." R68: so it is with JWTs.
#[test]
fn each_package_has_one_front_door() {
    let doors: [(&str, &[&str]); 15] = [
        ("bcrypt::", &["authz/src/crypto/passwords.rs"]),
        (
            "aead",
            &["authz/src/crypto/seal.rs", "authz/src/crypto/wrap.rs", "timetracker-api/src/pages/secret.rs"],
        ),
        ("jsonwebtoken", &["authz/src/crypto/jwt.rs", "timetracker-api/src/auth/signature.rs"]),
        ("hkdf", &["authz/src/crypto/master.rs", "timetracker-api/src/pages/secret.rs"]),
        ("r2d2", &["model/src/db/"]),
        ("crossbeam_channel", &["model/src/db/", "authz/src/crypto/passwords.rs"]),
        ("lettre", &["authz/src/mail/post.rs"]),
        ("moka", &["timetracker-api/src/auth/cache.rs", "timetracker-api/src/recent.rs"]),
        ("reqwest", &["timetracker-api/src/auth/", "authz/src/upstream/"]),
        ("oauth2::", &["timetracker-api/src/auth/", "authz/src/upstream/"]),
        ("actix_multipart", &["timetracker-api/src/wire/sent.rs", "authz/src/multipart.rs"]),
        ("postcard", &["authz/src/crypto/seal.rs"]),
        ("toml::", &["model/src/settings.rs"]),
        ("Utc::now", &["model/src/time.rs"]),
        ("SystemTime", &[]),
    ];
    let wrong: Vec<_> = doors.iter().map(|(word, belongs)| (*word, outsiders(word, belongs))).collect();
    let wrong: Vec<_> = wrong.into_iter().filter(|(_, outside)| !outside.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_main_reads_the_environment() {
    let mains = ["authz/src/main.rs", "timetracker-api/src/main.rs", "standalone/src/main.rs"];
    let belongs = [mains.as_slice(), &["model/src/db/testing.rs", "model/src/fuzzing.rs"]].concat();
    for word in ["std::env", "env::var", "env::vars"] {
        assert_eq!(outsiders(word, &belongs), nobody(), "{word}");
    }
}

/// "only `store` (or a slice's) names `schema`". `people.rs` is the store of what the gate keeps.
#[test]
fn only_a_store_names_the_schema() {
    let is_store = |path: &str| {
        path.contains("/store/") || path.ends_with("/store.rs") || path.ends_with("/src/auth/people.rs")
    };
    let outside: Vec<_> = outsiders("schema::", &[]).into_iter().filter(|path| !is_store(path)).collect();
    let declares = |path: &String| path.ends_with("src/lib.rs") || path.ends_with("src/schema.rs");
    let outside: Vec<_> = outside.into_iter().filter(|path| !declares(path)).collect();
    assert_eq!(outside, nobody());
}

/// "`store` knows no HTTP."
#[test]
fn a_store_knows_no_http() {
    let all = sources();
    let stores = all.iter().filter(|source| source.path.starts_with("authz/src/store/"));
    for store in stores {
        for word in ["actix_web", "protocol", "pages", "edge"] {
            assert!(!store.names(word), "{} names {word}", store.path);
        }
    }
}

/// "An endpoint never imports another endpoint: they meet by URL."
#[test]
fn no_endpoint_imports_another() {
    let families: [(&str, &[&str]); 3] = [
        (
            "authz::protocol",
            &[
                "authorize",
                "device_authorization",
                "token",
                "introspect",
                "revoke",
                "discovery",
                "jwks",
                "userinfo",
                "register",
                "end_session",
            ],
        ),
        ("authz::pages", &["applications", "code", "device", "home", "login", "logout", "signup", "statics"]),
        ("timetracker_api", &["catalogue", "tracks", "root", "health"]),
    ];
    let mut wrong = BTreeSet::new();
    for source in &sources() {
        for (family, endpoints) in families {
            let is_in = |path: &str, endpoint: &str| {
                let module = format!("{family}::{endpoint}");
                path == module || path.starts_with(&format!("{module}::"))
            };
            let Some(own) = endpoints.iter().find(|endpoint| is_in(&source.module, endpoint)) else {
                continue;
            };
            for path in source.paths() {
                let other = endpoints.iter().find(|endpoint| *endpoint != own && is_in(&path, endpoint));
                wrong.extend(other.map(|other| format!("{} leans on {other}", source.path)));
            }
        }
    }
    assert_eq!(wrong, BTreeSet::new());
}

/// "Pure modules know nothing async", and decide without looking anything up.
#[test]
fn what_is_pure_stays_pure() {
    let pure = [
        "authz/src/protocol/authorize/decide.rs",
        "authz/src/protocol/pkce.rs",
        "authz/src/protocol/redirect_uri.rs",
        "authz/src/people.rs",
        "authz/src/user_code.rs",
        "model/src/scope.rs",
        "model/src/introspection.rs",
        "timetracker-api/src/auth/judge.rs",
        "timetracker-api/src/auth/breaker.rs",
        "timetracker-api/src/auth/bearer.rs",
        "timetracker-api/src/wire/paging.rs",
    ];
    let all = sources();
    for path in pure {
        let source =
            all.iter().find(|source| source.path == path).unwrap_or_else(|| panic!("{path} is gone"));
        for word in ["async", "await", "tokio", "Db", "Conn", "HttpRequest"] {
            assert!(!source.names(word), "{path} names {word}");
        }
    }
}

/// "`authz` and `timetracker-api` never see each other: they meet over HTTP and in `model::introspection`."
#[test]
fn the_services_do_not_know_each_other() {
    let output = cargo(&["metadata", "--format-version=1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&output).unwrap();
    let ours = ["authz", "model", "standalone", "timetracker-api"];
    let leans_on = |package: &Value| {
        let names =
            package["dependencies"].as_array().unwrap().iter().map(|each| each["name"].as_str().unwrap());
        names.filter(|name| ours.contains(name)).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    for package in metadata["packages"].as_array().unwrap() {
        let allowed: &[&str] = match package["name"].as_str().unwrap() {
            "authz" | "timetracker-api" => &["model"],
            "standalone" => &["authz", "model", "timetracker-api"],
            _ => &[],
        };
        let allowed = allowed.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(leans_on(package), allowed, "{}", package["name"]);
    }
    assert_eq!(outsiders("timetracker_api", &["timetracker-api/", "standalone/"]), nobody());
    assert_eq!(outsiders("authz::", &["authz/", "standalone/"]), nobody());
}

/// "`model` knows no actix-web, askama, reqwest, oauth2, bcrypt, jsonwebtoken", not even through others.
#[test]
fn the_shared_words_lean_on_nothing_of_the_web() {
    let tree = cargo(&["tree", "--package=model", "--edges=normal", "--prefix=none", "--format={p}"]);
    let packages: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(packages.contains("diesel"), "{packages:?}");
    for package in ["actix-web", "askama", "reqwest", "oauth2", "bcrypt", "jsonwebtoken"] {
        assert!(!packages.contains(package), "model leans on {package}");
    }
}

/// Everything that is not written by us is escaped (R151).
#[test]
fn no_template_switches_escaping_off() {
    let templates = named("html");
    assert!(templates.len() > 5, "{templates:?}");
    for (path, text) in templates {
        let bare: String = text.split_whitespace().collect();
        for word in ["|safe", "autoescape", "{%filtersafe"] {
            assert!(!bare.contains(word), "{path} has {word}");
        }
        // Its one line is allowed by its hash, and the button does the same without it.
        let scripts = usize::from(path.ends_with("authorize/form_post.html"));
        let text = text.replacen("<script>", "", scripts);
        for word in ["<script", " style=", " onclick=", " onload=", "javascript:"] {
            assert!(!text.contains(word), "{path} has {word}, which its Content-Security-Policy forbids");
        }
    }
    for source in sources() {
        let bare: String = source.code.split_whitespace().collect();
        assert!(!bare.contains("escape=\"none\""), "{}", source.path);
    }
}

/// Whoever goes from one service's pages to the other's sees the same: the colours and letters at the top of both style sheets.
#[test]
fn both_services_look_alike() {
    let looks = |path: &str| {
        let text = std::fs::read_to_string(root().join("crates").join(path)).unwrap();
        let begins = text.find(":root {").unwrap();
        let dark = begins + text[begins..].find("@media (prefers-color-scheme: dark)").unwrap();
        text[begins..dark + text[dark..].find("\n}\n").unwrap()].to_owned()
    };
    let ours = looks("authz/src/pages/style.css");
    assert!(ours.contains("--accent"), "{ours}");
    assert_eq!(looks("timetracker-api/src/pages/style.css"), ours);
}

/// "Every module opens with a `//!` paragraph", and "400 is too many" lines.
#[test]
fn every_file_says_what_it_is_for_and_is_short() {
    let mut wrong = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//! ") {
            wrong.push(format!("{} does not say what it is for", source.path));
        }
        let lines = source.text.lines().count();
        if lines > 400 {
            wrong.push(format!("{} has {lines} lines", source.path));
        }
    }
    assert_eq!(wrong, nobody());
}

/// "Migrations have the same names on both sides." What stands before the `_` is the version: of two with the same, one
/// would never run.
#[test]
fn both_databases_have_the_same_migrations() {
    for service in ["authz", "timetracker"] {
        let names = |database: &str| {
            let folder = root().join("migrations").join(service).join(database);
            let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
            names.collect::<BTreeSet<_>>()
        };
        let all = names("sqlite");
        assert_eq!(all, names("postgres"), "{service}");
        let version =
            |name: &std::ffi::OsString| name.to_str().unwrap().split('_').next().unwrap().to_owned();
        let versions: BTreeSet<String> = all.iter().map(version).collect();
        assert!(!all.is_empty() && versions.len() == all.len(), "{service}: {all:?}");
    }
}

/// "Other well-kept packages are welcome where they serve; each is named with its reason in `docs/decisions/`."
#[test]
fn every_package_is_named_with_its_reason() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (_, section) = manifest.split_once("[workspace.dependencies]").unwrap();
    let section = section.split("\n[").next().unwrap();
    let names = section.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
    let ours = ["authz", "model", "timetracker-api", "diesel"];
    let decisions: String = markdown()
        .into_iter()
        .filter(|(path, _)| path.contains("decisions/"))
        .map(|(_, text)| text)
        .collect();
    let reasoned = |name: &&str| decisions.contains(&format!("`{name}`"));
    let is_name =
        |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let missing: Vec<&str> =
        names.filter(is_name).filter(|name| !ours.contains(name) && !reasoned(name)).collect();
    assert!(missing.is_empty(), "docs/decisions/ does not say why: {missing:?}");
}

/// The README's table is the configuration: nothing is missing in it, and nothing in it is gone.
#[test]
fn every_setting_is_documented_and_every_documented_setting_exists() {
    let known = settings::read();
    let documented = settings::documented();
    let missing: Vec<_> = known.difference(&documented).collect();
    let stale: Vec<_> = documented.iter().filter(|name| !settings::exists(name, &known)).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "not in README.md or docs/: {missing:#?}\ndo not exist: {stale:#?}"
    );
}

/// docs/pages.md has every detail of a faulty request, so that it can be looked for.
#[test]
fn every_detail_of_a_faulty_request_is_documented() {
    let pages = std::fs::read_to_string(root().join("docs/pages.md")).unwrap();
    let mut found = 0;
    for source in &sources() {
        for rest in source.code.split("bad_request(").skip(1) {
            // What is no text of its own is a sentence of `ParamsError`.
            let Some(text) = rest.trim_start().strip_prefix('"') else { continue };
            let detail = text.split('"').next().unwrap();
            assert!(pages.contains(&format!("| {detail} |")), "{}: {detail}", source.path);
            found += 1;
        }
    }
    assert!(found > 10, "{found}");
}

/// `docs/security-tests.md` cannot rot: each test that it names exists, and says the number that it is named for.
#[test]
fn every_test_that_is_named_for_a_requirement_exists_and_says_so() {
    let wrong = security_tests::wrong();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What the documents say of a client's metadata is taken as it stands there.
#[test]
fn every_documented_change_of_metadata_is_taken() {
    let mut tried = 0;
    for (path, text) in markdown() {
        for before in ["set-metadata ID '", "--metadata '"] {
            let examples = text.split(before).skip(1).filter_map(|rest| rest.split('\'').next());
            for example in examples.filter(|example| !example.contains('…')) {
                let outcome = ClientMetadata::default().changed_by(example);
                assert!(outcome.is_ok(), "{path}: {example}: {outcome:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 0, "the README has one");
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(PathBuf::from(env!("CARGO")))
        .args(arguments)
        .arg("--offline")
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
