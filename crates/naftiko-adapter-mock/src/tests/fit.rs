//! Every response fits its schema.

use naftiko_adapter::Method;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use proptest::test_runner::{TestCaseError, TestRunner};
use serde_json::{Map, Value, json};

use super::{call, operation, say, with_body, with_definitions, with_query};
use crate::MockAdapter;

/// Generates names that have a meaning for the mock, and some that have none.
fn name() -> impl Strategy<Value = String> {
    let names =
        ["id", "name", "organization_id", "next", "total", "state", "object", "tags", "x", "created_at"];
    proptest::sample::select(names.to_vec()).prop_map(str::to_owned)
}

fn with(mut schema: Value, further: Vec<(&str, Option<Value>)>) -> Value {
    if let Some(map) = schema.as_object_mut() {
        map.extend(further.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    }
    schema
}

fn text() -> impl Strategy<Value = Value> {
    let formats = ["date-time", "date", "email", "uri", "uuid", "hostname", "ipv4", "unknown"];
    prop_oneof![
        (0u32..6, option::of(0u32..9), option::of("[a-z_0-9]{0,12}")).prop_map(|(least, most, example)| {
            let most = most.map(|more| json!(least + more));
            let further = vec![("maxLength", most), ("example", example.map(Value::from))];
            with(json!({"type": "string", "minLength": least}), further)
        }),
        proptest::sample::select(formats.to_vec())
            .prop_map(|format| json!({"type": "string", "format": format})),
        vec("[a-z]{1,5}", 1..4).prop_map(|values| json!({"type": "string", "enum": values})),
        "[a-z]{0,5}".prop_map(|value| json!({"const": value})),
    ]
}

fn number() -> impl Strategy<Value = Value> {
    let bounds =
        (-50i32..50, 0i32..40, any::<bool>(), any::<bool>(), option::of(1u32..7), option::of(-99i32..99));
    bounds.prop_map(|(least, more, whole, open, step, example)| {
        // Wide enough for a multiple to lie between the bounds.
        let most = least + more + step.map_or(2, |step| 2 * i32::try_from(step).unwrap_or(1));
        let (low, high) =
            if open { ("exclusiveMinimum", "exclusiveMaximum") } else { ("minimum", "maximum") };
        let kind = if whole { "integer" } else { "number" };
        let further = vec![("multipleOf", step.map(Value::from)), ("example", example.map(Value::from))];
        with(json!({"type": kind, low: least, high: most}), further)
    })
}

fn nullable(schema: Value) -> Value {
    match schema.get("type").filter(|kind| kind.is_string()).cloned() {
        Some(kind) if schema.get("enum").is_none() => {
            with(schema, vec![("type", Some(json!([kind, "null"])))])
        }
        _ => json!({never_both(&schema): [{"type": "null"}, schema]}),
    }
}

/// The keyword for a choice between `schema` and null: `oneOf` if null fits only one of them.
fn never_both(schema: &Value) -> &'static str {
    let never_null = schema.get("$ref").is_some()
        || schema.get("const").is_some()
        || schema.get("type").is_some_and(Value::is_string);
    if never_null { "oneOf" } else { "anyOf" }
}

fn object(inner: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Value> {
    let property = (name(), inner, any::<bool>());
    (vec(property, 0..5), any::<bool>()).prop_map(|(properties, closed)| {
        let mut schema = json!({"type": "object", "additionalProperties": !closed});
        let mut map = Map::new();
        let mut required: Vec<String> = Vec::new();
        for (name, property, needed) in properties {
            if needed && !map.contains_key(&name) {
                required.push(name.clone());
            }
            map.entry(name).or_insert(property);
        }
        schema["properties"] = Value::Object(map);
        schema["required"] = json!(required);
        schema
    })
}

fn array(inner: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Value> {
    (inner, 0u32..3, option::of(0u32..3)).prop_map(|(items, least, more)| {
        let most = more.map(|more| json!(least + more));
        with(json!({"type": "array", "items": items, "minItems": least}), vec![("maxItems", most)])
    })
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => text(),
        3 => number(),
        1 => Just(json!({"type": "boolean"})),
        1 => Just(json!({})),
        1 => Just(json!({"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2})),
        1 => Just(json!({"type": "array", "items": {"enum": [1, "two", 3]}, "uniqueItems": true, "minItems": 3})),
        1 => Just(json!({"$ref": "#/$defs/Organization"})),
        1 => Just(json!({"$ref": "#/$defs/Tree"})),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            4 => object(inner.clone()),
            2 => array(inner.clone()),
            1 => inner.clone().prop_map(nullable),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"anyOf": [a, b]})),
            1 => inner.clone().prop_map(|a| json!({never_both(&a): [a, {"type": "null"}], "description": "either"})),
            1 => inner.prop_map(|a| json!({"allOf": [a, {"description": "both"}]})),
            1 => (text(), number()).prop_map(|(a, b)| json!({
                "allOf": [
                    {"type": "object", "properties": {"name": a}, "required": ["name"]},
                    {"type": "object", "properties": {"total": b, "name": {"type": "string"}}, "required": ["total"]}
                ]
            })),
        ]
    })
}

fn definitions() -> Value {
    json!({
        "Organization": {
            "type": "object",
            "required": ["id", "name"],
            "properties": {
                "id": {"type": "string", "example": "org_01EHWNCE74X7JSDV0X3SZ3KJNY"},
                "name": {"type": "string"},
                "organization_id": {"type": ["string", "null"]},
                "tree": {"$ref": "#/$defs/Tree"}
            },
            "additionalProperties": false
        },
        "Tree": {
            "type": "object",
            "required": ["name", "branches"],
            "properties": {
                "name": {"type": "string", "maxLength": 3},
                "up": {"oneOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]},
                "branches": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}
            }
        }
    })
}

