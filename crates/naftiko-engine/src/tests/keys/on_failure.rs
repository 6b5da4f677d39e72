//! `onFailure`, and how a failure spreads.

use naftiko_journal::Status;
use serde_json::json;

use crate::tests::desk::{Desk, response};
use crate::tests::draft::{composition, embedded, get, in_a_row, post};

#[test]
fn a_run_goes_on_without_what_failed() {
    let steps = [post("a").continues().expects("response.body.ok"), post("b").body("x", "${a.id ?? 'none'}")];
    let mut desk = Desk::begin(&in_a_row(steps).output("a", "a ?? 'none'", false).plan(), json!({}));
    desk.done("a", json!({"ok": false, "id": 1}));
    desk.done("b", json!({}));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    attemptStarted {"step":"a","attempt":1,"request":{}}
    stepFailed {"step":"a","attempt":1,"failure":{"cause":"condition","message":"`POST /a` responded, but `response.body.ok` is false"}}
    attemptStarted {"step":"b","attempt":1,"request":{"x":"none"}}
    stepSucceeded {"step":"b","attempt":1,"status":200,"result":{}}
    runFinished {"status":"succeeded","outputs":{"a":"none"}}
    "#);
}

#[test]
fn what_fails_a_run_stops_it_in_every_composition_at_once() {
    let inner = composition([post("x"), post("y").after(&["x"])]);
    let steps = [embedded("left", inner.clone()), embedded("right", inner), get("a"), get("b").after(&["a"])];
    let mut desk = Desk::begin(&composition(steps).plan(), json!({}));
    let (left, right, a) = (desk.call_of("left/x"), desk.call_of("right/x"), desk.call_of("a"));
    desk.answer(&left, response(400, json!({})));
    assert!(["right/y", "b", "left/y"].into_iter().all(|step| !desk.run.may_begin(step)));
    desk.answer(&right, response(200, json!({})));
    desk.answer(&a, response(200, json!({})));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"left"}
    stepOpened {"step":"right"}
    attemptStarted {"step":"left/x","attempt":1,"request":{}}
    attemptStarted {"step":"right/x","attempt":1,"request":{}}
    attemptStarted {"step":"a","attempt":1,"request":{}}
    stepFailed {"step":"left/x","attempt":1,"failure":{"cause":"status","message":"`POST /x` responded 400 Bad Request","status":400,"body":{}}}
    stepSucceeded {"step":"right/x","attempt":1,"status":200,"result":{}}
    stepSucceeded {"step":"a","attempt":1,"status":200,"result":{}}
    stepFailed {"step":"left","failure":{"cause":"status","message":"`left/x`: `POST /x` responded 400 Bad Request","status":400,"body":{}}}
    runFinished {"status":"failed"}
    "#);
    assert_eq!(desk.run.status(), Status::Failed);
}

#[test]
fn a_failure_that_is_kept_stops_only_what_it_is_kept_in() {
    let inner = composition([post("x"), get("y"), post("z").after(&["y"])]);
    let mut desk =
        Desk::begin(&composition([embedded("kept", inner).continues(), get("a")]).plan(), json!({}));
    let (x, y) = (desk.call_of("kept/x"), desk.call_of("kept/y"));
    desk.answer(&x, response(400, json!({})));
    assert!(!desk.run.may_begin("kept/z") && desk.run.may_begin("a"));
    desk.answer(&y, response(200, json!({})));
    desk.done("a", json!({}));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"kept"}
    attemptStarted {"step":"kept/x","attempt":1,"request":{}}
    attemptStarted {"step":"kept/y","attempt":1,"request":{}}
    stepFailed {"step":"kept/x","attempt":1,"failure":{"cause":"status","message":"`POST /x` responded 400 Bad Request","status":400,"body":{}}}
    stepSucceeded {"step":"kept/y","attempt":1,"status":200,"result":{}}
    stepFailed {"step":"kept","failure":{"cause":"status","message":"`kept/x`: `POST /x` responded 400 Bad Request","status":400,"body":{}}}
    attemptStarted {"step":"a","attempt":1,"request":{}}
    stepSucceeded {"step":"a","attempt":1,"status":200,"result":{}}
    runFinished {"status":"succeeded"}
    "#);
}
