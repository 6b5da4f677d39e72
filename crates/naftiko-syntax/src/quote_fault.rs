//! Errors of quoted scalars and block scalars.

use granit_parser::ErrorKind;
use naftiko_diagnostics::{Applicability, Diagnostic, Fix, Span};

use crate::fault::Surroundings;
use crate::lines::{self, is_blank, is_break};
use crate::quoting::excerpt;

/// The diagnostic for an error of a scalar that is not plain; `None` for any other error.
pub(crate) fn explain(kind: &ErrorKind, around: &Surroundings<'_>) -> Option<Diagnostic> {
    use ErrorKind as Kind;
    match kind {
        Kind::UnclosedQuotedScalar | Kind::DocumentIndicatorInQuotedScalar => {
            Some(unclosed(around, around.at))
        }
        Kind::InvalidQuotedScalarIndent => Some(unclosed(around, open_quote(around)?)),
        Kind::InvalidTrailingSingleQuotedScalar => Some(trailing(around, '\'')),
        Kind::InvalidTrailingDoubleQuotedScalar => Some(trailing(around, '"')),
        Kind::UnknownQuotedScalarEscape
        | Kind::InvalidQuotedScalarHexEscape
        | Kind::InvalidLowSurrogateHexEscape
        | Kind::InvalidLowSurrogate
        | Kind::MissingLowSurrogate
        | Kind::UnpairedLowSurrogate
        | Kind::InvalidUnicodeEscape => escape(around),
        Kind::InvalidBlockScalarHeader => Some(block_header(around)),
        Kind::InvalidBlockScalarIndent => Some(
            around
                .fault(
                    around.rest_of_line(around.at),
                    "a line of a block of text is indented less than the first",
                )
                .with_help("indent all lines alike, or write the indentation of the text, as in `|2`"),
        ),
        Kind::CommentInterceptedScalar => Some(
            around
                .fault(around.rest_of_line(around.at), "a comment interrupts a value that continues below")
                .with_help("move the comment, or write a `#` that belongs to the value in quotes"),
        ),
        _ => None,
    }
}

fn block_header(around: &Surroundings<'_>) -> Diagnostic {
    let indicator = lines::slice(around.text, around.one_character(around.at));
    around
        .fault(
            around.rest_of_line(around.at),
            format!("text follows the `{indicator}` that begins a block of text"),
        )
        .with_help("begin the text on the next line, or write it in quotes")
}

fn unclosed(around: &Surroundings<'_>, at: usize) -> Diagnostic {
    let quote = lines::byte(around.text, at).map_or('"', char::from);
    around.fault(around.rest_of_line(at), format!("the quote `{quote}` is not closed")).with_help(format!(
        "write `{quote}` at the end of the text; indent its further lines deeper than its key"
    ))
}

/// The quote that is open where the parser stopped: the first one after the cursor that closes only later.
fn open_quote(around: &Surroundings<'_>) -> Option<usize> {
    let text = around.text;
    let mut at = around.cursor;
    let mut may_begin = true;
    while at < around.at {
        let byte = lines::byte(text, at)?;
        if may_begin && matches!(byte, b'\'' | b'"') {
            match closing_quote(text, at, byte).filter(|end| *end < around.at) {
                Some(end) => at = end,
                None => return Some(at),
            }
        }
        let is_gap = is_blank(byte) || is_break(byte);
        may_begin =
            is_gap && may_begin || matches!(byte, b':' | b'-' | b'?' | b',' | b'[' | b'{') || is_break(byte);
        at += 1;
    }
    None
}

/// The position of the quote that closes the one at `open`.
fn closing_quote(text: &str, open: usize, quote: u8) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match lines::byte(text, at)? {
            b'\\' if quote == b'"' => at += 2,
            byte if byte == quote && quote == b'\'' && lines::byte(text, at + 1) == Some(quote) => at += 2,
            byte if byte == quote => return Some(at),
            _ => at += 1,
        }
    }
}

