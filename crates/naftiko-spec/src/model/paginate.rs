//! Pagination.

use naftiko_diagnostics::{Diagnostic, Span, Spanned};
use naftiko_syntax::{Node, Value as Tree};

use super::ResponsePath;
use super::reader::{Keys, boolean, count, flag, text};

/// The pagination of a list, as far as its author specifies it.
#[derive(Debug, Clone)]
pub struct Paginate {
    /// The position of the key.
    pub key: Span,
    /// The path of the list in the response body.
    pub items: Option<ResponsePath>,
    /// The path of the next page's cursor.
    pub cursor: Option<ResponsePath>,
    /// The query parameter for the cursor.
    pub parameter: Option<Spanned<String>>,
    /// The query parameter for the page number.
    pub page: Option<Spanned<String>>,
    /// The query parameter for the number of items before a page.
    pub offset: Option<Spanned<String>>,
    /// The position of `link`, if the header `Link` names the next page.
    pub link: Option<Span>,
    /// The maximum number of items in all; `None` for the default.
    pub max: Option<Spanned<u32>>,
    /// Whether a part could not be read, which has a diagnostic.
    pub is_unclear: bool,
}

impl Paginate {
    /// `None` for a step without pagination.
    pub(super) fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let Some(entry) = node.entry("paginate") else {
            let meant = keys.unknown(node, Some("Step")).first().map(|(_, entry)| entry.key_span);
            let is_meant = keys.means(node, Some("Step"), "paginate");
            return meant.filter(|_| is_meant).map(|key| Self { is_unclear: true, ..Self::at(key) });
        };
        let (value, plain) = (&entry.value, Self::at(entry.key_span));
        if !matches!(value.value, Tree::Mapping(_)) {
            // A value that is not a boolean has been reported.
            let said = boolean(value);
            let is_unclear = said.is_none();
            return said.unwrap_or(true).then_some(Self { is_unclear, ..plain });
        }
        let known = diagnostics.len();
        keys.check(value, Some("PaginateDetails"), "`paginate`", diagnostics);
        let mut path = |key| text(value, key).and_then(|path| ResponsePath::read(&path, diagnostics));
        let (items, cursor) = (path("items"), path("cursor"));
        let is_text = |key: &&str| value.get(key).is_some() && text(value, key).is_none();
        let is_unclear = diagnostics.len() > known
            || ["items", "cursor", "parameter", "page", "offset"].iter().any(is_text);
        Some(Self {
            items,
            cursor,
            parameter: text(value, "parameter"),
            page: text(value, "page"),
            offset: text(value, "offset"),
            link: value.entry("link").map(|entry| entry.key_span).filter(|_| flag(value, "link")),
            max: count(value, "max"),
            is_unclear,
            ..plain
        })
    }

    fn at(key: Span) -> Self {
        Self {
            key,
            items: None,
            cursor: None,
            parameter: None,
            page: None,
            offset: None,
            link: None,
            max: None,
            is_unclear: false,
        }
    }
}
