//! Lowering of JSON Schemas to types, and the relations between types.

use crate::{Definitions, Presence, Type, Typed};
use naftiko_diagnostics::work;
use serde_json::{Map, Value, json};

fn definitions() -> Definitions {
    let definitions = json!({
        "Directory": {
            "type": "object",
            "required": ["id", "state"],
            "properties": {
                "id": {"type": "string"},
                "state": {"type": "string", "enum": ["linked", "unlinked"]},
                "parent": {"$ref": "#/$defs/Directory"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Directory"}},
            },
        },
        "Alias": {"$ref": "#/$defs/Directory"},
        "Described": {"description": "a directory", "allOf": [{"$ref": "#/$defs/Directory"}]},
        "Loop": {"$ref": "#/$defs/Pool"},
        "Pool": {"$ref": "#/$defs/Loop"},
        "Onion": {"anyOf": [{"$ref": "#/$defs/Onion"}, {"type": "string"}]},
        "Knot": {"allOf": [{"$ref": "#/$defs/Knot"}, {"properties": {"a": {"type": "integer"}}}]},
        "Event": {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "string"}},
            "oneOf": [
                {"properties": {"kind": {"const": "a"}, "x": {"type": "integer"}}, "required": ["kind"]},
                {"properties": {"kind": {"const": "b"}}, "required": ["kind"]},
            ],
        },
    });
    Definitions::new(definitions.as_object().unwrap().clone())
}

#[expect(clippy::needless_pass_by_value, reason = "a test reads better without `&` before each `json!`")]
fn ty(schema: Value) -> Type {
    Type::from_schema(&schema, &definitions())
}

fn named(name: &str) -> Type {
    ty(json!({"$ref": format!("#/$defs/{name}")}))
}

fn shown(schema: Value) -> String {
    ty(schema).to_string()
}

#[test]
fn types_read_in_few_words() {
    for (schema, expected) in [
        (json!(true), "any value"),
        (json!({}), "any value"),
        (json!({"description": "no type"}), "any value"),
        (json!(false), "nothing"),
        (json!({"type": "string"}), "a string"),
        (json!({"type": ["integer", "null"]}), "an integer or null"),
        (json!({"type": ["null", "string", "number"]}), "a number, a string or null"),
        (json!({"enum": ["a", "b"]}), "one of `a`, `b`"),
        (json!({"const": "a"}), "the string `a`"),
        (json!({"enum": ["a", null, 1]}), "an integer, the string `a` or null"),
        (json!({"type": "string", "enum": ["a", null]}), "the string `a`"),
        (json!({"type": "string", "enum": [1, true]}), "an integer, a boolean or one of `1`, `true`"),
        (json!({"type": "integer", "enum": ["1", "x"]}), "an integer or one of `1`, `x`"),
        (json!({"enum": ["1", "2", "3", "4", "5", "6", "7"]}), "one of `1`, `2`, `3`, `4`, `5`, and 2 more"),
        (json!({"type": "array"}), "a list"),
        (json!({"type": "array", "items": {"type": "string"}}), "a list of strings"),
        (json!({"type": "array", "items": {"$ref": "#/$defs/Directory"}}), "a list of `Directory`"),
        (json!({"items": {"items": {"type": "integer"}}}), "a list of lists of integers"),
        (
            json!({"prefixItems": [{"type": "string"}, {"type": "boolean"}], "items": false}),
            "a list of booleans or strings",
        ),
        (json!({"type": "object"}), "an object"),
        (json!({"title": "Person", "properties": {}}), "any value"),
        (json!({"title": "Person", "type": "object"}), "`Person`"),
        (json!({"$ref": "#/$defs/Directory"}), "`Directory`"),
        (json!({"$ref": "#/$defs/Nowhere"}), "any value"),
        (json!({"$ref": "other.json"}), "any value"),
        (json!({"anyOf": [{"$ref": "#/$defs/Directory"}, {"type": "null"}]}), "`Directory` or null"),
        (json!({"allOf": [{"$ref": "#/$defs/Directory"}]}), "`Directory`"),
        (json!({"allOf": [{"type": "number"}, {"type": "integer"}]}), "an integer"),
        (json!({"not": {"type": "string"}}), "any value"),
        (json!("not a schema"), "any value"),
    ] {
        assert_eq!(shown(schema.clone()), expected, "{schema}");
    }
}

#[test]
fn fields_carry_presence_and_sealed_objects_have_no_others() {
    let directory = named("Directory");
    assert_eq!(directory.name(), Some("Directory"));
    assert_eq!(directory.field("id").unwrap().presence, Presence::Always);
    assert_eq!(directory.field("parent").unwrap().presence, Presence::Maybe);
    assert_eq!(directory.field("sate"), None);
    let deep = directory.field("parent").unwrap().ty.field("children").unwrap().ty.items().unwrap();
    assert_eq!(deep.field("state").unwrap().ty.to_string(), "one of `linked`, `unlinked`");
    let names: Vec<String> = directory.fields().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["id", "state", "parent", "children"]);
}

