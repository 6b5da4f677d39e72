//! What is only to be known, for a terminal: a line each below the name of its file.

use std::fmt::Write as _;

use naftiko_diagnostics::{Diagnostic, SourceMap};

use crate::paragraph::paragraph;
use crate::{Style, visible};

/// Notes in their order, with a blank line behind them.
pub(crate) fn notes(notes: &[&Diagnostic], sources: &SourceMap, style: Style) -> String {
    let mut out = String::new();
    let mut above = None;
    for note in notes {
        let span = note.primary.span;
        let Some(file) = sources.file(span.file) else { continue };
        if above.replace(span.file) != Some(span.file) {
            let _ = writeln!(out, "{}", style.dim(&visible(file.name())));
        }
        let at = file.line_column(span.range().start);
        let place = format!("  {:>9}  ", format!("{}:{}", at.line, at.column));
        let line = paragraph(&visible(&note.message), &place, style.width);
        // The place in its color, where it still stands as it was written.
        match line.strip_prefix(&place) {
            Some(rest) => {
                let _ = writeln!(out, "{}{rest}", style.severity(note.severity(), &place));
            }
            None => {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}
