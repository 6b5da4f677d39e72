//! `compensate`: a failing run compensates its finished steps in reverse order.

use jiff::SignedDuration;
use naftiko_adapter::{Call, FailureKind};
use naftiko_journal::{Phase, Ruling, Status};
use naftiko_plan::OnDoubt;
use serde_json::json;

use crate::Intervention;
use crate::tests::desk::{Desk, response};
use crate::tests::draft::{Draft, composition, embedded, external, get, in_a_row, keyed, post};

/// A step whose compensation `POST /undo-ID` reads its result.
fn undoable(id: &str) -> Draft {
    post(id).undone_by(post(&format!("undo-{id}")).body("id", &format!("${{{id}.id}}")))
}

/// The steps that are called one after the other, each answered successfully.
fn rest(desk: &mut Desk) -> Vec<String> {
    let mut called = Vec::new();
    while let [step] = &desk.callable()[..] {
        called.push(step.clone());
        let step = step.clone();
        desk.done(&step, json!({}));
    }
    assert_eq!(desk.callable(), [""; 0], "one at a time");
    called
}

#[test]
fn what_was_done_is_undone_in_the_reverse_order_also_across_branches() {
    let steps = [
        undoable("a"),
        undoable("b"),
        undoable("c").after(&["a"]),
        post("bad").after(&["b", "c"]),
        undoable("never").after(&["bad"]),
        undoable("skipped").when("1 == 2"),
    ];
    let mut desk = Desk::begin(&composition(steps).plan(), json!({}));
    desk.done("a", json!({"id": 1}));
    desk.done("c", json!({"id": 3}));
    desk.done("b", json!({"id": 2}));
    desk.failed("bad");
    assert_eq!(desk.stands(), "compensating from 0s");
    assert_eq!(rest(&mut desk), ["b:compensate", "c:compensate", "a:compensate"]);
    insta::assert_snapshot!(desk.told().split_once("stepFailed").unwrap().1, @r#"
     {"step":"bad","attempt":1,"failure":{"cause":"status","message":"`POST /bad` responded 400 Bad Request","status":400}}
    attemptStarted {"step":"b:compensate","attempt":1,"request":{"id":2}}
    stepSucceeded {"step":"b:compensate","attempt":1,"status":200,"result":{}}
    attemptStarted {"step":"c:compensate","attempt":1,"request":{"id":3}}
    stepSucceeded {"step":"c:compensate","attempt":1,"status":200,"result":{}}
    attemptStarted {"step":"a:compensate","attempt":1,"request":{"id":1}}
    stepSucceeded {"step":"a:compensate","attempt":1,"status":200,"result":{}}
    runFinished {"status":"compensated"}
    "#);
    assert_eq!(desk.stands(), "compensated");
}

#[test]
fn what_undoes_begins_once_nothing_is_under_way_and_includes_what_ended_last() {
    let steps = [undoable("slow"), undoable("a"), post("bad").after(&["a"])];
    let mut desk = Desk::begin(&composition(steps).plan(), json!({}));
    let slow = desk.call_of("slow");
    desk.done("a", json!({"id": 1}));
    desk.failed("bad");
    assert_eq!((desk.callable(), desk.stands().as_str()), (vec![], "running from 0s"));
    desk.answer(&slow, response(200, json!({"id": 2})));
    assert_eq!(rest(&mut desk), ["slow:compensate", "a:compensate"]);
}

#[test]
fn items_are_undone_one_by_one_and_each_knows_which_it_is() {
    let undo = post("undo").body("name", "${item}").body("id", "${each.id}").body("nth", "${index}");
    let each = post("each").for_each("inputs.list", 3).undone_by(undo);
    let plan = composition([each, post("bad").after(&["each"])]).plan();
    let mut desk = Desk::begin(&plan, json!({"list": ["x", "y"]}));
    let calls: Vec<Call> = (0..2).map(|_| desk.call()).collect();
    desk.answer(&calls[1], response(200, json!({"id": 2})));
    desk.answer(&calls[0], response(200, json!({"id": 1})));
    desk.failed("bad");
    let call = desk.call();
    assert_eq!(call.step, "each[0]:compensate");
    assert_eq!(call.arguments.body, Some(json!({"name": "x", "id": 1, "nth": 0})));
    desk.answer(&call, response(200, json!({})));
    let call = desk.call();
    assert_eq!(call.arguments.body, Some(json!({"name": "y", "id": 2, "nth": 1})));
    desk.answer(&call, response(200, json!({})));
    assert_eq!(desk.stands(), "compensated");
}

#[test]
fn items_that_were_done_before_one_failed_are_undone() {
    let each = undoable("each").for_each("[1, 2, 3]", 2);
    let mut desk = Desk::begin(&composition([each]).plan(), json!({}));
    let calls: Vec<Call> = (0..2).map(|_| desk.call()).collect();
    desk.answer(&calls[0], response(400, json!({})));
    desk.answer(&calls[1], response(200, json!({"id": 2})));
    assert_eq!(rest(&mut desk), ["each[1]:compensate"]);
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"each","items":3}
    attemptStarted {"step":"each[0]","attempt":1,"request":{}}
    attemptStarted {"step":"each[1]","attempt":1,"request":{}}
    stepFailed {"step":"each[0]","attempt":1,"failure":{"cause":"status","message":"`POST /each` responded 400 Bad Request","status":400,"body":{}}}
    stepSucceeded {"step":"each[1]","attempt":1,"status":200,"result":{"id":2}}
    stepFailed {"step":"each","failure":{"cause":"status","message":"`each[0]`: `POST /each` responded 400 Bad Request","status":400,"body":{}}}
    attemptStarted {"step":"each[1]:compensate","attempt":1,"request":{"id":2}}
    stepSucceeded {"step":"each[1]:compensate","attempt":1,"status":200,"result":{}}
    runFinished {"status":"compensated"}
    "#);
}

