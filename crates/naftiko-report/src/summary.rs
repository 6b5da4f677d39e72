//! How many of what.

use naftiko_diagnostics::{Diagnostic, Findings, Severity};
use naftiko_text::{Printable, join, printable};

use crate::Style;

/// How many diagnostics there are of each severity.
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

/// One line: `` `a.yaml`: 1 error, 6 notes ``, or that it is sound.
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

/// One line over everything that was checked: `3 files: 1 error, 2 warnings`; the name of the file where it is one.
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
