//! `forEach` and `concurrency`.

use jiff::SignedDuration;
use naftiko_adapter::{Call, FailureKind};
use naftiko_journal::Event;
use serde_json::{Value, json};

use crate::Run;
use crate::tests::desk::{Desk, object, response, said};
use crate::tests::draft::{Draft, composition, external, get, keyed, post};

fn begun(step: Draft, list: &Value) -> Desk {
    let plan = composition([step, post("then").after(&["each"]).body("ids", "${each ?? 'absent'}")]).plan();
    Desk::begin(&plan, json!({ "list": list }))
}

fn each(concurrency: u32) -> Draft {
    post("each").for_each("inputs.list", concurrency).body("name", "${item}").body("nth", "${index}")
}

#[test]
fn results_stand_in_the_order_of_the_list_whatever_ends_first() {
    let mut desk = begun(each(2), &json!(["a", "b", "c"]));
    let calls: Vec<Call> = (0..2).map(|_| desk.call()).collect();
    assert_eq!(desk.callable(), [""; 0], "two at a time");
    desk.answer(&calls[1], response(201, json!("B")));
    let last = desk.call();
    desk.answer(&last, response(201, json!("C")));
    desk.answer(&calls[0], response(201, json!("A")));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"each","items":3}
    attemptStarted {"step":"each[0]","attempt":1,"request":{"name":"a","nth":0}}
    attemptStarted {"step":"each[1]","attempt":1,"request":{"name":"b","nth":1}}
    stepSucceeded {"step":"each[1]","attempt":1,"status":201,"result":"B"}
    attemptStarted {"step":"each[2]","attempt":1,"request":{"name":"c","nth":2}}
    stepSucceeded {"step":"each[2]","attempt":1,"status":201,"result":"C"}
    stepSucceeded {"step":"each[0]","attempt":1,"status":201,"result":"A"}
    stepSucceeded {"step":"each","result":["A","B","C"]}
    "#);
    assert_eq!(desk.call().arguments.body, Some(json!({"ids": ["A", "B", "C"]})));
}

#[test]
fn as_many_are_under_way_as_the_author_says_and_there_are() {
    for (concurrency, expected) in [(0, 1), (1, 1), (2, 2), (3, 3), (u32::MAX, 3)] {
        let mut desk = begun(each(concurrency), &json!(["a", "b", "c"]));
        assert_eq!(desk.callable().len(), expected, "{concurrency}");
    }
}

#[test]
fn a_list_without_items_is_done_at_once() {
    let mut desk = begun(each(1), &json!([]));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"each","items":0}
    stepSucceeded {"step":"each","result":[]}
    "#);
    assert_eq!(desk.call().arguments.body, Some(json!({"ids": []})));
}

#[test]
fn what_is_no_list_fails_the_step() {
    for (list, expected) in [
        (json!("a"), "stepFailed Type: `inputs.list` is not a list"),
        (json!(null), "stepFailed Type: `inputs.list` is not a list"),
    ] {
        assert_eq!(said(&begun(each(1), &list).decision()), expected);
    }
    let mut desk = Desk::begin(&composition([each(1)]).plan(), json!({}));
    assert_eq!(said(&desk.decision()), "stepFailed Unresolved: `inputs.list` is absent; a list is required");
}

#[test]
fn after_an_item_failed_none_begins_and_those_under_way_end() {
    let mut desk = begun(each(2), &json!(["a", "b", "c", "d"]));
    let calls: Vec<Call> = (0..2).map(|_| desk.call()).collect();
    desk.answer(&calls[0], response(422, json!({"message": "taken"})));
    assert_eq!(desk.callable(), [""; 0]);
    assert_eq!(desk.stands(), "running from 0s", "one is under way");
    desk.answer(&calls[1], response(200, json!("B")));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"each","items":4}
    attemptStarted {"step":"each[0]","attempt":1,"request":{"name":"a","nth":0}}
    attemptStarted {"step":"each[1]","attempt":1,"request":{"name":"b","nth":1}}
    stepFailed {"step":"each[0]","attempt":1,"failure":{"cause":"status","message":"`POST /each` responded 422 Unprocessable Entity: taken","status":422,"body":{"message":"taken"}}}
    stepSucceeded {"step":"each[1]","attempt":1,"status":200,"result":"B"}
    stepFailed {"step":"each","failure":{"cause":"status","message":"`each[0]`: `POST /each` responded 422 Unprocessable Entity: taken","status":422,"body":{"message":"taken"}}}
    runFinished {"status":"failed"}
    "#);
}

#[test]
fn a_list_that_fails_can_let_the_run_go_on() {
    let mut desk = begun(each(1).continues(), &json!(["a", "b"]));
    desk.failed("each[0]");
    assert_eq!(desk.call().arguments.body, Some(json!({"ids": "absent"})));
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"each","items":2}
    attemptStarted {"step":"each[0]","attempt":1,"request":{"name":"a","nth":0}}
    stepFailed {"step":"each[0]","attempt":1,"failure":{"cause":"status","message":"`POST /each` responded 400 Bad Request","status":400}}
    stepFailed {"step":"each","failure":{"cause":"status","message":"`each[0]`: `POST /each` responded 400 Bad Request","status":400}}
    attemptStarted {"step":"then","attempt":1,"request":{"ids":"absent"}}
    "#);
}

