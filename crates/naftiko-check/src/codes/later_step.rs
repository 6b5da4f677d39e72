//! A step that waits for a step that comes after it in the document.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};

pub(crate) static CODE: Code = Code {
    id: "later-step",
    severity: Severity::Error,
    summary: "a step waits for one that comes after it in the document",
};

/// `words` says how the step refers to the later step; `path` is the whole cycle.
pub(crate) fn report(span: Span, words: &str, path: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("{words}, which comes after it"))
        .with_label(format!("closes the cycle {path}"))
        .with_help("move the step behind what it reads, or say what it follows with `dependsOn`")
}
