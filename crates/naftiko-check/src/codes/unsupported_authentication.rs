//! An authentication scheme that edition 0.1 names without saying how its credentials are sent.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};

pub(crate) static CODE: Code = Code {
    id: "unsupported-authentication",
    severity: Severity::Error,
    summary: "a scheme of authentication that edition 0.1 does not say enough of",
};

pub(crate) fn report(span: Span, scheme: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("edition 0.1 does not say how `{scheme}` is sent"))
        .with_help("write it in edition 0.2; no request is ever sent without the credentials it should have")
}
