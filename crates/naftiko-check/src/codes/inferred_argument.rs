//! An argument that the author did not write and that was inferred.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned};

use crate::analyses::inference::Candidate;
use crate::ir::slots::Parameter;

pub(crate) static CODE: Code = Code {
    id: "inferred-argument",
    severity: Severity::Note,
    summary: "an argument was inferred",
};

pub(crate) fn report(named: &Spanned<String>, parameter: &Parameter, candidate: &Candidate) -> Diagnostic {
    let name = parameter.slot.name();
    Diagnostic::new(&CODE, named.span, format!("`{name}` is inferred: {}", candidate.words))
        .with_label(format!("takes `{name}`"))
        .with_related(candidate.span, candidate.reason.clone())
}
