//! Text that others wrote, made harmless for a terminal.
//!
//! Names, messages of servers and the documents themselves may hold characters that a terminal obeys or that reorder a
//! line. They are shown, never obeyed.

use std::borrow::Cow;

/// The text with every character that a terminal would obey, or that would reorder the line, written as an escape.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if hidden(character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// The text with every such character replaced by as many `?` as it has bytes, line ends and tabs kept: places in it
/// stay what they were.
pub(crate) fn visible_source(text: &str) -> Cow<'_, str> {
    let obeyed = |character: char| hidden(character) && !matches!(character, '\n' | '\r' | '\t');
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if obeyed(character) {
            out.extend(std::iter::repeat_n('?', character.len_utf8()));
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// Control characters, line and paragraph separators, and the marks that change the direction of text.
fn hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        assert_eq!(visible("plain – text"), "plain – text");
        assert_eq!(visible("a\u{1b}[31mb\u{202e}"), "a\\u{1b}[31mb\\u{202e}");
        let source = "a: \"\u{1b}[31m\u{9b}\u{202e}\"\n\tb\r\n";
        let shown = visible_source(source);
        assert_eq!(shown, "a: \"?[31m?????\"\n\tb\r\n");
        assert_eq!(shown.len(), source.len());
    }
}
