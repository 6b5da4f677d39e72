//! A step that is polled because a field that the composition reads may appear later.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_spec::Step;

pub(crate) static CODE: Code = Code {
    id: "inferred-wait",
    severity: Severity::Note,
    summary: "a step is repeated until a field that is read is present",
};

pub(crate) fn report(step: &Step, path: &str, reader: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&CODE, step.id.span, format!("`{}` is repeated until `{path}` is present", step.id.value))
        .with_related(span, format!("{reader} reads it"))
}
