//! axe-core, which others wrote: what is wrong with a page for people who see, hear or move otherwise. It is fetched, not
//! kept here.

use fantoccini::Client;
use serde_json::Value;

use crate::support::said;

/// The script.
pub struct Axe(String);

/// Pages load nothing and ask nobody, so there is nothing to be fetched for it either; what others show in a frame is theirs.
const RUN: &str = "const done = arguments[arguments.length - 1];
    axe.run(document, { preload: false, iframes: false, resultTypes: ['violations'] }).then(
        result => done(result.violations.flatMap(
            rule => rule.nodes.map(node => `${rule.id}: ${rule.help}: ${node.html}: ${node.failureSummary}`))),
        error => done([`axe-core: ${error}`]));";

impl Axe {
    /// As whoever runs the tests gives it.
    pub fn given() -> Self {
        let path = said("AXE_CORE").expect(
            "AXE_CORE is the path of axe.min.js of the package axe-core; `.ci/run browser` fetches it, CONTRIBUTING.md says how",
        );
        Self(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("AXE_CORE={path}: {error}")))
    }

    /// What it has to say against the page as it is shown now.
    pub async fn violations(&self, browser: &Client) -> Vec<String> {
        if browser.execute("return !window.axe", Vec::new()).await.unwrap() == Value::Bool(true) {
            browser.execute(&self.0, Vec::new()).await.unwrap();
        }
        let found = browser.execute_async(RUN, Vec::new()).await.unwrap();
        found.as_array().unwrap().iter().map(|each| each.as_str().unwrap().to_owned()).collect()
    }
}
