//! A step changes who gets in, and no record of it follows.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::Purpose;

use super::{calls_for, is_for};
use crate::model::Model;

pub(crate) static CODE: Code = Code {
    id: "unaudited-access",
    severity: Severity::Warning,
    summary: "a step changes who gets in, and no audit record follows it",
};

/// What changes who gets in.
const ACCESS: &[Purpose] =
    &[Purpose::CreateUser, Purpose::GrantAccess, Purpose::ChangeAccess, Purpose::RevokeAccess];

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for call in calls_for(model, ACCESS) {
        let after = model.reachable(call.position, |edge| (edge.from, edge.to));
        if after.iter().any(|at| is_for(model, *at, &[Purpose::RecordAudit])) {
            continue;
        }
        let message = format!("`{}` changes who gets in, and nothing records it", call.step.id.value);
        found.push(
            Diagnostic::new(&CODE, call.invoke.operation.span, message)
                .with_label("no audit record follows")
                .with_help("add a step after it that records who got what (`purpose: record-audit`)"),
        );
    }
    found
}
