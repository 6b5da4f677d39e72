//! Responses that cannot be used, or whose body is too large: the outcome of the step, and what is shown.

use jiff::SignedDuration;
use naftiko_adapter::{Departure, Failure, FailureKind, Response};
use naftiko_expr::Expression;
use naftiko_journal::Event;
use naftiko_plan::NextPage;
use serde_json::{Value, json};

use crate::tests::desk::{Desk, response, said};
use crate::tests::draft::{Draft, composition, get, post};

fn begun(draft: Draft) -> Desk {
    Desk::begin(&composition([draft]).plan(), json!({}))
}

fn withheld() -> Response {
    let departure = Departure { pointer: String::new(), expected: "expected at most 10 values".to_owned() };
    Response { is_body_withheld: true, departures: vec![departure], ..response(201, Value::Null) }
}

#[test]
fn an_effect_whose_answer_is_too_large_is_done_and_its_body_is_a_deviation() {
    let mut desk = begun(post("s"));
    let call = desk.call();
    let event = desk.answer(&call, withheld());
    assert!(
        matches!(&event, Event::StepSucceeded { result, departures, .. } if result.is_null() && departures.len() == 1)
    );
    assert_eq!(desk.stands(), "succeeded");
}

#[test]
fn a_poll_or_a_list_that_needs_the_body_fails_after_its_effect() {
    let cursor = NextPage::Cursor {
        path: Expression::parse("response.body.next").unwrap(),
        parameter: "after".into(),
    };
    let polled = post("s").until("response.status == 201", SignedDuration::from_hours(1));
    for draft in [post("s").pages(cursor, 10), polled] {
        let mut desk = begun(draft.undone_anyhow_by(post("undo")));
        let call = desk.call();
        let event = desk.answer(&call, withheld());
        let message = "stepFailed Unreadable: `POST /s` was carried out, but its response cannot be read: \
                       expected at most 10 values";
        assert_eq!(said(&event), message);
        desk.decide();
        assert_eq!(desk.callable(), ["s:compensate"], "it was carried out");
    }
}

#[test]
fn the_beginning_of_an_answer_that_cannot_be_used_is_shown() {
    let failure =
        Failure { answer: Some("[".repeat(5000)), ..Failure::new(FailureKind::Unusable, "it is too deep") };
    let body = |draft: Draft| {
        let mut desk = begun(draft);
        let call = desk.call();
        let event = desk.run.closed_by_failure("s", call.attempt, &failure, desk.now, 1.0);
        match event {
            Event::StepFailed { failure, .. } => failure.body,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(body(get("s")), Some(json!(format!("{}…", "[".repeat(4096)))));
    assert_eq!(body(get("s").keeps_secret("response.body.token")), None, "the token may be in it");
}
