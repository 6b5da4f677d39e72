//! A capability that no capabilities document has.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned, some_of};

use crate::ir::directory::Directory;

pub(crate) static CODE: Code = Code {
    id: "unknown-capability",
    severity: Severity::Error,
    summary: "no capabilities document has this capability",
};

pub(crate) fn report(named: &Spanned<String>, directory: &Directory<'_>) -> Diagnostic {
    let names = directory.capabilities();
    let diagnostic = Diagnostic::new(&CODE, named.span, format!("there is no capability `{}`", named.value));
    match names.nearest(&named.value) {
        Some(near) => {
            let diagnostic = diagnostic.with_suggestion(near);
            match directory.with_capability(near) {
                Some((_, capability)) => {
                    diagnostic.with_related(capability.id.span, format!("`{near}` is here"))
                }
                None => diagnostic,
            }
        }
        None => diagnostic.with_help(match some_of(names.names()) {
            None => "the capabilities document has no capabilities".to_owned(),
            Some(names) => format!("there are {names}"),
        }),
    }
}
