//! What the program prints on its first start works when it is pasted.

use std::process::{Command, Output};
use std::time::Duration;

use model::time::Clock;
use standalone::first_look::{FirstLook, USERNAME};

use crate::support::{Browser, World, confidential, public};

/// "the curl lines to copy for: the authorization URL to open, the exchange of the code, a first API call, a refresh,
/// a revocation. They work when pasted."
#[tokio::test]
async fn the_lines_of_the_first_look_work_when_pasted() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("SKIPPED the_lines_of_the_first_look_work_when_pasted: there is no curl on this machine");
        return;
    }
    let world = World::with(&[("TIMETRACKER_CACHE_SECONDS", "0")], Clock::system()).await;
    let file = world.folder.path().join("welcome.txt");
    let look = FirstLook::make(world.server().authz(), world.origin(), &file).await.unwrap().unwrap();
    let lines = look.lines(world.origin());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), lines);
    assert!(
        lines.contains(&format!("name      {USERNAME}\n    password  {}\n", look.password.expose())),
        "{lines}"
    );
    let steps = steps(&lines);
    let [keep, url, exchange, call, refresh, revoke] = steps.as_slice() else { panic!("{lines}") };
    let code = code_in_a_browser(world.browser(), url, look.password.expose()).await;

    // A person types the code behind `code=`.
    let exchange = exchange.replacen("code=\n", &format!("code={code}\n"), 1);
    let separator = "echo; echo ----";
    let script =
        [keep, &exchange, call, refresh, revoke].map(String::as_str).join(&format!("\n{separator}\n"));
    let said = paste(&world, script).await;
    let [kept, exchanged, called, refreshed, revoked] = said.split("----\n").collect::<Vec<_>>()[..] else {
        panic!("{said}")
    };
    assert_eq!(kept.trim(), "");
    let first = tokens(exchanged);
    let reading = called.lines().next().unwrap();
    let activity: serde_json::Value = serde_json::from_str(reading).unwrap();
    assert!(reading.starts_with(&format!(r#"{{"id":{},"name":"Reading","description":"","#, activity["id"])));
    let list = format!(r#"{{"count":1,"next":null,"previous":null,"results":[{reading}]}}"#);
    assert_eq!(called.trim_end(), format!("{reading}\n{list}"));
    let second = tokens(refreshed);
    assert_ne!(first, second);
    assert_eq!(revoked.trim(), r#"{"detail":"Authentication credentials were not provided."}"#);
}

/// "a page … so that a person at a terminal sees the code and the exact curl line for it": for both types of client.
#[tokio::test]
async fn the_line_on_the_code_page_works_when_pasted() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("SKIPPED the_line_on_the_code_page_works_when_pasted: there is no curl on this machine");
        return;
    }
    let world = World::new().await;
    let code_page = format!("{}/o/code/", world.origin());
    let mut browser = world.browser();
    browser.sign_up("ada").await;
    // An address can hold what a shell would take for its own.
    let sly = format!("{code_page}?it='$(exit)';$HOME&a=%27");
    let wanted =
        [public("On a laptop", &code_page), confidential("On a server", &code_page), public("Sly", &sly)];
    for wanted in wanted {
        let application = world.register(wanted).await;
        let request = application.asks_for("read write");
        let shown = browser.decides(&request, "allow").await;
        let line = shown.verbatim("#curl");
        let secret = application.secret.as_deref().unwrap_or_default();
        let kept = format!("verifier={}\nclient_secret={secret}\n", request.verifier);
        let said = paste(&world, format!("{kept}{}", line.replacen("curl ", "curl -s ", 1))).await;
        let [access, _] = tokens(&said);
        assert_eq!(application.bearer(&access).get("/api/").await.status, 200);
    }
}

/// The lines for beginning by hand are right: a challenge made with openssl is met by its verifier.
#[tokio::test]
async fn the_lines_on_the_empty_code_page_begin_a_real_request() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("SKIPPED the_lines_on_the_empty_code_page_begin_a_real_request: there is no openssl");
        return;
    }
    let world = World::new().await;
    let code_page = format!("{}/o/code/", world.origin());
    let application = world.register(public("On a laptop", &code_page)).await;
    let mut browser = world.browser();
    browser.sign_up("ada").await;
    let page = browser.open("/o/code/").await;
    assert_eq!(page.text("#redirect-uri"), code_page);
    let lines = page.verbatim("#start").replacen("YOUR_CLIENT_ID", &application.id, 1);
    let said = paste(&world, format!("{lines}\necho \"$verifier\"")).await;
    let (url, verifier) = said.trim().split_once('\n').unwrap();
    let consent = browser.open(url).await;
    let shown = browser.submit(&consent, "#consent-form", &[("decision", "allow")]).await;
    assert_eq!(application.exchange(&shown.text("#code"), verifier).await.status, 200);
}

