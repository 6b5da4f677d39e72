//! Changes in the author's style: with the quotes, style and indentation of the surrounding text.
//!
//! Everything here returns [`Edit`]s over the spans of a tree and changes nothing itself. If the surrounding style
//! cannot be continued (an explicit `? key`, tabs, a pair in brackets), there is no edit.

mod places;

use std::ops::Range;

use naftiko_diagnostics::{Edit, Span};
use serde_json::{Map, Value as Json};

use self::places::{Found, Places};
use crate::lines;
use crate::tree::{Entry, Mapping, Node, Value};
use crate::write::{self, Quotes, Site, Unescaped};

/// A tree and its source text.
#[derive(Debug, Clone)]
pub struct Layout<'a> {
    text: &'a str,
    places: Places,
    line_break: &'a str,
}

impl<'a> Layout<'a> {
    /// The indentation, in spaces, of a mapping that starts on the line below its key.
    pub const INDENT: usize = 2;

    /// Pairs `root` with its source `text`.
    pub fn new(text: &'a str, root: &Node) -> Self {
        let end = lines::line_end(text, 0);
        let first = lines::slice(text, end..end + lines::break_length(text, end));
        let line_break = if first.is_empty() { "\n" } else { first };
        Self { text, places: Places::new(text, root), line_break }
    }

    /// Replaces `span`, a scalar or a part of one, by `words`. The scalar retains its quotes if they can hold the
    /// words; a plain one is quoted if it would be read differently. `None` if there is no scalar.
    pub fn reword(&self, span: Span, words: &str) -> Option<Edit> {
        let found = self.places.scalar_at(span)?;
        let whole = lines::slice(self.text, found.span.range());
        let unescaped = Unescaped::of(whole);
        if found.span == span {
            return Some(Edit::new(span, write::replaced(words, quotes_of(whole), found.site, &unescaped)));
        }
        let inside = match whole.as_bytes().first() {
            Some(b'\'') if unescaped.permits_all_of(words) => write::single_quoted(words),
            Some(b'"') => write::double_quoted(words, &unescaped),
            Some(b'|' | b'>') if unescaped.permits_all_of(words) => words.to_owned(),
            Some(b'\'' | b'|' | b'>') => return None,
            _ => return self.reword_plain(found, span, words),
        };
        Some(Edit::new(span, inside))
    }

    /// Replaces a part of a plain scalar, the rest of which may require quotes as a result.
    fn reword_plain(&self, found: Found, span: Span, words: &str) -> Option<Edit> {
        let before = self.text.get(found.span.range().start..span.range().start)?;
        let after = self.text.get(span.range().end..found.span.range().end)?;
        let whole = format!("{before}{words}{after}");
        // A plain scalar of several lines is checked as one line; its other lines remain unchanged.
        let probe: String = whole.split_whitespace().collect::<Vec<_>>().join(" ");
        let one_line = if whole.contains(['\n', '\r']) { probe } else { whole };
        let unescaped = Unescaped::of(lines::slice(self.text, found.span.range()));
        if unescaped.permits_all_of(words) && write::stands_plain(&one_line, found.site) {
            return Some(Edit::new(span, words));
        }
        Some(Edit::new(found.span, write::replaced(&one_line, Quotes::Plain, found.site, &unescaped)))
    }

    /// Renames a key, with its quotes unchanged.
    pub fn rename(&self, entry: &Entry, name: &str) -> Edit {
        let found = self.places.scalar_at(entry.key_span);
        let site = found.map_or(Site { flow: true, key: true }, |found| found.site);
        let written = lines::slice(self.text, entry.key_span.range());
        Edit::new(entry.key_span, write::replaced(name, quotes_of(written), site, &Unescaped::of(written)))
    }

    /// Adds entries after the last one of a mapping: on lines of their own, or in its braces.
    pub fn append(&self, mapping: &Node, new: &Map<String, Json>) -> Option<Vec<Edit>> {
        let last = mapping.as_mapping()?.len().saturating_sub(1);
        self.insert_behind(mapping, last, new)
    }

    /// Adds entries after the one at a position.
    pub fn insert_behind(
        &self,
        mapping: &Node,
        position: usize,
        new: &Map<String, Json>,
    ) -> Option<Vec<Edit>> {
        let entries = mapping.as_mapping()?;
        if new.is_empty() {
            return Some(Vec::new());
        }
        if self.has_braces(mapping) {
            return Some(self.insert_in_braces(mapping, entries, position, new));
        }
        // A pair without braces in brackets cannot have a second entry.
        if self.places.is_in_flow(mapping.span) {
            return None;
        }
        let column = self.column(mapping)?;
        let (_, before) = entries.iter().nth(position)?;
        let at = self.line_end(self.end(before));
        let lines = new.iter().map(|(key, value)| self.lines(key, value, column, self.key_quotes(entries)));
        Some(vec![self.insert(mapping, at, lines.collect::<String>())])
    }

