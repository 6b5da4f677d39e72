//! Removes shadowed findings: when two stages report one mistake at one span, only the more specific finding remains.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Diagnostic, FileId, Span};

/// Pairs (retained, removed): two codes that report one mistake at one span.
const PAIRS: [(&str, &str); 5] = [
    // `required: yes` is a boolean only to readers of YAML 1.1, and quotes do not fix it.
    ("wrong-type", "yaml-1-1-word"),
    ("wrong-argument-type", "yaml-1-1-word"),
    ("unfit-default", "yaml-1-1-word"),
    ("unfit-answer", "yaml-1-1-word"),
    // A credential in place of the name of a variable is also not a valid name.
    ("literal-secret", "invalid-value"),
];

/// Removes the less specific finding of each pair.
pub(crate) fn leave_out(diagnostics: &mut Vec<Diagnostic>) {
    let found: BTreeSet<(&str, Span)> =
        diagnostics.iter().map(|found| (found.code.id, found.primary.span)).collect();
    let twice: BTreeSet<FileId> = diagnostics
        .iter()
        .filter(|found| found.code.id == "duplicate-name")
        .map(|found| found.primary.span.file)
        .collect();
    // When two inputs or steps have one name, one of them has lost its intended name, so an unknown name without a
    // suggestion may refer to that one.
    diagnostics.retain(|less| {
        let is_unknown = matches!(less.code.id, "unknown-input" | "unknown-step" | "unknown-dependency");
        !(is_unknown && less.fix.is_none() && twice.contains(&less.primary.span.file))
    });
    diagnostics.retain(|less| {
        let more = PAIRS.iter().filter(|(_, id)| *id == less.code.id);
        !more.into_iter().any(|(id, _)| found.contains(&(*id, less.primary.span)))
    });
}
