//! Diagnostics, plans and events for people and machines.
//!
//! Everything here turns values into text and does nothing else: it neither prints nor asks what the output is.
//! [`Style`] says whether there is colour, how wide the screen is, and whether a person looks at a terminal.

mod graphical;
mod outcome;
mod plain;
mod plan;
mod progress;
mod style;
mod summary;
mod visible;

pub use graphical::graphical;
pub use outcome::{Outcome, outputs};
pub use plain::plain;
pub use plan::plan;
pub use progress::{Line, Mark, Progress, duration};
pub use style::Style;
pub use summary::summary;
pub use visible::visible;

use naftiko_diagnostics::{Diagnostic, SourceMap};

/// Diagnostics as text, in their order: with the lines of the documents in a terminal, one line each elsewhere.
pub fn diagnostics(diagnostics: &[Diagnostic], sources: &SourceMap, style: Style) -> String {
    let render = if style.terminal { graphical } else { plain };
    diagnostics.iter().map(|diagnostic| render(diagnostic, sources, style)).collect()
}
