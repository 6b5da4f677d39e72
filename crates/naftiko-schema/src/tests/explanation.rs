//! A failure is explained where it arises, with and without the value.

use serde_json::{Value, json};

use super::{lines, report};
use crate::Options;

fn check(schema: &Value, value: &Value, expected: &[&str]) {
    assert_eq!(lines(&report(schema, value, Options::STRICT)), expected, "{schema}");
}

#[test]
fn each_keyword_is_explained_in_words() {
    for (schema, value, expected) in [
        (json!({"type": ["string", "null"]}), json!(1), ": expected a string or nothing, found a number"),
        (json!({"enum": ["a", 2, null]}), json!("b"), ": expected `a`, `2` or `null`, found `b`"),
        (json!({"const": {"a": 1}}), json!({"a": 2}), ": expected `{\"a\":1}`, found 1 field"),
        (json!({"minimum": 3}), json!(2), ": expected at least 3, found `2`"),
        (json!({"maximum": 3}), json!(3.5), ": expected at most 3, found `3.5`"),
        (json!({"exclusiveMinimum": 3}), json!(3), ": expected more than 3, found `3`"),
        (json!({"exclusiveMaximum": 3}), json!(3), ": expected less than 3, found `3`"),
        (json!({"multipleOf": 0.01}), json!(0.015), ": expected a multiple of 0.01, found `0.015`"),
        (json!({"minLength": 3}), json!("ab"), ": expected at least 3 characters, found 2 characters"),
        (json!({"maxLength": 1}), json!("ab"), ": expected at most 1 character, found 2 characters"),
        (json!({"pattern": "^a+$"}), json!("b"), ": expected a text that matches `^a+$`, found `b`"),
        (json!({"format": "email"}), json!("b"), ": expected an e-mail address, found `b`"),
        (json!({"minItems": 1}), json!([]), ": expected at least 1 item, found 0 items"),
        (json!({"maxItems": 1}), json!([1, 2]), ": expected at most 1 item, found 2 items"),
        (json!({"uniqueItems": true}), json!([1, 2, 1.0]), ": expected no item twice, found `1.0` twice"),
        (
            json!({"contains": {"type": "string"}}),
            json!([1]),
            ": expected at least 1 item of the kind that `contains` describes, found 1 item",
        ),
        (json!({"minProperties": 1}), json!({}), ": expected at least 1 field, found 0 fields"),
        (json!({"maxProperties": 0}), json!({"a": 1}), ": expected at most 0 fields, found 1 field"),
        (json!({"required": ["a"]}), json!({}), ": `a` is missing"),
        (json!({"dependentRequired": {"a": ["b"]}}), json!({"a": 1}), ": `b` is missing"),
        (json!({"additionalProperties": false}), json!({"a": 1, "b": 1}), ": `a`, `b` are not allowed"),
        (json!({"unevaluatedProperties": false}), json!({"a": 1}), ": `a` is not allowed"),
        (
            json!({"propertyNames": {"maxLength": 1}}),
            json!({"ab": 1}),
            ": the name `ab` does not fit: expected at most 1 character",
        ),
        (json!({"not": {"type": "string"}}), json!("a"), ": `not` excludes this value"),
        (json!({"properties": {"a": false}}), json!({"a": 1}), "/a: no value is allowed here"),
        (json!({"oneOf": [{}, {}]}), json!(1), ": several of the alternatives of `oneOf` fit"),
        (json!({"items": {"type": "null"}}), json!([null, 1]), "/1: expected nothing, found a number"),
        (json!({"prefixItems": [{}], "items": false}), json!([1, 2]), "/1: no value is allowed here"),
        (
            json!({"if": {"type": "string"}, "then": {"minLength": 1}}),
            json!(""),
            ": expected at least 1 character, found 0 characters",
        ),
        (json!({"dependentSchemas": {"a": {"required": ["b"]}}}), json!({"a": 1}), ": `b` is missing"),
        (
            json!({"properties": {"a/b~c": {"type": "null"}}}),
            json!({"a/b~c": 1}),
            "/a~1b~0c: expected nothing, found a number",
        ),
    ] {
        check(&schema, &value, &[expected]);
    }
}

#[test]
fn of_several_branches_the_nearest_is_explained() {
    let card = json!({"type": "object", "required": ["kind", "number", "expires"],
        "properties": {"kind": {"const": "card"}, "number": {"type": "string"}}});
    let account = json!({"type": "object", "required": ["kind", "iban"],
        "properties": {"kind": {"const": "account"}, "iban": {"type": "string", "minLength": 15}}});
    for keyword in ["anyOf", "oneOf"] {
        let schema = json!({keyword: [{"type": "string"}, card, account]});
        check(&schema, &json!({"kind": "card"}), &[": `number` is missing", ": `expires` is missing"]);
        check(
            &schema,
            &json!({"kind": "account", "iban": "DE"}),
            &["/iban: expected at least 15 characters, found 2 characters"],
        );
        check(&schema, &json!(1), &[": expected a string or an object, found a number"]);
    }
    check(
        &json!({"anyOf": [{"const": "a"}, {"enum": ["b", "c"]}]}),
        &json!("d"),
        &[": expected `a`, `b` or `c`, found `d`"],
    );
}

#[test]
fn a_failure_is_said_once_however_many_ways_lead_to_it() {
    let schema = json!({
        "allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}],
        "$defs": {"a": {"$ref": "#/$defs/c"}, "b": {"allOf": [{"$ref": "#/$defs/c"}]}, "c": {"required": ["x"]}},
    });
    check(&schema, &json!({}), &[": `x` is missing"]);
}

#[test]
fn a_redacted_reason_never_shows_the_value() {
    for (schema, value, expected) in [
        (json!({"type": "string"}), json!([1]), "expected a string, found a list"),
        (json!({"minLength": 30}), json!("hunter2"), "expected at least 30 characters"),
        (json!({"enum": ["a", "b"]}), json!("hunter2"), "expected `a` or `b`"),
        (json!({"pattern": "^x"}), json!("hunter2"), "expected a text that matches `^x`"),
        (json!({"required": ["x"]}), json!({"y": "hunter2"}), "`x` is missing"),
        (json!({"uniqueItems": true}), json!(["hunter2", "hunter2"]), "expected no item twice"),
    ] {
        let found = report(&schema, &value, Options::STRICT);
        let reasons: Vec<String> = found.violations.iter().map(crate::Violation::redacted).collect();
        assert_eq!(reasons, [expected]);
    }
}

#[test]
fn what_cannot_be_used_is_left_out_and_listed() {
    let schema = json!({
        "type": "file",
        "properties": {"a": {"pattern": "("}, "b": {"$ref": "#/$defs/nowhere"}, "c": 7},
        "minLength": -1,
        "items": "x",
    });
    let compiled = crate::Schema::compile(&schema, &serde_json::Map::new(), Options::STRICT);
    assert_eq!(compiled.verdict(&json!({"a": 1, "b": 2, "c": 3})), crate::Verdict::Fits);
    let mut places: Vec<String> = compiled.defects().into_iter().map(|defect| defect.pointer).collect();
    places.sort();
    assert_eq!(
        places,
        ["/items", "/minLength", "/properties/a/pattern", "/properties/b/$ref", "/properties/c", "/type"]
    );
}
