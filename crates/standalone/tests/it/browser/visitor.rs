//! A person at a real browser.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fantoccini::actions::{
    InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction,
};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, Locator};
use reqwest::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

use super::axe::Axe;
use super::driver::Scripts;
use crate::support::{PASSWORD, said, until};

/// How long a page may take to show what it should.
const WITHIN: Duration = Duration::from_secs(15);
/// Phone and desktop.
const SCREENS: [(&str, u32, u32); 2] = [("phone", 390, 844), ("desktop", 1280, 800)];

/// One of them, at one site.
pub struct Visitor {
    origin: String,
    browser: Client,
    scripts: Scripts,
    /// Where pictures are kept, if anybody wants them.
    pictures: Option<PathBuf>,
    axe: Axe,
}

impl Visitor {
    pub fn new(origin: &str, browser: Client, scripts: Scripts) -> Self {
        let pictures = said("SCREENSHOT_DIR").map(PathBuf::from);
        Self { origin: origin.to_owned(), browser, scripts, pictures, axe: Axe::given() }
    }

    pub async fn close(self) {
        self.browser.close().await.unwrap();
    }

    pub async fn opens(&self, url: &str) {
        let url = if url.starts_with('/') { format!("{}{url}", self.origin) } else { url.to_owned() };
        self.browser.goto(&url).await.unwrap();
    }

    pub async fn url(&self) -> String {
        self.browser.current_url().await.unwrap().into()
    }

    pub async fn title(&self) -> String {
        self.browser.title().await.unwrap()
    }

