//! What makes a finding the same finding in another version of the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use naftiko_diagnostics::{Diagnostic, SourceMap};
use sha2::{Digest, Sha256};

use super::uri;

/// Fingerprints of the findings of one log, in their order.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    /// How often each was given.
    given: BTreeMap<String, usize>,
}

impl Fingerprints {
    /// The hash of the code, the file, the text of the line without its indentation, and how many findings before it
    /// have the same of all three. The number of the line is not in it: lines shift.
    pub(super) fn of(&mut self, found: &Diagnostic, sources: &SourceMap) -> String {
        let span = found.primary.span;
        let (name, line) = match sources.file(span.file) {
            Some(file) => (uri::of(file.name()), line(file.text(), span.range().start)),
            None => (String::new(), ""),
        };
        // What stands in a line holds no line break, so no two keys read the same.
        let key = format!("{}\n{name}\n{}", found.code.id, line.trim());
        let before = self.given.entry(key.clone()).or_default();
        let text = format!("{key}\n{before}");
        *before += 1;
        // 64 bits tell the findings of one repository apart.
        let mut hex = String::new();
        for byte in Sha256::digest(text).iter().take(8) {
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }
}

/// The line that an offset is in.
fn line(text: &str, offset: usize) -> &str {
    let before = text.get(..offset).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    text.get(start..).unwrap_or_default().lines().next().unwrap_or_default()
}
