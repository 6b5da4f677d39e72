//! Inference finds more than one value for an argument.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned, one_of};

use crate::analyses::inference::Candidate;
use crate::ir::slots::Parameter;

pub(crate) static CODE: Code = Code {
    id: "ambiguous-argument",
    severity: Severity::Error,
    summary: "an argument could be inferred from more than one value",
};

pub(crate) fn report(named: &Spanned<String>, parameter: &Parameter, candidates: &[Candidate]) -> Diagnostic {
    let name = parameter.slot.name();
    let values = candidates.iter().map(|candidate| candidate.value.to_string());
    let diagnostic = Diagnostic::new(
        &CODE,
        named.span,
        format!("`{name}` of `{}` could be several values", named.value),
    )
    .with_label(format!("`{name}` is not written"))
    .with_help(format!("write the intended value under `with` in edition 0.2: {}", one_of(values)));
    candidates.iter().fold(diagnostic, |diagnostic, candidate| {
        diagnostic.with_related(candidate.span, format!("{}: {}", candidate.words, candidate.reason))
    })
}
