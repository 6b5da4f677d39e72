//! The laws of the loader: any bytes are parsed or rejected, and the result has valid places and can be serialized
//! again.

use naftiko_diagnostics::{FileId, SourceMap};
use naftiko_syntax::{
    Limits, Node, Quotes, Value, ambiguous_scalars, comments, decode, flow, parse, parse_bytes,
};

use super::places::{can_be_shown, lies_in};

/// Limits so small that documents made by a fuzzer exceed them.
const NARROW: Limits = Limits { bytes: 512, depth: 6, nodes: 40, alias_nodes: 20, exact_numbers: true };

/// Parses bytes, with the default limits and with narrow ones.
///
/// # Panics
/// If a law is broken.
pub fn hold(bytes: &[u8]) {
    read(bytes, &NARROW);
    let Some(root) = read(bytes, &Limits::default()) else { return };
    written_it_is_the_same(&root);
}

fn read(bytes: &[u8], limits: &Limits) -> Option<Node> {
    let mut sources = SourceMap::new();
    let (file, parsed) = parse_bytes("document.yaml", bytes, &mut sources, limits);
    can_be_shown(&parsed.diagnostics, &sources);
    assert!(parsed.root.is_some() || !parsed.diagnostics.is_empty(), "nothing is read and nothing is said");
    if let Some(root) = &parsed.root {
        nodes_lie_in_the_text(root, &sources);
        around_the_tree(root, file, &sources);
    }
    if let Ok(text) = decode(bytes) {
        assert_eq!(parse(text, file, limits), parsed, "the same text is read in two ways");
    }
    parsed.root
}

/// Every value lies in the text, and so does every part of a text.
fn nodes_lie_in_the_text(root: &Node, sources: &SourceMap) {
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        assert!(lies_in(node.span, sources), "{node:?}");
        match &node.value {
            Value::Sequence(items) => open.extend(items),
            Value::Mapping(mapping) => {
                for (key, entry) in mapping.iter() {
                    assert!(lies_in(entry.key_span, sources), "the key {key:?}: {entry:?}");
                    open.push(&entry.value);
                }
            }
            Value::String(text) => {
                let whole = node.span.range();
                let starts = text.as_str().char_indices().map(|(at, _)| at);
                for at in starts.take(100) {
                    let length = text.as_str()[at..].chars().next().map_or(0, char::len_utf8);
                    for range in [at..at, at..at + length, at..text.as_str().len(), 0..at] {
                        let part = text.locate(range.clone(), node.span);
                        let within = whole.start <= part.range().start && part.range().end <= whole.end;
                        assert!(within && lies_in(part, sources), "{range:?} of {node:?} is {part:?}");
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// The comments and ambiguous scalars have valid places too.
fn around_the_tree(root: &Node, file: FileId, sources: &SourceMap) {
    let text = sources.file(file).map_or("", |file| file.text());
    can_be_shown(&ambiguous_scalars(root, text, &[]), sources);
    let comments = comments(text, file);
    for comment in &comments {
        assert!(lies_in(comment.span, sources) && sources.text(comment.span).starts_with('#'), "{comment:?}");
    }
    assert!(comments.is_sorted_by_key(|comment| comment.span), "{comments:?}");
}

/// A tree serialized to one line parses to equal values.
fn written_it_is_the_same(root: &Node) {
    let value = root.to_json();
    for quotes in [Quotes::Plain, Quotes::Single, Quotes::Double] {
        // A long text alone could be taken for a key by the parser; inside a list it is a value.
        let line = flow(&serde_json::json!([value]), quotes);
        let file = SourceMap::new().add("", "");
        let limits = Limits { depth: usize::MAX, ..Limits::default() };
        let again = parse(&line, file, &limits);
        assert!(again.diagnostics.is_empty(), "{line} gives {:#?}", again.diagnostics);
        let again = again.root.map(|root| root.to_json());
        assert_eq!(again, Some(serde_json::json!([value])), "{line}");
    }
}
