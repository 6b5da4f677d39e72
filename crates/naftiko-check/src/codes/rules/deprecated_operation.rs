//! An operation that the description marks as deprecated.

use naftiko_diagnostics::{Code, Diagnostic, Severity};

use crate::analyses::model::Model;

pub(crate) static CODE: Code = Code {
    id: "deprecated-operation",
    severity: Severity::Warning,
    summary: "an operation is deprecated",
};

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let deprecated = model.calls().filter(|call| call.resolution.operation.deprecated);
    deprecated
        .map(|call| {
            let named = &call.invoke.operation;
            let operation = &call.resolution.operation;
            let diagnostic = Diagnostic::new(&CODE, named.span, format!("`{}` is deprecated", named.value))
                .with_label(format!("{} {}", operation.method.as_str(), operation.path))
                .with_help("the provider will remove it; see its documentation for the replacement");
            match model.entry(&call) {
                Some(entry) => diagnostic.with_related(entry.span, "deprecated in the OpenAPI description"),
                None => diagnostic,
            }
        })
        .collect()
}
