//! Cancelling a run in every state, with and without compensation.

use jiff::SignedDuration;
use naftiko_adapter::FailureKind;
use naftiko_journal::{Event, Ruling};
use serde_json::json;

use crate::Intervention;
use crate::tests::desk::{Desk, response};
use crate::tests::draft::{composition, embedded, external, get, in_a_row, post};

fn cancel(compensate: bool) -> Intervention {
    Intervention::Cancel { compensate }
}

/// Makes all calls from here on; returns their steps.
fn rest(desk: &mut Desk) -> Vec<String> {
    let mut called = Vec::new();
    while let Some(step) = desk.callable().first().cloned() {
        desk.done(&step, json!({}));
        called.push(step);
    }
    called
}

/// Prepares a run that is to be cancelled.
type Scene = fn() -> Desk;

fn running() -> Desk {
    let steps = [post("a").undone_by(post("undo")), post("b").after(&["a"]), post("c").after(&["b"])];
    let mut desk = Desk::begin(&composition(steps).plan(), json!({}));
    desk.done("a", json!({}));
    desk.decide();
    desk
}

fn polling() -> Desk {
    let poll = get("b").until("response.body.done", SignedDuration::from_hours(1));
    let mut desk = Desk::begin(&in_a_row([post("a").undone_by(post("undo")), poll]).plan(), json!({}));
    desk.done("a", json!({}));
    desk.done("b", json!({}));
    desk
}

fn asking() -> Desk {
    let steps = [post("a").undone_by(post("undo")), external("b")];
    let mut desk = Desk::begin(&in_a_row(steps).plan(), json!({}));
    desk.done("a", json!({}));
    desk.question();
    desk
}

fn within() -> Desk {
    let inner = in_a_row([post("a").undone_by(post("undo")), external("b")]);
    let plan = composition([embedded("in", inner).for_each("[1, 2]", 2)]).plan();
    let mut desk = Desk::begin(&plan, json!({}));
    desk.done("in[0]/a", json!({}));
    desk.done("in[1]/a", json!({}));
    desk.decide();
    desk
}

fn compensating() -> Desk {
    let steps = [post("z").undone_by(post("undo-z")), post("a").undone_by(post("undo")), post("b")];
    let mut desk = Desk::begin(&in_a_row(steps).plan(), json!({}));
    desk.done("z", json!({}));
    desk.done("a", json!({}));
    desk.failed("b");
    desk.done("a:compensate", json!({}));
    desk
}

fn halted() -> Desk {
    let mut desk = compensating();
    desk.failed("z:compensate");
    desk
}

fn in_doubt() -> Desk {
    let mut desk = running();
    let call = desk.call();
    desk.fail(&call, FailureKind::Unknown);
    desk
}

