//! A step grants access, and neither its compensation nor another step of the composition revokes access.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::Purpose;

use crate::analyses::purposes::{calls_for, is_for};
use crate::analyses::model::Model;
use crate::ir::resolved::Resolved;

pub(crate) static CODE: Code = Code {
    id: "irrevocable-access",
    severity: Severity::Warning,
    summary: "access is given, and neither a compensation nor another step revokes it",
};

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let all = 0..model.composition.steps.len();
    if all.into_iter().any(|at| is_for(model, at, &[Purpose::RevokeAccess])) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for call in calls_for(model, &[Purpose::CreateUser, Purpose::GrantAccess]) {
        let undoing = model.undoings.get(call.position).and_then(Resolved::operation);
        let revokes = undoing.is_some_and(|undoing| {
            undoing.facts.purposes.iter().any(|purpose| purpose.value == Purpose::RevokeAccess)
        });
        if revokes {
            continue;
        }
        let message = format!("`{}` gives access that nothing revokes", call.step.id.value);
        found.push(
            Diagnostic::new(&CODE, call.invoke.operation.span, message)
                .with_label("gives access")
                .with_help(
                    "revoke it with `compensate`, or add a step that revokes it (`purpose: revoke-access`)",
                ),
        );
    }
    found
}
