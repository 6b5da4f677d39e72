//! Findings as `JUnit` XML: one test case a file, one failure an error.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use naftiko_diagnostics::{Diagnostic, FileId, Findings, Severity};

use crate::{Style, plain, visible};

/// A report of every document that was checked, and of every other file that has an error. Warnings and notes are what
/// a case printed.
pub fn junit(findings: &Findings) -> String {
    let mut cases = String::new();
    let (mut tests, mut failed) = (0, 0);
    let mut by_file: BTreeMap<FileId, Vec<&Diagnostic>> = BTreeMap::new();
    for found in &findings.diagnostics {
        by_file.entry(found.primary.span.file).or_default().push(found);
    }
    let checked: BTreeSet<FileId> = findings.checked.iter().copied().collect();
    for (id, file) in findings.sources.files() {
        let here = by_file.remove(&id).unwrap_or_default();
        let errors = here.iter().any(|found| found.severity() == Severity::Error);
        if errors || checked.contains(&id) {
            tests += 1;
            failed += usize::from(errors);
            write_case(&mut cases, findings, id, file.name(), &here);
        }
    }
    let counts = format!("tests=\"{tests}\" failures=\"{failed}\" errors=\"0\"");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"naftiko check\" {counts}>\n  \
         <testsuite name=\"naftiko check\" {counts} skipped=\"0\">\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

fn write_case(out: &mut String, findings: &Findings, id: FileId, name: &str, here: &[&Diagnostic]) {
    let name = escaped(&visible(name));
    // The line of the first error; of a file without any, its first.
    let (errors, others): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        here.iter().partition(|found| found.severity() == Severity::Error);
    let line = |found: &Diagnostic| {
        let file = findings.sources.file(id);
        file.map_or(1, |file| file.line_column(found.primary.span.range().start).line)
    };
    let first = errors.first().map_or(1, |found| line(found));
    let _ = write!(
        out,
        "    <testcase name=\"{name}\" classname=\"naftiko check\" file=\"{name}\" line=\"{first}\""
    );
    if here.is_empty() {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    let shown = |found: &Diagnostic| escaped(&plain(found, &findings.sources, Style::PLAIN));
    for found in errors {
        let _ = writeln!(
            out,
            "      <failure message=\"{}\" type=\"{}\">{}</failure>",
            escaped(&visible(&found.message)),
            escaped(found.code.id),
            shown(found)
        );
    }
    if !others.is_empty() {
        let text: String = others.into_iter().map(shown).collect();
        let _ = writeln!(out, "      <system-out>{text}</system-out>");
    }
    out.push_str("    </testcase>\n");
}

/// Text for XML, in an attribute or between tags. What XML cannot hold at all is replaced.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(character),
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(
            escaped("a<b & \"c\" ]]>\u{1b}[31m\u{0}é"),
            "a&lt;b &amp; &quot;c&quot; ]]&gt;\u{fffd}[31m\u{fffd}é"
        );
    }
}