#[test]
fn objects_are_open_when_the_schema_says_so_or_says_nothing() {
    let field = |schema: Value| ty(schema).field("x").map(|typed| (typed.ty.to_string(), typed.presence));
    let maybe = |words: &str| Some((words.to_owned(), Presence::Maybe));
    assert_eq!(field(json!({"type": "object"})), maybe("any value"));
    assert_eq!(field(json!({"type": "object", "properties": {"a": {}}})), None);
    assert_eq!(
        field(json!({"type": "object", "properties": {"a": {}}, "additionalProperties": true})),
        maybe("any value")
    );
    assert_eq!(field(json!({"additionalProperties": {"type": "integer"}})), maybe("an integer"));
    assert_eq!(field(json!({"type": "object", "additionalProperties": false})), None);
    assert_eq!(field(json!({"properties": {"a": {}}, "patternProperties": {"^x": {}}})), maybe("any value"));
    let required = field(json!({"type": "object", "required": ["x"]}));
    assert_eq!(required, Some(("any value".to_owned(), Presence::Always)));
    assert_eq!(field(json!({"properties": {"x": false}})), Some(("nothing".to_owned(), Presence::Never)));
}

#[test]
fn all_of_merges_and_one_of_distributes() {
    let both = ty(json!({"allOf": [
        {"$ref": "#/$defs/Directory"},
        {"properties": {"extra": {"type": "integer"}, "state": {"const": "linked"}}, "required": ["extra", "parent"]},
    ]}));
    assert_eq!(both.to_string(), "`Directory`");
    assert_eq!(both.field("extra").unwrap().presence, Presence::Always);
    assert_eq!(both.field("parent").unwrap().presence, Presence::Always);
    assert_eq!(both.field("id").unwrap().presence, Presence::Always);

    let event = named("Event");
    assert_eq!(event.field("id").unwrap().presence, Presence::Always);
    assert_eq!(event.field("kind").unwrap().ty.to_string(), "one of `a`, `b`");
    assert_eq!(event.field("kind").unwrap().presence, Presence::Always);
    assert_eq!(event.field("x").unwrap().presence, Presence::Maybe);
    assert_eq!(event.field("y"), None);
}

#[test]
fn schemas_that_contain_themselves_end() {
    assert_eq!(named("Loop").resolve().to_string(), "any value");
    assert_eq!(named("Alias").resolve().name(), Some("Directory"));
    assert_eq!(named("Described").field("id").unwrap().presence, Presence::Always);
    assert_eq!(named("Onion").members(), [Type::string()]);
    assert_eq!(named("Knot").field("a").unwrap().ty, Type::Integer);
    assert!(named("Onion").admits(&json!("x")));
    assert!(!named("Onion").admits(&json!(1)));
    let directory = named("Directory");
    assert!(directory.accepts(&directory));
    assert!(named("Alias").accepts(&directory));
    assert!(directory.accepts(&ty(definitions().schemas()["Directory"].clone())));
}

#[test]
fn schemas_made_to_explode_do_not() {
    let mut doubling = Map::new();
    for level in 0..60 {
        let next = json!({"$ref": format!("#/$defs/L{}", level + 1)});
        let either = json!({"properties": {"a": {}}, "anyOf": [next, next], "oneOf": [next, next], "allOf": [next, next]});
        doubling.insert(format!("L{level}"), either);
    }
    let doubling = Definitions::new(doubling);
    let ty = Type::from_schema(&json!({"$ref": "#/$defs/L0"}), &doubling);
    let _ = (ty.members(), ty.fields(), ty.accepts(&ty.resolve()), ty.to_string());

    let mut deep = json!({});
    for _ in 0..120 {
        deep = json!({"properties": {"a": deep, "b": {"items": {"type": "string"}}}});
    }
    let ty = Type::from_schema(&deep, &Definitions::default());
    assert!(ty.accepts(&ty) && ty.field("a").is_some());

    let chain: Map<String, Value> = (0..5000)
        .map(|level| {
            (format!("C{level}"), json!({"properties": {"n": {"$ref": format!("#/$defs/C{}", level + 1)}}}))
        })
        .collect();
    let chain = Definitions::new(chain);
    let start = |name: &str| Type::from_schema(&json!({"$ref": format!("#/$defs/{name}")}), &chain);
    assert!(start("C0").accepts(&start("C1")));
}

#[test]
fn a_schema_that_many_names_lead_to_is_found_in_linear_work() {
    let steps = |length: usize| {
        let mut schemas: Map<String, Value> = (0..length)
            .map(|level| (format!("C{level}"), json!({"$ref": format!("#/$defs/C{}", level + 1)})))
            .collect();
        schemas.insert(format!("C{length}"), json!({"properties": {"n": {"type": "string"}}}));
        let definitions = Definitions::new(schemas);
        let read = || {
            for level in 0..length {
                let schema = json!({"$ref": format!("#/$defs/C{level}")});
                assert!(Type::from_schema(&schema, &definitions).field("n").is_some());
            }
        };
        work::count(read).1
    };
    let (some, many) = (steps(500), steps(2_000));
    assert!(some > 0 && many <= some * 5, "{some} and {many}");
}

