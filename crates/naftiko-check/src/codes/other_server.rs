//! An operation that its OpenAPI description places at another server than the requests go to.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_openapi::Entry;

pub(crate) static CODE: Code = Code {
    id: "other-server",
    severity: Severity::Warning,
    summary: "an operation is described at another server than the base URL",
};

/// `base` is the URL that requests go to; `None` while no base URL is known.
pub(crate) fn report(place: Span, name: &str, entry: &Entry, base: Option<&str>, described: &str) -> Diagnostic {
    let sent = match base {
        Some(base) => format!("is sent to `{base}`"),
        None => "is sent to the base URL of its provider".to_owned(),
    };
    Diagnostic::new(&CODE, place, format!("`{name}` {sent}, but is described at `{described}`"))
        .with_related(entry.span, format!("{} {} is described here", entry.method.as_str(), entry.path))
        .with_help(
            "requests and credentials go only to the base URL; write a separate capabilities document with \
             that `baseUrl`",
        )
}
