//! Fingerprints: they identify a finding across versions of a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use naftiko_diagnostics::{Diagnostic, SourceMap};
use sha2::{Digest, Sha256};

use super::uri;

/// Computes the fingerprints of the findings of one log. The order of the calls matters.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    /// The number of findings so far for each key.
    given: BTreeMap<String, usize>,
}

impl Fingerprints {
    /// Hashes the code, the file, the text of the line without its indentation, and the number of earlier findings with
    /// these three in common. The line number is left out, because lines shift.
    pub(super) fn of(&mut self, found: &Diagnostic, sources: &SourceMap) -> String {
        let span = found.primary.span;
        let (name, line) = match sources.file(span.file) {
            Some(file) => (uri::of(file.name()), line(file.text(), span.range().start)),
            None => (String::new(), ""),
        };
        // No part of the key holds a line break, so the keys are unambiguous.
        let key = format!("{}\n{name}\n{}", found.code.id, line.trim());
        let before = self.given.entry(key.clone()).or_default();
        let text = format!("{key}\n{before}");
        *before += 1;
        // 64 bits are enough to distinguish the findings of one repository.
        let mut hex = String::new();
        for byte in Sha256::digest(text).iter().take(8) {
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }
}

/// The line that contains an offset.
fn line(text: &str, offset: usize) -> &str {
    let before = text.get(..offset).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    text.get(start..).unwrap_or_default().lines().next().unwrap_or_default()
}
