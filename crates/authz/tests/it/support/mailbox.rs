//! Mail as it was put into a folder.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{TestServer, eventually, server_with};

/// The folder. Gone with the test.
pub struct Mailbox(TempDir);

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub body: String,
    /// Everything before the body.
    pub head: String,
}

impl Mailbox {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// As a server is told of it.
    pub fn url(&self) -> String {
        format!("file://{}", self.0.path().display())
    }

    /// Everything that was sent so far, once nothing is left to be sent now.
    pub async fn all(&self, server: &TestServer) -> Vec<Mail> {
        authz::mail::deliver(server.app()).await.unwrap();
        eventually("all mail is sent", async || server.count("outgoing_mail").await == 0).await;
        self.delivered()
    }

    /// The letters in the folder, in the order in which they were written.
    pub fn delivered(&self) -> Vec<Mail> {
        let files = std::fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> =
            files.filter(|path| path.extension().is_some_and(|end| end == "eml")).collect();
        files.sort();
        files.iter().map(|path| Mail::read(path)).collect()
    }

    /// The last letter to that address.
    pub async fn last_to(&self, server: &TestServer, to: &str) -> Mail {
        let all = self.all(server).await;
        let found = all.iter().rev().find(|mail| mail.to == to);
        found.unwrap_or_else(|| panic!("nothing to {to}: {all:#?}")).clone()
    }

    /// How many letters have that subject.
    pub async fn count(&self, server: &TestServer, subject: &str) -> usize {
        self.all(server).await.iter().filter(|mail| mail.subject.starts_with(subject)).count()
    }
}

impl Mail {
    fn read(path: &Path) -> Self {
        Self::parse(&std::fs::read_to_string(path).unwrap())
    }

    pub fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            let found: Vec<&str> = head.split("\r\n").filter_map(|line| line.strip_prefix(name)).collect();
            assert_eq!(found.len(), 1, "{name} in {head}");
            found[0].to_owned()
        };
        Self {
            to: header("To: "),
            subject: header("Subject: "),
            body: body.replace("\r\n", "\n"),
            head: head.to_owned(),
        }
    }

    /// The address in it that has a token.
    pub fn link(&self) -> &str {
        let is_link = |line: &&str| line.starts_with("http") && line.trim_end_matches('/').len() > 60;
        self.body.lines().find(is_link).unwrap_or_else(|| panic!("no link in {self:?}"))
    }

    /// Its path.
    pub fn path(&self) -> String {
        self.link().strip_prefix(super::BASE).unwrap().to_owned()
    }

    /// The token in it.
    pub fn token(&self) -> String {
        self.path().trim_end_matches('/').rsplit('/').next().unwrap().to_owned()
    }
}

/// A server that sends mail into a folder.
pub async fn server_with_mail() -> (TestServer, Mailbox) {
    server_with_mail_and(&[]).await
}

pub async fn server_with_mail_and(changes: &[(&str, &str)]) -> (TestServer, Mailbox) {
    let mailbox = Mailbox::new();
    let url = mailbox.url();
    let server = server_with(&[&[("MAIL", url.as_str())], changes].concat()).await;
    (server, mailbox)
}

impl TestServer {
    /// Somebody with an account and an address that is theirs.
    pub async fn person_at(&self, name: &str, address: &str) {
        self.person(name).await;
        let profile = serde_json::json!({"email": address, "email_verified": true});
        self.set_profile(name, profile).await;
    }
}
