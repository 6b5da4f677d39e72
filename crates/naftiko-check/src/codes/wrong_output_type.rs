//! An output whose source does not have the declared type.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned};
use naftiko_expr::Type;
use naftiko_spec::Source;

pub(crate) static CODE: Code = Code {
    id: "wrong-output-type",
    severity: Severity::Error,
    summary: "an output does not have its declared type",
};

pub(crate) fn report(declared: &Spanned<String>, source: &Source, expected: &Type, found: &Type) -> Diagnostic {
    Diagnostic::new(&CODE, source.node.span, format!("the source is {found}, expected {expected}"))
        .with_related(declared.span, "declared here")
}
