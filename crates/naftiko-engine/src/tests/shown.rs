//! What people see of a record, and what the journal and the next step have.

use std::sync::Arc;

use naftiko_journal::{Event, MemoryJournal, Options};
use naftiko_plan::Slot;
use serde_json::{Value, json};

use super::desk::{Desk, object, response, start};
use super::draft::{composition, external, get, post};
use super::fake::{FakeAdapter, FakeChannel};
use crate::{Cancellation, Driver, Limits, Run, TokioClock};

#[test]
fn what_a_provider_says_back_is_recorded_and_not_shown() {
    let one = post("one").argument(Slot::Property("name".into()), "${inputs.pw}", true);
    let two = post("two").after(&["one"]).body("name", "${one.name}");
    let asks =
        external("asks").after(&["two"]).hands_over("echoed", "${one.name}").hands_over("id", "${one.id}");
    let plan = composition([one, two, asks]).input("pw", true).output("name", "one.name", false).plan();
    let mut desk = Desk::begin(&plan, json!({"pw": "s3cret pw"}));
    let call = desk.call();
    desk.answer(&call, response(201, json!({"name": "s3cret pw", "id": "a7"})));
    let succeeded = desk.records.last().unwrap().clone();
    let shown = desk.run.shown(&succeeded);
    assert!(
        matches!(&shown.event, Event::StepSucceeded { result, .. } if *result == json!({"name": "***", "id": "a7"}))
    );
    assert!(matches!(&succeeded.event, Event::StepSucceeded { result, .. } if result["name"] == "s3cret pw"));

    let call = desk.call();
    assert_eq!(call.arguments.body, Some(json!({"name": "s3cret pw"})), "data flows as it is");
    desk.answer(&call, response(200, json!({})));
    let question = desk.question();
    assert_eq!(Value::from(question.shown.clone()), json!({"echoed": "***", "id": "a7"}));
    desk.record(Event::StepSucceeded {
        step: "asks".into(),
        attempt: None,
        status: None,
        result: json!("s3cret pw!"),
    });

    let end = desk.decision();
    desk.record(end);
    let told: Vec<String> =
        desk.records.iter().map(|record| serde_json::to_string(&desk.run.shown(record)).unwrap()).collect();
    assert!(!told.concat().contains("s3cret"), "{told:#?}");
    assert!(told.last().unwrap().contains(r#""outputs":{"name":"***"}"#), "{told:#?}");
    assert_eq!(desk.run.outputs()["name"], "s3cret pw");
}

#[test]
fn what_is_made_of_a_sensitive_input_is_not_shown_and_what_stands_beside_it_is() {
    let body = naftiko_expr::Template::object(
        [("org", "${inputs.org}"), ("hash", "${upper(inputs.pw)}")]
            .into_iter()
            .map(|(name, text)| (name.to_owned(), naftiko_expr::Template::parse_str(text).unwrap()))
            .collect(),
    );
    let mut plan =
        composition([post("s").argument(Slot::Body, "x", true)]).input("pw", true).input("org", false).plan();
    let naftiko_plan::Action::Invoke(invoke) = &mut Arc::get_mut(&mut plan).unwrap().steps[0].action else {
        panic!()
    };
    invoke.arguments[0].value = body;
    let mut desk = Desk::begin(&plan, json!({"pw": "abcdef", "org": "org_1"}));
    let call = desk.call();
    desk.answer(&call, response(200, json!({"org": "org_1", "said": "ABCDEF is fine"})));
    let shown = desk.run.shown(desk.records.last().unwrap());
    let Event::StepSucceeded { result, .. } = shown.event else { panic!() };
    assert_eq!(result, json!({"org": "org_1", "said": "*** is fine"}));
}

#[test]
fn what_a_sensitive_output_reads_is_not_shown_in_the_result_either() {
    let plan = composition([get("login")]).output("token", "login.token", true).plan();
    let mut desk = Desk::begin(&plan, json!({}));
    let call = desk.call();
    desk.answer(&call, response(200, json!({"token": "t0ps3cret", "state": "active"})));
    let shown = desk.run.shown(desk.records.last().unwrap());
    assert!(
        matches!(shown.event, Event::StepSucceeded { result, .. } if result == json!({"token": "***", "state": "active"}))
    );
}

#[tokio::test(start_paused = true)]
async fn observers_are_handed_what_may_be_shown_and_the_journal_what_happened() {
    let plan = composition([get("s").query("q", "${inputs.pw}")]).input("pw", true).plan();
    let mut run = Run::new(Arc::clone(&plan), object(json!({"pw": "s3cret"})));
    let journal = MemoryJournal::new();
    let mut observed = String::new();
    let adapter = FakeAdapter::new(|_| Ok(response(200, json!({"echo": "s3cret"}))));
    Driver {
        adapter: Arc::new(adapter),
        channel: Arc::new(FakeChannel::given()),
        journal: &journal,
        clock: &TokioClock::beginning_at(start()),
        limits: Limits { jobs: 1, ..Limits::default() },
        patience: None,
        deliveries: None,
        observe: &mut |record| observed.push_str(&serde_json::to_string(record).unwrap()),
        cancellation: Cancellation::new(),
    }
    .drive(&mut run, "run-1", Options::default())
    .await
    .unwrap();
    assert!(observed.contains(r#""result":{"echo":"***"}"#) && !observed.contains("s3cret"), "{observed}");
    let kept = serde_json::to_string(&journal.records("run-1")).unwrap();
    assert!(kept.contains(r#""result":{"echo":"s3cret"}"#), "{kept}");
}
