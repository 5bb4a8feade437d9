//! Parts of a row: `?fields=id,start` shows only those, `?omit=tags` all others. They come in the order they always have.

use super::error::ApiError;
use super::fields::not_a_choice;
use super::query::Parameters;

/// Which members of a row are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    only: Option<Vec<&'static str>>,
    except: Vec<&'static str>,
}

impl Fields {
    /// Reads `fields` and `omit`.
    ///
    /// # Errors
    /// 400 for a name that no member has.
    pub fn read(query: &Parameters, members: &[&'static str]) -> Result<Self, ApiError> {
        let only = query.said("fields").map(|said| named("fields", said, members)).transpose()?;
        let except = query.said("omit").map(|said| named("omit", said, members)).transpose()?;
        Ok(Self { only, except: except.unwrap_or_default() })
    }

    /// Whether a whole row is shown.
    pub fn are_all(&self) -> bool {
        self.only.is_none() && self.except.is_empty()
    }

    fn shows(&self, member: &str) -> bool {
        let is_among = self.only.as_ref().is_none_or(|only| only.contains(&member));
        is_among && !self.except.contains(&member)
    }

    /// Writes of one object, as it was just written by us, what is shown of it.
    pub fn cut(&self, out: &mut Vec<u8>, whole: &[u8]) {
        out.push(b'{');
        let mut is_first = true;
        for member in members(whole) {
            // Names of ours have nothing in them that is escaped.
            let name = member.get(1..).and_then(|rest| rest.split(|byte| *byte == b'"').next());
            if name.and_then(|name| std::str::from_utf8(name).ok()).is_some_and(|name| self.shows(name)) {
                if !is_first {
                    out.push(b',');
                }
                is_first = false;
                out.extend_from_slice(member);
            }
        }
        out.push(b'}');
    }
}

fn named(
    parameter: &'static str,
    said: &str,
    members: &[&'static str],
) -> Result<Vec<&'static str>, ApiError> {
    let names = said.split(',').map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| {
            let known = members.iter().find(|member| **member == name).copied();
            known.ok_or_else(|| ApiError::field(parameter, not_a_choice(name)))
        })
        .collect()
}

/// The members of an object, `"name":value` each.
fn members(object: &[u8]) -> impl Iterator<Item = &[u8]> {
    let inner = object.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")).unwrap_or_default();
    let (mut open, mut is_quoted, mut is_escaped) = (0_usize, false, false);
    let members = inner.split(move |byte| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'{' | b'[' if !is_quoted => open += 1,
            b'}' | b']' if !is_quoted => open = open.saturating_sub(1),
            b',' => return open == 0 && !is_quoted,
            _ => {}
        }
        false
    });
    members.filter(|member| !member.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBERS: [&str; 4] = ["id", "text", "tags", "end"];

    fn shown(query: &str) -> Result<String, ApiError> {
        let fields = Fields::read(&Parameters::parse(query).unwrap(), &MEMBERS)?;
        let mut out = Vec::new();
        fields.cut(&mut out, br#"{"id":7,"text":"a,\"b\\\",}{","tags":["x","y,z",{"id":[1,2]}],"end":null}"#);
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn members_are_shown_in_their_own_order() {
        for (query, expected) in [
            ("fields=end,id", r#"{"id":7,"end":null}"#),
            ("fields=text", r#"{"text":"a,\"b\\\",}{"}"#),
            ("fields=tags,%20tags", r#"{"tags":["x","y,z",{"id":[1,2]}]}"#),
            ("omit=text,tags", r#"{"id":7,"end":null}"#),
            ("fields=id,end&omit=id", r#"{"end":null}"#),
            ("fields=id&omit=id", "{}"),
            ("fields=,", "{}"),
        ] {
            assert_eq!(shown(query).unwrap(), expected, "{query}");
        }
        assert!(Fields::read(&Parameters::parse("fields=&omit=").unwrap(), &MEMBERS).unwrap().are_all());
        for wrong in ["fields=id,x", "omit=Id", "fields=*"] {
            assert!(shown(wrong).is_err(), "{wrong}");
        }
    }
}
