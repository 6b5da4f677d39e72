//! Renders diagnostics, plans and events as text, for people and programs.
//!
//! Every function only turns values into text. None prints, and none looks at the terminal: the caller passes a
//! [`Style`] with the colors, the width of the screen, and whether the output is a terminal.

mod approvals;
mod excerpt;
mod github;
mod graphical;
mod json;
mod junit;
mod labels;
mod notes;
mod outcome;
mod page;
mod plain;
mod plan;
mod progress;
mod runs;
mod sarif;
mod style;
mod summary;
mod tested;
mod visible;
mod yaml;

pub use approvals::{Approved, approvals};
pub use github::github;
pub use graphical::graphical;
pub use json::{json, schemas};
pub use junit::junit;
pub use outcome::Outcome;
pub use page::page;
pub use plain::plain;
pub use plan::{plan, provider_line};
pub use progress::{Line, Mark, Progress};
pub use runs::{Listed, Shown, ShownStep, events, runs};
pub use sarif::sarif;
pub use style::Style;
pub use summary::{summary, total};
pub use tested::{Snapshot, Tested, tested, tested_as_json, tested_as_junit};
pub use yaml::outputs;

use std::collections::BTreeMap;

use naftiko_text::{Printable, printable};

use naftiko_diagnostics::{Diagnostic, FileId, Severity, SourceMap};

/// The most findings per file that are rendered as text.
const MOST_FINDINGS: usize = 1_000;

/// Renders diagnostics as text. Of each file the first 1,000 are shown (errors first), followed by the number of the
/// others.
///
/// If the output is not a terminal, the diagnostics are lines, in their order. In a terminal, errors and warnings are
/// drawn with their source lines; notes come first, one line each, so that the problems to fix are at the bottom of the
/// screen.
pub fn diagnostics(diagnostics: &[Diagnostic], sources: &SourceMap, style: Style) -> Printable {
    let (shown, more) = first_of_each_file(diagnostics);
    let mut text: Printable = if style.terminal {
        let (notes, findings): (Vec<_>, Vec<_>) =
            shown.into_iter().partition(|diagnostic| diagnostic.severity() == Severity::Note);
        let drawn = findings.into_iter().map(|finding| graphical(finding, sources, style));
        std::iter::once(notes::notes(&notes, sources, style)).chain(drawn).collect()
    } else {
        shown.into_iter().map(|diagnostic| plain(diagnostic, sources, style)).collect()
    };
    let more = more.into_iter().filter_map(|(id, more)| {
        let name = sources.file(id)?.name();
        Some(printable!("{}: {} more, which `--format json` and `--format sarif` list\n", name, more))
    });
    text.extend(more);
    text
}

/// The first findings of every file in their order, errors before others, and the number of omitted findings per file.
fn first_of_each_file(diagnostics: &[Diagnostic]) -> (Vec<&Diagnostic>, BTreeMap<FileId, usize>) {
    let file = |found: &Diagnostic| found.primary.span.file;
    let is_error = |found: &Diagnostic| found.severity() == Severity::Error;
    let mut errors: BTreeMap<FileId, usize> = BTreeMap::new();
    for found in diagnostics.iter().filter(|found| is_error(found)) {
        *errors.entry(file(found)).or_default() += 1;
    }
    let mut left: BTreeMap<(FileId, bool), usize> = BTreeMap::new();
    let mut more: BTreeMap<FileId, usize> = BTreeMap::new();
    let mut shown = Vec::new();
    for found in diagnostics {
        let (file, is_error) = (file(found), is_error(found));
        let errors = errors.get(&file).copied().unwrap_or_default();
        let most = if is_error { MOST_FINDINGS } else { MOST_FINDINGS.saturating_sub(errors) };
        let left = left.entry((file, is_error)).or_insert(most);
        match left.checked_sub(1) {
            Some(fewer) => {
                *left = fewer;
                shown.push(found);
            }
            None => *more.entry(file).or_default() += 1,
        }
    }
    (shown, more)
}

#[cfg(test)]
mod tests {
    use naftiko_diagnostics::{Code, Span};

    use super::*;

    static FLAW: Code = Code { id: "flaw", severity: Severity::Warning, summary: "a flaw" };

    #[test]
    fn of_very_many_findings_the_first_thousand_of_a_file_are_shown_and_every_error_of_few() {
        let mut sources = SourceMap::new();
        let (many, few) = (sources.add("many.yaml", "a\n".repeat(3000)), sources.add("few.yaml", "a"));
        let at = |file, at: usize| Diagnostic::new(&FLAW, Span::new(file, at..at + 1), "it is wrong");
        let mut findings: Vec<Diagnostic> = (0..1500).map(|line| at(many, 2 * line)).collect();
        findings.push(at(many, 5000).denied());
        findings.push(at(few, 0));
        for terminal in [false, true] {
            let style = Style { terminal, color: false, links: false, width: 80 };
            let text = diagnostics(&findings, &sources, style);
            assert_eq!(text.as_str().matches("it is wrong").count(), 1001, "{terminal}");
            assert!(
                text.as_str()
                    .ends_with("many.yaml: 501 more, which `--format json` and `--format sarif` list\n")
            );
            assert!(text.as_str().contains("many.yaml:2501:"), "{terminal}");
        }
    }
}
