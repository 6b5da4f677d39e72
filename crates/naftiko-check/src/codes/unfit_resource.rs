//! A parameter that names a resource of an earlier step whose id is of another type.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned};

use crate::analyses::inference::Candidate;
use crate::ir::slots::Parameter;

pub(crate) static CODE: Code = Code {
    id: "unfit-resource",
    severity: Severity::Error,
    summary: "a parameter names a resource of an earlier step whose id is of another type",
};

/// The severity is error, because a call without the filter would reach other resources too.
pub(crate) fn report(named: &Spanned<String>, parameter: &Parameter, candidate: &Candidate) -> Diagnostic {
    let name = parameter.slot.name();
    Diagnostic::new(
        &CODE,
        named.span,
        format!("`{name}` takes {}, and {} is {}", parameter.ty, candidate.words, candidate.ty),
    )
    .with_label(format!("`{name}` would not be sent"))
    .with_related(candidate.span, candidate.reason.clone())
    .with_help(format!("in edition 0.2 it can be written: `{name}: ${{toString({})}}`", candidate.value))
}
