//! Conditions on responses, and pauses between attempts.

use jiff::SignedDuration;
use naftiko_adapter::{Failure, FailureKind};
use naftiko_plan::{Backoff, Retry, RetryOn};
use serde_json::{Value, json};

use super::desk::{Desk, response, said};
use super::draft::{Draft, composition, get, keyed, post};

/// The record for one response.
fn answered(draft: Draft, status: u16, body: Value) -> String {
    let mut desk = Desk::begin(&composition([draft]).plan(), json!({}));
    let call = desk.call();
    said(&desk.answer(&call, response(status, body)))
}

#[test]
fn an_answer_that_is_not_what_was_expected_fails_the_step() {
    let draft = || get("s").expects("response.status == 200").expects("response.body.state == 'active'");
    assert_eq!(answered(draft(), 200, json!({"state": "active"})), "stepSucceeded");
    insta::assert_snapshot!(
        answered(draft(), 202, json!({"state": "active"})),
        @"stepFailed Condition: `GET /s` responded, but `response.status == 200` is false: `response.status` \
          is 202"
    );
    insta::assert_snapshot!(
        answered(draft(), 200, json!({})),
        @"stepFailed Condition: `GET /s` responded, but `response.body.state == 'active'` is false: \
          `response.body.state` is absent"
    );
    insta::assert_snapshot!(
        answered(post("s").expects("response.body.ok"), 201, json!({})),
        @"stepFailed Condition: `POST /s` responded, but `response.body.ok` is false: `response.body.ok` is \
          absent"
    );
    insta::assert_snapshot!(
        answered(get("s").expects("response.body.state.deeper == 1"), 200, json!({"state": "active"})),
        @"stepFailed Type: expected an object, found a string in `response.body.state.deeper`"
    );
}

#[test]
fn what_is_expected_is_asked_of_the_answer_that_ends_a_poll() {
    let hour = SignedDuration::from_hours(1);
    let draft = || get("s").until("response.body.done", hour).expects("response.body.good");
    assert_eq!(answered(draft(), 200, json!({"done": false, "good": false})), "stepDelayed 5s");
    assert_eq!(answered(draft(), 200, json!({"done": true, "good": true})), "stepSucceeded");
    insta::assert_snapshot!(
        answered(draft(), 200, json!({"done": true, "good": false})),
        @"stepFailed Condition: `GET /s` responded, but `response.body.good` is false"
    );
}

#[test]
fn a_poll_ends_at_once_when_what_fails_it_holds() {
    let draft = || {
        get("s")
            .until("response.body.state == 'active'", SignedDuration::from_hours(1))
            .fails_when("response.body.state == 'rejected'", Backoff::default())
    };
    assert_eq!(answered(draft(), 200, json!({"state": "active"})), "stepSucceeded");
    assert_eq!(answered(draft(), 200, json!({"state": "new"})), "stepDelayed 5s");
    assert_eq!(answered(draft(), 200, json!({})), "stepDelayed 5s");
    insta::assert_snapshot!(
        answered(draft(), 200, json!({"state": "rejected"})),
        @"stepFailed Condition: `GET /s` responded, and `response.body.state == 'rejected'` is true"
    );
    let done = || get("s").until("response.body.done", SignedDuration::from_hours(1));
    insta::assert_snapshot!(
        answered(done().fails_when("response.body.errors > 1", Backoff::default()), 200, json!({"errors": 2})),
        @"stepFailed Condition: `GET /s` responded, and `response.body.errors > 1` is true: \
          `response.body.errors` is 2"
    );
}

#[test]
fn a_poll_that_both_ends_and_fails_has_failed() {
    let draft = get("s")
        .until("response.status == 200", SignedDuration::from_hours(1))
        .fails_when("response.body.broken", Backoff::default());
    assert!(answered(draft, 200, json!({"broken": true})).starts_with("stepFailed Condition"));
}

#[test]
fn pauses_between_polls_grow_as_the_author_says() {
    let every = Backoff {
        initial: SignedDuration::from_secs(2),
        factor: 3.0,
        max: SignedDuration::from_secs(10),
        jitter: 0.0,
    };
    let draft =
        get("s").until("response.body.done", SignedDuration::from_hours(1)).fails_when("false", every);
    let mut desk = Desk::begin(&composition([draft]).plan(), json!({}));
    let mut call = desk.call();
    let mut waits = Vec::new();
    for _ in 0..4 {
        waits.push(said(&desk.answer(&call, response(200, json!({})))));
        call = desk.call_again();
    }
    assert_eq!(waits, ["stepDelayed 2s", "stepDelayed 8s", "stepDelayed 18s", "stepDelayed 28s"]);
}

#[test]
fn chance_shortens_the_pauses_of_a_poll_where_the_author_lets_it() {
    let every = Backoff { jitter: 1.0, ..Backoff::fixed(SignedDuration::from_secs(8)) };
    let draft =
        get("s").until("response.body.done", SignedDuration::from_hours(1)).fails_when("false", every);
    let mut desk = Desk::begin(&composition([draft]).plan(), json!({}));
    let call = desk.call();
    let event = desk.run.closed_by_response("s", call.attempt, response(200, json!({})), desk.now, 0.25);
    assert_eq!(said(&event), "stepDelayed 2s");
}

#[test]
fn only_what_the_author_names_is_tried_again() {
    let retry = Retry { on: vec![RetryOn::Status(409), RetryOn::Connect], attempts: 2, ..Retry::default() };
    let end = |status| answered(get("s").retries(retry.clone()), status, json!(null));
    assert!(end(409).starts_with("stepDelayed 1s"));
    assert!(end(500).starts_with("stepFailed Status"));
    assert!(end(429).starts_with("stepFailed Status"));
    let unanswered = |draft: Draft, kind| {
        let mut desk = Desk::begin(&composition([draft]).plan(), json!({}));
        let call = desk.call();
        let failure = Failure::new(kind, "why");
        said(&desk.run.closed_by_failure("s", call.attempt, &failure, desk.now, 1.0))
    };
    assert!(unanswered(get("s").retries(retry.clone()), FailureKind::NotSent).starts_with("stepDelayed 1s"));
    assert!(unanswered(get("s").retries(retry.clone()), FailureKind::Unknown).starts_with("stepFailed"));
    assert!(unanswered(keyed("s").retries(retry), FailureKind::Unknown).starts_with("stepInDoubt"));
}

#[test]
fn what_would_do_something_twice_is_never_tried_again_whatever_the_author_names() {
    let retry = Retry { on: vec![RetryOn::Class(5)], ..Retry::default() };
    assert!(answered(post("s").retries(retry.clone()), 500, json!(null)).starts_with("stepFailed Status"));
    assert!(answered(keyed("s").retries(retry), 500, json!(null)).starts_with("stepDelayed 1s"));
}
