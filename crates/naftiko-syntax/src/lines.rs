//! Lines of a text, and positions in them.

use std::ops::Range;

/// The start of the line that contains an offset.
pub(crate) fn line_start(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    before.iter().rposition(|byte| is_break(*byte)).map_or(0, |at| at + 1)
}

/// The end of the line that contains an offset: its line break, or the end of the text.
pub(crate) fn line_end(text: &str, offset: usize) -> usize {
    let after = text.as_bytes().get(offset..).unwrap_or_default();
    after.iter().position(|byte| is_break(*byte)).map_or(text.len(), |at| offset + at)
}

/// The number of characters before an offset in its line.
pub(crate) fn column(text: &str, offset: usize) -> usize {
    slice(text, line_start(text, offset)..offset).chars().count()
}

/// The number of spaces and tabs at the start of a line.
pub(crate) fn indentation(text: &str, line: usize) -> usize {
    count(text, line, is_blank)
}

/// The start of the last line before an offset's line that is not blank.
pub(crate) fn line_above(text: &str, offset: usize) -> Option<usize> {
    let before = slice(text, 0..line_start(text, offset)).trim_end();
    (!before.is_empty()).then(|| line_start(text, before.len()))
}

/// The start of the line after that of an offset, if there is one.
pub(crate) fn next_line(text: &str, offset: usize) -> Option<usize> {
    let end = line_end(text, offset);
    let length = break_length(text, end);
    (length > 0).then_some(end + length)
}

/// The number of bytes of the line break at an offset; 0 if there is none.
pub(crate) fn break_length(text: &str, offset: usize) -> usize {
    match (byte(text, offset), byte(text, offset + 1)) {
        (Some(b'\r'), Some(b'\n')) => 2,
        (Some(b'\r' | b'\n'), _) => 1,
        _ => 0,
    }
}

/// The number of bytes of the line break before an offset; 0 if there is none.
pub(crate) fn break_before(text: &str, offset: usize) -> usize {
    let before = |back: usize| offset.checked_sub(back).and_then(|at| byte(text, at));
    match (before(2), before(1)) {
        (Some(b'\r'), Some(b'\n')) => 2,
        (_, Some(b'\r' | b'\n')) => 1,
        _ => 0,
    }
}

/// The number of consecutive bytes from an offset on that satisfy `wanted`.
pub(crate) fn count(text: &str, offset: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let after = text.as_bytes().get(offset..).unwrap_or_default();
    after.iter().position(|byte| !wanted(*byte)).unwrap_or(after.len())
}

/// The position of an indicator such as `-` or `|` between two tokens, among other indicators, tags, anchors and
/// comments.
pub(crate) fn indicator(text: &str, between: Range<usize>, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let mut at = between.start;
    while at < between.end {
        at += match byte(text, at)? {
            found if wanted(found) => return Some(at),
            b'#' => line_end(text, at) - at,
            b'!' | b'&' => count(text, at, |byte| !byte.is_ascii_whitespace()),
            _ => 1,
        };
    }
    None
}

/// The text of a range; empty if the range is invalid.
pub(crate) fn slice(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

/// The byte at an offset.
pub(crate) fn byte(text: &str, offset: usize) -> Option<u8> {
    text.as_bytes().get(offset).copied()
}

/// The offset, or inside a character, the start of that character.
pub(crate) fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Whether a byte ends a line.
pub(crate) fn is_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Whether a byte is a space or a tab.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
