//! Edits of a text, and scalars that are read as intended.

use crate::{EditError, Quotes, Site, apply, flow, scalar};
use naftiko_diagnostics::{Edit, SourceMap, Span};
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::tests::render::read;

fn edit(start: u32, end: u32, replacement: &str) -> Edit {
    let file = SourceMap::new().add("a.yaml", "");
    Edit::new(Span { file, start, end }, replacement)
}

#[test]
fn edits_are_made_from_any_order() {
    let made = apply("a: b", &[edit(3, 4, "c"), edit(0, 0, "x"), edit(0, 0, "y"), edit(0, 1, "z")]);
    assert_eq!(made.as_deref(), Ok("xyz: c"));
    assert_eq!(apply("a", &[]).as_deref(), Ok("a"));
    assert_eq!(apply("a", &[edit(1, 1, "b")]).as_deref(), Ok("ab"));
}

#[test]
fn edits_that_overlap_or_lie_outside_are_refused() {
    let overlap = apply("abcd", &[edit(0, 2, ""), edit(1, 3, "")]);
    assert!(matches!(overlap, Err(EditError::Overlap(_))), "{overlap:?}");
    for outside in [edit(3, 9, ""), edit(9, 9, ""), edit(2, 1, "")] {
        let refused = apply("abcd", std::slice::from_ref(&outside));
        assert!(matches!(refused, Err(EditError::OutOfRange(_))), "{outside:?}");
    }
    assert!(matches!(apply("é", &[edit(1, 2, "")]), Err(EditError::OutOfRange(_))), "inside a character");
}

fn quotes() -> impl Strategy<Value = Quotes> {
    prop_oneof![Just(Quotes::Plain), Just(Quotes::Single), Just(Quotes::Double)]
}

/// Texts that are hard to write: punctuation of YAML, words that are other values, breaks, any character.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-?:,\\[\\]{}#&*!|>'\"%@` a1$]{0,8}",
        proptest::sample::select(vec![
            "",
            "~",
            "null",
            "true",
            "no",
            "0.1",
            "014",
            "1e5",
            "- a",
            "a: b",
            "a #b",
            "---",
            "...",
            "=",
            "<<",
            "${a}",
            "{{a}}",
            "\u{FEFF}",
            "\u{85}",
            "a\nb",
            " a ",
            "\u{1F600}",
            "\u{10FFFE}",
            "12:30:45",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ]
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (-1e300..1e300_f64).prop_map(Json::from),
        words().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::btree_map(words(), inner, 0..4)
                .prop_map(|fields| fields.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn what_edits_do_not_touch_stays_byte_for_byte(
        text in any::<String>(),
        raw in proptest::collection::vec((0..40_u32, 0..40_u32, "[a-z]{0,3}"), 0..6),
    ) {
        let edits: Vec<Edit> = raw.iter().map(|(start, end, new)| edit(*start, *end, new)).collect();
        if let Ok(made) = apply(&text, &edits) {
            let mut sorted: Vec<&Edit> = edits.iter().collect();
            sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
            let (mut at, mut rest) = (0, made.as_str());
            for edit in sorted {
                let kept = text.get(at..edit.span.range().start).unwrap();
                rest = rest.strip_prefix(kept).unwrap().strip_prefix(edit.replacement.as_str()).unwrap();
                at = edit.span.range().end;
            }
            prop_assert_eq!(rest, text.get(at..).unwrap());
        }
    }

    #[test]
    fn a_scalar_reads_as_its_text(text in words(), quotes in quotes(), in_braces in any::<bool>()) {
        let written = |key| scalar(&text, quotes, Site { flow: in_braces, key });
        let (key, value) = (written(true), written(false));
        let document = if in_braces { format!("{{{key}: {value}}}") } else { format!("{key}: {value}\n") };
        let expected = serde_json::json!({ text.clone(): text.clone() });
        prop_assert_eq!(read(&document).root.unwrap().to_json(), expected, "{}", document);
    }

    #[test]
    fn a_value_reads_as_itself(value in json(), quotes in quotes()) {
        let document = format!("key: {}\n", flow(&value, quotes));
        let found = read(&document).root.unwrap().to_json();
        prop_assert_eq!(&found["key"], &value, "{}", document);
    }
}
