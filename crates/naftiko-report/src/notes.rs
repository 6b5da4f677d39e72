//! Renders notes for a terminal: one line per note, grouped by file.

use naftiko_diagnostics::{Diagnostic, SourceMap};
use naftiko_text::{Printable, printable, wrap};

use crate::Style;

/// Renders notes in their order, followed by a blank line.
pub(crate) fn notes(notes: &[&Diagnostic], sources: &SourceMap, style: Style) -> Printable {
    let mut out = Printable::new();
    let mut above = None;
    for note in notes {
        let span = note.primary.span;
        let Some(file) = sources.file(span.file) else { continue };
        if above.replace(span.file) != Some(span.file) {
            out.push_line(&style.dim(printable!("{}", file.name())));
        }
        let at = file.line_column(span.range().start);
        let place = printable!("{}:{}", at.line, at.column).padded_left(9);
        let place = printable!("  {}  ", place);
        let text = wrap(&printable!("{}", note.message), &place, style.width);
        let mut lines = text.lines_of();
        let first = lines.next().unwrap_or_default();
        // Colors the position, unless wrapping changed the beginning of the line.
        match first.strip_prefix(place.as_str()) {
            Some(rest) => out.push(&printable!("{}{}\n", style.severity(note.severity(), place), rest)),
            None => out.push_line(&first),
        }
        lines.for_each(|line| out.push_line(&line));
    }
    if !out.is_empty() {
        out.push_literal("\n");
    }
    out
}
