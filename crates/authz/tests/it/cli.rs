//! The program, as an administrator runs it beside a running server.

mod access;
mod bring;
mod clients;
mod follow;
mod people;
mod update;

use serde_json::{Value, json};

use crate::support::{Browser, Program, eventually, password_of, server_on_real_time};

/// What `--json` and plain text say of the same.
fn both(program: &Program, arguments: &[&str], stdin: &str) -> (Value, String) {
    let plain = program.run(arguments, stdin);
    assert_eq!((plain.status, plain.err.as_str()), (0, ""), "{arguments:?} {}", plain.out);
    let with_json: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    (program.run(&with_json, stdin).json(), plain.out)
}

fn fails(program: &Program, arguments: &[&str], stdin: &str, status: i32) -> String {
    let said = program.run(arguments, stdin);
    assert_eq!((said.status, said.out.as_str()), (status, ""), "{arguments:?} {}", said.err);
    said.err
}

#[tokio::test]
async fn people_are_made_listed_disabled_and_given_passwords() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let made = program.run(&["user", "create", "ada", "--json"], &format!("{}\n", password_of("ada"))).json();
    assert_eq!(
        (&made["username"], &made["id"], &made["disabled_at"]),
        (&json!("ada"), &json!(1), &Value::Null)
    );
    let said = program.run(&["user", "create", "Bob"], &format!("{}\r\n", password_of("bob")));
    assert_eq!((said.status, said.out.as_str()), (0, "Created Bob (id 2).\n"));
    assert_eq!(
        fails(&program, &["user", "create", "ADA"], "something else entirely", 1),
        "authz: the name is taken\n"
    );
    let error = fails(&program, &["user", "create", "eve", "--json"], "short\n", 1);
    let told: Value = serde_json::from_str(&error).unwrap();
    assert_eq!(told, json!({"error": "A password has at least 15 characters. A few random words are good."}));
    assert_eq!(fails(&program, &["user", "create", "eve"], "", 1), "authz: no password on standard input\n");
    assert!(
        fails(&program, &["user", "create", "e v e"], &password_of("eve"), 1).contains("A name has only")
    );

    let (list, text) = both(&program, &["user", "list"], "");
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[1]["username"], "Bob");
    assert!(text.contains("active") && text.contains("ada") && text.contains("Bob"), "{text}");

    let browser = server.browser();
    browser.sign_in("ada").await;
    let client = server.client("web").await;
    let (access, refresh) = browser.tokens_for(&client).await;
    let done = program.run(&["user", "disable", "ADA", "--json"], "").json();
    assert_eq!(done, json!({"username": "ADA", "done": true}));
    assert!(!browser.is_signed_in().await);
    client.refresh(&refresh).await.is_error(400, "invalid_grant");
    eventually("the server hears of it", || async { !client.vouches_for(&access).await }).await;
    let (list, _) = both(&program, &["user", "list"], "");
    assert!(list[0]["disabled_at"].is_string());

    assert_eq!(program.run(&["user", "enable", "ada"], "").status, 0);
    let said = program.run(&["user", "set-password", "ada"], "something else entirely\n");
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    server.browser().try_sign_in("ada", &password_of("ada")).await.is_page(200);
    server.browser().try_sign_in("ada", "something else entirely").await.location();
    for command in ["disable", "enable"] {
        assert_eq!(fails(&program, &["user", command, "nobody"], "", 1), "authz: there is no such person\n");
    }
    assert!(fails(&program, &["user", "set-password", "ada"], "short\n", 1).contains("15 characters"));
    fails(&program, &["user", "set-password", "nobody"], "something else entirely\n", 1);
}

