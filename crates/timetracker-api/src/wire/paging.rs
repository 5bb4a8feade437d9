//! Pages by number: `page`, `page_size`, and the envelope `count, next, previous, results`.

use super::error::ApiError;
use super::json;
use super::query::Parameters;

/// Rows of a page when nobody says.
const USUAL: i64 = 20;
/// The most rows of a page; more is read as this (R164).
const MOST: i64 = 1_000;

/// Which page is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// `None` is the last one.
    page: Option<u64>,
    size: i64,
}

/// Where a page lies among `count` rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    count: i64,
    page: u64,
    pages: u64,
    /// Rows before it.
    pub offset: i64,
    /// Rows on it, at most.
    pub limit: i64,
}

impl Wanted {
    /// Reads `page` and `page_size`. A size that is no number from 1 is as if it had not been said.
    ///
    /// # Errors
    /// [`ApiError::InvalidPage`].
    pub fn read(query: &Parameters) -> Result<Self, ApiError> {
        let page = match query.said("page") {
            None => Some(1),
            Some("last") => None,
            Some(text) => Some(text.trim().parse().map_err(|_| ApiError::InvalidPage)?),
        };
        let size = query.said("page_size").map(str::trim);
        let size = match size.map(str::parse::<i64>) {
            Some(Ok(size)) if size > 0 => size.min(MOST),
            Some(Err(error)) if *error.kind() == std::num::IntErrorKind::PosOverflow => MOST,
            _ => USUAL,
        };
        Ok(Self { page, size })
    }

    /// Finds the page among `count` rows; the first page of nothing exists.
    ///
    /// # Errors
    /// [`ApiError::InvalidPage`] when there is none of that number.
    pub fn among(self, count: i64) -> Result<Place, ApiError> {
        let (rows, size) = (count.max(0).unsigned_abs(), self.size.unsigned_abs());
        let pages = rows.div_ceil(size).max(1);
        let page = self.page.unwrap_or(pages);
        if page == 0 || page > pages {
            return Err(ApiError::InvalidPage);
        }
        let offset = i64::try_from((page - 1) * size).map_err(|_| ApiError::InvalidPage)?;
        Ok(Place { count, page, pages, offset, limit: self.size })
    }
}

impl Place {
    /// Writes the envelope around `rows`, with links that begin with `url`.
    pub fn envelope<R>(
        &self,
        url: &str,
        query: &Parameters,
        rows: &[R],
        row: impl FnMut(&mut Vec<u8>, &R),
    ) -> Vec<u8> {
        let mut out = Vec::with_capacity(192 + rows.len() * 192);
        out.extend_from_slice(b"{\"count\":");
        json::number(&mut out, self.count);
        out.extend_from_slice(b",\"next\":");
        link(&mut out, (self.page < self.pages).then(|| (url, query.with_page(Some(self.page + 1)))));
        out.extend_from_slice(b",\"previous\":");
        let before = self.page - 1;
        link(&mut out, (before > 0).then(|| (url, query.with_page((before > 1).then_some(before)))));
        out.extend_from_slice(b",\"results\":");
        json::list(&mut out, rows, row);
        out.push(b'}');
        out
    }
}

fn link(out: &mut Vec<u8>, target: Option<(&str, String)>) {
    match target {
        None => out.extend_from_slice(b"null"),
        Some((url, query)) if query.is_empty() => json::text(out, url),
        Some((url, query)) => json::text(out, &format!("{url}?{query}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(query: &str, count: i64) -> Option<(i64, i64)> {
        let wanted = Wanted::read(&Parameters::parse(query).unwrap()).ok()?;
        wanted.among(count).ok().map(|place| (place.offset, place.limit))
    }

    /// R164.
    #[test]
    fn pages_and_sizes_follow_the_framework() {
        for (query, count, expected) in [
            ("", 0, Some((0, 20))),
            ("page=", 9, Some((0, 20))),
            ("page=2", 21, Some((20, 20))),
            ("page=2", 20, None),
            ("page=0", 20, None),
            ("page=-1", 20, None),
            ("page=x", 20, None),
            ("page=1.0", 20, None),
            ("page=%20", 20, None),
            ("page=99999999999999999999", 20, None),
            ("page=18446744073709551615", 20, None),
            ("page=9&page=1", 20, Some((0, 20))),
            ("page=last", 41, Some((40, 20))),
            ("page=last", 0, Some((0, 20))),
            ("page_size=5&page=3", 11, Some((10, 5))),
            ("page_size=0", 11, Some((0, 20))),
            ("page_size=-1", 11, Some((0, 20))),
            ("page_size=x", 11, Some((0, 20))),
            ("page_size=1000000000", 11, Some((0, 1_000))),
            ("page_size=99999999999999999999", 11, Some((0, 1_000))),
        ] {
            assert_eq!(place(query, count), expected, "{query} of {count}");
        }
    }

    #[test]
    fn the_envelope_links_both_ways_and_the_first_page_needs_no_number() {
        let query = Parameters::parse("page=2&page_size=1&b=2&a=1").unwrap();
        let place = Wanted::read(&query).unwrap().among(3).unwrap();
        let body = place.envelope("http://h/api/tracks/", &query, &[7], |out, row| json::number(out, *row));
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"count":3,"next":"http://h/api/tracks/?a=1&b=2&page=3&page_size=1","previous":"http://h/api/tracks/?a=1&b=2&page_size=1","results":[7]}"#
        );
    }
}
