//! Makes hidden characters of quoted source text visible.

use std::borrow::Cow;

use naftiko_text::is_hidden;

/// Replaces every hidden character except line ends and tabs by one `?` per byte, so that byte offsets stay valid.
pub(crate) fn visible_source(text: &str) -> Cow<'_, str> {
    let obeyed = |character: char| is_hidden(character) && !matches!(character, '\n' | '\r' | '\t');
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_as_question_marks() {
        let source = "a: \"\u{1b}[31m\u{9b}\u{202e}\"\n\tb\r\n";
        let shown = visible_source(source);
        assert_eq!(shown, "a: \"?[31m?????\"\n\tb\r\n");
        assert_eq!(shown.len(), source.len());
    }
}
