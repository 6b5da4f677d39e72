//! A `dependsOn` that names no step.

use naftiko_diagnostics::{Code, Diagnostic, NameIndex, Severity, Spanned};

pub(crate) static CODE: Code = Code {
    id: "unknown-dependency",
    severity: Severity::Error,
    summary: "`dependsOn` names a step that does not exist",
};

pub(crate) fn report(named: &Spanned<String>, steps: &NameIndex<String>) -> Diagnostic {
    let diagnostic = Diagnostic::new(&CODE, named.span, format!("there is no step `{}`", named.value));
    match steps.nearest(&named.value) {
        Some(near) => diagnostic.with_suggestion(near),
        None => diagnostic.with_help("`dependsOn` takes ids of steps of this document"),
    }
}
