//! Values of which a part is not known yet.

use serde_json::{Map, Value, json};

use crate::{Options, Report, Schema, Verdict};

fn examined(schema: &Value, value: &Value, unknown: &[&str]) -> Report {
    let unknown: Vec<String> = unknown.iter().map(|pointer| (*pointer).to_owned()).collect();
    Schema::compile(schema, &Map::new(), Options::SENT).examine_known(value, &unknown, 20)
}

fn check(schema: &Value, value: &Value, unknown: &[&str], expected: Verdict) {
    let found = examined(schema, value, unknown);
    assert_eq!(found.verdict, expected, "{schema}: {value}");
    assert_eq!(found.violations.is_empty(), expected != Verdict::Fails);
}

#[test]
fn what_is_not_known_is_neither_accepted_nor_rejected() {
    use Verdict::{Fails, Fits, Unknown};
    let object =
        json!({"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a", "b"]});
    check(&object, &json!({"a": null, "b": "x"}), &["/a"], Unknown);
    check(&object, &json!({"a": null, "b": 5}), &["/a"], Fails);
    check(&object, &json!({"a": null}), &["/a"], Fails);
    check(&json!({}), &json!(null), &[""], Unknown);
    check(&json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}), &json!(null), &[""], Unknown);
    check(&json!({"not": {"type": "string"}}), &json!(null), &[""], Unknown);
    check(&json!({"minItems": 3, "items": {"type": "string"}}), &json!([null]), &["/0"], Fails);
    check(&json!({"uniqueItems": true}), &json!([1, null, 1]), &["/1"], Fails);
    check(&json!({"uniqueItems": true}), &json!([1, null]), &["/1"], Unknown);
    check(&json!({"contains": {"type": "string"}}), &json!([1, null]), &["/1"], Unknown);
    check(&json!({"contains": {"type": "string"}}), &json!(["x", null]), &["/1"], Fits);
    check(&json!({"enum": [{"a": 1}, {"a": 2}]}), &json!({"a": null}), &["/a"], Unknown);
    check(&json!({"enum": [{"a": 1}, {"a": 2}]}), &json!({"b": null}), &["/b"], Fails);
    let condition = json!({"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}});
    check(&condition, &json!({"a": null}), &["/a"], Unknown);
    check(&condition, &json!({"a": 1}), &[], Fails);
    check(&condition, &json!({"a": null, "b": 1}), &["/a"], Fits);
}

#[test]
fn a_branch_that_could_fit_is_no_failure() {
    let branches = json!({"oneOf": [
        {"required": ["a"], "properties": {"a": {"type": "string"}}},
        {"required": ["b"], "properties": {"b": {"type": "string"}}}]});
    check(&branches, &json!({"a": null}), &["/a"], Verdict::Unknown);
    check(&branches, &json!({"c": null}), &["/c"], Verdict::Fails);
}
