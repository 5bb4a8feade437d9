//! How an application wishes its pages to look: `display` (OpenID Connect Core section 3.1.2.1). It is a wish: one that is
//! not known is a full page.

use crate::protocol::Params;

/// What there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Display {
    /// A full page.
    #[default]
    Page,
    /// A small window: nothing but what is asked.
    Popup,
    /// For fingers: large targets.
    Touch,
}

impl Display {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Page, Self::Popup, Self::Touch];

    /// The name on the wire, and the class that pages have.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Popup => "popup",
            Self::Touch => "touch",
        }
    }

    /// What a request to the authorization endpoint wishes.
    pub(crate) fn wished(params: &Params) -> Self {
        let wish = params.get("display");
        Self::ALL.into_iter().find(|each| Some(each.as_str()) == wish).unwrap_or_default()
    }
}
