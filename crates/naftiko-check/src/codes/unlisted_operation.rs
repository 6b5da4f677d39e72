//! An operation that the capability of its step does not list.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned};
use naftiko_spec::Capability;

use crate::codes::unknown_operation;
use crate::ir::provider::{Found, Provider};

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
    match provider.listing(&name.value) {
        Some(other) => diagnostic.with_help(format!("capability `{}` does", other.id.value)),
        None => diagnostic.with_help(format!("add it to the `operationIds` of `{id}`")),
    }
}

/// Reports the cause instead, if the capability lists the operation under a misspelled name.
fn misspelled(name: &Spanned<String>, capability: &Capability, provider: &Provider) -> Option<Diagnostic> {
    let Found::Operation { entry, .. } = provider.operation(&name.value) else { return None };
    let listed = provider.names().listed(capability, provider.nearest_missing(&name.value, capability)?)?;
    let near = provider.nearest(&listed.value);
    Some(unknown_operation::misspelled(listed, &name.value, entry, &near))
}
