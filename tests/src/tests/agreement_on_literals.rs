//! `check` accepts exactly the literals whose schemas allow `run` and the mock to send them.
//!
//! Each schema is used for a query parameter, for a property of a JSON body and for a property of a form. `check` reads
//! a composition with each value as a literal; the validation that the adapters share receives the same value as an
//! argument.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::check_files;
use naftiko_adapter::{Arguments, Operation, Place};
use naftiko_diagnostics::{Severity, SourceMap};
use naftiko_openapi::Catalogue;
use naftiko_schema::{Options, Schema, Verdict};
use naftiko_syntax::{Limits, parse_bytes};
use naftiko_wire::ArgumentSchemas;
use serde_json::{Value, json};

const OPERATIONS: [&str; 3] = ["query", "json", "form"];

/// Typical schemas of descriptions, including sloppy ones.
fn schemas() -> Vec<Value> {
    let closed = |name: &str| {
        json!({"type": "object", "required": [name], "properties": {name: {"type": "string"}},
            "additionalProperties": false})
    };
    vec![
        json!({}),
        json!({"type": "string"}),
        json!({"type": "integer"}),
        json!({"type": "number", "exclusiveMinimum": 0}),
        json!({"type": "boolean"}),
        json!({"type": ["string", "null"]}),
        json!({"type": "string", "nullable": true}),
        json!({"type": "string", "enum": ["a", "b"]}),
        json!({"type": "string", "enum": [0, 1, 2]}),
        json!({"type": "integer", "enum": ["1", "2"]}),
        json!({"type": "string", "enum": ["a", null]}),
        json!({"type": "string", "enum": [true, false]}),
        json!({"const": 5}),
        json!({"type": "string", "minLength": 2, "maxLength": 5}),
        json!({"type": "string", "pattern": "^(?!x)[a-z]+$"}),
        json!({"type": "string", "format": "date-time"}),
        json!({"type": "string", "format": "email"}),
        json!({"type": "string", "format": "hostname"}),
        json!({"type": "integer", "maximum": 9_223_372_036_854_775_807_i64}),
        json!({"type": "number", "minimum": -9.3e18, "maximum": 9.3e18}),
        json!({"oneOf": [{"type": "integer"}, {"type": "number"}]}),
        json!({"oneOf": [{"type": "string"}, {"type": "string", "format": "email"}]}),
        json!({"anyOf": [{"type": "string", "maxLength": 1}, {"type": "integer", "minimum": 5}]}),
        json!({"allOf": [{"type": "string"}, {"maxLength": 2}]}),
        json!({"allOf": [{"$ref": "#/components/schemas/Text"}, {"type": "integer"}]}),
        json!({"not": {"type": "string"}}),
        json!({"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"type": "integer"}}),
        json!({"items": {"type": "integer"}}),
        json!({"type": "array", "items": {"type": "integer"}, "minItems": 1, "uniqueItems": true}),
        json!({"type": "array", "contains": {"const": 1}}),
        json!({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}),
        json!({"properties": {"a": {"type": "string"}}}),
        json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}),
        json!({"type": "object", "additionalProperties": {"type": "integer"}}),
        json!({"type": "object", "properties": {"a": {}}, "patternProperties": {"^b": {"type": "integer"}},
            "additionalProperties": false}),
        closed("a"),
        json!({"allOf": [closed("a"), closed("b")]}),
        json!({"allOf": [closed("a")], "properties": {"b": {"type": "string"}}}),
        json!({"oneOf": [closed("a"), closed("b")]}),
        json!({"type": "object", "properties": {"a": {}}, "additionalProperties": false,
            "anyOf": [{"properties": {"b": {"type": "string"}}, "required": ["b"]}, {"required": ["a"]}]}),
        json!({"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
            "discriminator": {"propertyName": "a"}}),
        json!({"type": "object", "dependentRequired": {"a": ["b"]}, "properties": {"a": {}, "b": {}}}),
        json!({"type": "object", "required": ["a", "b"],
            "properties": {"a": {"type": "string", "readOnly": true}, "b": {"type": "string"}}}),
        json!({"allOf": [{"type": "object", "properties": {"a": {"type": "string", "readOnly": true}}},
            {"required": ["a"]}]}),
        json!({"type": "string", "minLength": 5, "maxLength": 2}),
    ]
}

fn values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(5),
        json!(2.5),
        json!(9_223_372_036_854_775_807_i64),
        json!(18_446_744_073_709_551_615_u64),
        json!(""),
        json!("a"),
        json!("abc"),
        json!("x"),
        json!("1"),
        json!("true"),
        json!("a@b.example"),
        json!("2026-01-31T12:00:00"),
        json!("2026-01-31T12:00:00Z"),
        json!([]),
        json!([1]),
        json!([1, 1]),
        json!(["a", 2]),
        json!({}),
        json!({"a": "x"}),
        json!({"b": "x"}),
        json!({"a": "x", "b": "y"}),
        json!({"a": 1}),
        json!({"a": "Cat"}),
        json!({"a": "Dog"}),
    ]
}

