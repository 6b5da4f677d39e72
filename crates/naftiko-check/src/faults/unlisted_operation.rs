//! An operation that is not one of its capability.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned, nearest};
use naftiko_spec::Capability;

use crate::faults::unknown_operation;
use crate::provider::{Found, Provider};

pub(crate) static CODE: Code = Code {
    id: "unlisted-operation",
    severity: Severity::Error,
    summary: "an operation that its capability does not list",
};

pub(crate) fn report(name: &Spanned<String>, capability: &Capability, provider: &Provider) -> Diagnostic {
    if let Some(misspelled) = misspelled(name, capability, provider) {
        return misspelled;
    }
    let id = &capability.id.value;
    let diagnostic = Diagnostic::new(
        &CODE,
        name.span,
        format!("capability `{id}` does not list `{}`", name.value),
    )
    .with_related(capability.id.span, format!("`{id}` is here"));
    let lists = |other: &&Capability| other.operations.iter().any(|operation| operation.value == name.value);
    match provider.capabilities.capabilities.iter().find(lists) {
        Some(other) => diagnostic.with_help(format!("capability `{}` does", other.id.value)),
        None => diagnostic.with_help(format!("add it to the `operationIds` of `{id}`")),
    }
}

/// The mistake behind it: the capability means to list the operation, and misspells it.
fn misspelled(name: &Spanned<String>, capability: &Capability, provider: &Provider) -> Option<Diagnostic> {
    let Found::Operation { entry, .. } = provider.operation(&name.value) else { return None };
    let mut near = capability.operations.iter().filter(|listed| nearest(&listed.value, [name.value.as_str()]).is_some());
    near.find_map(|listed| match provider.operation(&listed.value) {
        Found::Missing { mapping: None, nearest } => {
            Some(unknown_operation::misspelled(listed, &name.value, entry, &nearest))
        }
        _ => None,
    })
}
