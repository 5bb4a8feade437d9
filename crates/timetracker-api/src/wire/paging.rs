//! Pages by number: `page`, `page_size`.

use super::error::ApiError;
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

/// Rows of a page, at most.
pub fn size(query: &Parameters) -> i64 {
    let said = query.said("page_size").map(str::trim);
    match said.map(str::parse::<i64>) {
        Some(Ok(size)) if size > 0 => size.min(MOST),
        Some(Err(error)) if *error.kind() == std::num::IntErrorKind::PosOverflow => MOST,
        _ => USUAL,
    }
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
        Ok(Self { page, size: size(query) })
    }

    /// Whether it is the first page, which there is of anything.
    pub fn is_first(self) -> bool {
        self.page == Some(1)
    }

    /// How many rows it has, at most.
    pub fn size(self) -> i64 {
        self.size
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
    /// How many there are.
    pub fn count(&self) -> i64 {
        self.count
    }

    /// The numbers of the pages around it: the one before, the one behind, and the last.
    pub fn neighbours(&self) -> (Option<u64>, Option<u64>, u64) {
        let before = (self.page > 1).then(|| self.page - 1);
        (before, (self.page < self.pages).then(|| self.page + 1), self.pages)
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
}
