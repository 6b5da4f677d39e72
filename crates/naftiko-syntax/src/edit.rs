//! Edits of a text: what they do not touch stays as it is, byte for byte.

use std::fmt;

use naftiko_diagnostics::{Edit, Span};

/// Why edits cannot be made. Then none is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditError {
    /// An edit lies outside of the text, or inside of a character.
    OutOfRange(Span),
    /// An edit begins where another has not ended.
    Overlap(Span),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange(span) => write!(f, "an edit at byte {} lies outside of the text", span.start),
            Self::Overlap(span) => write!(f, "an edit at byte {} overlaps another", span.start),
        }
    }
}

impl std::error::Error for EditError {}

/// The text with all edits made. Insertions at one place stand in the order they are given, before what replaces the
/// bytes behind them.
///
/// # Errors
/// If two edits overlap, or one is not of this text.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in sorted {
        let range = edit.span.range();
        if text.get(range.clone()).is_none() {
            return Err(EditError::OutOfRange(edit.span));
        }
        let kept = text.get(at..range.start).ok_or(EditError::Overlap(edit.span))?;
        out.push_str(kept);
        out.push_str(&edit.replacement);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Ok(out)
}
