//! The explanation of a condition: the values that decided its result.

use crate::Expression;
use serde_json::{Value, json};

use crate::tests::world::World;

/// Masks the word `s3cret` in a value.
fn mask(value: &Value) -> Value {
    match value {
        Value::String(text) => text.replace("s3cret", "***").into(),
        Value::Array(items) => items.iter().map(mask).collect(),
        other => other.clone(),
    }
}

fn says(text: &str, expected: &str) {
    let world = World::of_values(json!({
        "inputs": {"name": "Ada", "count": 3, "pw": "s3cret", "on": true, "off": false, "nil": null, "long": "é".repeat(99)},
        "list": {"data": [
            {"id": "c1", "state": "draft", "by": {"org": "o1"}},
            {"id": "c2", "state": "inactive", "by": {"org": "o2"}},
        ]},
        "response": {"status": 200, "headers": {"x-id": "7"}, "body": {"tags": ["a", "s3cret"], "ok": false}},
    }));
    let expression = Expression::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
    assert_eq!(expression.evidence(&world, &mask), expected, "{text}");
}

#[test]
fn both_sides_of_a_comparison_are_shown_but_for_what_stands_there() {
    says("inputs.name == 'Bea'", r#"`inputs.name` is "Ada""#);
    says("inputs.name == list.data[0].id", r#"`inputs.name` is "Ada", `list.data[0].id` is "c1""#);
    says("inputs.name in ['a', 'b']", r#"`inputs.name` is "Ada""#);
    says("'c' in response.body.tags", r#"`response.body.tags` is ["a","***"]"#);
    says("list.data[9].id == 1", "`list.data[9].id` is absent");
    says("inputs.nil == 1", "`inputs.nil` is null");
    says("response.headers['X-Id'] == 'x'", r#"`response.headers['X-Id']` is "7""#);
    says("inputs.count == inputs.count", "`inputs.count` is 3");
    says("1 == 2", "");
}

#[test]
fn a_condition_that_is_false_is_not_said_to_be_false() {
    says("response.body.ok", "");
    says("!inputs.on", "`inputs.on` is true");
    says("response.body.done", "`response.body.done` is absent");
    says("inputs.name", r#"`inputs.name` is "Ada""#);
}

#[test]
fn of_what_is_joined_only_the_part_that_decided_is_shown() {
    says("inputs.on && inputs.count > 5 && inputs.name == 'x'", "`inputs.count` is 3");
    says("inputs.count > 5 || inputs.name == 'x'", r#"`inputs.count` is 3, `inputs.name` is "Ada""#);
    says("inputs.count > 5 || inputs.name != 'Bea'", r#"`inputs.name` is "Ada""#);
    says("inputs.count > 5 || inputs.name == 'Ada'", "");
    says("inputs.count > 2 && inputs.name != 'Bea'", r#"`inputs.count` is 3, `inputs.name` is "Ada""#);
    says("inputs.off || response.body.gone", "`response.body.gone` is absent");
}

#[test]
fn a_function_is_shown_by_what_it_gives_and_a_filter_by_what_it_looked_at() {
    says("len(list.data) > 2", "`len(list.data)` is 2");
    says("exists(list.data[9])", "`list.data[9]` is absent");
    says("startsWith(inputs.name, 'B')", r#"`inputs.name` is "Ada""#);
    says(
        "len(list.data[? @.state == 'active']) > 0",
        r#"`len(list.data[? @.state == 'active'])` is 0, `list.data[*].state` is ["draft","inactive"]"#,
    );
    says(
        "exists(first(list.data[? @.state == 'active' && @.by.org == inputs.name]).id)",
        "`first(list.data[? @.state == 'active' && @.by.org == inputs.…` is absent, \
         `list.data[*].state` is [\"draft\",\"inactive\"], `list.data[*].by.org` is [\"o1\",\"o2\"]",
    );
    says(
        "response.body.tags[? @ == 'c'][0] == 'c'",
        r#"`response.body.tags[? @ == 'c'][0]` is absent, `response.body.tags` is ["a","***"]"#,
    );
    says("(inputs.nil ?? inputs.name) == 'x'", r#"`(inputs.nil ?? inputs.name)` is "Ada""#);
}

#[test]
fn what_is_sensitive_is_masked_and_what_is_made_of_it_is_not_shown() {
    says("inputs.pw == 'x'", r#"`inputs.pw` is "***""#);
    says("upper(inputs.pw) == 'x'", "`upper(inputs.pw)` is not shown");
    says(
        "split(join(response.body.tags, '-'), '3')[0] == 'x'",
        "`split(join(response.body.tags, '-'), '3')[0]` is not shown",
    );
    says("last(response.body.tags) == 'x'", r#"`last(response.body.tags)` is "***""#);
    says("len(inputs.pw) > 9", "`len(inputs.pw)` is 6");
    says("upper(inputs.name) == 'x'", r#"`upper(inputs.name)` is "ADA""#);
}

#[test]
fn it_stays_one_short_line() {
    let shown = format!("`inputs.long` is \"{}…", "é".repeat(59));
    says("inputs.long == 'x'", &shown);
    says("inputs.name\n  == 'x'", r#"`inputs.name` is "Ada""#);
    says(
        "inputs.a == 1 || inputs.b == 1 || inputs.c == 1 || inputs.d == 1 || inputs.e == 1",
        "`inputs.a` is absent, `inputs.b` is absent, `inputs.c` is absent, `inputs.d` is absent, and 1 more",
    );
}
