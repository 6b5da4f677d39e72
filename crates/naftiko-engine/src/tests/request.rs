//! Requests, questions, and their redacted forms.

use jiff::SignedDuration;
use naftiko_adapter::{Failure, FailureKind, Place};
use naftiko_journal::{Event, Options, Status};
use naftiko_plan::Slot;
use serde_json::json;

use super::desk::{Desk, response, said};
use super::draft::{composition, external, get, keyed, post};

#[test]
fn arguments_go_where_they_belong_and_keep_their_type() {
    let step = keyed("s")
        .body("name", "${inputs.name}")
        .body("tags", "${inputs.tags}")
        .body("text", "for ${inputs.name} in ${run.id}")
        .query("limit", "${inputs.limit}")
        .argument(Slot::Parameter(Place::Path, "name".into()), "p", false)
        .timeout(SignedDuration::from_secs(3));
    let inputs = json!({"name": "Acme", "tags": ["a"], "limit": 10});
    let mut desk = Desk::begin(&composition([step]).plan(), inputs);
    let call = desk.call();
    assert_eq!(
        call.arguments.body,
        Some(json!({"name": "Acme", "tags": ["a"], "text": "for Acme in run-1"}))
    );
    assert_eq!(call.arguments.parameter(Place::Query, "limit"), Some(&json!(10)));
    assert_eq!(call.arguments.parameter(Place::Path, "name"), Some(&json!("p")));
    assert_eq!(call.idempotency_key.as_deref(), Some("run-1:s"));
    assert_eq!(call.timeout, Some(std::time::Duration::from_secs(3)));
    let intent = serde_json::to_string(&desk.records.last().unwrap().event).unwrap();
    insta::assert_snapshot!(intent, @r#"{"event":"attemptStarted","step":"s","attempt":1,"request":{"operation":"op.s","method":"POST","path":"/s","arguments":{"body.name":"Acme","tags":["a"],"text":"for Acme in run-1","limit":10,"path.name":"p"}}}"#);
}

#[test]
fn a_whole_body_takes_properties_if_it_is_an_object() {
    let step = |body| post("s").body("name", "n").argument(Slot::Body, body, false);
    let plan = composition([step("${inputs.body}")]).plan();
    let mut desk = Desk::begin(&plan, json!({"body": {"a": 1}}));
    assert_eq!(desk.call().arguments.body, Some(json!({"a": 1, "name": "n"})));

    let mut desk = Desk::begin(&plan, json!({"body": [1]}));
    let event = desk.decision();
    assert_eq!(said(&event), "stepFailed Type: the body is not an object, so `name` cannot be set in it");
}

#[test]
fn an_argument_that_is_not_there_sends_nothing_and_begins_nothing_after_it() {
    let steps =
        [post("a").body("x", "${inputs.gone}"), post("b"), post("c").body("x", "${inputs.text.deeper}")];
    let mut desk = Desk::begin(&composition(steps.clone()).plan(), json!({}));
    let event = desk.decision();
    insta::assert_snapshot!(said(&event), @r"stepFailed Unresolved: argument `x` of `POST /a`: `inputs.gone` is absent");
    desk.record(event);
    let end = desk.decision();
    assert!(matches!(end, Event::RunFinished { status: Status::Failed, failure: None, .. }));

    let [_, _, c] = steps;
    let mut desk = Desk::begin(&composition([c]).plan(), json!({"text": "t"}));
    let event = desk.decision();
    insta::assert_snapshot!(said(&event), @r"stepFailed Type: argument `x` of `POST /c`: expected an object, found a string in `inputs.text.deeper`");
}

#[test]
fn nothing_sensitive_is_recorded_wherever_it_turns_up() {
    let step = post("s")
        .argument(Slot::Property("password".into()), "${inputs.password}", true)
        .body("note", "my password is ${inputs.password}")
        .query("q", "${inputs.shown}");
    let plan = composition([step]).input("password", true).input("shown", false).plan();
    let mut desk = Desk::begin(&plan, json!({"password": "hunter 2", "shown": "yes", "unknown": "hm"}));
    let call = desk.call();
    assert_eq!(call.arguments.body, Some(json!({"password": "hunter 2", "note": "my password is hunter 2"})));
    let body = json!({"message": "`hunter 2` is too short", "given": {"password": "hunter 2"}});
    let refused = desk.run.closed_by_response("s", 1, response(422, body), desk.now, 1.0);
    let cut_off = Failure::new(FailureKind::Unknown, "no answer to /s?password=hunter%202");
    let doubt = desk.run.closed_by_failure("s", 1, &cut_off, desk.now, 1.0);
    let broke = desk.run.closed_by_panic("s", Some(1), "bad text: \"hunter 2\"");
    let mut told: Vec<_> = desk.records.iter().map(|record| record.event.clone()).collect();
    told.extend([refused, doubt, broke]);
    let told: Vec<_> = told.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    let told = told.join("\n");
    assert!(!told.contains("hunter"), "{told}");
    insta::assert_snapshot!(told, @r#"
    {"event":"runStarted","composition":"test","inputs":{"shown":"yes"},"withheld":["password","unknown"],"options":{}}
    {"event":"attemptStarted","step":"s","attempt":1,"request":{"operation":"op.s","method":"POST","path":"/s","arguments":{"password":"***","note":"my password is ***","q":"yes"}}}
    {"event":"stepFailed","step":"s","attempt":1,"failure":{"cause":"status","message":"`POST /s` responded 422 Unprocessable Entity: `***` is too short","status":422,"body":{"message":"`***` is too short","given":{"password":"***"}}}}
    {"event":"stepInDoubt","step":"s","attempt":1,"failure":{"cause":"no-answer","message":"`POST /s` was sent, but got no response: no answer to /s?password=***"}}
    {"event":"stepFailed","step":"s","attempt":1,"failure":{"cause":"panicked","message":"the adapter panicked in `POST /s`, and it is unknown whether the call was carried out: bad text: \"***\""}}
    "#);
}

#[test]
fn the_value_of_a_sensitive_argument_is_hidden_even_if_it_comes_from_a_step() {
    let login = get("login");
    let call = post("s").after(&["login"]).argument(Slot::Body, "${login.token}", true);
    let mut desk = Desk::begin(&composition([login, call]).plan(), json!({}));
    let first = desk.call();
    desk.answer(&first, response(200, json!({"token": "t0ps3cret"})));
    let second = desk.call();
    assert_eq!(second.arguments.body, Some(json!("t0ps3cret")));
    let event = desk.answer(&second, response(400, json!("t0ps3cret is out of date")));
    assert!(
        matches!(&event, Event::StepFailed { failure, .. } if failure.body == Some(json!("*** is out of date")))
    );
}

#[test]
fn outside_is_shown_what_is_known_without_what_is_sensitive() {
    let plan =
        composition([get("a"), external("b").after(&["a"])]).input("who", false).input("pin", true).plan();
    let mut desk = Desk::begin(&plan, json!({"who": "me", "pin": "4711"}));
    let call = desk.call();
    desk.answer(&call, response(200, json!({"echo": "pin 4711", "id": 1})));
    let question = desk.question();
    let expected = json!({"inputs": {"who": "me", "pin": "***"}, "a": {"echo": "pin ***", "id": 1}});
    assert_eq!(serde_json::Value::from(question.shown.clone()), expected);
}

#[test]
fn outside_is_handed_what_the_author_says_and_nothing_if_that_is_not_there() {
    let step = external("s").hands_over("to", "${inputs.who}").hands_over("code", "it is ${inputs.pin}");
    let plan = composition([step]).input("who", false).input("pin", true).plan();
    let mut desk = Desk::begin(&plan, json!({"who": "me", "pin": "4711"}));
    let question = desk.question();
    assert_eq!(serde_json::Value::from(question.shown.clone()), json!({"to": "me", "code": "***"}));

    let mut desk = Desk::begin(&plan, json!({"pin": "4711"}));
    let event = desk.decision();
    insta::assert_snapshot!(said(&event), @r"stepFailed Unresolved: `to` of `with`: `inputs.who` is absent");
}

#[test]
fn a_run_says_what_it_was_given_and_names_what_it_withholds() {
    let plan = composition([]).input("who", false).input("pin", true).plan();
    let desk = Desk::begin_with(&plan, json!({"pin": 1, "who": "me", "what": 2}), Options::default());
    let told = serde_json::to_string(&desk.records[0]).unwrap();
    insta::assert_snapshot!(told, @r#"{"run":"run-1","seq":1,"at":"2026-01-15T12:00:00Z","event":"runStarted","composition":"test","inputs":{"who":"me"},"withheld":["pin","what"],"options":{}}"#);
}
