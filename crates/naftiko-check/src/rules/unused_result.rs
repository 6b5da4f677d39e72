//! A step that only reads, and whose result nobody wants.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_expr::Root;
use naftiko_spec::{Edition, Work};

use crate::model::{Call, Model};

pub(crate) static CODE: Code = Code {
    id: "unused-result",
    severity: Severity::Warning,
    summary: "a step only reads, and nothing uses what it reads",
};

/// Edition 0.2 only: in 0.1 there is no way to say what a step is for.
pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    if !model.sound || model.composition.edition == Edition::V0_1 {
        return Vec::new();
    }
    let reads = model.reads();
    let read = |call: &Call<'_>| {
        reads.iter().any(|(reader, reference)| {
            *reader != Some(call.position)
                && matches!(&reference.root, Root::Step(id) if *id == call.step.id.value)
        })
    };
    let unused = |call: &Call<'_>| {
        // A poll is a gate: what follows it waits for what it waits for.
        call.resolution.operation.is_safe()
            && call.invoke.poll.is_none()
            && !read(call)
            && !is_followed(model, call)
            && !is_shown(model, call)
    };
    model
        .calls()
        .filter(unused)
        .map(|call| {
            let id = &call.step.id;
            let operation = &call.resolution.operation;
            let message = format!("nothing uses the result of `{}`, which only reads", id.value);
            Diagnostic::new(&CODE, id.span, message)
                .with_related(
                    call.invoke.operation.span,
                    format!("{} {}", operation.method.as_str(), operation.path),
                )
                .with_help("read it, say with `poll` what it waits for, name it in a `dependsOn`, or take it away")
        })
        .collect()
}

/// Whether another step says that it follows.
fn is_followed(model: &Model<'_>, call: &Call<'_>) -> bool {
    let named = model.composition.steps.iter().filter_map(|step| step.depends_on.as_ref()).flatten();
    named.into_iter().any(|named| named.value == call.step.id.value)
}

/// Whether somebody outside is shown all results, this one among them.
fn is_shown(model: &Model<'_>, call: &Call<'_>) -> bool {
    let later = model.composition.steps.iter().skip(call.position + 1);
    later.into_iter().any(|step| matches!(&step.work, Work::External(external) if external.with.is_none()))
}
