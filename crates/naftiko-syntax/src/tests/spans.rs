//! The byte range of every node.

use std::ops::Range;

use crate::{Limits, Node, Place, Value, parse, parse_bytes};
use naftiko_diagnostics::SourceMap;
use proptest::prelude::*;

use crate::tests::render::read;

const DOCUMENT: &str = "\
# comment
name: 'a ''b'''   # comment
\"list\":
- one
-   two:  2
    three:
  # comment
-
flow: { a: [1, 2 ], b : {} , c }
? block
: |+  # comment
    text
     more

tagged: !!str &x 014
last:
  - - ~
    - >-
      folded
      text


# comment
";

/// The bytes of a range, which must be on character boundaries.
fn at(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap()
}

fn spans(node: &Node, text: &str, path: &str, out: &mut Vec<String>) {
    out.push(format!("{path} {:?}", at(text, node.span.range())));
    match &node.value {
        Value::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                spans(item, text, &format!("{path}/{index}"), out);
            }
        }
        Value::Mapping(mapping) => {
            for (key, entry) in mapping.iter() {
                out.push(format!("{path}/{key} key {:?}", at(text, entry.key_span.range())));
                spans(&entry.value, text, &format!("{path}/{key}"), out);
            }
        }
        _ => {}
    }
}

