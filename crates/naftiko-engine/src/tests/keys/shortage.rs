//! Attempts that lack a resource of this machine.

use naftiko_adapter::{Failure, FailureKind};
use naftiko_journal::Phase;
use naftiko_plan::Channel;
use serde_json::json;

use crate::tests::desk::{Desk, response, said};
use crate::tests::draft::{Draft, composition, external, get, post};

fn email(id: &str) -> Draft {
    external(id).tells(Channel::Email, "to", "ann@acme.example")
}

fn webhook(id: &str) -> Draft {
    external(id).tells(Channel::Webhook, "url", "https://acme.example/hook")
}

fn begun(draft: Draft) -> Desk {
    Desk::begin(&composition([draft]).plan(), json!({}))
}

#[test]
fn an_attempt_that_was_not_sent_is_made_again_whatever_the_step_says_of_retries() {
    let mut desk = begun(post("s"));
    let mut call = desk.call();
    let mut told = Vec::new();
    for _ in 0..9 {
        told.push(said(&desk.fail(&call, FailureKind::LocalShortage)));
        call = desk.call_again();
    }
    desk.answer(&call, response(201, json!({"id": 1})));
    insta::assert_snapshot!(told.join("\n"), @r"
    stepDelayed 1s (`POST /s` was not sent: because)
    stepDelayed 3s (`POST /s` was not sent: because)
    stepDelayed 7s (`POST /s` was not sent: because)
    stepDelayed 15s (`POST /s` was not sent: because)
    stepDelayed 31s (`POST /s` was not sent: because)
    stepDelayed 63s (`POST /s` was not sent: because)
    stepDelayed 123s (`POST /s` was not sent: because)
    stepDelayed 183s (`POST /s` was not sent: because)
    stepDelayed 243s (`POST /s` was not sent: because)
    ");
    assert_eq!(desk.stands(), "succeeded");
}

#[test]
fn a_shortage_takes_nothing_from_the_retries_of_the_step() {
    let mut desk = begun(get("s"));
    let mut call = desk.call();
    for kind in [FailureKind::NotSent, FailureKind::LocalShortage, FailureKind::CutOff, FailureKind::NotSent]
    {
        assert_eq!(desk.fail(&call, kind).name(), "stepDelayed");
        call = desk.call_again();
    }
    for name in ["stepDelayed", "stepDelayed", "stepFailed"] {
        assert_eq!(desk.fail(&call, FailureKind::NotSent).name(), name);
        if name == "stepDelayed" {
            call = desk.call_again();
        }
    }
}

#[test]
fn a_step_waits_for_what_this_machine_lacks_also_in_another_process() {
    let mut desk = begun(post("s"));
    let mut call = desk.call();
    for _ in 0..4 {
        desk.fail(&call, FailureKind::LocalShortage);
        assert_eq!(desk.run.shortage(), None, "it may pass");
        call = desk.call_again();
    }
    desk.fail(&call, FailureKind::LocalShortage);
    assert_eq!(desk.run.shortage(), Some("`POST /s` was not sent: because"));
    desk.resume(json!({}));
    assert_eq!(desk.run.shortage(), Some("`POST /s` was not sent: because"));
    let call = desk.call_again();
    assert_eq!(desk.run.shortage(), None, "it is tried");
    desk.answer(&call, response(201, json!({})));
    assert_eq!(desk.stands(), "succeeded");
}

#[test]
fn what_was_not_sent_leaves_nothing_to_undo() {
    let mut desk = begun(post("s").undone_anyhow_by(post("undo")));
    let call = desk.call();
    desk.fail(&call, FailureKind::LocalShortage);
    let call = desk.call_again();
    desk.fail(&call, FailureKind::Refused);
    assert_eq!(desk.stands(), "failed");
}

#[test]
fn a_message_waits_for_what_this_machine_lacks_unless_it_may_have_been_sent() {
    let mut desk = begun(webhook("tell"));
    for _ in 0..7 {
        desk.message();
        desk.handed_over("tell", Err(FailureKind::LocalShortage));
        desk.now = desk.run.next_due().unwrap();
    }
    desk.message();
    desk.handed_over("tell", Err(FailureKind::CutOff));
    assert!(matches!(desk.run.ledger().step("tell"), Some(Phase::Delayed { attempt: 8, .. })));

    let mut desk = begun(email("tell"));
    desk.message();
    desk.handed_over("tell", Err(FailureKind::CutOff));
    assert_eq!(desk.stands(), "in-doubt");
}

#[test]
fn a_question_at_the_terminal_is_put_again_later() {
    let mut desk = begun(external("ask"));
    desk.decide();
    for kind in [FailureKind::LocalShortage, FailureKind::CutOff] {
        assert_eq!(desk.run.answered("ask", Err(Failure::new(kind, "too many open files"))), None);
    }
}
