//! Where a page is: the way there, and what narrows what it shows. Pure.

use crate::routes::Endpoint;
use crate::wire::query::Parameters;

/// A step on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub href: String,
}

/// The way to `path`, from the root of the API on, which is below `base`; what is no place of its own is passed over.
pub fn crumbs(base: &str, path: &str) -> Vec<Crumb> {
    let mut crumbs = vec![Crumb { name: "API".to_owned(), href: format!("{base}/api/") }];
    let inside = path.strip_prefix("/api").unwrap_or_default();
    let mut so_far = String::from("/");
    for segment in inside.split('/').filter(|segment| !segment.is_empty()) {
        so_far.push_str(segment);
        so_far.push('/');
        if Endpoint::find(&so_far).is_some() {
            crumbs.push(Crumb { name: name(segment), href: format!("{base}/api{so_far}") });
        }
    }
    crumbs
}

fn name(segment: &str) -> String {
    let mut letters = segment.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Something that narrows or orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Its name in the query.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it can be; anything when empty.
    pub choices: &'static [&'static str],
    /// What it is.
    pub value: String,
}

type Known = (&'static str, &'static str, &'static [&'static str]);

const SEARCH: Known = ("search", "Search", &[]);
const ARCHIVED: Known = ("archived", "Archived", &["true", "false"]);
const NAMED: Known = ("ordering", "Order by", &["id", "-id", "name", "-name", "created_at", "-created_at"]);
const SIZE: Known = ("page_size", "Rows on a page", &[]);

/// What can be asked of each list.
fn known(path: &str) -> &'static [Known] {
    match Endpoint::find(path).map(|endpoint| endpoint.path) {
        Some("/tracks/") => &[
            SEARCH,
            ("activity", "Activity (its id)", &[]),
            ("ordering", "Order by", &["id", "-id", "start", "-start", "activity", "-activity"]),
            SIZE,
        ],
        Some("/activities/") => &[SEARCH, ("project", "Project (its id)", &[]), ARCHIVED, NAMED, SIZE],
        Some("/projects/") => &[SEARCH, ("client", "Client (its id)", &[]), ARCHIVED, NAMED, SIZE],
        Some("/clients/" | "/tags/") => &[SEARCH, ARCHIVED, NAMED, SIZE],
        Some("/reports/summary/") => &[
            ("from", "From (a date)", &[]),
            ("to", "To (a date)", &[]),
            ("tz", "Zone", &[]),
            ("group_by", "Group by", &[]),
        ],
        Some("/changes/") => {
            &[("since", "Since (a cursor)", &[]), ("types", "Types", &[]), ("limit", "At most", &[])]
        }
        _ => &[],
    }
}

/// The filters of a list, and what else its query says.
pub fn filters(path: &str, query: &Parameters) -> (Vec<Filter>, Vec<(String, String)>) {
    let known = known(path.strip_prefix("/api").unwrap_or_default());
    let filters = known.iter().map(|(name, label, choices)| {
        let value = query.get(name).unwrap_or_default().to_owned();
        Filter { name, label, choices, value }
    });
    let is_other =
        |name: &str| !matches!(name, "page" | "access_token") && known.iter().all(|(each, ..)| *each != name);
    let others = query.pairs().filter(|(name, _)| is_other(name));
    (filters.collect(), others.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_leads_over_places_that_are_there() {
        let way = |path: &str| crumbs("", path).into_iter().map(|crumb| crumb.href).collect::<Vec<_>>();
        assert_eq!(way("/api/"), ["/api/"]);
        assert_eq!(way("/api"), ["/api/"]);
        assert_eq!(
            way("/api/tracks/7/split"),
            ["/api/", "/api/tracks/", "/api/tracks/7/", "/api/tracks/7/split/"]
        );
        assert_eq!(way("/api/reports/summary/"), ["/api/", "/api/reports/summary/"]);
        assert_eq!(way("/api/nowhere/at/all/"), ["/api/"]);
        let below = crumbs("/tt", "/api/tracks/");
        assert_eq!(below.last().unwrap().href, "/tt/api/tracks/");
    }

    #[test]
    fn a_filter_says_what_it_is_and_the_rest_of_the_query_stays() {
        let query = Parameters::parse("search=a+b&page=3&overlap=x&access_token=t").unwrap();
        let (filters, others) = filters("/api/activities/", &query);
        let values: Vec<_> = filters.iter().map(|filter| (filter.name, filter.value.as_str())).collect();
        let expected = ["search", "project", "archived", "ordering", "page_size"];
        assert_eq!(values, expected.map(|name| (name, if name == "search" { "a b" } else { "" })));
        assert_eq!(others, [("overlap".to_owned(), "x".to_owned())]);
        assert!(super::filters("/api/tracks/1/", &query).0.is_empty());
    }
}
