//! Tests of the legal order of events, and of their JSON.

use std::fmt::Write as _;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::{
    Cause, Entry, Event, Failure, Journal, Ledger, MemoryJournal, Message, Options, Phase, Record, Request,
    Ruling, RunPhase, Standing, Status, Tally, Through,
};

fn at(second: i64) -> Timestamp {
    "2026-01-15T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

fn failure() -> Failure {
    Failure { cause: Cause::NoAnswer, message: "no answer".into(), status: None, body: None }
}

fn attempt(step: &str, attempt: u32) -> Event {
    let request = Request {
        operation: "create".into(),
        method: "POST".into(),
        path: "/organizations".into(),
        arguments: IndexMap::from([("name".into(), json!("Acme")), ("secret".into(), json!("***"))]),
    };
    Event::AttemptStarted { step: step.into(), attempt, request }
}

fn succeeded(step: &str, attempt: Option<u32>) -> Event {
    Event::StepSucceeded {
        step: step.into(),
        attempt,
        status: attempt.map(|_| 201),
        result: json!({"id": "org_1"}).into(),
        departures: Vec::new(),
        through: None,
    }
}

fn failed(step: &str, attempt: Option<u32>) -> Event {
    Event::StepFailed { step: step.into(), attempt, failure: failure() }
}

fn page(step: &str, attempt: u32) -> Event {
    let next = Map::from_iter([("after".to_owned(), json!("org_1"))]);
    Event::PageReceived {
        step: step.into(),
        attempt,
        items: vec![json!({"id": "org_1"})].into(),
        next,
        departures: vec![],
    }
}

fn delayed(step: &str, attempt: u32) -> Event {
    Event::StepDelayed { step: step.into(), attempt, until: at(60), failure: None }
}

fn in_doubt(step: &str, attempt: u32) -> Event {
    Event::StepInDoubt { step: step.into(), attempt, failure: failure() }
}

fn asked(step: &str) -> Event {
    Event::StepAsked { step: step.into(), attempt: None, until: None }
}

fn asked_until(step: &str, second: i64) -> Event {
    Event::StepAsked { step: step.into(), attempt: None, until: Some(at(second)) }
}

fn message(step: &str, attempt: u32) -> Event {
    let message = Message {
        id: "r:s".into(),
        channel: "email".into(),
        to: "it@acme.example".into(),
        with: IndexMap::from([("who".into(), json!("Acme"))]),
    };
    Event::MessageStarted { step: step.into(), attempt, message, until: Some(at(60)) }
}

fn handed_over(step: &str, attempt: u32) -> Event {
    Event::StepAsked { step: step.into(), attempt: Some(attempt), until: Some(at(60)) }
}

fn answered(step: &str, through: Through) -> Event {
    let (attempt, status) = (None, None);
    let (result, departures, through) = (json!(true), Vec::new(), Some(through));
    Event::StepSucceeded { step: step.into(), attempt, status, result: result.into(), departures, through }
}

fn was_handed_over(step: &str, attempt: u32) -> Event {
    let ruling = Ruling::HandedOver { until: Some(at(60)) };
    Event::DoubtResolved { step: step.into(), attempt, ruling }
}

fn skipped(step: &str) -> Event {
    Event::StepSkipped { step: step.into() }
}

fn opened(step: &str, items: Option<u32>) -> Event {
    Event::StepOpened { step: step.into(), items }
}

fn happened(step: &str, attempt: u32) -> Event {
    let ruling = Ruling::Happened { result: json!({"id": "org_1"}) };
    Event::DoubtResolved { step: step.into(), attempt, ruling }
}

fn did_not_happen(step: &str, attempt: u32) -> Event {
    Event::DoubtResolved { step: step.into(), attempt, ruling: Ruling::DidNotHappen }
}

fn cancelled(compensate: bool) -> Event {
    Event::RunCancelled { compensate }
}

fn started() -> Event {
    Event::RunStarted {
        composition: "onboarding".into(),
        inputs: json!({"organization_name": "Acme"}).as_object().unwrap().clone(),
        withheld: vec!["password".into()],
        options: Options { poll_every: Some(SignedDuration::from_millis(100)), ..Options::default() },
    }
}

fn finished(status: Status) -> Event {
    Event::RunFinished { status, outputs: IndexMap::new(), failure: None }
}

/// All phases of a step.
fn phases() -> [Phase; 10] {
    let until = at(60);
    [
        Phase::Pending,
        Phase::Running { attempt: 2 },
        Phase::Delayed { attempt: 2, until },
        Phase::Asked { until: None, attempt: 0 },
        Phase::Asked { until: None, attempt: 1 },
        Phase::Open { items: Some(2) },
        Phase::InDoubt { attempt: 2 },
        Phase::Skipped,
        Phase::Succeeded,
        Phase::Failed { attempt: 2 },
    ]
}

/// The legal transitions for these events, as text.
fn table(events: &[Event]) -> String {
    let mut table = String::new();
    for phase in phases() {
        for event in events {
            if let Ok(next) = phase.after(event, at(30)) {
                let number = event.attempt().map(|number| format!(" {number}")).unwrap_or_default();
                writeln!(table, "{phase:?} + {}{number} = {next:?}", event.name()).unwrap();
            }
        }
    }
    table
}

#[test]
fn the_table_of_phases_is_this_and_no_more() {
    let events = [
        started(),
        attempt("s", 1),
        attempt("s", 2),
        attempt("s", 3),
        succeeded("s", None),
        succeeded("s", Some(1)),
        succeeded("s", Some(2)),
        delayed("s", 2),
        delayed("s", 3),
        failed("s", None),
        failed("s", Some(2)),
        failed("s", Some(3)),
        page("s", 1),
        page("s", 2),
        in_doubt("s", 1),
        in_doubt("s", 2),
        happened("s", 1),
        happened("s", 2),
        did_not_happen("s", 2),
        asked("s"),
        asked_until("s", 60),
        skipped("s"),
        opened("s", Some(2)),
        opened("s", None),
        cancelled(true),
        finished(Status::Failed),
    ];
    insta::assert_snapshot!(table(&events), @"
    Pending + attemptStarted 1 = Running { attempt: 1 }
    Pending + stepFailed = Failed { attempt: 0 }
    Pending + stepAsked = Asked { until: None, attempt: 0 }
    Pending + stepAsked = Asked { until: Some(2026-01-15T12:01:00Z), attempt: 0 }
    Pending + stepSkipped = Skipped
    Pending + stepOpened = Open { items: Some(2) }
    Pending + stepOpened = Open { items: None }
    Running { attempt: 2 } + stepSucceeded 2 = Succeeded
    Running { attempt: 2 } + stepDelayed 2 = Delayed { attempt: 2, until: 2026-01-15T12:01:00Z }
    Running { attempt: 2 } + stepFailed 2 = Failed { attempt: 2 }
    Running { attempt: 2 } + pageReceived 2 = Delayed { attempt: 2, until: 2026-01-15T12:00:30Z }
    Running { attempt: 2 } + stepInDoubt 2 = InDoubt { attempt: 2 }
    Delayed { attempt: 2, until: 2026-01-15T12:01:00Z } + attemptStarted 3 = Running { attempt: 3 }
    Delayed { attempt: 2, until: 2026-01-15T12:01:00Z } + stepSucceeded 2 = Succeeded
    Delayed { attempt: 2, until: 2026-01-15T12:01:00Z } + stepFailed = Failed { attempt: 2 }
    Asked { until: None, attempt: 0 } + stepSucceeded = Succeeded
    Asked { until: None, attempt: 0 } + stepFailed = Failed { attempt: 0 }
    Asked { until: None, attempt: 1 } + stepSucceeded = Succeeded
    Asked { until: None, attempt: 1 } + stepFailed = Failed { attempt: 1 }
    Open { items: Some(2) } + stepSucceeded = Succeeded
    Open { items: Some(2) } + stepFailed = Failed { attempt: 0 }
    InDoubt { attempt: 2 } + stepSucceeded 2 = Succeeded
    InDoubt { attempt: 2 } + doubtResolved 2 = Succeeded
    InDoubt { attempt: 2 } + doubtResolved 2 = Delayed { attempt: 2, until: 2026-01-15T12:00:30Z }
    ");
}

#[test]
fn the_table_of_messages_is_this_and_no_more() {
    let events =
        [message("s", 1), message("s", 3), handed_over("s", 1), handed_over("s", 2), was_handed_over("s", 2)];
    insta::assert_snapshot!(table(&events), @"
    Pending + messageStarted 1 = Running { attempt: 1 }
    Running { attempt: 2 } + stepAsked 2 = Asked { until: Some(2026-01-15T12:01:00Z), attempt: 2 }
    Delayed { attempt: 2, until: 2026-01-15T12:01:00Z } + messageStarted 3 = Running { attempt: 3 }
    Asked { until: None, attempt: 0 } + messageStarted 1 = Running { attempt: 1 }
    InDoubt { attempt: 2 } + doubtResolved 2 = Asked { until: Some(2026-01-15T12:01:00Z), attempt: 2 }
    ");
}

/// Applies events in order, numbered from 1; stops at the first that is rejected.
fn ledger(events: impl IntoIterator<Item = Event>) -> Result<Ledger, String> {
    let mut ledger = Ledger::new(["a", "b"]);
    for (seq, event) in (1..).zip(events) {
        let before = ledger.clone();
        if let Err(error) = ledger.apply(&Record { run: "r".into(), seq, at: at(0), event }) {
            assert_eq!(ledger, before, "a refused event changes nothing");
            return Err(error.to_string());
        }
    }
    Ok(ledger)
}

#[test]
fn a_run_from_beginning_to_end() {
    let events = [
        started(),
        attempt("a", 1),
        delayed("a", 1),
        attempt("a", 2),
        succeeded("a", Some(2)),
        // The question is recorded once, before it is put: a question put again by a resumed run is not recorded again.
        asked("b"),
        succeeded("b", None),
        finished(Status::Succeeded),
    ];
    let ledger = ledger(events).unwrap();
    assert_eq!(ledger.phase(), RunPhase::Finished(Status::Succeeded));
    assert_eq!(ledger.tally(), Tally { succeeded: 2, ..Tally::default() });
    assert_eq!((ledger.run(), ledger.step("a"), ledger.step("c")), (Some("r"), Some(Phase::Succeeded), None));
}

#[test]
fn events_out_of_order_are_refused_with_the_reason() {
    let cases = [
        vec![attempt("a", 1)],
        vec![started(), started()],
        vec![started(), attempt("c", 1)],
        vec![started(), attempt("a", 2)],
        vec![started(), attempt("a", 1), delayed("a", 1), attempt("a", 3)],
        vec![started(), attempt("a", 1), attempt("a", 2)],
        vec![started(), succeeded("a", Some(1))],
        vec![started(), attempt("a", 1), succeeded("a", None)],
        vec![started(), attempt("a", 1), succeeded("a", Some(1)), failed("a", Some(1))],
        vec![started(), failed("a", None), asked("a")],
        vec![started(), attempt("a", 1), in_doubt("a", 1), attempt("a", 2)],
        vec![started(), finished(Status::Succeeded)],
        vec![started(), attempt("a", 1), finished(Status::Failed)],
        vec![started(), attempt("a", 1), in_doubt("a", 1), finished(Status::Failed)],
        vec![started(), finished(Status::Waiting)],
        vec![started(), failed("a", None), finished(Status::Failed), attempt("b", 1)],
        vec![started(), asked("b"), asked("b")],
        vec![started(), succeeded("b", None)],
        vec![started(), skipped("a"), attempt("a", 1)],
        vec![started(), attempt("a", 1), opened("a", Some(1))],
        vec![started(), attempt("a", 1), in_doubt("a", 1), happened("a", 2)],
        vec![started(), attempt("a", 1), happened("a", 1)],
        vec![started(), finished(Status::Cancelled)],
        vec![started(), cancelled(false), cancelled(true)],
        vec![started(), cancelled(true), cancelled(true)],
        vec![started(), cancelled(false), finished(Status::Failed)],
    ];
    let reasons: Vec<String> = cases.into_iter().map(|events| ledger(events).unwrap_err()).collect();
    insta::assert_snapshot!(reasons.join("\n"), @"
    `attemptStarted` of step `a` is illegal here: it is of attempt 1, and the run has not started
    `runStarted` is illegal here: the run has already started
    `attemptStarted` of step `c` is illegal here: it is of attempt 1, and the run has no such step
    `attemptStarted` of step `a` is illegal here: it is of attempt 2, and the step has not started
    `attemptStarted` of step `a` is illegal here: it is of attempt 3, and attempt 1 of the step has ended, and the next is due
    `attemptStarted` of step `a` is illegal here: it is of attempt 2, and attempt 1 of the step is running
    `stepSucceeded` of step `a` is illegal here: it is of attempt 1, and the step has not started
    `stepSucceeded` of step `a` is illegal here: attempt 1 of the step is running
    `stepFailed` of step `a` is illegal here: it is of attempt 1, and the step has already succeeded
    `stepAsked` of step `a` is illegal here: the step has already failed
    `attemptStarted` of step `a` is illegal here: it is of attempt 2, and attempt 1 of the step is in doubt
    `runFinished` is illegal here: not every step is over
    `runFinished` is illegal here: an attempt is running
    `runFinished` is illegal here: an attempt is in doubt
    `runFinished` is illegal here: a run cannot end with this status
    `attemptStarted` of step `b` is illegal here: it is of attempt 1, and the run is over
    `stepAsked` of step `b` is illegal here: the step waits for an answer from outside
    `stepSucceeded` of step `b` is illegal here: the step has not started
    `attemptStarted` of step `a` is illegal here: it is of attempt 1, and the step was skipped
    `stepOpened` of step `a` is illegal here: attempt 1 of the step is running
    `doubtResolved` of step `a` is illegal here: it is of attempt 2, and attempt 1 of the step is in doubt
    `doubtResolved` of step `a` is illegal here: it is of attempt 1, and attempt 1 of the step is running
    `runFinished` is illegal here: the run was not cancelled
    `runCancelled` is illegal here: the run is already cancelled
    `runCancelled` is illegal here: the run is already cancelled
    `runFinished` is illegal here: it is cancelled
    ");
}

#[test]
fn a_gap_and_a_foreign_record_are_refused() {
    let mut ledger = ledger([started()]).unwrap();
    let mut refused = |run: &str, seq| {
        let record = Record { run: run.into(), seq, at: at(0), event: asked("a") };
        ledger.apply(&record).unwrap_err().to_string()
    };
    assert_eq!(refused("r", 3), "`stepAsked` of step `a` is illegal here: its number is 3, expected 2");
    assert_eq!(refused("r", 1), "`stepAsked` of step `a` is illegal here: its number is 1, expected 2");
    assert_eq!(refused("q", 2), "`stepAsked` of step `a` is illegal here: it is of run `q`, not of `r`");
}

#[test]
fn an_event_in_json() {
    let refusal = Failure {
        cause: Cause::Status,
        message: "`POST /organizations` answered 422 Unprocessable Entity: name is taken".into(),
        status: Some(422),
        body: Some(json!({"message": "name is taken"})),
    };
    let events = [
        started(),
        attempt("a", 1),
        Event::StepDelayed { step: "a".into(), attempt: 1, until: at(5), failure: Some(failure()) },
        delayed("a", 2),
        page("a", 3),
        succeeded("a", Some(3)),
        asked("b"),
        succeeded("b", None),
        Event::StepFailed { step: "a".into(), attempt: Some(1), failure: refusal },
        in_doubt("a", 1),
        happened("a", 1),
        did_not_happen("a", 1),
        was_handed_over("b", 1),
        message("b", 1),
        handed_over("b", 1),
        answered("b", Through::Callback),
        asked_until("b", 60),
        skipped("b"),
        opened("b", Some(2)),
        opened("b", None),
        cancelled(true),
        Event::RunFinished {
            status: Status::Succeeded,
            outputs: IndexMap::from([("organization_id".into(), json!("org_1").into())]),
            failure: None,
        },
        finished(Status::InDoubt),
    ];
    let mut lines = Vec::new();
    for (seq, event) in (1..).zip(events) {
        let record = Record { run: "0198".into(), seq, at: at(0), event };
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record, "{line}");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["event"], record.event.name());
        lines.push(line);
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"run":"0198","seq":1,"at":"2026-01-15T12:00:00Z","event":"runStarted","composition":"onboarding","inputs":{"organization_name":"Acme"},"withheld":["password"],"options":{"pollEvery":"PT0.1S"}}
    {"run":"0198","seq":2,"at":"2026-01-15T12:00:00Z","event":"attemptStarted","step":"a","attempt":1,"request":{"operation":"create","method":"POST","path":"/organizations","arguments":{"name":"Acme","secret":"***"}}}
    {"run":"0198","seq":3,"at":"2026-01-15T12:00:00Z","event":"stepDelayed","step":"a","attempt":1,"until":"2026-01-15T12:00:05Z","failure":{"cause":"no-answer","message":"no answer"}}
    {"run":"0198","seq":4,"at":"2026-01-15T12:00:00Z","event":"stepDelayed","step":"a","attempt":2,"until":"2026-01-15T12:01:00Z"}
    {"run":"0198","seq":5,"at":"2026-01-15T12:00:00Z","event":"pageReceived","step":"a","attempt":3,"items":[{"id":"org_1"}],"next":{"after":"org_1"}}
    {"run":"0198","seq":6,"at":"2026-01-15T12:00:00Z","event":"stepSucceeded","step":"a","attempt":3,"status":201,"result":{"id":"org_1"}}
    {"run":"0198","seq":7,"at":"2026-01-15T12:00:00Z","event":"stepAsked","step":"b"}
    {"run":"0198","seq":8,"at":"2026-01-15T12:00:00Z","event":"stepSucceeded","step":"b","result":{"id":"org_1"}}
    {"run":"0198","seq":9,"at":"2026-01-15T12:00:00Z","event":"stepFailed","step":"a","attempt":1,"failure":{"cause":"status","message":"`POST /organizations` answered 422 Unprocessable Entity: name is taken","status":422,"body":{"message":"name is taken"}}}
    {"run":"0198","seq":10,"at":"2026-01-15T12:00:00Z","event":"stepInDoubt","step":"a","attempt":1,"failure":{"cause":"no-answer","message":"no answer"}}
    {"run":"0198","seq":11,"at":"2026-01-15T12:00:00Z","event":"doubtResolved","step":"a","attempt":1,"ruling":{"happened":{"result":{"id":"org_1"}}}}
    {"run":"0198","seq":12,"at":"2026-01-15T12:00:00Z","event":"doubtResolved","step":"a","attempt":1,"ruling":"didNotHappen"}
    {"run":"0198","seq":13,"at":"2026-01-15T12:00:00Z","event":"doubtResolved","step":"b","attempt":1,"ruling":{"handedOver":{"until":"2026-01-15T12:01:00Z"}}}
    {"run":"0198","seq":14,"at":"2026-01-15T12:00:00Z","event":"messageStarted","step":"b","attempt":1,"message":{"id":"r:s","channel":"email","to":"it@acme.example","with":{"who":"Acme"}},"until":"2026-01-15T12:01:00Z"}
    {"run":"0198","seq":15,"at":"2026-01-15T12:00:00Z","event":"stepAsked","step":"b","attempt":1,"until":"2026-01-15T12:01:00Z"}
    {"run":"0198","seq":16,"at":"2026-01-15T12:00:00Z","event":"stepSucceeded","step":"b","result":true,"through":"callback"}
    {"run":"0198","seq":17,"at":"2026-01-15T12:00:00Z","event":"stepAsked","step":"b","until":"2026-01-15T12:01:00Z"}
    {"run":"0198","seq":18,"at":"2026-01-15T12:00:00Z","event":"stepSkipped","step":"b"}
    {"run":"0198","seq":19,"at":"2026-01-15T12:00:00Z","event":"stepOpened","step":"b","items":2}
    {"run":"0198","seq":20,"at":"2026-01-15T12:00:00Z","event":"stepOpened","step":"b"}
    {"run":"0198","seq":21,"at":"2026-01-15T12:00:00Z","event":"runCancelled","compensate":true}
    {"run":"0198","seq":22,"at":"2026-01-15T12:00:00Z","event":"runFinished","status":"succeeded","outputs":{"organization_id":"org_1"}}
    {"run":"0198","seq":23,"at":"2026-01-15T12:00:00Z","event":"runFinished","status":"in-doubt"}
    "#);
}

#[test]
fn what_a_step_consists_of_is_there_while_the_step_is_open() {
    let items = || vec![started(), opened("a", Some(2))];
    let composition = || vec![started(), opened("a", None)];
    let then = |mut events: Vec<Event>, more: Vec<Event>| {
        events.extend(more);
        ledger(events)
    };
    let ledger = then(
        items(),
        vec![
            attempt("a[1]", 1),
            opened("a[0]", None),
            attempt("a[0]/x", 1),
            succeeded("a[0]/x", Some(1)),
            succeeded("a[0]", None),
        ],
    )
    .unwrap();
    let steps: Vec<_> = ledger.steps().collect();
    let open = Phase::Open { items: Some(2) };
    assert_eq!(steps[..2], [("a", open), ("b", Phase::Pending)], "the plan's own come first");
    assert_eq!(steps[2..].iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["a[1]", "a[0]", "a[0]/x"]);
    let tally = Tally { pending: 1, open: 1, running: 1, succeeded: 2, ..Tally::default() };
    assert_eq!(ledger.tally(), tally);

    let cases = [
        then(vec![started()], vec![attempt("a[0]", 1)]),
        then(vec![started()], vec![attempt("a/x", 1)]),
        then(items(), vec![attempt("a[2]", 1)]),
        then(items(), vec![attempt("a/x", 1)]),
        then(composition(), vec![attempt("a[0]", 1)]),
        then(items(), vec![attempt("a]", 1)]),
        then(composition(), vec![succeeded("a", None), attempt("a/x", 1)]),
        then(items(), vec![opened("a", Some(2))]),
        then(items(), vec![opened("a[0]", None), failed("a", None), attempt("a[0]/x", 1)]),
    ];
    let reasons: Vec<String> = cases.into_iter().map(|case| case.unwrap_err()).collect();
    insta::assert_snapshot!(reasons.join("\n"), @"
    `attemptStarted` of step `a[0]` is illegal here: it is of attempt 1, and the step that it is an item of is not open
    `attemptStarted` of step `a/x` is illegal here: it is of attempt 1, and the composition that it belongs to is not open
    `attemptStarted` of step `a[2]` is illegal here: it is of attempt 1, and the step has fewer items
    `attemptStarted` of step `a/x` is illegal here: it is of attempt 1, and the composition that it belongs to is not open
    `attemptStarted` of step `a[0]` is illegal here: it is of attempt 1, and the step that it is an item of is not open
    `attemptStarted` of step `a]` is illegal here: it is of attempt 1, and that is not the name of a step
    `attemptStarted` of step `a/x` is illegal here: it is of attempt 1, and the composition that it belongs to is not open
    `stepOpened` of step `a` is illegal here: the parts of the step are running
    `attemptStarted` of step `a[0]/x` is illegal here: it is of attempt 1, and the composition that it belongs to is not open
    ");
}

#[test]
fn what_undoes_a_step_comes_after_it_and_what_could_not_be_undone_is_tried_again() {
    let done = || vec![started(), attempt("a", 1), succeeded("a", Some(1))];
    let undo = "a:compensate";
    let then = |more: Vec<Event>| ledger(done().into_iter().chain(more));
    let again = vec![attempt(undo, 1), failed(undo, Some(1)), delayed(undo, 1), attempt(undo, 2)];
    let ledger = then(again).unwrap();
    assert_eq!(ledger.step(undo), Some(Phase::Running { attempt: 2 }));
    assert_eq!(then(vec![failed(undo, None), delayed(undo, 0), attempt(undo, 1)]).map(|_| ()), Ok(()));

    let cases = [
        self::ledger([started(), attempt(undo, 1)]),
        self::ledger([started(), attempt("a", 1), attempt(undo, 1)]),
        self::ledger([started(), skipped("a"), attempt(undo, 1)]),
        self::ledger([started(), attempt("a", 1), failed("a", Some(1)), delayed("a", 1)]),
        then(vec![attempt(undo, 1), failed(undo, Some(1)), delayed(undo, 2)]),
        then(vec![attempt("c:compensate", 1)]),
    ];
    let reasons: Vec<String> = cases.into_iter().map(|case| case.unwrap_err()).collect();
    insta::assert_snapshot!(reasons.join("\n"), @"
    `attemptStarted` of step `a:compensate` is illegal here: it is of attempt 1, and the step that it compensates has not ended
    `attemptStarted` of step `a:compensate` is illegal here: it is of attempt 1, and the step that it compensates has not ended
    `attemptStarted` of step `a:compensate` is illegal here: it is of attempt 1, and the step that it compensates has not ended
    `stepDelayed` of step `a` is illegal here: it is of attempt 1, and the step has already failed
    `stepDelayed` of step `a:compensate` is illegal here: it is of attempt 2, and the step has already failed
    `attemptStarted` of step `c:compensate` is illegal here: it is of attempt 1, and the step that it compensates has not ended
    ");
}

#[test]
fn a_run_ends_cancelled_only_if_somebody_did() {
    let end = |events: Vec<Event>| ledger(events).map(|ledger| ledger.phase());
    let doubt =
        vec![started(), attempt("a", 1), in_doubt("a", 1), cancelled(false), finished(Status::Cancelled)];
    assert_eq!(end(doubt).unwrap_err(), "`runFinished` is illegal here: an attempt is in doubt");
    assert_eq!(end(vec![started(), cancelled(true)]), Ok(RunPhase::Cancelled { compensate: true }));
    let given_up = vec![started(), cancelled(true), cancelled(false)];
    assert_eq!(end(given_up), Ok(RunPhase::Cancelled { compensate: false }));
    let under_way = vec![started(), attempt("a", 1), cancelled(false), finished(Status::Cancelled)];
    assert_eq!(end(under_way).unwrap_err(), "`runFinished` is illegal here: an attempt is running");
}

#[tokio::test]
async fn a_memory_journal_gives_back_what_it_was_given() {
    let journal = MemoryJournal::new();
    let entry = |seq, event: Event| {
        let record = Record { run: "r".into(), seq, at: at(0), event: event.clone() };
        Entry { record, shown: event }
    };
    let entries = vec![entry(1, started()), entry(2, attempt("a", 1))];
    let standing = Standing { status: Status::Running, due: Some(at(0)) };
    journal.append("r", entries.clone(), standing).await.unwrap();
    journal.append("r", vec![entry(3, succeeded("a", Some(1)))], standing).await.unwrap();
    assert_eq!(journal.records("r").iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(journal.records("r")[0], entries[0].record);
    assert!(journal.records("q").is_empty());
}
