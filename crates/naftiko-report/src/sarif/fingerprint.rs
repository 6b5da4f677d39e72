//! Fingerprints: they identify a finding across versions of a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use naftiko_diagnostics::{Diagnostic, FileId, SourceFile, SourceMap, Span};
use sha2::{Digest, Sha256};

use super::uri;

/// Computes the fingerprints of the findings of one log. The order of the calls matters.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    /// The number of findings so far for each key.
    given: BTreeMap<String, usize>,
    /// The long lines, by their files and their numbers.
    long: BTreeMap<(FileId, usize), String>,
}

/// The longest line that is taken as it is; of a longer one, which can have many findings, the hash is.
const LONGEST_LINE: usize = 4_096;

impl Fingerprints {
    /// Hashes the code, the file, the text of the line without its indentation, and the number of earlier findings with
    /// these three in common. The line number is left out, because lines shift.
    pub(super) fn of(&mut self, found: &Diagnostic, sources: &SourceMap) -> String {
        let span = found.primary.span;
        let (name, line) = match sources.file(span.file) {
            Some(file) => (uri::of(file.name()), self.line(file, span)),
            None => (String::new(), String::new()),
        };
        // No part of the key holds a line break, so the keys are unambiguous.
        let key = format!("{}\n{name}\n{line}", found.code.id);
        let before = self.given.entry(key.clone()).or_default();
        let text = format!("{key}\n{before}");
        *before += 1;
        hash(&text)
    }

    /// The text of the line that a place begins in, without its indentation.
    fn line(&mut self, file: &SourceFile, place: Span) -> String {
        let number = file.line_column(place.range().start).line;
        if let Some(known) = self.long.get(&(place.file, number)) {
            return known.clone();
        }
        let line = line(file.text(), place.range().start).trim();
        if line.len() <= LONGEST_LINE {
            return line.to_owned();
        }
        self.long.entry((place.file, number)).or_insert_with(|| hash(line)).clone()
    }
}

/// 64 bits of a hash, which tell the findings of one repository apart.
fn hash(text: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text).iter().take(8) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// The line that contains an offset.
fn line(text: &str, offset: usize) -> &str {
    let before = text.get(..offset).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    text.get(start..).unwrap_or_default().lines().next().unwrap_or_default()
}
