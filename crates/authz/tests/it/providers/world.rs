//! People who sign in elsewhere: what was begun, and another authorization server as the provider.

use std::net::TcpListener;

use authz::audit::Origin;
use authz::linking;
use authz::upstream::providers::{Provider, ProviderPerson};
use serde_json::json;

use crate::support::{
    Answer, AuthorizationRequest, BASE, Browser, Client, Code, TestServer, form, password_of, server_with,
};

/// A sign-in that was begun: where the browser was sent.
pub struct Begun {
    pub url: String,
    provider: String,
    pub page: Answer,
}

impl Begun {
    /// From the sign-in page.
    pub async fn at(browser: &Browser, provider: &str) -> Self {
        Self::from(browser, provider, "/accounts/login/").await
    }

    /// From a page with its button.
    pub async fn from(browser: &Browser, provider: &str, page: &str) -> Self {
        let form = browser.get(page).await.form(&format!("sign-in-with-{provider}"));
        Self::by(browser.submit(&form).await, provider)
    }

    /// From the page of linked accounts.
    pub async fn linking(browser: &Browser, provider: &str) -> Self {
        let form = browser.get("/o/account/providers/").await.form(&format!("link-with-{provider}"));
        Self::by(browser.submit(&form).await, provider)
    }

    fn by(page: Answer, provider: &str) -> Self {
        assert_eq!(page.status, 200, "{page:?}");
        let continues = scraper::Selector::parse("a#continue").unwrap();
        let url = page.html().select(&continues).next().unwrap().attr("href").unwrap().to_owned();
        assert_eq!(page.header("refresh"), Some(format!("0; url={url}").as_str()));
        Self { url, provider: provider.to_owned(), page }
    }

    /// A parameter of the request.
    pub fn asked(&self, name: &str) -> String {
        self.may_ask(name).unwrap_or_else(|| panic!("no {name} in {}", self.url))
    }

    pub fn may_ask(&self, name: &str) -> Option<String> {
        let query = self.url.split_once('?').unwrap().1;
        form_urlencoded::parse(query.as_bytes())
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into())
    }

    /// Where a provider sends the browser back to, with the right state and this.
    pub fn back(&self, params: &[(&str, &str)]) -> String {
        let state = self.asked("state");
        format!("{}?{}", self.path(), form(&[&[("state", state.as_str())], params].concat()))
    }

    pub fn path(&self) -> String {
        format!("/accounts/complete/{}/", self.provider)
    }
}

/// Another authorization server, at which ours is a client.
pub struct House {
    pub server: TestServer,
    pub url: String,
    pub client: Client,
}

const SECRET: &str = "our-secret-at-the-house:which/is-long-enough=0123456789";