#[test]
fn each_item_has_its_own_attempts_and_rounds() {
    let poll =
        get("each").for_each("inputs.list", 2).until("response.body.ok", SignedDuration::from_hours(1));
    let mut desk = begun(poll, &json!([1, 2]));
    let calls: Vec<Call> = (0..2).map(|_| desk.call()).collect();
    desk.answer(&calls[0], response(200, json!({"ok": false})));
    desk.fail(&calls[1], FailureKind::NotSent);
    let second = desk.call_again();
    assert_eq!((second.step.as_str(), second.attempt), ("each[1]", 2), "a retry is sooner than a round");
    desk.answer(&second, response(200, json!({"ok": true})));
    assert_eq!(desk.stands(), "waiting from 5s");
    let first = desk.call_again();
    desk.answer(&first, response(200, json!({"ok": true})));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"each","items":2}
    attemptStarted {"step":"each[0]","attempt":1,"request":{}}
    attemptStarted {"step":"each[1]","attempt":1,"request":{}}
    stepDelayed {"step":"each[0]","attempt":1,"until":"2026-01-15T12:00:05Z"}
    stepDelayed {"step":"each[1]","attempt":1,"until":"2026-01-15T12:00:01Z","failure":{"cause":"not-sent","message":"`GET /each` did not reach the provider: because"}}
    attemptStarted {"step":"each[1]","attempt":2,"request":{}}
    stepSucceeded {"step":"each[1]","attempt":2,"status":200,"result":{"ok":true}}
    attemptStarted {"step":"each[0]","attempt":2,"request":{}}
    stepSucceeded {"step":"each[0]","attempt":2,"status":200,"result":{"ok":true}}
    stepSucceeded {"step":"each","result":[{"ok":true},{"ok":true}]}
    "#);
}

#[test]
fn each_item_has_its_own_idempotency_key() {
    let mut desk = begun(keyed("each").for_each("inputs.list", 2), &json!([1, 2]));
    let keys = [desk.call(), desk.call()].map(|call| call.idempotency_key.unwrap());
    assert_eq!(keys, ["run-1:each[0]", "run-1:each[1]"]);
}

#[test]
fn somebody_is_asked_for_each_item_and_told_for_which() {
    let mut desk = begun(external("each").for_each("inputs.list", 2), &json!(["a", "b"]));
    let questions = [desk.question(), desk.question()];
    assert_eq!(questions.map(|question| question.shown["item"].clone()), [json!("a"), json!("b")]);
    desk.reply("each[1]", json!("B"));
    desk.reply("each[0]", json!("A"));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"each","items":2}
    stepAsked {"step":"each[0]"}
    stepAsked {"step":"each[1]"}
    stepSucceeded {"step":"each[1]","result":"B","through":"prompt"}
    stepSucceeded {"step":"each[0]","result":"A","through":"prompt"}
    stepSucceeded {"step":"each","result":["A","B"]}
    "#);
}

#[test]
fn a_list_that_is_another_when_the_run_is_resumed_is_refused() {
    let plan = composition([each(1)]).input("list", true).plan();
    let mut desk = Desk::begin(&plan, json!({"list": ["a", "b"]}));
    desk.done("each[0]", json!({}));
    let replay = |list| Run::replay(plan.clone(), object(json!({ "list": list })), &desk.records);
    assert!(replay(json!(["a", "c"])).is_ok(), "only how many there are is recorded");
    insta::assert_snapshot!(replay(json!(["a"])).unwrap_err(), @"`stepOpened` of step `each` is illegal \
        here: it was 2 items, and is 1 item now");
    insta::assert_snapshot!(replay(json!(7)).unwrap_err(), @"`stepOpened` of step `each` is illegal here: \
        `inputs.list` is not a list");
}

#[test]
fn a_run_that_was_cut_off_goes_on_with_the_items_that_are_left() {
    let mut desk = begun(each(2), &json!(["a", "b", "c"]));
    let calls: Vec<Call> = (0..2).map(|_| desk.call()).collect();
    desk.answer(&calls[1], response(200, json!("B")));
    desk.resume(json!({"list": ["a", "b", "c"]}));
    let Event::StepInDoubt { step, .. } = desk.decision() else { panic!("it is not known") };
    assert_eq!(step, "each[0]");
    desk.decide();
    assert_eq!((desk.callable(), desk.stands().as_str()), (vec![], "in-doubt"));
}

#[test]
fn the_result_of_an_item_is_there_before_and_after_its_step_is_done() {
    let mut desk = begun(each(2), &json!(["a", "b"]));
    let calls: Vec<Call> = (0..2).map(|_| desk.call()).collect();
    desk.answer(&calls[0], response(201, json!({"id": 7})));
    let result = |run: &Run, step: &str| run.step(step).and_then(|state| state.result.cloned());
    assert_eq!(result(&desk.run, "each[0]"), Some(json!({"id": 7})));
    desk.answer(&calls[1], response(201, json!("B")));
    desk.decide();
    assert_eq!(result(&desk.run, "each"), Some(json!([{"id": 7}, "B"])));
    assert_eq!(result(&desk.run, "each[0]"), Some(json!({"id": 7})));
    assert_eq!(result(&desk.run, "each[1]"), Some(json!("B")));
}
