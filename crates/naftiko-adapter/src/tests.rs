//! Unit tests of the types of this crate.

#[cfg(feature = "conformance")]
mod conformance;

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::{
    Arguments, Failure, FailureKind, Method, Operation, Parameter, Place, RequestBody, Response, ResponseSpec,
};

fn operation(statuses: &[&str]) -> Operation {
    let spec = |status: &&str| {
        let examples = vec![json!(status)];
        ((*status).to_owned(), ResponseSpec { content_type: None, schema: None, examples })
    };
    Operation {
        responses: statuses.iter().map(spec).collect(),
        ..Operation::new("acme", "Things_get[0]", Method::Get, "/things/{id}")
    }
}

fn described_as(operation: &Operation, status: u16) -> Option<&str> {
    operation.response(status).and_then(|spec| spec.examples[0].as_str())
}

#[test]
fn an_answer_is_found_by_status_then_class_then_default() {
    let operation = operation(&["default", "4xx", "404", "200"]);
    assert_eq!(described_as(&operation, 404), Some("404"));
    assert_eq!(described_as(&operation, 422), Some("4xx"));
    assert_eq!(described_as(&operation, 500), Some("default"));
    assert_eq!(described_as(&operation, 200), Some("200"));
}

#[test]
fn the_answer_of_success_is_the_lowest_2xx() {
    let success = |statuses: &[&str]| {
        let operation = operation(statuses);
        operation.success().map(|(status, spec)| (status, spec.examples[0].clone()))
    };
    assert_eq!(success(&["404", "204", "201"]), Some((201, json!("201"))));
    assert_eq!(success(&["default", "2XX"]), Some((200, json!("2XX"))));
    assert_eq!(success(&["302", "default"]), Some((200, json!("default"))));
    assert_eq!(success(&["302", "404"]), None);
}