#[test]
fn a_cancelled_run_begins_nothing_but_what_undoes_it() {
    let scenes: [(&str, Scene); 7] = [
        ("running", running),
        ("polling", polling),
        ("asking", asking),
        ("within", within),
        ("compensating", compensating),
        ("halted", halted),
        ("in doubt", in_doubt),
    ];
    let mut table = Vec::new();
    for (name, scene) in scenes {
        for compensate in [false, true] {
            let mut desk = scene();
            let event = desk.intervene(&cancel(compensate)).unwrap();
            assert_eq!(event, Some(Event::RunCancelled { compensate }));
            assert_eq!(desk.intervene(&cancel(compensate)), Ok(None), "once is enough");
            if !compensate {
                let refused = desk.intervene(&cancel(true)).expect_err("what is given up stays").to_string();
                let is_refused = ["the run was already cancelled", "the run is over"]
                    .iter()
                    .any(|it| refused.starts_with(it));
                assert!(is_refused, "{refused}");
            }
            let called = rest(&mut desk).join(", ");
            let how = if compensate { "and undone" } else { "as it is" };
            table.push(format!("{name}, {how}: [{called}] {}", desk.stands()));
        }
    }
    insta::assert_snapshot!(table.join("\n"), @"
    running, as it is: [] cancelled
    running, and undone: [a:compensate] cancelled
    polling, as it is: [] cancelled
    polling, and undone: [a:compensate] cancelled
    asking, as it is: [] cancelled
    asking, and undone: [a:compensate] cancelled
    within, as it is: [] cancelled
    within, and undone: [in[1]/a:compensate, in[0]/a:compensate] cancelled
    compensating, as it is: [] cancelled
    compensating, and undone: [z:compensate] cancelled
    halted, as it is: [] cancelled
    halted, and undone: [] compensating
    in doubt, as it is: [] in-doubt
    in doubt, and undone: [] in-doubt
    ");
}

#[test]
fn what_is_under_way_ends_in_its_own_time() {
    for compensate in [false, true] {
        let mut desk = running();
        let call = desk.call();
        desk.intervene(&cancel(compensate)).unwrap();
        assert_eq!((desk.callable(), desk.stands().as_str()), (vec![], "running from 0s"));
        desk.answer(&call, response(200, json!({})));
        assert_eq!(rest(&mut desk), if compensate { vec!["a:compensate"] } else { vec![] });
        assert_eq!(desk.stands(), "cancelled");
    }
}

#[test]
fn what_was_cut_off_is_not_made_again_by_a_cancelled_run() {
    let mut desk = running();
    desk.call();
    desk.intervene(&cancel(false)).unwrap();
    desk.resume(json!({}));
    desk.decide();
    insta::assert_snapshot!(desk.told().rsplit_once("runCancelled").unwrap().1, @r#"
     {"compensate":false}
    stepInDoubt {"step":"b","attempt":1,"failure":{"cause":"interrupted","message":"`POST /b` was started, and the run was interrupted before it ended"}}
    "#);
    assert_eq!(desk.stands(), "in-doubt", "or nobody would ever look");
    desk.intervene(&Intervention::Resolve { step: "b".into(), ruling: Ruling::DidNotHappen }).unwrap();
    assert!(rest(&mut desk).is_empty());
    assert_eq!(desk.stands(), "cancelled");
}

#[test]
fn a_run_in_doubt_is_undone_once_somebody_says_what_happened() {
    let mut desk = in_doubt();
    desk.intervene(&cancel(true)).unwrap();
    assert_eq!(desk.stands(), "in-doubt");
    desk.intervene(&Intervention::Resolve { step: "b".into(), ruling: Ruling::DidNotHappen }).unwrap();
    assert_eq!(rest(&mut desk), ["a:compensate"], "and `b` is not made again");
    assert_eq!(desk.stands(), "cancelled");
}

#[test]
fn a_run_that_is_over_cannot_be_cancelled() {
    let mut desk = Desk::begin(&composition([]).plan(), json!({}));
    desk.decide();
    let refused = desk.intervene(&cancel(true)).unwrap_err();
    insta::assert_snapshot!(refused, @"the run is over: it succeeded");
    let mut desk = compensating();
    rest(&mut desk);
    insta::assert_snapshot!(desk.intervene(&cancel(true)).unwrap_err(), @"the run is over: it failed, and \
        was compensated");
    let mut desk = running();
    desk.intervene(&cancel(false)).unwrap();
    rest(&mut desk);
    assert_eq!((desk.stands().as_str(), desk.intervene(&cancel(false))), ("cancelled", Ok(None)));
    insta::assert_snapshot!(desk.intervene(&cancel(true)).unwrap_err(), @"the run is over: it was cancelled");
}

#[test]
fn what_cannot_be_undone_can_be_given_up() {
    for scene in [compensating, halted] {
        let mut desk = scene();
        desk.intervene(&cancel(true)).unwrap();
        desk.decide();
        assert!(desk.intervene(&cancel(false)).unwrap().is_some());
        assert_eq!((rest(&mut desk), desk.stands().as_str()), (vec![], "cancelled"));
    }
}

#[test]
fn a_run_that_is_given_up_ends_as_it_stands() {
    let inner = composition([post("x"), post("y")]);
    let mut desk = Desk::begin(&composition([embedded("in", inner).continues()]).plan(), json!({}));
    let (x, y) = (desk.call_of("in/x"), desk.call_of("in/y"));
    desk.fail(&x, FailureKind::Unknown);
    desk.intervene(&cancel(false)).unwrap();
    desk.answer(&y, response(400, json!({})));
    desk.decide();
    desk.intervene(&Intervention::Resolve { step: "in/x".into(), ruling: Ruling::DidNotHappen }).unwrap();
    desk.decide();
    insta::assert_snapshot!(desk.told().rsplit_once("runCancelled").unwrap().1, @r#"
     {"compensate":false}
    stepFailed {"step":"in/y","attempt":1,"failure":{"cause":"status","message":"`POST /y` responded 400 Bad Request","status":400,"body":{}}}
    doubtResolved {"step":"in/x","attempt":1,"ruling":"didNotHappen"}
    runFinished {"status":"cancelled"}
    "#);
}
