//! Two arguments for one place of the request.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_spec::Argument;

pub(crate) static CODE: Code = Code {
    id: "duplicate-argument",
    severity: Severity::Error,
    summary: "two arguments for one place of the request",
};

pub(crate) fn report(argument: &Argument, first: Span) -> Diagnostic {
    Diagnostic::new(&CODE, argument.key, format!("`{}` already has a value", argument.name))
        .with_related(first, "the first one is here")
        .with_help("remove one of the two")
}
