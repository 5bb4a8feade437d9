//! Addresses of the web among the settings.

use std::str::FromStr;

use model::settings::Settings;
use url::Url;

/// The issuer decides who is let in: over a plain connection anybody on the way could (R152, R174).
pub(super) fn check_remote(settings: &mut Settings, key: &str, url: Option<&str>) {
    let Some(url) = url else { return };
    match parse_web(url) {
        None => settings.problem(key, "expected an http or https URL without query and fragment"),
        Some(parsed) if parsed.scheme() == "http" && !is_loopback(&parsed) => {
            settings.problem(key, "http is for loopback addresses only; expected https");
        }
        Some(_) => {}
    }
}

/// An http or https URL of a host, and nothing more.
pub(super) fn parse_web(url: &str) -> Option<Url> {
    let parsed = Url::parse(url).ok()?;
    let plain = matches!(parsed.scheme(), "http" | "https")
        && parsed.has_host()
        && parsed.query().is_none()
        && parsed.fragment().is_none()
        && parsed.username().is_empty()
        && parsed.password().is_none();
    plain.then_some(parsed)
}

/// Whether it is this very machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// What [`Origins`] are, for whoever wrote something else.
pub(super) const EXPECTED_ORIGINS: &str =
    "origins separated by spaces, https://host or https://host:port (http for loopback hosts only)";

/// Origins separated by spaces, letter for letter as browsers send them (RFC 6454 section 6.1).
pub(super) struct Origins(pub(super) Vec<String>);

impl FromStr for Origins {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let origin = |text: &str| {
            let url = Url::parse(text).map_err(drop)?;
            let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
            let is_exact = !text.contains('*') && url.origin().ascii_serialization() == text;
            if is_safe && is_exact { Ok(text.to_owned()) } else { Err(()) }
        };
        text.split_whitespace().map(origin).collect::<Result<_, ()>>().map(Self)
    }
}

/// Without a slash at the end.
pub(super) fn no_slash(url: &str) -> &str {
    url.strip_suffix('/').unwrap_or(url)
}
