//! The syntax tree.

use std::ops::Range;

use indexmap::IndexMap;
use naftiko_diagnostics::{Span, Spanned};
use serde_json::Number;

/// A value with its position.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The bytes of the value, including its quotes or brackets, but without anchors, tags and comments before it.
    pub span: Span,
    /// The value.
    pub value: Value,
}

/// The values of JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number that JSON can represent.
    Number(Number),
    /// Any other scalar.
    String(Text),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping with text keys.
    Mapping(Mapping),
}

/// The text of a scalar, and the bytes of the file that its parts come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    value: String,
    /// Pairs of (offset in `value`, offset in the file), from each of which the two run in parallel up to the next
    /// pair; empty if no part of the value can be located in the file. If the file has bytes without a counterpart,
    /// such as indentation, two pairs have one offset in `value`: the start and the end of these bytes.
    anchors: Vec<(u32, u32)>,
}

/// A mapping in document order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    entries: IndexMap<String, Entry>,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The bytes of the key.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// The key or the value of a mapping entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The key, if there is one; a list item has only a value.
    Key,
    /// The value.
    Value,
}

impl Text {
    /// A text located in the file by `anchors`: ascending pairs of (offset in the value, offset in the file), from each
    /// of which the two run in parallel up to the next pair. Two pairs with one offset in the value are the ends of a
    /// stretch of the file without a counterpart.
    pub fn new(value: String, anchors: Vec<(u32, u32)>) -> Self {
        Self { value, anchors }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// The bytes in the file for a byte range of the text; `whole` (the span of the scalar) if they cannot be
    /// determined.
    pub fn locate(&self, range: Range<usize>, whole: Span) -> Span {
        let start = self.start_of(range.start);
        let end = if range.end > range.start { self.end_of(range.end) } else { start };
        // The last line break of a block scalar is beyond its span.
        let limit = whole.range().end;
        match (start, end) {
            (Some(start), Some(end)) if start <= end && start <= limit => {
                Span::new(whole.file, start..end.min(limit))
            }
            _ => whole,
        }
    }

    /// The position in the file at which the byte at `offset` starts.
    fn start_of(&self, offset: usize) -> Option<usize> {
        let after = self.anchors.partition_point(|&(value, _)| value as usize <= offset);
        beyond(*self.anchors.get(after.checked_sub(1)?)?, offset)
    }

    /// The position in the file at which the byte before `offset` ends.
    fn end_of(&self, offset: usize) -> Option<usize> {
        let from = self.anchors.partition_point(|&(value, _)| (value as usize) < offset);
        match self.anchors.get(from) {
            Some(&(value, file)) if value as usize == offset => Some(file as usize),
            _ => beyond(*self.anchors.get(from.checked_sub(1)?)?, offset),
        }
    }

    /// The approximate memory of the text in bytes.
    pub(crate) fn weight(&self) -> usize {
        self.value.len() + self.anchors.len() * size_of::<(u32, u32)>()
    }
}

/// The position of `offset` in the file, within the run that starts at an anchor.
fn beyond((value, file): (u32, u32), offset: usize) -> Option<usize> {
    Some(file as usize + offset.checked_sub(value as usize)?)
}

impl Mapping {
    /// An empty mapping.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry. If the key exists, its entry remains and the new one is returned.
    pub fn insert(&mut self, key: String, entry: Entry) -> Option<Entry> {
        match self.entries.entry(key) {
            indexmap::map::Entry::Occupied(_) => Some(entry),
            indexmap::map::Entry::Vacant(vacant) => {
                vacant.insert(entry);
                None
            }
        }
    }

    /// The entry with this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// The value at this key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    /// Keys and entries in document order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(key, entry)| (key.as_str(), entry))
    }

    /// Mutable values in document order.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        self.entries.values_mut().map(|entry| &mut entry.value)
    }

    /// Keys and mutable values in document order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Node)> {
        self.entries.iter_mut().map(|(key, entry)| (key.as_str(), &mut entry.value))
    }

    /// The value of the entry at position `index`.
    pub(crate) fn value_at(&self, index: usize) -> Option<&Node> {
        self.entries.get_index(index).map(|(_, entry)| &entry.value)
    }

    /// Removes the last entry if its value satisfies `wanted`.
    pub(crate) fn remove_last_if(&mut self, wanted: impl FnOnce(&Node) -> bool) {
        if self.entries.last().is_some_and(|(_, entry)| wanted(&entry.value)) {
            self.entries.pop();
        }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Node {
    /// The value at a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_mapping()?.get(key)
    }

    /// The entry with a key, if this is a mapping that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_mapping()?.entry(key)
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The text with its position, if this is a string.
    pub fn as_spanned_string(&self) -> Option<Spanned<String>> {
        self.as_str().map(|text| Spanned::new(text.to_owned(), self.span))
    }

    /// The value, if this is a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The items, if this is a list.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The mapping, if this is one.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            Value::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The value without its positions.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(number.clone()),
            Value::String(text) => Json::String(text.value.clone()),
            Value::Sequence(items) => items.iter().map(Node::to_json).collect(),
            Value::Mapping(mapping) => mapping
                .iter()
                .map(|(key, entry)| (key.to_owned(), entry.value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    /// The node at a JSON pointer (RFC 6901).
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        pointer_tokens(pointer)?.try_fold(self, |node, token| node.child(&token))
    }

    /// The bytes at a JSON pointer: of the key or of the value. A list item has no key, so its value is used.
    pub fn span_at(&self, pointer: &str, place: Place) -> Option<Span> {
        let (parent, last) = match pointer.rsplit_once('/') {
            Some((parent, _)) => (self.pointer(parent)?, pointer_tokens(pointer)?.last()?),
            None => return pointer.is_empty().then_some(self.span),
        };
        match (place, parent.entry(&last)) {
            (Place::Key, Some(entry)) => Some(entry.key_span),
            _ => parent.child(&last).map(|child| child.span),
        }
    }

    /// The type in words, as in JSON Schema: `a string`, `a list`, …
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// The child at position `index`.
    pub(crate) fn at(&self, index: usize) -> Option<&Node> {
        match &self.value {
            Value::Sequence(items) => items.get(index),
            Value::Mapping(mapping) => mapping.value_at(index),
            _ => None,
        }
    }

    fn child(&self, token: &str) -> Option<&Node> {
        match &self.value {
            Value::Mapping(mapping) => mapping.get(token),
            Value::Sequence(items) => items.get(list_index(token)?),
            _ => None,
        }
    }
}

/// The unescaped tokens of a JSON pointer; `None` if it does not start with `/`.
fn pointer_tokens(pointer: &str) -> Option<impl Iterator<Item = String>> {
    let rest = match pointer.strip_prefix('/') {
        Some(rest) => Some(rest),
        None if pointer.is_empty() => None,
        None => return None,
    };
    Some(
        rest.into_iter()
            .flat_map(|rest| rest.split('/'))
            .map(|token| token.replace("~1", "/").replace("~0", "~")),
    )
}

/// The list index of a token: digits without a leading zero.
fn list_index(token: &str) -> Option<usize> {
    let is_plain = token == "0" || !token.starts_with(['0', '+']);
    is_plain.then(|| token.parse().ok()).flatten()
}
