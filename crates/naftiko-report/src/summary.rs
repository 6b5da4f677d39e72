//! How many of what.

use naftiko_diagnostics::{Diagnostic, Severity};

use crate::Style;
use crate::visible::visible;

/// One line: `` `a.yaml`: 1 error, 6 notes ``, or that it is sound.
pub fn summary(name: &str, diagnostics: &[Diagnostic], style: Style) -> String {
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity() == severity).count();
    let parts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .filter_map(|severity| {
            let count = count(severity);
            let plural = if count == 1 { "" } else { "s" };
            let text = format!("{count} {}{plural}", severity.as_str());
            (count > 0).then(|| style.severity(severity, &text))
        })
        .collect();
    let verdict = match (count(Severity::Error), parts.is_empty()) {
        (0, true) => style.good("no problems"),
        (0, false) => format!("{}, {}", style.good("no errors"), parts.join(", ")),
        _ => parts.join(", "),
    };
    format!("{}: {verdict}\n", visible(name))
}
