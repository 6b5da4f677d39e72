//! A literal that cannot be checked, because its schema or a pattern exceeds the budget for validation.

use naftiko_diagnostics::{Code, Diagnostic, Severity};

use crate::analyses::constraints::{Breach, Broken};

pub(crate) static CODE: Code = Code {
    id: "schema-too-complex",
    severity: Severity::Warning,
    summary: "a literal cannot be checked, because its schema needs too many steps for it",
};

/// `whole` names the body, for a finding about all of it.
pub(crate) fn report(broken: &Broken, whole: &str) -> Diagnostic {
    let name = if broken.name.is_empty() { whole } else { &broken.name };
    Diagnostic::new(&CODE, broken.place, format!("`{name}` is not checked: {}", reason(&broken.what)))
        .with_help("it is sent unchecked; use a simpler schema or pattern")
}

/// Why a value cannot be checked.
pub(crate) fn reason(what: &Breach) -> String {
    match what {
        Breach::Undecided(pattern) => format!("the pattern `{pattern}` needs too many steps for this text"),
        _ => "its schema needs too many steps for this value".to_owned(),
    }
}
