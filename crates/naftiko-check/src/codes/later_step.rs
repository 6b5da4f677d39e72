//! A step that waits for a step that comes after it in the document.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};

pub(crate) static CODE: Code = Code {
    id: "later-step",
    severity: Severity::Error,
    summary: "a step depends on a later step of the document",
};

/// `words` says how the step refers to the later step; `path` is the whole cycle.
pub(crate) fn report(span: Span, words: &str, path: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("{words}, which is later in the document"))
        .with_label(format!("closes the cycle {path}"))
        .with_help("move the step after the steps that it reads, or list them in `dependsOn`")
}
