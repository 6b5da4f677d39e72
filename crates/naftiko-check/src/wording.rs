//! Fixes in the words of a document to fixes in its bytes.
//!
//! The stages say what a scalar should read; whether that needs quotes or escapes depends on how it is written, which
//! only the text knows. What cannot be written where it should stand is no fix.

use std::collections::BTreeMap;

use naftiko_diagnostics::{Diagnostic, Edit, FileId, SourceMap, Wording};
use naftiko_syntax::{Layout, Limits, Node, parse};

/// Writes every fix in bytes.
pub(crate) fn settle(diagnostics: &mut [Diagnostic], sources: &SourceMap) {
    let mut trees: BTreeMap<FileId, Option<Node>> = BTreeMap::new();
    for diagnostic in diagnostics {
        let Some(fix) = &mut diagnostic.fix else { continue };
        let settled = fix.edits.iter().map(|edit| match edit.wording {
            Wording::Verbatim => Some(edit.clone()),
            Wording::Scalar => {
                let file = sources.file(edit.span.file)?;
                let tree = trees
                    .entry(edit.span.file)
                    .or_insert_with(|| parse(file.text(), edit.span.file, &Limits::default()).root);
                Layout::new(file.text(), tree.as_ref()?).reword(edit.span, &edit.replacement)
            }
        });
        match settled.collect::<Option<Vec<Edit>>>() {
            Some(edits) => fix.edits = edits,
            None => diagnostic.fix = None,
        }
    }
}
