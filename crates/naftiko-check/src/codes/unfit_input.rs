//! An input that has the name of an optional parameter and is of another type.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned};

use crate::analyses::inference::Candidate;
use crate::ir::slots::Parameter;

pub(crate) static CODE: Code = Code {
    id: "unfit-input",
    severity: Severity::Warning,
    summary: "an input has the name of an optional parameter and another type, so it is not sent",
};

pub(crate) fn report(named: &Spanned<String>, parameter: &Parameter, candidate: &Candidate) -> Diagnostic {
    let name = parameter.slot.name();
    Diagnostic::new(
        &CODE,
        candidate.span,
        format!("{} is not sent: `{name}` takes {}, and it is {}", candidate.words, parameter.ty, candidate.ty),
    )
    .with_related(named.span, format!("takes `{name}`"))
    .with_help("declare the input with the type of the parameter, or give it another name")
}
