//! The mock follows its script, and its later responses are consistent with it.

use std::sync::Arc;
use std::time::Duration;

use naftiko_adapter::{Failure, FailureKind, Method, Operation, Response};
use serde_json::{Value, json};

use super::{call, operation, say, with_body, with_definitions, with_query};
use crate::{Body, Fault, MockAdapter, Reply, Script};

const DEFINITIONS: &str = r#"{"Connection": {
    "type": "object",
    "required": ["id", "state"],
    "properties": {
        "id": {"type": "string", "examples": ["conn_01EHWNCE74X7JSDV0X3SZ3KJNY"]},
        "organization_id": {"type": "string"},
        "state": {"type": "string", "enum": ["active", "draft"]},
        "name": {"type": "string"}
    }
}}"#;

fn described(operation: Operation) -> Operation {
    with_definitions(operation, &serde_json::from_str(DEFINITIONS).unwrap())
}

fn reference() -> Value {
    json!({"$ref": "#/$defs/Connection"})
}

fn list() -> Operation {
    let schema = json!({"type": "object", "required": ["data"], "properties": {
        "data": {"type": "array", "items": reference()}
    }});
    with_query(described(operation(Method::Get, "/connections", "200", Some(schema))), &["organization_id"])
}

fn get() -> Operation {
    described(operation(Method::Get, "/connections/{id}", "200", Some(reference())))
}

fn create() -> Operation {
    let body = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    with_body(described(operation(Method::Post, "/connections", "201", Some(reference()))), body)
}

fn told(operations: Vec<(Operation, Vec<Reply>)>, seeds: Vec<(Operation, Vec<Value>)>) -> MockAdapter {
    let shared = |operation: Operation| Arc::new(operation);
    let script = Script {
        operations: operations.into_iter().map(|(operation, replies)| (shared(operation), replies)).collect(),
        seeds: seeds.into_iter().map(|(operation, things)| (shared(operation), things)).collect(),
    };
    MockAdapter::with_script(7, &script)
}

fn body(body: Body) -> Reply {
    Reply { body: Some(body), ..Reply::default() }
}

fn fault(fault: Fault) -> Reply {
    Reply { fault: Some(fault), ..Reply::default() }
}

fn ask(mock: &MockAdapter, operation: &Operation, given: &[(&str, Value)]) -> Result<Response, Failure> {
    let sent = operation.body.as_ref().map(|_| json!({"name": "Okta"}));
    say(mock, &call(operation, given, sent))
}

fn body_of(mock: &MockAdapter, operation: &Operation, given: &[(&str, Value)]) -> Value {
    ask(mock, operation, given).expect("an answer").into_body()
}

#[test]
fn answers_come_in_turn_and_the_last_one_stays() {
    let none = || body(Body::Whole(json!({"data": []})));
    let draft = body(Body::Patch(json!({"data": [{"state": "draft"}]})));
    let mock = told(vec![(list(), vec![Reply { times: 2, ..none() }, draft, Reply::default()])], Vec::new());
    let states: Vec<Value> =
        (0..5).map(|_| body_of(&mock, &list(), &[])["data"][0]["state"].clone()).collect();
    assert_eq!(states, [Value::Null, Value::Null, "draft".into(), "active".into(), "active".into()]);
}

#[test]
fn a_body_is_completed_by_what_is_required_and_by_nothing_else() {
    let said = json!({"data": [{"name": "Okta", "extra": 1}]});
    let mock = told(vec![(list(), vec![body(Body::Whole(said))])], Vec::new());
    let item = body_of(&mock, &list(), &[])["data"][0].clone();
    let mut names: Vec<&String> = item.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["extra", "id", "name", "state"]);
    assert_eq!(item["name"], "Okta");
    // The resource exists from then on.
    assert_eq!(body_of(&mock, &get(), &[("id", item["id"].clone())])["name"], "Okta");
}

#[test]
fn a_body_as_it_is_need_not_fit() {
    let said = json!({"data": "none"});
    let mock = told(vec![(list(), vec![body(Body::AsIs(said.clone()))])], Vec::new());
    assert_eq!(body_of(&mock, &list(), &[]), said);
}

