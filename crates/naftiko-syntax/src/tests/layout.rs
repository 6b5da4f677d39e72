//! Changes in the author's style.

use crate::{Layout, Limits, Node, apply, comments, parse};
use naftiko_diagnostics::{Edit, FileId, SourceMap, Span};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn tree(text: &str) -> (Node, FileId) {
    let file = SourceMap::new().add("a.yaml", text);
    let parsed = parse(text, file, &Limits::default());
    assert!(parsed.diagnostics.is_empty(), "{text}\n{:?}", parsed.diagnostics);
    (parsed.root.unwrap(), file)
}

/// The text after the edits of `change`.
fn changed(text: &str, change: impl Fn(Layout<'_>, &Node) -> Option<Vec<Edit>>) -> Option<String> {
    let (root, _) = tree(text);
    let edits = change(Layout::new(text, &root), &root)?;
    Some(apply(text, &edits).unwrap())
}

fn new(value: &Json) -> serde_json::Map<String, Json> {
    [("new".to_owned(), value.clone())].into_iter().collect()
}

fn appended(text: &str, pointer: &str, value: &Json) -> String {
    changed(text, |layout, root| layout.append(root.pointer(pointer).unwrap(), &new(value))).unwrap()
}

fn reworded(text: &str, old: &str, new: &str) -> Option<String> {
    let (root, file) = tree(text);
    let at = text.find(old).unwrap();
    let edit = Layout::new(text, &root).reword(Span::new(file, at..at + old.len()), new)?;
    Some(apply(text, &[edit]).unwrap())
}

#[test]
fn an_entry_is_added_as_its_siblings_stand() {
    let value = json!("v");
    for (text, pointer, expected) in [
        ("a: b\n", "", "a: b\nnew: v\n"),
        ("a: b", "", "a: b\nnew: v"),
        ("a: b # c\r\nd: e # f\r\n\r\n# g\r\n", "", "a: b # c\r\nd: e # f\r\nnew: v\r\n\r\n# g\r\n"),
        ("- a: b\n  # c\n- d\n", "/0", "- a: b\n  new: v\n  # c\n- d\n"),
        ("-   a: b\n    c: d\n", "/0", "-   a: b\n    c: d\n    new: v\n"),
        (
            "a:\n  b: |\n    c\n\n  d: >-\n    e\n\nf: g\n",
            "/a",
            "a:\n  b: |\n    c\n\n  d: >-\n    e\n  new: v\n\nf: g\n",
        ),
        ("a:\n  b: |+\n    c\n\nf: g\n", "/a", "a:\n  b: |+\n    c\n\n  new: v\nf: g\n"),
        ("a:\n  b:\nc: d\n", "/a", "a:\n  b:\n  new: v\nc: d\n"),
        ("'a': b\n", "", "'a': b\n'new': v\n"),
        ("a: {b: c}\n", "/a", "a: {b: c, new: v}\n"),
        ("a: {}\n", "/a", "a: {new: v}\n"),
        ("a: {b: c,}\n", "/a", "a: {b: c, new: v,}\n"),
        ("a: {b}\n", "/a", "a: {b, new: v}\n"),
        ("{\"a\": \"b\"}\n", "", "{\"a\": \"b\", \"new\": \"v\"}\n"),
        ("{\n  \"a\": 1\n}\n", "", "{\n  \"a\": 1,\n  \"new\": \"v\"\n}\n"),
        ("{\n  a: 1, # one\n  b: 2 # two\n}\n", "", "{\n  a: 1, # one\n  b: 2, # two\n  new: v\n}\n"),
        ("{\n  a: 1, # one\n}\n", "", "{\n  a: 1, # one\n  new: v,\n}\n"),
        ("x: &x {y: z}\na: {b: *x}\n", "/a", "x: &x {y: z}\na: {b: *x, new: v}\n"),
        ("x: &x {y: z}\na:\n  b: *x # c\n", "/a", "x: &x {y: z}\na:\n  b: *x # c\n  new: v\n"),
    ] {
        assert_eq!(appended(text, pointer, &value), expected, "{text}");
    }
}

#[test]
fn a_mapping_is_added_on_lines_of_its_own_and_in_braces_within_braces() {
    let value = json!({"name": "${inputs.name}", "list": ["a: b"], "deep": {"k": "${x['y']}"}});
    insta::assert_snapshot!(appended("- id: a\n- id: b\n", "/0", &value), @"
    - id: a
      new:
        name: ${inputs.name}
        list: ['a: b']
        deep:
          k: ${x['y']}
    - id: b
    ");
    let two = json!({"b": 1, "c": {"d": "e"}});
    let both =
        |text: &str| changed(text, |layout, root| layout.append(root, two.as_object().unwrap())).unwrap();
    assert_eq!(both("{\n  a: 0 # c\n}\n"), "{\n  a: 0, # c\n  b: 1,\n  c: {d: e}\n}\n");
    assert_eq!(both("{a: 0}\n"), "{a: 0, b: 1, c: {d: e}}\n");
    insta::assert_snapshot!(
        appended("- {id: a}\n", "/0", &value),
        @"- {id: a, new: {name: '${inputs.name}', list: ['a: b'], deep: {k: '${x[''y'']}'}}}"
    );
}

#[test]
fn what_cannot_be_continued_is_left_alone() {
    for (text, pointer) in [("[a: b]\n", "/0"), ("? a\n: b\n", ""), ("a: b\n", "/a"), ("!!map &m a: b\n", "")]
    {
        let tried =
            changed(text, |layout, root| layout.append(root.pointer(pointer).unwrap(), &new(&json!(1))));
        assert_eq!(tried, None, "{text}");
    }
}

#[test]
fn a_scalar_is_reworded_in_its_quotes() {
    for (text, old, new, expected) in [
        ("a: b\n", "b", "c", "a: c\n"),
        ("a: 'b'\n", "'b'", "c", "a: 'c'\n"),
        ("a: 'b'\n", "'b'", "it's", "a: 'it''s'\n"),
        ("a: \"b\"\n", "\"b\"", "c\"d", "a: \"c\\\"d\"\n"),
        ("a: b\n", "b", "true", "a: 'true'\n"),
        ("a: b\n", "b", "c: d", "a: 'c: d'\n"),
        ("a: {b: c}\n", "c", "d[0]", "a: {b: 'd[0]'}\n"),
        ("a: d\n", "d", "d[0]", "a: d[0]\n"),
        ("a: b\n", "a", "c d", "c d: b\n"),
        ("{a: b}\n", "a", "c,d", "{'c,d': b}\n"),
        ("a: x.y == 'z'\n", "'z'", "'w'", "a: x.y == 'w'\n"),
        ("a: 'x.y == ''z'''\n", "''z''", "'w'", "a: 'x.y == ''w'''\n"),
        ("a: \"x.y == 'z'\"\n", "'z'", "\"w\"", "a: \"x.y == \\\"w\\\"\"\n"),
        ("a: x.y\n", ".y", "[? @.a: b]", "a: 'x[? @.a: b]'\n"),
        ("a: {b: x.y}\n", ".y", "[0]", "a: {b: 'x[0]'}\n"),
        ("a: |\n  x.y\n  z\n", "x.y", "w: 'v'", "a: |\n  w: 'v'\n  z\n"),
        ("a: x\n  .y\n", ".y", ".z", "a: x\n  .z\n"),
        ("a: x\n  .y\n", ".y", ": z", "a: 'x : z'\n"),
    ] {
        assert_eq!(reworded(text, old, new).as_deref(), Some(expected), "{text}");
    }
    // No character that controls or reorders text becomes raw unless it was.
    for (text, old, new, expected) in [
        ("a: \"\\u202e b\"\n", "\"\\u202e b\"", "\u{202e} c", "a: \"\\u202e c\"\n"),
        ("a: \"\u{202e} b\"\n", "\"\u{202e} b\"", "\u{202e} c", "a: \"\u{202e} c\"\n"),
        ("a: '\u{202e} b'\n", "'\u{202e} b'", "\u{202e} c", "a: '\u{202e} c'\n"),
        ("a: b\n", "b", "\u{200b}", "a: \"\\u200b\"\n"),
        ("a: b\n", "b", "c\u{e0041}", "a: \"c\\U000e0041\"\n"),
        ("a: \u{200d} b\n", "b", "c", "a: \u{200d} c\n"),
        ("a: b c\n", "b", "\u{2066}", "a: \"\\u2066 c\"\n"),
        ("a: \"\\u009b-\"\n", "-", "\u{9b}c", "a: \"\\u009b\\u009bc\"\n"),
    ] {
        assert_eq!(reworded(text, old, new).as_deref(), Some(expected), "{text:?}");
    }
    assert_eq!(reworded("a: 'b c'\n", "b", "\u{202e}"), None, "single quotes hold no escape");
    assert_eq!(reworded("a: 'b c'\n", "b", "x\ny"), None, "single quotes hold no such line break");
}

#[test]
fn an_entry_is_removed_with_its_line() {
    for (text, expected) in [
        ("a: b\nk: v # c\n# d\ne: f\n", Some("a: b\n# d\ne: f\n")),
        ("a: b\nk: |\n  v\n  w\ne: f\n", Some("a: b\ne: f\n")),
        ("a: b\nk: v", Some("a: b\n")),
        ("a: |+\n  b\n\nk: v\n\n \ne: f\n", Some("a: |+\n  b\n\ne: f\n")),
        ("a: |\n  b\n\nk: v\n\ne: f\n", Some("a: |\n  b\n\n\ne: f\n")),
        ("{a: b, k: v, e: f}\n", Some("{a: b, e: f}\n")),
        ("{k: v, e: f}\n", Some("{e: f}\n")),
        ("{a: b, k: [v, w]}\n", Some("{a: b}\n")),
        ("{k: v}\n", Some("{}\n")),
        ("{a: b, # c\n k: v}\n", None),
        ("k: v\n", None),
    ] {
        let tried = changed(text, |layout, root| Some(vec![layout.remove(root, "k")?]));
        assert_eq!(tried.as_deref(), expected, "{text}");
    }
    let tried =
        changed("- k: v\n  a: b\n", |layout, root| Some(vec![layout.remove(root.pointer("/0")?, "k")?]));
    assert_eq!(tried, None, "it shares its line with the dash");
}

/// A mapping as lines, and the pointers of the mappings in it. Entries of every style, with comments between them.
fn document() -> impl Strategy<Value = String> {
    let scalar = proptest::sample::select(vec![
        "plain",
        "'single # no'",
        "\"dou\\\"ble\"",
        "",
        "12",
        "[a, {b: c}]",
        "{x: y, z: [1]}",
        "|\n@  block\n@\n@  # no",
        ">-\n@  folded\n@   more",
        "|+\n@  kept\n",
        "two\n@  lines",
        "'two\n\n@  lines'",
    ]);
    let comment = proptest::sample::select(vec!["", "", " # why"]);
    let between = proptest::sample::select(vec!["", "", "@# between\n", "\n"]);
    let leaf = (scalar, comment, between).prop_map(|(scalar, comment, between)| {
        let fits = !scalar.contains('\n');
        let comment = if fits { comment } else { "" };
        vec![(format!(" {scalar}{comment}\n"), between.to_owned())]
    });
    let entries = leaf.prop_recursive(3, 12, 4, |inner| {
        proptest::collection::vec(inner, 1..4).prop_map(|nested| {
            let mut body = String::from("\n");
            for (index, entry) in nested.into_iter().enumerate() {
                for (value, between) in entry {
                    body.extend([
                        between.replace('@', "@  "),
                        format!("@  k{index}:"),
                        value.replace('@', "@  "),
                    ]);
                }
            }
            vec![(body, String::new())]
        })
    });
    (proptest::collection::vec(entries, 1..5), any::<bool>(), any::<bool>()).prop_map(
        |(entries, crlf, cut)| {
            let mut text = String::new();
            for (index, entry) in entries.into_iter().enumerate() {
                for (value, between) in entry {
                    text.extend([between, format!("@k{index}:"), value]);
                }
            }
            let mut text = text.replace('@', "");
            // The last line break of such a block scalar is part of its value.
            if cut && !text.contains("|+") {
                text.truncate(text.trim_end_matches('\n').len());
            }
            if crlf { text.replace('\n', "\r\n") } else { text }
        },
    )
}

fn mappings(root: &Node) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), root)];
    while let Some((pointer, node)) = open.pop() {
        if let Some(entries) = node.as_mapping() {
            open.extend(entries.iter().map(|(key, entry)| (format!("{pointer}/{key}"), &entry.value)));
            found.push(pointer);
        }
    }
    found.sort();
    found
}

