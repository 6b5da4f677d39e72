//! How the responses of a step form its result.

use naftiko_expr::Type;
use naftiko_plan::Paginate;

/// How the responses of a step form its result.
#[derive(Clone, Default)]
pub(crate) enum Paged {
    /// One response is the result.
    #[default]
    Not,
    /// The responses are pages, but of an unknown list, which has its diagnostic.
    Unclear,
    /// The responses are the pages of a list.
    Pages(Box<Pages>),
}

/// A paginated list.
#[derive(Clone)]
pub(crate) struct Pages {
    pub(crate) paginate: Paginate,
    /// The type of the items.
    pub(crate) item: Type,
    /// The inferred argument for the first page, if the author wrote none: parameter, value and reason.
    pub(crate) first: Option<(String, u64, String)>,
}

impl Paged {
    /// The fields that lead to the list in a response, if the result is a list of items.
    pub(crate) fn items_at(&self) -> Option<&[String]> {
        match self {
            Self::Not | Self::Unclear => None,
            Self::Pages(pages) => Some(pages.paginate.items.as_slice()),
        }
    }

    /// Converts a path in a response to a path in the step's result; `None` if the result does not hold that part.
    pub(crate) fn in_result(&self, path: Vec<String>) -> Option<Vec<String>> {
        let Self::Pages(pages) = self else { return Some(path) };
        let items = pages.paginate.items.as_slice();
        match path.strip_prefix(items) {
            Some(rest) => Some(rest.to_vec()),
            None => items.starts_with(&path).then(Vec::new),
        }
    }
}
