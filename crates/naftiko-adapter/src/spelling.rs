//! The spellings in which a secret may be quoted: escaped as in a URL, in JSON or in HTML, and in base64.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// What an escape may begin with.
const ESCAPES: [char; 4] = ['%', '+', '\\', '&'];
/// The longest reference to a character in HTML that is read: `&#x10FFFF;`.
const LONGEST_REFERENCE: usize = 10;
/// How often what is percent-encoded may have been encoded again.
const MOST_AGAIN: usize = 3;
/// Shorter text turns up in base64 by chance.
const SHORTEST_BASE64: usize = 6;

/// Whether `text` may have an escape.
pub(crate) fn has_escapes(text: &str) -> bool {
    text.contains(ESCAPES)
}

/// Every place of `secret` in `text`, also where any of its characters is escaped, and those that overlap.
pub(crate) fn places(text: &str, secret: &str, found: &mut Vec<(usize, usize)>) {
    let Some(first) = secret.chars().next() else { return };
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find(secret)).map(|at| from + at) {
        found.push((start, start + secret.len()));
        from = start + first.len_utf8();
    }
    if !has_escapes(text) {
        return;
    }
    let starts = text.char_indices().filter(|(_, c)| *c == first || ESCAPES.contains(c));
    found.extend(starts.filter_map(|(start, _)| {
        let length = length(text.get(start..)?, secret)?;
        Some((start, start + length))
    }));
}

/// Whether `text` is `secret` and nothing else, with escapes.
pub(crate) fn is_spelled(text: &str, secret: &str) -> bool {
    length(text, secret) == Some(text.len())
}

/// How much of the beginning of `text` is `secret`; `None` if it does not begin with it.
fn length(text: &str, secret: &str) -> Option<usize> {
    let mut wanted = secret.chars().peekable();
    let mut at = 0;
    while let Some(character) = wanted.next() {
        let rest = text.get(at..)?;
        if character == '\\' && rest.starts_with('\\') {
            // However often they were escaped: all that stand there are those that are wanted.
            let more = std::iter::from_fn(|| wanted.next_if_eq(&'\\')).count();
            let found = Some(backslashes(rest)).filter(|found| *found > more)?;
            // The last of them may begin the escape of what follows.
            let next = wanted.peek().zip(rest.get(found..));
            let is_part = next.is_some_and(|(next, rest)| self::character(rest, *next).is_none());
            at += found - usize::from(is_part && found > more + 1);
        } else {
            at += self::character(rest, character)?;
        }
    }
    Some(at)
}

/// How many backslashes `text` begins with.
fn backslashes(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'\\').count()
}

/// How much of the beginning of `text` is the character. An escape counts as what it stands for; where it should be
/// taken literally, the secret stands there as it is and is found so.
fn character(text: &str, wanted: char) -> Option<usize> {
    let escaped = match text.chars().next()? {
        '%' => percent(text, wanted),
        '+' => (wanted == ' ').then_some(1),
        '\\' => backslash(text, wanted),
        '&' => reference(text, wanted),
        _ => None,
    };
    escaped.or_else(|| text.starts_with(wanted).then(|| wanted.len_utf8()))
}

/// `%C3%A9`, also where that was encoded again: `%25C3%25A9`.
fn percent(text: &str, wanted: char) -> Option<usize> {
    let mut bytes = [0; 4];
    let mut at = 0;
    for byte in wanted.encode_utf8(&mut bytes).bytes() {
        let digits = text.get(at..)?.strip_prefix('%')?;
        let is_here = |again: &usize| {
            let read = digits.get(2 * again..2 * again + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
            digits.starts_with(&"25".repeat(*again)) && read == Some(byte)
        };
        at += 3 + 2 * (0..=MOST_AGAIN).find(is_here)?;
    }
    Some(at)
}

/// `\"`, `\n`, `\u00e9`, `\ud83d\ude00`, also where that was escaped again: `\\\"`.
fn backslash(text: &str, wanted: char) -> Option<usize> {
    let lead = backslashes(text);
    let short = match text.get(lead..)?.chars().next()? {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        other @ ('"' | '\'' | '/') => Some(other),
        _ => None,
    };
    if short == Some(wanted) {
        return Some(lead + 1);
    }
    let mut units = [0; 2];
    let mut at = 0;
    for unit in wanted.encode_utf16(&mut units) {
        let rest = text.get(at..)?;
        let lead = Some(backslashes(rest)).filter(|lead| *lead > 0)?;
        let digits = rest.get(lead..)?.strip_prefix('u')?.get(..4)?;
        if u16::from_str_radix(digits, 16).ok()? != *unit {
            return None;
        }
        at += lead + 5;
    }
    Some(at)
}

/// `&amp;`, `&#39;`, `&#x2F;`.
fn reference(text: &str, wanted: char) -> Option<usize> {
    let name = text.strip_prefix('&')?.split_once(';')?.0;
    if name.len() > LONGEST_REFERENCE {
        return None;
    }
    let number = name.strip_prefix('#').and_then(|digits| match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    });
    let meant = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => char::from_u32(number?)?,
    };
    (meant == wanted).then_some(name.len() + 2)
}

