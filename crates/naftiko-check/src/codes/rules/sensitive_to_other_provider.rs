//! A sensitive value of one provider sent to another.

use naftiko_diagnostics::{Code, Diagnostic, Severity};

use crate::analyses::model::Model;
use crate::ir::resolved::Resolution;
use crate::analyses::taint::paths::Sensitive;
use crate::analyses::taint::sensitive::Leak;

pub(crate) static CODE: Code = Code {
    id: "sensitive-to-other-provider",
    severity: Severity::Error,
    summary: "a sensitive value of one provider is sent to another",
};

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for request in model.requests() {
        let to = &request.resolution.operation.provider;
        for argument in request.arguments {
            for placed in request.expressions(argument) {
                let leaks = model.sensitive.leaks(&placed);
                let leak = leaks.iter().find(|leak| is_of_another(leak.of, request.resolution));
                let label = format!("passed to `{}` of `{to}`", request.named.value);
                diagnostics.extend(leak.map(|leak| report(leak, to, label)));
            }
        }
    }
    diagnostics.extend(through_compositions(model));
    diagnostics
}

/// Secrets that a sub-composition sends to another provider than the one they come from. Only the composition that
/// passes them knows where they come from.
fn through_compositions(model: &Model<'_>) -> Vec<Diagnostic> {
    let handed_down = model.handed_down();
    // `sensitive-to-unmarked-input` reports an input that is not marked.
    let marked = handed_down.iter().filter(|handed| handed.input.sensitive);
    let found = marked.filter_map(|handed| {
        model.sensitive.leaks(&handed.placed).iter().find_map(|leak| {
            let from = leak.of.provider.as_ref()?;
            let to = handed.input.sent_to.iter().find(|to| *to != from)?;
            Some(report(leak, to, format!("`{}` sends it to `{to}`", handed.embedded.path)))
        })
    });
    found.collect()
}

fn report(leak: &Leak<'_>, to: &str, label: String) -> Diagnostic {
    let from = leak.of.provider.as_deref().unwrap_or_default();
    Diagnostic::new(
        &CODE,
        leak.span,
        format!("{} is a secret of `{from}` and is sent to `{to}`", leak.words),
    )
    .with_label(label)
    .with_related(leak.source, leak.of.reason.clone())
    .with_help("send an id instead, or use an operation of the provider that the value belongs to")
}

/// Whether a sensitive value belongs to another provider than the called one. A value without a known provider, such as
/// one from a person, may be meant for any provider.
pub(super) fn is_of_another(sensitive: &Sensitive, called: &Resolution) -> bool {
    sensitive.provider.as_ref().is_some_and(|provider| *provider != called.operation.provider)
}
