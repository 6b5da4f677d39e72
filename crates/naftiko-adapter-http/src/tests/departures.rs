//! Deviations from the description: refused in requests, reported in responses.

use indexmap::IndexMap;
use naftiko_adapter::{
    Adapter as _, Arguments, Call, FailureKind, Method, Operation, Parameter, Place, RequestBody, Response,
    ResponseSpec,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::wire::{answering, builder, received};
use super::{arguments, call, operation, parameter};
use crate::Credential;

/// `POST /things`, with a query parameter, a body and a response.
fn described() -> Operation {
    let limit =
        Parameter { schema: json!({"type": "integer", "maximum": 100}), ..parameter(Place::Query, "limit") };
    let tags = Parameter {
        schema: json!({"type": "array", "items": {"type": "integer"}}),
        ..parameter(Place::Query, "tags")
    };
    let mut operation = operation(Method::Post, "/things", vec![limit, tags]);
    let body = json!({"$ref": "#/$defs/Thing"});
    operation.body = Some(RequestBody::new("application/json", false, body.clone()));
    let list = json!({"type": "object", "required": ["data"], "properties": {"data": {"type": "array", "items": body}}});
    let content_type = Some("application/json".to_owned());
    operation.responses = IndexMap::from([(
        "201".to_owned(),
        ResponseSpec { content_type, schema: Some(list), examples: Vec::new() },
    )]);
    let thing = json!({
        "type": "object",
        "required": ["id", "name", "secret"],
        "properties": {
            "id": {"type": "string", "readOnly": true},
            "secret": {"type": "string", "writeOnly": true},
            "name": {"type": "string", "maxLength": 5},
            "kind": {"enum": ["a", "b"]},
            "size": {"type": "integer"},
        },
    });
    operation.definitions.insert("Thing".to_owned(), thing);
    operation
}

fn with_body(body: Value) -> Call {
    call(described(), Arguments { body: Some(body), ..Arguments::default() })
}

#[tokio::test]
async fn a_request_that_does_not_fit_is_refused_and_never_shown() {
    let server = answering(ResponseTemplate::new(204)).await;
    let adapter = builder(&server.uri(), Credential::None).build().expect("a sound endpoint");
    let check = async |call: &Call, expected: &str| {
        let failure = adapter.invoke(call).await.expect_err("it does not fit");
        assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Refused, expected));
    };
    let given = |name, value| call(described(), arguments([(Place::Query, name, value)]));
    check(
        &given("limit", json!(101)),
        "the query parameter `limit` does not fit its description: expected at most 100",
    )
    .await;
    check(
        &given("limit", json!("hunter2")),
        "the query parameter `limit` does not fit its description: expected an integer, found a string",
    )
    .await;
    check(
        &given("tags", json!([1, "hunter2"])),
        "the query parameter `tags` does not fit its description at `/1`: expected an integer, found a string",
    )
    .await;
    check(
        &with_body(json!({"name": "hunter2", "secret": "x"})),
        "the body does not fit its description at `/name`: expected at most 5 characters",
    )
    .await;
    check(&with_body(json!({"name": "x"})), "the body does not fit its description: `secret` is missing")
        .await;
    assert!(received(&server).await.is_empty(), "nothing was sent");
    // A number and its text look alike on the wire, and a `readOnly` property is not required in a request.
    for fitting in [
        given("limit", json!("7")),
        given("tags", json!(["1", 2])),
        with_body(json!({"name": "x", "secret": "y"})),
    ] {
        assert_eq!(adapter.invoke(&fitting).await.map(|response| response.status), Ok(204));
    }
}

#[tokio::test]
async fn a_number_in_a_form_is_its_text() {
    let server = answering(ResponseTemplate::new(204)).await;
    let adapter = builder(&server.uri(), Credential::None).build().expect("a sound endpoint");
    let schema = json!({"properties": {"size": {"type": "integer"}, "tags": {"items": {"type": "string"}}}});
    let sent = async |content_type: &str, body: Value| {
        let mut operation = operation(Method::Post, "/things", Vec::new());
        operation.body = Some(RequestBody::new(content_type, true, schema.clone()));
        let given = Arguments { body: Some(body), ..Arguments::default() };
        adapter.invoke(&call(operation, given)).await.map_err(|failure| failure.kind).map(|it| it.status)
    };
    for form in ["application/x-www-form-urlencoded", "multipart/form-data"] {
        assert_eq!(sent(form, json!({"size": "7"})).await, Ok(204));
        assert_eq!(sent(form, json!({"tags": [1, true]})).await, Ok(204));
        assert_eq!(sent(form, json!({"size": "many"})).await, Err(FailureKind::Refused));
    }
    assert_eq!(sent("application/json", json!({"size": "7"})).await, Err(FailureKind::Refused));
    assert_eq!(received(&server).await.len(), 4);
}