#[test]
fn a_span_is_the_bytes_of_the_value() {
    let root = read(DOCUMENT).root.unwrap();
    let mut lines = Vec::new();
    spans(&root, DOCUMENT, "", &mut lines);
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_is_absent_stands_right_after_the_colon_or_the_dash() {
    let text = "a:   # c\nb:\n- \n- x\nc: {d: , e, ? f }\n? g\n";
    let root = read(text).root.unwrap();
    let place = |pointer: &str| {
        let span = root.pointer(pointer).unwrap().span.range();
        assert!(span.is_empty(), "{pointer}");
        at(text, 0..span.start).to_owned()
    };
    assert!(place("/a").ends_with("a:"));
    assert!(place("/b/0").ends_with("\n-"));
    assert!(place("/c/d").ends_with("{d:"));
    assert!(place("/c/e").ends_with(", e"));
    assert!(place("/c/f").ends_with("? f"));
    assert!(place("/g").ends_with("? g"));
}

#[test]
fn pointers_find_keys_and_values() {
    let text = "paths:\n  /a~b/{id}: [x, y]\n'': 1\n";
    let root = read(text).root.unwrap();
    let find = |pointer: &str, place| root.span_at(pointer, place).map(|span| at(text, span.range()));
    assert_eq!(find("/paths/~1a~0b~1{id}", Place::Key), Some("/a~b/{id}"));
    assert_eq!(find("/paths/~1a~0b~1{id}", Place::Value), Some("[x, y]"));
    assert_eq!(find("/paths/~1a~0b~1{id}/1", Place::Key), Some("y"));
    assert_eq!(find("/", Place::Value), Some("1"));
    assert_eq!(find("", Place::Key), Some(text.trim_end()));
    for none in
        ["/paths/~1a~0b~1{id}/01", "/paths/~1a~0b~1{id}/+1", "/paths/~1a~0b~1{id}/2", "paths", "/x/y", "/''"]
    {
        assert_eq!(find(none, Place::Value), None, "{none}");
    }
}

#[test]
fn a_byte_order_mark_is_not_counted() {
    let mut sources = SourceMap::new();
    let (file, parsed) = parse_bytes("a", b"\xEF\xBB\xBFa: b\n", &mut sources, &Limits::default());
    assert_eq!(sources.text(parsed.root.unwrap().get("a").unwrap().span), "b");
    assert_eq!(&**sources.file(file).unwrap().text(), "a: b\n");
    // The offsets for a text that contains the mark count it.
    let text = "\u{FEFF}a: |\n b\n";
    let parsed = parse(text, file, &Limits::default());
    assert_eq!(at(text, parsed.root.unwrap().get("a").unwrap().span.range()), "|\n b");
}

fn nested(node: &Node, text: &str) -> Result<(), TestCaseError> {
    let span = node.span.range();
    prop_assert!(text.get(span.clone()).is_some(), "{span:?} in {text:?}");
    let inside = |child: Range<usize>| span.start <= child.start && child.end <= span.end;
    let mut last = span.start;
    let mut child = |child: &Node, text: &str| {
        prop_assert!(inside(child.span.range()), "{:?} in {span:?} of {text:?}", child.span);
        prop_assert!(last <= child.span.range().start, "{:?} after {last} in {text:?}", child.span);
        last = child.span.range().end;
        nested(child, text)
    };
    match &node.value {
        Value::Sequence(items) => items.iter().try_for_each(|item| child(item, text)),
        Value::Mapping(mapping) => mapping.iter().try_for_each(|(_, entry)| {
            let key = entry.key_span.range();
            prop_assert!(
                inside(key.clone()) && text.get(key.clone()).is_some(),
                "{key:?} in {span:?} of {text:?}"
            );
            prop_assert!(key.end <= entry.value.span.range().start, "{key:?} in {text:?}");
            child(&entry.value, text)
        }),
        _ => Ok(()),
    }
}

/// Text that resembles YAML.
fn yamlish() -> impl Strategy<Value = String> {
    let pieces = [
        "a",
        "b: ",
        "key",
        ": ",
        ":",
        "- ",
        "-",
        "? ",
        "\n",
        "\n  ",
        "\n    ",
        "\r\n ",
        "\t",
        " ",
        "'",
        "\"",
        "''",
        "\\",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        "|",
        ">",
        "|-\n",
        ">+2\n",
        "#",
        " # c\n",
        "!!str ",
        "!x ",
        "&x ",
        "--- ",
        "\n---\n",
        "\n...\n",
        "%YAML 1.2\n",
        "${x}",
        "{{ x }}",
        "é",
        "😀",
        "\u{FEFF}",
        "\u{85}",
        "~",
        "1",
        ".5",
        "true",
        "null",
        "@",
        "`",
        "\\x41",
        "0x",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn spans_nest(text in yamlish()) {
        let mut sources = SourceMap::new();
        let file = sources.add("a", text.as_str());
        let parsed = parse(&text, file, &Limits::default());
        for diagnostic in &parsed.diagnostics {
            prop_assert!(text.get(diagnostic.primary.span.range()).is_some(), "{text:?}: {diagnostic:?}");
            for edit in diagnostic.fix.iter().flat_map(|fix| &fix.edits) {
                prop_assert!(text.get(edit.span.range()).is_some(), "{text:?}: {edit:?}");
            }
        }
        prop_assert!(parsed.root.is_some() || !parsed.diagnostics.is_empty(), "{text:?}");
        if let Some(root) = &parsed.root {
            nested(root, &text)?;
        }
    }

    #[test]
    fn a_text_is_found_where_it_stands(text in yamlish()) {
        let mut sources = SourceMap::new();
        let file = sources.add("a", text.as_str());
        let mut open: Vec<Node> = parse(&text, file, &Limits::default()).root.into_iter().collect();
        while let Some(node) = open.pop() {
            match &node.value {
                Value::Sequence(items) => open.extend(items.iter().cloned()),
                Value::Mapping(mapping) => open.extend(mapping.iter().map(|(_, entry)| entry.value.clone())),
                Value::String(value) => {
                    for (at, character) in value.as_str().char_indices().filter(|(_, c)| c.is_alphanumeric()) {
                        let range = value.locate(at..at + character.len_utf8(), node.span).range();
                        let written = text.get(range).unwrap();
                        prop_assert!(written == character.to_string() || written == "\\x41", "{written:?} for {character:?} in {text:?}");
                    }
                }
                _ => {}
            }
        }
    }
}
