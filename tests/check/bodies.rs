//! Compares `check` on literal bodies with a validator of JSON Schema: `check` rejects what the validator rejects, and
//! never rejects a part that only a run can know.

use naftiko_diagnostics::Severity;
use naftiko_syntax::{Limits, Node, parse_bytes};
use naftiko_tests::{check_files, workspace};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

const DESCRIPTION: &str = "tests/faults/orders-openapi.yaml";

fn description() -> (String, Value) {
    let text = std::fs::read_to_string(workspace().join(DESCRIPTION)).expect("the description");
    let mut sources = naftiko_diagnostics::SourceMap::new();
    let (_, parsed) = parse_bytes(DESCRIPTION, text.as_bytes(), &mut sources, &Limits::default());
    let json = parsed.root.as_ref().map(Node::to_json).expect("a description");
    (text, json)
}

/// A validator for the body of `placeOrder`, as it is sent.
fn validator() -> jsonschema::Validator {
    let (_, mut description) = description();
    let order = &mut description["components"]["schemas"]["NewOrder"];
    order["required"] = json!(["code", "lines", "address"]);
    let schema = json!({"components": description["components"], "$ref": "#/components/schemas/NewOrder"});
    jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
}

/// The errors that `check` reports for a body.
fn refused(body: &Value) -> Vec<String> {
    let composition = json!({
        "name": "Test",
        "specification": "Naftiko Capability Composition",
        "specificationVersion": "0.2",
        "providerId": "acme",
        "steps": [
            {"id": "ask", "external": true},
            {"id": "place", "capability": "orders", "operation": "placeOrder", "with": {"body": body}},
        ],
    });
    let capabilities = "{specification: Naftiko Capabilities, specificationVersion: '0.2', providerId: acme, \
        baseUrl: 'https://api.acme.example/v1', auth: {type: none}, openapi: orders-openapi.yaml, \
        capabilities: [{id: orders, operationIds: [placeOrder]}]}";
    let checked = check_files(
        "test.yaml",
        [
            ("test.yaml".to_owned(), composition.to_string().into_bytes()),
            ("shared/acme.yaml".to_owned(), capabilities.into()),
            ("shared/orders-openapi.yaml".to_owned(), description().0.into_bytes()),
        ],
    );
    let errors = checked.diagnostics.iter().filter(|found| found.severity() == Severity::Error);
    errors.map(|found| format!("{}: {}", found.code.id, found.message)).collect()
}

fn sound() -> Value {
    json!({
        "code": "ABC-1",
        "contact": "ann@acme.example",
        "priority": 3,
        "due": "2026-12-01",
        "tags": ["new", "gift"],
        "lines": [{"sku": "A-1", "count": 2}, {"sku": "B-7", "count": 1}],
        "address": {"street": "Main Street", "zip": "8000", "country": "CH"},
    })
}

/// The JSON pointers of all parts of a value, except the value itself.
fn parts(value: &Value, pointer: &str, found: &mut Vec<String>) {
    let entries: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), field)).collect(),
        _ => Vec::new(),
    };
    for (token, part) in entries {
        let pointer = format!("{pointer}/{token}");
        parts(part, &pointer, found);
        found.push(pointer);
    }
}

/// The body with one part replaced or removed.
fn changed(mut body: Value, at: Index, by: Option<&Value>) -> Value {
    let mut pointers = Vec::new();
    parts(&body, "", &mut pointers);
    if pointers.is_empty() {
        return body;
    }
    let pointer = at.get(&pointers).clone();
    if let (Some(by), Some(part)) = (by, body.pointer_mut(&pointer)) {
        *part = by.clone();
        return body;
    }
    let (owner, token) = pointer.rsplit_once('/').expect("a pointer");
    match body.pointer_mut(owner) {
        Some(Value::Object(fields)) => drop(fields.remove(token)),
        Some(Value::Array(items)) => drop(items.remove(token.parse().expect("an index"))),
        _ => {}
    }
    body
}

fn replacement() -> impl Strategy<Value = Option<Value>> {
    let pool = [
        json!(-1),
        json!(0),
        json!(4),
        json!(7.5),
        json!(""),
        json!("x"),
        json!("A-9"),
        json!("DE"),
        json!("2026-02-30"),
        json!("bob@acme.example"),
        json!(true),
        json!([]),
        json!(["a", "a"]),
        json!(["a", "b"]),
        json!({}),
        json!({"sku": "C-3", "count": 100}),
    ];
    prop::option::weighted(0.8, prop::sample::select(pool.to_vec()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_literal_body_is_refused_exactly_if_its_schema_refuses_it(
        changes in prop::collection::vec((any::<Index>(), replacement()), 0..3),
    ) {
        let body = changes.iter().fold(sound(), |body, (at, by)| changed(body, *at, by.as_ref()));
        let refused = refused(&body);
        prop_assert_eq!(validator().is_valid(&body), refused.is_empty(), "{}: {:?}", body, refused);
    }

    #[test]
    fn what_only_a_run_knows_is_never_refused(holes in prop::collection::vec(any::<Index>(), 1..4)) {
        let hole = json!("${ask.something}");
        let body = holes.iter().fold(sound(), |body, at| changed(body, *at, Some(&hole)));
        let refused = refused(&body);
        prop_assert!(refused.is_empty(), "{}: {:?}", body, refused);
    }
}