#[test]
fn what_was_done_in_compositions_is_undone_in_one_order_with_all_else() {
    let inner = in_a_row([undoable("x"), undoable("y")]);
    let steps = [embedded("left", inner.clone()), embedded("right", inner), post("bad").after(&["left"])];
    let mut desk = Desk::begin(&composition(steps).plan(), json!({}));
    desk.done("left/x", json!({"id": 1}));
    desk.done("right/x", json!({"id": 2}));
    desk.done("left/y", json!({"id": 3}));
    desk.failed("bad");
    assert_eq!(rest(&mut desk), ["left/y:compensate", "right/x:compensate", "left/x:compensate"]);
    assert_eq!(desk.run.step("right").unwrap().phase, Phase::Open { items: None }, "it was interrupted");
}

#[test]
fn a_composition_with_a_compensation_of_its_own_is_undone_as_a_whole() {
    let inner = in_a_row([undoable("x"), undoable("y")]).output("id", "y.id", false);
    let whole = embedded("inner", inner).undone_by(post("undo").body("id", "${inner.id}"));
    let mut desk = Desk::begin(&in_a_row([whole.clone(), post("bad")]).plan(), json!({}));
    desk.done("inner/x", json!({"id": 1}));
    desk.done("inner/y", json!({"id": 2}));
    desk.failed("bad");
    let call = desk.call();
    assert_eq!(
        (call.step.as_str(), call.arguments.body.as_ref()),
        ("inner:compensate", Some(&json!({"id": 2})))
    );
    desk.answer(&call, response(200, json!({})));
    assert_eq!(desk.stands(), "compensated");

    // As long as the composition is not done, its parts are compensated.
    let mut desk = Desk::begin(&composition([whole, post("bad")]).plan(), json!({}));
    desk.done("inner/x", json!({"id": 1}));
    desk.failed("bad");
    assert_eq!(rest(&mut desk), ["inner/x:compensate"]);
}

