//! The values of expressions, and the errors of their evaluation.

use crate::{EvaluationError, Expression};
use serde_json::{Value, json};

use crate::tests::world::World;

fn world() -> World {
    World::of_values(json!({
        "inputs": {"name": "Ada", "count": 3, "big": 9_007_199_254_740_993_u64, "on": true, "off": false, "nil": null,
                   "tags": ["a", "b"], "odd name": "x", "float": 1.0},
        "list": {"data": [
            {"id": "c1", "state": "inactive", "groups": [{"id": 1}, {"id": 2}]},
            {"id": "c2", "state": "active", "groups": []},
            {"id": "c3", "groups": null, "enabled": true},
            null,
        ]},
        "empty": {"data": []},
        "response": {"status": 200, "headers": {"x-id": "7"}, "body": {"state": "linked"}},
    }))
}

fn evaluate(text: &str) -> Result<Option<Value>, EvaluationError> {
    Expression::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}")).evaluate(&world())
}

fn gives(text: &str, expected: Value) {
    assert_eq!(evaluate(text), Ok(Some(expected)), "{text}");
}

fn absent(text: &str) {
    assert_eq!(evaluate(text), Ok(None), "{text}");
}

fn fails(text: &str, expected: &str) {
    assert_eq!(evaluate(text).unwrap_err().to_string(), expected, "{text}");
}

#[test]
fn paths_read_one_place() {
    gives("inputs.name", json!("Ada"));
    gives("inputs['odd name']", json!("x"));
    gives("list.data[0].id", json!("c1"));
    gives("list.data[-2].id", json!("c3"));
    gives("inputs.nil", json!(null));
    gives("response.headers['X-Id']", json!("7"));
    absent("response.body.State");
    absent("inputs.unknown");
    absent("list.data[9]");
    absent("list.data[-9].id");
    absent("inputs.nil.deeper[0][*].still");
    absent("skipped-step.id");
    fails("inputs.name.first", "expected an object, found a string in `inputs.name.first`");
    fails("inputs.tags.first", "expected an object, found a list in `inputs.tags.first`");
    fails("list[0]", "expected a list, found an object in `list[0]`");
    fails("inputs.count[? @ > 1].x", "expected a list, found a number in `inputs.count[? @ > 1]`");
}

#[test]
fn a_star_reads_on_of_each_item_and_gives_one_flat_list() {
    gives("list.data[*].id", json!(["c1", "c2", "c3"]));
    gives("list.data[*].state", json!(["inactive", "active"]));
    gives("list.data[*].groups[*].id", json!([1, 2]));
    gives("list.data[*].groups[0].id", json!([1]));
    gives("(list.data[*].id)[0]", json!("c1"));
    gives("inputs.tags[*]", json!(["a", "b"]));
    absent("inputs.unknown[*].id");
    fails("list.data[*].id.x", "expected an object, found a string in `list.data[*].id.x`");
}

#[test]
fn a_predicate_keeps_what_it_is_true_for() {
    gives("list.data[? @.state == 'active'][0].id", json!("c2"));
    gives("list.data[? @.state == 'active'][*].id", json!(["c2"]));
    gives("len(list.data[? @.state == 'active'])", json!(1));
    gives("list.data[? @.enabled][*].id", json!(["c3"]));
    gives("list.data[? !@.enabled]", json!([]));
    gives("list.data[? @.enabled && @.id == 'c3'][*].id", json!(["c3"]));
    gives("list.data[? exists(@.groups[? @.id == 2][0])][*].id", json!(["c1"]));
    gives("inputs.tags[? @ != 'a']", json!(["b"]));
    gives("['x', list.data[1]][? @.state == 'active'][*].id", json!(["c2"]));
    fails("list.data[? @.id]", "a condition expects a boolean, found a string in `@.id`");
}

#[test]
fn comparisons_follow_rfc_9535() {
    for (text, expected) in [
        ("inputs.unknown == inputs.other", true),
        ("inputs.unknown == null", false),
        ("inputs.nil == null", true),
        ("inputs.unknown != 'x'", true),
        ("inputs.unknown <= inputs.other", true),
        ("inputs.unknown < 1", false),
        ("1 == 1.0", true),
        ("inputs.float == 1", true),
        ("inputs.big == 9007199254740992.0", false),
        ("inputs.big > 9007199254740992.0", true),
        ("-1 < 18446744073709551615", true),
        ("1e300 > 18446744073709551615", true),
        ("-0.5 < 0", true),
        ("1 < '2'", false),
        ("1 >= '2'", false),
        ("'a' < 'b'", true),
        ("'Z' < 'a'", true),
        ("'\u{ffff}' < '😀'", true),
        ("true < false", false),
        ("true <= true", true),
        ("[1, [2]] == [1.0, [2]]", true),
        ("[1] < [2]", false),
        ("response.headers == response.headers", true),
        ("response.headers == response.body", false),
        ("'a' in inputs.tags", true),
        ("'z' in inputs.tags", false),
        ("'x-id' in response.headers", true),
        ("7 in response.headers", false),
        ("inputs.unknown in inputs.tags", false),
        ("'a' in inputs.unknown", false),
        ("'a' in inputs.nil", false),
        ("1 in [1.0, 2]", true),
        ("null in [null]", true),
    ] {
        gives(text, json!(expected));
    }
    fails("'A' in inputs.name", "`in` expects a list or an object, found a string in `inputs.name`");
}

