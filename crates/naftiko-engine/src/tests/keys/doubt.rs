//! `onDoubt`, and the resolution of an attempt in doubt.

use naftiko_adapter::{Call, FailureKind};
use naftiko_journal::{Ruling, Status};
use naftiko_plan::OnDoubt;
use serde_json::json;

use crate::Intervention;
use crate::tests::desk::{Desk, response, said};
use crate::tests::draft::{Draft, composition, get, keyed, post};

fn begun(draft: Draft) -> (Desk, Call) {
    let mut desk = Desk::begin(&composition([draft, post("then").after(&["s"])]).plan(), json!({}));
    let call = desk.call();
    (desk, call)
}

#[test]
fn what_to_do_when_nobody_knows_is_what_the_author_says_on_the_wire_and_after_a_crash() {
    let mut table = Vec::new();
    for (kind, draft) in [("get", get("s")), ("keyed", keyed("s")), ("post", post("s"))] {
        for on_doubt in [OnDoubt::Ask, OnDoubt::Retry, OnDoubt::Fail] {
            let draft = draft.clone().on_doubt(on_doubt);
            let (mut desk, call) = begun(draft.clone());
            let wire = said(&desk.fail(&call, FailureKind::Unknown));
            let (mut desk, _) = begun(draft);
            desk.resume(json!({}));
            table.push(format!("{kind} {on_doubt:?}: {wire}\n    cut off: {}", said(&desk.decision())));
        }
    }
    insta::assert_snapshot!(table.join("\n"), @"
    get Ask: stepDelayed 1s (`GET /s` was sent, but got no response: because)
        cut off: stepDelayed 0s (`GET /s` was started, and the run was interrupted before it ended)
    get Retry: stepDelayed 1s (`GET /s` was sent, but got no response: because)
        cut off: stepDelayed 0s (`GET /s` was started, and the run was interrupted before it ended)
    get Fail: stepDelayed 1s (`GET /s` was sent, but got no response: because)
        cut off: stepDelayed 0s (`GET /s` was started, and the run was interrupted before it ended)
    keyed Ask: stepDelayed 1s (`POST /s` was sent, but got no response: because)
        cut off: stepDelayed 0s (`POST /s` was started, and the run was interrupted before it ended)
    keyed Retry: stepDelayed 1s (`POST /s` was sent, but got no response: because)
        cut off: stepDelayed 0s (`POST /s` was started, and the run was interrupted before it ended)
    keyed Fail: stepDelayed 1s (`POST /s` was sent, but got no response: because)
        cut off: stepDelayed 0s (`POST /s` was started, and the run was interrupted before it ended)
    post Ask: stepInDoubt NoAnswer: `POST /s` was sent, but got no response: because
        cut off: stepInDoubt Interrupted: `POST /s` was started, and the run was interrupted before it ended
    post Retry: stepDelayed 1s (`POST /s` was sent, but got no response: because)
        cut off: stepDelayed 0s (`POST /s` was started, and the run was interrupted before it ended)
    post Fail: stepFailed NoAnswer: `POST /s` was sent, but got no response: because; it is unknown whether the call happened, and `onDoubt: fail` treats it as failed
        cut off: stepFailed Interrupted: `POST /s` was started, and the run was interrupted before it ended; it is unknown whether the call happened, and `onDoubt: fail` treats it as failed
    ");
}

#[test]
fn a_doubt_that_is_retried_ends_in_doubt_when_the_attempts_are_used_up() {
    let (mut desk, mut call) = begun(post("s").on_doubt(OnDoubt::Retry));
    for _ in 0..4 {
        assert!(said(&desk.fail(&call, FailureKind::Unknown)).starts_with("stepDelayed"));
        call = desk.call_again();
    }
    assert!(said(&desk.fail(&call, FailureKind::Unknown)).starts_with("stepInDoubt"));
}

#[test]
fn while_one_is_in_doubt_another_that_was_cut_off_is_closed_too() {
    let steps = [post("s"), get("t"), post("u")];
    let mut desk = Desk::begin(&composition(steps).plan(), json!({}));
    let (s, _, _) = (desk.call_of("s"), desk.call_of("t"), desk.call_of("u"));
    desk.fail(&s, FailureKind::Unknown);
    desk.resume(json!({}));
    assert_eq!(desk.stands(), "in-doubt");
    insta::assert_snapshot!(desk.told().rsplit_once("attemptStarted").unwrap().1, @r#"
     {"step":"u","attempt":1,"request":{}}
    stepInDoubt {"step":"s","attempt":1,"failure":{"cause":"no-answer","message":"`POST /s` was sent, but got no response: because"}}
    stepDelayed {"step":"t","attempt":1,"until":"2026-01-15T12:00:00Z","failure":{"cause":"interrupted","message":"`GET /t` was started, and the run was interrupted before it ended"}}
    stepInDoubt {"step":"u","attempt":1,"failure":{"cause":"interrupted","message":"`POST /u` was started, and the run was interrupted before it ended"}}
    "#);
}

#[test]
fn somebody_says_that_it_happened() {
    let (mut desk, call) = begun(post("s"));
    desk.fail(&call, FailureKind::Unknown);
    let resolve = |result| Intervention::Resolve { step: "s".into(), ruling: Ruling::Happened { result } };
    assert_eq!(desk.stands(), "in-doubt");
    desk.resume(json!({}));
    desk.intervene(&resolve(json!({"id": 1}))).unwrap();
    assert_eq!(desk.intervene(&resolve(json!({"id": 1}))), Ok(None), "the same twice is fine");
    insta::assert_snapshot!(desk.intervene(&resolve(json!({"id": 2}))).unwrap_err(), @"`s` is not in doubt: the step has already succeeded");
    assert_eq!(desk.run.step("s").unwrap().result, Some(&json!({"id": 1})));
    desk.done("then", json!({}));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    attemptStarted {"step":"s","attempt":1,"request":{}}
    stepInDoubt {"step":"s","attempt":1,"failure":{"cause":"no-answer","message":"`POST /s` was sent, but got no response: because"}}
    doubtResolved {"step":"s","attempt":1,"ruling":{"happened":{"result":{"id":1}}}}
    attemptStarted {"step":"then","attempt":1,"request":{}}
    stepSucceeded {"step":"then","attempt":1,"status":200,"result":{}}
    runFinished {"status":"succeeded"}
    "#);
}

#[test]
fn that_it_happened_and_nothing_came_back_may_be_said_twice_too() {
    let (mut desk, call) = begun(post("s"));
    desk.fail(&call, FailureKind::Unknown);
    let ruling = Ruling::Happened { result: json!(null) };
    let resolve = Intervention::Resolve { step: "s".into(), ruling };
    assert!(desk.intervene(&resolve).unwrap().is_some());
    assert_eq!(desk.intervene(&resolve), Ok(None));
    let otherwise = Ruling::Happened { result: json!({"id": 1}) };
    assert!(desk.intervene(&Intervention::Resolve { step: "s".into(), ruling: otherwise }).is_err());
}

#[test]
fn somebody_says_that_it_did_not_happen() {
    let (mut desk, call) = begun(post("s"));
    desk.fail(&call, FailureKind::Unknown);
    let resolve = Intervention::Resolve { step: "s".into(), ruling: Ruling::DidNotHappen };
    desk.intervene(&resolve).unwrap();
    assert_eq!(desk.stands(), "waiting from 0s");
    insta::assert_snapshot!(desk.intervene(&resolve).unwrap_err(), @"`s` is not in doubt: attempt 1 of the \
        step has ended, and the next is due");
    let call = desk.call();
    assert_eq!(call.attempt, 2);
    desk.answer(&call, response(200, json!({})));
    desk.done("then", json!({}));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    attemptStarted {"step":"s","attempt":1,"request":{}}
    stepInDoubt {"step":"s","attempt":1,"failure":{"cause":"no-answer","message":"`POST /s` was sent, but got no response: because"}}
    doubtResolved {"step":"s","attempt":1,"ruling":"didNotHappen"}
    attemptStarted {"step":"s","attempt":2,"request":{}}
    stepSucceeded {"step":"s","attempt":2,"status":200,"result":{}}
    attemptStarted {"step":"then","attempt":1,"request":{}}
    stepSucceeded {"step":"then","attempt":1,"status":200,"result":{}}
    runFinished {"status":"succeeded"}
    "#);
}

#[test]
fn what_was_handed_out_before_a_doubt_goes_on_after_it() {
    let mut desk = Desk::begin(&composition([post("s"), post("t"), post("u")]).plan(), json!({}));
    let call = desk.call_of("s");
    assert_eq!(desk.callable(), ["t", "u"]);
    desk.fail(&call, FailureKind::Unknown);
    assert_eq!(desk.callable(), [""; 0]);
    desk.intervene(&Intervention::Resolve { step: "s".into(), ruling: Ruling::DidNotHappen }).unwrap();
    assert_eq!(desk.callable(), ["t", "u", "s"]);
}

#[test]
fn only_what_is_in_doubt_is_resolved() {
    let (mut desk, call) = begun(post("s"));
    let resolve = |step: &str| Intervention::Resolve { step: step.into(), ruling: Ruling::DidNotHappen };
    let mut told =
        vec![desk.intervene(&resolve("s")).unwrap_err(), desk.intervene(&resolve("then")).unwrap_err()];
    told.push(desk.intervene(&resolve("nobody")).unwrap_err());
    desk.answer(&call, response(200, json!({})));
    told.push(desk.intervene(&resolve("s")).unwrap_err());
    let told: Vec<_> = told.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    `s` is not in doubt: attempt 1 of the step is running
    `then` is not in doubt: the step has not started
    the run has no step `nobody`, or has not reached it
    `s` is not in doubt: the step has already succeeded
    ");
    assert_eq!(desk.run.status(), Status::Running);
}
