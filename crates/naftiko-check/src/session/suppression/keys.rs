//! An index of the keys of a document by the places of their values.

use naftiko_diagnostics::{Span, work};
use naftiko_syntax::{Node, Value};

/// The values of a document in the order of the text, each with its key.
#[derive(Debug, Default)]
pub(crate) struct KeyIndex {
    values: Vec<KeyedValue>,
}

#[derive(Debug)]
struct KeyedValue {
    start: u32,
    end: u32,
    /// The key of a value in a mapping; an item of a list has none.
    key: Option<Span>,
    /// The index of the value that contains this one.
    parent: Option<usize>,
}

impl KeyIndex {
    /// Indexes a tree. An alias has no place of its own: its value is indexed at its anchor.
    pub(crate) fn new(root: &Node) -> Self {
        let mut index = Self::default();
        index.children(root, None);
        index
    }

    fn children(&mut self, node: &Node, parent: Option<usize>) {
        match &node.value {
            Value::Mapping(entries) => {
                for (_, entry) in entries.iter() {
                    if entry.value.span.start >= entry.key_span.end {
                        self.value(&entry.value, Some(entry.key_span), parent);
                    }
                }
            }
            Value::Sequence(items) => {
                for item in items.iter().filter(|item| item.span.start >= node.span.start) {
                    self.value(item, None, parent);
                }
            }
            _ => {}
        }
    }

    fn value(&mut self, node: &Node, key: Option<Span>, parent: Option<usize>) {
        work::add(1);
        // The value of an alias in a list starts before the values that are already indexed.
        if self.values.last().is_some_and(|last| last.start > node.span.start) {
            return;
        }
        let at = self.values.len();
        self.values.push(KeyedValue { start: node.span.start, end: node.span.end, key, parent });
        self.children(node, Some(at));
    }

    /// The key of the innermost value that contains `span`. `None` if that value is an item of a list: the key of the
    /// list does not count.
    pub(crate) fn key_of(&self, span: Span) -> Option<Span> {
        let after = self.values.partition_point(|value| value.start <= span.start);
        let mut at = after.checked_sub(1);
        while let Some(value) = at.and_then(|at| self.values.get(at)) {
            work::add(1);
            if span.end <= value.end {
                return value.key;
            }
            at = value.parent;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use naftiko_diagnostics::SourceMap;
    use naftiko_syntax::{Limits, parse};

    use super::*;

    /// The key that the last `word` of a text belongs to.
    fn key_of(text: &str, word: &str) -> Option<String> {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", text);
        let root = parse(text, file, &Limits::default()).root.unwrap();
        let at = text.rfind(word).unwrap();
        let key = KeyIndex::new(&root).key_of(Span::new(file, at..at + word.len()));
        key.map(|key| sources.text(key).to_owned())
    }

    #[test]
    fn a_place_belongs_to_the_innermost_key_or_to_the_item_around_it() {
        let text = "a: {b: one, c: [two, {d: three}]}\ne: |\n  four\n  five\nf: &x {g: six}\nh: *x\ni: [*x, seven]\n";
        for (word, expected) in [
            ("one", Some("b")),
            ("two", None),
            ("three", Some("d")),
            ("five", Some("e")),
            ("six", Some("g")),
            ("seven", None),
            ("*x, seven", Some("i")),
            ("e:", None),
        ] {
            assert_eq!(key_of(text, word).as_deref(), expected, "{word}");
        }
    }

    #[test]
    fn a_key_is_found_without_walking_through_its_neighbors() {
        let steps = |count: usize| {
            let lines: Vec<String> = (0..count).map(|at| format!("k{at}: {{a: [v]}}\n")).collect();
            let text = lines.concat();
            let mut sources = SourceMap::new();
            let file = sources.add("a.yaml", text.as_str());
            let root = parse(&text, file, &Limits::default()).root.unwrap();
            let index = KeyIndex::new(&root);
            work::count(|| {
                for (at, _) in text.match_indices('v') {
                    assert!(index.key_of(Span::new(file, at..at + 1)).is_none());
                }
            })
            .1
        };
        assert_eq!(steps(2_000), steps(1_000) * 2);
    }
}