/// Text after a closing quote: often a quote inside the text closes it too early.
fn trailing(around: &Surroundings<'_>, quote: char) -> Diagnostic {
    let range = around.rest_of_line(around.at);
    let rest = lines::slice(around.text, range.clone());
    let help = match quote {
        _ if rest.starts_with(['"', '\'']) => "a `,` is missing between the two values",
        '\'' => "write a `'` that belongs to the text twice, or the whole value in one pair of quotes",
        _ => "write a `\"` that belongs to the text as `\\\"`, or the whole value in one pair of quotes",
    };
    let diagnostic =
        around.fault(range.clone(), format!("`{}` follows the closing quote", excerpt(rest))).with_help(help);
    let line = lines::line_start(around.text, around.at);
    let before = lines::slice(around.text, line..around.at);
    // Certain only if one value fills the line: `key: 'it's so'`.
    let open =
        before.find(quote).filter(|_| around.flow.is_none() && rest.len() > 1 && rest.ends_with(quote));
    let Some(open) = open.filter(|open| before.get(..*open).is_some_and(|key| key.ends_with([' ', '-'])))
    else {
        return diagnostic;
    };
    let inside = lines::slice(around.text, line + open + 1..range.end - 1);
    let escaped = if quote == '\'' { inside.replace('\'', "''") } else { inside.replace('"', "\\\"") };
    let span = Span::new(around.file, line + open..range.end);
    let fixed = format!("{quote}{escaped}{quote}");
    diagnostic.with_fix(Fix::replace("escape the quotes inside", span, fixed, Applicability::Unsafe))
}

/// The invalid escape in the double-quoted scalar at the error.
fn escape(around: &Surroundings<'_>) -> Option<Diagnostic> {
    let text = around.text;
    let mut at = around.at + 1;
    loop {
        at += lines::slice(text, at..text.len()).find('\\')?;
        let length = escape_length(text, at);
        let Some(length) = length else {
            let digits = lines::count(text, at + 2, |byte| byte.is_ascii_hexdigit());
            let (length, message) = match lines::byte(text, at + 1) {
                Some(b'x') => (2 + digits.min(2), "names no character"),
                Some(b'u') => (2 + digits.min(4), "names no character"),
                Some(b'U') => (2 + digits.min(8), "names no character"),
                _ => (1 + around.one_character(at + 1).len(), "is not an escape of YAML"),
            };
            let wrong = lines::slice(text, at..at + length);
            let message = format!("`{}` {message}", excerpt(wrong));
            let place = Span::new(around.file, at..at);
            let fix = Fix::replace("double the backslash", place, "\\", Applicability::Unsafe);
            return Some(
                around
                    .fault(at..at + length, message)
                    .with_help("write `\\\\` for a backslash, or use single quotes, which know no escapes")
                    .with_fix(fix),
            );
        };
        at += length;
    }
}

/// The number of bytes of the escape at an offset; `None` if it is invalid.
fn escape_length(text: &str, at: usize) -> Option<usize> {
    let digits = match lines::byte(text, at + 1)? {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        b'0' | b'a' | b'b' | b't' | b'\t' | b'n' | b'v' | b'f' | b'r' | b'e' | b' ' | b'"' | b'/' | b'\\'
        | b'N' | b'_' | b'L' | b'P' | b'\n' | b'\r' => return Some(2),
        _ => return None,
    };
    let code = |from: usize, digits: usize| {
        let hex = text.get(from..from + digits)?;
        let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex.then(|| u32::from_str_radix(hex, 16).ok()).flatten()
    };
    let first = code(at + 2, digits)?;
    if digits == 4 && (0xD800..0xDC00).contains(&first) {
        lines::slice(text, at + 6..at + 8).starts_with("\\u").then_some(())?;
        let second = code(at + 8, 4)?;
        return (0xDC00..0xE000).contains(&second).then_some(12);
    }
    char::from_u32(first).map(|_| 2 + digits)
}
