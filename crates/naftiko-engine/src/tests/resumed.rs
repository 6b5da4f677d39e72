//! The state after a crash, and the effects of failures.

use std::sync::Arc;

use jiff::SignedDuration;
use naftiko_adapter::{Answer, Failure, FailureKind};
use naftiko_journal::{Event, Phase, Status};
use naftiko_plan::{Plan, Retry};
use serde_json::json;

use super::desk::{Desk, object, response, said, start};
use super::draft::{Draft, composition, external, get, keyed, post};
use crate::{Command, Run};

/// The first commands of a replayed run, in short, and its next due time.
fn outstanding(plan: &Arc<Plan>, desk: &Desk) -> Vec<String> {
    let mut run = Run::replay(Arc::clone(plan), object(json!({})), &desk.records).unwrap();
    let in_short = |command: Command| match command {
        Command::Invoke { call, .. } => format!("invoke {} {}", call.step, call.attempt),
        Command::Ask { question } => format!("ask {}", question.step),
        Command::Send { question, .. } => format!("send {}", question.step),
        Command::Record(event) => said(&event),
    };
    let mut outstanding: Vec<_> = run.commands(desk.now).into_iter().map(in_short).collect();
    let due = run.next_due();
    outstanding.extend(due.map(|due| format!("wait {}s", due.duration_since(start()).as_secs())));
    outstanding
}

#[test]
fn an_attempt_cut_off_is_made_again_only_if_that_does_no_harm() {
    let cut_off = |draft| {
        let plan = composition([draft]).plan();
        let mut desk = Desk::begin(&plan, json!({}));
        assert_eq!(outstanding(&plan, &desk), ["invoke s 1"], "it had not begun");
        desk.call();
        outstanding(&plan, &desk).join("\n")
    };
    insta::assert_snapshot!([cut_off(get("s")), cut_off(keyed("s")), cut_off(post("s"))].join("\n"), @r"
    stepDelayed 0s (`GET /s` was started, and the run was interrupted before it ended)
    stepDelayed 0s (`POST /s` was started, and the run was interrupted before it ended)
    stepInDoubt Interrupted: `POST /s` was started, and the run was interrupted before it ended
    ");
}

#[test]
fn waits_and_questions_outlive_the_process() {
    let plan =
        composition([get("poll").until("response.body.ok", SignedDuration::from_hours(1)), external("ask")])
            .plan();
    let mut desk = Desk::begin(&plan, json!({}));
    let call = desk.call();
    desk.answer(&call, response(200, json!({})));
    assert_eq!(desk.question().step, "ask");
    assert_eq!(desk.run.answered("ask", Ok(Answer::NotYet)), None, "the question stays as it is recorded");
    assert_eq!(outstanding(&plan, &desk), ["ask ask", "wait 5s"]);
    assert_eq!(desk.run.status(), Status::Waiting);
}

#[test]
fn after_a_failure_nothing_begins_and_what_is_under_way_ends() {
    let plan = composition([
        post("bad"),
        get("slow"),
        get("poll").until("response.body.ok", SignedDuration::from_hours(1)),
        get("next").after(&["slow"]),
    ])
    .plan();
    let mut desk = Desk::begin(&plan, json!({}));
    let mut calls = Vec::new();
    for command in desk.run.commands(desk.now) {
        let Command::Invoke { intent, call } = command else { panic!("{command:?}") };
        desk.record(intent);
        calls.push(call);
    }
    desk.answer(&calls[2], response(200, json!({})));
    desk.answer(&calls[0], response(400, json!({})));
    assert!(desk.run.commands(desk.now).is_empty(), "`slow` is under way");
    assert!(!desk.run.may_begin("poll") && desk.run.next_due().is_none());
    assert!(desk.run.due(desk.now + SignedDuration::from_hours(1)).is_empty());
    assert_eq!(desk.run.status(), Status::Running);
    desk.answer(&calls[1], response(200, json!({})));
    let end = desk.decision();
    assert!(matches!(end, Event::RunFinished { status: Status::Failed, failure: None, .. }));
    desk.record(end);
    assert_eq!(desk.run.step("next").unwrap().phase, Phase::Pending);
    assert_eq!(desk.run.step("bad").unwrap().failure.unwrap().status, Some(400));
    assert_eq!(desk.run.status(), Status::Failed);
    assert!(outstanding(&plan, &desk).is_empty());
}

#[test]
fn doubt_stops_a_run_without_ending_it() {
    let plan = composition([post("s"), get("next").after(&["s"]), get("other")]).plan();
    let mut desk = Desk::begin(&plan, json!({}));
    let call = desk.call();
    let failure = Failure::new(FailureKind::Unknown, "the connection was reset");
    let doubt = desk.run.closed_by_failure("s", call.attempt, &failure, desk.now, 1.0);
    desk.record(doubt);
    assert!(!desk.run.may_begin("other"), "what was handed out before is not begun");
    assert!(desk.run.commands(desk.now).is_empty());
    assert_eq!(desk.run.status(), Status::InDoubt);
    assert!(outstanding(&plan, &desk).is_empty());
}

#[test]
fn a_resumed_run_without_a_withheld_input_says_so_before_it_sends_anything() {
    let poll =
        get("s").query("key", "${inputs.key}").until("response.body.ok", SignedDuration::from_hours(1));
    let plan = composition([poll]).input("key", true).plan();
    let mut desk = Desk::begin(&plan, json!({"key": "k"}));
    let call = desk.call();
    desk.answer(&call, response(200, json!({})));
    desk.resume(json!({}));
    let [Command::Record(event)] = &desk.run.due(desk.now + SignedDuration::from_secs(5))[..] else {
        panic!("it was sent")
    };
    let event = event.clone();
    insta::assert_snapshot!(said(&event), @r"stepFailed Unresolved: argument `key` of `GET /s`: `inputs.key` is absent");
    desk.record(event);
}

#[test]
fn records_that_break_the_order_are_refused() {
    let plan = composition([get("s")]).plan();
    let mut desk = Desk::begin(&plan, json!({}));
    desk.call();
    desk.records.remove(0);
    let error = Run::replay(plan, object(json!({})), &desk.records).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`attemptStarted` of step `s` is illegal here: it is of attempt 1, and its number is 2, expected 1"
    );
}

