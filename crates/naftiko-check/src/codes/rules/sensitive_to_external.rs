//! A sensitive value that is passed to an external step.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::Work;

use crate::analyses::expressions::handed_out;
use crate::analyses::model::Model;

pub(crate) static CODE: Code = Code {
    id: "sensitive-to-external",
    severity: Severity::Error,
    summary: "a sensitive value is passed to an external step",
};

/// Checks only values that are passed by name or to the channel. A step without `with` shows everything and masks
/// sensitive values.
pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for step in &model.composition.steps {
        let Work::External(external) = &step.work else { continue };
        for (role, placed) in handed_out(step, external) {
            let leak = model.sensitive.leaks(&placed).into_iter().next();
            diagnostics.extend(leak.map(|leak| {
                Diagnostic::new(
                    &CODE,
                    leak.span,
                    format!("{}, a sensitive value, is passed to `{}`", leak.words, step.id.value),
                )
                .with_label(role)
                .with_related(leak.source, leak.of.reason.clone())
                .with_help("pass a value that is not sensitive, such as an id or `exists(…)`")
            }));
        }
    }
    diagnostics
}