#[test]
fn every_2xx_is_an_answer_of_success() {
    let successes = |statuses: &[&str]| {
        let operation = operation(statuses);
        operation.successes().into_iter().map(|(status, _)| status.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(successes(&["202", "404", "200", "2XX", "default"]), ["202", "200", "2XX"]);
    assert_eq!(successes(&["302", "default"]), ["default"]);
    assert_eq!(successes(&["302", "404"]), Vec::<String>::new());
}

#[test]
fn a_reference_is_followed_to_the_end() {
    let mut operation = operation(&[]);
    let definitions = json!({
        "A": {"$ref": "#/$defs/B"},
        "B": {"type": "string"},
        "Loop": {"$ref": "#/$defs/Back"},
        "Back": {"$ref": "#/$defs/Loop"},
        "Elsewhere": {"$ref": "https://example.com/schema"},
    });
    operation.definitions = definitions.as_object().cloned().unwrap_or_default();
    let check = |name: &str, expected: Option<Value>| {
        let schema = json!({"$ref": format!("#/$defs/{name}")});
        assert_eq!(operation.resolve(&schema).cloned(), expected, "{name}");
    };
    check("A", Some(json!({"type": "string"})));
    check("Loop", None);
    check("Elsewhere", None);
    check("Nobody", None);
    assert_eq!(operation.resolve(&json!(true)), Some(&json!(true)));
}

#[test]
fn only_methods_that_change_nothing_are_safe() {
    let safe: Vec<_> = Method::ALL
        .into_iter()
        .filter(|method| Operation { method: *method, ..operation(&[]) }.is_safe())
        .map(Method::as_str)
        .collect();
    assert_eq!(safe, ["GET", "OPTIONS", "HEAD", "TRACE", "QUERY"]);
}

#[test]
fn a_method_is_stored_by_its_name_on_the_wire() {
    for method in Method::ALL {
        assert_eq!(json!(method), json!(method.as_str()));
    }
}

#[test]
fn arguments_of_one_name_in_two_places_survive_the_plan() -> serde_json::Result<()> {
    let parameters = IndexMap::from([
        ((Place::Query, "id".to_owned()), json!("q")),
        ((Place::Path, "id".to_owned()), json!(["p", 1])),
    ]);
    let arguments = Arguments { parameters, body: Some(Value::Null) };
    let text = serde_json::to_string(&arguments)?;
    let back: Arguments = serde_json::from_str(&text)?;
    assert_eq!(back, arguments, "{text}");
    assert_eq!(back.parameter(Place::Query, "id"), Some(&json!("q")));
    assert_eq!(back.parameter(Place::Header, "id"), None);
    Ok(())
}

#[test]
fn an_operation_survives_the_plan() -> serde_json::Result<()> {
    let operation = operation(&["200", "default"]);
    let back: Operation = serde_json::from_str(&serde_json::to_string(&operation)?)?;
    assert_eq!(back, operation);
    Ok(())
}

#[test]
fn what_older_versions_kept_is_still_read() -> serde_json::Result<()> {
    let parameter: Parameter = serde_json::from_value(json!({
        "name": "id", "place": "path", "required": true, "style": "simple", "explode": false,
        "allow_reserved": false, "schema": {}, "deprecated": false, "description": null,
    }))?;
    assert_eq!(parameter.content_type, None);
    let body: RequestBody =
        serde_json::from_value(json!({"content_type": "application/json", "required": true, "schema": {}}))?;
    assert_eq!(body, RequestBody::new("application/json", true, json!({})));
    let response: Response = serde_json::from_value(json!({"status": 200, "headers": {}, "body": null}))?;
    assert_eq!(response, Response::new(200, IndexMap::new(), Value::Null));
    Ok(())
}

#[test]
fn a_failure_shows_its_message_alone() {
    let failure = Failure::new(FailureKind::NotSent, "`api.example.com` refused the connection");
    assert_eq!(failure.to_string(), "`api.example.com` refused the connection");
}

fn answering(responses: &[(&str, Option<Value>)]) -> Operation {
    let spec = |schema: &Option<Value>| ResponseSpec {
        content_type: schema.as_ref().map(|_| "application/json".to_owned()),
        schema: schema.clone(),
        examples: Vec::new(),
    };
    let responses = responses.iter().map(|(status, schema)| ((*status).to_owned(), spec(schema))).collect();
    let definitions = json!({
        "Text": {"type": "string"},
        "Thing": {"type": "object"},
        "Either": {"oneOf": [{"$ref": "#/$defs/Text"}, {"type": ["array", "null"]}]},
        "Deep": {"oneOf": vec![json!({"$ref": "#/$defs/Deep"}); 100]},
    });
    let definitions = definitions.as_object().cloned().unwrap_or_default();
    Operation { responses, definitions, ..Operation::new("acme", "get", Method::Get, "/a") }
}

#[test]
fn a_success_without_a_body_is_null_where_no_body_is_an_object() {
    let is_null = |responses: &[(&str, Option<Value>)]| answering(responses).is_null_without_body();
    let of = |schema: Value| is_null(&[("200", Some(schema)), ("204", None)]);
    for schema in [
        json!({"type": "string"}),
        json!({"type": ["integer", "null"]}),
        json!({"type": "array"}),
        json!({"enum": ["a", 1]}),
        json!({"const": 5}),
        json!({"$ref": "#/$defs/Either"}),
        json!({"allOf": [{"$ref": "#/$defs/Text"}, {"maxLength": 5}]}),
    ] {
        assert!(of(schema.clone()), "{schema}");
    }
    for schema in [
        json!({}),
        json!(true),
        json!({"type": "object"}),
        json!({"type": ["string", "object"]}),
        json!({"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Thing"}]}),
        json!({"enum": [{"a": 1}]}),
        json!({"$ref": "#/$defs/Deep"}),
    ] {
        assert!(!of(schema.clone()), "{schema}");
    }
    assert!(!is_null(&[("204", None)]), "it never has a body");
    assert!(!is_null(&[
        ("200", Some(json!({"type": "string"}))),
        ("201", Some(json!({"type": "object"}))),
        ("204", None)
    ]));
    assert!(is_null(&[("200", Some(json!({"type": "string"}))), ("404", Some(json!({"type": "object"})))]));
}

#[test]
fn joined_schemas_are_given_once_and_in_order_however_often_they_are_joined() {
    let mut operation = operation(&[]);
    operation.definitions.insert("L0".into(), json!({"title": "0"}));
    for level in 1..=30 {
        let below = json!({"$ref": format!("#/$defs/L{}", level - 1)});
        let schema = json!({"title": level.to_string(), "allOf": [below, below]});
        operation.definitions.insert(format!("L{level}"), schema);
    }
    let top =
        json!({"$ref": "#/$defs/L30", "title": "beside", "allOf": [{"title": "first"}, {"title": "second"}]});
    let titles: Vec<&str> = operation.joined(&top).filter_map(|schema| schema["title"].as_str()).collect();
    let levels: Vec<String> = (0..=30).rev().map(|level| level.to_string()).collect();
    let expected = ["beside"].into_iter().chain(levels.iter().map(String::as_str)).chain(["first", "second"]);
    assert_eq!(titles, expected.collect::<Vec<_>>());
}

#[test]
fn a_schema_that_joins_itself_is_given_once() {
    let mut operation = operation(&[]);
    operation
        .definitions
        .insert("A".into(), json!({"allOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/none"}]}));
    let top = json!({"$ref": "#/$defs/A"});
    assert_eq!(operation.joined(&top).count(), 1);
}
