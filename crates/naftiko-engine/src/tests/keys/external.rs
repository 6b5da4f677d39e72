//! `external.timeout`, and answers from outside.

use jiff::SignedDuration;
use naftiko_adapter::Answer;
use serde_json::json;

use crate::Intervention;
use crate::tests::desk::Desk;
use crate::tests::draft::{composition, external, post};

fn complete(step: &str, result: serde_json::Value) -> Intervention {
    Intervention::Complete { step: step.into(), result, through: None }
}

#[test]
fn a_question_waits_as_long_as_its_author_says_and_no_longer() {
    let step = external("ask").timeout(SignedDuration::from_hours(14 * 24));
    let mut desk = Desk::begin(&composition([step, post("a").after(&["ask"])]).plan(), json!({}));
    desk.question();
    assert_eq!(desk.stands(), "waiting from 1209600s");
    desk.resume(json!({}));
    assert_eq!(desk.question().step, "ask", "and is put again by whoever resumes the run");
    assert_eq!(desk.stands(), "waiting from 1209600s", "the time goes on");
    desk.now += SignedDuration::from_hours(14 * 24);
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    stepAsked {"step":"ask","until":"2026-01-29T12:00:00Z"}
    stepFailed {"step":"ask","failure":{"cause":"deadline","message":"there was no answer within 14d"}}
    runFinished {"status":"failed"}
    "#);
}

#[test]
fn an_answer_in_time_ends_the_wait() {
    let step = external("ask").timeout(SignedDuration::from_mins(1));
    let mut desk = Desk::begin(&composition([step, post("a").after(&["ask"])]).plan(), json!({}));
    desk.question();
    desk.now += SignedDuration::from_mins(1);
    desk.reply("ask", json!("in the last moment"));
    assert_eq!(desk.run.next_due(), None);
    assert_eq!(desk.callable(), ["a"]);
}

#[test]
fn who_waits_for_ever_has_nothing_due() {
    let mut desk = Desk::begin(&composition([external("ask")]).plan(), json!({}));
    desk.question();
    assert_eq!(desk.stands(), "waiting");
}

#[test]
fn the_same_answer_twice_is_one_and_another_is_refused() {
    let steps = [external("ask"), external("later").after(&["ask"]), post("a").after(&["later"])];
    let mut desk = Desk::begin(&composition(steps).plan(), json!({}));
    let mut told = Vec::new();
    let mut say = |desk: &mut Desk, intervention: Intervention| {
        desk.decide();
        let outcome = desk.intervene(&intervention);
        told.push(outcome.map_or_else(|refused| refused.to_string(), |event| format!("{}", event.is_some())));
    };
    say(&mut desk, complete("later", json!(1)));
    say(&mut desk, complete("ask", json!({"ok": true})));
    say(&mut desk, complete("ask", json!({"ok": true})));
    say(&mut desk, complete("ask", json!({"ok": false})));
    say(&mut desk, complete("a", json!(1)));
    say(&mut desk, complete("nobody", json!(1)));
    say(&mut desk, complete("later", json!(null)));
    desk.done("a", json!({}));
    say(&mut desk, complete("later", json!(null)));
    say(&mut desk, complete("later", json!(1)));
    say(&mut desk, Intervention::Cancel { compensate: true });
    insta::assert_snapshot!(told.join("\n"), @"
    `later`: the step has not started
    true
    false
    step `ask` already has a different answer
    step `a` is not an external step
    the run has no step `nobody`, or has not reached it
    true
    false
    step `later` already has a different answer
    the run is over: it succeeded
    ");
}

#[test]
fn a_run_that_was_completed_by_somebody_else_says_that_it_can_go_on_before_it_is_driven() {
    let steps = [
        crate::tests::draft::embedded("inner", composition([external("ask")]).output("x", "ask", false)),
        post("a").after(&["inner"]),
    ];
    let mut desk = Desk::begin(&composition(steps).plan(), json!({}));
    desk.question();
    assert_eq!(desk.stands(), "waiting");
    desk.resume(json!({}));
    desk.intervene(&complete("inner/ask", json!(1))).unwrap();
    assert_eq!(crate::tests::desk::standing(desk.run.standing()), "running from 0s");
}

#[test]
fn no_answer_yet_is_no_event() {
    let mut desk = Desk::begin(&composition([external("ask")]).plan(), json!({}));
    desk.question();
    assert_eq!(desk.run.answered("ask", Ok(Answer::NotYet)), None);
}