async fn answered(template: ResponseTemplate, strict: bool) -> Result<Response, naftiko_adapter::Failure> {
    let server = answering(template).await;
    let adapter = builder(&server.uri(), Credential::None).strict_responses(strict).build();
    adapter.expect("a sound endpoint").invoke(&call(described(), Arguments::default())).await
}

fn departures(response: Response) -> Vec<String> {
    let each = response.departures.into_iter();
    each.map(|departure| format!("{}: {}", departure.pointer, departure.expected)).collect()
}

#[tokio::test]
async fn an_answer_that_departs_from_its_description_is_taken_and_told_of() {
    let check = async |template: ResponseTemplate, expected: &[&str]| {
        let response = answered(template, false).await.expect("an answer");
        assert_eq!(departures(response), expected);
    };
    let item = |name: &str| json!({"id": "1", "name": name});
    let json = |status, body: &Value| ResponseTemplate::new(status).set_body_json(body);
    check(json(201, &json!({"data": [item("a"), item("b")], "more": 1})), &[]).await;
    check(
        json(
            201,
            &json!({"data": [item("hunter2"), {"id": 7, "name": "x", "kind": "hunter2"}, item("hunter3")]}),
        ),
        &[
            "/data/*/name: expected at most 5 characters",
            "/data/*/id: expected a string, found a number",
            "/data/*/kind: expected `a` or `b`",
        ],
    )
    .await;
    check(json(200, &json!({"data": []})), &[": expected the status 201"]).await;
    check(
        ResponseTemplate::new(201).set_body_raw("<html>", "text/html"),
        &[": expected a body of the media type `application/json`"],
    )
    .await;
    check(ResponseTemplate::new(201), &[": expected a body"]).await;
    // Failure responses are not checked.
    check(json(422, &json!({"data": 7})), &[]).await;
}

#[tokio::test]
async fn an_answer_that_departs_is_a_failure_where_that_is_asked_for() {
    let body = json!({"data": [{"id": 7, "name": "hunter2"}]});
    let failure =
        answered(ResponseTemplate::new(201).set_body_json(&body), true).await.expect_err("it departs");
    assert_eq!(failure.kind, FailureKind::Unusable);
    assert!(failure.message.contains("deviates from its description at `/data/*/"), "{failure}");
    assert!(!failure.message.contains("hunter2"), "{failure}");
    let fitting = answered(ResponseTemplate::new(201).set_body_json(json!({"data": []})), true).await;
    assert_eq!(fitting.map(|response| response.departures), Ok(Vec::new()));
}

#[tokio::test]
async fn a_description_that_makes_no_sense_says_nothing() {
    let server = answering(ResponseTemplate::new(200).set_body_json(json!(1))).await;
    let adapter =
        builder(&server.uri(), Credential::None).strict_responses(true).build().expect("a sound endpoint");
    let mut operation = operation(Method::Get, "/things", Vec::new());
    for schema in [json!({"type": "file"}), json!({"$ref": "#/$defs/Nowhere"}), json!({"pattern": "("})] {
        let spec = ResponseSpec { content_type: None, schema: Some(schema), examples: Vec::new() };
        operation.responses = IndexMap::from([("200".to_owned(), spec)]);
        let response = adapter.invoke(&call(operation.clone(), Arguments::default())).await;
        assert_eq!(response.map(|response| response.departures), Ok(Vec::new()));
    }
}

/// A schema with this number of levels, each of which refers twice to the one below it through `keyword`.
fn doubled(operation: &mut Operation, keyword: &str, levels: usize) -> Value {
    let lowest = json!({"type": "object", "properties": {"v": {"type": "string"}}});
    operation.definitions.insert("L0".to_owned(), lowest);
    for level in 1..=levels {
        let below = json!({"$ref": format!("#/$defs/L{}", level - 1)});
        operation.definitions.insert(format!("L{level}"), json!({keyword: [below, below]}));
    }
    json!({"$ref": format!("#/$defs/L{levels}")})
}

