//! An activity as a client sends it: `name` (1 to 100 characters, trimmed) and `description` (up to 10,000).
//! Every other key is ignored: ids are never a client's to set (R159).

use crate::wire::error::ApiError;
use crate::wire::fields::{Extent, Problems, text};
use crate::wire::sent::Sent;

/// What was said; `None` where nothing was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The name.
    pub name: Option<String>,
    /// The description.
    pub description: Option<String>,
}

impl Draft {
    /// Reads every field.
    ///
    /// # Errors
    /// 400 with everything that is wrong.
    pub fn read(sent: &Sent, extent: Extent) -> Result<Self, ApiError> {
        sent.require_object()?;
        let mut problems = Problems::default();
        let name = text(&sent.field("name", false), 100, false)
            .and_then(|name| name.map_or_else(|| extent.absent(), |name| Ok(Some(name))));
        let name = problems.take("name", name).flatten();
        let description = problems.take("description", text(&sent.field("description", false), 10_000, true));
        problems.finish()?;
        Ok(Self { name, description: description.flatten() })
    }
}
