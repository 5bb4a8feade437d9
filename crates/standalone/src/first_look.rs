//! What a person needs for a first look: an account, a client, and the lines to paste.

use std::fmt::Write;
use std::path::Path;

use authz::app::App;
use authz::audit::Origin;
use authz::client_metadata::ClientMetadata;
use authz::crypto::random;
use authz::registration::{self, Kind, Registration};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use model::secret::{Secret, sha256};

use crate::settings::{Problem, write_private};

/// The account made on first start.
pub const USERNAME: &str = "ada";

/// What was made on first start; the secrets are known now and never again.
pub struct FirstLook {
    /// The account's password.
    pub password: Secret<String>,
    /// The client's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret<String>,
    /// The PKCE verifier of the lines to paste.
    pub verifier: String,
}

impl FirstLook {
    /// Makes them, if there is nobody here yet. What is to be shown is also kept in `file`, readable by its owner
    /// only, because a first screen is easily lost.
    ///
    /// # Errors
    /// When the database or the file cannot be written.
    pub async fn make(app: &App, public_url: &str, file: &Path) -> Result<Option<Self>, Problem> {
        if !app.db.read(authz::store::users::all).await?.is_empty() {
            return Ok(None);
        }
        let password = Secret::new(random::secret("")?.chars().take(20).collect::<String>());
        let registered = registration::register(
            app,
            &Origin::CommandLine(None),
            Registration {
                id: None,
                name: "First look".to_owned(),
                kind: Kind::Confidential,
                grant_types: vec!["authorization_code".to_owned(), "client_credentials".to_owned()],
                redirect_uris: vec![format!("{}/code/", app.config.issuer.as_str())],
                scopes: Vec::new(),
                audiences: Vec::new(),
                introspects: Vec::new(),
                secret: None,
                metadata: ClientMetadata::default(),
            },
        )
        .await?;
        let client_secret = registered.secret.ok_or("a confidential client has a secret")?;
        let verifier = random::secret("")?;
        let look = Self { password, client_id: registered.client.id.0, client_secret, verifier };
        // The account comes last: until it is there, the next start makes everything anew.
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => write_private(file, &look.lines(public_url))?,
        }
        authz::sign_up::create(app, &Origin::CommandLine(None), USERNAME, look.password.clone()).await?;
        Ok(Some(look))
    }

    /// The address to open in a browser.
    pub fn authorization_url(&self, public_url: &str) -> String {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(sha256(self.verifier.as_bytes()));
        format!(
            "{public_url}/o/authorize/?response_type=code&client_id={}&redirect_uri={public_url}/o/code/\
             &scope=read%20write&state=first-look&code_challenge={challenge}&code_challenge_method=S256",
            self.client_id
        )
    }

    /// Everything a person needs, laid out to be read and pasted.
    pub fn lines(&self, public_url: &str) -> String {
        let mut text = format!(
            "Sign in as\n\n    name      {USERNAME}\n    password  {}\n\nand see your time at {public_url}/time/\n\nA ready client\n\n    \
             client_id      {}\n    client_secret  {}\n\n",
            self.password.expose(),
            self.client_id,
            self.client_secret.expose()
        );
        for (heading, lines) in self.steps(public_url) {
            // Writing to a String cannot fail.
            let _ = write!(text, "{heading}\n\n    {}\n\n", lines.replace('\n', "\n    "));
        }
        text
    }

    fn steps(&self, public_url: &str) -> [(&'static str, String); 6] {
        let auth = "-u \"$client_id:$client_secret\"";
        let keep = |name: &str| {
            format!("{name}=$(printf %s \"$answer\" | sed -n 's/.*\"{name}\":\"\\([^\"]*\\)\".*/\\1/p')")
        };
        let keep_both = format!("echo \"$answer\"\n{}\n{}", keep("access_token"), keep("refresh_token"));
        [
            (
                "1. In a terminal, keep what the next lines use:",
                format!(
                    "client_id={}\nclient_secret={}\nverifier={}",
                    self.client_id,
                    self.client_secret.expose(),
                    self.verifier
                ),
            ),
            (
                "2. In a browser, open this, sign in and allow; the page then shows a code:",
                self.authorization_url(public_url),
            ),
            (
                "3. Exchange the code within a minute (put it after code=):",
                format!(
                    "code=\nanswer=$(curl -s {auth} {public_url}/o/token/ -d grant_type=authorization_code \
                     -d code=\"$code\" -d redirect_uri={public_url}/o/code/ -d code_verifier=\"$verifier\")\n{keep_both}"
                ),
            ),
            (
                "4. Call the API:",
                format!(
                    "curl -sw '\\n' -H \"Authorization: Bearer $access_token\" {public_url}/api/activities/ -d name=Reading\n\
                     curl -sw '\\n' -H \"Authorization: Bearer $access_token\" {public_url}/api/activities/"
                ),
            ),
            (
                "5. Refresh:",
                format!(
                    "answer=$(curl -s {auth} {public_url}/o/token/ -d grant_type=refresh_token \
                     -d refresh_token=\"$refresh_token\")\n{keep_both}"
                ),
            ),
            (
                "6. Revoke; the API refuses the token from then on (it may remember an answer for ten seconds):",
                format!(
                    "curl -s {auth} {public_url}/o/revoke_token/ -d token=\"$access_token\"\n\
                     curl -sw '\\n' -H \"Authorization: Bearer $access_token\" {public_url}/api/activities/"
                ),
            ),
        ]
    }
}
