//! A person's browser: cookies, redirects, forms, and the headers that say where a form was.

use std::collections::BTreeMap;

use reqwest::header::{LOCATION, SET_COOKIE};
use reqwest::{Client, RequestBuilder};
use url::Url;

use super::{Answer, Application, PASSWORD, Page, Request, form, http};

/// A browser, and the site its person begins at.
pub struct Browser {
    origin: String,
    http: Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(origin: &str) -> Self {
        Self { origin: origin.to_owned(), http: http(), cookies: BTreeMap::new() }
    }

    /// Opens an address and follows where it leads on this site. An address of another site is where it stops:
    /// nobody needs to be there.
    pub async fn open(&mut self, url: &str) -> Page {
        self.try_open(url).await.expect("an answer")
    }

    /// The same; `None` when no answer came back.
    pub async fn try_open(&mut self, url: &str) -> Option<Page> {
        let url = if url.starts_with('/') { format!("{}{url}", self.origin) } else { url.to_owned() };
        self.follow(self.http.get(&url), url.clone()).await
    }

    /// New connections, the same cookies.
    pub fn reconnect(&mut self) {
        self.http = http();
    }

    /// Fills in a form and sends it; `None` when no answer came back.
    pub async fn try_submit(&mut self, page: &Page, css: &str, filled: &[(&str, &str)]) -> Option<Page> {
        let sent = page.form(css);
        let given = |name: &str| filled.iter().any(|(filled, _)| *filled == name);
        let fields = sent.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields: Vec<_> = fields.filter(|(name, _)| !given(name)).chain(filled.iter().copied()).collect();
        // What Chromium sends from a page with `Referrer-Policy: no-referrer`.
        let request =
            self.http.post(&sent.action).header("origin", "null").header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form(&fields));
        self.follow(request, sent.action).await
    }

    pub async fn submit(&mut self, page: &Page, css: &str, filled: &[(&str, &str)]) -> Page {
        self.try_submit(page, css, filled).await.expect("an answer")
    }

    async fn follow(&mut self, mut request: RequestBuilder, mut url: String) -> Option<Page> {
        for _ in 0..10 {
            let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
            let cookies = cookies.collect::<Vec<_>>().join("; ");
            if !cookies.is_empty() {
                request = request.header("cookie", cookies);
            }
            request = request.header("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
            let answer = Answer::attempt(request).await?;
            self.keep_cookies(&answer);
            let Some(location) = answer.headers.get(LOCATION) else {
                return Some(Page { url, status: answer.status, html: answer.text });
            };
            assert_eq!(answer.status, 303, "a redirect that keeps the method: {answer:?}");
            url = Url::parse(&url).unwrap().join(location.to_str().unwrap()).unwrap().into();
            if !url.starts_with(&format!("{}/", self.origin)) {
                return Some(Page { url, status: answer.status, html: String::new() });
            }
            request = self.http.get(&url);
        }
        panic!("redirected for ever: {url}");
    }

    fn keep_cookies(&mut self, answer: &Answer) {
        for line in answer.headers.get_all(SET_COOKIE) {
            let (pair, attributes) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Makes an account through the page, and is signed in.
    pub async fn sign_up(&mut self, username: &str) {
        let page = self.open("/accounts/signup/").await;
        let filled = [("username", username), ("password", PASSWORD)];
        let home = self.submit(&page, "#signup-form", &filled).await;
        assert_eq!((home.status, home.text(".who")), (200, format!("Signed in as {username}")));
    }

    /// Goes where an application sends it, signed in already, and answers the question there.
    pub async fn decides(&mut self, request: &Request, decision: &str) -> Page {
        let page = self.open(&request.url).await;
        self.submit(&page, "#consent-form", &[("decision", decision)]).await
    }

    /// The code that an application gets for a consent.
    pub async fn allows(&mut self, request: &Request) -> String {
        let page = self.decides(request, "allow").await;
        assert_eq!(page.query("state").as_ref(), Some(&request.state), "{page:?}");
        page.query("code").unwrap_or_else(|| panic!("no code: {page:?}"))
    }

    /// The code that the code page shows for a consent.
    pub async fn allows_at_the_code_page(&mut self, request: &Request) -> String {
        self.decides(request, "allow").await.text("#code")
    }

    /// All of it: the access and refresh tokens an application has from this person.
    pub async fn lets(&mut self, application: &Application, scope: &str) -> super::Tokens {
        let request = application.asks_for(scope);
        let code = self.allows(&request).await;
        let answer = application.exchange(&code, &request.verifier).await;
        super::Tokens::read(&answer).unwrap_or_else(|| panic!("{answer:?}"))
    }
}
