//! Parses the command line, and prints help and usage errors.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use naftiko_text::{Printable, drawn, printable};

use super::Arguments;
use crate::world::{self, Stream};

/// Parses the command line of this process. If it asks for help or is invalid, the text is printed.
///
/// # Errors
/// The exit code, if a text was printed.
pub(crate) fn read() -> Result<Arguments, ExitCode> {
    let words: Vec<OsString> = world::arguments();
    Arguments::try_parse_from(&words).map_err(|error| {
        let stream = if error.use_stderr() { Stream::Err } else { Stream::Out };
        // A failed write cannot be reported anywhere.
        let _unwritten = stream.write(&shown(&error, &words, stream.may_have_color()));
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(u8::MAX))
    })
}

/// Renders the text of clap. Its error messages mix words of the command line with its own lines, so the command line
/// is parsed again with all special characters escaped, which makes that text safe to print.
fn shown(error: &clap::Error, words: &[OsString], color: bool) -> Printable {
    let visible = words.iter().map(|word| Printable::path(Path::new(word)).to_string());
    match Arguments::try_parse_from(visible) {
        Err(again) if again.kind() == error.kind() => {
            let text = again.render();
            drawn(&if color { text.ansi().to_string() } else { text.to_string() })
        }
        // The escaped words are parsed differently: escape the rendered text as a whole.
        _ => printable!("{}\n", error.render()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[&str]) -> String {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        shown(&Arguments::try_parse_from(&words).unwrap_err(), &words, false).to_string()
    }

    #[test]
    fn a_word_that_is_repeated_acts_on_nothing() {
        let told = check(&["naftiko", "check", "--bad\u{9b}31m\u{202e}\nerror: forged\u{1b}[2J"]);
        assert!(
            told.starts_with(
                "error: unexpected argument '--bad\\u{9b}31m\\u{202e}\\nerror: forged\\u{1b}[2J' found\n"
            ),
            "{told}"
        );
        let told = check(&["naftiko\u{1b}", "nothing\u{7f}"]);
        assert!(!told.contains(|it: char| it.is_control() && it != '\n'), "{told:?}");
        let told = check(&["naftiko", "check", "a", "--format", "x\u{200b}\n"]);
        assert!(told.contains("invalid value 'x\\u{200b}\\n' for '--format"), "{told}");
    }

    #[test]
    fn help_is_shown_as_it_is() {
        let told = check(&["naftiko", "--help"]);
        assert!(told.contains("\n  check") && told.contains("Exit codes: 0 done"), "{told}");
    }
}