/// A second start makes nobody, and keeps what is there.
#[tokio::test]
async fn a_second_start_has_no_first_look() {
    let world = World::new().await;
    let file = world.folder.path().join("welcome.txt");
    let authz = world.server().authz();
    assert!(FirstLook::make(authz, world.origin(), &file).await.unwrap().is_some());
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(FirstLook::make(authz, world.origin(), &file).await.unwrap().is_none());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), kept);
}

/// The secrets on the screen are also in a file that nobody else can read.
#[cfg(unix)]
#[tokio::test]
async fn the_key_and_the_welcome_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new().await;
    let file = world.folder.path().join("welcome.txt");
    FirstLook::make(world.server().authz(), world.origin(), &file).await.unwrap().unwrap();
    for file in [file, world.folder.path().join("secret.key")] {
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            file.display()
        );
    }
}

/// What is indented under each numbered heading.
fn steps(lines: &str) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    let mut within = false;
    for line in lines.lines() {
        let numbered = line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok());
        if numbered {
            steps.push(String::new());
            within = true;
        } else if let (true, Some(line), Some(step)) = (within, line.strip_prefix("    "), steps.last_mut()) {
            step.push_str(line);
            step.push('\n');
        }
    }
    steps
}

async fn code_in_a_browser(mut browser: Browser, url: &str, password: &str) -> String {
    let sign_in = browser.open(url.trim()).await;
    let filled = [("username", USERNAME), ("password", password)];
    let consent = browser.submit(&sign_in, "#login-form", &filled).await;
    assert_eq!(consent.text("#client"), "First look");
    let shown = browser.submit(&consent, "#consent-form", &[("decision", "allow")]).await;
    assert_eq!((shown.status, shown.text("h1").as_str()), (200, "Your code"));
    shown.text("#code")
}

/// Runs the lines in a shell, whose curl gives up after ten seconds.
async fn paste(world: &World, script: String) -> String {
    let home = world.folder.path().to_owned();
    std::fs::write(home.join(".curlrc"), "max-time = 10\nnoproxy = \"*\"\n").unwrap();
    let run = tokio::task::spawn_blocking(move || {
        Command::new("sh").arg("-euc").arg(script).env("CURL_HOME", &home).output().unwrap()
    });
    let Output { status, stdout, stderr } =
        tokio::time::timeout(Duration::from_secs(90), run).await.expect("a shell that ends").unwrap();
    let (said, complained) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert!(status.success(), "{status}\n{said}\n{complained}");
    assert_eq!(complained, "");
    said
}

/// The access and refresh token of an answer on the screen.
fn tokens(said: &str) -> [String; 2] {
    let answer: serde_json::Value = serde_json::from_str(said).unwrap_or_else(|_| panic!("no JSON: {said}"));
    assert_eq!((&answer["token_type"], &answer["scope"]), (&"Bearer".into(), &"read write".into()));
    ["access_token", "refresh_token"].map(|name| answer[name].as_str().unwrap().to_owned())
}
