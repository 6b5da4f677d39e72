//! Decodes bytes to text.

use naftiko_diagnostics::{Code, Diagnostic, FileId, SourceMap, Span};

use crate::codes::{BINARY_FILE, NOT_UTF8, TOO_LARGE};
use crate::reader::{Limits, Parsed, parse, too_many_bytes};

/// The number of bytes at the beginning that are examined for binary content.
const SAMPLE: usize = 8 * 1024;

/// The reason why bytes are not text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// The kind of problem: not UTF-8, or binary.
    pub code: &'static Code,
    /// The problem in one line.
    pub message: String,
    /// Advice.
    pub help: Option<String>,
    /// The number of valid bytes at the beginning.
    pub valid_up_to: usize,
}

/// Decodes bytes as UTF-8, without a byte order mark.
///
/// # Errors
/// If the bytes are in another encoding, or binary.
pub fn decode(bytes: &[u8]) -> Result<&str, DecodeError> {
    let error = |code, message: String, help: Option<&str>, valid_up_to| {
        Err(DecodeError { code, message, help: help.map(str::to_owned), valid_up_to })
    };
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        let help = Some("save the file as UTF-8");
        return error(&NOT_UTF8, "the file is UTF-16, not UTF-8".to_owned(), help, 0);
    }
    if is_binary(bytes) {
        return error(&BINARY_FILE, "the file is binary, not YAML".to_owned(), None, 0);
    }
    let content = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(content) {
        Ok(text) => Ok(text),
        Err(flaw) => {
            let bad = content.get(flaw.valid_up_to()).copied().unwrap_or_default();
            let latin = char::from(bad);
            let help = if latin.is_alphabetic() {
                format!("save the file as UTF-8 (in Latin-1 this byte is `{latin}`)")
            } else {
                "save the file as UTF-8".to_owned()
            };
            error(&NOT_UTF8, format!("byte 0x{bad:02X} is not UTF-8"), Some(&help), flaw.valid_up_to())
        }
    }
}

/// Adds a file to the map and reads it, whatever its bytes are.
///
/// A file that is not UTF-8 is added with its invalid bytes replaced, and its diagnostic is at the first of them. Of a
/// binary or too large file, only the name is added. Offsets do not count a byte order mark.
pub fn parse_bytes(
    name: impl Into<String>,
    bytes: &[u8],
    sources: &mut SourceMap,
    limits: &Limits,
) -> (FileId, Parsed) {
    if bytes.len() > limits.bytes {
        let file = sources.add(name, "");
        let diagnostic = Diagnostic::new(&TOO_LARGE, Span::new(file, 0..0), too_many_bytes(limits));
        return (file, Parsed::refused(diagnostic));
    }
    let flaw = match decode(bytes) {
        Ok(text) => {
            let file = sources.add(name, text);
            return (file, parse(text, file, limits));
        }
        Err(flaw) => flaw,
    };
    let (file, end) = if flaw.code == &NOT_UTF8 && flaw.valid_up_to > 0 {
        let content = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        (
            sources.add(name, String::from_utf8_lossy(content)),
            flaw.valid_up_to + char::REPLACEMENT_CHARACTER.len_utf8(),
        )
    } else {
        (sources.add(name, ""), 0)
    };
    let start = flaw.valid_up_to.min(end);
    let mut diagnostic = Diagnostic::new(flaw.code, Span::new(file, start..end), flaw.message);
    diagnostic.help = flaw.help;
    (file, Parsed::refused(diagnostic))
}

/// Whether bytes are binary: they contain a NUL, or many control characters.
fn is_binary(bytes: &[u8]) -> bool {
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    let controls = sample
        .iter()
        .filter(|byte| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r'))
        .count();
    bytes.contains(&0) || controls > 8 && controls * 10 > sample.len()
}
