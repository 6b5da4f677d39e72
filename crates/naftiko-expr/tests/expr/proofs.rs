//! What conditions prove, and what that does to types.

use naftiko_expr::{Expression, Presence, Root, Selector, Type, Typed};
use serde_json::json;

use crate::world::World;

/// The paths that a condition proves, written as paths; `?` marks one that may be null.
fn proves(text: &str) -> Vec<String> {
    let proofs = Expression::parse(text).unwrap().proofs();
    let written = proofs.into_iter().map(|proof| {
        let selectors: String = proof.selectors.iter().map(ToString::to_string).collect();
        let null = if proof.may_be_null { "?" } else { "" };
        format!("{}{selectors}{null}", proof.root.name())
    });
    written.collect()
}

#[test]
fn conditions_prove_what_they_could_not_be_true_without() {
    for (text, expected) in [
        ("exists(a.b)", vec!["a.b"]),
        ("a.b", vec!["a.b"]),
        ("!a.b", vec!["a.b"]),
        ("a.b == 'x'", vec!["a.b"]),
        ("'x' == a.b", vec!["a.b"]),
        ("a.b != 'x'", vec![]),
        ("!(a.b != 'x')", vec!["a.b"]),
        ("a.b == null", vec![]),
        ("a.b == c.d", vec![]),
        ("a.b < c.d", vec!["a.b", "c.d"]),
        ("a.b <= c.d", vec![]),
        ("a.b >= 1", vec!["a.b"]),
        ("a.b in ['x', 'y']", vec!["a.b"]),
        ("a.b in ['x', null]", vec![]),
        ("a.b in c.d", vec!["c.d"]),
        ("exists(a) && exists(b)", vec!["a", "b"]),
        ("exists(a) || exists(b)", vec![]),
        ("!(!exists(a) || !exists(b))", vec!["a", "b"]),
        ("len(a.b) > 0", vec!["a.b", "a.b[0]?", "a.b[-1]?"]),
        ("1 <= len(a.b)", vec!["a.b", "a.b[0]?", "a.b[-1]?"]),
        ("len(a.b) >= 0", vec!["a.b"]),
        ("len(a.b) != 0", vec![]),
        ("len(a[*].b) > 0", vec!["a[*].b"]),
        ("len(a[? @.b == 'x']) > 0", vec!["a[? @.b == 'x']", "a[? @.b == 'x'][0]?", "a[? @.b == 'x'][-1]?"]),
        ("exists(first(a.b).c)", vec!["a.b[0].c"]),
        ("first(a).b == 1", vec!["a[0].b"]),
        ("lower(a.b) == 'x'", vec!["a.b"]),
        ("contains(a.b, c.d)", vec!["a.b"]),
        ("a.b ?? c.d", vec![]),
        ("(a.b && c.d) == (e.f && g.h)", vec![]),
        ("true", vec![]),
    ] {
        assert_eq!(proves(text), expected, "{text}");
    }
}

fn schemas() -> World {
    let item = json!({"type": "object", "required": ["id"], "properties": {
        "id": {"type": "string"}, "state": {"enum": ["active", "inactive"]}, "note": {"type": ["string", "null"]},
    }});
    let list = json!({"type": "object", "required": ["data"], "properties": {"data": {"type": "array", "items": item}}});
    World::of_schemas(
        &json!({"connections": list, "skipped?": list, "flags": {"properties": {"on": {"type": "boolean"}}}}),
    )
}

fn presence(world: &World, text: &str) -> Presence {
    let (typed, problems) = Expression::parse(text).unwrap().type_in(world);
    assert_eq!(problems, [], "{text}");
    typed.presence
}

#[test]
fn earlier_operands_prove_what_later_ones_read() {
    let world = schemas();
    assert_eq!(presence(&world, "flags.on"), Presence::Maybe);
    assert_eq!(presence(&world, "exists(flags.on) && flags.on"), Presence::Always);
    assert_eq!(presence(&world, "!exists(flags.on) || flags.on"), Presence::Always);
    assert_eq!(presence(&world, "exists(flags.on) || flags.on"), Presence::Maybe);
    assert_eq!(presence(&world, "(exists(flags.on) && true) == flags.on || flags.on"), Presence::Maybe);
    assert_eq!(
        presence(&world, "exists(skipped.data) && startsWith(first(skipped.data).id, 'x')"),
        Presence::Maybe
    );
    assert_eq!(
        presence(&world, "len(skipped.data) > 0 && startsWith(first(skipped.data).id, 'x')"),
        Presence::Always
    );
}

#[test]
fn an_until_proves_what_is_read_of_its_step() {
    let mut world = schemas();
    let read = "first(connections.data[? @.state == 'active']).id";
    assert_eq!(presence(&world, read), Presence::Maybe);
    let until = Expression::parse("len(response.body.data[?@.state=='active']) > 0").unwrap();
    let body = [Selector::Field("body".to_owned())];
    let step = Root::Step("connections".to_owned());
    world.proofs =
        until.proofs().iter().filter_map(|proof| proof.rebased(&Root::Response, &body, &step)).collect();
    assert_eq!(presence(&world, read), Presence::Always);
    assert_eq!(presence(&world, "connections.data[? @.state == 'active'][-1].id"), Presence::Always);
    assert_eq!(presence(&world, "connections.data[0].id"), Presence::Maybe);
    assert_eq!(presence(&world, "first(connections.data[? @.state == 'inactive']).id"), Presence::Maybe);
}

#[test]
fn a_proof_strips_null_and_an_item_of_a_list_may_still_be_null() {
    let mut world = schemas();
    world.proofs = Expression::parse("connections.data[0].note == 'x'").unwrap().proofs();
    let (typed, _) = Expression::parse("connections.data[0].note").unwrap().type_in(&world);
    assert_eq!(typed, Typed::always(Type::string()));

    let mut world = World::of_schemas(&json!({"a": {"items": {"type": ["string", "null"]}}}));
    world.proofs = Expression::parse("len(a) > 0").unwrap().proofs();
    let (typed, _) = Expression::parse("a[0]").unwrap().type_in(&world);
    assert_eq!(typed.presence, Presence::Always);
    assert_eq!(typed.ty.to_string(), "a string or null");
}

#[test]
fn a_proof_that_looks_at_its_own_step_does_not_leave_it() {
    let until = Expression::parse("exists(response.body.data[? @.id == response.status][0])").unwrap();
    let body = [Selector::Field("body".to_owned())];
    let step = Root::Step("connections".to_owned());
    assert_eq!(until.proofs().len(), 1);
    assert_eq!(until.proofs()[0].rebased(&Root::Response, &body, &step), None);
    assert_eq!(until.proofs()[0].rebased(&Root::Run, &body, &step), None);
}
