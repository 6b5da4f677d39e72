//! Every reported place can be shown: it lies in its file, on the boundaries of characters.

use naftiko_diagnostics::{Diagnostic, SourceMap, Span};

/// Checks the places of findings, and of the fixes they offer, against their files.
///
/// # Panics
/// If one of them cannot be shown.
pub fn can_be_shown<'a>(found: impl IntoIterator<Item = &'a Diagnostic>, sources: &SourceMap) {
    for diagnostic in found {
        let related = diagnostic.related.iter().map(|label| label.span);
        let edits = diagnostic.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in std::iter::once(diagnostic.primary.span).chain(related).chain(edits) {
            assert!(lies_in(span, sources), "{} speaks of {span:?}: {diagnostic:#?}", diagnostic.code.id);
        }
    }
}

/// Whether a place lies in its file; it may be empty.
pub fn lies_in(span: Span, sources: &SourceMap) -> bool {
    sources.file(span.file).is_some_and(|file| file.text().get(span.range()).is_some())
}