    /// The lines of an entry at a column, each preceded by a line break.
    pub fn lines(&self, key: &str, value: &Json, column: usize, quotes: Quotes) -> String {
        let site = |key| Site { flow: false, key };
        let start =
            format!("{}{}{}", self.line_break(), " ".repeat(column), write::scalar(key, quotes, site(true)));
        match value {
            Json::Object(fields) if !fields.is_empty() => {
                let inner =
                    fields.iter().map(|(key, value)| self.lines(key, value, column + Self::INDENT, quotes));
                format!("{start}:{}", inner.collect::<String>())
            }
            Json::String(text) => format!("{start}: {}", write::scalar(text, Quotes::Plain, site(false))),
            other => format!("{start}: {}", write::flow(other, Quotes::Plain)),
        }
    }

    /// An entry for a mapping in braces; texts are double-quoted if keys are.
    pub fn pair(&self, key: &str, value: &Json, quotes: Quotes) -> String {
        let values = if quotes == Quotes::Double { Quotes::Double } else { Quotes::Plain };
        let key = write::scalar(key, quotes, Site { flow: true, key: true });
        format!("{key}: {}", write::flow(value, values))
    }

    /// Indents every line that starts in a range and is not empty.
    pub fn indent(&self, node: &Node, range: Range<usize>) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut line = lines::next_line(self.text, range.start);
        while let Some(start) = line.filter(|start| *start < range.end) {
            if lines::byte(self.text, start).is_some_and(|byte| !lines::is_break(byte)) {
                edits.push(self.insert(node, start, " ".repeat(Self::INDENT)));
            }
            line = lines::next_line(self.text, start);
        }
        edits
    }

    /// The end of the line that contains `at`.
    pub fn line_end(&self, at: usize) -> usize {
        lines::line_end(self.text, at)
    }

    /// The start of a key's line, or of the first of the comments directly above it that come after `after`.
    pub fn start_with_remarks(&self, entry: &Entry, after: usize) -> usize {
        let mut start = lines::line_start(self.text, entry.key_span.range().start);
        while start > 0 {
            let above = lines::line_start(self.text, start - lines::break_before(self.text, start));
            let line = lines::slice(self.text, above..start).trim_start();
            if above <= after || !line.starts_with('#') {
                break;
            }
            start = above;
        }
        start
    }

    /// The text of a range.
    pub fn slice(&self, range: Range<usize>) -> &'a str {
        lines::slice(self.text, range)
    }

    /// Removes an entry, with its line or its comma, from a mapping of several. Comments on lines of their own remain.
    /// `None` if the entry shares its first line with a dash.
    pub fn remove(&self, mapping: &Node, key: &str) -> Option<Edit> {
        let entries = mapping.as_mapping()?;
        let position = entries.iter().position(|(name, _)| name == key)?;
        let entry = entries.entry(key)?;
        let start = entry.key_span.range().start;
        let neighbour = |index: usize| entries.iter().nth(index).map(|(_, entry)| entry);
        if self.has_braces(mapping) {
            let range = match (neighbour(position + 1), position.checked_sub(1).and_then(neighbour)) {
                (Some(next), _) => start..next.key_span.range().start,
                (None, Some(before)) => self.end(before)..self.end(entry),
                (None, None) => start..self.end(entry),
            };
            let has_comment = lines::slice(self.text, range.clone()).contains('#');
            return (!has_comment).then(|| Edit::new(Span::new(mapping.span.file, range), ""));
        }
        if entries.len() < 2 || self.places.is_in_flow(mapping.span) {
            return None;
        }
        let line = lines::line_start(self.text, start);
        let alone = lines::slice(self.text, line..start).bytes().all(|byte| byte == b' ');
        // Blank lines after the entry would become part of the value before it, if that is a block scalar that retains
        // them.
        let keeps =
            position.checked_sub(1).and_then(neighbour).is_some_and(|it| self.keeps_blank_lines(&it.value));
        let end = self.end(entry);
        let end = if keeps { self.behind_blank_lines(end) } else { end };
        let end = lines::next_line(self.text, end).unwrap_or(self.text.len());
        alone.then(|| Edit::new(Span::new(mapping.span.file, line..end), ""))
    }

    /// The column of the keys of a mapping without braces; `None` if the keys are not on lines of their own.
    pub fn column(&self, mapping: &Node) -> Option<usize> {
        let (_, first) = mapping.as_mapping()?.iter().next()?;
        let start = first.key_span.range().start;
        let before = lines::slice(self.text, lines::line_start(self.text, start)..start);
        before.bytes().all(|byte| matches!(byte, b' ' | b'-')).then_some(before.len())
    }

    /// Whether a list or mapping has brackets or braces.
    pub fn has_braces(&self, node: &Node) -> bool {
        has_braces(self.text, node)
    }

    /// The end of an entry: that of its value, or of the alias in its place.
    pub fn end(&self, entry: &Entry) -> usize {
        let key_end = entry.key_span.range().end;
        let value = entry.value.span.range();
        if value.start < key_end {
            // The span of the value is that of its anchor; the alias is on the line of the key.
            let line = lines::slice(self.text, key_end..lines::line_end(self.text, key_end));
            let alias = line.find('*').unwrap_or_default();
            let rest = line.get(alias..).unwrap_or_default();
            let ends = |c: char| c.is_whitespace() || matches!(c, ',' | '}' | ']');
            return key_end + alias + rest.find(ends).unwrap_or(rest.len());
        }
        if self.keeps_blank_lines(&entry.value) { self.behind_blank_lines(value.end) } else { value.end }
    }

    /// The end of the last blank line after the line of a position, or the position itself.
    fn behind_blank_lines(&self, at: usize) -> usize {
        let mut end = at;
        while let Some(next) = lines::next_line(self.text, end) {
            let blank = next + lines::indentation(self.text, next);
            if lines::byte(self.text, blank).is_none_or(|byte| !lines::is_break(byte)) {
                break;
            }
            end = blank;
        }
        end
    }

    /// The quotes for a new key: those of the mapping's last key.
    pub fn key_quotes(&self, entries: &Mapping) -> Quotes {
        let last = entries.iter().last().map(|(_, entry)| lines::slice(self.text, entry.key_span.range()));
        last.map_or(Quotes::Plain, quotes_of)
    }

    /// An insertion into the text of a node.
    pub fn insert(&self, node: &Node, at: usize, text: impl Into<String>) -> Edit {
        Edit::new(Span::new(node.span.file, at..at), text)
    }

    /// The line break of this text.
    pub fn line_break(&self) -> &'a str {
        self.line_break
    }

    fn insert_in_braces(
        &self,
        mapping: &Node,
        entries: &Mapping,
        position: usize,
        new: &Map<String, Json>,
    ) -> Vec<Edit> {
        let quotes = self.key_quotes(entries);
        let pairs: Vec<String> = new.iter().map(|(key, value)| self.pair(key, value, quotes)).collect();
        let Some((_, last)) = entries.iter().nth(position) else {
            return vec![self.insert(mapping, mapping.span.range().start + 1, pairs.join(", "))];
        };
        let start = last.key_span.range().start;
        let line = lines::slice(self.text, lines::line_start(self.text, start)..start);
        let own_line = line.bytes().all(|byte| byte == b' ') && lines::line_start(self.text, start) > 0;
        let end = self.end(last);
        if !own_line || position + 1 < entries.len() {
            return vec![self.insert(mapping, end, format!(", {}", pairs.join(", ")))];
        }
        let behind = end + lines::count(self.text, end, |byte| byte.is_ascii_whitespace());
        let separator = format!(",{}{line}", self.line_break());
        let next_lines = format!("{}{line}{}", self.line_break(), pairs.join(&separator));
        if lines::byte(self.text, behind) == Some(b',') {
            let at = behind + 1;
            return vec![self.insert(mapping, self.comment_end(at), format!("{next_lines},"))];
        }
        // The comma goes after the value, and the new entry after a comment that may follow.
        let line_end = self.comment_end(end);
        if line_end == end {
            return vec![self.insert(mapping, end, format!(",{next_lines}"))];
        }
        vec![self.insert(mapping, end, ","), self.insert(mapping, line_end, next_lines)]
    }

    /// The end of the line if only a comment follows, otherwise the position itself.
    fn comment_end(&self, at: usize) -> usize {
        let end = lines::line_end(self.text, at);
        let rest = lines::slice(self.text, at..end).trim_start();
        if rest.starts_with('#') { end } else { at }
    }

    /// Whether a value ends with a block scalar that retains the blank lines after it.
    fn keeps_blank_lines(&self, node: &Node) -> bool {
        let mut node = node;
        loop {
            let last = match &node.value {
                Value::Mapping(entries) => entries.iter().last().map(|(_, entry)| &entry.value),
                Value::Sequence(items) => items.last(),
                _ => {
                    let start = node.span.range().start;
                    let header = lines::slice(self.text, start..lines::line_end(self.text, start));
                    let header = header.split('#').next().unwrap_or_default();
                    return header.starts_with(['|', '>']) && header.contains('+');
                }
            };
            match last {
                Some(last) => node = last,
                None => return false,
            }
        }
    }
}

fn has_braces(text: &str, node: &Node) -> bool {
    matches!(lines::byte(text, node.span.range().start), Some(b'{' | b'['))
        && matches!(node.value, Value::Mapping(_) | Value::Sequence(_))
}

/// The quotes of a scalar; a block scalar has none, and its replacement gets those it needs.
fn quotes_of(written: &str) -> Quotes {
    match written.as_bytes().first() {
        Some(b'\'') => Quotes::Single,
        Some(b'"') => Quotes::Double,
        _ => Quotes::Plain,
    }
}
