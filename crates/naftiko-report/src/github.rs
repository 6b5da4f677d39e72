//! Findings as workflow commands of GitHub Actions, which shows them at their lines.

use std::fmt::Write as _;

use naftiko_diagnostics::{Diagnostic, Findings, Severity, SourceMap};

use crate::visible;

/// One command a finding: `::error file=…,line=…,title=…::message`.
pub fn github(findings: &Findings) -> String {
    findings.diagnostics.iter().map(|found| command(found, &findings.sources)).collect()
}

fn command(found: &Diagnostic, sources: &SourceMap) -> String {
    let mut out = format!(
        "::{} ",
        match found.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        }
    );
    if let Some(file) = sources.file(found.primary.span.file) {
        let range = found.primary.span.range();
        let (start, end) = (file.line_column(range.start), file.line_column(range.end));
        let name = file.name().strip_prefix("./").unwrap_or(file.name());
        let _ = write!(out, "file={},line={},endLine={},", property(&visible(name)), start.line, end.line);
        // Columns of an annotation over several lines are refused.
        if start.line == end.line {
            let _ = write!(out, "col={},endColumn={},", start.column, end.column);
        }
    }
    // The log of a workflow is a terminal to whoever reads it.
    let mut text = visible(&found.message).into_owned();
    let more = [("here", Some(&found.primary.text)), ("help", found.help.as_ref())];
    for (what, said) in more {
        if let Some(said) = said.filter(|said| !said.is_empty()) {
            let _ = write!(text, "\n{what}: {}", visible(said));
        }
    }
    let _ = writeln!(out, "title={}::{}", property(found.code.id), message(&text));
    out
}

/// What comes after `::`: line breaks would end the command.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, in which two more characters mean something.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_the_runner_is_escaped() {
        assert_eq!(message("100 %\r\n::error::x"), "100 %25%0D%0A::error::x");
        assert_eq!(property("a,b:c%2C\n"), "a%2Cb%3Ac%252C%0A");
    }
}
