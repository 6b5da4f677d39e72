//! The types of expressions, and the problems that typing reports.

use std::fmt::Write as _;

use crate::{Expression, Presence, Scope as _};
use insta::assert_snapshot;
use serde_json::json;

use crate::tests::world::{World, show};

fn world() -> World {
    World::of_schemas(&json!({
        "$defs": {
            "Directory": {"type": "object", "required": ["id", "state"], "properties": {
                "id": {"type": "string"},
                "state": {"enum": ["linked", "unlinked", "validating"]},
                "bearer_token": {"type": ["string", "null"]},
                "users": {"type": "array", "items": {"$ref": "#/$defs/User"}},
            }},
            "User": {"type": "object", "required": ["email"], "properties": {
                "email": {"type": "string"},
                "active": {"type": "boolean"},
                "manager": {"anyOf": [{"$ref": "#/$defs/User"}, {"type": "null"}]},
            }},
        },
        "inputs": {"type": "object", "required": ["organization_name"], "properties": {
            "organization_name": {"type": "string"}, "count": {"type": "integer"}, "anything": {},
            "domains": {"type": "array", "items": {"type": "string"}},
        }},
        "verify-directory": {"type": "object", "required": ["data"], "properties": {
            "data": {"type": "array", "items": {"$ref": "#/$defs/Directory"}},
            "list_metadata": {"type": "object", "properties": {"after": {"type": ["string", "null"]}}},
        }},
        "optional?": {"$ref": "#/$defs/User"},
        "mixed": {"properties": {"customer": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/User"}]}}, "required": ["customer"]},
        "unknown-shape": {},
        "response": {"type": "object", "required": ["status", "body"], "properties": {
            "status": {"type": "integer"}, "headers": {"additionalProperties": {"type": "string"}},
            "body": {"$ref": "#/$defs/Directory"},
        }},
    }))
}

fn typed(text: &str) -> String {
    let (typed, problems) = Expression::parse(text).unwrap().type_in(&world());
    assert_eq!(problems, [], "{text}");
    let presence = match typed.presence {
        Presence::Always => "",
        Presence::Maybe => "maybe ",
        Presence::Never => "never ",
    };
    format!("{presence}{}", typed.ty)
}

fn problems(texts: &[&str]) -> String {
    let mut shown = String::new();
    for text in texts {
        let (_, problems) = Expression::parse(text).unwrap().type_in(&world());
        assert_eq!(problems.len(), 1, "one mistake, one problem: {text}: {problems:#?}");
        for problem in &problems {
            writeln!(shown, "{}", show(text, problem)).unwrap();
            if let Some(replacement) = &problem.replacement {
                let mut fixed = (*text).to_owned();
                fixed.replace_range(replacement.0.clone(), &replacement.1);
                let left = Expression::parse(&fixed).unwrap().type_in(&world()).1;
                assert_eq!(left, [], "the fix of {text} does not mend: {fixed}");
            }
        }
    }
    shown
}

#[test]
fn paths_carry_type_and_presence() {
    for (text, expected) in [
        ("inputs.organization_name", "a string"),
        ("inputs.count", "maybe an integer"),
        ("verify-directory.data", "a list of `Directory`"),
        ("verify-directory.data[0]", "maybe `Directory`"),
        ("verify-directory.data[0].state", "maybe one of `linked`, `unlinked`, `validating`"),
        ("verify-directory.data[*].id", "a list of strings"),
        ("verify-directory.data[*].users", "a list of lists of `User`"),
        ("verify-directory.data[*].users[*].email", "a list of strings"),
        ("verify-directory.data[? @.state == 'linked']", "a list of `Directory`"),
        ("verify-directory.data[? @.users[0].active][0].id", "maybe a string"),
        ("verify-directory.list_metadata.after", "maybe a string or null"),
        ("optional.email", "maybe a string"),
        ("optional.manager.manager.email", "maybe a string"),
        ("response.headers['x-id']", "maybe a string"),
        ("unknown-shape.a.b[0][*].c", "a list"),
        ("unknown-shape.a", "any value"),
        ("mixed.customer.email", "maybe a string"),
        ("(verify-directory.data[*].users)[0][0].email", "maybe a string"),
    ] {
        assert_eq!(typed(text), expected, "{text}");
    }
}

#[test]
fn operators_and_functions_carry_type_and_presence() {
    for (text, expected) in [
        ("first(split(inputs.organization_name, '@'))", "a string"),
        ("last(split(inputs.organization_name, '@'))", "a string"),
        ("split(inputs.organization_name, '@')[0]", "a string"),
        ("split(inputs.organization_name, '@')[-1]", "a string"),
        ("split(inputs.organization_name, '@')[1]", "maybe a string"),
        ("first(split(inputs.organization_name, ''))", "maybe a string"),
        ("first(split(inputs.organization_name, inputs.organization_name))", "maybe a string"),
        ("first(split(inputs.domains[0], '.'))", "maybe a string"),
        ("first([inputs.organization_name])", "a string"),
        ("inputs.count ?? 1", "an integer"),
        ("inputs.count ?? 'none'", "an integer or the string `none`"),
        ("verify-directory.list_metadata.after ?? ''", "a string"),
        ("inputs.organization_name ?? 1", "a string"),
        ("inputs.count ?? verify-directory.data[0].id", "maybe an integer or a string"),
        ("null ?? 1", "an integer"),
        ("exists(inputs.count)", "a boolean"),
        ("inputs.count == 1", "a boolean"),
        ("inputs.count > 1 && true", "a boolean"),
        ("mixed.customer.email ?? 'none'", "a string"),
        ("exists(mixed.customer.email)", "a boolean"),
        ("mixed.customer.email == 'x'", "maybe a boolean"),
        ("exists(mixed.customer.email) && mixed.customer.email == 'x'", "a boolean"),
        ("lower(mixed.customer) ?? 'none'", "maybe a string"),
        ("[mixed.customer][? @.email == 'x']", "a list of `User`"),
        ("optional.active", "maybe a boolean"),
        ("!optional.active", "maybe a boolean"),
        ("optional.active ?? false", "a boolean"),
        ("(optional.active && true) ?? false", "a boolean"),
        ("exists(optional) && optional.email == 'x'", "a boolean"),
        ("len(verify-directory.data)", "an integer"),
        ("len(verify-directory.list_metadata.after)", "maybe an integer"),
        ("first(verify-directory.data).id", "maybe a string"),
        ("first(unknown-shape.a).id", "any value"),
        ("lower(inputs.organization_name)", "a string"),
        ("split(inputs.organization_name, ' ')", "a list of strings"),
        ("toNumber(inputs.organization_name)", "maybe a number"),
        ("toNumber(len(inputs.organization_name))", "an integer"),
        ("toString(inputs.count)", "maybe a string"),
        ("lower(mixed.customer)", "maybe a string"),
        ("matches(inputs.organization_name, 'a+')", "a boolean"),
        ("matches(inputs.organization_name, inputs.organization_name)", "maybe a boolean"),
        ("contains(inputs.domains, 'x')", "maybe a boolean"),
        ("contains(verify-directory.data[*].state, 'linked')", "a boolean"),
        ("'a' in verify-directory.list_metadata", "a boolean"),
        ("['a', 1]", "a list of integers or the string `a`"),
        ("[inputs.count]", "maybe a list of integers"),
        ("inputs.anything == 1 && inputs.anything != 'x'", "a boolean"),
    ] {
        assert_eq!(typed(text), expected, "{text}");
    }
}

#[test]
fn names_that_do_not_exist() {
    assert_snapshot!(problems(&[
        "inputs.organisation_name",
        "inputs.colour",
        "verify-directori.data",
        "input.organization_name",
        "frobnicate.data",
        "steps.verify-directory.outputs.data",
        "params.count",
        "env.TOKEN",
        "item.id",
        "index",
        "run.id",
        "verify-directory.data[0].sate",
        "verify-directory.data[? @.sate == 'linked'][0].id",
        "verify-directory.body.data",
        "verify-directory.outputs",
        "response.state",
        "response.body.zebra",
        "first(verify-directory.data).idd ?? 'none'",
        "optional.manager.manager.emial",
        "exists(verify-directory.dato)",
    ]));
}

#[test]
fn values_that_do_not_fit_their_place() {
    assert_snapshot!(problems(&[
        "verify-directory.data.id",
        "verify-directory.data.0",
        "verify-directory.data.length",
        "inputs.organization_name.first",
        "inputs.organization_name[0]",
        "verify-directory[0].id",
        "verify-directory[*]",
        "inputs.count[? @ > 1]",
        "inputs.count && true",
        "!verify-directory.data",
        "verify-directory.data[? @.id]",
        "lower(inputs.count)",
        "len(inputs.count)",
        "first(inputs.organization_name)",
        "join(verify-directory.data, ',')",
        "contains(inputs.organization_name, 1)",
        "'a' in inputs.organization_name",
        "matches(inputs.organization_name, '(a')",
        "matches(inputs.organization_name, '((a{1000}){1000}){1000}')",
    ]));
}

#[test]
fn comparisons_that_never_match() {
    assert_snapshot!(problems(&[
        "response.body.state == 'linkd'",
        "response.body.state != 'active'",
        "'unlinkd' == response.body.state",
        "inputs.count == '1'",
        "inputs.organization_name == null",
        "response.status == 'ok'",
        "response.status > '200'",
        "optional.active < true",
        "response.body.state in ['linkt', 'active']",
        "1 in inputs.domains",
        "1 in verify-directory.list_metadata",
        "contains(verify-directory.data[*].state, 'linkd')",
        "verify-directory.data == 'x'",
    ]));
}

#[test]
fn comparisons_of_numbers_that_are_never_true() {
    assert_snapshot!(problems(&[
        "response.status == 404",
        "404 == response.status",
        "response.status >= 400",
        "300 <= response.status",
        "response.status < 200",
        "response.status in [404, 410]",
        "response.body.state == 'linked' && response.status == 409",
        "len(verify-directory.data) < 0",
        "len(inputs.domains) == -1",
        "1 == 2",
        "2 < 1",
    ]));
}

#[test]
fn conditions_that_contradict_each_other() {
    assert_snapshot!(problems(&[
        "response.body.state == 'linked' && response.body.state == 'unlinked'",
        "inputs.count > 3 && inputs.count <= 3",
        "inputs.count > 3 && 2 > inputs.count",
        "first(verify-directory.data).state == 'linked' && verify-directory.data[0].state == 'unlinked'",
    ]));
}

#[test]
fn a_contradiction_is_reported_only_where_nothing_else_is_wrong() {
    for (text, expected) in [
        ("inputs.count == 1 && inputs.count == 2", 1),
        ("inputs.count == 1 && inputs.count == 2 && inputs.colour", 1),
        ("inputs.colour == 1 && inputs.colour == 2", 2),
        ("response.status == 404 && response.status == 405", 2),
    ] {
        let (_, problems) = Expression::parse(text).unwrap().type_in(&world());
        assert_eq!(problems.len(), expected, "{text}: {problems:?}");
    }
}

#[test]
fn comparisons_of_numbers_that_may_be_true() {
    for text in [
        "response.status == 202",
        "response.status < 300",
        "response.status in [202, 404]",
        "response.status != 404",
        "len(inputs.domains) > 0",
        "inputs.count == 404",
        "inputs.count >= 3 && inputs.count <= 3",
        "inputs.count > 9007199254740992 && inputs.count < 9007199254740994",
        "inputs.count == 9007199254740993 && inputs.count > 9007199254740992",
        "response.status < 18446744073709551615",
        "inputs.count > 1 && inputs.count < 9",
        "response.body.state == 'linked' || response.body.state == 'unlinked'",
        "len(verify-directory.data[? @.state == 'linked']) > 0 && len(verify-directory.data[? @.state == 'unlinked']) > 0",
    ] {
        let _ = typed(text);
    }
}

#[test]
fn several_mistakes_are_all_reported() {
    let text = "inputs.colour == 1 && lower(inputs.count) == item.x";
    let (_, problems) = Expression::parse(text).unwrap().type_in(&world());
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.id).collect();
    assert_eq!(codes, ["unknown-input", "type-mismatch", "unavailable-root"]);
}

#[test]
fn nothing_is_said_of_what_has_no_schema() {
    for text in [
        "unknown-shape.a.b == 'x'",
        "unknown-shape.a[? @.b && !@.c][*].d",
        "lower(unknown-shape.a) in unknown-shape.b",
        "first(unknown-shape).x ?? unknown-shape[0]",
        "unknown-shape.a && unknown-shape.b > 1",
        "join(unknown-shape.a, unknown-shape.b)",
        "inputs.anything.at.all",
    ] {
        let _ = typed(text);
    }
    assert!(world().root(&crate::Root::Step("unknown-shape".to_owned())).is_some());
}

#[test]
fn a_condition_is_true_or_false() {
    let world = World::of_schemas(&json!({
        "name": {"type": "string"}, "on": {"type": "boolean"}, "any": {}, "odd": {"type": ["boolean", "string"]},
    }));
    let answered = |text: &str| {
        let (presence, problems) = Expression::parse(text).unwrap().condition_in(&world);
        (presence, problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>())
    };
    assert_eq!(answered("on"), (Presence::Always, vec![]));
    assert_eq!(answered("any"), (Presence::Always, vec![]));
    assert_eq!(answered("name == 'x'"), (Presence::Always, vec![]));
    assert_eq!(answered("odd"), (Presence::Maybe, vec![]));
    assert_eq!(answered("name").1, ["a condition is true or false, found a string"]);
    assert_eq!(answered("len(name)").1, ["a condition is true or false, found an integer"]);
}
