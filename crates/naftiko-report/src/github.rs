//! Renders findings as workflow commands of GitHub Actions, which shows them as annotations at their lines.

use naftiko_diagnostics::{Diagnostic, Findings, Severity, SourceMap};
use naftiko_text::{Printable, printable, workflow_command, workflow_property};

/// Renders one command per finding: `::error file=…,line=…,title=…::message`.
pub fn github(findings: &Findings) -> Printable {
    findings.diagnostics.iter().map(|found| command(found, &findings.sources)).collect()
}

fn command(found: &Diagnostic, sources: &SourceMap) -> Printable {
    let mut out = Printable::from(match found.severity() {
        Severity::Error => "::error ",
        Severity::Warning => "::warning ",
        Severity::Note => "::notice ",
    });
    if let Some(file) = sources.file(found.primary.span.file) {
        let range = found.primary.span.range();
        let (start, end) = (file.line_column(range.start), file.line_column(range.end));
        let name = file.name().strip_prefix("./").unwrap_or(file.name());
        let name = workflow_property(&printable!("{}", name));
        out.push(&printable!("file={},line={},endLine={},", name, start.line, end.line));
        // GitHub rejects columns for an annotation that spans several lines.
        if start.line == end.line {
            out.push(&printable!("col={},endColumn={},", start.column, end.column));
        }
    }
    // The message is also printed in the workflow log, which people read in a terminal: it must be escaped.
    let mut text = printable!("{}", found.message);
    if !found.primary.text.is_empty() {
        text.push(&printable!("\nhere: {}", found.primary.text));
    }
    if let Some(help) = found.help.as_ref().filter(|help| !help.is_empty()) {
        text.push(&printable!("\nhelp: {}", help));
    }
    out.push(&printable!(
        "title={}::{}\n",
        workflow_property(&found.code.id.into()),
        workflow_command(&text)
    ));
    out
}
