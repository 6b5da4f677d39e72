//! Diagnostics, plans and events for people and machines.
//!
//! Everything here turns values into text and does nothing else: it neither prints nor asks what the output is.
//! [`Style`] says whether there is color, how wide the screen is, and whether a person looks at a terminal.

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
mod paragraph;
mod plain;
mod plan;
mod progress;
mod runs;
mod sarif;
mod style;
mod summary;
mod tested;
mod visible;
mod word;

pub use approvals::{Approved, approvals};
pub use github::github;
pub use graphical::graphical;
pub use json::{json, schemas};
pub use junit::junit;
pub use outcome::{Outcome, outputs};
pub use page::page;
pub use plain::plain;
pub use plan::{plan, provider_line};
pub use progress::{Line, Mark, Progress};
pub use runs::{Listed, Shown, ShownStep, events, runs};
pub use sarif::sarif;
pub use style::Style;
pub use summary::{summary, total};
pub use tested::{Snapshot, Tested, tested, tested_as_json, tested_as_junit};
pub use visible::visible;
pub use word::as_word;

use naftiko_diagnostics::{Diagnostic, Severity, SourceMap};

/// Diagnostics as text. Elsewhere than in a terminal they are lines, in their order. In a terminal, errors and warnings
/// are drawn with the lines of the documents, and what is only to be known stands before them, a line each: what has
/// to be mended is what a person sees last.
pub fn diagnostics(diagnostics: &[Diagnostic], sources: &SourceMap, style: Style) -> String {
    if !style.terminal {
        return diagnostics.iter().map(|diagnostic| plain(diagnostic, sources, style)).collect();
    }
    let (notes, findings): (Vec<_>, Vec<_>) =
        diagnostics.iter().partition(|diagnostic| diagnostic.severity() == Severity::Note);
    let drawn = findings.into_iter().map(|finding| graphical(finding, sources, style));
    std::iter::once(notes::notes(&notes, sources, style)).chain(drawn).collect()
}