#[test]
fn an_attempt_that_was_cut_off_takes_nothing_from_the_retries() {
    let plan = composition([keyed("s").retries(Retry { attempts: 2, ..Retry::default() })]).plan();
    let mut desk = Desk::begin(&plan, json!({}));
    desk.call();
    desk.resume(json!({}));
    let call = desk.call();
    let event = desk.answer(&call, response(503, json!({})));
    assert!(
        matches!(event, Event::StepDelayed { attempt: 2, .. }),
        "one of two attempts has failed: {event:?}"
    );
    let call = desk.call_again();
    let event = desk.answer(&call, response(503, json!({})));
    assert!(matches!(event, Event::StepFailed { attempt: Some(3), .. }), "{event:?}");
}

#[test]
fn what_a_run_has_spent_on_retries_is_spent_when_it_is_resumed() {
    let last = |is_resumed: bool| {
        let steps: Vec<Draft> = (0..12).map(|at| get(&format!("s{at}"))).collect();
        let mut desk = Desk::begin(&composition(steps).plan(), json!({}));
        for _ in 0..12 {
            let call = desk.call();
            assert_eq!(desk.fail(&call, FailureKind::NotSent).name(), "stepDelayed");
        }
        if is_resumed {
            desk.resume(json!({}));
        }
        let call = desk.call_again_or_at_once();
        said(&desk.fail(&call, FailureKind::NotSent))
    };
    assert_eq!(last(true), last(false));
    // Ten retries, and two more for twelve calls.
    insta::assert_snapshot!(last(true), @"stepFailed NotSent: `GET /s0` did not reach the provider: because; \
                                          not retried: the run has used its budget of 12 retries");
}
