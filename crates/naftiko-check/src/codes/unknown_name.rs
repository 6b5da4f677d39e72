//! A step or an output that a test names and its composition does not have.

use naftiko_diagnostics::{Code, Diagnostic, NameIndex, Severity, Spanned, one_of};

pub(crate) static CODE: Code = Code {
    id: "unknown-name",
    severity: Severity::Error,
    summary: "a test names a step or an output that its composition does not have",
};

/// `what` is the kind of the name, `step` or `output`; `names` holds the names that exist.
pub(crate) fn report(what: &str, named: &Spanned<String>, names: &NameIndex<&str>) -> Diagnostic {
    let message = format!("the tested composition has no {what} `{}`", named.value);
    let diagnostic = Diagnostic::new(&CODE, named.span, message);
    match names.nearest(&named.value) {
        Some(near) => diagnostic.with_suggestion(near),
        None if names.names().is_empty() => diagnostic.with_help("there are none"),
        None => diagnostic.with_help(format!("there is {}", one_of(names.names()))),
    }
}

/// A test answers a step that is not external. `outside` holds the names of the external steps.
pub(crate) fn not_outside(named: &Spanned<String>, outside: &[&str]) -> Diagnostic {
    let message = format!("step `{}` is not external and takes no answer", named.value);
    let diagnostic = Diagnostic::new(&CODE, named.span, message);
    match outside {
        [] => diagnostic.with_help("write responses of operations under `mock`"),
        names => diagnostic.with_help(format!("the external steps are {}", one_of(names))),
    }
}
