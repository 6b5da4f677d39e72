//! An argument that the operation does not take.

use naftiko_diagnostics::{Code, Diagnostic, Severity, nearest};
use naftiko_spec::Argument;

use crate::resolve::Resolution;

pub(crate) static CODE: Code = Code {
    id: "unknown-argument",
    severity: Severity::Error,
    summary: "an argument that the operation does not take",
};

pub(crate) fn report(argument: &Argument, resolution: &Resolution) -> Diagnostic {
    let operation = &resolution.operation;
    let name = &argument.name;
    let diagnostic = Diagnostic::new(&CODE, argument.key, format!("`{}` does not take `{name}`", operation.id))
        .with_label(format!("{} {}", operation.method.as_str(), operation.path));
    let names: Vec<&str> = resolution
        .slots
        .iter()
        .filter(|parameter| parameter.slot != naftiko_plan::Slot::Body)
        .map(|parameter| parameter.slot.name())
        .collect();
    match nearest(name, names.iter().copied()) {
        Some(near) => diagnostic.with_suggestion(near),
        None if names.is_empty() => diagnostic.with_help("it takes no arguments"),
        None => diagnostic.with_help(format!("it takes {}", names.join(", "))),
    }
}
