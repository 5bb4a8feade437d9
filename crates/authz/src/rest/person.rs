//! How a person is told, and lists of people and groups.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::caller::Visit;
use super::refusal::Refusal;
use crate::app::App;
use crate::store::directory::Person;

/// The most of a list at once, and how many there are where nobody says.
const MOST: i64 = 1_000;

/// What of a person is told beside their name: what the scopes for it open. A person themself is told everything.
pub struct Told<'a> {
    /// `given_name`, with `profile`.
    pub first_name: &'a str,
    /// `family_name`, with `profile`.
    pub last_name: &'a str,
    /// With `email`.
    pub email: &'a str,
}

impl<'a> Told<'a> {
    /// Of a person, to this visitor.
    pub fn of(person: &'a Person, visit: &Visit) -> Self {
        let said = |text: &'a Option<String>, scope| {
            text.as_deref().filter(|_| visit.may(scope)).unwrap_or_default()
        };
        Self {
            first_name: said(&person.profile.given_name, "profile"),
            last_name: said(&person.profile.family_name, "profile"),
            email: said(&person.profile.email, "email"),
        }
    }
}

/// A part of a list, with where the others are.
#[derive(Serialize)]
struct Page<'a, T> {
    count: i64,
    next: Option<String>,
    previous: Option<String>,
    results: &'a [T],
}

/// Which part of a list is wanted.
pub struct Part {
    page: i64,
    size: i64,
    /// Whether somebody has asked for a page, and so is told about pages in the answer.
    is_page: bool,
}

impl Part {
    /// As the query says: `page`, from 1, and `page_size`. Without either a list is what it is in the tutorial, and where it is
    /// longer than one answer may be, a header says where it goes on (RFC 8288).
    ///
    /// # Errors
    /// 404 for what is no page.
    pub fn read(request: &HttpRequest) -> Result<Self, Refusal> {
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
        let said =
            |name: &str| pairs.iter().rev().find(|(each, _)| each == name).map(|(_, value)| value.as_str());
        let page = match said("page").filter(|page| !page.is_empty()) {
            None => 1,
            Some(page) => page.parse::<u32>().ok().filter(|page| *page > 0).map(i64::from).ok_or(INVALID)?,
        };
        let size = said("page_size").and_then(|size| size.parse::<u32>().ok()).map(i64::from);
        let size = size.filter(|size| *size > 0).unwrap_or(MOST).min(MOST);
        Ok(Self { page, size, is_page: said("page").is_some() || said("page_size").is_some() })
    }

    /// How many are before it.
    pub const fn skipped(&self) -> i64 {
        (self.page - 1) * self.size
    }

    /// How many are in it at most.
    pub const fn size(&self) -> i64 {
        self.size
    }

    /// The list, of so many altogether.
    ///
    /// # Errors
    /// 404 for a page behind the last one.
    pub fn told<T: Serialize>(
        &self,
        app: &App,
        request: &HttpRequest,
        count: i64,
        rows: &[T],
    ) -> Result<HttpResponse, Refusal> {
        if rows.is_empty() && self.page > 1 {
            return Err(INVALID);
        }
        let path = request.path().trim_end_matches('/');
        let at = |page: i64| {
            let first = if page == 1 { String::new() } else { format!("page={page}&") };
            format!("{}{path}/?{first}page_size={}", app.config.issuer.base(), self.size)
        };
        let next = (self.skipped() + self.size < count).then(|| at(self.page + 1));
        if self.is_page {
            let previous = (self.page > 1).then(|| at(self.page - 1));
            return Ok(HttpResponse::Ok().json(Page { count, next, previous, results: rows }));
        }
        let mut response = HttpResponse::Ok().json(rows);
        if let Some(link) =
            next.and_then(|next| HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")).ok())
        {
            response.headers_mut().insert(header::LINK, link);
        }
        Ok(response)
    }
}

const INVALID: Refusal = Refusal::NotFound("Invalid page.");
