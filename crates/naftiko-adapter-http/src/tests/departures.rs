//! What is not as its description says: refused before it is sent, reported when it comes back.

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

/// `POST /things`, with a query parameter, a body and an answer.
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
        "the query parameter `limit` does not fit its description: value is greater than the maximum of 100",
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
        "the body does not fit its description at `/name`: value is longer than 5 characters",
    )
    .await;
    check(
        &with_body(json!({"name": "x"})),
        "the body does not fit its description: \"secret\" is a required property",
    )
    .await;
    assert!(received(&server).await.is_empty(), "nothing was sent");
    // On the wire a number and its text are one, and what is only read is not asked for.
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
            "/data/*/name: value is longer than 5 characters",
            "/data/*/id: expected a string, found a number",
            "/data/*/kind: value is not one of \"a\" or \"b\"",
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
    // What failed anyhow is not looked at.
    check(json(422, &json!({"data": 7})), &[]).await;
}

#[tokio::test]
async fn an_answer_that_departs_is_a_failure_where_that_is_asked_for() {
    let body = json!({"data": [{"id": 7, "name": "hunter2"}]});
    let failure =
        answered(ResponseTemplate::new(201).set_body_json(&body), true).await.expect_err("it departs");
    assert_eq!(failure.kind, FailureKind::Unreadable);
    assert!(failure.message.contains("does not fit its description at `/data/*/"), "{failure}");
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