/// R174
#[tokio::test]
async fn every_problem_of_the_settings_is_told_at_once() {
    let said = [
        ("AUTHZ_ISSUER", "http://id.example.com/o"),
        ("AUTHZ_SECRET_KEY", "changeme-canary"),
        ("AUTHZ_DATABASE_URL", "mysql://u:hunter2@h/d"),
        ("AUTHZ_PASSWORD_COST", "3"),
        ("AUTHZ_CODE_TTL_SECONDS", "601"),
        ("AUTHZ_ACCESS_TOKEN_TTL_SECONDS", "86401"),
        ("AUTHZ_REFRESH_OVERLAP_SECONDS", "11"),
        ("AUTHZ_LISTEN", "everywhere"),
        ("AUTHZ_ISUER", "x"),
    ];
    let settings = said.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let program = Program::new(&settings);
    for arguments in [&["serve"][..], &["doctor"], &["user", "list"], &["key", "rotate"]] {
        let error = fails(&program, arguments, "", 1);
        assert!(error.contains("9 problem(s)"), "{error}");
        for (name, _) in said {
            assert!(error.contains(name), "{name}: {error}");
        }
        assert!(!error.contains("canary") && !error.contains("hunter2"), "{error}");
    }
    let error = fails(&program, &["migrate"], "", 1);
    assert!(error.contains("2 problem(s)") && error.contains("AUTHZ_DATABASE_URL"), "{error}");
    assert!(error.contains("AUTHZ_ISUER: no such setting") && !error.contains("hunter2"), "{error}");
    let error = fails(&Program::new(&[]), &["serve"], "", 1);
    for name in ["AUTHZ_DATABASE_URL", "AUTHZ_ISSUER", "AUTHZ_SECRET_KEY"] {
        assert!(error.contains(name), "{error}");
    }
}

#[tokio::test]
async fn wrong_arguments_are_told_with_2_and_passwords_are_never_arguments() {
    let program = Program::new(&[]);
    for arguments in [
        &[][..],
        &["fly"],
        &["user"],
        &["user", "create"],
        &["user", "create", "ada", "--password", "x"],
        &["user", "set-password", "ada", "secret"],
        &["client", "create"],
        &["client", "create", "--name", "x", "--type", "open"],
    ] {
        assert!(!fails(&program, arguments, "", 2).is_empty());
    }
    for arguments in [&["--help"][..], &["--version"], &["client", "create", "--help"]] {
        assert_eq!(program.run(arguments, "").status, 0);
    }
}

#[tokio::test]
async fn keys_are_generated_without_settings_and_rotated_without_a_restart() {
    let (first, second) = both(&Program::new(&[]), &["key", "generate"], "");
    assert_eq!(first["secret_key"].as_str().unwrap().len(), 43);
    assert_eq!(second.trim().len(), 43);
    assert_ne!(first["secret_key"], second.trim());
    let server = server_on_real_time(&[]).await;
    let client = server.client("web").await;
    let old = client.client_credentials().await.text("access_token");
    let program = Program::new(&server.settings);
    assert!(program.run(&["key", "rotate", "--json"], "").json()["usable_from"].is_string());
    assert_eq!(server.count("sealing_keys").await, 2);
    let (listed, text) = both(&program, &["key", "list", "--sealing"], "");
    assert_eq!((listed.as_array().unwrap().len(), &listed[1]["id"], text.lines().count()), (2, &json!(2), 2));
    eventually("tokens are sealed with the new key", || async {
        client.client_credentials().await.text("access_token")[..10] != old[..10]
    })
    .await;
    assert!(client.vouches_for(&old).await);
}

/// R175: whoever owns the tables need not hold the master key.
#[tokio::test]
async fn migrating_needs_the_database_and_nothing_else() {
    let database = model::db::testing::TestDatabase::new();
    let settings = [
        ("AUTHZ_DATABASE_URL", crate::support::url_of(&database)),
        ("AUTHZ_SECRET_KEY_FILE", "/nobody/may/read/this".to_owned()),
    ];
    let program = Program::new(&settings.map(|(name, value)| (name.to_owned(), value)));
    let said = program.run(&["migrate"], "");
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert!(said.out.starts_with("Ran "), "{}", said.out);
    let error = fails(&program, &["doctor"], "", 1);
    assert!(error.contains("AUTHZ_SECRET_KEY_FILE: /nobody/may/read/this"), "{error}");
}