/// The deviations of `body` as the response of an operation whose response has this schema.
async fn departing(mut operation: Operation, schema: Value, body: Value) -> Vec<String> {
    let server = answering(ResponseTemplate::new(200).set_body_json(body)).await;
    let content_type = Some("application/json".to_owned());
    let spec = ResponseSpec { content_type, schema: Some(schema), examples: Vec::new() };
    operation.responses = IndexMap::from([("200".to_owned(), spec)]);
    let adapter = builder(&server.uri(), Credential::None).build().expect("a sound endpoint");
    departures(adapter.invoke(&call(operation, Arguments::default())).await.expect("an answer"))
}

#[tokio::test]
async fn schemas_that_are_named_twice_on_each_level_are_checked_both_ways() {
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let mut described = operation(Method::Post, "/things", Vec::new());
        let schema = doubled(&mut described, keyword, 200);
        let found = departing(described.clone(), schema.clone(), json!({"v": 7})).await;
        assert_eq!(found, ["/v: expected a string, found a number"], "{keyword}");
        described.body = Some(RequestBody::new("application/json", true, schema));
        let sent = Arguments { body: Some(json!({"v": 7})), ..Arguments::default() };
        let adapter = builder("http://127.0.0.1:9", Credential::None).build().expect("a sound endpoint");
        let failure = adapter.invoke(&call(described, sent)).await.expect_err("it does not fit");
        assert!(failure.message.contains("at `/v`: expected a string"), "{failure}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_checked_is_taken_and_told_of() {
    let mut described = operation(Method::Get, "/things", Vec::new());
    let closed = json!({"additionalProperties": false, "required": ["no"]});
    described.definitions.insert("L0".to_owned(), closed);
    for level in 1..=24 {
        let below = json!({"$ref": format!("#/$defs/L{}", level - 1)});
        let beside = json!({"properties": {format!("p{level}"): {}}, "allOf": [below]});
        described.definitions.insert(format!("L{level}"), json!({"anyOf": [below, beside]}));
    }
    let body = (1..=24).map(|level| (format!("p{level}"), Value::Null)).collect();
    let found = departing(described, json!({"$ref": "#/$defs/L24"}), Value::Object(body)).await;
    assert_eq!(found, [": not checked: its description needs too many steps for it"]);

    let described = operation(Method::Get, "/things", Vec::new());
    let schema = json!({"items": {"pattern": "^(a|a)*?(?=(a+)+b)\\1(a+)+$"}});
    let items: Vec<String> = (0..50).map(|at| format!("{}{at}", "a".repeat(40))).collect();
    let found = departing(described, schema, json!(items)).await;
    assert_eq!(found, ["/*: not checked: `^(a|a)*?(?=(a+)+b)\\1(a+)+$` needs too many steps for this text"]);
}

#[tokio::test]
async fn a_sloppy_description_does_not_keep_a_request_from_being_sent() {
    let server = answering(ResponseTemplate::new(204)).await;
    let adapter = builder(&server.uri(), Credential::None).build().expect("a sound endpoint");
    let closed =
        |name: &str| json!({"type": "object", "properties": {name: {}}, "additionalProperties": false});
    let sent = [
        (json!({"oneOf": [{"type": "integer"}, {"type": "number"}]}), json!(3)),
        (json!({"oneOf": [{"type": "string"}, {"type": "string", "format": "email"}]}), json!("a@b.example")),
        (json!({"allOf": [closed("a"), closed("b")]}), json!({"a": 1, "b": 2})),
        (json!({"type": "string", "enum": [1, 2]}), json!(1)),
        (json!({"type": "string", "enum": [1, 2]}), json!("1")),
        (json!({"type": "string", "format": "date-time"}), json!("2026-01-31T12:00:00")),
    ];
    for (schema, body) in sent {
        let mut operation = operation(Method::Post, "/things", Vec::new());
        operation.body = Some(RequestBody::new("application/json", true, schema.clone()));
        let given = Arguments { body: Some(body), ..Arguments::default() };
        let response = adapter.invoke(&call(operation, given)).await;
        assert_eq!(response.map(|response| response.status), Ok(204), "{schema}");
    }
    let category = Parameter {
        schema: json!({"type": "string", "enum": [0, 1, 2]}),
        ..parameter(Place::Query, "category")
    };
    let operation = operation(Method::Get, "/things", vec![category]);
    for value in [json!("1"), json!(1)] {
        let given = call(operation.clone(), arguments([(Place::Query, "category", value)]));
        assert_eq!(adapter.invoke(&given).await.map(|response| response.status), Ok(204));
    }
}
