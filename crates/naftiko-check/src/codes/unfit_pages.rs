//! A `paginate` that does not fit the operation.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span, Spanned, nearest};
use naftiko_expr::Type;
use naftiko_spec::ResponsePath;

use crate::ir::resolved::Resolution;

pub(crate) static CODE: Code = Code {
    id: "unfit-pages",
    severity: Severity::Error,
    summary: "the settings of `paginate` do not fit the operation",
};

/// `items` leads to a value that is not a list.
pub(crate) fn no_list(items: &ResponsePath, found: &Type) -> Diagnostic {
    Diagnostic::new(&CODE, items.span, format!("expected the items of a page to be a list, found {found}"))
        .with_help("`items` is the path of the list in the body of a response: `data`")
}

/// `items` contains a selector that is not a field name.
pub(crate) fn no_place(items: &ResponsePath) -> Diagnostic {
    Diagnostic::new(&CODE, items.span, "the path of a list consists of field names only")
        .with_help("`items` is the path of the list itself: `data`; select from the result of the step \
                    instead")
}

/// `cursor` leads to a value that is neither a text nor a number.
pub(crate) fn no_cursor(cursor: &ResponsePath, found: &Type) -> Diagnostic {
    Diagnostic::new(&CODE, cursor.span, format!("expected a cursor to be a text or a number, found {found}"))
        .with_help("`cursor` is the path of the cursor in a response: `list_metadata.after`")
}

/// The capabilities document declares the cursor sensitive, but a cursor is sent in a URL.
pub(crate) fn sensitive_cursor(cursor: Span, declared: Span) -> Diagnostic {
    Diagnostic::new(&CODE, cursor, "a cursor goes into the URL of the next page, and this one is sensitive")
        .with_related(declared, "marked as sensitive here")
        .with_help("URLs are logged; if the cursor reveals nothing, remove it from `sensitive`")
}

/// The operation has no query parameter of this name.
pub(crate) fn no_parameter(named: &Spanned<String>, resolution: &Resolution, known: &[&str]) -> Diagnostic {
    let operation = &resolution.operation;
    let message = format!("`{}` has no query parameter `{}`", operation.id, named.value);
    let diagnostic = Diagnostic::new(&CODE, named.span, message)
        .with_label(format!("{} {}", operation.method.as_str(), operation.path));
    match nearest(&named.value, known.iter().copied()) {
        Some(near) => diagnostic.with_suggestion(near),
        None if known.is_empty() => diagnostic.with_help("it takes no query parameters"),
        None => diagnostic.with_help(format!("it takes {}", known.join(", "))),
    }
}

/// The parameter that `page` or `offset` names does not take integers.
pub(crate) fn no_number(named: &Spanned<String>, found: &Type) -> Diagnostic {
    let message = format!("`{}` must be a number to count pages, found {found}", named.value);
    Diagnostic::new(&CODE, named.span, message)
        .with_help("for a parameter that takes a value of the response, use `cursor` with its path")
}
