//! The work is linear in the size of the value, whatever the schema.

use serde_json::{Map, Value, json};

use super::report;
use crate::{Options, Schema, Verdict};

/// Levels of which each names the one below twice.
fn doubled(keyword: &str, levels: usize) -> Value {
    let mut definitions = Map::new();
    definitions.insert("L0".to_owned(), json!({"type": "object", "properties": {"v": {"type": "string"}}}));
    for level in 1..=levels {
        let below = json!({"$ref": format!("#/$defs/L{}", level - 1)});
        definitions.insert(format!("L{level}"), json!({keyword: [below, below]}));
    }
    json!({"$ref": format!("#/$defs/L{levels}"), "$defs": definitions})
}

const KEYWORDS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

#[test]
fn schemas_that_are_named_twice_on_each_level_cost_a_few_steps_a_level() {
    for keyword in KEYWORDS {
        for options in [Options::STRICT, Options::SENT, Options::SENT_AS_TEXT, Options::RECEIVED] {
            let steps = |levels: usize, value: &Value| {
                let report = report(&doubled(keyword, levels), value, options);
                assert!(!report.exhausted, "{keyword} {levels}");
                report.steps
            };
            for value in [json!({"v": 7}), json!({"v": "x"}), json!([])] {
                let (few, many) = (steps(50, &value), steps(100, &value));
                assert!(many <= 2 * few + 50, "{keyword}: {few} steps, then {many}");
            }
        }
    }
}

#[test]
fn the_verdict_on_such_schemas_is_right() {
    for keyword in KEYWORDS {
        let schema = doubled(keyword, 40);
        assert_eq!(report(&schema, &json!({"v": 7}), Options::SENT).verdict, Verdict::Fails, "{keyword}");
        assert_eq!(report(&schema, &json!({"v": "x"}), Options::SENT).verdict, Verdict::Fits, "{keyword}");
        let found = report(&schema, &json!({"v": 7}), Options::SENT);
        assert_eq!(super::lines(&found), ["/v: expected a string, found a number"], "{keyword}");
    }
}