#[test]
fn a_failed_attempt_is_undone_only_if_the_author_says_so_and_something_may_have_happened() {
    let undone = |draft: Draft, kind: Option<FailureKind>| {
        let undo = post("undo").body("id", "${s.id ?? 'unknown'}");
        let mut desk = Desk::begin(&composition([draft.undone_anyhow_by(undo)]).plan(), json!({}));
        let call = desk.call();
        match kind {
            Some(kind) => desk.fail(&call, kind),
            None => desk.answer(&call, response(500, json!({}))),
        };
        desk.decide();
        desk.callable()
    };
    let mut desk = Desk::begin(&composition([undoable("s")]).plan(), json!({}));
    desk.failed("s");
    assert_eq!(desk.stands(), "failed", "not unless he says so");
    assert_eq!(undone(post("s"), None), ["s:compensate"]);
    assert_eq!(undone(post("s"), Some(FailureKind::Unreadable)), ["s:compensate"]);
    assert_eq!(undone(post("s").on_doubt(OnDoubt::Fail), Some(FailureKind::Unknown)), ["s:compensate"]);
    assert_eq!(undone(post("s"), Some(FailureKind::NotSent)), [""; 0], "nothing reached the other side");
    assert_eq!(undone(post("s"), Some(FailureKind::Refused)), [""; 0]);
    assert_eq!(undone(post("s").expects("false"), Some(FailureKind::Unreadable)), ["s:compensate"]);
    let not_begun = post("s").body("x", "${inputs.gone}").undone_anyhow_by(post("undo"));
    let mut desk = Desk::begin(&composition([not_begun]).plan(), json!({}));
    assert_eq!(desk.stands(), "failed");
}