#[test]
fn what_a_change_is_answered_with_is_so_from_then_on() {
    let patch = json!({"id": "conn_mine", "state": "draft"});
    let mock = told(vec![(create(), vec![body(Body::Patch(patch))])], Vec::new());
    let made = body_of(&mock, &create(), &[]);
    assert_eq!(
        (&made["id"], &made["state"], &made["name"]),
        (&json!("conn_mine"), &json!("draft"), &json!("Okta"))
    );
    assert_eq!(body_of(&mock, &get(), &[("id", "conn_mine".into())]), made);
    assert_eq!(body_of(&mock, &list(), &[])["data"], json!([made]), "and there is no other");
}

#[test]
fn what_is_refused_leaves_everything_as_it_was() {
    let refused = Reply {
        status: Some(429),
        headers: [("Retry-After".to_owned(), "2".to_owned())].into_iter().collect(),
        ..Reply::default()
    };
    let scripted = told(vec![(create(), vec![refused, Reply::default()])], Vec::new());
    let answer = ask(&scripted, &create(), &[]).unwrap();
    assert_eq!((answer.status, answer.headers["retry-after"].as_str()), (429, "2"));
    let plain = MockAdapter::new(7);
    assert_eq!(body_of(&scripted, &create(), &[]), body_of(&plain, &create(), &[]), "the next is the first");
}

#[test]
fn a_wire_that_fails_says_how_far_the_call_came() {
    let check = |fails: Fault, kind: FailureKind, happened: bool| {
        let mock = told(vec![(create(), vec![fault(fails)])], vec![(list(), Vec::new())]);
        assert_eq!(ask(&mock, &create(), &[]).unwrap_err().kind, kind);
        let there = body_of(&mock, &list(), &[])["data"].as_array().unwrap().len();
        assert_eq!(there, usize::from(happened), "{fails:?}");
    };
    check(Fault::Connect, FailureKind::NotSent, false);
    check(Fault::Drop, FailureKind::Unknown, true);
    check(Fault::Garbage, FailureKind::Unreadable, true);
}

#[test]
fn an_answer_that_takes_too_long_is_none() {
    let slow = Reply { delay: Duration::from_secs(10), ..Reply::default() };
    let mock = told(vec![(create(), vec![slow])], Vec::new());
    let mut hurried = call(&create(), &[], Some(json!({})));
    hurried.timeout = Some(Duration::from_secs(5));
    assert_eq!(say(&mock, &hurried).unwrap_err().kind, FailureKind::Unknown);
    assert_eq!(ask(&mock, &create(), &[]).unwrap().status, 201, "as long as it may take, it comes");
}

#[test]
fn what_exists_is_found_and_there_is_nothing_else() {
    let things =
        vec![json!({"id": "conn_1", "organization_id": "org_1"}), json!({"organization_id": "org_2"})];
    let mock = told(Vec::new(), vec![(list(), things)]);
    let of = |organization: &str| {
        body_of(&mock, &list(), &[("organization_id", organization.into())])["data"].clone()
    };
    assert_eq!(of("org_1")[0]["id"], "conn_1");
    assert_eq!(of("org_2").as_array().unwrap().len(), 1);
    assert_eq!(of("org_3"), json!([]), "a list makes nothing up");
    assert_eq!(body_of(&mock, &get(), &[("id", "conn_1".into())])["organization_id"], "org_1");
    let created = body_of(&mock, &create(), &[]);
    assert_eq!(body_of(&mock, &list(), &[])["data"].as_array().unwrap().len(), 3);
    assert_eq!(body_of(&mock, &get(), &[("id", created["id"].clone())]), created);
}

#[test]
fn a_repeat_with_its_key_has_no_second_effect_when_the_first_answer_was_lost() {
    let keyed = Operation { idempotency_key: Some("Idempotency-Key".to_owned()), ..create() };
    let mock =
        told(vec![(keyed.clone(), vec![fault(Fault::Drop), Reply::default()])], vec![(list(), Vec::new())]);
    let mut sent = call(&keyed, &[], Some(json!({})));
    sent.idempotency_key = Some("once".to_owned());
    assert_eq!(say(&mock, &sent).unwrap_err().kind, FailureKind::Unknown);
    let answer = say(&mock, &sent).unwrap();
    assert_eq!(body_of(&mock, &list(), &[])["data"], json!([answer.body]));
}
