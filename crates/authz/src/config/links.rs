//! Where the pages lead beyond this service.

use std::str::FromStr;

use model::settings::Settings;
use url::Url;

use super::Issuer;

/// What is linked.
#[derive(Clone, Debug, Default)]
pub struct Links {
    api: Option<String>,
    /// Where people go for what they are here for, signing in on the way (`APP_URL`).
    pub app: Option<Web>,
}

/// An address that a browser opens as a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web(pub String);

impl FromStr for Web {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let url = Url::parse(text).map_err(drop)?;
        if matches!(url.scheme(), "http" | "https") { Ok(Self(url.into())) } else { Err(()) }
    }
}

impl Links {
    /// Reads the settings.
    pub(super) fn read(said: &mut Settings) -> Self {
        Self { api: said.optional("API_URL", "a URL"), app: said.optional("APP_URL", "an http or https URL") }
    }

    /// Where the API is; ends with a slash.
    pub fn api_root(&self, issuer: &Issuer) -> String {
        let said = self.api.clone().unwrap_or_else(|| format!("{}/api", issuer.base()));
        if said.ends_with('/') { said } else { format!("{said}/") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_opens_as_a_page_is_linked() {
        assert_eq!("https://time.example.com".parse(), Ok(Web("https://time.example.com/".to_owned())));
        for other in ["", "time.example.com", "javascript:alert(1)", "ftp://time.example.com/"] {
            assert_eq!(other.parse::<Web>(), Err(()), "{other}");
        }
    }
}