#[test]
fn an_attempt_that_would_have_been_made_again_is_given_up_and_undone() {
    let retried = keyed("s").undone_anyhow_by(post("undo"));
    let mut desk = Desk::begin(&composition([retried, post("bad")]).plan(), json!({}));
    let (retried, bad) = (desk.call_of("s"), desk.call_of("bad"));
    desk.answer(&retried, response(503, json!({})));
    desk.answer(&bad, response(400, json!({})));
    assert_eq!(rest(&mut desk), ["s:compensate"]);
    insta::assert_snapshot!(desk.told(), @r#"
    attemptStarted {"step":"s","attempt":1,"request":{}}
    attemptStarted {"step":"bad","attempt":1,"request":{}}
    stepDelayed {"step":"s","attempt":1,"until":"2026-01-15T12:00:01Z","failure":{"cause":"status","message":"`POST /s` responded 503 Service Unavailable","status":503,"body":{}}}
    stepFailed {"step":"bad","attempt":1,"failure":{"cause":"status","message":"`POST /bad` responded 400 Bad Request","status":400,"body":{}}}
    stepFailed {"step":"s","failure":{"cause":"refused","message":"the run ends before the retry"}}
    attemptStarted {"step":"s:compensate","attempt":1,"request":{}}
    stepSucceeded {"step":"s:compensate","attempt":1,"status":200,"result":{}}
    runFinished {"status":"compensated"}
    "#);
}

#[test]
fn so_is_one_that_ends_while_the_run_closes_down() {
    let inner = composition([retried_as("s"), retried_as("t")]);
    let mut desk = Desk::begin(&composition([embedded("in", inner), post("bad")]).plan(), json!({}));
    let (s, t) = (desk.call_of("in/s"), desk.call_of("in/t"));
    desk.failed("bad");
    desk.answer(&s, response(503, json!({})));
    desk.fail(&t, FailureKind::NotSent);
    assert_eq!(rest(&mut desk), ["in/s:compensate"], "nothing of `t` reached the other side");
    assert_eq!(desk.stands(), "compensated");
}

/// A repeatable step that is compensated even after a failure.
fn retried_as(id: &str) -> Draft {
    keyed(id).undone_anyhow_by(post(&format!("undo-{id}")))
}

#[test]
fn what_was_done_in_items_that_failed_long_before_is_undone_with_the_run() {
    let each = undoable("each").for_each("[1, 2]", 1).continues();
    let mut desk = Desk::begin(&in_a_row([each, undoable("a"), post("bad")]).plan(), json!({}));
    desk.done("each[0]", json!({"id": 1}));
    desk.failed("each[1]");
    desk.done("a", json!({"id": 2}));
    desk.failed("bad");
    assert_eq!(rest(&mut desk), ["a:compensate", "each[0]:compensate"]);

    let each = embedded("each", composition([undoable("x")])).for_each("[1, 2]", 1).continues();
    let mut desk = Desk::begin(&in_a_row([each, post("bad")]).plan(), json!({}));
    desk.done("each[0]/x", json!({"id": 1}));
    desk.failed("each[1]/x");
    desk.failed("bad");
    assert_eq!(rest(&mut desk), ["each[0]/x:compensate"]);
}

#[test]
fn outputs_that_cannot_be_read_undo_the_run() {
    let plan = composition([undoable("a")]).output("name", "a.name", false).plan();
    let mut desk = Desk::begin(&plan, json!({}));
    desk.done("a", json!({"id": 1}));
    desk.resume(json!({}));
    assert_eq!(desk.stands(), "compensating from 0s");
    assert_eq!(rest(&mut desk), ["a:compensate"]);
    insta::assert_snapshot!(desk.told(), @r#"
    attemptStarted {"step":"a","attempt":1,"request":{}}
    stepSucceeded {"step":"a","attempt":1,"status":200,"result":{"id":1}}
    attemptStarted {"step":"a:compensate","attempt":1,"request":{"id":1}}
    stepSucceeded {"step":"a:compensate","attempt":1,"status":200,"result":{}}
    runFinished {"status":"compensated","failure":{"cause":"unresolved","message":"output `name` has no value: `a.name` is absent"}}
    "#);
}

/// A run that failed after `a` and `b` succeeded.
fn to_be_undone() -> Desk {
    let plan = in_a_row([undoable("a"), undoable("b"), post("bad")]).plan();
    let mut desk = Desk::begin(&plan, json!({}));
    desk.done("a", json!({"id": 1}));
    desk.done("b", json!({"id": 2}));
    desk.failed("bad");
    desk
}

#[test]
fn what_cannot_be_undone_halts_the_run_until_somebody_tries_again() {
    let mut desk = to_be_undone();
    desk.failed("b:compensate");
    assert_eq!((desk.callable(), desk.stands().as_str()), (vec![], "compensating"));
    assert!(desk.run.is_halted());
    desk.resume(json!({}));
    assert_eq!(desk.stands(), "compensating", "and a new process does nothing by itself");
    for event in desk.run.retries(desk.now) {
        desk.record(event);
    }
    assert!(!desk.run.is_halted());
    assert_eq!(desk.stands(), "compensating from 0s");
    assert_eq!(rest(&mut desk), ["b:compensate", "a:compensate"]);
    assert_eq!(desk.run.retries(desk.now), []);
    insta::assert_snapshot!(desk.told().rsplit_once("stepFailed").unwrap().1, @r#"
     {"step":"b:compensate","attempt":1,"failure":{"cause":"status","message":"`POST /undo-b` responded 400 Bad Request","status":400}}
    stepDelayed {"step":"b:compensate","attempt":1,"until":"2026-01-15T12:00:00Z","failure":{"cause":"status","message":"`POST /undo-b` responded 400 Bad Request","status":400}}
    attemptStarted {"step":"b:compensate","attempt":2,"request":{"id":2}}
    stepSucceeded {"step":"b:compensate","attempt":2,"status":200,"result":{}}
    attemptStarted {"step":"a:compensate","attempt":1,"request":{"id":1}}
    stepSucceeded {"step":"a:compensate","attempt":1,"status":200,"result":{}}
    runFinished {"status":"compensated"}
    "#);
}

#[test]
fn a_compensation_that_lacks_an_argument_is_tried_again_from_its_first_attempt() {
    let steps = [post("a").undone_by(post("undo").body("id", "${inputs.pin}")), post("bad")];
    let plan = in_a_row(steps).input("pin", true).plan();
    let mut desk = Desk::begin(&plan, json!({}));
    desk.done("a", json!({}));
    desk.failed("bad");
    assert_eq!(desk.stands(), "compensating");
    // A resumed run is given the withheld inputs again.
    desk.resume(json!({"pin": "4711"}));
    for event in desk.run.retries(desk.now) {
        desk.record(event);
    }
    assert_eq!(rest(&mut desk), ["a:compensate"]);
    insta::assert_snapshot!(desk.told(), @r#"
    attemptStarted {"step":"a","attempt":1,"request":{}}
    stepSucceeded {"step":"a","attempt":1,"status":200,"result":{}}
    attemptStarted {"step":"bad","attempt":1,"request":{}}
    stepFailed {"step":"bad","attempt":1,"failure":{"cause":"status","message":"`POST /bad` responded 400 Bad Request","status":400}}
    stepFailed {"step":"a:compensate","failure":{"cause":"unresolved","message":"argument `id` of `POST /undo`: `inputs.pin` is absent"}}
    stepDelayed {"step":"a:compensate","attempt":0,"until":"2026-01-15T12:00:00Z","failure":{"cause":"unresolved","message":"argument `id` of `POST /undo`: `inputs.pin` is absent"}}
    attemptStarted {"step":"a:compensate","attempt":1,"request":{"id":"***"}}
    stepSucceeded {"step":"a:compensate","attempt":1,"status":200,"result":{}}
    runFinished {"status":"compensated"}
    "#);
}

#[test]
fn a_compensation_is_retried_like_any_call_and_waits_meanwhile() {
    let steps = [post("a").undone_by(keyed("undo")), post("bad")];
    let mut desk = Desk::begin(&in_a_row(steps).plan(), json!({}));
    desk.done("a", json!({}));
    desk.failed("bad");
    for _ in 0..2 {
        let call = if desk.callable().is_empty() { desk.call_again() } else { desk.call() };
        assert_eq!(call.idempotency_key.as_deref(), Some("run-1:a:compensate"));
        desk.answer(&call, response(503, json!({})));
    }
    assert_eq!(desk.stands(), "compensating from 3s");
    desk.resume(json!({}));
    assert_eq!(desk.stands(), "compensating from 3s");
    let call = desk.call_again();
    desk.answer(&call, response(200, json!({})));
    assert_eq!(desk.stands(), "compensated");
}

#[test]
fn a_compensation_in_doubt_holds_the_rest_up_until_somebody_says_what_happened() {
    let resolve = |ruling| Intervention::Resolve { step: "b:compensate".into(), ruling };
    for (ruling, expected) in [
        (Ruling::Happened { result: json!({}) }, vec!["a:compensate"]),
        (Ruling::DidNotHappen, vec!["b:compensate", "a:compensate"]),
    ] {
        let mut desk = to_be_undone();
        let call = desk.call();
        desk.fail(&call, FailureKind::Unknown);
        assert_eq!((desk.callable(), desk.stands().as_str()), (vec![], "in-doubt"));
        desk.resume(json!({}));
        assert_eq!(desk.stands(), "in-doubt");
        desk.intervene(&resolve(ruling)).unwrap();
        assert_eq!(rest(&mut desk), expected);
        assert_eq!(desk.run.status(), Status::Compensated);
    }
}

#[test]
fn what_is_answered_while_the_run_is_undone_is_undone_next() {
    let ask = external("ask").undone_by(post("undo-ask"));
    let plan = composition([ask, undoable("a"), undoable("b"), post("bad").after(&["a", "b"])]).plan();
    let mut desk = Desk::begin(&plan, json!({}));
    desk.done("a", json!({"id": 1}));
    desk.done("b", json!({"id": 2}));
    desk.failed("bad");
    desk.done("b:compensate", json!({}));
    desk.reply("ask", json!("sorry, I was away"));
    assert_eq!(rest(&mut desk), ["ask:compensate", "a:compensate"]);
}

#[test]
fn what_was_kept_and_undone_is_not_undone_again() {
    let inner = in_a_row([undoable("x"), post("bad")]);
    let steps = [embedded("inner", inner).continues(), undoable("a"), post("bad")];
    let mut desk = Desk::begin(&in_a_row(steps).plan(), json!({}));
    desk.done("inner/x", json!({"id": 1}));
    desk.failed("inner/bad");
    desk.done("inner/x:compensate", json!({}));
    desk.done("a", json!({"id": 2}));
    desk.failed("bad");
    assert_eq!(rest(&mut desk), ["a:compensate"]);
}

#[test]
fn a_failure_around_takes_over_what_is_being_undone_inside() {
    let inner = in_a_row([undoable("x"), undoable("y"), post("bad")]);
    let steps = [embedded("inner", inner).continues(), get("slow"), undoable("a").after(&["slow"])];
    let mut desk = Desk::begin(&composition(steps).plan(), json!({}));
    let slow = desk.call_of("slow");
    desk.done("inner/x", json!({"id": 1}));
    desk.done("inner/y", json!({"id": 2}));
    desk.failed("inner/bad");
    let undo = desk.call_of("inner/y:compensate");
    desk.answer(&slow, response(200, json!({})));
    desk.done("a", json!({"id": 3}));
    desk.intervene(&Intervention::Cancel { compensate: true }).unwrap();
    assert_eq!(desk.callable(), [""; 0], "what undoes `y` is under way");
    desk.answer(&undo, response(400, json!({})));
    assert_eq!(desk.callable(), ["a:compensate"], "it was done after `y`, and `y` can wait");
    desk.done("a:compensate", json!({}));
    assert_eq!((desk.callable(), desk.stands().as_str()), (vec![], "compensating"));
    for event in desk.run.retries(desk.now) {
        desk.record(event);
    }
    assert_eq!(rest(&mut desk), ["inner/y:compensate", "inner/x:compensate"]);
    assert_eq!(desk.stands(), "cancelled");
}

#[test]
fn what_is_being_undone_inside_waits_for_what_is_under_way_around_it_and_for_its_turn() {
    let inner = in_a_row([post("x").undone_by(keyed("undo-x")), post("bad")]);
    let steps = [embedded("inner", inner).continues(), undoable("slow"), post("bad")];
    let mut desk = Desk::begin(&composition(steps).plan(), json!({}));
    let slow = desk.call_of("slow");
    desk.done("inner/x", json!({}));
    desk.failed("inner/bad");
    let undo = desk.call_of("inner/x:compensate");
    desk.answer(&undo, response(503, json!({})));
    desk.failed("bad");
    desk.now += SignedDuration::from_mins(1);
    assert_eq!((desk.callable(), desk.stands().as_str()), (vec![], "compensating from 0s"));
    desk.answer(&slow, response(200, json!({"id": 1})));
    assert_eq!(rest(&mut desk), ["slow:compensate", "inner/x:compensate"]);
}

#[test]
fn an_item_that_is_broken_off_in_its_composition_is_undone_and_one_that_is_done_is_not() {
    let inner = in_a_row([undoable("x"), post("y")]);
    let steps = [embedded("each", inner).for_each("[1, 2, 3]", 3).continues(), post("then").after(&["each"])];
    let mut desk = Desk::begin(&composition(steps).plan(), json!({}));
    for item in 0..3 {
        desk.done(&format!("each[{item}]/x"), json!({"id": item}));
    }
    desk.done("each[0]/y", json!({}));
    desk.failed("each[1]/y");
    assert_eq!(rest(&mut desk), ["each[2]/x:compensate", "each[1]/x:compensate", "then"]);
    assert_eq!(desk.stands(), "succeeded");
}
