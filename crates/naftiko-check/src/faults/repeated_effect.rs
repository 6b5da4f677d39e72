//! A poll that would repeat an effect.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::Invoke;

use crate::resolve::Resolution;

pub(crate) static CODE: Code = Code {
    id: "repeated-effect",
    severity: Severity::Error,
    summary: "a poll would do something more than once",
};

pub(crate) fn report(invoke: &Invoke, resolution: &Resolution) -> Diagnostic {
    let method = resolution.operation.method.as_str();
    Diagnostic::new(
        &CODE,
        invoke.operation.span,
        format!("`{}` is polled, and each {method} does it again", invoke.operation.value),
    )
    .with_help("poll an operation that only reads, or name the header of its idempotency key in the capabilities document")
}
