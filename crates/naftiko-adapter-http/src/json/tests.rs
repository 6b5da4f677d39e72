//! Tests for JSON texts that other parsers reject or silently change.

use std::fmt::Write as _;

use naftiko_adapter::Departure;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const MOST: usize = 1000;

fn read(text: &str) -> Result<(Value, Vec<Departure>), String> {
    let counted = Counted::of(text.as_bytes().to_vec(), MOST).map_err(|(flaw, _)| format!("{flaw:?}"))?;
    counted.build().map_err(|(error, _)| error)
}

/// The value, and a line for each deviation.
fn shown(text: &str) -> String {
    match read(text) {
        Ok((value, departures)) => departures.iter().fold(value.to_string(), |mut shown, it| {
            let _ = write!(shown, "\n{:?}: {}", it.pointer, it.expected);
            shown
        }),
        Err(error) => error,
    }
}

#[test]
fn half_a_character_is_read_as_the_replacement_character_and_named() {
    insta::assert_snapshot!(shown(r#"{"id": 1, "short": "so nice \ud83d", "list": ["\udc00", "\ud83d\ude00"], "\ud800": 1}"#), @r#"
    {"id":1,"short":"so nice �","list":["�","😀"],"�":1}
    "/short": expected complete surrogate pairs; half of one is read as U+FFFD
    "/list/*": expected complete surrogate pairs; half of one is read as U+FFFD
    "/�": expected complete surrogate pairs; half of one is read as U+FFFD
    "#);
    assert_eq!(read(r#""\ud83d\ud83d\ude00""#).unwrap().0, json!("\u{fffd}😀"));
    assert_eq!(read(r#""\\ud83d""#).unwrap().0, json!("\\ud83d"));
    assert!(read(r#""\ud83""#).is_err());
}

#[test]
fn a_number_that_loses_digits_is_named_once_for_a_list() {
    insta::assert_snapshot!(shown(r#"[{"id": 12345678901234567890123}, {"id": 1e400}, {"id": 98765432109876543210987}]"#), @r#"
    [{"id":1.2345678901234568e+22},{"id":null},{"id":9.876543210987654e+22}]
    "/*/id": expected a number that 64 bits or a double can represent
    "/*/id": expected a number in the range of a double; it is read as null
    "#);
    assert_eq!(
        shown("[5.0, 1e3, 0.10, 18446744073709551615, -0]"),
        "[5.0,1000.0,0.1,18446744073709551615,-0.0]"
    );
}

#[test]
fn a_name_that_comes_twice_is_named_and_the_last_counts() {
    insta::assert_snapshot!(shown(r#"{"a": {"b/c": 1, "b/c": 2, "x": 0}, "a": {"b/c": 3}}"#), @r#"
    {"a":{"b/c":3}}
    "/a/b~1c": expected this name once; the last value is used
    "/a": expected this name once; the last value is used
    "#);
}

#[test]
fn depth_is_bounded_where_it_is_documented() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&nested(MOST_DEPTH)).is_ok());
    assert_eq!(read(&nested(MOST_DEPTH + 1)), Err("TooDeep".to_owned()));
    let objects = |depth: usize| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    assert!(read(&objects(MOST_DEPTH)).is_ok());
    assert_eq!(read(&objects(MOST_DEPTH + 1)), Err("TooDeep".to_owned()));
}

#[test]
fn more_values_than_allowed_are_not_built() {
    let list = |items: usize| format!("[{}]", vec!["1"; items].join(","));
    assert_eq!(Counted::of(list(MOST - 1).into_bytes(), MOST).map(|it| it.nodes()).ok(), Some(MOST));
    assert_eq!(read(&list(MOST)), Err("TooMany".to_owned()));
}

#[test]
fn what_is_not_json_is_not_counted() {
    for text in [
        "",
        " ",
        "<html>",
        "1 2",
        "{} {}",
        "{{{{",
        "[1,]",
        "{\"a\"}",
        "{\"a\":1,}",
        "]",
        "[}",
        "\"open",
        ",",
        "[1 2]",
        "{1:2}",
    ] {
        assert_eq!(
            Counted::of(text.as_bytes().to_vec(), MOST).map(|_| ()).map_err(|(flaw, _)| flaw),
            Err(Flaw::NotJson),
            "{text}"
        );
    }
    for text in ["[tru]", "[01]", "\"\u{1}\"", "[1e]", "\"\\x\"", "[nullnull]"] {
        assert!(read(text).is_err(), "{text}");
    }
}

/// Generates texts that are valid or nearly valid JSON.
fn nearly_json() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"b\"",
        "\"\\u00e9\"",
        "\"\\n\"",
        "1",
        "-1.5e2",
        "true",
        "null",
        " ",
        "12345678901234567890",
    ]);
    prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

proptest! {
    #[test]
    fn what_another_reader_reads_is_read_alike(value in any_json()) {
        let text = value.to_string();
        let counted = Counted::of(text.clone().into_bytes(), usize::MAX);
        prop_assert_eq!(counted.ok().map(|counted| counted.nodes()), Some(count(&value)));
        let (read, departures) = read(&text).unwrap();
        prop_assert_eq!(&read, &serde_json::from_str::<Value>(&text).unwrap());
        prop_assert!(departures.is_empty(), "{:?}", departures);
    }

    #[test]
    fn what_another_reader_refuses_is_refused(text in nearly_json()) {
        let other = serde_json::from_str::<Value>(&text);
        prop_assert_eq!(read(&text).ok().map(|(value, _)| value), other.ok(), "{}", text);
    }
}
