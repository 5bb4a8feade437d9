//! The tests that `docs/security-tests.md` names, and what their comments say.

use std::collections::{BTreeSet, HashMap};

use super::source::{root, under};

/// What the page says that is not so.
pub fn wrong() -> Vec<String> {
    let page = std::fs::read_to_string(root().join("docs/security-tests.md")).unwrap();
    let commented = comments();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for line in page.lines() {
        let cells: Vec<&str> = line.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        let [number, _, tests] = cells[..] else { continue };
        for test in tests.split('`').skip(1).step_by(2) {
            checked += 1;
            match commented.get(test) {
                None => wrong.push(format!("{number}: there is no test {test}")),
                Some(comments) if !comments.iter().any(|comment| numbers(comment).contains(number)) => {
                    wrong.push(format!("{number}: the comment of {test} does not say so"));
                }
                Some(_) => {}
            }
        }
    }
    assert!(checked > 200, "the page was not read: {checked}");
    wrong
}

/// The comments above each function, by its name.
fn comments() -> HashMap<String, Vec<String>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for (_, text) in ["src", "tests"].into_iter().flat_map(|folder| under(folder, "rs")) {
        let mut comment = String::new();
        for line in text.lines().map(str::trim) {
            if let Some(said) = line.strip_prefix("///") {
                comment = format!("{comment}{said}");
            } else if let Some(name) = function(line) {
                found.entry(name.to_owned()).or_default().push(std::mem::take(&mut comment));
            } else if !line.starts_with("#[") {
                comment.clear();
            }
        }
    }
    found
}

fn function(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.strip_prefix("fn ")?.split(['(', '<']).next()
}

/// `R1` and `C2`, and 3 and 4 of "section 2 nos. 3 (another 5) and 4".
fn numbers(comment: &str) -> BTreeSet<String> {
    let is_number = |word: &&str| {
        let digits = word.strip_prefix(['R', 'C']).unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let words = comment.split(|each: char| !each.is_ascii_alphanumeric());
    let mut numbers: BTreeSet<String> = words.filter(is_number).map(str::to_owned).collect();
    let lower = comment.to_ascii_lowercase();
    for rest in lower.split("section 2 no").skip(1) {
        let mut depth = 0;
        let outside = rest.trim_start_matches(['s', '.', ' ']).chars().filter(|each| {
            depth += i32::from(*each == '(');
            let is_outside = depth == 0;
            depth -= i32::from(*each == ')');
            is_outside
        });
        let outside: String = outside.collect();
        let list = outside.split([':', '.']).next().unwrap_or_default();
        let listed = list.split([' ', ',']).take_while(|word| {
            word.is_empty() || *word == "and" || word.bytes().all(|byte| byte.is_ascii_digit())
        });
        numbers.extend(listed.filter(|word| !word.is_empty() && *word != "and").map(str::to_owned));
    }
    numbers
}

#[test]
fn numbers_are_read() {
    let said = |comment| numbers(comment).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(said(" R1, C22: x R3."), "C22 R1 R3");
    assert_eq!(said(" R1, section 2 nos. 9, 18 (CVE-2026-1, 7) and 39: 40"), "18 39 9 R1");
    assert_eq!(said(" Section 2 no. 36 of the dossier (DOT #1734). 5"), "36");
    assert_eq!(said(" Section 2.3: RFC 7591, R"), "");
}