fn description(schema: &Value) -> Value {
    let responses = json!({"200": {"description": "Done", "content": {"application/json": {"schema": {
        "type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}}}}});
    let body = json!({"type": "object", "properties": {"p": schema}});
    let with_body = |id: &str, media_type: &str| {
        json!({"post": {"operationId": id, "responses": responses,
            "requestBody": {"required": true, "content": {media_type: {"schema": body}}}}})
    };
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Acme", "version": "1"},
        "paths": {
            "/query": {"get": {"operationId": "query", "responses": responses,
                "parameters": [{"name": "p", "in": "query", "schema": schema}]}},
            "/json": with_body("json", "application/json"),
            "/form": with_body("form", "application/x-www-form-urlencoded"),
        },
        "components": {"schemas": {
            "Text": {"type": "string"},
            "Cat": {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
            "Dog": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
        }},
    })
}

/// The operations of a description, ready to be called.
fn operations(description: &Value) -> Vec<Arc<Operation>> {
    let mut sources = SourceMap::new();
    let text = description.to_string();
    let (_, parsed) = parse_bytes("api.yaml", text.as_bytes(), &mut sources, &Limits::default());
    let (catalogue, _) = Catalogue::load(parsed.root.expect("a tree"));
    let operation = |id: &str| catalogue.operation(catalogue.find(id).expect("an operation"), "acme").0;
    OPERATIONS.into_iter().map(|id| Arc::new(operation(id))).collect()
}

/// The codes of the errors of `check`, by operation and value.
fn checked(description: &Value, values: &[Value]) -> Vec<BTreeSet<&'static str>> {
    let mut composition = "\
        name: Test\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.2'\nproviderId: acme\nsteps:\n"
        .to_owned();
    let first = composition.lines().count();
    for operation in OPERATIONS {
        for (at, value) in values.iter().enumerate() {
            let step = json!({"id": format!("{operation}-{at}"), "capability": "all", "operation": operation,
                "with": {"p": value}});
            composition.push_str(&format!("  - {step}\n"));
        }
    }
    let capabilities = "{specification: Naftiko Capabilities, specificationVersion: '0.2', providerId: acme, \
        baseUrl: 'https://api.acme.example', auth: {type: none}, openapi: api.yaml, \
        capabilities: [{id: all, operationIds: [query, json, form]}]}";
    let files = [
        ("test.yaml".to_owned(), composition.into_bytes()),
        ("shared/acme.yaml".to_owned(), capabilities.into()),
        ("shared/api.yaml".to_owned(), description.to_string().into_bytes()),
    ];
    let checked = check_files("test.yaml", files);
    let mut errors = vec![BTreeSet::new(); OPERATIONS.len() * values.len()];
    for found in checked.diagnostics.iter().filter(|found| found.severity() == Severity::Error) {
        let file = checked.sources.file(found.primary.span.file).expect("a file");
        assert_eq!(file.name(), "test.yaml", "{found:?}");
        let line = file.line_column(found.primary.span.range().start).line;
        errors[line - first - 1].insert(found.code.id);
    }
    errors
}

/// Whether the adapters would send a value, in the order of the operations and values.
fn sent(operations: &[Arc<Operation>], values: &[Value]) -> Vec<bool> {
    let schemas = ArgumentSchemas::default();
    let is_sent = |operation: &Arc<Operation>, value: &Value| {
        let mut arguments = Arguments::default();
        if operation.body.is_some() {
            arguments.body = Some(json!({"p": value}));
        } else {
            arguments.parameters.insert((Place::Query, "p".to_owned()), value.clone());
        }
        schemas.check(operation, &arguments).is_ok() && naftiko_wire::render(operation, &arguments).is_ok()
    };
    operations
        .iter()
        .flat_map(|operation| values.iter().map(move |value| is_sent(operation, value)))
        .collect()
}

/// Whether a value is valid only when serialized as text, such as `'10'` for an integer. `check` reports such a literal
/// with a fix, since its quotes are a mistake.
fn is_in_the_wrong_quotes(operation: &Operation, value: &Value) -> bool {
    let (schema, value) = match &operation.body {
        Some(body) => (&body.schema, json!({"p": value})),
        None => (&operation.parameters[0].schema, value.clone()),
    };
    Schema::compile(schema, &operation.definitions, Options::SENT).verdict(&value) == Verdict::Fails
}

#[test]
fn check_accepts_exactly_what_is_sent() {
    let values = values();
    let mut disagreements = Vec::new();
    for schema in schemas() {
        let description = description(&schema);
        let operations = operations(&description);
        let errors = checked(&description, &values);
        for (at, (errors, is_sent)) in errors.iter().zip(sent(&operations, &values)).enumerate() {
            let operation = &operations[at / values.len()];
            let value = &values[at % values.len()];
            // An undeclared property is a likely mistake, even if the schema allows it.
            let is_undeclared = errors.len() == 1 && errors.contains("unknown-argument");
            let is_excused = is_sent && (is_undeclared || is_in_the_wrong_quotes(operation, value));
            if errors.is_empty() != is_sent && !is_excused {
                disagreements.push(format!("{} {value}: sent {is_sent}, {errors:?}: {schema}", operation.id));
            }
        }
    }
    assert!(disagreements.is_empty(), "{} disagreements:\n{}", disagreements.len(), disagreements.join("\n"));
}
