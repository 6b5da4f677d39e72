//! `external` with a channel that sends: a message is sent once, whenever the process ends.

use jiff::SignedDuration;
use naftiko_adapter::{Answer, FailureKind};
use naftiko_journal::{Event, Options, Phase, Ruling, Through};
use naftiko_plan::Channel;
use serde_json::json;

use crate::Intervention;
use crate::tests::desk::Desk;
use crate::tests::draft::{Draft, composition, external, post};

fn email(id: &str) -> Draft {
    external(id).tells(Channel::Email, "to", "it@acme.example").hands_over("who", "${inputs.who}")
}

fn webhook(id: &str) -> Draft {
    external(id).tells(Channel::Webhook, "url", "https://user:pw@acme.example:8443/in?key=s3cret")
}

fn begin(step: Draft) -> Desk {
    let steps = [step.timeout(SignedDuration::from_hours(24)), post("a").after(&["tell"])];
    Desk::begin(&composition(steps).input("who", true).plan(), json!({ "who": "Jane Doe" }))
}

fn resume(desk: &mut Desk) {
    desk.resume(json!({ "who": "Jane Doe" }));
}

fn complete(result: serde_json::Value) -> Intervention {
    Intervention::Complete { step: "tell".into(), result, through: Some(Through::Callback) }
}

fn resolve(ruling: Ruling) -> Intervention {
    Intervention::Resolve { step: "tell".into(), ruling }
}