/// What is in base64 all of `secret`.
pub(crate) fn alone_in_base64(secret: &str) -> [String; 4] {
    [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].map(|engine| engine.encode(secret))
}

/// What `secret` leaves in the base64 of a longer text, wherever it stands in that: without the digits at both ends
/// that also depend on its neighbors.
pub(crate) fn within_base64(secret: &str) -> Vec<String> {
    let mut forms: Vec<String> = alone_in_base64(secret).into();
    for offset in 0..3 {
        let padded: Vec<u8> = std::iter::repeat_n(0, offset).chain(secret.bytes()).collect();
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let digits = engine.encode(&padded);
            let from = [0, 2, 3].get(offset).copied().unwrap_or_default();
            let to = digits.len() - usize::from(!padded.len().is_multiple_of(3));
            forms.push(digits.get(from..to).unwrap_or_default().to_owned());
        }
    }
    forms.retain(|form| form.len() >= SHORTEST_BASE64);
    forms.sort_unstable();
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, secret: &str) -> Vec<String> {
        let mut places = Vec::new();
        super::places(text, secret, &mut places);
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|(start, end)| text.get(start..end).unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn escapes_count_as_what_they_stand_for() {
        for text in [
            "p/é \"&😀",
            "p%2Fé+\"&😀",
            "p%2f%C3%a9%20%22%26%F0%9F%98%80",
            r#"p\/é \"&😀"#,
            r#"p\u002f\u00E9 \"\u0026\ud83d\ude00"#,
            "p&#x2F;é &quot;&amp;&#128512;",
            "%70/é%20\\\"&amp;😀",
        ] {
            assert_eq!(found(&format!("<{text}>"), "p/é \"&😀"), [text]);
            assert!(is_spelled(text, "p/é \"&😀"), "{text}");
        }
    }

    #[test]
    fn what_looks_like_an_escape_may_be_part_of_the_secret() {
        assert_eq!(found("x a%25b y", "a%25b"), ["a%25b"]);
        assert_eq!(found("x a%2525b y", "a%25b"), ["a%2525b"]);
        assert_eq!(found(r"x a\\nb y", r"a\nb"), [r"a\\nb"]);
        assert_eq!(found("1+1", "1+1"), ["1+1"]);
        assert_eq!(found("1%2B1", "1+1"), ["1%2B1"]);
    }

    #[test]
    fn what_was_escaped_twice_is_found() {
        for text in [
            r#"a\\\"é"#,
            r#"a\\\\\\\"é"#,
            r"a\\\\\\u0022\\u00e9",
            "a%255C%2522%25C3%25A9",
            "a%25255c%252522é",
        ] {
            assert_eq!(found(&format!("<{text}>"), "a\\\"é"), [text]);
        }
        assert_eq!(found(r"x\\\\y", r"x\\y"), [r"x\\\\y"]);
        assert_eq!(found(r"x\y", r"x\\y"), [""; 0]);
    }

    #[test]
    fn broken_escapes_are_text() {
        for text in
            ["%", "%4", "%é", "\\", "\\u12", "&", "&#x;", "&#;", "&amp", "&#x110000;", "\\ud83d\\u0041"]
        {
            assert_eq!(found(text, "A😀"), [""; 0], "{text}");
        }
    }

    #[test]
    fn base64_is_found_at_every_remainder() {
        let secret = "sk/live+TOKEN~~?";
        for offset in 0..3 {
            for engine in [STANDARD, URL_SAFE] {
                let text = engine.encode(format!("{}{secret}; more", "x".repeat(offset)));
                assert!(within_base64(secret).iter().any(|form| text.contains(form)), "{text}");
            }
        }
    }
}
