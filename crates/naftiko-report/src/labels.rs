//! The texts beside what is underlined: `miette` draws them as they are, and a terminal breaks what is too long wherever
//! its last column is.

use std::ops::Range;

use naftiko_text::{Printable, printable, wrap};
use textwrap::core::display_width;

/// Fewer columns are not enough to say anything in.
const LEAST: usize = 20;

/// How many columns a tab has where `miette` draws it.
const TAB: usize = 4;

/// The text of a label in lines that fit beside the drawing of its place in a text; nothing where there is no room for
/// any. `number` is how many digits the numbers of lines have.
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

/// How many columns are taken by what stands left of a label, beside the number of the line: the rules, and the line up
/// to the middle of the place.
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
        // What goes over several lines is drawn beside them.
        STEM
    } else {
        let start = line(place.start);
        start.midpoint(line(place.end).max(start + 1))
    };
    RULES + stem + STEM
}

/// How wide a text is where tabs go on to the next stop.
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
        // A tab goes to the next stop.
        assert_eq!(beside("a:\t \t  \t\t\t  \tHERE", 58), beside(&format!("{}HERE", " ".repeat(24)), 58));
    }

    #[test]
    fn a_label_without_room_is_said_elsewhere() {
        assert_eq!(beside(&format!("a: {}HERE", " ".repeat(50)), 80), None);
    }
}
