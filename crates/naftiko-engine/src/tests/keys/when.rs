//! `when`: a step whose condition is false is over, and its readers see *absent*.

use serde_json::{Value, json};

use crate::tests::desk::Desk;
use crate::tests::draft::{get, in_a_row, post};

/// A run of `ask`, of `do` if `condition` holds for its answer, and of `then`, which reads `reads`.
fn told(answer: Value, condition: &str, reads: &str) -> String {
    let steps = [get("ask"), post("do").when(condition), post("then").body("x", reads)];
    let mut desk = Desk::begin(&in_a_row(steps).plan(), json!({}));
    desk.done("ask", answer);
    while let [step, ..] = &desk.callable()[..] {
        let step = step.clone();
        desk.done(&step, json!({"id": 7}));
    }
    let (_, rest) = desk.told().split_once('\n').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    rest
}

#[test]
fn a_condition_that_holds_changes_nothing() {
    insta::assert_snapshot!(told(json!({"go": true}), "ask.go", "${do.id}"), @r#"
    stepSucceeded {"step":"ask","attempt":1,"status":200,"result":{"go":true}}
    attemptStarted {"step":"do","attempt":1,"request":{}}
    stepSucceeded {"step":"do","attempt":1,"status":200,"result":{"id":7}}
    attemptStarted {"step":"then","attempt":1,"request":{"x":7}}
    stepSucceeded {"step":"then","attempt":1,"status":200,"result":{"id":7}}
    runFinished {"status":"succeeded"}
    "#);
}

#[test]
fn a_step_that_is_not_to_be_done_is_skipped_and_absent_to_its_reader() {
    insta::assert_snapshot!(told(json!({"go": false}), "ask.go", "${do.id ?? 'none'}"), @r#"
    stepSucceeded {"step":"ask","attempt":1,"status":200,"result":{"go":false}}
    stepSkipped {"step":"do"}
    attemptStarted {"step":"then","attempt":1,"request":{"x":"none"}}
    stepSucceeded {"step":"then","attempt":1,"status":200,"result":{"id":7}}
    runFinished {"status":"succeeded"}
    "#);
}

#[test]
fn a_reader_that_needs_what_was_skipped_fails() {
    insta::assert_snapshot!(told(json!({"go": false}), "ask.go", "${do.id}"), @r#"
    stepSucceeded {"step":"ask","attempt":1,"status":200,"result":{"go":false}}
    stepSkipped {"step":"do"}
    stepFailed {"step":"then","failure":{"cause":"unresolved","message":"argument `x` of `POST /then`: `do.id` is absent"}}
    runFinished {"status":"failed"}
    "#);
}

#[test]
fn a_condition_that_is_absent_or_no_truth_fails_the_step() {
    insta::assert_snapshot!(told(json!({}), "ask.go", "x"), @r#"
    stepSucceeded {"step":"ask","attempt":1,"status":200,"result":{}}
    stepFailed {"step":"do","failure":{"cause":"unresolved","message":"`ask.go` is absent"}}
    runFinished {"status":"failed"}
    "#);
    insta::assert_snapshot!(told(json!({"go": "yes"}), "ask.go", "x"), @r#"
    stepSucceeded {"step":"ask","attempt":1,"status":200,"result":{"go":"yes"}}
    stepFailed {"step":"do","failure":{"cause":"type","message":"`ask.go` is neither true nor false"}}
    runFinished {"status":"failed"}
    "#);
    insta::assert_snapshot!(told(json!({"go": "yes"}), "ask.go.on", "x"), @r#"
    stepSucceeded {"step":"ask","attempt":1,"status":200,"result":{"go":"yes"}}
    stepFailed {"step":"do","failure":{"cause":"type","message":"expected an object, found a string in `ask.go.on`"}}
    runFinished {"status":"failed"}
    "#);
}

#[test]
fn items_that_are_not_to_be_done_are_not_counted() {
    let step = post("do").when("1 == 2").for_each("inputs.list", 1);
    let mut desk = Desk::begin(&in_a_row([step]).plan(), json!({"list": "not even a list"}));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    stepSkipped {"step":"do"}
    runFinished {"status":"succeeded"}
    "#);
}
