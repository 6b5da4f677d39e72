//! A provider without an OpenAPI description: its operations and types are not checked.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};

use crate::ir::provider::Provider;

pub(crate) static CODE: Code = Code {
    id: "no-description",
    severity: Severity::Note,
    summary: "a provider's operations are not described, so nothing about them can be checked",
};

fn report(span: Span, provider: &str) -> Diagnostic {
    Diagnostic::new(&CODE, span, format!("operations of `{provider}` are not checked: there is no OpenAPI description"))
        .with_help("give one with `--openapi FILE`, or name it in a capabilities document of edition 0.2: `openapi: …`")
}

/// The note that the operations of a provider are not checked, if the provider names no description.
pub(crate) fn find(provider: &Provider, span: Span) -> Option<Diagnostic> {
    let is_silent = !provider.is_described() && !provider.is_broken;
    is_silent.then(|| report(span, &provider.id))
}
