//! Malformed and malicious descriptions: nothing panics, hangs or is trusted.

use insta::assert_debug_snapshot;
use naftiko_adapter::Method;
use naftiko_diagnostics::{SourceMap, Span};
use naftiko_syntax::{Entry, Limits, Mapping, Node, Text, Value, parse};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::{Loaded, assert_sound};
use crate::Catalogue;

fn exercised(text: &str) -> Vec<String> {
    let loaded = Loaded::new(text);
    let mut said = loaded.complaints();
    for entry in loaded.catalogue.operations() {
        let (operation, diagnostics) = loaded.catalogue.operation(entry, "test");
        assert_sound(&operation);
        said.extend(loaded.said(&diagnostics));
    }
    said
}

#[test]
fn parts_of_the_wrong_type_are_said() {
    assert_debug_snapshot!(exercised("{openapi: 3.1.0, paths: 5}"), @r#"
    [
        "warning malformed-description: expected `paths` to be a mapping, found a number (at `5`)",
    ]
    "#);
    assert_debug_snapshot!(exercised("{openapi: 3.1.0, paths: {/a: [], b: {}, /c: {get: 7}, /d: {get: null}}}"), @r#"
    [
        "warning malformed-description: expected a path to be a mapping, found a list (at `[]`)",
        "warning malformed-description: expected a path that begins with `/`, found `b` (at `b`)",
        "warning malformed-description: expected an operation to be a mapping, found a number (at `7`)",
    ]
    "#);
    assert_debug_snapshot!(
        exercised("{openapi: 3.1.0, paths: {/a: {get: {responses: [], parameters: {}, requestBody: x, tags: 5}}}}"),
        @r#"
    [
        "warning malformed-description: expected `parameters` to be a list, found a mapping (at `{}`)",
        "warning malformed-description: expected a request body to be a mapping, found a string (at `x`)",
        "warning malformed-description: expected `responses` to be a mapping, found a list (at `[]`)",
    ]
    "#
    );
    assert_debug_snapshot!(
        exercised("{swagger: '2.0', consumes: json, paths: {/a: {get: {responses: {200: 1, abc: {}}, parameters: [{in: body, schema: 5}]}}}}"),
        @r#"
    [
        "warning malformed-description: expected `consumes` to be a list, found a string (at `json`)",
        "warning malformed-description: expected a schema, found a number (at `5`)",
        "warning malformed-description: expected a response to be a mapping, found a number (at `1`)",
        "warning malformed-description: expected a status, `4XX` or `default`, found `abc` (at `abc`)",
    ]
    "#
    );
}

#[test]
fn an_entry_of_another_catalogue_gives_an_operation_without_anything() {
    let one = Loaded::new("{openapi: 3.1.0, paths: {'/a/{id}': {get: {operationId: one}}}}");
    let other = Loaded::new("{openapi: 3.1.0, paths: {}}");
    let (operation, diagnostics) = other.catalogue.operation(one.catalogue.find("one").unwrap(), "test");
    assert_eq!((operation.parameters.len(), diagnostics.len()), (0, 1));
}

#[test]
fn ten_thousand_definitions_in_a_row_and_in_a_circle_are_no_matter() {
    let count = 10_000;
    let link =
        |at: usize| json!({"allOf": [{"$ref": format!("#/components/schemas/S{}", (at + 1) % count)}]});
    let schemas: Map<String, Json> = (0..count).map(|at| (format!("S{at}"), link(at))).collect();
    let description = json!({
        "openapi": "3.1.0",
        "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/S0"},
        }}}}}}},
        "components": {"schemas": schemas},
    });
    let (catalogue, _) = Catalogue::load(node(&description));
    let (operation, diagnostics) = catalogue.operation(catalogue.operations().next().unwrap(), "test");
    assert_eq!(operation.definitions.len(), count);
    assert_eq!(diagnostics.iter().map(|d| d.code.id).collect::<Vec<_>>(), ["circular-reference"]);
}

#[test]
fn schemas_as_deep_as_a_text_can_be_are_read() {
    let depth = Limits::default().depth - 20;
    let schema = format!("{}true{}", "{not: {properties: {a: ".repeat(depth / 3), "}}}".repeat(depth / 3));
    let text = format!(
        "{{swagger: '2.0', paths: {{/a: {{get: {{parameters: [{{in: body, schema: {schema}}}]}}}}}}}}"
    );
    assert_eq!(exercised(&text), [""; 0]);
}

/// The tree of a value, with one span for all nodes.
fn node(value: &Json) -> Node {
    let span = Span::new(SourceMap::new().add("", ""), 0..0);
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(number.clone()),
        Json::String(text) => Value::String(Text::new(text.clone(), Vec::new())),
        Json::Array(items) => Value::Sequence(items.iter().map(node).collect()),
        Json::Object(map) => {
            let mut mapping = Mapping::new();
            for (key, value) in map {
                mapping.insert(key.clone(), Entry { key_span: span, value: node(value) });
            }
            Value::Mapping(mapping)
        }
    };
    Node { span, value }
}

