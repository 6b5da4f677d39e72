//! Decides which characters are shown as escapes.

use std::borrow::Cow;

/// Whether a character controls a terminal, ends or reorders a line, or is invisible.
///
/// These are the control characters (C0, U+007F, C1), the line and paragraph separators, and every default ignorable
/// character of Unicode: marks that change the direction of text, zero-width characters, the soft hyphen, fillers,
/// variation selectors, and the tag characters with the rest of their plane. So names that look equal are equal. As a
/// consequence, emoji and scripts that need joiners are shown with escapes.
pub fn is_hidden(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') || is_ignorable(character)
}

/// The property `Default_Ignorable_Code_Point` of Unicode 17, with the interlinear annotation characters.
fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The text on one line, with every hidden character written as an escape: `\n`, `\r`, `\t`, or `\u{9b}`.
pub fn escape(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(is_hidden) else { return Cow::Borrowed(text) };
    let (plain, rest) = text.split_at(first);
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(plain);
    for character in rest.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if is_hidden(other) => out.extend(other.escape_unicode()),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_and_bidi_character_becomes_visible() {
        assert_eq!(escape("plain – text, 日本, é"), "plain – text, 日本, é");
        assert_eq!(escape("a\u{1b}[31m\u{9b}b\u{202e}\u{7f}"), "a\\u{1b}[31m\\u{9b}b\\u{202e}\\u{7f}");
        assert_eq!(escape("a\nerror: b\r\tc"), "a\\nerror: b\\r\\tc");
        for code in (0..0x20).chain(0x7f..0xa0).chain([0x61c, 0x200e, 0x200f, 0x2028, 0x2029]) {
            assert!(is_hidden(char::from_u32(code).unwrap()), "{code:x}");
        }
        for code in (0x202a..=0x202e).chain(0x2066..=0x2069).chain(0xe0000..=0xe007f) {
            assert!(is_hidden(char::from_u32(code).unwrap()), "{code:x}");
        }
        for code in [0xad, 0x200b, 0x200c, 0x200d, 0x2060, 0x3164, 0xfe0f, 0xfeff] {
            assert!(is_hidden(char::from_u32(code).unwrap()), "{code:x}");
        }
    }

    #[test]
    fn escaping_twice_is_escaping_once() {
        let once = escape("a\u{1b}\n\u{202e}\\").into_owned();
        assert_eq!(escape(&once), once);
    }
}
