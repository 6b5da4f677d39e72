//! The outcomes of attempts.

use std::time::Duration;

use jiff::SignedDuration;
use naftiko_adapter::{Answer, Failure, FailureKind};
use naftiko_journal::{Event, Options, Status};
use serde_json::json;

use super::desk::{Desk, response, said, start};
use super::draft::{Composition, Draft, composition, external, get, keyed, post};

/// A run of one step, after its first attempt has started.
fn begun(draft: Draft) -> (Desk, naftiko_adapter::Call) {
    let mut desk = Desk::begin(&composition([draft]).plan(), json!({}));
    let call = desk.call();
    (desk, call)
}

#[test]
fn only_a_repeat_without_a_second_effect_is_made_and_only_for_what_may_pass() {
    let mut table = Vec::new();
    for (kind, draft) in [("get", get("s")), ("keyed", keyed("s")), ("post", post("s"))] {
        for status in [200, 204, 302, 404, 422, 429, 500, 503] {
            let (desk, call) = begun(draft.clone());
            let event =
                desk.run.closed_by_response("s", call.attempt, response(status, json!(null)), desk.now, 1.0);
            table.push(format!("{kind} {status}: {}", said(&event)));
        }
    }
    insta::assert_snapshot!(table.join("\n"), @r"
    get 200: stepSucceeded
    get 204: stepSucceeded
    get 302: stepFailed Status: `GET /s` responded 302 Found
    get 404: stepFailed Status: `GET /s` responded 404 Not Found
    get 422: stepFailed Status: `GET /s` responded 422 Unprocessable Entity
    get 429: stepDelayed 1s (`GET /s` responded 429 Too Many Requests)
    get 500: stepDelayed 1s (`GET /s` responded 500 Internal Server Error)
    get 503: stepDelayed 1s (`GET /s` responded 503 Service Unavailable)
    keyed 200: stepSucceeded
    keyed 204: stepSucceeded
    keyed 302: stepFailed Status: `POST /s` responded 302 Found
    keyed 404: stepFailed Status: `POST /s` responded 404 Not Found
    keyed 422: stepFailed Status: `POST /s` responded 422 Unprocessable Entity
    keyed 429: stepDelayed 1s (`POST /s` responded 429 Too Many Requests)
    keyed 500: stepDelayed 1s (`POST /s` responded 500 Internal Server Error)
    keyed 503: stepDelayed 1s (`POST /s` responded 503 Service Unavailable)
    post 200: stepSucceeded
    post 204: stepSucceeded
    post 302: stepFailed Status: `POST /s` responded 302 Found
    post 404: stepFailed Status: `POST /s` responded 404 Not Found
    post 422: stepFailed Status: `POST /s` responded 422 Unprocessable Entity
    post 429: stepFailed Status: `POST /s` responded 429 Too Many Requests
    post 500: stepFailed Status: `POST /s` responded 500 Internal Server Error
    post 503: stepFailed Status: `POST /s` responded 503 Service Unavailable
    ");
}

#[test]
fn no_answer_is_doubt_only_where_a_repeat_could_do_harm() {
    let mut table = Vec::new();
    for (kind, draft) in [("get", get("s")), ("keyed", keyed("s")), ("post", post("s"))] {
        for far in [
            FailureKind::Refused,
            FailureKind::NotSent,
            FailureKind::Unknown,
            FailureKind::Unreadable,
            FailureKind::Unusable,
            FailureKind::LocalShortage,
            FailureKind::CutOff,
        ] {
            let (desk, call) = begun(draft.clone());
            let failure = Failure::new(far, "because");
            let event = desk.run.closed_by_failure("s", call.attempt, &failure, desk.now, 1.0);
            table.push(format!("{kind} {far:?}: {}", said(&event)));
        }
    }
    insta::assert_snapshot!(table.join("\n"), @r"
    get Refused: stepFailed Refused: `GET /s` was not sent: because
    get NotSent: stepDelayed 1s (`GET /s` did not reach the provider: because)
    get Unknown: stepDelayed 1s (`GET /s` was sent, but got no response: because)
    get Unreadable: stepDelayed 1s (`GET /s` was carried out, but its response cannot be read: because)
    get Unusable: stepFailed Unreadable: `GET /s` was carried out, but its response cannot be read: because
    get LocalShortage: stepDelayed 1s (`GET /s` was not sent: because)
    get CutOff: stepDelayed 1s (`GET /s` was started, and interrupted before it ended: because)
    keyed Refused: stepFailed Refused: `POST /s` was not sent: because
    keyed NotSent: stepDelayed 1s (`POST /s` did not reach the provider: because)
    keyed Unknown: stepDelayed 1s (`POST /s` was sent, but got no response: because)
    keyed Unreadable: stepDelayed 1s (`POST /s` was carried out, but its response cannot be read: because)
    keyed Unusable: stepFailed Unreadable: `POST /s` was carried out, but its response cannot be read: because
    keyed LocalShortage: stepDelayed 1s (`POST /s` was not sent: because)
    keyed CutOff: stepDelayed 1s (`POST /s` was started, and interrupted before it ended: because)
    post Refused: stepFailed Refused: `POST /s` was not sent: because
    post NotSent: stepFailed NotSent: `POST /s` did not reach the provider: because
    post Unknown: stepInDoubt NoAnswer: `POST /s` was sent, but got no response: because
    post Unreadable: stepFailed Unreadable: `POST /s` was carried out, but its response cannot be read: because
    post Unusable: stepFailed Unreadable: `POST /s` was carried out, but its response cannot be read: because
    post LocalShortage: stepDelayed 1s (`POST /s` was not sent: because)
    post CutOff: stepInDoubt Interrupted: `POST /s` was started, and interrupted before it ended: because
    ");
}

/// The records for these statuses, one attempt after the other.
fn attempts(draft: Draft, statuses: &[u16]) -> String {
    let (mut desk, mut call) = begun(draft);
    let mut told = Vec::new();
    for (at, status) in statuses.iter().enumerate() {
        if at > 0 {
            call = desk.call_again();
        }
        told.push(said(&desk.answer(&call, response(*status, json!({"ok": *status == 201})))));
    }
    told.join("\n")
}

#[test]
fn retries_back_off_and_end() {
    insta::assert_snapshot!(attempts(get("s"), &[500, 502, 503, 429, 500]), @r"
    stepDelayed 1s (`GET /s` responded 500 Internal Server Error)
    stepDelayed 3s (`GET /s` responded 502 Bad Gateway)
    stepDelayed 7s (`GET /s` responded 503 Service Unavailable)
    stepDelayed 15s (`GET /s` responded 429 Too Many Requests)
    stepFailed Status: `GET /s` responded 500 Internal Server Error
    ");
}

#[test]
fn a_good_poll_round_gives_the_retries_back() {
    let poll = get("s").until("response.body.ok", SignedDuration::from_hours(24));
    insta::assert_snapshot!(attempts(poll, &[500, 500, 500, 500, 200, 500, 500, 500, 500, 201]), @r"
    stepDelayed 1s (`GET /s` responded 500 Internal Server Error)
    stepDelayed 3s (`GET /s` responded 500 Internal Server Error)
    stepDelayed 7s (`GET /s` responded 500 Internal Server Error)
    stepDelayed 15s (`GET /s` responded 500 Internal Server Error)
    stepDelayed 20s
    stepDelayed 21s (`GET /s` responded 500 Internal Server Error)
    stepDelayed 23s (`GET /s` responded 500 Internal Server Error)
    stepDelayed 27s (`GET /s` responded 500 Internal Server Error)
    stepDelayed 35s (`GET /s` responded 500 Internal Server Error)
    stepSucceeded
    ");
}

#[test]
fn jitter_takes_at_most_half_of_the_wait() {
    let (desk, call) = begun(get("s"));
    let until = |jitter| match desk.run.closed_by_response(
        "s",
        call.attempt,
        response(500, json!(null)),
        desk.now,
        jitter,
    ) {
        Event::StepDelayed { until, .. } => until.duration_since(desk.now).as_millis(),
        other => panic!("{other:?}"),
    };
    let waits = [0.0, 0.5, 1.0, 7.0, -1.0, f64::NAN].map(until);
    assert_eq!(waits, [500, 750, 1000, 1000, 500, 1000]);
}

#[test]
fn retry_after_is_the_least_wait_in_seconds_or_as_a_date() {
    let wait = |header: &str| {
        let (desk, call) = begun(get("s"));
        let mut busy = response(429, json!(null));
        busy.headers.insert("retry-after".into(), header.into());
        match desk.run.closed_by_response("s", call.attempt, busy, desk.now, 1.0) {
            Event::StepDelayed { until, .. } => until.duration_since(desk.now).as_secs(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(wait("17"), 17);
    assert_eq!(wait("Thu, 15 Jan 2026 12:02:00 GMT"), 120);
    assert_eq!(wait("86400"), 3600, "capped");
    assert_eq!(wait("0"), 1, "the back-off stays");
    assert_eq!(wait("whenever"), 1);
}

#[test]
fn no_retry_after_and_no_attempt_outlasts_the_deadline_of_a_poll() {
    let poll = get("s").until("response.body.done", SignedDuration::from_secs(10));
    let (mut desk, call) = begun(poll.clone());
    assert_eq!(call.timeout, Some(Duration::from_secs(10)), "the whole poll is shorter than any attempt");
    let busy = || {
        let mut busy = response(503, json!(null));
        busy.headers.insert("retry-after".into(), "6".into());
        busy
    };
    assert!(said(&desk.answer(&call, busy())).starts_with("stepDelayed 6s"));
    let call = desk.call_again();
    assert_eq!(call.timeout, Some(Duration::from_secs(4)));
    assert!(said(&desk.answer(&call, busy())).starts_with("stepDelayed 10s"), "and not 12 s");
    let call = desk.call_again();
    assert_eq!(call.timeout, Some(Duration::from_secs(1)), "the last round can be answered");
    assert!(said(&desk.answer(&call, busy())).starts_with("stepFailed Status"));

    let (_, call) = begun(poll.clone().timeout(SignedDuration::from_secs(3)));
    assert_eq!(call.timeout, Some(Duration::from_secs(3)), "what the author says, if it is less");
    let (_, call) = begun(poll.timeout(SignedDuration::from_mins(1)));
    assert_eq!(call.timeout, Some(Duration::from_secs(10)));
    let (_, call) = begun(get("s").until("response.body.done", SignedDuration::from_hours(1)));
    assert_eq!(call.timeout, None, "the limit of the adapter is lower");
}

#[test]
fn a_poll_waits_until_its_condition_holds_and_absent_is_not_yet() {
    let poll = get("s").until("response.body.data[0].state == 'linked'", SignedDuration::from_hours(1));
    let (mut desk, mut call) = begun(poll);
    let bodies = [json!(null), json!({}), json!({"data": []}), json!({"data": [{"state": "linking"}]})];
    for (n, body) in bodies.into_iter().enumerate() {
        if n > 0 {
            call = desk.call_again();
        }
        assert!(matches!(desk.answer(&call, response(200, body)), Event::StepDelayed { failure: None, .. }));
    }
    let call = desk.call_again();
    let done = desk.answer(&call, response(200, json!({"data": [{"state": "linked"}]})));
    assert_eq!(said(&done), "stepSucceeded");
    assert_eq!(desk.run.step("s").unwrap().result.unwrap(), &json!({"data": [{"state": "linked"}]}));
    assert_eq!(desk.now.duration_since(start()).as_secs(), 5 + 10 + 20 + 40);
}

#[test]
fn the_last_round_of_a_poll_is_at_its_deadline_and_the_message_says_what_was_waited_for() {
    let poll = get("s").until("response.body.ok", SignedDuration::from_secs(12));
    insta::assert_snapshot!(attempts(poll, &[200, 200, 200]), @r"
    stepDelayed 5s
    stepDelayed 12s
    stepFailed Deadline: timed out after 12s: `response.body.ok` is still false; polled `GET /s` 3 times
    ");
}

#[test]
fn the_operator_may_say_how_often_to_poll() {
    let plan = composition([get("s").until("response.body.ok", SignedDuration::from_hours(1))]).plan();
    let options = Options { poll_every: Some(SignedDuration::from_millis(100)), ..Options::default() };
    let mut desk = Desk::begin_with(&plan, json!({}), options);
    let call = desk.call();
    assert_eq!(said(&desk.answer(&call, response(200, json!({})))), "stepDelayed 0.1s");
    let call = desk.call_again();
    assert_eq!(said(&desk.answer(&call, response(200, json!({})))), "stepDelayed 0.2s");
}

#[test]
fn a_condition_that_is_not_a_boolean_fails_the_step() {
    let poll = |until| get("s").until(until, SignedDuration::from_hours(1));
    let told = [attempts(poll("response.status"), &[200]), attempts(poll("response.body.ok.deeper"), &[200])];
    insta::assert_snapshot!(told.join("\n"), @r"
    stepFailed Type: `response.status` is neither true nor false
    stepFailed Type: expected an object, found a boolean in `response.body.ok.deeper`
    ");
}

#[test]
fn a_condition_sees_the_whole_answer() {
    let until = "response.status == 202 && response.headers['x-state'] == 'done' && response.body == 'yes'";
    let (desk, call) = begun(get("s").until(until, SignedDuration::from_hours(1)));
    let mut answer = response(202, json!("yes"));
    assert_eq!(said(&desk.run.closed_by_response("s", 1, answer.clone(), desk.now, 1.0)), "stepDelayed 5s");
    answer.headers.insert("x-state".into(), "done".into());
    assert_eq!(said(&desk.run.closed_by_response("s", call.attempt, answer, desk.now, 1.0)), "stepSucceeded");
}

#[test]
fn an_answer_from_outside() {
    let mut desk = Desk::begin(&composition([external("s")]).plan(), json!({}));
    desk.question();
    assert_eq!(said(&desk.records[1].event), "stepAsked", "recorded before the question is put");
    let told = [
        desk.run.answered("s", Ok(Answer::Given(json!(1)))),
        desk.run.answered("s", Ok(Answer::NotYet)),
        desk.run.answered("s", Err(Failure::new(FailureKind::Refused, "it is not JSON"))),
        Some(desk.run.closed_by_panic("s", None, "out of ink")),
        Some(desk.run.closed_by_response("s", 1, response(200, json!(1)), desk.now, 1.0)),
    ];
    let told = told.map(|event| event.map_or("nothing".into(), |event| said(&event)));
    insta::assert_snapshot!(told.join("\n"), @r"
    stepSucceeded
    nothing
    stepFailed Answer: it is not JSON
    stepFailed Panicked: the channel of step `s` panicked: out of ink
    stepFailed Refused: step `s` does not call an operation
    ");
}

/// The end of a run of two steps, the first of which is answered with `body`.
fn end(composition: Composition, body: serde_json::Value) -> (Desk, String) {
    let mut desk = Desk::begin(&composition.plan(), json!({}));
    let call = desk.call();
    desk.answer(&call, response(200, body));
    let end = desk.decision();
    let json = serde_json::to_string(&end).unwrap();
    desk.record(end);
    assert!(desk.run.commands(desk.now).is_empty());
    (desk, json)
}

#[test]
fn outputs_are_shown_unless_sensitive_and_missed_if_absent() {
    let outputs = || composition([get("s")]).output("id", "s.id", false).output("token", "s.token", true);
    let (desk, told) = end(outputs(), json!({"id": 7, "token": "t0p"}));
    insta::assert_snapshot!(told, @r#"{"event":"runFinished","status":"succeeded","outputs":{"id":7,"token":"***"}}"#);
    assert_eq!(desk.run.status(), Status::Succeeded);
    assert_eq!(serde_json::to_value(desk.run.outputs()).unwrap(), json!({"id": 7, "token": "t0p"}));

    let (desk, told) = end(outputs(), json!({"id": 7}));
    insta::assert_snapshot!(told, @r#"{"event":"runFinished","status":"failed","failure":{"cause":"unresolved","message":"output `token` has no value: `s.token` is absent"}}"#);
    assert_eq!(desk.run.status(), Status::Failed);
    assert!(desk.run.outputs().is_empty());

    let (_, told) = end(composition([get("s")]).output("deep", "s.id.deeper", false), json!({"id": 7}));
    insta::assert_snapshot!(told, @r#"{"event":"runFinished","status":"failed","failure":{"cause":"type","message":"output `deep` has no value: expected an object, found a number in `s.id.deeper`"}}"#);
}

#[test]
fn a_run_without_steps_succeeds() {
    let mut desk = Desk::begin(&composition([]).plan(), json!({}));
    assert!(matches!(desk.decision(), Event::RunFinished { status: Status::Succeeded, .. }));
}

#[test]
fn a_step_that_can_never_begin_ends_the_run() {
    let circle = composition([get("a"), get("b").after(&["c"]), get("c").after(&["b"])]);
    let twice = composition([get("a"), get("a")]);
    for (composition, stuck) in [(circle, "b"), (twice, "a")] {
        let mut desk = Desk::begin(&composition.plan(), json!({}));
        let call = desk.call();
        desk.answer(&call, response(200, json!({})));
        let Event::RunFinished { failure: Some(failure), .. } = desk.decision() else {
            panic!("the run does not end")
        };
        let why = "steps that it follows wait for each other, or its id is used twice";
        assert_eq!(failure.message, format!("step `{stuck}` can never start: {why}"));
    }
}
