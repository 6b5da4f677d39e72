//! The proofs of conditions, and how they narrow types.

use crate::{Expression, Presence, Root, Selector, Type, Typed};
use serde_json::json;

use crate::tests::world::World;

/// The proofs of a condition as text; `?` marks a value that may be null.
fn proves(text: &str) -> Vec<String> {
    let mut proofs: Vec<String> =
        Expression::parse(text).unwrap().proofs().iter().map(ToString::to_string).collect();
    proofs.dedup();
    proofs
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
        ("a.b == null", vec!["a.b?"]),
        ("a.b != null", vec![]),
        ("!(a.b == null)", vec![]),
        ("!exists(a.b)", vec![]),
        ("!(!exists(a.b))", vec!["a.b"]),
        ("a.b == c.d", vec![]),
        ("a.b < c.d", vec!["a.b", "c.d"]),
        ("a.b <= c.d", vec![]),
        ("a.b >= 1", vec!["a.b"]),
        ("a.b in ['x', 'y']", vec!["a.b"]),
        ("a.b in ['x', null]", vec![]),
        ("a.b in c.d", vec!["c.d"]),
        ("exists(a) && exists(b)", vec!["a", "b"]),
        ("exists(a) || exists(b)", vec!["a ?? b"]),
        ("exists(a) || exists(a)", vec!["a"]),
        ("exists(a) || len(a) > 0", vec!["a ?? len(a)", "a"]),
        ("exists(a) && exists(b) || c == 1", vec!["a ?? c", "b ?? c"]),
        ("exists(a) || !exists(b)", vec![]),
        ("!(!exists(a) && b != 1)", vec!["a ?? b"]),
        ("!(!exists(a) || !exists(b))", vec!["a", "b"]),
        ("len(a.b) > 0", vec!["len(a.b)", "a.b", "a.b[0]?", "a.b[-1]?"]),
        ("1 <= len(a.b)", vec!["len(a.b)", "a.b", "a.b[0]?", "a.b[-1]?"]),
        ("len(a.b) >= 0", vec!["len(a.b)", "a.b"]),
        ("len(a.b) != 0", vec![]),
        ("len(a[*].b) > 0", vec!["len(a[*].b)", "a[*].b"]),
        (
            "len(a[? @.b == 'x']) > 0",
            vec!["len(a[? @.b == 'x'])", "a[? @.b == 'x']", "a[? @.b == 'x'][0]?", "a[? @.b == 'x'][-1]?"],
        ),
        ("exists(first(a.b).c)", vec!["a.b[0].c"]),
        ("first(a).b == 1", vec!["a[0].b"]),
        ("lower(a.b) == 'x'", vec!["lower(a.b)", "a.b"]),
        ("contains(a.b, c.d)", vec!["contains(a.b, c.d)", "a.b"]),
        ("a.b ?? c.d", vec!["a.b ?? c.d"]),
        ("exists(a.b ?? c.d)", vec!["a.b ?? c.d"]),
        ("!(!exists(a.b ?? c.d))", vec!["a.b ?? c.d"]),
        ("exists((a ?? b) ?? c)", vec!["(a ?? b) ?? c", "a ?? b ?? c"]),
        ("exists((a ?? b).c)", vec!["(a ?? b).c", "a ?? b"]),
        ("exists(a ?? 'x')", vec!["a ?? 'x'"]),
        ("exists(a ?? null)", vec!["a ?? null", "a"]),
        ("(a ?? 'x') == 'y'", vec!["a ?? 'x'", "a"]),
        ("(a ?? 'x') == 'x'", vec!["a ?? 'x'"]),
        ("a ?? false", vec!["a ?? false", "a"]),
        ("!(a ?? true)", vec!["a ?? true", "a"]),
        ("exists(a) ?? false", vec!["exists(a) ?? false", "a"]),
        ("exists(toNumber(a))", vec!["toNumber(a)", "a"]),
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
fn what_one_of_several_proves_is_there_whichever_it_is() {
    let mut world = World::of_schemas(&json!({
        "inputs": {"type": "object", "properties": {
            "a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": ["string", "null"]},
            "mixed": {"type": ["string", "integer"]}, "port": {"type": "string"}, "x": {"properties": {"y": {"type": "string"}, "z": {"type": "string"}}},
        }},
    }));
    let mut after = |condition: &str, read: &str| {
        world.proofs = Expression::parse(condition).unwrap().proofs();
        presence(&world, read)
    };
    for (condition, read) in [
        ("exists(inputs.a ?? inputs.b)", "inputs.a ?? inputs.b"),
        ("exists(inputs.a ?? inputs.b)", "inputs.b ?? inputs.a"),
        ("exists(inputs.a ?? inputs.b)", "(inputs.c ?? (inputs.b ?? inputs.a))"),
        ("exists(inputs.a) || exists(inputs.b)", "inputs.a ?? inputs.b"),
        ("(inputs.c ?? 'none') == 'x'", "inputs.c"),
        ("exists(inputs.x.y ?? inputs.x.z)", "inputs.x.y ?? inputs.x.z"),
        ("exists(inputs.x.y) || exists(inputs.x.z)", "toString(inputs.x)"),
        ("exists(toNumber(inputs.port))", "toString(toNumber(inputs.port))"),
        ("exists(inputs.a ?? lower(inputs.mixed))", "inputs.a ?? lower(inputs.mixed)"),
        ("exists(first(split(inputs.a ?? inputs.b, '')))", "first(split(inputs.a ?? inputs.b, ''))"),
    ] {
        assert_eq!(after(condition, read), Presence::Always, "{condition}: {read}");
    }
    for (condition, read) in [
        ("exists(inputs.a ?? inputs.b)", "inputs.a"),
        ("exists(inputs.a ?? inputs.b ?? inputs.c)", "inputs.a ?? inputs.b"),
        ("exists(inputs.a) || inputs.b != 'x'", "inputs.a ?? inputs.b"),
        ("inputs.c != null", "inputs.c"),
        ("exists(toNumber(inputs.a))", "toString(toNumber(inputs.b))"),
        // The second operand is not evaluated if `a` is there.
        ("exists(inputs.a ?? lower(inputs.mixed))", "lower(inputs.mixed) ?? inputs.a"),
    ] {
        assert_eq!(after(condition, read), Presence::Maybe, "{condition}: {read}");
    }
}

