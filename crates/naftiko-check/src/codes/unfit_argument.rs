//! A literal argument that breaks a limit of its schema, or an argument that cannot be sent.

use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};

use crate::codes::schema_too_complex;
use crate::analyses::constraints::{Breach, Broken};

pub(crate) static CODE: Code = Code {
    id: "unfit-argument",
    severity: Severity::Error,
    summary: "an argument violates a limit of its description, or cannot be sent",
};

/// `whole` names the body, for a finding about all of it.
pub(crate) fn report(broken: &Broken, whole: &str) -> Diagnostic {
    let name = if broken.name.is_empty() { whole } else { &broken.name };
    let message = match &broken.what {
        Breach::Demand { expected, found } => format!("`{name}` takes {expected}, found {found}"),
        Breach::Missing(field) => format!("`{name}` requires `{field}` together with its other fields"),
        Breach::Excluded(field) => format!("`{name}` does not take `{field}` together with its other fields"),
        Breach::Keyword(keyword) => format!("`{name}` violates `{keyword}` of its schema"),
        Breach::Undecided(_) | Breach::Exhausted => {
            format!("`{name}` is rejected: {}", schema_too_complex::reason(&broken.what))
        }
    };
    let diagnostic = Diagnostic::new(&CODE, broken.place, message);
    match &broken.what {
        Breach::Missing(field) => {
            diagnostic.with_help(format!("add `{field}: …`, or remove the field that requires it"))
        }
        Breach::Excluded(_) => diagnostic.with_help("remove one of them"),
        _ => diagnostic,
    }
}

/// An argument that cannot be serialized in its place of the request; `message` is the error of a run.
pub(crate) fn unsendable(place: Span, message: String) -> Diagnostic {
    Diagnostic::new(&CODE, place, message).with_help("a run rejects it before anything is sent")
}
