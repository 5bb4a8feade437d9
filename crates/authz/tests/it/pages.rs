//! What holds of every page there is. A new template is walked past here, or nobody will know what it does.

mod faults;
mod walk;

use std::collections::BTreeSet;
use std::path::Path;

use scraper::{ElementRef, Html, Selector};

use walk::{Page, all};

/// Written by whoever may name something.
const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

/// The picture of whoever did.
const LOGO: &str = "https://client.example/logo.png";

fn every<'h>(html: &'h Html, css: &str) -> Vec<ElementRef<'h>> {
    html.select(&Selector::parse(css).unwrap()).collect()
}

/// The ids of a page, in its order; what is a name of something in the database is not part of them.
fn ids(page: &Page) -> Vec<String> {
    let html = page.answer.html();
    let ids: Vec<String> =
        every(&html, "[id]").iter().map(|element| element.attr("id").unwrap().to_owned()).collect();
    let once: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(once.len(), ids.len(), "{}: an id is there twice: {ids:?}", page.name);
    let is_made = |part: &&str| part.len() > 12 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    ids.iter().map(|id| id.split('-').filter(|part| !is_made(part)).collect::<Vec<_>>().join("-")).collect()
}

/// Whoever fills in forms by program finds each part of them, by the same name every time.
#[tokio::test]
async fn every_link_form_field_and_button_has_an_id_of_its_own_that_stays() {
    let (pages, again) = (all().await, all().await);
    for (page, again) in pages.iter().zip(&again) {
        let html = page.answer.html();
        for element in every(&html, "a, form, input, button, select, textarea, fieldset") {
            assert!(element.attr("id").is_some_and(|id| !id.is_empty()), "{}: {}", page.name, element.html());
        }
        assert_eq!(ids(page), ids(again), "{}", page.name);
    }
    let seen: BTreeSet<&str> = pages.iter().map(|page| page.template).collect();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut templates = BTreeSet::new();
    collect(&sources, &sources, &mut templates);
    // What other templates are made with.
    let (choices, current) = ("pages/provider_sign_in/choices.html", "pages/account/current.html");
    for part in ["pages/base.html", "pages/client_about.html", "pages/scopes.html", choices, current] {
        assert!(templates.remove(part), "{part}");
    }
    assert_eq!(seen, templates.iter().map(String::as_str).collect());
}

fn collect(sources: &Path, folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(sources, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "html") {
            found.insert(path.strip_prefix(sources).unwrap().to_str().unwrap().replace('\\', "/"));
        }
    }
}

/// R19, R134, R151: whatever a name, a description, a code, a state or a person's input says is text, everywhere; pages have
/// no scripts but the line of `form_post`, load nothing from anywhere else but the picture of a client that somebody has vouched
/// for, and say nothing to where they lead.
#[tokio::test]
async fn what_others_wrote_is_text_on_every_page_and_no_page_loads_anything_of_others() {
    let mut pictures = 0;
    for page in all().await {
        let (name, answer, html) = (page.name, &page.answer, page.answer.html());
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{name}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{name}: {policy}");
        let scripts = usize::from(name == "form post");
        assert_eq!(every(&html, "script").len(), scripts, "{name}");
        for forbidden in ["style, object, embed, base, meta[http-equiv]", "[style], [onerror], [onclick]"] {
            assert_eq!(every(&html, forbidden).len(), 0, "{name}: {forbidden}");
        }
        for element in every(&html, "[src], link[href]") {
            let url = element.attr("src").or(element.attr("href")).unwrap();
            let is_told = name == "signed out" && url == "https://client.example/out";
            let is_picture = element.attr("id") == Some("client-logo") && url == LOGO;
            pictures += usize::from(is_picture);
            assert!(url.starts_with("/static/") || is_told || is_picture, "{name} loads {url}");
        }
        for element in every(&html, "a[href], form[action]") {
            let to = element.attr("href").or(element.attr("action")).unwrap();
            let known = ["/", "#", "http://localhost:8000/", "https://client.example/"];
            let is_known = known.iter().any(|begin| to.starts_with(begin)) && !to.starts_with("//");
            assert!(is_known, "{name} leads to {to}");
        }
    }
    assert!(pictures > 0);
}

/// WCAG 1.3.1, 4.1.2: a label, a description or a heading that is named is on the page.
#[tokio::test]
async fn what_a_page_refers_to_is_on_it() {
    for page in all().await {
        let (name, html) = (page.name, page.answer.html());
        assert_eq!(every(&html, "h1").len(), 1, "{name}");
        for attribute in ["for", "aria-describedby", "aria-labelledby"] {
            for element in every(&html, &format!("[{attribute}]")) {
                for id in element.attr(attribute).unwrap().split_whitespace() {
                    assert_eq!(every(&html, &format!("[id='{id}']")).len(), 1, "{name}: {attribute} {id}");
                }
            }
        }
        for element in every(&html, "a[href^='#']") {
            let id = element.attr("href").unwrap().trim_start_matches('#');
            assert_eq!(every(&html, &format!("[id='{id}']")).len(), 1, "{name}: #{id}");
        }
    }
}
