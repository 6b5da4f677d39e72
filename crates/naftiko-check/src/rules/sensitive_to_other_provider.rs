//! A sensitive value of one provider sent to another.

use naftiko_diagnostics::{Code, Diagnostic, Severity};

use crate::model::{Call, Model};
use crate::sensitive::Sensitive;

pub(crate) static CODE: Code = Code {
    id: "sensitive-to-other-provider",
    severity: Severity::Error,
    summary: "a sensitive value of one provider is sent to another",
};

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for call in model.calls() {
        for argument in &call.bound.arguments {
            for placed in call.expressions(argument) {
                let leak = model.sensitive.leaks(&placed).into_iter().find(|leak| is_of_another(leak.of, &call));
                diagnostics.extend(leak.map(|leak| {
                    let from = leak.of.provider.as_deref().unwrap_or_default();
                    let to = &call.resolution.operation.provider;
                    Diagnostic::new(
                        &CODE,
                        leak.span,
                        format!("{} is a secret of `{from}` and is sent to `{to}`", leak.of.words),
                    )
                    .with_label(format!("handed to `{}` of `{to}`", call.invoke.operation.value))
                    .with_related(leak.of.span, leak.of.reason.clone())
                    .with_help("send an id in its place, or do what needs it at the provider it belongs to")
                }));
            }
        }
    }
    diagnostics
}

/// Whether something sensitive belongs to another provider than the one that is called. What a person gave may be
/// meant for any of them.
pub(super) fn is_of_another(sensitive: &Sensitive, call: &Call<'_>) -> bool {
    sensitive.provider.as_ref().is_some_and(|provider| *provider != call.resolution.operation.provider)
}