/// Section 2 no. 5 of the dossier (CVE-2026-90997).
#[tokio::test]
async fn migrate_and_doctor_say_what_they_found() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let (migrated, text) = both(&program, &["migrate"], "");
    assert_eq!((migrated, text.as_str()), (json!({"migrations": []}), "The database is up to date.\n"));
    let (found, text) = both(&program, &["doctor"], "");
    assert!(
        found.as_array().unwrap().len() >= 5
            && found.as_array().unwrap().iter().all(|each| each["ok"] == true)
    );
    assert!(text.lines().all(|line| line.starts_with("ok ")), "{text}");
    assert_eq!(server.count("users").await, 0, "the doctor leaves nobody behind");
    for password in server.settings.iter().filter(|(name, _)| name == "AUTHZ_SECRET_KEY") {
        assert!(!text.contains(&password.1));
    }
}

/// Pending migrations are a reason not to start, when running them is switched off.
#[tokio::test]
async fn with_migrations_switched_off_the_server_does_not_start_without_them() {
    let database = model::db::testing::TestDatabase::new();
    let settings = [
        ("AUTHZ_DATABASE_URL", crate::support::url_of(&database)),
        ("AUTHZ_ISSUER", crate::support::ISSUER.to_owned()),
        ("AUTHZ_SECRET_KEY", authz::crypto::master::MasterKey::generate().unwrap()),
        ("AUTHZ_LISTEN", "127.0.0.1:0".to_owned()),
        ("AUTHZ_PASSWORD_COST", "4".to_owned()),
        ("AUTHZ_AUTO_MIGRATE", "false".to_owned()),
    ];
    let program = Program::new(&settings.map(|(name, value)| (name.to_owned(), value)));
    for arguments in [&["serve"][..], &["user", "list"]] {
        let error = fails(&program, arguments, "", 1);
        assert_eq!(error, "authz: the database lacks migrations: run `authz migrate`\n");
    }
    let (ran, again) = both(&program, &["migrate"], "");
    assert!(again.starts_with("Ran ") && ran == json!({"migrations": []}), "{again} {ran}");
    assert_eq!(program.run(&["user", "list"], "").status, 0);
}

/// `--help` must not be the only thing a browser and the program agree on.
#[tokio::test]
async fn whoever_was_made_by_the_program_can_sign_in() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    assert_eq!(program.run(&["user", "create", "ada"], &password_of("ada")).status, 0);
    Browser::new(&server.http).sign_in("ada").await;
}

/// Dossier section 2, row 44: everything issued so far, for everybody, in one command.
/// Section 2 nos. 43 and 44 of the dossier.
#[tokio::test]
async fn revoke_all_ends_everything_of_everybody_and_nothing_made_later() {
    let server = server_on_real_time(&[]).await;
    let program = Program::new(&server.settings);
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let code = browser.code_for(&client).await;
    let (access, refresh) = browser.tokens_for(&client).await;
    let own = client.client_credentials().await.text("access_token");
    assert!(program.run(&["revoke-all", "--json"], "").json()["issued_before"].is_string());
    assert!(!browser.is_signed_in().await);
    client.redeem(&code).await.is_error(400, "invalid_grant");
    client.refresh(&refresh).await.is_error(400, "invalid_grant");
    for token in [&access, &own] {
        eventually("the server hears of it", || async { !client.vouches_for(token).await }).await;
    }
    browser.sign_in("ada").await;
    let (access, refresh) = browser.tokens_for(&client).await;
    assert!(client.vouches_for(&access).await);
    assert_eq!(client.refresh(&refresh).await.status, 200);
}

/// R177: where core dumps are allowed and the program is aborted, its memory is not written down.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_program_that_is_aborted_leaves_no_core_dump() {
    use std::io::BufRead;
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};

    let server = server_on_real_time(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let aborted = |program: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -c unlimited 2>/dev/null; {program}")]).env_clear();
        command.envs(server.settings.iter().map(|(name, value)| (name, value))).current_dir(folder.path());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        // It has said that it runs.
        std::io::BufReader::new(child.stderr.take().unwrap()).read_line(&mut String::new()).unwrap();
        Command::new("/bin/kill").args(["-ABRT", &child.id().to_string()]).status().unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(6), "{status}");
        status.core_dumped()
    };
    assert!(!aborted(&format!("exec {} serve", env!("CARGO_BIN_EXE_authz"))));
    if !aborted("echo runs >&2; exec sleep 60") {
        eprintln!("this machine dumps nothing anyway");
    }
}
