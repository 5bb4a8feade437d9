//! What a server has answered, with success.

use std::time::Duration;

/// An answer, read to its end.
pub struct Answer {
    /// From 200 to 299.
    pub status: u16,
    /// What it says.
    pub body: Vec<u8>,
    /// As its header says it, or empty.
    pub(super) content_type: String,
    /// The same for `Cache-Control`, each on its own.
    pub(super) cache_control: Vec<String>,
}

impl Answer {
    /// Whether it says of itself that it is JSON: `application/json`, or a kind of it (RFC 6839 section 3.1).
    pub fn is_json(&self) -> bool {
        let media_type = self.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let kind = media_type.strip_prefix("application/");
        kind.is_some_and(|kind| kind == "json" || (kind.len() > 5 && kind.ends_with("+json")))
    }

    /// How long it may be kept (RFC 9111 section 5.2.2); `None` when it does not say.
    pub fn max_age(&self) -> Option<Duration> {
        let said = self.cache_control.join(",").to_ascii_lowercase();
        let directives = || said.split(',').map(str::trim);
        if directives().any(|each| each == "no-store" || each == "no-cache") {
            return Some(Duration::ZERO);
        }
        let seconds =
            directives().find_map(|each| each.strip_prefix("max-age=")?.trim_matches('"').parse().ok());
        seconds.map(Duration::from_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(content_type: &str, cache_control: &[&str]) -> Answer {
        let cache_control = cache_control.iter().map(|each| (*each).to_owned()).collect();
        Answer { status: 200, body: Vec::new(), content_type: content_type.to_owned(), cache_control }
    }

    #[test]
    fn what_calls_itself_json_is_json() {
        for json in ["application/json", "Application/JSON; charset=utf-8", "application/x.y+json"] {
            assert!(answer(json, &[]).is_json(), "{json}");
        }
        for other in ["", "text/html", "application/jsonp", "application/+json", "text/json", "json"] {
            assert!(!answer(other, &[]).is_json(), "{other}");
        }
    }

    #[test]
    fn how_long_it_may_be_kept_is_what_it_says() {
        for (said, expected) in [
            (&[][..], None),
            (&["public"], None),
            (&["max-age=60"], Some(60)),
            (&["public, Max-Age=7"], Some(7)),
            (&["public", "max-age=\"8\""], Some(8)),
            (&["max-age=60", "no-store"], Some(0)),
            (&["no-cache"], Some(0)),
            (&["max-age=-1"], None),
            (&["max-age=99999999999999999999"], None),
            (&["s-maxage=5"], None),
        ] {
            assert_eq!(answer("", said).max_age(), expected.map(Duration::from_secs), "{said:?}");
        }
    }
}
