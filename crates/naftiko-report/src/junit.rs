//! Renders findings as `JUnit` XML: one test case per file, one failure per error.

use std::collections::{BTreeMap, BTreeSet};

use naftiko_diagnostics::{Diagnostic, FileId, Findings, Severity};
use naftiko_text::{Printable, printable, xml};

use crate::{Style, plain};

/// Reports every document that was checked and every other file that has an error. Warnings and notes become the
/// `system-out` of their test case.
pub fn junit(findings: &Findings) -> Printable {
    let mut cases = Printable::new();
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
    suites("naftiko check", tests, failed, &cases)
}

fn write_case(out: &mut Printable, findings: &Findings, id: FileId, name: &str, here: &[&Diagnostic]) {
    let name = xml(&printable!("{}", name));
    // The line of the first error, or 1 if the file has no error.
    let (errors, others): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        here.iter().partition(|found| found.severity() == Severity::Error);
    let line = |found: &Diagnostic| {
        let file = findings.sources.file(id);
        file.map_or(1, |file| file.line_column(found.primary.span.range().start).line)
    };
    let first = errors.first().map_or(1, |found| line(found));
    out.push(&printable!(
        "    <testcase name=\"{}\" classname=\"naftiko check\" file=\"{}\" line=\"{}\"",
        name,
        name,
        first
    ));
    if here.is_empty() {
        out.push_literal("/>\n");
        return;
    }
    out.push_literal(">\n");
    let shown = |found: &Diagnostic| xml(&plain(found, &findings.sources, Style::PLAIN));
    for found in errors {
        out.push(&printable!(
            "      <failure message=\"{}\" type=\"{}\">{}</failure>\n",
            xml(&printable!("{}", found.message)),
            xml(&found.code.id.into()),
            shown(found)
        ));
    }
    if !others.is_empty() {
        let text: Printable = others.into_iter().map(shown).collect();
        out.push(&printable!("      <system-out>{}</system-out>\n", text));
    }
    out.push_literal("    </testcase>\n");
}

/// The whole XML document: one suite with these cases, of which `failed` failed.
pub(crate) fn suites(name: &'static str, tests: usize, failed: usize, cases: &Printable) -> Printable {
    let counts = printable!("tests=\"{}\" failures=\"{}\" errors=\"0\"", tests, failed);
    printable!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" {}>\n  <testsuite name=\"{}\" {} skipped=\"0\">\n{}  \
         </testsuite>\n</testsuites>\n",
        name,
        counts,
        name,
        counts,
        cases
    )
}
