//! Malicious input.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::{Limits, Parsed, parse_bytes};
use naftiko_diagnostics::SourceMap;
use proptest::prelude::*;

use crate::tests::render::told_of_bytes;

const MANY: usize = 10 * 1024 * 1024;

/// Superlinear work would not finish here: the end of a test is part of its result.
fn parsed(bytes: &[u8]) -> Parsed {
    parse_bytes("a", bytes, &mut SourceMap::new(), &Limits::default()).1
}

/// The result and the time it took, for inspection.
fn timed(bytes: &[u8]) -> (Parsed, Duration) {
    #[expect(clippy::disallowed_methods, reason = "a test that shows a time reads the clock")]
    let start = Instant::now();
    let parsed = parsed(bytes);
    (parsed, start.elapsed())
}

/// Asserts that a repeated piece ends in this code at once.
fn ends_in(piece: &str, bytes: usize, code: &str) {
    let text = piece.repeat(bytes / piece.len());
    let parsed = parsed(text.as_bytes());
    let codes: Vec<_> = parsed.diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect();
    assert_eq!(codes, [code], "{piece:?}");
}

#[test]
fn depth_costs_nothing() {
    for piece in ["[", "{", "- ", "? ", "[{a: ", "- - ", "[[\n", "{? "] {
        ends_in(piece, MANY, "too-deep");
    }
    let stairs: String = (0..3000).fold(String::new(), |mut text, level| {
        let _ = writeln!(text, "{}a:", " ".repeat(level));
        text
    });
    assert_eq!(parsed(stairs.as_bytes()).diagnostics[0].code.id, "too-deep");
}

#[test]
fn a_depth_of_128_is_read() {
    let text = format!("{}{}", "[".repeat(128), "]".repeat(128));
    assert_eq!(told_of_bytes(text.as_bytes(), &Limits::default()), "");
    let text = format!("{}{}", "[".repeat(129), "]".repeat(129));
    insta::assert_snapshot!(told_of_bytes(text.as_bytes(), &Limits::default()), @"1:129-130 too-deep: values are nested more than 128 deep");
}

#[test]
fn long_runs_are_read_once() {
    for (piece, code) in [
        ("\"", "yaml-syntax"),
        ("'x\n ", "yaml-syntax"),
        ("%", "yaml-syntax"),
        ("\n", "empty-document"),
        ("#", "empty-document"),
        ("]", "yaml-syntax"),
        ("&", "empty-document"),
    ] {
        ends_in(piece, MANY / 8, code);
    }
    for piece in ["x", "x ", "x\n", "1", "[],", "-\n", "\\", "|\n"] {
        let text = format!("- {}", piece.repeat(MANY / 16 / piece.len()));
        parsed(text.as_bytes());
    }
}

#[test]
fn laughs_are_counted() {
    let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..10 {
        let _ = writeln!(text, "a{level}: &a{level} [{}]", vec![format!("*a{}", level - 1); 9].join(", "));
    }
    let parsed = parsed(text.as_bytes());
    let codes: Vec<_> = parsed.diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect();
    assert_eq!(codes, ["alias-bomb"]);
}

#[test]
fn long_texts_and_deep_values_are_laughs_too() {
    let text = format!("a: &a '{}'\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 2000].join(", "));
    assert_eq!(parsed(text.as_bytes()).diagnostics[0].code.id, "alias-bomb");
    let key = format!("a: &a {{{}: 1}}\nb: [{}]\n", "k".repeat(1000), vec!["*a"; 60_000].join(", "));
    assert_eq!(parsed(key.as_bytes()).diagnostics[0].code.id, "alias-bomb");
    let mut text = format!("- &a0 {}{}\n", "[".repeat(50), "]".repeat(50));
    for level in 1..5 {
        let _ = writeln!(text, "- &a{level} {}*a{}{}", "[".repeat(50), level - 1, "]".repeat(50));
    }
    assert_eq!(parsed(text.as_bytes()).diagnostics[0].code.id, "too-deep");
}

#[test]
fn anchors_that_nobody_names_cost_nothing() {
    let text = format!("{}{}{}", "[&a ".repeat(100), "[&b x],".repeat(50_000), "]".repeat(100));
    let parsed = parsed(text.replace("[&a ", "&a [").as_bytes());
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
}

#[test]
fn a_document_that_is_wrong_throughout_is_told_briefly() {
    for piece in ["a: 1\n", "*x : 1\n", ": 1\n"] {
        let parsed = parsed(piece.repeat(100_000).as_bytes());
        assert!((500..=1000).contains(&parsed.diagnostics.len()), "{piece} {}", parsed.diagnostics.len());
    }
    // Warnings do not displace an error.
    let text =
        format!("{}a: 1\na: 2\n", (0..2000).fold(String::new(), |text, at| text + &format!("k{at}: !x 1\n")));
    assert_eq!(parsed(text.as_bytes()).diagnostics.last().unwrap().code.id, "duplicate-key");
}

#[test]
fn size_is_refused_before_it_is_read() {
    let limits = Limits { bytes: 10, nodes: 3, ..Limits::default() };
    insta::assert_snapshot!(told_of_bytes(b"a: [1, 2, 3, 4]", &limits), @"1:1-1 too-large: the file has more \
        than 10 bytes; the rest is not read");
    insta::assert_snapshot!(told_of_bytes(b"[1,2,3,4]", &limits), @"1:6-7 too-large: the file has more than 3 values");
}

#[test]
fn time_grows_with_the_text() {
    let steps = |count: usize| {
        (0..count).fold("steps:\n".to_owned(), |mut text, step| {
            let _ = write!(text, "  - id: step-{step}\n    operation: Controller_create[{step}]\n    with:\n      name: ${{inputs.name}}\n      note: \"caf\\u00e9 \\n\"\n      text: |\n        one\n        two\n");
            text
        })
    };
    let (small, large) = (steps(10_000), steps(100_000));
    let (first, short) = timed(small.as_bytes());
    let (second, long) = timed(large.as_bytes());
    println!("{} bytes in {short:?}, {} bytes in {long:?}", small.len(), large.len());
    assert!(first.diagnostics.is_empty() && second.diagnostics.is_empty());
    assert_eq!(second.root.unwrap().get("steps").unwrap().as_sequence().unwrap().len(), 100_000);
}

#[test]
fn a_real_description_is_read_at_once() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/openapi/workos-openapi.yaml");
    #[expect(clippy::disallowed_methods, reason = "the document lies outside the workspace")]
    let Ok(bytes) = std::fs::read(path) else {
        println!("skipped: {path} is not there");
        return;
    };
    let (parsed, took) = timed(&bytes);
    println!("{} bytes in {took:?}", bytes.len());
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    assert!(
        parsed.root.unwrap().pointer("/paths").is_some_and(|paths| paths.as_mapping().unwrap().len() > 100)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let parsed = parse_bytes("a", &bytes, &mut SourceMap::new(), &Limits::default()).1;
        prop_assert!(parsed.root.is_some() || !parsed.diagnostics.is_empty());
    }

    #[test]
    fn no_text_is_too_odd(text in "[\\x09-\\x0D \\-:?,\\[\\]{}#&*!|>'\"%@`\\\\a-c0-2é\u{85}\u{2028}\u{FEFF}😀]{0,80}") {
        let limits = Limits { depth: 6, nodes: 30, alias_nodes: 20, ..Limits::default() };
        let parsed = parse_bytes("a", text.as_bytes(), &mut SourceMap::new(), &limits).1;
        prop_assert!(parsed.root.is_some() || !parsed.diagnostics.is_empty(), "{text:?}");
    }
}