#[test]
fn the_intent_comes_before_the_message_and_what_is_handed_over_is_masked_in_it_alone() {
    let mut desk = begin(email("tell"));
    let question = desk.message();
    assert_eq!(question.id, "run-1:tell");
    assert_eq!(question.channel, "email");
    assert_eq!(question.shown["who"], "Jane Doe", "it is handed over exactly");
    assert_eq!(question.settings["to"], "it@acme.example");
    desk.handed_over("tell", Ok(Answer::NotYet));
    assert_eq!(desk.stands(), "waiting from 86400s");
    desk.intervene(&complete(json!({"ok": true}))).unwrap();
    assert_eq!(desk.callable(), ["a"]);
    insta::assert_snapshot!(desk.told(), @r#"
    messageStarted {"step":"tell","attempt":1,"message":{"id":"run-1:tell","channel":"email","to":"it@acme.example","with":{"who":"***"}},"until":"2026-01-16T12:00:00Z"}
    stepAsked {"step":"tell","attempt":1,"until":"2026-01-16T12:00:00Z"}
    stepSucceeded {"step":"tell","result":{"ok":true},"through":"callback"}
    "#);
}

#[test]
fn of_a_url_only_the_origin_is_told() {
    let mut desk = begin(webhook("tell"));
    desk.message();
    let Some(Event::MessageStarted { message, .. }) = desk.records.last().map(|it| &it.event) else {
        panic!("{}", desk.told())
    };
    assert_eq!(message.to, "https://acme.example:8443");
}

#[test]
fn a_message_that_was_handed_over_is_not_sent_again_by_whoever_resumes_the_run() {
    for step in [email("tell"), webhook("tell")] {
        let mut desk = begin(step);
        desk.message();
        desk.handed_over("tell", Ok(Answer::NotYet));
        resume(&mut desk);
        desk.decide();
        assert!(desk.messages.is_empty() && desk.questions.is_empty());
        assert_eq!(desk.stands(), "waiting from 86400s", "the time goes on");
        desk.now += SignedDuration::from_hours(24);
        desk.decide();
        assert_eq!(desk.run.step("tell").unwrap().failure.unwrap().message, "there was no answer within 1d");
    }
}

#[test]
fn cut_off_while_it_is_sent_a_webhook_is_sent_again_with_its_id_and_of_an_email_somebody_has_to_say() {
    let mut desk = begin(webhook("tell"));
    let first = desk.message();
    resume(&mut desk);
    assert_eq!(desk.message(), first, "with the same id, and the same time for the answer");

    let mut desk = begin(email("tell"));
    let first = desk.message();
    resume(&mut desk);
    desk.decide();
    assert_eq!(desk.stands(), "in-doubt");
    resume(&mut desk);
    desk.intervene(&resolve(Ruling::DidNotHappen)).unwrap();
    assert_eq!(desk.message(), first);
    resume(&mut desk);
    desk.decide();
    desk.intervene(&resolve(Ruling::HandedOver { until: None })).unwrap();
    assert_eq!(desk.intervene(&resolve(Ruling::HandedOver { until: None })), Ok(None));
    resume(&mut desk);
    desk.decide();
    assert!(desk.messages.is_empty(), "it waits for the answer");
    assert_eq!(desk.stands(), "waiting from 86400s");
    insta::assert_snapshot!(desk.told(), @r#"
    messageStarted {"step":"tell","attempt":1,"message":{"id":"run-1:tell","channel":"email","to":"it@acme.example","with":{"who":"***"}},"until":"2026-01-16T12:00:00Z"}
    stepInDoubt {"step":"tell","attempt":1,"failure":{"cause":"interrupted","message":"the email of `tell` was started, and the run was interrupted before its delivery was confirmed"}}
    doubtResolved {"step":"tell","attempt":1,"ruling":"didNotHappen"}
    messageStarted {"step":"tell","attempt":2,"message":{"id":"run-1:tell","channel":"email","to":"it@acme.example","with":{"who":"***"}},"until":"2026-01-16T12:00:00Z"}
    stepInDoubt {"step":"tell","attempt":2,"failure":{"cause":"interrupted","message":"the email of `tell` was started, and the run was interrupted before its delivery was confirmed"}}
    doubtResolved {"step":"tell","attempt":2,"ruling":{"handedOver":{"until":"2026-01-16T12:00:00Z"}}}
    "#);
}

#[test]
fn an_answer_to_a_message_says_that_it_came() {
    // Answered while it is being sent, while it waits for a retry, and while it is in doubt.
    let mut desk = begin(webhook("tell"));
    desk.message();
    desk.intervene(&complete(json!(1))).unwrap();
    assert_eq!(
        desk.run.handed_over("tell", 1, Ok(Answer::NotYet), desk.now, 0.0),
        None,
        "nobody waits for it"
    );
    assert_eq!(desk.callable(), ["a"]);

    let mut desk = begin(webhook("tell"));
    desk.message();
    desk.handed_over("tell", Err(FailureKind::Unknown));
    assert!(matches!(desk.run.ledger().step("tell"), Some(Phase::Delayed { attempt: 1, .. })));
    desk.intervene(&complete(json!(1))).unwrap();
    assert_eq!(desk.callable(), ["a"]);
    assert_eq!(desk.run.next_due(), None);

    let mut desk = begin(email("tell"));
    desk.message();
    desk.handed_over("tell", Err(FailureKind::Unknown));
    assert_eq!(desk.stands(), "in-doubt");
    desk.intervene(&complete(json!(1))).unwrap();
    assert_eq!(desk.callable(), ["a"]);
}

#[test]
fn what_was_not_taken_is_sent_again_and_what_was_refused_is_not() {
    for step in [email("tell"), webhook("tell")] {
        let mut desk = begin(step);
        for attempt in 1..5 {
            desk.message();
            desk.handed_over("tell", Err(FailureKind::NotSent));
            assert!(
                matches!(desk.run.ledger().step("tell"), Some(Phase::Delayed { attempt: is, .. }) if is == attempt)
            );
            desk.now = desk.run.next_due().unwrap();
        }
        desk.message();
        desk.handed_over("tell", Err(FailureKind::NotSent));
        assert_eq!(desk.run.ledger().step("tell"), Some(Phase::Failed { attempt: 5 }));
    }
    for kind in [FailureKind::Refused, FailureKind::Unreadable] {
        let mut desk = begin(webhook("tell"));
        desk.message();
        desk.handed_over("tell", Err(kind));
        assert_eq!(desk.run.ledger().step("tell"), Some(Phase::Failed { attempt: 1 }));
    }
}

#[test]
fn a_webhook_of_which_nobody_knows_whether_it_came_is_in_doubt_once_its_attempts_are_used_up() {
    let mut desk = begin(webhook("tell"));
    for _ in 0..5 {
        desk.message();
        desk.handed_over("tell", Err(FailureKind::Unknown));
        desk.now = desk.run.next_due().unwrap_or(desk.now);
    }
    assert_eq!(desk.stands(), "in-doubt");
}

#[test]
fn nothing_is_sent_on_the_mock_or_for_an_answer_that_is_there() {
    let plan = composition([email("tell")]).input("who", true).plan();
    let options = Options { mock: true, ..Options::default() };
    let mut desk = Desk::begin_with(&plan, json!({ "who": "Jane Doe" }), options);
    let question = desk.question();
    assert_eq!((question.channel.as_str(), &question.shown["who"]), ("prompt", &json!("***")));

    let mut desk = Desk::begin(&plan, json!({ "who": "Jane Doe" }));
    desk.run.answer_beforehand(["tell".to_owned()]);
    assert_eq!(desk.question().channel, "prompt");
    // A run resumed without the answer has to send the message.
    resume(&mut desk);
    assert_eq!(desk.message().channel, "email");
    desk.handed_over("tell", Ok(Answer::NotYet));
    // An answer given with the command is used, although the message was sent.
    resume(&mut desk);
    desk.run.answer_beforehand(["tell".to_owned()]);
    desk.question();
    desk.reply("tell", json!(1));
    let answered = desk.records.iter().find_map(|record| match record.event {
        Event::StepSucceeded { through, .. } => through,
        _ => None,
    });
    assert_eq!(answered, Some(Through::Beforehand));
}

#[test]
fn a_program_may_answer_at_once() {
    let mut desk = begin(external("tell").tells(Channel::Command, "command", "deploy"));
    desk.message();
    desk.handed_over("tell", Ok(Answer::Given(json!({"deployed": true}))));
    assert_eq!(desk.callable(), ["a"]);
}
