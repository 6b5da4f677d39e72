//! One mistake that two stages find at the same place: only the more specific finding is kept.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Diagnostic, FileId, Span};

/// What says more, and what says less of the same.
const PAIRS: [(&str, &str); 5] = [
    // `required: yes` is no boolean to anybody but readers of YAML 1.1, and quotes do not mend it.
    ("wrong-type", "yaml-1-1-word"),
    ("wrong-argument-type", "yaml-1-1-word"),
    ("unfit-default", "yaml-1-1-word"),
    ("unfit-answer", "yaml-1-1-word"),
    // A credential in place of the name of a variable is no name either.
    ("literal-secret", "invalid-value"),
];

/// Leaves out what says less.
pub(crate) fn leave_out(diagnostics: &mut Vec<Diagnostic>) {
    let found: BTreeSet<(&str, Span)> =
        diagnostics.iter().map(|found| (found.code.id, found.primary.span)).collect();
    let twice: BTreeSet<FileId> = diagnostics
        .iter()
        .filter(|found| found.code.id == "duplicate-name")
        .map(|found| found.primary.span.file)
        .collect();
    // Of two that have one name, one has lost its own: what is read by it and is like no other name is not unknown too.
    diagnostics.retain(|less| {
        let is_unknown = matches!(less.code.id, "unknown-input" | "unknown-step" | "unknown-dependency");
        !(is_unknown && less.fix.is_none() && twice.contains(&less.primary.span.file))
    });
    diagnostics.retain(|less| {
        let more = PAIRS.iter().filter(|(_, id)| *id == less.code.id);
        !more.into_iter().any(|(id, _)| found.contains(&(*id, less.primary.span)))
    });
}
