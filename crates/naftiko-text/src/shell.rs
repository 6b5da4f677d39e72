//! Words of commands for copying into a shell.

use std::ffi::OsStr;
use std::fmt::Write as _;

use crate::Printable;
use crate::escape::is_hidden;

/// A text as exactly one shell word, whatever its content.
///
/// The word is unquoted if that is safe, otherwise in single quotes. Invisible characters are written with `$'…'`,
/// which bash, zsh, ksh and the shell of POSIX 2024 understand.
pub fn shell_word(text: impl AsRef<OsStr>) -> Printable {
    let bytes = text.as_ref().as_encoded_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) if is_bare(text) => Printable::trusted(text.to_owned()),
        Ok(text) if !text.contains(is_hidden) => {
            Printable::trusted(format!("'{}'", text.replace('\'', "'\\''")))
        }
        _ => encoded(bytes),
    }
}

/// Whether no shell treats any of the characters specially.
fn is_bare(text: &str) -> bool {
    let plain = |character: char| {
        (character.is_alphanumeric() && !is_hidden(character)) || "/._-+:@%,=".contains(character)
    };
    // In zsh, `=word` expands to the path of a program.
    !text.is_empty() && !text.starts_with('=') && text.chars().all(plain)
}

fn encoded(bytes: &[u8]) -> Printable {
    let mut word = String::from("$'");
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\'' => word.push_str("\\'"),
                '\\' => word.push_str("\\\\"),
                '\n' => word.push_str("\\n"),
                '\r' => word.push_str("\\r"),
                '\t' => word.push_str("\\t"),
                hidden if is_hidden(hidden) => {
                    hidden.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push_byte(&mut word, byte));
                }
                plain => word.push(plain),
            }
        }
        chunk.invalid().iter().for_each(|byte| push_byte(&mut word, *byte));
    }
    word.push('\'');
    Printable::trusted(word)
}

/// Writes a byte in octal, which ends after three digits in every shell.
fn push_byte(word: &mut String, byte: u8) {
    // Writing to a string cannot fail.
    let _infallible = write!(word, "\\{byte:03o}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(shell_word(text), expected);
    }

    #[test]
    fn a_word_is_bare_where_no_shell_gives_it_a_meaning() {
        check("specs/a-b_1.yaml", "specs/a-b_1.yaml");
        check("KEY=https://api.example.com:8443", "KEY=https://api.example.com:8443");
        check("日本", "日本");
        check("=ls", "'=ls'");
        check("", "''");
    }

    #[test]
    fn what_a_shell_would_act_on_is_quoted() {
        check("a b", "'a b'");
        check(
            "it's $(rm -rf ~) `id` \"x\" \\ ; & | > * ? [a] {b} !1 #",
            "'it'\\''s $(rm -rf ~) `id` \"x\" \\ ; & | > * ? [a] {b} !1 #'",
        );
        check("~root", "'~root'");
    }

    #[test]
    fn what_nobody_sees_is_written_out() {
        check("a\nb'\u{1b}\u{202e}\\", "$'a\\nb\\'\\033\\342\\200\\256\\\\'");
    }

    /// The shell of this machine parses each word back to its text.
    #[cfg(unix)]
    #[test]
    fn a_shell_reads_each_word_as_it_was() {
        use std::os::unix::ffi::{OsStrExt, OsStringExt};
        let odd = std::ffi::OsString::from_vec(b"a\xff b\x1b'\n$(id)".to_vec());
        let words = ["it's $(id)", "a\u{9b}7", "x y", "=z", "*", "a\\'b\n", "\u{e0041}"];
        for word in words.iter().map(|word| OsStr::new(*word)).chain([odd.as_os_str()]) {
            let command = format!("printf %s {}", shell_word(word));
            let Ok(output) = std::process::Command::new("bash").args(["-c", &command]).output() else {
                return;
            };
            assert_eq!(OsStr::from_bytes(&output.stdout), word, "{command}");
        }
    }
}
