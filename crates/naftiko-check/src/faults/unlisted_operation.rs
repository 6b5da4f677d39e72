//! An operation that is not one of its capability.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned};
use naftiko_spec::Capability;

use crate::provider::Provider;

pub(crate) static CODE: Code = Code {
    id: "unlisted-operation",
    severity: Severity::Error,
    summary: "an operation that its capability does not list",
};

pub(crate) fn report(name: &Spanned<String>, capability: &Capability, provider: &Provider) -> Diagnostic {
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
