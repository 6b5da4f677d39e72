//! Wraps the labels beside underlined source. `miette` prints a label as given, and the terminal would wrap a long one
//! at its last column.

use std::ops::Range;

use naftiko_text::{Printable, printable, wrap};
use textwrap::core::display_width;

/// The fewest columns in which a label is wrapped beside its place.
const LEAST: usize = 20;

/// The width of a tab stop in the drawings of `miette`.
const TAB: usize = 4;

/// Wraps the text of a label so that it fits beside the drawing of `place` in `source`. Returns `None` if fewer than
/// [`LEAST`] columns are left. `number` is the count of digits in the largest line number.
pub(crate) fn fitted(
    text: &str,
    source: &str,
    place: Range<usize>,
    number: usize,
    width: usize,
) -> Option<String> {
    let room = width.saturating_sub(number + left_of(source, place));
    if display_width(text) <= room {
        return Some(text.to_owned());
    }
    (room >= LEAST).then(|| wrap(&printable!("{}", text), &Printable::new(), room).to_string())
}

/// The columns taken to the left of a label, except for the line number: the rules, and the source line up to the
/// middle of the place.
fn left_of(source: &str, place: Range<usize>) -> usize {
    const RULES: usize = 4;
    const STEM: usize = 4;
    let spans_lines = source.get(place.clone()).is_some_and(|text| text.contains('\n'));
    let line = |end: usize| {
        let before = source.get(..end).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        columns(before.get(start..).unwrap_or_default())
    };
    let stem = if spans_lines {
        // `miette` marks a place of several lines in the margin, beside its lines.
        STEM
    } else {
        let start = line(place.start);
        start.midpoint(line(place.end).max(start + 1))
    };
    RULES + stem + STEM
}

/// The display width of a text; a tab moves to the next tab stop.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().fold(0, |column, character| match character {
        '\t' => (column / TAB + 1) * TAB,
        other => column + display_width(other.encode_utf8(&mut [0; 4])),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "closes the cycle `invite` → `between` → `create` → `invite`";

    fn beside(line: &str, width: usize) -> Option<String> {
        let at = line.find("HERE").unwrap();
        fitted(TEXT, line, at..at + 4, 1, width)
    }

    #[test]
    fn a_label_has_as_many_lines_as_it_needs_beside_its_place() {
        assert_eq!(beside("a: HERE", 80).as_deref(), Some(TEXT));
        let broken = "closes the cycle\n`invite` → `between` →\n`create` → `invite`";
        assert_eq!(beside("a:                        HERE", 60).as_deref(), Some(broken));
        // A tab moves to the next tab stop.
        assert_eq!(beside("a:\t \t  \t\t\t  \tHERE", 58), beside(&format!("{}HERE", " ".repeat(24)), 58));
    }

    #[test]
    fn a_label_without_room_is_said_elsewhere() {
        assert_eq!(beside(&format!("a: {}HERE", " ".repeat(50)), 80), None);
    }
}
