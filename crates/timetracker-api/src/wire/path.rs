//! The id in a path: digits, with `.json` behind them if a client likes that.

use super::error::ApiError;

/// Reads an id.
///
/// # Errors
/// [`ApiError::NotFound`] for what can be no id, [`ApiError::NoSuch`] for a number no row can have.
pub fn key(segment: &str, kind: &'static str) -> Result<i64, ApiError> {
    let digits = segment.strip_suffix(".json").unwrap_or(segment);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ApiError::NotFound);
    }
    digits.parse().map_err(|_| ApiError::NoSuch(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_digits() {
        assert_eq!(key("12", "Track").unwrap(), 12);
        assert_eq!(key("12.json", "Track").unwrap(), 12);
        for nothing in ["", "x", "-1", "+1", "1.0", "1.xml", "٣", ".json", "1 "] {
            assert!(matches!(key(nothing, "Track"), Err(ApiError::NotFound)), "{nothing}");
        }
        assert!(matches!(key("99999999999999999999", "Track"), Err(ApiError::NoSuch("Track"))));
    }
}