/// Keywords of descriptions, so that random trees resemble one.
const KEYS: &[&str] = &[
    "$ref",
    "type",
    "properties",
    "items",
    "allOf",
    "oneOf",
    "anyOf",
    "not",
    "if",
    "then",
    "enum",
    "const",
    "nullable",
    "x-nullable",
    "required",
    "minimum",
    "exclusiveMinimum",
    "discriminator",
    "mapping",
    "propertyName",
    "example",
    "examples",
    "additionalProperties",
    "dependentSchemas",
    "dependencies",
    "prefixItems",
    "$anchor",
    "$defs",
    "schema",
    "content",
    "application/json",
    "*/*",
    "name",
    "in",
    "style",
    "explode",
    "parameters",
    "requestBody",
    "responses",
    "200",
    "default",
    "get",
    "post",
    "query",
    "additionalOperations",
    "operationId",
    "tags",
    "/a",
    "/a/{b}",
    "{",
    "servers",
    "url",
    "variables",
    "host",
    "consumes",
    "collectionFormat",
    "value",
    "itemSchema",
    "pattern",
    "format",
];

const TEXTS: &[&str] = &[
    "#",
    "#/",
    "#/components/schemas/A",
    "#/components/schemas/B",
    "#/paths/~1a",
    "#/paths/~1a/get",
    "#here",
    "%",
    "x#y",
    "#/components/schemas/A/properties/type",
    "string",
    "object",
    "null",
    "file",
    "path",
    "query",
    "header",
    "body",
    "formData",
    "id",
    "b",
    "form",
    "deepObject",
    "multi",
    "https://{x}",
    "",
    "application/json",
];

fn leaf() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-3_i64..300).prop_map(Json::from),
        Just(json!(0.5)),
        proptest::sample::select(TEXTS).prop_map(Json::from),
    ]
}

fn key() -> impl Strategy<Value = String> {
    proptest::sample::select(KEYS).prop_map(str::to_owned)
}

fn tree() -> impl Strategy<Value = Json> {
    leaf().prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            4 => proptest::collection::vec((key(), inner), 0..6)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

/// A tree that is a well-formed operation, except for random parts.
fn operation() -> impl Strategy<Value = Json> {
    let parameter = (tree(), tree(), tree()).prop_map(
        |(place, schema, other)| json!({"name": "b", "in": place, "schema": schema, "content": other}),
    );
    let parameters = proptest::collection::vec(prop_oneof![parameter, tree()], 0..3);
    (parameters, tree(), tree(), tree()).prop_map(|(parameters, body, schema, responses)| {
        json!({
            "parameters": parameters,
            "requestBody": {"content": {"application/json": {"schema": body}}},
            "responses": {"200": {"schema": schema, "content": {"*/*": {"schema": schema}}}, "default": responses},
        })
    })
}

fn description() -> impl Strategy<Value = Json> {
    let version = proptest::sample::select(&["2.0", "3.0.3", "3.1.0", "3.2.0"][..]);
    (version, operation(), tree(), tree(), tree(), tree()).prop_map(
        |(version, operation, item, a, b, any)| {
            let head = if version == "2.0" { "swagger" } else { "openapi" };
            json!({
                head: version,
                "paths": {"/a/{b}": {"get": operation, "parameters": any}, "/a": item},
                "components": {"schemas": {"A": a, "B": b, "C": {"$anchor": "here"}}},
                "servers": any,
            })
        },
    )
}

proptest! {
    #[test]
    fn whatever_the_tree_the_operations_are_sound(description in prop_oneof![4 => description(), 1 => tree()]) {
        let (catalogue, _) = Catalogue::load(node(&description));
        for entry in catalogue.operations() {
            let (operation, diagnostics) = catalogue.operation(entry, "test");
            assert_sound(&operation);
            prop_assert!(diagnostics.iter().all(|diagnostic| crate::CODES.contains(&diagnostic.code)));
            prop_assert!(catalogue.find_route(entry.method, &entry.path).is_some());
            let path = operation.parameters.iter().filter(|p| p.place == naftiko_adapter::Place::Path);
            prop_assert_eq!(path.count(), entry.path.matches('{').count().min(entry.path.matches('}').count()));
            let _ = catalogue.servers_of(entry);
        }
        let _ = (catalogue.servers(), catalogue.title(), catalogue.find_route(Method::Get, "{"));
        prop_assert!(catalogue.nearest("create_a").len() <= 3);
    }

    #[test]
    fn any_name_can_be_asked_for(name in "\\PC{0,40}") {
        let text = "{openapi: 3.1.0, paths: {/a: {get: {operationId: ÄpfelController_listÄpfel}}}}";
        let (catalogue, _) = Catalogue::load(parse(text, SourceMap::new().add("", text), &Limits::default()).root.unwrap());
        prop_assert!(catalogue.nearest(&name).len() <= 1);
        prop_assert_eq!(catalogue.nearest("äpfelcontroller_listäpfel").len(), 1);
    }
}
