//! A JSON text is read as any JSON reader reads it.

use proptest::prelude::*;
use serde_json::Value;

use crate::tests::render::read;

fn text() -> impl Strategy<Value = String> {
    // YAML forbids DEL and a few other characters even in quotes, JSON does not.
    prop::collection::vec(any::<char>(), 0..12).prop_map(|characters| {
        let unprintable =
            |c: char| ('\u{7F}'..'\u{A0}').contains(&c) || matches!(c, '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}');
        characters.into_iter().filter(|c| !unprintable(*c)).collect()
    })
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
        prop::sample::select(vec!["no", "~", "1", "-", "# x", "a: b", "", " ", "<<", "{", "\\"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Equality up to the last digits of floats: the other reader is fast rather than exact.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() && b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            a.to_bits() == b.to_bits() || (a - b).abs() <= a.abs() * 1e-14
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && same(a, b))
        }
        _ => ours == theirs,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_json_text_reads_as_json(value in json(), is_pretty in any::<bool>()) {
        let text = if is_pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let theirs: Value = serde_json::from_str(&text).unwrap();
        let ours = read(&text).root.unwrap().to_json();
        prop_assert!(same(&ours, &theirs), "{ours}\n{theirs}");
    }
}

#[test]
fn numbers_read_as_json_reads_them() {
    for text in [
        "0",
        "-0",
        "1",
        "-1",
        "1.0",
        "-0.0",
        "1e2",
        "1E-2",
        "18446744073709551615",
        "18446744073709551616",
        "1.5e300",
    ] {
        let theirs: Value = serde_json::from_str(text).unwrap();
        assert_eq!(read(text).root.unwrap().to_json().to_string(), theirs.to_string());
    }
}
