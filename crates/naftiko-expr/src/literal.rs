//! String literals and names: reading and writing them.

use std::fmt::Write as _;
use std::ops::Range;

use crate::problem::{EXPRESSION_SYNTAX, Problem};

/// The text of a string literal. `written` includes the quotes and begins at byte `offset`.
pub(crate) fn unquote(written: &str, offset: usize) -> Result<String, Problem> {
    let inner = written.get(1..written.len().saturating_sub(1)).unwrap_or_default();
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let at = offset + 1 + (inner.len() - escape.len() - 1);
        let (character, length) = read_escape(escape, at)?;
        text.push(character);
        rest = escape.get(length..).unwrap_or_default();
    }
    text.push_str(rest);
    Ok(text)
}

/// Reads an escape whose backslash is at byte `at`: the character, and the number of bytes after the backslash.
fn read_escape(escape: &str, at: usize) -> Result<(char, usize), Problem> {
    let Some(letter) = escape.chars().next() else {
        return Err(Problem::new(&EXPRESSION_SYNTAX, at..at + 1, "an escape is not complete"));
    };
    let character = match letter {
        '\\' | '\'' | '"' | '/' => letter,
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'u' => return read_unicode_escape(escape, at),
        other => {
            let range = at..at + 1 + other.len_utf8();
            return Err(Problem::new(
                &EXPRESSION_SYNTAX,
                range,
                format!("unknown escape `\\{}`", other.escape_debug()),
            )
            .with_label("not an escape")
            .with_help("a backslash itself is written `\\\\`")
            .with_replacement(at..at + 1, "\\\\"));
        }
    };
    Ok((character, letter.len_utf8()))
}

/// Reads `u` and four digits, or a surrogate pair of two such escapes.
fn read_unicode_escape(escape: &str, at: usize) -> Result<(char, usize), Problem> {
    let unit = |start: usize| {
        let digits = escape.get(start..start + 4)?;
        let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        all_hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    };
    let Some(first) = unit(1) else {
        return Err(bad_unicode(at..at + 2, "`\\u` is not followed by four hexadecimal digits"));
    };
    let second = if escape.get(5..7) == Some("\\u") { unit(7) } else { None };
    let units: Vec<u16> = if (0xD800..0xE000).contains(&first) {
        std::iter::once(first).chain(second).collect()
    } else {
        vec![first]
    };
    match char::decode_utf16(units.iter().copied()).next() {
        Some(Ok(character)) => Ok((character, if units.len() == 2 { 11 } else { 5 })),
        _ => Err(bad_unicode(at..at + 6, "half of a surrogate pair is not a character")),
    }
}

fn bad_unicode(range: Range<usize>, message: &str) -> Problem {
    Problem::new(&EXPRESSION_SYNTAX, range, message)
        .with_label("not a character")
        .with_help("write the character itself, or its code as in `\\u00e9`")
}

/// Writes `text` as a string literal in single quotes.
pub(crate) fn quote(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('\'');
    for character in text.chars() {
        match character {
            '\'' => written.push_str("\\'"),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            control if control.is_control() => {
                let _ = write!(written, "\\u{:04x}", u32::from(control));
            }
            other => written.push(other),
        }
    }
    written.push('\'');
    written
}
