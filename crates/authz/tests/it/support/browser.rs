//! A person at a browser: keeps cookies, follows nothing by itself, sends forms as they are shown.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use reqwest::{Method, RequestBuilder};

use super::{Answer, AuthorizationRequest, Client, Device, Form, Http, TestServer, form, password_of};

/// A browser. Clones share its cookies.
#[derive(Clone, Debug)]
pub struct Browser {
    http: Http,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
}

/// What the client got from the browser.
#[derive(Clone, Debug)]
pub struct Code {
    pub code: String,
    pub verifier: String,
}

impl Browser {
    pub fn new(http: &Http) -> Self {
        Self { http: http.clone(), cookies: Arc::default() }
    }

    /// The same browser with the same cookies, at another server.
    pub fn at(&self, server: &TestServer) -> Self {
        Self { http: server.http.clone(), cookies: self.cookies.clone() }
    }

    /// The same browser with the same cookies, by another way.
    pub fn reached_by(&self, http: &Http) -> Self {
        Self { http: http.clone(), cookies: self.cookies.clone() }
    }

    /// Another browser that holds copies of these cookies.
    pub fn copied(&self) -> Self {
        let cookies = self.cookies.lock().unwrap().clone();
        Self { http: self.http.clone(), cookies: Arc::new(Mutex::new(cookies)) }
    }

    /// The value of the session cookie.
    pub fn cookie(&self) -> String {
        self.cookies.lock().unwrap().get("authz_session").cloned().unwrap_or_default()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    /// A request with this browser's cookies.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies = self.cookies.lock().unwrap();
        let header = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let request = self.http.request(method, path);
        if header.is_empty() { request } else { request.header("cookie", header.join("; ")) }
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = self.http.send(request).await;
        let mut cookies = self.cookies.lock().unwrap();
        for line in answer.set_cookies() {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// A form's request, as a browser of our own pages would send it.
    pub fn posting(&self, shown: &Form) -> RequestBuilder {
        self.request(Method::POST, &shown.action)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "null")
            .header("sec-fetch-site", "same-origin")
            .body(form(&shown.fields))
    }

    pub async fn submit(&self, shown: &Form) -> Answer {
        self.send(self.posting(shown)).await
    }

    pub async fn try_sign_in(&self, name: &str, password: &str) -> Answer {
        let shown = self.get("/accounts/login/").await.form("login-form");
        self.submit(&shown.with("username", name).with("password", password)).await
    }

    pub async fn sign_in(&self, name: &str) {
        let answer = self.try_sign_in(name, &password_of(name)).await;
        assert_eq!(answer.location(), format!("{}/", super::BASE));
    }

    /// Without the page first: for when there is none to be had.
    pub async fn try_sign_in_blind(&self, name: &str, password: &str) -> Answer {
        let shown = Browser::new(&self.http).get("/accounts/login/").await;
        let stranger = Browser::new(&self.http);
        stranger.set_cookie("authz_session", shown.set_cookies()[0].split(['=', ';']).nth(1).unwrap());
        stranger.submit(&shown.form("login-form").with("username", name).with("password", password)).await
    }

    pub async fn try_sign_up(&self, name: &str, password: &str) -> Answer {
        let shown = self.get("/accounts/signup/").await.form("signup-form");
        self.submit(&shown.with("username", name).with("password", password)).await
    }

    pub async fn is_signed_in(&self) -> bool {
        self.get("/").await.body.contains("sign-out-form")
    }

    /// The form of the consent page.
    pub async fn asked(&self, request: &AuthorizationRequest) -> Form {
        let page = self.get(&request.path()).await;
        assert_eq!(page.status, 200, "{page:?}");
        page.form("consent-form")
    }

    /// Decides anew, also about what was agreed to before.
    pub async fn decide(&self, request: &AuthorizationRequest, decision: &str) -> Answer {
        let shown = self.asked(&request.clone().with("prompt", "consent")).await;
        self.submit(&shown.with("decision", decision)).await
    }

    /// Allows what is asked, if it is asked, and hands the code over.
    pub async fn allow(&self, request: &AuthorizationRequest) -> Code {
        let mut answer = self.get(&request.path()).await;
        if answer.status == 200 {
            answer = self.submit(&answer.form("consent-form").with("decision", "allow")).await;
        }
        let location = answer.location();
        let query = location.split_once('?').unwrap().1.trim_end_matches("#_");
        let code = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code");
        let code = code.unwrap_or_else(|| panic!("no code in {location}")).1.into_owned();
        Code { code, verifier: request.verifier.clone() }
    }

    /// Types a device's code into its page.
    pub async fn enters(&self, user_code: &str) -> Answer {
        let shown = self.get("/o/device/").await.form("device-form");
        self.submit(&shown.with("user_code", user_code)).await
    }

    /// Types it, and answers the question behind it.
    pub async fn answers(&self, device: &Device, decision: &str) -> Answer {
        let shown = self.enters(&device.user_code).await.form("device-question-form");
        self.submit(&shown.with("decision", decision)).await
    }

    /// Lets a device in.
    pub async fn allows(&self, device: &Device) {
        let answer = self.answers(device, "allow").await;
        assert_eq!(answer.element("main h1").as_deref(), Some("Go back to your device"), "{answer:?}");
    }

    /// A code for an honest request of a client.
    pub async fn code_for(&self, client: &Client) -> Code {
        self.allow(&AuthorizationRequest::of(client)).await
    }

    /// The tokens of an honest request of a client: access and refresh.
    pub async fn tokens_for(&self, client: &Client) -> (String, String) {
        let answer = client.redeem(&self.code_for(client).await).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        (answer.text("access_token"), answer.text("refresh_token"))
    }
}
