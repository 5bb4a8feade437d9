//! curl lines for a shell, which people paste: one option to a line, and whatever somebody else wrote in quotes.

use std::fmt;

/// A command line.
pub(crate) struct Curl(Vec<String>);

impl Curl {
    /// A request to an address of ours.
    pub(crate) fn to(url: &str) -> Self {
        Self(vec![format!("curl {url}")])
    }

    /// The client proves who it is: by the secret in that variable of the shell, or a public one by its name.
    pub(crate) fn client(self, id: &str, secret_in: Option<&str>) -> Self {
        match secret_in {
            Some(variable) => self.option(format!("-u '{id}:'\"${variable}\"")),
            None => self.field("client_id", id),
        }
    }

    /// A field whose value is nothing to a shell, or is meant for it.
    pub(crate) fn field(self, name: &str, value: &str) -> Self {
        self.option(format!("-d {name}={value}"))
    }

    /// A field that is quoted for the shell, and encoded by curl for the form.
    pub(crate) fn encoded(self, name: &str, value: &str) -> Self {
        let value = value.replace('\'', "'\\''");
        self.option(format!("--data-urlencode '{name}={value}'"))
    }

    /// A bearer token (RFC 6750 section 2.1), or a variable of the shell that has it.
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.option(format!("-H \"Authorization: Bearer {token}\""))
    }

    fn option(mut self, option: String) -> Self {
        self.0.push(option);
        self
    }
}

impl fmt::Display for Curl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" \\\n  "))
    }
}
