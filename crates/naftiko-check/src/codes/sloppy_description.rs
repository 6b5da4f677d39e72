//! A literal that fits only because its description is read leniently.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_schema::Tolerance;

use crate::analyses::constraints::Tolerated;

pub(crate) static CODE: Code = Code {
    id: "sloppy-description",
    severity: Severity::Warning,
    summary: "a literal argument does not formally match its description; it is sent anyway",
};

/// `whole` names the body, for a finding about all of it.
pub(crate) fn report(found: &Tolerated, whole: &str) -> Diagnostic {
    let tolerance = &found.tolerance;
    let name = if found.name.is_empty() { whole } else { &found.name };
    let help = match tolerance {
        Tolerance::Untyped => "`enum` takes precedence, and the value is sent",
        Tolerance::Excluded(_) => {
            "schemas joined by `allOf` allow the properties of each other, and the value is sent"
        }
        Tolerance::SeveralBranches | Tolerance::NearFormat(..) => "the value is sent",
    };
    Diagnostic::new(&CODE, found.place, message(tolerance, name)).with_help(help)
}

/// The message about the description of the value `name`.
fn message(tolerance: &Tolerance, name: &str) -> String {
    match tolerance {
        Tolerance::SeveralBranches => {
            format!("the description of `{name}` allows one form, and the value fits several")
        }
        Tolerance::Untyped => {
            format!("the `enum` of `{name}` contradicts its `type`")
        }
        Tolerance::Excluded(field) => {
            format!("the description of `{name}` declares `{field}` in one place and excludes it in another")
        }
        Tolerance::NearFormat(format, lack) => format!("`{name}` is nearly a `{format}`: {lack}"),
    }
}
