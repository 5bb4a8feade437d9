//! Where what buys access is made.

use super::outsiders;
use super::source::sources;

/// R98, section 2 no. 41 of the dossier (better-auth #4736): codes are made in one place, which one step leads to: no other
/// route can leave out the question. The same holds for what a device's code buys.
#[test]
fn every_code_comes_from_one_place_behind_the_question() {
    let endpoint = "authz/src/protocol/authorize/";
    let makes_codes = outsiders("SealedCode", &[]);
    assert_eq!(makes_codes, ["authz/src/protocol/authorize/issue.rs"]);
    // Nobody else seals one by its own name, and only these read one.
    let mut names_codes: Vec<String> = Vec::new();
    for source in sources().iter().filter(|source| source.path.starts_with("authz/src/")) {
        let paths = source.paths();
        if paths.iter().any(|path| path.ends_with("crypto::seal::Code")) || source.code.contains("seal::Code")
        {
            names_codes.push(source.path.clone());
        }
    }
    names_codes.sort();
    let readers = [
        "authz/src/pages/applications/first_run.rs",
        "authz/src/pages/code/mod.rs",
        "authz/src/protocol/authorize/issue.rs",
        "authz/src/protocol/token/authorization_code.rs",
    ];
    assert_eq!(names_codes, readers);
    for source in sources().iter().filter(|source| readers.contains(&source.path.as_str())) {
        let seals = source.code.contains(".seal(");
        assert_eq!(seals, source.path.starts_with(endpoint), "{} seals", source.path);
    }
    // Two ways lead there: the answer to the question, and the step that says it need not be asked.
    let calls = sources().iter().map(|source| source.code.matches("issue::issue(").count()).sum::<usize>();
    let door = sources().into_iter().find(|source| source.path == format!("{endpoint}mod.rs")).unwrap();
    assert_eq!((calls, door.code.matches("issue::issue(").count()), (2, 2));
    assert!(door.code.contains("(Step::Issue, Some(signed_in)) => issue::issue("));
    let decisions =
        sources().iter().map(|source| source.code.matches("device_codes::decide(").count()).sum::<usize>();
    assert_eq!(decisions, 1, "a device is let in in one place");
}
