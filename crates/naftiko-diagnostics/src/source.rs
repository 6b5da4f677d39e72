//! Source files and positions in them.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::work;

/// A file of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(u32);

/// A range of bytes in one file. `start..end`, both on character boundaries, `end` excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The bytes `range` of `file`. Offsets beyond 4 GiB are clamped; such documents are rejected elsewhere.
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { file, start: clamp(range.start), end: clamp(range.end.max(range.start)) }
    }

    /// The offsets as the index type of strings.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value and its source position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// The position.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Creates a value with its position.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// One text that diagnostics point into.
#[derive(Debug, Clone)]
pub struct SourceFile {
    name: String,
    text: Arc<str>,
    line_starts: Vec<u32>,
    /// The number of characters that start before each [`STRIDE`] of bytes; empty if all characters are single bytes.
    /// Without this table, a column would be counted from the start of its line.
    characters: Vec<u32>,
}

/// The number of bytes between two entries of the table.
const STRIDE: usize = 512;

impl SourceFile {
    fn new(name: String, text: Arc<str>) -> Self {
        let starts = text.match_indices('\n').filter_map(|(at, _)| u32::try_from(at + 1).ok());
        let line_starts = std::iter::once(0).chain(starts).collect();
        let characters = if text.is_ascii() { Vec::new() } else { counts(&text) };
        Self { name, text, line_starts, characters }
    }

    /// The name shown to people: the path as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Line and column of a byte offset. Offsets past the end count as the end.
    pub fn line_column(&self, offset: usize) -> LineColumn {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_starts.partition_point(|&start| start as usize <= offset);
        let start = self.line_starts.get(line - 1).map_or(0, |&start| start as usize);
        let column = self.characters_before(offset) - self.characters_before(start) + 1;
        LineColumn { line, column }
    }

    /// The number of characters that start before an offset.
    fn characters_before(&self, offset: usize) -> usize {
        if self.characters.is_empty() {
            return offset;
        }
        let stride = offset / STRIDE;
        let counted = self.characters.get(stride).map_or(0, |&count| count as usize);
        let rest = self.text.as_bytes().get(stride * STRIDE..offset).unwrap_or_default();
        work::add(rest.len());
        counted + begun(rest)
    }
}

/// The number of characters that start before each [`STRIDE`] of bytes.
fn counts(text: &str) -> Vec<u32> {
    let mut before = 0;
    let mut counts = vec![0];
    for stride in text.as_bytes().chunks(STRIDE) {
        before += begun(stride);
        counts.push(u32::try_from(before).unwrap_or(u32::MAX));
    }
    counts
}

/// The number of characters that start in a part of a text.
fn begun(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

/// A position for people: line and column from 1, the column in Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// All files that were read, in order.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text under the name shown to people.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile::new(name.into(), text.into()));
        id
    }

    /// The file with this id.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files in the order they were added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0..).map(FileId).zip(&self.files)
    }

    /// The text at `span`; empty for a span of another map.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).and_then(|file| file.text.get(span.range())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let mut map = SourceMap::new();
        let id = map.add("a.yaml", "é: x\nb: y\n");
        let file = map.file(id).unwrap();
        assert_eq!(file.line_column(0), LineColumn { line: 1, column: 1 });
        assert_eq!(file.line_column(2), LineColumn { line: 1, column: 2 });
        assert_eq!(file.line_column(6), LineColumn { line: 2, column: 1 });
        assert_eq!(file.line_column(9999), LineColumn { line: 3, column: 1 });
        assert_eq!(map.text(Span::new(id, 6..7)), "b");
    }

    #[test]
    fn a_column_of_a_long_line_is_not_counted_from_its_start() {
        let text = format!(
            "a: {}x
b",
            "é".repeat(100_000)
        );
        let mut map = SourceMap::new();
        let id = map.add("a.yaml", text.as_str());
        let file = map.file(id).unwrap();
        for at in [0, 1, 255, 256, 511, 99_999] {
            let place = file.line_column(3 + 2 * at);
            assert_eq!(place, LineColumn { line: 1, column: 4 + at });
        }
        assert_eq!(file.line_column(text.len()), LineColumn { line: 2, column: 2 });
        let (_, steps) = work::count(|| file.line_column(200_000));
        assert!(steps <= 2 * STRIDE as u64, "{steps}");
    }
}
