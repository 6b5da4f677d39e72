//! A literal that nearly conforms to the `format` that its description names.

use naftiko_diagnostics::{Code, Diagnostic, Severity};

use crate::analyses::constraints::Tolerated;

pub(crate) static CODE: Code = Code {
    id: "near-format",
    severity: Severity::Warning,
    summary: "a literal argument nearly has the format of its description; it is sent anyway",
};

/// `lack` says what the text lacks. `whole` names the body, for a finding about all of it.
pub(crate) fn report(found: &Tolerated, format: &str, lack: &str, whole: &str) -> Diagnostic {
    let name = if found.name.is_empty() { whole } else { &found.name };
    let diagnostic = Diagnostic::new(
        &CODE,
        found.place,
        format!("`{name}` nearly has the format `{format}`: {lack}"),
    );
    let help = match format {
        "date-time" if lack.starts_with("it has no offset") => {
            "the service may read it in its own time zone: `2026-01-31T12:00:00Z` is unambiguous"
        }
        _ => "it is sent unchanged",
    };
    diagnostic.with_help(help)
}
