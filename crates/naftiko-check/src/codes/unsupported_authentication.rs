//! An authentication scheme that edition 0.1 names without saying how its credentials are sent.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};

pub(crate) static CODE: Code = Code {
    id: "unsupported-authentication",
    severity: Severity::Error,
    summary: "edition 0.1 does not support this type of authentication",
};

pub(crate) fn report(span: Span, scheme: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("edition 0.1 does not support `{scheme}`"))
        .with_help("use edition 0.2; requests are never sent without the required credentials")
}
