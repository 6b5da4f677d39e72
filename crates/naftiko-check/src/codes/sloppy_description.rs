//! A literal that fits only because its description is read leniently.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_schema::Tolerance;

use crate::analyses::constraints::Tolerated;

pub(crate) static CODE: Code = Code {
    id: "sloppy-description",
    severity: Severity::Warning,
    summary: "a literal argument does not fit the letter of its description, and is sent all the same",
};

/// `whole` names the body, for a finding about all of it.
pub(crate) fn report(found: &Tolerated, whole: &str) -> Diagnostic {
    let tolerance = &found.tolerance;
    let name = if found.name.is_empty() { whole } else { &found.name };
    let help = match tolerance {
        Tolerance::Untyped => "the listed values decide, and the value is sent",
        Tolerance::Excluded(_) => {
            "schemas that `allOf` joins are taken to allow the properties of each other, and the value is sent"
        }
        Tolerance::SeveralBranches | Tolerance::NearFormat(..) => "the value is sent",
    };
    Diagnostic::new(&CODE, found.place, message(tolerance, name)).with_help(help)
}

/// The message about the description of the value `name`.
fn message(tolerance: &Tolerance, name: &str) -> String {
    match tolerance {
        Tolerance::SeveralBranches => {
            format!("the description of `{name}` has several forms that this value fits, and allows one")
        }
        Tolerance::Untyped => {
            format!("the description of `{name}` lists values that are not of the type beside them")
        }
        Tolerance::Excluded(field) => {
            format!("the description of `{name}` declares `{field}` in one place and excludes it in another")
        }
        Tolerance::NearFormat(format, lack) => format!("`{name}` is not quite a `{format}`: {lack}"),
    }
}
