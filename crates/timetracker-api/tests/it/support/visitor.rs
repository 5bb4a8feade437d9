//! Somebody at a browser: cookies, pages and forms. It stands in front of the public address, so that links of the site lead on.

use std::collections::BTreeMap;

use model::secret::sha256;
use reqwest::Method;
use reqwest::header::SET_COOKIE;
use scraper::{ElementRef, Html, Selector};

use super::{Answer, PUBLIC, World};

pub const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

pub struct Visitor<'w> {
    world: &'w World,
    pub cookies: BTreeMap<String, String>,
    /// The path below which a gateway has put the site; no link may lead elsewhere.
    pub below: &'static str,
    base: String,
}

impl<'w> Visitor<'w> {
    pub fn new(world: &'w World) -> Self {
        Self { world, cookies: BTreeMap::new(), below: "", base: world.base() }
    }

    /// Another tab of the same browser, at the other server of the world.
    pub fn at_server(&self, number: usize) -> Self {
        Self {
            world: self.world,
            cookies: self.cookies.clone(),
            below: self.below,
            base: self.world.base_of(number),
        }
    }

    pub fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let path = path.strip_prefix(PUBLIC).unwrap_or(path);
        let path =
            path.strip_prefix(self.below).unwrap_or_else(|| panic!("not below {}: {path}", self.below));
        let request = self.world.http.request(method, format!("{}{path}", self.base)).header("accept", HTML);
        let cookie = self.cookie();
        if cookie.is_empty() { request } else { request.header("cookie", cookie) }
    }

    pub async fn send(&mut self, request: reqwest::RequestBuilder) -> Answer {
        let answer = Answer::read(request.send().await.unwrap()).await;
        for line in answer.headers.get_all(SET_COOKIE) {
            let (pair, attributes) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub async fn opens(&mut self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a form as a browser does, line breaks and all.
    pub async fn posts(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields =
            fields.iter().map(|(name, value)| (name, value.replace("\r\n", "\n").replace('\n', "\r\n")));
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request =
            self.request(Method::POST, path).header("origin", PUBLIC).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        self.send(request).await
    }

    /// Fills in a form of a page and presses a button; where that leads.
    pub async fn submits(
        &mut self,
        page: &Answer,
        form: &str,
        button: &str,
        filled: &[(&str, &str)],
    ) -> Answer {
        let (action, mut fields) = page.form(form, button);
        fields.retain(|(name, _)| filled.iter().all(|(other, _)| other != name));
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain(filled.iter().copied())
            .collect();
        self.posts(&action, &fields).await
    }

    /// Leaves for the authorization server: the `state` and the challenge that are taken along.
    pub async fn leaves(&mut self, path: &str) -> [String; 2] {
        let answer = self.opens(path).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        let url = url::Url::parse(answer.header("location").unwrap()).unwrap();
        ["state", "code_challenge"]
            .map(|name| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned())
    }

    /// Comes back from there with these parameters.
    pub async fn returns(&mut self, parameters: &[(&str, &str)]) -> Answer {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        self.opens(&format!("{}/time/callback/?{query}", self.below)).await
    }

    /// Signs in as whom the authority lets `username` be.
    pub async fn signs_in(&mut self, username: &str) -> Answer {
        self.signs_in_with(username, "read write reports:share").await
    }

    pub async fn signs_in_with(&mut self, username: &str, scope: &str) -> Answer {
        let authority = &self.world.authority;
        let subject =
            i64::from_be_bytes(*sha256(username.as_bytes()).first_chunk().unwrap()) >> 2 & 0xff_ffff;
        let [access, refresh, code] = ["access", "refresh", "code"].map(|kind| format!("{kind}-{username}"));
        authority.knows(&access, authority.vouches(subject + 1, username, scope));
        authority.redeems(&code, &access, &refresh);
        let [state, _] = self.leaves(&format!("{}/time/sign-in/", self.below)).await;
        self.returns(&[("code", &code), ("state", &state), ("iss", super::ISSUER)]).await
    }
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}

fn words(element: ElementRef) -> String {
    element.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is on a page.
impl Answer {
    pub fn finds(&self, css: &str) -> Option<String> {
        Html::parse_document(&self.text).select(&selector(css)).next().map(words)
    }

    #[track_caller]
    pub fn reads(&self, css: &str) -> String {
        self.finds(css).unwrap_or_else(|| panic!("no {css}: {self:?}"))
    }

    pub fn all(&self, css: &str) -> Vec<String> {
        Html::parse_document(&self.text).select(&selector(css)).map(words).collect()
    }

    /// As it stands, line breaks and all.
    #[track_caller]
    pub fn verbatim(&self, css: &str) -> String {
        let html = Html::parse_document(&self.text);
        let element = html.select(&selector(css)).next().unwrap_or_else(|| panic!("no {css}: {self:?}"));
        element.text().collect()
    }

    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.text);
        html.select(&selector(css)).filter_map(|element| element.attr(name)).map(str::to_owned).collect()
    }

    /// What a form sends when a button is pressed, and where.
    #[track_caller]
    pub fn form(&self, css: &str, button: &str) -> (String, Vec<(String, String)>) {
        let html = Html::parse_document(&self.text);
        let form = html.select(&selector(css)).next().unwrap_or_else(|| panic!("no {css}: {self:?}"));
        assert_eq!(form.attr("method"), Some("post"));
        let mut fields = Vec::new();
        for control in form.select(&selector("input[name], textarea[name], select[name]")) {
            let name = control.attr("name").unwrap().to_owned();
            let value = match control.value().name() {
                "textarea" => control.text().collect::<String>(),
                "select" => {
                    let options: Vec<_> = control.select(&selector("option")).collect();
                    let selected = options.iter().find(|option| option.attr("selected").is_some());
                    selected
                        .or(options.first())
                        .and_then(|option| option.attr("value"))
                        .unwrap_or_default()
                        .to_owned()
                }
                _ => control.attr("value").unwrap_or_default().to_owned(),
            };
            fields.push((name, value));
        }
        let button = form.select(&selector(button)).next().unwrap_or_else(|| panic!("no {button}: {self:?}"));
        if let Some(name) = button.attr("name") {
            fields.push((name.to_owned(), button.attr("value").unwrap_or_default().to_owned()));
        }
        (form.attr("action").unwrap().to_owned(), fields)
    }
}