/// Generates bodies with meaningful names and values of any type.
fn body() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z]{0,8}".prop_map(Value::from),
        vec("[a-z]{1,5}".prop_map(Value::from), 0..4).prop_map(Value::from),
        name().prop_map(|name| json!({ name: 1 })),
    ];
    vec((name(), value), 0..6).prop_map(|entries| Value::Object(entries.into_iter().collect()))
}

#[test]
fn every_answer_fits_its_schema() {
    let config = ProptestConfig {
        cases: ProptestConfig::default().cases.max(500),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let outcome = TestRunner::new(config).run(&(schema(), body(), any::<u64>()), |(schema, body, seed)| {
        let mut document = schema.clone();
        document["$defs"] = definitions();
        let validator =
            jsonschema::validator_for(&document).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let operations = [
            with_body(operation(Method::Post, "/organizations", "201", Some(schema.clone())), json!({})),
            with_query(
                operation(Method::Get, "/organizations", "200", Some(schema.clone())),
                &["name", "limit"],
            ),
            with_body(operation(Method::Put, "/organizations", "200", Some(schema.clone())), json!({})),
            operation(Method::Get, "/organizations", "200", Some(schema)),
        ];
        let mock = MockAdapter::new(seed);
        for operation in operations {
            let operation = with_definitions(operation, &definitions());
            let asks = operation.body.is_some();
            let query = [("name", json!("ab"))];
            let given = if operation.parameters.is_empty() { &query[..0] } else { &query[..] };
            let call = call(&operation, given, asks.then(|| body.clone()));
            let response = say(&mock, &call).map_err(|failure| TestCaseError::fail(failure.message))?;
            if let Err(error) = validator.validate(&response.body) {
                let reason = format!("{} answers {}: {error}", operation.id, response.body);
                return Err(TestCaseError::fail(reason));
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// Schemas of items with few values or with equal default values, each with its number of distinct values, up to 4.
fn few() -> Vec<(Value, usize)> {
    vec![
        (json!({"enum": [1, "two", 3]}), 3),
        (json!({"enum": [1, "1", "two", null]}), 4),
        (json!({"const": "only"}), 1),
        (json!({"type": "boolean"}), 2),
        (json!({"type": ["boolean", "null"]}), 3),
        (json!({"type": "integer", "minimum": 5, "maximum": 7}), 3),
        (json!({"type": "integer", "exclusiveMinimum": -3, "exclusiveMaximum": 1}), 3),
        (json!({"type": "integer", "minimum": -20, "maximum": 20, "multipleOf": 10}), 4),
        (json!({"type": "number", "minimum": 0.1, "maximum": 0.3, "multipleOf": 0.1}), 3),
        (json!({"type": "number", "minimum": 0.25, "maximum": 0.5}), 4),
        (json!({"type": "string", "pattern": "^[ab]$"}), 2),
        (json!({"type": "string", "pattern": "^(x|y)[01]?$"}), 4),
        (json!({"type": "string", "maxLength": 1}), 4),
        (json!({"type": "string", "format": "date"}), 4),
        (json!({"type": "string", "format": "date-time"}), 4),
        (json!({"oneOf": [{"const": "a"}, {"const": "b"}, {"type": "boolean"}]}), 4),
        (json!({"anyOf": [{"enum": [1, 2]}, {"oneOf": [{"const": 3}, {"const": 4}]}]}), 4),
        (json!({"allOf": [{"enum": [1, 2, 3, 4, 5]}, {"enum": [4, 5, 6]}]}), 2),
        (json!({"allOf": [{"type": "integer", "minimum": 1}, {"maximum": 3}]}), 3),
        (json!({"$ref": "#/$defs/Switch"}), 2),
        (json!({"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 1}), 2),
        (json!({"type": "object", "required": ["on"], "properties": {"on": {"type": "boolean"}}}), 2),
        (json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}), 4),
        (
            json!({"type": "object", "required": ["organization_id"], "properties": {"organization_id": {"enum": [1, 2, 3]}}}),
            3,
        ),
    ]
}

#[test]
fn a_list_whose_items_must_differ_has_as_many_of_them_as_its_schema_asks_for() {
    for (items, count) in few() {
        for name in ["organization_id", "tags", "ids", "x"] {
            let list = json!({"type": "array", "items": items, "uniqueItems": true, "minItems": count});
            let schema = json!({
                "type": "object", "required": ["id", name], "properties": {"id": {"enum": [1, 2]}, name: list}
            });
            let defs = json!({"Switch": {"enum": ["on", "off"]}});
            let mut document = schema.clone();
            document["$defs"] = defs.clone();
            let validator = jsonschema::validator_for(&document).unwrap();
            let create =
                with_body(operation(Method::Post, "/organizations", "201", Some(schema.clone())), json!({}));
            let find = operation(Method::Get, "/organizations", "200", Some(schema));
            let mock = MockAdapter::new(1);
            for operation in [create.clone(), find, create] {
                let operation = with_definitions(operation, &defs);
                for wish in [json!({}), json!({"id": 1, name: [1, 1, 1]})] {
                    let body = operation.body.is_some().then_some(wish);
                    let response = say(&mock, &call(&operation, &[], body)).unwrap();
                    let error = validator.validate(&response.body).err().map(|error| error.to_string());
                    assert_eq!(error, None, "{items} as {name}: {}", response.body);
                }
            }
        }
    }
}