#[test]
fn what_a_predicate_proves_of_an_item_is_there_in_the_items_it_keeps() {
    let person = json!({"type": "object", "properties": {
        "email": {"type": ["string", "null"]}, "phone": {"type": "string"},
        "manager": {"properties": {"email": {"type": "string"}}}, "tags": {"items": {"type": "string"}},
    }});
    let robot =
        json!({"type": "object", "required": ["serial"], "properties": {"serial": {"type": "string"}}});
    let mut world = World::of_schemas(&json!({
        "users": {"type": "array", "items": person},
        "any": {"type": "array", "items": {"oneOf": [person, robot, {"type": "null"}]}},
    }));
    world.proofs = Expression::parse("len(users) > 0 && len(any) > 0").unwrap().proofs();
    let typed = |text: &str| {
        let (typed, problems) = Expression::parse(text).unwrap().type_in(&world);
        assert_eq!(problems, [], "{text}");
        typed.ty.items().unwrap()
    };
    let there = |list: &str, field: &str| typed(list).field(field).unwrap();
    assert_eq!(there("users", "email").presence, Presence::Maybe);
    let always = Typed::always(Type::string());
    assert_eq!(there("users[? exists(@.email)]", "email"), always);
    assert_eq!(there("users[? @.email == 'x' && true]", "email"), always);
    assert_eq!(there("(users[? exists(@.email)])[? exists(@.phone)]", "email"), always);
    assert_eq!(there("users[? exists(@.manager.email)][*].manager", "email"), always);
    assert_eq!(there("users[? exists(@.email ?? @.phone)]", "email").presence, Presence::Maybe);
    assert_eq!(there("users[? !exists(@.email)]", "email").presence, Presence::Maybe);
    assert_eq!(there("users[? exists(@.tags[? @ == 'x'][0])]", "tags").presence, Presence::Always);
    // An item that cannot have the field is excluded.
    assert_eq!(there("any[? exists(@.email)]", "email"), always);
    assert_eq!(typed("any[? exists(@)]").members().len(), 2);
}

#[test]
fn what_a_predicate_proves_is_proved_of_item() {
    let of_items = |text: &str| -> Vec<String> {
        Expression::parse(text).unwrap().item_proofs().iter().map(ToString::to_string).collect()
    };
    for (text, expected) in [
        ("users[? exists(@.email)]", vec!["item.email"]),
        ("users[? exists(@.email) && inputs.x == @.tags[0]]", vec!["item.email"]),
        ("users[? exists(@.tags[0]) && exists(inputs.x)]", vec!["item.tags[0]", "inputs.x"]),
        ("users[? @.a][? @.b]", vec!["item.b", "item.a"]),
        ("(users[? @.a])[? @.b]", vec!["item.b", "item.a"]),
        ("users[? exists(@.tags[? @ == 'x'])]", vec!["item.tags[? @ == 'x']"]),
        ("users[? exists(toNumber(@.a))]", vec!["item.a"]),
        ("users[? @.a][0]", vec![]),
        ("users[? @.a].tags", vec![]),
        ("users[*].tags[? @ == 'x']", vec![]),
        ("(users[*].tags)[? exists(@.a)]", vec!["item.a"]),
        ("users", vec![]),
    ] {
        assert_eq!(of_items(text), expected, "{text}");
    }
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
fn an_until_that_holds_for_one_reason_or_another_proves_what_is_read_of_its_step() {
    let mut world = schemas();
    let until =
        Expression::parse("exists(response.body.data[0].id) || exists(response.body.data[-1].note)").unwrap();
    let body = [Selector::Field("body".to_owned())];
    let step = Root::Step("connections".to_owned());
    let rebased = |proof: &crate::Proof| proof.rebased(&Root::Response, &body, &step);
    world.proofs = until.proofs().iter().filter_map(rebased).collect();
    assert_eq!(presence(&world, "connections.data[0].id ?? connections.data[-1].note"), Presence::Always);
    assert_eq!(presence(&world, "connections.data[0].id"), Presence::Maybe);
    let mixed = Expression::parse("exists(response.body.data[0].id) || exists(inputs.x)").unwrap();
    assert_eq!(mixed.proofs().len(), 1);
    assert_eq!(mixed.proofs()[0].root(), None);
    assert_eq!(rebased(&mixed.proofs()[0]), None);
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