#[test]
fn logic_needs_booleans_and_stops_when_it_is_decided() {
    gives("inputs.on && !inputs.off", json!(true));
    gives("inputs.off && inputs.unknown", json!(false));
    gives("inputs.on || inputs.name.x", json!(true));
    fails("inputs.on && inputs.unknown", "`inputs.unknown` is absent");
    fails("!inputs.nil", "`inputs.nil` is null");
    fails("inputs.off || inputs.name", "a condition expects a boolean, found a string in `inputs.name`");
    fails("[inputs.unknown]", "`inputs.unknown` is absent");
}

#[test]
fn a_fallback_covers_what_is_absent_or_null_and_nothing_else() {
    gives("inputs.unknown ?? inputs.nil ?? 'x'", json!("x"));
    gives("inputs.off ?? true", json!(false));
    gives("(inputs.on && inputs.unknown) ?? 'x'", json!("x"));
    gives("inputs.unknown ?? null", json!(null));
    absent("inputs.nil ?? inputs.unknown");
    gives("inputs.name.x ?? 'x'", json!("x"));
    gives("exists(inputs.name[0])", json!(false));
    fails("lower(inputs.count) ?? 'x'", "`lower` expects a string, found a number in `inputs.count`");
    fails("inputs.name.x == 'x'", "expected an object, found a string in `inputs.name.x`");
    gives("exists(inputs.nil)", json!(false));
    gives("exists(inputs.on && inputs.unknown)", json!(false));
    gives("exists(inputs.off)", json!(true));
    gives("(inputs.on && inputs.unknown) == true", json!(false));
}

#[test]
fn functions_do_what_their_rows_say() {
    for (text, expected) in [
        ("len('héllo')", json!(5)),
        ("len(inputs.tags)", json!(2)),
        ("len(response.headers)", json!(1)),
        ("first(inputs.tags)", json!("a")),
        ("last(inputs.tags)", json!("b")),
        ("first(list.data[? @.state == 'active']).id", json!("c2")),
        ("contains(inputs.tags, 'a')", json!(true)),
        ("contains([1, null], null)", json!(true)),
        ("contains([1.0], 1)", json!(true)),
        ("contains('hello', 'ell')", json!(true)),
        ("startsWith('hello', 'he')", json!(true)),
        ("endsWith('hello', 'he')", json!(false)),
        (r"matches('a1b', '\\d')", json!(true)),
        (r"matches('a1b', '^\\d$')", json!(false)),
        ("lower('ÀB')", json!("àb")),
        ("upper('straße')", json!("STRASSE")),
        ("trim(' a\n')", json!("a")),
        ("join([1, 'a', true, 1.5], '-')", json!("1-a-true-1.5")),
        ("join([], '-')", json!("")),
        ("split('a,b,', ',')", json!(["a", "b", ""])),
        ("split('añb', '')", json!(["a", "ñ", "b"])),
        ("split('', ',')", json!([""])),
        ("toString(1.0)", json!("1.0")),
        ("toString(true)", json!("true")),
        ("toString('x')", json!("x")),
        ("toString(inputs.tags)", json!("[\"a\",\"b\"]")),
        ("toNumber(' -1.5e2 ')", json!(-150.0)),
        ("toNumber('42')", json!(42)),
        ("toNumber(7)", json!(7)),
    ] {
        gives(text, expected);
    }
}

#[test]
fn functions_give_absent_for_absent_and_fail_on_the_wrong_type() {
    for text in [
        "len(inputs.unknown)",
        "len(inputs.nil)",
        "first(empty.data)",
        "first(empty.data).id",
        "contains(inputs.unknown, 1)",
        "contains(inputs.tags, inputs.unknown)",
        "toNumber('x')",
        "toNumber('')",
        "toNumber('1e999')",
        "toNumber('0x10')",
        "toString(inputs.nil)",
        "lower(inputs.unknown)",
    ] {
        absent(text);
    }
    fails(
        "len(inputs.count)",
        "`len` expects a string, a list or an object, found a number in `inputs.count`",
    );
    fails("lower(inputs.tags)", "`lower` expects a string, found a list in `inputs.tags`");
    fails("first(inputs.name)", "`first` expects a list, found a string in `inputs.name`");
    fails("toNumber(true)", "`toNumber` expects a string or a number, found a boolean in `true`");
    fails(
        "join([[1]], ',')",
        "`join` expects a list of strings, numbers or booleans, found a list in `[[1]]`",
    );
    fails(
        "contains('a1', 1)",
        "`contains` expects a string as part of a string, found a number in `contains('a1', 1)`",
    );
    fails(
        "matches('a', '(')",
        "the pattern is not a regular expression, or is too large, in `matches('a', '(')`",
    );
}

#[test]
fn a_message_never_shows_a_value() {
    let secret = "hunter2-secret";
    let world = World::of_values(
        json!({"inputs": {"password": secret, "pattern": format!("({secret}"), "list": [secret], "object": {"a": secret}}}),
    );
    for text in [
        "inputs.password.x",
        "inputs.password[0]",
        "!inputs.password",
        "first(inputs.password)",
        "lower(inputs.list)",
        "inputs.list[? @]",
        "1 in inputs.password",
        "matches('a', inputs.pattern)",
        "join(inputs.object, '')",
    ] {
        let error = Expression::parse(text).unwrap().evaluate(&world).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret), "{text}: {error:?}");
        assert!(text.contains(error.expression()));
    }
}