    async fn element(&self, css: &str) -> Element {
        let found = self.browser.wait().at_most(WITHIN).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("no {css} at {}: {error}", self.url().await),
        }
    }

    /// Whether it is on the page now.
    pub async fn sees(&self, css: &str) -> bool {
        !self.browser.find_all(Locator::Css(css)).await.unwrap().is_empty()
    }

    pub async fn reads(&self, css: &str) -> String {
        self.element(css).await.text().await.unwrap()
    }

    pub async fn value(&self, css: &str) -> String {
        self.element(css).await.prop("value").await.unwrap().unwrap_or_default()
    }

    pub async fn fills(&self, css: &str, text: &str) {
        let field = self.element(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Clicks what leads to another page, and waits until this one is gone: WebDriver does not.
    pub async fn clicks(&self, css: &str) {
        self.leaves(async || self.clicks_in_vain(css).await).await;
    }

    /// Clicks what leads nowhere.
    pub async fn clicks_in_vain(&self, css: &str) {
        self.element(css).await.click().await.unwrap();
    }

    /// Clicks what leads to another site, and waits until it is there: a page on the way, and the one that is left, may
    /// look like the one that comes.
    pub async fn clicks_over_to(&self, css: &str, origin: &str) {
        self.clicks_in_vain(css).await;
        until(WITHIN, async || self.url().await, |url| url.starts_with(origin)).await;
    }

    /// Clicks twice, as people do who are used to that.
    pub async fn clicks_twice(&self, css: &str) {
        let element = self.element(css).await;
        let over = PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 };
        let [down, up] = [
            PointerAction::Down { button: MOUSE_BUTTON_LEFT },
            PointerAction::Up { button: MOUSE_BUTTON_LEFT },
        ];
        let clicks = MouseActions::new("mouse".to_owned()).then(over).then(down.clone()).then(up.clone());
        let clicks = clicks.then(down).then(up);
        self.leaves(async || self.browser.perform_actions(clicks).await.unwrap()).await;
    }

    /// Waits for the page to lead there by itself.
    pub async fn arrives(&self, url: &str) {
        let there = async || self.url().await == url;
        until(WITHIN, there, |there| *there).await;
    }

    /// Presses Enter where it leads to another page.
    pub async fn enters(&self) {
        self.leaves(async || self.presses(Key::Enter).await).await;
    }

    async fn leaves(&self, act: impl AsyncFnOnce()) {
        let page = self.element("html").await;
        act().await;
        let gone = async || page.tag_name().await.is_err();
        until(WITHIN, gone, |gone| *gone).await;
    }

    /// To the tab that a link has opened.
    pub async fn turns_to_the_other_tab(&self) {
        let here = self.browser.window().await.unwrap();
        let tabs =
            until(WITHIN, async || self.browser.windows().await.unwrap(), |tabs| tabs.len() == 2).await;
        let other = tabs.into_iter().find(|tab| *tab != here).unwrap();
        self.browser.switch_to_window(other).await.unwrap();
    }

    /// And back to the one that is left.
    pub async fn closes_the_tab(&self) {
        self.browser.close_window().await.unwrap();
        let left = self.browser.windows().await.unwrap().remove(0);
        self.browser.switch_to_window(left).await.unwrap();
    }

    pub async fn signs_in(&self, username: &str) {
        self.fills("#username", username).await;
        self.fills("#password", PASSWORD).await;
        self.clicks("#sign-in").await;
    }

    /// A browser without the check of this attribute.
    pub async fn no_longer_checks(&self, css: &str, attribute: &str) {
        let script = "document.querySelector(arguments[0]).removeAttribute(arguments[1])";
        self.browser.execute(script, vec![css.into(), attribute.into()]).await.unwrap();
    }

    /// How high it is, in CSS pixels.
    pub async fn height(&self, css: &str) -> u32 {
        let script = "return Math.round(document.querySelector(arguments[0]).getBoundingClientRect().height)";
        let height = self.browser.execute(script, vec![css.into()]).await.unwrap();
        u32::try_from(height.as_u64().unwrap()).unwrap()
    }

    /// Whether the scripts of the pages to come are run, where scripts can be.
    pub async fn lets_pages_run_scripts(&self, run: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !run })).await;
    }

    /// A browser that has lost its cookies.
    pub async fn forgets_cookies(&self) {
        self.browser.delete_all_cookies().await.unwrap();
    }

    /// Types into whatever has the focus.
    pub async fn types(&self, text: &str) {
        let strokes = text.chars().fold(KeyActions::new("keyboard".to_owned()), |keys, value| {
            keys.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        self.browser.perform_actions(strokes).await.unwrap();
    }

    pub async fn presses(&self, key: Key) {
        self.types(&key.to_string()).await;
    }

    /// What has the focus: its id, or its words.
    pub async fn focus(&self) -> String {
        let element = self.browser.active_element().await.unwrap();
        let id = element.attr("id").await.unwrap().filter(|id| !id.is_empty());
        match id {
            Some(id) => id,
            None => element.text().await.unwrap(),
        }
    }

    /// How the focus is shown.
    pub async fn outline(&self) -> String {
        self.browser.active_element().await.unwrap().css_value("outline-style").await.unwrap()
    }

    /// Everything Chromium has complained about since it was last asked: a violated Content-Security-Policy, what
    /// could not be loaded. That a page said 404 on purpose is no complaint.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.call("se/log", json!({ "type": "browser" })).await;
        let messages =
            log.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned());
        messages.filter(|message| !message.contains("the server responded with a status of 4")).collect()
    }

    /// What a script of this page gets that posts a form somewhere: the status, or `blocked` when it may not read it.
    /// An `Authorization` header makes the browser ask first.
    pub async fn fetches(&self, url: &str, authorization: &str, form: &str) -> String {
        let script = "const [url, authorization, body, done] = arguments;
            const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' });
            if (authorization) headers.set('authorization', authorization);
            fetch(url, { method: 'POST', headers, body }).then(answer => done(String(answer.status)), () => done('blocked'))";
        let said =
            self.browser.execute_async(script, vec![url.into(), authorization.into(), form.into()]).await;
        said.unwrap().as_str().unwrap().to_owned()
    }

    pub async fn has_no_scripts(&self) {
        self.opens("data:text/html,<title>off</title><script>document.title='on'</script>").await;
        assert_eq!(self.title().await, "off");
    }

    pub async fn has_a_screen_of(&self, width: u32, height: u32) {
        // A phone's scroll bar lies over the page and takes no room.
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    pub async fn need_not_scroll_sideways(&self, page: &str) {
        let script = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]";
        let widths = self.browser.execute(script, Vec::new()).await.unwrap();
        assert!(widths[0].as_u64() <= widths[1].as_u64(), "{page}: {widths}");
    }

    /// Looks at the whole page on both screens, light and dark: axe-core, which is a script, has nothing to say against it,
    /// and it need not be scrolled sideways. Takes a picture of each, if anybody wants them.
    pub async fn inspects(&self, name: &str) {
        for (screen, width, height) in SCREENS {
            self.has_a_screen_of(width, height).await;
            for scheme in ["light", "dark"] {
                let features = json!([
                    { "name": "prefers-color-scheme", "value": scheme },
                    // Or the picture is taken in the middle of a change of colour.
                    { "name": "prefers-reduced-motion", "value": "reduce" },
                ]);
                self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
                if self.scripts == Scripts::Run {
                    let found = self.axe.violations(&self.browser).await;
                    assert_eq!(found, Vec::<String>::new(), "{name}, {screen}, {scheme}");
                }
                self.need_not_scroll_sideways(name).await;
                self.shoots(&format!("{name}-{screen}-{scheme}")).await;
            }
        }
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [] })).await;
    }

    async fn shoots(&self, name: &str) {
        let Some(folder) = &self.pictures else { return };
        std::fs::create_dir_all(folder).unwrap();
        let size = self.devtools("Page.getLayoutMetrics", json!({})).await["cssContentSize"].clone();
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let shot = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let shot = self.devtools("Page.captureScreenshot", shot).await;
        let picture = BASE64_STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }

    /// The Chrome DevTools Protocol.
    async fn devtools(&self, command: &str, params: Value) -> Value {
        self.call("goog/cdp/execute", json!({ "cmd": command, "params": params })).await
    }

    async fn call(&self, path: &'static str, body: Value) -> Value {
        self.browser.issue_cmd(Call { path, body }).await.unwrap()
    }
}

/// What chromedriver offers beyond WebDriver.
#[derive(Debug)]
struct Call {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Call {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
