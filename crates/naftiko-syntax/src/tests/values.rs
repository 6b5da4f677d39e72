//! The interpretation of values, and what is left out of the tree.

use std::path::PathBuf;

use crate::{CODES, Limits, Parsed, parse_bytes};
use naftiko_diagnostics::SourceMap;

use crate::tests::render::read;

fn any(text: &str) -> Parsed {
    parse_bytes("a", text.as_bytes(), &mut SourceMap::new(), &Limits::default()).1
}

fn json(text: &str) -> String {
    any(text).root.map(|root| root.to_json().to_string()).unwrap_or_default()
}

#[test]
fn plain_scalars_follow_the_core_schema_and_quoted_ones_are_text() {
    let text = "[null, ~, true, 1, 0x10, 0o17, 1.5, no, 014, 1_000, '1', \"true\", 2024-01-01, .inf.]";
    assert_eq!(
        read(text).root.unwrap().to_json().to_string(),
        r#"[null,null,true,1,16,15,1.5,"no",14,"1_000","1","true","2024-01-01",".inf."]"#
    );
}

#[test]
fn tags_of_the_core_schema_decide() {
    let text = "[!!str 1, !!str , ! 1, !!int '7', !!float 1, !!null '', !!bool \"true\", !!seq [], !!map {}, !<tag:yaml.org,2002:str> 1]";
    assert_eq!(read(text).root.unwrap().to_json().to_string(), r#"["1","","1",7,1.0,null,true,[],{},"1"]"#);
}

#[test]
fn keys_are_the_text_that_is_written() {
    let text = "1: a\ntrue: b\n~: c\n1.0: d\n'q': e\n<<: {f: g}\n!!int 7: h\n";
    assert_eq!(
        read(text).root.unwrap().to_json().to_string(),
        r#"{"1":"a","true":"b","~":"c","1.0":"d","q":"e","<<":{"f":"g"},"7":"h"}"#
    );
}

#[test]
fn aliases_are_copies_with_the_places_of_the_original() {
    let text = "a: &x [1, &y {k: v}]\nb: *x\nc: {d: *y}\n&key e: f\n*key : *y\ng: &z\nh: *z\n";
    let parsed = any(text);
    assert_eq!(parsed.diagnostics.len(), 1, "{:?}", parsed.diagnostics);
    let root = parsed.root.unwrap();
    assert_eq!(
        root.to_json().to_string(),
        r#"{"a":[1,{"k":"v"}],"b":[1,{"k":"v"}],"c":{"d":{"k":"v"}},"e":"f","g":null,"h":null}"#
    );
    assert_eq!(root.pointer("/b/1/k").unwrap().span, root.pointer("/a/1/k").unwrap().span);
    assert_eq!(root.pointer("/c/d"), root.pointer("/a/1"));
    assert_eq!(text.get(root.pointer("/c").unwrap().span.range()), Some("{d: *y}"));
}

#[test]
fn the_last_anchor_of_a_name_counts() {
    assert_eq!(json("[&x 1, *x, &x 2, *x]"), "[1,1,2,2]");
}

#[test]
fn the_first_of_two_keys_counts() {
    assert_eq!(json("a: 1\nb: {c: 1, c: 2}\na: {d: e}\n"), r#"{"a":1,"b":{"c":1}}"#);
}

#[test]
fn what_was_read_before_a_fault_stays() {
    assert_eq!(json("a: 1\nb:\n  - c: [1, {d: 2}]\n    e: 'x\nf: 1\n"), r#"{"a":1,"b":[{"c":[1,{"d":2}]}]}"#);
    assert_eq!(json("a: 1\nb: Note: x\n"), r#"{"a":1}"#);
    assert_eq!(json("a: {x: 1, y: ${z}}\n"), r#"{"a":{"x":1}}"#);
    assert_eq!(json("a: 1\nb: {{ x }}\nc: 2\n"), r#"{"a":1}"#);
}

#[test]
fn a_tree_that_stops_early_says_so() {
    assert!(any("a: 'x").is_cut_short());
    assert!(any("a: {{ x }}").is_cut_short());
    assert!(!any("a: 1\na: 2\nb: !x 1\nc: *d\n---\nx").is_cut_short());
}

#[test]
fn codes_are_in_order_and_named_once() {
    let ids: Vec<_> = CODES.iter().map(|code| code.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted);
}

#[test]
fn published_documents_have_nothing_wrong_with_their_yaml() {
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus"))];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            println!("skipped: {} is not there", folder.display());
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
                #[expect(clippy::disallowed_methods, reason = "the documents lie outside the workspace")]
                let bytes = std::fs::read(&path).unwrap();
                let name = path.display().to_string();
                let (_, parsed) =
                    parse_bytes(name.clone(), &bytes, &mut SourceMap::new(), &Limits::default());
                assert!(parsed.diagnostics.is_empty(), "{name}: {:?}", parsed.diagnostics);
                read += 1;
            }
        }
    }
    println!("{read} documents");
}