fn remarks(text: &str) -> Vec<String> {
    let mut sources = SourceMap::new();
    let file = sources.add("a.yaml", text);
    comments(text, file).iter().map(|comment| sources.text(comment.span).to_owned()).collect()
}

proptest! {
    #[test]
    fn an_added_entry_is_there_and_nothing_else_has_changed(
        text in document(),
        pick in any::<proptest::sample::Index>(),
        value in proptest::sample::select(vec![json!("a: b"), json!({"x": "y", "z": {"w": [1]}}), json!(null)]),
    ) {
        let (root, _) = tree(&text);
        let pointers = mappings(&root);
        let pointer = pick.get(&pointers);
        let edits = Layout::new(&text, &root).append(root.pointer(pointer).unwrap(), &new(&value));
        prop_assert!(edits.is_some(), "{}", text);
        let made = apply(&text, &edits.unwrap()).unwrap();
        let mut expected = root.to_json();
        expected.pointer_mut(pointer).unwrap()["new"] = value;
        prop_assert_eq!(tree(&made).0.to_json(), expected, "{}\n---\n{}", text, made);
        prop_assert_eq!(remarks(&made), remarks(&text));
    }

    #[test]
    fn a_removed_or_renamed_entry_is_gone_and_nothing_else_has_changed(
        text in document(),
        pick in any::<proptest::sample::Index>(),
        rename in any::<bool>(),
    ) {
        let (root, _) = tree(&text);
        let pointers = mappings(&root);
        let pointer = pick.get(&pointers);
        let mapping = root.pointer(pointer).unwrap();
        let layout = Layout::new(&text, &root);
        let Some((key, entry)) = mapping.as_mapping().unwrap().iter().last() else { return Ok(()) };
        let Some(edit) =
            (if rename { Some(layout.rename(entry, "re: named")) } else { layout.remove(mapping, key) })
        else {
            return Ok(());
        };
        let made = apply(&text, &[edit]).unwrap();
        let mut expected = root.to_json();
        let fields = expected.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
        let value = fields.shift_remove(key).unwrap();
        if rename {
            fields.insert("re: named".to_owned(), value);
        }
        prop_assert_eq!(tree(&made).0.to_json(), expected, "{}\n---\n{}", text, made);
    }

    #[test]
    fn any_place_of_a_text_is_reworded_or_left_alone(
        text in document(), at in 0..200_usize, length in 0..5_usize, words in "[a-z'\": #\\[\\]{}$.]{0,6}",
    ) {
        let (root, file) = tree(&text);
        if let Some(edit) = Layout::new(&text, &root).reword(Span::new(file, at..at + length), &words) {
            prop_assert!(apply(&text, &[edit]).is_ok());
        }
    }
}
