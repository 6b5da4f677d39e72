//! By the letter, verdicts are those of another validator, on random schemas and values.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{Formats, Options, Schema, Verdict};

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        prop_oneof![Just(0.5), Just(1.0), Just(2.5), Just(1e20)].prop_map(Value::from),
        prop_oneof![Just(""), Just("a"), Just("ab"), Just("abc"), Just("1")].prop_map(Value::from),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![Just("a"), Just("b"), Just("c")].prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name(), inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// One keyword about the value itself.
fn assertion() -> impl Strategy<Value = (&'static str, Value)> {
    let kind = prop_oneof![
        Just("null"),
        Just("boolean"),
        Just("integer"),
        Just("number"),
        Just("string"),
        Just("array"),
        Just("object")
    ];
    let number = || prop_oneof![(-2_i64..3).prop_map(Value::from), Just(json!(0.5)), Just(json!(1e20))];
    prop_oneof![
        4 => kind.clone().prop_map(|kind| ("type", json!(kind))),
        1 => prop::collection::hash_set(kind, 1..4).prop_map(|kinds| {
            let mut kinds: Vec<&str> = kinds.into_iter().collect();
            kinds.sort_unstable();
            ("type", json!(kinds))
        }),
        1 => value().prop_map(|value| ("const", value)),
        1 => prop::collection::vec(leaf(), 1..4).prop_map(|values| ("enum", Value::Array(values))),
        1 => (prop_oneof![Just("minimum"), Just("maximum"), Just("exclusiveMinimum"), Just("exclusiveMaximum")], number()),
        1 => prop_oneof![Just(json!(2)), Just(json!(0.5)), Just(json!(3))].prop_map(|factor| ("multipleOf", factor)),
        2 => (
            prop_oneof![
                Just("minLength"), Just("maxLength"), Just("minItems"), Just("maxItems"), Just("minProperties"),
                Just("maxProperties")
            ],
            (0_u64..3).prop_map(Value::from)
        ),
        1 => prop_oneof![Just("^a"), Just("b$"), Just("^(?=a).b")].prop_map(|pattern| ("pattern", json!(pattern))),
        1 => any::<bool>().prop_map(|unique| ("uniqueItems", json!(unique))),
        2 => prop::collection::btree_set(name(), 0..3).prop_map(|names| ("required", json!(names))),
        1 => (name(), name()).prop_map(|(name, other)| ("dependentRequired", json!({name: [other]}))),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    let keywords = prop::collection::vec(assertion(), 0..3)
        .prop_map(|keywords| object(keywords.into_iter().map(|(name, value)| (name.to_owned(), value))));
    let reference = prop_oneof![Just("#/$defs/x"), Just("#/$defs/y")].prop_map(|it| json!({"$ref": it}));
    let start = prop_oneof![8 => keywords, 1 => any::<bool>().prop_map(Value::from), 2 => reference];
    start.prop_recursive(3, 24, 4, |inner| {
        let one = prop_oneof![
            Just("items"), Just("contains"), Just("additionalProperties"), Just("propertyNames"), Just("not"),
            Just("unevaluatedProperties"), Just("unevaluatedItems"), Just("if"), Just("then"), Just("else")
        ];
        let list = prop_oneof![Just("allOf"), Just("anyOf"), Just("oneOf"), Just("prefixItems")];
        let applicator = prop_oneof![
            3 => (one, inner.clone()).prop_map(|(keyword, schema)| (keyword.to_owned(), schema)),
            3 => (list, prop::collection::vec(inner.clone(), 1..4))
                .prop_map(|(keyword, schemas)| (keyword.to_owned(), Value::Array(schemas))),
            3 => prop::collection::btree_map(name(), inner.clone(), 1..4)
                .prop_map(|named| ("properties".to_owned(), Value::Object(named.into_iter().collect()))),
            1 => inner.clone().prop_map(|schema| ("patternProperties".to_owned(), json!({"^[ab]$": schema}))),
            1 => (name(), inner).prop_map(|(name, schema)| ("dependentSchemas".to_owned(), json!({name: schema}))),
            1 => (0_u64..3).prop_map(|count| ("minContains".to_owned(), json!(count))),
            1 => (0_u64..3).prop_map(|count| ("maxContains".to_owned(), json!(count))),
        ];
        let assertions = prop::collection::vec(assertion(), 0..2);
        (prop::collection::vec(applicator, 1..4), assertions).prop_map(|(applicators, assertions)| {
            let assertions = assertions.into_iter().map(|(name, value)| (name.to_owned(), value));
            object(applicators.into_iter().chain(assertions))
        })
    })
}

fn object(keywords: impl Iterator<Item = (String, Value)>) -> Value {
    Value::Object(keywords.collect())
}

const LETTER: Options = Options { formats: Formats::None, ..Options::STRICT };

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn verdicts_are_those_of_another_validator(root in schema(), x in schema(), value in value()) {
        // The second definition refers to nothing, so that no schema contains itself without a part between.
        let document = json!({"allOf": [root], "$defs": {"x": x, "y": {"type": ["string", "object"]}}});
        let document = without_circles(document);
        let other = jsonschema::draft202012::new(&document);
        prop_assume!(other.is_ok());
        let expected = Verdict::of(other.is_ok_and(|it| it.is_valid(&value)));
        let compiled = Schema::compile(&document, &Map::new(), LETTER);
        prop_assert_eq!(compiled.verdict(&value), expected, "{:#}\n{:#}", document, value);
        let report = compiled.examine(&value, 100);
        prop_assert_eq!(report.verdict, expected);
        prop_assert_eq!(report.violations.is_empty(), expected == Verdict::Fits, "{:#}\n{:#}", document, value);
        // Leniency accepts more.
        let lenient = Schema::compile(&document, &Map::new(), Options { lenient: true, ..LETTER }).examine(&value, 100);
        prop_assert!(lenient.verdict >= expected, "{:#}\n{:#}", document, value);
        prop_assert_eq!(lenient.violations.is_empty(), lenient.verdict == Verdict::Fits, "{:#}\n{:#}", document, value);
    }
}

/// The document with `$defs/x` referring to `$defs/y` only.
fn without_circles(mut document: Value) -> Value {
    fn rewrite(schema: &mut Value) {
        match schema {
            Value::Array(items) => items.iter_mut().for_each(rewrite),
            Value::Object(keywords) => {
                for (name, value) in keywords.iter_mut() {
                    if name == "$ref" {
                        *value = json!("#/$defs/y");
                    } else {
                        rewrite(value);
                    }
                }
            }
            _ => {}
        }
    }
    if let Some(x) = document.pointer_mut("/$defs/x") {
        rewrite(x);
    }
    document
}
