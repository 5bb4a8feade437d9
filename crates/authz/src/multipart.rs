//! Multipart bodies (RFC 7578), for the wires of packages for Django REST Framework, which take them as well as forms.

use std::fmt;

use actix_multipart::Multipart;
use actix_web::HttpRequest;
use actix_web::web::Bytes;
use futures_util::TryStreamExt;

/// Why a body is not what it says it is; a sentence.
#[derive(Debug)]
pub(crate) struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The names and texts of a body that is there already, in their order. A file is a text like any other.
///
/// # Errors
/// For what is no multipart body of texts.
pub(crate) async fn texts(request: &HttpRequest, body: Bytes) -> Result<Vec<(String, String)>, Malformed> {
    let malformed = |error: &dyn fmt::Display| Malformed(error.to_string());
    let length = body.len();
    let mut parts = Multipart::new(request.headers(), futures_util::stream::iter([Ok(body)]));
    let mut pairs = Vec::new();
    while let Some(mut part) = parts.try_next().await.map_err(|error| malformed(&error))? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes(length).await.map_err(|_| malformed(&"a part is too long"))?;
        let bytes = bytes.map_err(|error| malformed(&error))?;
        let text = String::from_utf8(bytes.to_vec()).map_err(|_| malformed(&"a part is not valid UTF-8"))?;
        pairs.push((name, text));
    }
    Ok(pairs)
}
