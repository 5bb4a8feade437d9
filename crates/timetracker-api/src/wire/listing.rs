//! Lists: what a client may say about one, and the answer. Every list is read and answered here, so that all of them page,
//! order, shorten and refuse alike.
//!
//! Pages come by number, with a count ([`paging`]), or by place if `cursor` is there, though empty ([`cursor`]). What leads to
//! other pages is in the body and in `Link` (RFC 8288).

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use super::cursor::{self, Order};
use super::error::ApiError;
use super::query::Parameters;
use super::sparse::Fields;
use super::{fields, filters, json, paging, prefer};
use crate::App;

/// What every list understands.
const COMMON: [&str; 8] = ["page", "page_size", "cursor", "ordering", "search", "fields", "omit", "format"];
/// What is said of any other order than [`List::order`] knows.
const ONE_WAY: &str = "A cursor goes by one field, and then by id in the same direction.";
/// The most unknown parameters that are named.
const NAMED: usize = 20;
/// The most bytes of `Link`: what stands before us may take no longer fields, and the body says the same.
const LONGEST: usize = 2_048;

/// Bytes that are set aside for a row: more than most have.
const ROW: usize = 448;

/// What is known of a list.
#[derive(Debug)]
pub struct List<'a, K: 'static> {
    /// Where it is.
    pub path: &'a str,
    /// What a row has on the wire.
    pub members: &'a [&'static str],
    /// By which parameters it is narrowed, `search` aside.
    pub filters: &'a [&'a str],
    /// By what it can be ordered, and what that is called. The first one is the id.
    pub keys: &'static [(&'static str, K)],
}

/// The page that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted<K> {
    /// By number, ordered by these; `true` descends.
    Numbered(paging::Wanted, Vec<(K, bool)>),
    /// By place.
    Placed(cursor::Wanted<K>),
}

/// A page that was found.
#[derive(Debug)]
pub enum Page<R> {
    /// By number.
    Numbered(paging::Place, Vec<R>),
    /// By place.
    Placed(cursor::Page<R>),
}

/// How the answer is to look.
#[derive(Debug)]
pub struct View {
    query: Parameters,
    /// The address of the list, in the spelling that was asked for.
    url: String,
    fields: Fields,
    is_strict: bool,
}

impl<K: Copy + PartialEq> List<'_, K> {
    /// Reads everything that all lists understand.
    ///
    /// # Errors
    /// 400 for what makes no sense, and for what is not known here if the client would like to be told; 404 for a page that
    /// cannot be.
    pub fn read(&self, app: &App, request: &HttpRequest) -> Result<(Wanted<K>, View), ApiError> {
        let query = Parameters::parse(request.query_string())?;
        let is_strict = prefer::is_strict(request.headers());
        if is_strict {
            self.refuse_unknown(&query)?;
        }
        let by = filters::ordering(&query, |name| self.key(name));
        let wanted = match query.get("cursor") {
            None => Wanted::Numbered(paging::Wanted::read(&query)?, by),
            Some(text) => Wanted::Placed(cursor::Wanted::read(self.order(&by)?, text, paging::size(&query))?),
        };
        let fields = Fields::read(&query, self.members)?;
        let has_suffix = request.path().contains(".json");
        let url = if has_suffix {
            app.url(&(self.path.trim_end_matches('/').to_owned() + ".json"))
        } else {
            app.url(self.path)
        };
        Ok((wanted, View { query, url, fields, is_strict }))
    }

    fn key(&self, name: &str) -> Option<K> {
        self.keys.iter().find(|(each, _)| *each == name).map(|(_, key)| *key)
    }

    fn refuse_unknown(&self, query: &Parameters) -> Result<(), ApiError> {
        let has_cursor = query.get("cursor").is_some();
        let is_known = |name: &str| {
            self.filters.contains(&name) || (COMMON.contains(&name) && !(has_cursor && name == "page"))
        };
        let mut unknown: Vec<&str> = query.names().filter(|name| !is_known(name)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        if !unknown.is_empty() {
            let named = unknown.into_iter().take(NAMED).map(str::to_owned);
            return Err(ApiError::UnknownParameters(named.collect()));
        }
        let keys = query.said("ordering").unwrap_or_default().split(',').map(str::trim);
        let mut keys = keys.filter(|key| !key.is_empty());
        match keys.find(|key| self.key(key.strip_prefix('-').unwrap_or(key)).is_none()) {
            Some(unknown) => Err(ApiError::field("ordering", fields::not_a_choice(unknown))),
            None => Ok(()),
        }
    }

    /// One field and then the id in the same direction, because that is an index. What comes behind the id decides nothing.
    fn order(&self, by: &[(K, bool)]) -> Result<Order<K>, ApiError> {
        let Some((id_name, id)) = self.keys.first().copied() else { return Err(ApiError::NotFound) };
        let (key, descends) = match by {
            [] => (id, false),
            [(key, descends)] => (*key, *descends),
            [(key, descends), ..] if *key == id => (id, *descends),
            [(key, descends), (second, too), ..] if *second == id && descends == too => (*key, *descends),
            _ => return Err(ApiError::field("ordering", ONE_WAY)),
        };
        let name = self.keys.iter().find(|(_, each)| *each == key).map_or(id_name, |(name, _)| name);
        Ok(Order { key, name, descends })
    }
}

