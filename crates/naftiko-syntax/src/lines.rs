//! Lines of a text, and places in them.

use std::ops::Range;

/// Where the line of an offset begins.
pub(crate) fn line_start(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    before.iter().rposition(|byte| is_break(*byte)).map_or(0, |at| at + 1)
}

/// Where the line of an offset ends: at its line break, or at the end of the text.
pub(crate) fn line_end(text: &str, offset: usize) -> usize {
    let after = text.as_bytes().get(offset..).unwrap_or_default();
    after.iter().position(|byte| is_break(*byte)).map_or(text.len(), |at| offset + at)
}

/// How many characters stand before an offset in its line.
pub(crate) fn column(text: &str, offset: usize) -> usize {
    slice(text, line_start(text, offset)..offset).chars().count()
}

/// How many spaces and tabs begin the line that begins at an offset.
pub(crate) fn indentation(text: &str, line: usize) -> usize {
    count(text, line, is_blank)
}

/// The last line before an offset's line that is not blank: where it begins.
pub(crate) fn line_above(text: &str, offset: usize) -> Option<usize> {
    let before = slice(text, 0..line_start(text, offset)).trim_end();
    (!before.is_empty()).then(|| line_start(text, before.len()))
}

/// Where the line after that of an offset begins, if there is one.
pub(crate) fn next_line(text: &str, offset: usize) -> Option<usize> {
    let end = line_end(text, offset);
    let length = break_length(text, end);
    (length > 0).then_some(end + length)
}

/// How many bytes the line break at an offset takes; none if there is none.
pub(crate) fn break_length(text: &str, offset: usize) -> usize {
    match (byte(text, offset), byte(text, offset + 1)) {
        (Some(b'\r'), Some(b'\n')) => 2,
        (Some(b'\r' | b'\n'), _) => 1,
        _ => 0,
    }
}

/// How many bytes the line break before an offset takes; none if there is none.
pub(crate) fn break_before(text: &str, offset: usize) -> usize {
    let before = |back: usize| offset.checked_sub(back).and_then(|at| byte(text, at));
    match (before(2), before(1)) {
        (Some(b'\r'), Some(b'\n')) => 2,
        (_, Some(b'\r' | b'\n')) => 1,
        _ => 0,
    }
}

/// How many of the bytes from an offset on are as `wanted`.
pub(crate) fn count(text: &str, offset: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let after = text.as_bytes().get(offset..).unwrap_or_default();
    after.iter().position(|byte| !wanted(*byte)).unwrap_or(after.len())
}

/// Where an indicator such as `-` or `|` stands between two tokens, among other indicators, tags, anchors and comments.
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

/// The text of a range; nothing if it is none.
pub(crate) fn slice(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

/// The byte at an offset.
pub(crate) fn byte(text: &str, offset: usize) -> Option<u8> {
    text.as_bytes().get(offset).copied()
}

/// The offset or, inside a character, the beginning of that character.
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
