//! A step changes access, and no later step writes an audit record.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::Purpose;

use crate::analyses::purposes::{calls_for, is_for};
use crate::analyses::model::Model;
use crate::analyses::reachability::Direction;

pub(crate) static CODE: Code = Code {
    id: "unaudited-access",
    severity: Severity::Warning,
    summary: "a step changes access, and no audit record follows",
};

/// The purposes that change access.
const ACCESS: &[Purpose] =
    &[Purpose::CreateUser, Purpose::GrantAccess, Purpose::ChangeAccess, Purpose::RevokeAccess];

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let calls = calls_for(model, ACCESS);
    if calls.is_empty() {
        return found;
    }
    let audits = (0..model.steps.len()).filter(|at| is_for(model, *at, &[Purpose::RecordAudit]));
    let is_audited = model.reachability().reached(audits, Direction::Before);
    for call in calls {
        if is_audited.get(call.position) == Some(&true) {
            continue;
        }
        let message = format!("`{}` changes access without an audit record", call.step.id.value);
        found.push(
            Diagnostic::new(&CODE, call.invoke.operation.span, message)
                .with_label("no audit record follows")
                .with_help("add a later step that writes an audit record (`purpose: record-audit`)"),
        );
    }
    found
}