#[test]
fn the_work_is_linear_in_the_size_of_the_value() {
    let schemas = [
        doubled("anyOf", 20),
        json!({"type": "array", "items": {"$ref": "#/$defs/L8"}, "$defs": doubled("oneOf", 8)["$defs"]}),
        json!({"type": "array", "uniqueItems": true, "items": {"type": ["object", "integer"]}}),
        json!({"$defs": {"tree": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/tree"}}, {"type": "object"}]}},
            "$ref": "#/$defs/tree"}),
    ];
    for schema in schemas {
        let compiled = Schema::compile(&schema, &Map::new(), Options::RECEIVED);
        let steps = |count: usize| {
            let items: Vec<Value> = (0..count).map(|at| json!({"v": at})).collect();
            let report = compiled.examine(&Value::Array(items), usize::MAX);
            assert!(!report.exhausted);
            report.steps
        };
        let (few, many) = (steps(500), steps(1000));
        assert!(many <= 2 * few + 100, "{few} steps, then {many}: {schema}");
    }
}

#[test]
fn a_pattern_that_cannot_be_decided_is_not_tried_for_each_name() {
    let schema = json!({"propertyNames": {"pattern": "^(a|a)*?(?=(a+)+b)\\1(a+)+$"}});
    let compiled = Schema::compile(&schema, &Map::new(), Options::RECEIVED);
    let steps = |names: usize| {
        let fields: Map<String, Value> =
            (0..names).map(|at| (format!("{}{at}", "a".repeat(30)), Value::Null)).collect();
        let found = compiled.examine(&Value::Object(fields), usize::MAX);
        assert_eq!(found.verdict, Verdict::Unknown);
        assert_eq!(found.undecided.len(), 1, "{:?}", found.undecided);
        found.steps
    };
    let (few, many) = (steps(100), steps(200));
    assert!(many < 2 * few, "{few} steps, then {many}");
}

#[test]
fn a_schema_that_costs_too_much_is_given_up() {
    // Each level lets another property stand beside the next one, so that each way down is a question of its own.
    let mut definitions = Map::new();
    let names: Vec<String> = (0..24).map(|at| format!("p{at}")).collect();
    definitions.insert("L0".to_owned(), json!({"additionalProperties": false, "required": ["no"]}));
    for (level, name) in (1..).zip(&names) {
        let below = json!({"$ref": format!("#/$defs/L{}", level - 1)});
        let beside = json!({"properties": {name: {}}, "allOf": [below]});
        definitions.insert(format!("L{level}"), json!({"anyOf": [below, beside]}));
    }
    let schema = json!({"$ref": "#/$defs/L24", "$defs": definitions});
    let value: Map<String, Value> = names.into_iter().map(|name| (name, Value::Null)).collect();
    let found = report(&schema, &Value::Object(value), Options::SENT);
    assert!(found.exhausted);
    assert_eq!(found.verdict, Verdict::Unknown);
    assert!(found.violations.is_empty());
    assert!(found.steps <= 2 * found.budget);
}

#[test]
fn circles_of_references_end() {
    for schema in [
        json!({"$ref": "#"}),
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
        json!({"allOf": [{"$ref": "#"}], "type": "object"}),
        json!({"anyOf": [{"$ref": "#"}, {"type": "object"}]}),
        json!({"not": {"not": {"$ref": "#"}}}),
        json!({"unevaluatedProperties": false, "allOf": [{"$ref": "#"}], "properties": {"v": {}}}),
    ] {
        for options in [Options::STRICT, Options::SENT] {
            let found = report(&schema, &json!({"v": 1}), options);
            assert!(!found.exhausted, "{schema}");
        }
    }
}

#[test]
fn chains_of_references_and_deep_values_do_not_exhaust_the_stack() {
    let deepest = || {
        let mut definitions = Map::new();
        definitions.insert("L0".to_owned(), json!({"type": "string"}));
        for level in 1..50_000 {
            let below = json!({"$ref": format!("#/$defs/L{}", level - 1)});
            let schema = if level % 2 == 0 { below } else { json!({"allOf": [below]}) };
            definitions.insert(format!("L{level}"), schema);
        }
        definitions.insert(
            "list".to_owned(),
            json!({"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/list"}]}}),
        );
        let chain = Schema::compile(&json!({"$ref": "#/$defs/L49999"}), &definitions, Options::SENT);
        assert!(chain.examine(&json!(1), 1).exhausted);
        let lists = Schema::compile(&json!({"$ref": "#/$defs/list"}), &definitions, Options::SENT);
        let nested = |depth: usize| (0..depth).fold(json!([]), |inner, _| Value::Array(vec![inner]));
        assert_eq!(lists.verdict(&nested(150)), Verdict::Fits);
        assert!(lists.examine(&nested(1_000), 1).exhausted);
        let unique = Schema::compile(&json!({"uniqueItems": true}), &Map::new(), Options::SENT);
        assert!(unique.examine(&nested(1_000), 1).exhausted);
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(deepest);
    thread.expect("a thread").join().expect("no overflow");
}

#[test]
fn a_pattern_that_cannot_be_decided_is_reported_and_tried_once() {
    let schema = json!({"type": "array", "items": {"pattern": "^(a|a)*?(?=(a+)+b)\\1(a+)+$"}});
    let items: Vec<Value> = (0..200).map(|at| format!("{}{at}", "a".repeat(40)).into()).collect();
    for options in [Options::SENT, Options::RECEIVED, Options::STRICT] {
        let found = report(&schema, &Value::Array(items.clone()), options);
        assert_eq!((found.verdict, found.exhausted), (Verdict::Unknown, false));
        assert_eq!(found.undecided, [("/0".to_owned(), "^(a|a)*?(?=(a+)+b)\\1(a+)+$".to_owned())]);
        assert!(found.steps < 5_000);
    }
}
