//! What somebody typed who is not signed in any more: shown, and there to be sent once more.

use super::form::OWN;
use crate::App;
use crate::wire::query::Parameters;

/// It.
pub struct Again {
    /// Where it was to go.
    pub action: String,
    /// As it was typed.
    pub shown: String,
    /// All of the form but what only the browser had that was signed in.
    pub fields: Vec<(String, String)>,
}

impl Again {
    /// What a form says that was to go to `path`; `None` when nothing was typed.
    pub fn of(app: &App, path: &str, form: &Parameters) -> Option<Self> {
        let shown = form.get("_content").map_or_else(|| lines(form), str::to_owned);
        let fields = form.pairs().filter(|(name, _)| *name != "_csrf");
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        (!shown.is_empty()).then(|| Self { action: format!("{}{path}", app.base()), shown, fields })
    }
}

fn lines(form: &Parameters) -> String {
    let said = form.pairs().filter(|(name, value)| {
        !name.starts_with(OWN) && !matches!(*name, "action" | "track") && !value.trim().is_empty()
    });
    said.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
}
