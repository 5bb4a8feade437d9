//! Every page there is, as somebody comes by it whose applications have the worst of names.

use serde_json::json;

use super::{EVIL, LOGO};
use crate::applications::{Mine, filled, registered};
use crate::support::{
    Answer, AuthorizationRequest, BASE, Browser, CALLBACK, Client, Form, Mailbox, TestServer, password_of,
    server_with, server_with_mail_and,
};

/// A page as it came.
pub struct Page {
    /// Of which template.
    pub template: &'static str,
    pub name: &'static str,
    pub answer: Answer,
}

/// Who walks.
pub struct Walk {
    server: TestServer,
    mailbox: Mailbox,
    ada: Browser,
    web: Client,
    pages: Vec<Page>,
}

/// All of them.
pub async fn all() -> Vec<Page> {
    let scopes = format!("read={EVIL}; write=Write");
    let (server, mailbox) = server_with_mail_and(&[
        ("SCOPES", &scopes),
        ("PROVIDERS", "house"),
        ("PROVIDER_HOUSE_TITLE", EVIL),
        ("PROVIDER_HOUSE_CLIENT_ID", "web"),
        ("PROVIDER_HOUSE_AUTHORIZATION_URL", "https://client.example/authorize"),
        ("PROVIDER_HOUSE_TOKEN_URL", "https://client.example/token"),
        ("PROVIDER_HOUSE_PROFILE_URL", "https://client.example/me"),
    ])
    .await;
    let metadata = json!({
        "response_types": ["code", "id_token"], "frontchannel_logout_uri": "https://client.example/out",
        "post_logout_redirect_uris": [CALLBACK], "logo_uri": LOGO, "policy_uri": "https://client.example/policy",
        "tos_uri": "https://client.example/terms",
    });
    let web = server.new_client("web").named(EVIL).metadata(&metadata.to_string()).register().await;
    let ada = server.signed_in("ada").await;
    let mut walk = Walk { server, mailbox, ada, web, pages: Vec::new() };
    walk.as_a_stranger().await;
    walk.deciding().await;
    walk.at_a_device().await;
    walk.developing().await;
    walk.ending_access().await;
    walk.at_a_provider().await;
    walk.with_keys().await;
    walk.at_the_account().await;
    walk.forgetful().await;
    walk.signing_out().await;
    walk.when_something_is_wrong().await;
    walk.pages
}

impl Walk {
    fn add(&mut self, template: &'static str, name: &'static str, answer: Answer) {
        self.pages.push(Page { template, name, answer });
    }

    async fn opens(&mut self, template: &'static str, name: &'static str, path: &str) -> Answer {
        let answer = self.ada.get(path).await;
        self.add(template, name, answer.clone());
        answer
    }

    async fn sends(&mut self, template: &'static str, name: &'static str, form: &Form) -> Answer {
        let answer = self.ada.submit(form).await;
        self.add(template, name, answer.clone());
        answer
    }

    fn asks(&self) -> AuthorizationRequest {
        AuthorizationRequest::of(&self.web)
    }

    async fn as_a_stranger(&mut self) {
        let stranger = self.server.browser();
        let closed = server_with(&[("DEVELOPER_PAGES", "false")]).await;
        let eve = closed.signed_in("eve").await;
        let to_login = stranger.get(&self.asks().path()).await;
        let to_login = to_login.location().strip_prefix(BASE).unwrap().to_owned();
        let to_signup = stranger.get(&self.asks().with("prompt", "create").path()).await;
        let to_signup = to_signup.location().strip_prefix(BASE).unwrap().to_owned();
        let (home, login, signup) =
            ("pages/home/home.html", "pages/login/login.html", "pages/signup/signup.html");
        for (template, name, answer) in [
            (home, "home, a stranger", stranger.get("/").await),
            (home, "home, without developer pages", eve.get("/").await),
            (login, "sign-in", stranger.get("/accounts/login/").await),
            (login, "sign-in to continue", stranger.get(&to_login).await),
            (login, "sign-in refused", stranger.try_sign_in("ada", "wrong").await),
            (signup, "sign-up", stranger.get("/accounts/signup/").await),
            (signup, "sign-up to continue", stranger.get(&to_signup).await),
            (signup, "sign-up refused", stranger.try_sign_up(EVIL, "short").await),
        ] {
            self.add(template, name, answer);
        }
        self.opens(home, "home", "/").await;
        self.opens(login, "sign-in again", "/accounts/login/").await;
        let code = "pages/code/code.html";
        self.opens(code, "codes for the terminal", "/o/code/").await;
        self.opens(code, "no code", "/o/code/?error=access_denied").await;
        let known = self.ada.allow(&self.asks()).await;
        self.opens(code, "your code", &format!("/o/code/?code={}", known.code)).await;
    }