impl<K: Copy> Wanted<K> {
    /// In which direction the id decides between rows that are otherwise equal: as what decides before it.
    pub fn id_descends(by: &[(K, bool)]) -> bool {
        by.last().is_some_and(|(_, descends)| *descends)
    }
}

/// The queries of the links to other pages, an empty one where the address alone will do.
struct Links {
    first: String,
    previous: Option<String>,
    next: Option<String>,
    last: Option<String>,
}

impl View {
    /// What was said, for what only one list understands.
    pub fn query(&self) -> &Parameters {
        &self.query
    }

    /// Writes the answer.
    pub fn write<R>(&self, page: &Page<R>, row: impl FnMut(&mut Vec<u8>, &R)) -> Written {
        let (count, rows, links) = match page {
            Page::Numbered(place, rows) => (Some(place.count()), rows, self.by_number(place)),
            Page::Placed(page) => (None, &page.rows, self.by_place(page)),
        };
        let body = json::Tagged::of(self.body(count, rows, &links, row));
        Written { body, link: links.field(&self.url), is_strict: self.is_strict }
    }

    /// `count`, if it is known, `next`, `previous`, `results`.
    fn body<R>(
        &self,
        count: Option<i64>,
        rows: &[R],
        links: &Links,
        mut row: impl FnMut(&mut Vec<u8>, &R),
    ) -> Vec<u8> {
        let mut out = Vec::with_capacity(192 + rows.len() * ROW);
        out.push(b'{');
        if let Some(count) = count {
            out.extend_from_slice(b"\"count\":");
            json::number(&mut out, count);
            out.push(b',');
        }
        out.extend_from_slice(b"\"next\":");
        link(&mut out, &self.url, links.next.as_deref());
        out.extend_from_slice(b",\"previous\":");
        link(&mut out, &self.url, links.previous.as_deref());
        out.extend_from_slice(b",\"results\":");
        if self.fields.are_all() {
            json::list(&mut out, rows, row);
        } else {
            let mut whole = Vec::new();
            json::list(&mut out, rows, |out, each| {
                whole.clear();
                row(&mut whole, each);
                self.fields.cut(out, &whole);
            });
        }
        out.push(b'}');
        out
    }

    /// The first page needs no number.
    fn by_number(&self, place: &paging::Place) -> Links {
        let numbered = |page: u64| match page {
            1 => self.query.with_place(None),
            _ => self.query.with_place(Some(("page", &page.to_string()))),
        };
        let (previous, next, last) = place.neighbours();
        Links {
            first: numbered(1),
            previous: previous.map(numbered),
            next: next.map(numbered),
            last: Some(numbered(last)),
        }
    }

    fn by_place<R>(&self, page: &cursor::Page<R>) -> Links {
        let placed = |cursor: &String| self.query.with_place(Some(("cursor", cursor)));
        Links {
            first: self.query.with_place(Some(("cursor", ""))),
            previous: page.previous.as_ref().map(placed),
            next: page.next.as_ref().map(placed),
            last: None,
        }
    }
}

/// An answer that is written; clones share its body.
#[derive(Clone, Debug)]
pub struct Written {
    body: json::Tagged,
    link: Option<HeaderValue>,
    is_strict: bool,
}

impl From<json::Tagged> for Written {
    /// What has no pages.
    fn from(body: json::Tagged) -> Self {
        Self { body, link: None, is_strict: false }
    }
}

impl Written {
    /// Bytes that it has elsewhere.
    pub fn weight(&self) -> usize {
        self.body.weight() + self.link.as_ref().map_or(0, HeaderValue::len)
    }

    /// The same without room for more, which writing it took.
    #[must_use]
    pub fn without_room(self) -> Self {
        Self { body: self.body.without_room(), ..self }
    }

    /// The answer.
    pub fn response(self) -> HttpResponse {
        let mut response = self.body.response();
        if let Some(link) = self.link {
            response.headers_mut().insert(header::LINK, link);
        }
        if self.is_strict {
            response.headers_mut().insert(prefer::APPLIED, prefer::STRICT);
        }
        response
    }
}

impl Links {
    /// `Link`, unless it were too long.
    fn field(&self, url: &str) -> Option<HeaderValue> {
        let links = [
            (Some(&self.first), "first"),
            (self.previous.as_ref(), "prev"),
            (self.next.as_ref(), "next"),
            (self.last.as_ref(), "last"),
        ];
        let mut field = String::with_capacity(256);
        for (query, relation) in links {
            let Some(query) = query else { continue };
            if !field.is_empty() {
                field.push_str(", ");
            }
            for part in
                ["<", url, if query.is_empty() { "" } else { "?" }, query, ">; rel=\"", relation, "\""]
            {
                field.push_str(part);
            }
            if field.len() > LONGEST {
                return None;
            }
        }
        HeaderValue::try_from(field).ok()
    }
}

fn link(out: &mut Vec<u8>, url: &str, query: Option<&str>) {
    match query {
        None => out.extend_from_slice(b"null"),
        Some("") => json::text(out, url),
        Some(query) => json::text(out, &format!("{url}?{query}")),
    }
}
