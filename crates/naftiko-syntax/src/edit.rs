//! Applies edits to a text, and leaves every other byte unchanged.

use std::fmt;

use naftiko_diagnostics::{Edit, Span};

/// The reason why edits cannot be applied; none is applied then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditError {
    /// An edit is outside the text, or splits a character.
    OutOfRange(Span),
    /// An edit starts before another one has ended.
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

/// The text with all edits applied. Insertions at one position retain their order, and come before a replacement of the
/// bytes after them.
///
/// # Errors
/// If two edits overlap, or one is outside the text.
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
