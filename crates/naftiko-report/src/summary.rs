//! Counts findings by severity.

use naftiko_diagnostics::{Diagnostic, Findings, Severity};
use naftiko_text::{Printable, join, printable};

use crate::Style;

/// The number of diagnostics of each severity.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) notes: usize,
}

impl Count {
    pub(crate) fn of(diagnostics: &[Diagnostic]) -> Self {
        let mut count = Self::default();
        for found in diagnostics {
            *match found.severity() {
                Severity::Error => &mut count.errors,
                Severity::Warning => &mut count.warnings,
                Severity::Note => &mut count.notes,
            } += 1;
        }
        count
    }
}

/// Renders one line such as `` `a.yaml`: 1 error, 6 notes ``, or "no problems".
pub fn summary(name: &str, diagnostics: &[Diagnostic], style: Style) -> Printable {
    let Count { errors, warnings, notes } = Count::of(diagnostics);
    let parts: Vec<Printable> =
        [(Severity::Error, errors), (Severity::Warning, warnings), (Severity::Note, notes)]
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(severity, count)| style.severity(severity, counted(count, severity.as_str())))
            .collect();
    let verdict = match (errors, parts.is_empty()) {
        (0, true) => style.good("no problems"),
        (0, false) => printable!("{}, {}", style.good("no errors"), join(&parts, ", ")),
        _ => join(&parts, ", "),
    };
    printable!("{}: {}\n", name, verdict)
}

/// Renders one line about all checked files: `3 files: 1 error, 2 warnings`. A single file is given by its name.
pub fn total(findings: &Findings, style: Style) -> Printable {
    let name = match findings.checked.as_slice() {
        [only] => findings.sources.file(*only).map(|file| file.name().to_owned()),
        _ => None,
    };
    let name = name.unwrap_or_else(|| counted(findings.checked.len(), "file"));
    summary(&name, &findings.diagnostics, style)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
