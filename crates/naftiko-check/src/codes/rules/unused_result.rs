//! A step that only reads and whose result is not used.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_expr::Root;
use naftiko_spec::{Edition, Step, Work};

use crate::analyses::model::{Call, Model};

pub(crate) static CODE: Code = Code {
    id: "unused-result",
    severity: Severity::Warning,
    summary: "a step only reads, and its result is not used",
};

/// Edition 0.2 only: edition 0.1 has no way to declare what a step is for.
pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    if !model.sound || model.composition.edition == Edition::V0_1 {
        return Vec::new();
    }
    let wanted = wanted(model);
    let unused = |call: &Call<'_>| {
        // `poll` and `expect` are gates: the run continues only if they hold.
        call.resolution.operation.is_safe()
            && call.invoke.poll.is_none()
            && call.step.clauses.expect.is_empty()
            && !wanted.contains(call.step.id.value.as_str())
    };
    model
        .calls()
        .filter(unused)
        .map(|call| {
            let id = &call.step.id;
            let operation = &call.resolution.operation;
            let message = format!("the result of `{}`, which only reads, is not used", id.value);
            Diagnostic::new(&CODE, id.span, message)
                .with_related(
                    call.invoke.operation.span,
                    format!("{} {}", operation.method.as_str(), operation.path),
                )
                .with_help("read it, add a `poll`, name the step in a `dependsOn`, or remove it")
        })
        .collect()
}

/// The ids of the steps that an expression reads, that a `dependsOn` names, or that come before an external step
/// without `with`, which shows all of them.
fn wanted(model: &Model<'_>) -> BTreeSet<String> {
    let read = model.reads().into_iter().filter_map(|reference| match reference.root {
        Root::Step(id) => Some(id),
        _ => None,
    });
    let steps = &model.composition.steps;
    let followed = steps.iter().filter_map(|step| step.depends_on.as_ref()).flatten();
    let shows_all = |step: &Step| matches!(&step.work, Work::External(external) if external.with.is_none());
    let shown = steps.iter().take(steps.iter().rposition(shows_all).unwrap_or_default());
    let ids = followed.map(|id| &id.value).chain(shown.map(|step| &step.id.value));
    read.chain(ids.cloned()).collect()
}