impl House {
    pub async fn open() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        let (listen, issuer) = (format!("127.0.0.1:{port}"), format!("{url}/o"));
        let server = server_with(&[("LISTEN", &listen), ("ISSUER", &issuer)]).await;
        let back = ["house", "plain"].map(|name| format!("{BASE}/accounts/complete/{name}/"));
        let client = server.new_client("timetracker").secret(SECRET).redirect_uris(&[&back[0], &back[1]]);
        let client = client.register().await;
        Self { server, url, client }
    }

    /// Somebody with an account there, signed in there.
    pub async fn signed_in(&self, name: &str) -> Browser {
        self.server.person(name).await;
        let browser = self.server.browser();
        let answer = browser.try_sign_in(name, &password_of(name)).await;
        assert_eq!(answer.location(), format!("{}/", self.url));
        browser
    }

    /// A server of ours that lets people in by the house: as `house` by OpenID, and as `plain` without.
    pub async fn guest(&self, more: &[(&str, &str)]) -> TestServer {
        let at = |path: &str| format!("{}/o/{path}", self.url);
        let (issuer, authorization, token, profile) =
            (format!("{}/o", self.url), at("authorize/"), at("token/"), at("userinfo/"));
        let introspection = at("introspect/");
        let settings = [
            ("OUTBOUND_NETWORKS", "127.0.0.0/8"),
            ("PROVIDERS", "house plain"),
            ("PROVIDER_HOUSE_ISSUER", issuer.as_str()),
            ("PROVIDER_HOUSE_TITLE", "The house"),
            ("PROVIDER_HOUSE_CLIENT_ID", "timetracker"),
            ("PROVIDER_HOUSE_CLIENT_SECRET", SECRET),
            ("PROVIDER_HOUSE_AUDIENCE_CHECK", "introspection"),
            ("PROVIDER_PLAIN_AUTHORIZATION_URL", &authorization),
            ("PROVIDER_PLAIN_TOKEN_URL", &token),
            ("PROVIDER_PLAIN_PROFILE_URL", &profile),
            ("PROVIDER_PLAIN_SCOPES", "openid profile"),
            ("PROVIDER_PLAIN_PROFILE", "subject=sub username=preferred_username email="),
            ("PROVIDER_PLAIN_CLIENT_ID", "timetracker"),
            ("PROVIDER_PLAIN_CLIENT_SECRET", SECRET),
            ("PROVIDER_PLAIN_AUDIENCE_CHECK", "introspection"),
            ("PROVIDER_PLAIN_INTROSPECTION_URL", &introspection),
        ];
        server_with(&[&settings, more].concat()).await
    }

    /// What the person does at the house, and the path at ours to which they are sent back.
    pub async fn allows(&self, person: &Browser, begun: &Begun) -> String {
        let path = begun.url.strip_prefix(&self.url).unwrap_or_else(|| panic!("{}", begun.url));
        let answer = self.decides(person, path).await;
        answer.location().strip_prefix(BASE).unwrap().trim_end_matches("#_").to_owned()
    }

    /// Asks, and allows it if there is a question.
    async fn decides(&self, person: &Browser, path: &str) -> Answer {
        let answer = person.get(path).await;
        if answer.status != 200 {
            return answer;
        }
        let mut form = answer.form("consent-form").with("decision", "allow");
        form.action = form.action.trim_start_matches(&self.url).to_owned();
        person.submit(&form).await
    }

    /// The access token of a client there.
    pub async fn token(&self, person: &Browser, client: &Client) -> String {
        let request = AuthorizationRequest::of(client).with("scope", "openid profile read");
        let answer = self.decides(person, &request.path()).await;
        let query = answer.location().split_once('?').unwrap().1.trim_end_matches("#_").to_owned();
        let code = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").unwrap().1;
        let code = Code { code: code.into_owned(), verifier: request.verifier };
        client.redeem(&code).await.text("access_token")
    }

    /// All of it: somebody at a browser of ours signs in as who they are there.
    pub async fn signs_in(&self, browser: &Browser, person: &Browser, provider: &str) -> Answer {
        let begun = Begun::at(browser, provider).await;
        browser.get(&self.allows(person, &begun).await).await
    }
}

/// Somebody whom a provider vouches for, without the way there.
pub struct Guest(pub ProviderPerson);

impl Guest {
    pub fn of(subject: &str, username: &str) -> Self {
        Self(ProviderPerson {
            subject: subject.to_owned(),
            username: Some(username.to_owned()).filter(|name| !name.is_empty()),
            email: None,
            email_verified: false,
            name: None,
            given_name: None,
            family_name: None,
            authenticated_at: None,
        })
    }

    /// Comes in; answers under which name.
    pub async fn comes_in(&self, server: &TestServer, provider: &str) -> Result<String, linking::Refused> {
        let provider = Provider::find(server.app(), provider).unwrap();
        let origin = Origin::CommandLine(None);
        let user = linking::person_of(server.app(), &origin, provider.settings, &self.0, true).await?;
        Ok(user.username)
    }

    /// Comes in, and is then signed in at a browser of ours.
    pub async fn signed_in(&self, stub: &super::stub::Stub, server: &TestServer) -> Browser {
        let browser = server.browser();
        let username = self.0.username.clone();
        stub.says("/me", &json!({"sub": self.0.subject, "preferred_username": username}));
        let subject = self.0.subject.clone();
        let answer =
            super::stub::comes_back(stub, server, &browser, |claims| claims["sub"] = subject.into()).await;
        assert_eq!(answer.location(), format!("{BASE}/"), "{answer:?}");
        browser
    }
}

/// Everything that is linked: whose, where, and as whom.
pub async fn subjects(server: &TestServer) -> Vec<(i64, String, String)> {
    let mut all = Vec::new();
    for id in 1..=20 {
        let id = model::id::UserId(id);
        let of = server.app().db.read(move |conn| authz::store::linked_accounts::of(conn, id)).await.unwrap();
        all.extend(of.into_iter().map(|account| (account.user_id.0, account.provider, account.subject)));
    }
    all
}