    async fn deciding(&mut self) {
        let consent = "protocol/authorize/consent.html";
        let claims = r#"{"userinfo":{"email":null}}"#;
        let asks = self.asks().with("scope", "openid read write").with("claims", claims);
        let shown = self.opens(consent, "consent", &asks.with("prompt", "consent").path()).await;
        let shown = shown.form("consent-form");
        self.ada.submit(&shown.clone().with("decision", "allow")).await.location();
        let message = "pages/message.html";
        self.sends(message, "allowed already", &shown.with("decision", "refuse")).await;
        let form_post = self.asks().with("response_mode", "form_post");
        let shown = self.ada.asked(&form_post.with("prompt", "consent")).await;
        self.sends("protocol/authorize/form_post.html", "form post", &shown.with("decision", "allow")).await;
        let unverified = self.server.new_client("self").named(EVIL);
        let unverified = unverified.metadata(r#"{"is_self_registered":true}"#).register().await;
        let asks = AuthorizationRequest::of(&unverified);
        self.opens(consent, "consent to the unverified", &asks.path()).await;
        let leave = "protocol/authorize/leave.html";
        let wrong = asks.with("scope", "admin").with("state", EVIL);
        self.opens(leave, "to the unverified", &wrong.path()).await;
        let wrong = wrong.with("response_mode", "form_post");
        self.opens(leave, "to the unverified by a form", &wrong.path()).await;
    }

    async fn at_a_device(&mut self) {
        let (device, question, message) =
            ("pages/device/device.html", "pages/device/question.html", "pages/message.html");
        let (tv, printer) = (self.web.device().await, self.web.device().await);
        self.opens(device, "device", "/o/device/").await;
        let prefilled = format!("/o/device/?user_code={}", tv.user_code);
        let form = self.opens(device, "device, with its code", &prefilled).await.form("device-form");
        self.sends(device, "device, wrong code", &form.clone().with("user_code", EVIL)).await;
        let asked = self.sends(question, "device question", &form.with("user_code", &tv.user_code)).await;
        let asked = asked.form("device-question-form");
        self.sends(message, "device let in", &asked.with("decision", "allow")).await;
        let refused = self.ada.answers(&printer, "refuse").await;
        self.add(message, "device refused", refused);
    }

    async fn developing(&mut self) {
        let (list, form, show) =
            ("pages/applications/list.html", "pages/applications/form.html", "pages/applications/show.html");
        self.opens(list, "no applications", "/o/applications/").await;
        let blank = self.opens(form, "register", "/o/applications/register/").await;
        let nothing = blank.form("application-form").with("redirect_uris", "http://nowhere.example/");
        self.sends(form, "register, refused", &nothing).await;
        let all = filled(&blank, EVIL).with("grant-device_code", "yes");
        let made = self.sends(show, "registered", &all).await;
        let mine = Mine {
            id: made.element("client-id").unwrap(),
            secret: made.element("client-secret"),
            page: made.clone(),
        };
        let secret = mine.secret.clone().unwrap();
        let first = self.opens(show, "application", &mine.path("")).await;
        let run = first.form("exchange-form").with("client_secret", &secret).with("act", "exchange");
        self.sends(show, "wrong code pasted", &run.clone().with("code", EVIL)).await;
        let url = made.element("authorize-url").unwrap();
        let consent = self.ada.get(url.strip_prefix(BASE).unwrap()).await.form("consent-form");
        let answer = self.ada.submit(&consent.with("decision", "allow")).await;
        let to = answer.location().strip_prefix(BASE).unwrap().trim_end_matches("#_").to_owned();
        let code = self.ada.get(&to).await.element("code").unwrap();
        let run = made.form("exchange-form").with("code", &code).with("client_secret", &secret);
        self.sends(show, "exchanged", &run.with("act", "exchange")).await;
        self.sends(show, "own token refused", &first.form("own-form")).await;
        self.sends(show, "own token", &first.form("own-form").with("client_secret", &secret)).await;
        self.opens(form, "change", &mine.path("update/")).await;
        let rotate = "pages/applications/rotate_secret.html";
        let asked = self.opens(rotate, "new secret", &mine.path("rotate-secret/")).await;
        self.sends(show, "secret renewed", &asked.form("rotate-form")).await;
        self.opens(rotate, "new secret, again", &mine.path("rotate-secret/")).await;
        self.opens("pages/applications/delete.html", "delete", &mine.path("delete/")).await;
        registered(&self.ada, "Another").await;
        self.opens(list, "applications", "/o/applications/").await;
    }

    async fn ending_access(&mut self) {
        let (list, end) = ("pages/authorized_tokens/list.html", "pages/authorized_tokens/delete.html");
        let bob = self.server.signed_in("bob").await;
        let nothing = bob.get("/o/authorized_tokens/").await;
        self.add(list, "no access", nothing);
        for _ in 0..2 {
            // What was allowed at the same instant has no order.
            self.server.advance(1);
            self.ada.tokens_for(&self.web).await;
        }
        self.opens(list, "access", "/o/authorized_tokens/").await;
        let one = crate::authorized_tokens::ends(&self.ada).await.remove(0);
        self.opens(end, "end access", &one).await;
        let sessions = "pages/sessions/list.html";
        self.opens(sessions, "sessions, one", "/o/account/sessions/").await;
        for agent in [EVIL, "curl/8.5.0"] {
            let elsewhere = self.server.browser();
            let form = elsewhere.get("/accounts/login/").await.form("login-form").with("username", "ada");
            let form = form.with("password", &crate::support::password_of("ada"));
            self.server.advance(1);
            elsewhere.send(elsewhere.posting(&form).header("user-agent", agent)).await.location();
        }
        self.opens(sessions, "sessions", "/o/account/sessions/").await;
    }

    async fn at_a_provider(&mut self) {
        let (list, unlink, login) = (
            "pages/linked_accounts/list.html",
            "pages/linked_accounts/unlink.html",
            "pages/login/login.html",
        );
        let going = "pages/provider_sign_in/going.html";
        let stranger = self.server.browser();
        let form = stranger.get("/accounts/login/?next=/o/device/").await.form("sign-in-with-house");
        let answer = stranger.submit(&form).await;
        self.add(going, "going to a provider", answer);
        let declined = stranger.get("/accounts/login/?declined=house").await;
        self.add(login, "sign-in declined at a provider", declined);
        self.ada.sign_in("ada").await;
        let form = self.opens(list, "nothing linked", "/o/account/providers/").await.form("link-with-house");
        self.sends(going, "going to link", &form).await;
        for (provider, subject) in [("house", "a"), ("gone", "b")] {
            let name = EVIL.replace('\'', "''");
            let row = format!("(1, '{provider}', '{subject}', '{name}', 1)");
            let into = "linked_accounts (user_id, provider, subject, shown_name, linked_at)";
            self.server.sql(&format!("INSERT INTO {into} VALUES {row}")).await;
        }
        self.opens(list, "linked accounts", "/o/account/providers/?declined=house").await;
        self.opens(unlink, "unlink", "/o/account/providers/1/delete/").await;
        self.opens("pages/error.html", "nothing begun", "/accounts/complete/house/?code=x").await;
    }

    async fn with_keys(&mut self) {
        let (keys, path) = ("pages/keys/keys.html", "/o/account/keys/");
        let form = self.opens(keys, "no keys", path).await.form("make-form");
        self.sends(keys, "key refused", &form.clone().with("name", "").with("days", EVIL)).await;
        let form = form.with("name", EVIL).with("days", "30").with("scope_read", "yes");
        self.sends(keys, "a key, this once", &form).await;
        self.opens(keys, "keys", path).await;
    }

    async fn at_the_account(&mut self) {
        let (show, profile, email) =
            ("pages/account/show.html", "pages/account/profile.html", "pages/account/email.html");
        self.opens(show, "account", "/o/account/").await;
        let form = self.opens(profile, "profile", "/o/account/profile/").await.form("profile-form");
        self.sends(profile, "profile, refused", &form.clone().with("zoneinfo", EVIL)).await;
        self.ada.submit(&form.with("name", EVIL)).await.location();
        let form = self.opens(email, "e-mail", "/o/account/email/").await.form("email-form");
        self.sends(email, "e-mail, refused", &form.clone().with("email", EVIL)).await;
        let form = form.with("email", "o'ada@example.com");
        self.sends(email, "e-mail, wrong password", &form.clone().with("current", EVIL)).await;
        self.ada.submit(&form.with("current", &password_of("ada"))).await.location();
        self.opens(email, "e-mail, link sent", "/o/account/email/").await;
        self.opens(show, "account, link sent", "/o/account/").await;
        let path = self.mailbox.last_to(&self.server, "o'ada@example.com").await.path();
        let question = "pages/confirm_email/question.html";
        let form = self.opens(question, "your address?", &path).await.form("confirm-email-form");
        self.ada.submit(&form).await.location();
        self.opens("pages/message.html", "your address, used", &path).await;
        let password = "pages/account/password.html";
        let form = self.opens(password, "password", "/o/account/password/").await.form("password-form");
        self.sends(password, "password, refused", &form.clone().with("password", "short")).await;
        self.sends(password, "password, wrong", &form.with("password", "long enough and more")).await;
        let delete = "pages/account/delete.html";
        let form = self.opens(delete, "delete account", "/o/account/delete/").await.form("delete-form");
        self.sends(delete, "delete account, refused", &form).await;
        let closed = server_with(&[]).await;
        let answer = closed.signed_in("eve").await.get("/o/account/").await;
        self.add(show, "account, without mail", answer);
        let answer = closed.browser().get("/accounts/password/reset/").await;
        self.add("pages/message.html", "forgot, without mail", answer);
    }

    async fn forgetful(&mut self) {
        let (ask, set, message) =
            ("pages/password_reset/ask.html", "pages/password_reset/set.html", "pages/message.html");
        let stranger = self.server.browser();
        let path = "/accounts/password/reset/";
        let shown = stranger.get(path).await;
        let form = shown.form("reset-form").with("account", "ada");
        self.add(ask, "forgot", shown);
        let answer = stranger.submit(&form).await;
        self.add(message, "forgot, asked", answer);
        let link = self.mailbox.last_to(&self.server, "o'ada@example.com").await.path();
        let shown = stranger.get(&link).await;
        let form = shown.form("set-password-form");
        self.add(set, "new password", shown);
        let answer = stranger.submit(&form.with("password", EVIL.get(..10).unwrap())).await;
        self.add(set, "new password, refused", answer);
        let answer = stranger.get(&format!("{path}{}/", "a".repeat(43))).await;
        self.add(message, "new password, no longer", answer);
    }

    async fn signing_out(&mut self) {
        let question = "protocol/end_session/question.html";
        let request = AuthorizationRequest::of(&self.web).with("scope", "openid").with("nonce", "n");
        self.ada.decide(&request.with("response_type", "id_token"), "allow").await.location();
        let path = crate::support::form(&[("client_id", "web"), ("post_logout_redirect_uri", CALLBACK)]);
        let asked = self.opens(question, "sign out?", &format!("/o/logout/?{path}")).await;
        let asked = asked.form("end-session-form");
        self.sends("pages/message.html", "stayed", &asked.clone().with("decision", "stay")).await;
        self.sends("pages/signed_out.html", "signed out", &asked.with("decision", "sign-out")).await;
        self.ada.sign_in("ada").await;
    }

    async fn when_something_is_wrong(&mut self) {
        let error = "pages/error.html";
        self.opens(error, "faulty request", "/o/authorize/").await;
        self.opens(error, "no such page", "/nowhere/").await;
        let stale = self.ada.get("/accounts/login/").await.form("login-form").with("csrf_token", "x");
        self.sends(error, "stale form", &stale).await;
        self.server.sql("ALTER TABLE sessions RENAME TO sessions_x").await;
        self.opens(error, "busy", "/").await;
    }
}