#[test]
fn copies_of_alternatives_are_limited() {
    let alternatives = |properties: usize, branches: usize| {
        let properties: Map<String, Value> =
            (0..properties).map(|at| (format!("p{at}"), json!({"type": "string"}))).collect();
        let branches: Vec<Value> = (0..branches).map(|at| json!({"required": [format!("p{at}")]})).collect();
        ty(json!({"properties": properties, "anyOf": branches})).members()
    };
    assert_eq!(alternatives(100, 20).len(), 20);
    assert_eq!(alternatives(3_000, 1_000), [Type::Any]);
}

#[test]
fn acceptance_is_about_every_value() {
    let accepts = |to: Value, from: Value| ty(to).accepts(&ty(from));
    let string = json!({"type": "string"});
    let values = json!({"enum": ["a", "b"]});
    assert!(accepts(string.clone(), values.clone()));
    assert!(!accepts(values.clone(), string.clone()));
    assert!(accepts(values.clone(), json!({"const": "a"})));
    assert!(!accepts(values.clone(), json!({"enum": ["a", "c"]})));
    assert!(accepts(json!({"anyOf": [{"const": "a"}, {"const": "b"}, {"type": "null"}]}), values.clone()));
    assert!(accepts(json!({"type": "number"}), json!({"type": "integer"})));
    assert!(!accepts(json!({"type": "integer"}), json!({"type": "number"})));
    assert!(!accepts(string.clone(), json!({"type": ["string", "null"]})));
    assert!(accepts(json!({"type": ["string", "null"]}), string.clone()));
    assert!(accepts(json!({"items": string}), json!({"items": values})));
    assert!(!accepts(json!({"items": values}), json!({"items": string})));
    assert!(accepts(json!({"items": values}), json!({"type": "array"})));
    assert!(accepts(json!({}), string.clone()) && accepts(string.clone(), json!({})));
    let wants =
        json!({"properties": {"id": {"type": "string"}, "n": {"type": "integer"}}, "required": ["id"]});
    assert!(accepts(
        wants.clone(),
        json!({"properties": {"id": {"const": "x"}, "more": {}}, "required": ["id"]})
    ));
    assert!(!accepts(wants.clone(), json!({"properties": {"id": {"const": "x"}}})));
    assert!(!accepts(
        wants.clone(),
        json!({"properties": {"id": {}, "n": {"type": "string"}}, "required": ["id"]})
    ));
    assert!(accepts(wants.clone(), json!({"type": "object"})));
    assert!(!accepts(wants, json!({"type": "array"})));
    assert!(accepts(json!({"items": values}), json!({"items": false})));
}

#[test]
fn a_value_has_its_own_type() {
    let value = json!({"a": ["x", "y", 1], "b": [], "c": null, "d": 1.5, "e": 2.0});
    let ty = Type::of_value(&value);
    assert!(ty.admits(&value));
    let field = |name: &str| ty.field(name).unwrap().ty.to_string();
    assert_eq!(field("a"), "a list of integers or one of `x`, `y`");
    assert_eq!(field("b"), "an empty list");
    assert_eq!(field("c"), "null");
    assert_eq!((field("d"), field("e")), ("a number".to_owned(), "an integer".to_owned()));
    assert!(!ty.admits(&json!({"a": ["z"], "b": [], "c": null, "d": 1, "e": 2})));
}

#[test]
fn an_object_without_fields_has_none_whichever_is_asked_for() {
    let empty = Type::empty_object();
    assert_eq!(empty.field("id"), Some(Typed::never()));
    assert!(empty.admits(&json!({})) && !empty.admits(&json!(null)));
    let object = |schema| Type::from_schema(&schema, &Definitions::default());
    assert!(object(json!({"type": "object"})).accepts(&empty));
    assert!(object(json!({"properties": {"id": {"type": "string"}}})).accepts(&empty));
    assert!(!object(json!({"properties": {"id": {"type": "string"}}, "required": ["id"]})).accepts(&empty));
}

#[test]
fn a_field_behind_a_long_chain_of_joined_references_has_its_type() {
    for length in [10, 60, 500] {
        let mut definitions: Map<String, Value> = (0..length)
            .map(|at| {
                let next = json!({"$ref": format!("#/$defs/L{}", at + 1)});
                let own = json!({"properties": {format!("own{at}"): {"type": "string"}}});
                (format!("L{at}"), json!({"allOf": [next, own]}))
            })
            .collect();
        let last = json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}});
        definitions.insert(format!("L{length}"), last);
        let definitions = Definitions::new(definitions);
        let ty = Type::from_schema(&json!({"$ref": "#/$defs/L0"}), &definitions);
        assert_eq!(ty.field("id"), Some(Typed::always(Type::Integer)), "{length} references");
        assert_eq!(ty.field("other"), None, "{length} references");
    }
}
