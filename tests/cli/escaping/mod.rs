//! Text from outside, whatever its source, never acts on the terminal, pipe or report that it is written to.

mod arguments;
mod documents;
mod people;
mod providers;

use std::fmt::Write as _;

use naftiko_text::is_hidden;

use crate::command::Ended;

/// The beginning of a line that exists only if text from outside could break a line.
const FORGED: &str = "FORGED";

/// Every kind of character that must not be written unescaped, and the beginning of forged lines.
pub(crate) fn hostile() -> String {
    let controls = (1..0x20_u32).chain(0x7f..0xa0);
    let others = [
        0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a,
        0x202e, 0x2060, 0x2066, 0x2069, 0x3164, 0xfe0f, 0xfeff, 0xfff9, 0xe0001, 0xe0041, 0xe01ef,
    ];
    let all: String = controls.chain(others).filter_map(char::from_u32).collect();
    format!("evil{all}\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m\n{FORGED}\n::error::{FORGED}\r\n{FORGED}")
}

/// The hostile text, escaped for a double-quoted YAML string; without the quotes.
fn in_yaml() -> String {
    hostile().chars().fold(String::new(), |mut text, character| {
        let code = u32::from(character);
        if character.is_ascii_graphic() {
            text.push(character);
        } else {
            write!(text, "\\U{code:08x}").unwrap();
        }
        text
    })
}

/// Asserts that the output contains no hidden character other than line ends, and no forged line.
#[track_caller]
fn is_safe(ended: &Ended, how: &str) {
    for (name, stream) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
        let hidden = stream.char_indices().find(|(_, it)| *it != '\n' && is_hidden(*it));
        let around = hidden.map(|(at, hidden)| {
            let before: Vec<char> = stream[..at].chars().rev().take(200).collect();
            (hidden, before.into_iter().rev().collect::<String>())
        });
        assert_eq!(around, None, "{how}: a hidden character on {name}, and what stands before it");
        let forged = stream.lines().find(|line| {
            let line = line.trim_start();
            line.starts_with(FORGED) || line.starts_with(&format!("::error::{FORGED}"))
        });
        assert_eq!(forged, None, "{how}: a line of {name} is forged:\n{stream}");
        assert!(!stream.contains("\u{fffd}"), "{how}: {name} is not UTF-8 or hides something: {stream:?}");
        assert!(!stream.contains("panicked"), "{how}: {stream}");
    }
}

/// Removes the colors that this program writes.
fn without_color(mut ended: Ended) -> Ended {
    for stream in [&mut ended.stdout, &mut ended.stderr] {
        let mut plain = String::new();
        let mut rest = stream.as_str();
        while let Some((before, after)) = rest.split_once("\u{1b}[") {
            plain.push_str(before);
            let (color, more) = after.split_once('m').expect("a color has an end");
            assert!(color.chars().all(|it| it.is_ascii_digit() || it == ';'), "{color:?} is no color");
            rest = more;
        }
        plain.push_str(rest);
        *stream = plain;
    }
    ended
}
