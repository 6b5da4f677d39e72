//! Converts fixes in terms of scalars into fixes in terms of bytes.
//!
//! The stages propose the new value of a scalar; its quotes and escapes depend on how the scalar is written, which
//! only the text shows. A fix that cannot be written at its place is dropped.

use std::collections::BTreeMap;

use naftiko_diagnostics::{Diagnostic, Edit, FileId, SourceMap, Span, Wording};
use naftiko_syntax::{Layout, Limits, apply, parse};

/// Converts every fix to bytes.
pub(crate) fn settle(diagnostics: &mut [Diagnostic], sources: &SourceMap) {
    let mut layouts: BTreeMap<FileId, Option<Layout<'_>>> = BTreeMap::new();
    for diagnostic in diagnostics {
        let Some(fix) = &mut diagnostic.fix else { continue };
        let settled = fix.edits.iter().map(|edit| match edit.wording {
            Wording::Verbatim => Some(edit.clone()),
            Wording::Scalar => {
                let file = sources.file(edit.span.file)?;
                let layout = layouts.entry(edit.span.file).or_insert_with(|| {
                    let root = parse(file.text(), edit.span.file, &Limits::default()).root?;
                    Some(Layout::new(file.text(), &root))
                });
                layout.as_ref()?.reword(edit.span, &edit.replacement)
            }
        });
        match settled.collect::<Option<Vec<Edit>>>() {
            Some(edits) => fix.edits = on_a_line(&edits, sources).map_or(edits, |edit| vec![edit]),
            None => diagnostic.fix = None,
        }
    }
}

/// Merges several edits on one line into one, which is easier to show: for example the quotes around a value, with
/// the value.
fn on_a_line(edits: &[Edit], sources: &SourceMap) -> Option<Edit> {
    let start = edits.iter().map(|edit| edit.span).min()?;
    let end = edits.iter().map(|edit| edit.span.end).max()?;
    let whole = Span { end, ..start };
    let text = sources.text(whole);
    if edits.len() < 2 || edits.iter().any(|edit| edit.span.file != whole.file) || text.contains(['\n', '\r'])
    {
        return None;
    }
    let shifted: Option<Vec<Edit>> = edits
        .iter()
        .map(|edit| {
            let span = Span {
                start: edit.span.start.checked_sub(whole.start)?,
                end: edit.span.end.checked_sub(whole.start)?,
                ..edit.span
            };
            Some(Edit { span, ..edit.clone() })
        })
        .collect();
    Some(Edit::new(whole, apply(text, &shifted?).ok()?))
}
