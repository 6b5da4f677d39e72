//! A required argument without a value.

use naftiko_diagnostics::{Code, Diagnostic, Severity, SourceMap, one_of};
use naftiko_spec::{Invoke, Step};

use crate::inference::{Candidate, Inference};
use crate::insertion::Missing;
use crate::resolve::{Parameter, Resolution};
use crate::resource::noun_of_path;

pub(crate) static CODE: Code = Code {
    id: "missing-argument",
    severity: Severity::Error,
    summary: "a required argument has no value",
};

/// Edition 0.2: it has to be written. What edition 0.1 would take for it is offered.
pub(crate) fn unwritten(
    invoke: &Invoke,
    parameter: &Parameter,
    resolution: &Resolution,
    inference: &Inference,
    sources: &SourceMap,
) -> Diagnostic {
    let name = parameter.slot.name();
    let diagnostic = start(invoke, parameter, resolution);
    match inference {
        Inference::Bound(candidate) if !candidate.optional => {
            let missing = Missing::new(invoke, &parameter.slot, resolution, &candidate.value);
            let diagnostic = diagnostic
                .with_related(candidate.span, candidate.reason.clone())
                .with_help(missing.help());
            match missing.fix(sources) {
                Some(fix) => diagnostic.with_fix(fix),
                None => diagnostic,
            }
        }
        Inference::Ambiguous(candidates) => {
            let values = candidates.iter().map(|candidate| candidate.value.text());
            diagnostic.with_help(format!("write it under `with`: it could be {}", one_of(values)))
        }
        _ => diagnostic.with_help(format!("write it under `with`: `{name}: …`, {}", parameter.ty)),
    }
}

/// Edition 0.1: nothing could be inferred; `unfit` are values of the right name and the wrong type.
pub(crate) fn uninferred(
    invoke: &Invoke,
    step: &Step,
    parameter: &Parameter,
    resolution: &Resolution,
    unfit: &[Candidate],
) -> Diagnostic {
    let name = parameter.slot.name();
    let noun = noun_of_path(&resolution.operation.path).map(|noun| format!("{noun}_{name}"));
    let sought = std::iter::once(name.to_owned()).chain(noun);
    let inputs = naftiko_diagnostics::one_of(sought);
    let diagnostic = start(invoke, parameter, resolution).with_help(format!(
        "write `{name}: …` on step `{}`, or add an input {inputs}; no earlier step yields it",
        step.id.value
    ));
    unfit.iter().fold(diagnostic, |diagnostic, candidate| {
        let why = format!("{} is {}, expected {}", candidate.words, candidate.ty, parameter.ty);
        diagnostic.with_related(candidate.span, why)
    })
}

fn start(invoke: &Invoke, parameter: &Parameter, resolution: &Resolution) -> Diagnostic {
    let name = parameter.slot.name();
    let operation = &resolution.operation;
    Diagnostic::new(
        &CODE,
        invoke.operation.span,
        format!("`{}` needs `{name}`, which has no value", invoke.operation.value),
    )
    .with_label(format!("{} {}", operation.method.as_str(), operation.path))
}
