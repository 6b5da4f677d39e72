//! A scheme of authentication that cannot be spoken yet.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};

pub(crate) static CODE: Code = Code {
    id: "unsupported-authentication",
    severity: Severity::Error,
    summary: "a scheme of authentication that cannot be spoken yet",
};

pub(crate) fn report(span: Span, scheme: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("authentication of type `{scheme}` cannot be spoken yet"))
        .with_help("`bearer` and `none` can; no request is ever sent without the credentials it should have")
}
