//! The redacted and full forms of records.

use std::sync::Arc;

use naftiko_adapter::{Departure, Response};
use naftiko_journal::{Event, MemoryJournal, Options, Record};
use naftiko_plan::Slot;
use serde_json::{Value, json};

use super::desk::{Desk, object, response, start};
use super::draft::{composition, embedded, external, get, post};
use super::fake::{FakeAdapter, FakeChannel};
use crate::{Cancellation, Driver, Limits, Run, TokioClock};

#[test]
fn where_an_answer_is_not_as_described_is_recorded_without_what_is_sensitive() {
    let one = post("one").argument(Slot::Property("name".into()), "${inputs.pw}", true);
    let plan = composition([one]).input("pw", true).plan();
    let mut desk = Desk::begin(&plan, json!({"pw": "s3cret pw"}));
    let call = desk.call();
    let departure = Departure {
        pointer: "/s3cret pw/x".to_owned(),
        expected: "value is not of type \"string\"".to_owned(),
    };
    desk.answer(&call, Response { departures: vec![departure], ..response(201, json!({"id": "a7"})) });
    let succeeded = desk.records.last().unwrap();
    let departures = |event: &Event| match event {
        Event::StepSucceeded { departures, .. } => serde_json::to_value(departures).unwrap(),
        _ => Value::Null,
    };
    let kept = json!([{"pointer": "/s3cret pw/x", "expected": "value is not of type \"string\""}]);
    assert_eq!(departures(&succeeded.event), kept);
    let shown = json!([{"pointer": "/***/x", "expected": "value is not of type \"string\""}]);
    assert_eq!(departures(&desk.run.shown(succeeded).event), shown);
    // A record from before responses were checked has no `departures`.
    let older = json!({"event": "stepSucceeded", "step": "one", "attempt": 1, "status": 201, "result": {}});
    assert!(
        matches!(serde_json::from_value(older), Ok(Event::StepSucceeded { departures, .. }) if departures.is_empty())
    );
}

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
        matches!(&shown.event, Event::StepSucceeded { result, .. } if **result == json!({"name": "***", "id": "a7"}))
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
        result: json!("s3cret pw!").into(),
        departures: Vec::new(),
        through: None,
    });

    let end = desk.decision();
    desk.record(end);
    let told: Vec<String> =
        desk.records.iter().map(|record| serde_json::to_string(&desk.run.shown(record)).unwrap()).collect();
    assert!(!told.concat().contains("s3cret"), "{told:#?}");
    assert!(told.last().unwrap().contains(r#""outputs":{"name":"***"}"#), "{told:#?}");
    assert_eq!(*desk.run.outputs()["name"], "s3cret pw");
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
    assert_eq!(*result, json!({"org": "org_1", "said": "*** is fine"}));
}

#[test]
fn what_a_sensitive_output_reads_is_not_shown_in_the_result_either() {
    let plan = composition([get("login")]).output("token", "login.token", true).plan();
    let mut desk = Desk::begin(&plan, json!({}));
    let call = desk.call();
    desk.answer(&call, response(200, json!({"token": "t0ps3cret", "state": "active"})));
    let shown = desk.run.shown(desk.records.last().unwrap());
    assert!(
        matches!(shown.event, Event::StepSucceeded { result, .. } if *result == json!({"token": "***", "state": "active"}))
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
        secrets: naftiko_adapter::Secrets::default(),
        journal: &journal,
        clock: &TokioClock::beginning_at(start()),
        limits: Limits { jobs: 1, ..Limits::default() },
        patience: None,
        deliveries: None,
        observe: &mut |record: &Record| observed.push_str(&serde_json::to_string(record).unwrap()),
        wire: None,
        cancellation: Cancellation::new(),
    }
    .drive(&mut run, "run-1", Options::default())
    .await
    .unwrap();
    assert!(observed.contains(r#""result":{"echo":"***"}"#) && !observed.contains("s3cret"), "{observed}");
    let kept = serde_json::to_string(&journal.records("run-1")).unwrap();
    assert!(kept.contains(r#""result":{"echo":"s3cret"}"#), "{kept}");
}

/// The redacted form of all records of a run.
fn all_shown(desk: &Desk) -> String {
    let shown = desk.records.iter().map(|record| serde_json::to_string(&desk.run.shown(record)).unwrap());
    shown.collect::<Vec<_>>().join("\n")
}

/// The redacted form of the latest record, as shown at this time.
fn latest_shown(desk: &Desk) -> Event {
    desk.run.shown(desk.records.last().unwrap()).event
}

#[test]
fn what_the_capabilities_call_sensitive_is_not_shown_in_results_and_in_what_is_made_of_them() {
    let login = post("login").keeps_secret("response.body.token").keeps_secret("response.body.keys[*].value");
    let next = post("next").after(&["login"]).body("says", "with ${login.token}");
    let mut desk = Desk::begin(&composition([login, next]).plan(), json!({}));
    let call = desk.call();
    desk.answer(
        &call,
        response(
            200,
            json!({"token": "t0ps3cret", "id": "a7", "keys": [{"value": "k3y-one"}, {"value": 4711}]}),
        ),
    );
    assert!(matches!(latest_shown(&desk), Event::StepSucceeded { result, .. }
            if *result == json!({"token": "***", "id": "a7", "keys": [{"value": "***"}, {"value": "***"}]})));
    let call = desk.call();
    assert_eq!(call.arguments.body, Some(json!({"says": "with t0ps3cret"})), "data flows as it is");
    let Event::AttemptStarted { request, .. } = &desk.records.last().unwrap().event else { panic!() };
    assert_eq!(request.arguments["says"], "with ***", "nor is it recorded in a request");
    desk.answer(&call, response(400, json!({"message": "`t0ps3cret` is out of date"})));
    assert!(!all_shown(&desk).contains("t0ps3cret"));
}

#[test]
fn what_is_sensitive_in_an_answer_is_not_in_the_failure_that_it_is() {
    let login = || {
        get("login")
            .keeps_secret("response.body.token")
            .keeps_secret("response.headers['x-session']")
            .retries(naftiko_plan::Retry { attempts: 2, ..naftiko_plan::Retry::default() })
    };
    let body = json!({"token": "t0ps3cret", "message": "t0ps3cret of s3ssion is out of date"});
    let mut answer = response(503, body.clone());
    answer.headers.insert("X-Session".into(), "s3ssion".into());
    let mut desk = Desk::begin(&composition([login()]).plan(), json!({}));
    let call = desk.call();
    desk.answer(&call, answer.clone());
    let call = desk.call_again();
    desk.answer(&call, answer);
    let recorded = serde_json::to_string(&desk.records).unwrap();
    assert!(!recorded.contains("t0ps3cret") && !recorded.contains("s3ssion"), "{recorded}");
    let Event::StepFailed { failure, .. } = &desk.records.last().unwrap().event else { panic!() };
    insta::assert_snapshot!(serde_json::to_string(failure).unwrap(), @r#"{"cause":"status","message":"`GET /login` responded 503 Service Unavailable: *** of *** is out of date","status":503,"body":{"token":"***","message":"*** of *** is out of date"}}"#);

    let mut desk =
        Desk::begin(&composition([login().expects("response.body.token.deeper == 1")]).plan(), json!({}));
    let call = desk.call();
    desk.answer(&call, response(200, body));
    assert!(!serde_json::to_string(&desk.records).unwrap().contains("t0ps3cret"));
}

/// The recorded failure of a step with this condition on its response.
fn unmet(condition: &str) -> String {
    let login = get("login").keeps_secret("response.body.token").expects(condition);
    let plan = composition([login]).input("pw", true).output("id", "login.id", true).plan();
    let mut desk = Desk::begin(&plan, json!({"pw": "s3cret pw"}));
    let call = desk.call();
    desk.answer(
        &call,
        response(200, json!({"token": "t0ps3cret", "id": "an id", "said": "s3cret pw!", "n": 3})),
    );
    let Event::StepFailed { failure, .. } = &desk.records.last().unwrap().event else {
        panic!("{condition}")
    };
    failure
        .message
        .strip_prefix(&format!("`GET /login` responded, but `{condition}` is false"))
        .unwrap()
        .to_owned()
}

#[test]
fn what_a_condition_found_is_told_without_what_is_sensitive() {
    assert_eq!(unmet("response.body.n > 3"), ": `response.body.n` is 3");
    assert_eq!(unmet("response.body.token == 'x'"), r#": `response.body.token` is "***""#);
    assert_eq!(
        unmet("response.body.said == inputs.pw"),
        r#": `response.body.said` is "***!", `inputs.pw` is "***""#
    );
    assert_eq!(unmet("response.body.id == 'x'"), r#": `response.body.id` is "***""#);
    assert_eq!(unmet("upper(response.body.token) == 'X'"), ": `upper(response.body.token)` is not shown");
    assert_eq!(unmet("lower(response.body.said) == 'x'"), ": `lower(response.body.said)` is not shown");
}

#[test]
fn what_undoes_and_what_is_done_for_items_keep_their_secrets_too() {
    let undo = post("undo").keeps_secret("response.body.receipt");
    let each = post("each").for_each("[1, 2]", 1).keeps_secret("response.body.token").undone_by(undo);
    let mut desk = Desk::begin(&composition([each, post("bad").after(&["each"])]).plan(), json!({}));
    for (step, body) in
        [("each[0]", json!({"token": "t0ken-one"})), ("each[1]", json!({"token": "t0ken-two"}))]
    {
        desk.done(step, body);
        assert!(
            matches!(latest_shown(&desk), Event::StepSucceeded { result, .. } if *result == json!({"token": "***"}))
        );
    }
    desk.failed("bad");
    desk.done("each[1]:compensate", json!({"receipt": "r3ceipt", "token": "t0ken-one"}));
    assert!(
        matches!(latest_shown(&desk), Event::StepSucceeded { result, .. } if *result == json!({"receipt": "***", "token": "***"}))
    );
}

#[test]
fn what_a_sensitive_output_reads_of_items_and_of_compositions_is_not_shown_before_it_is_read() {
    for source in
        ["each[*].token", "each[1].token", "last(each).token", "each[? @.token != 'x'][0].token", "each"]
    {
        let each = post("each").for_each("[1, 2]", 1);
        let mut desk = Desk::begin(&composition([each]).output("tokens", source, true).plan(), json!({}));
        desk.done("each[0]", json!({"token": "t0ken-one"}));
        desk.done("each[1]", json!({"token": "t0ken-two"}));
        let first_is_read = !["each[1].token", "last(each).token"].contains(&source);
        let shown = all_shown(&desk);
        assert!(!shown.contains("t0ken-two") || source.contains("[0]"), "{source}: {shown}");
        assert!(!shown.contains("t0ken-one") || !first_is_read, "{source}: {shown}");
    }
    let inner =
        || composition([post("login")]).output("token", "login.token", false).output("id", "login.id", false);
    for (source, shows_id) in [("inner.token", true), ("inner", false), ("first([inner]).token", false)] {
        let plan = composition([embedded("inner", inner())]).output("token", source, true).plan();
        let mut desk = Desk::begin(&plan, json!({}));
        desk.done("inner/login", json!({"token": "t0ps3cret", "id": "id-of-it"}));
        let shown = all_shown(&desk);
        assert!(!shown.contains("t0ps3cret"), "{source}: {shown}");
        assert_eq!(shown.contains("id-of-it"), shows_id, "{source}: {shown}");
    }
}

#[test]
fn the_sensitive_inputs_of_a_composition_are_its_secrets() {
    let inner = composition([post("login")]).input("pw", true);
    let plan =
        composition([get("make"), embedded("inner", inner).after(&["make"]).hands_over("pw", "${make.pw}")]);
    let mut desk = Desk::begin(&plan.plan(), json!({}));
    desk.done("make", json!({"pw": "made-up"}));
    desk.done("inner/login", json!({"said": "made-up"}));
    assert!(
        matches!(latest_shown(&desk), Event::StepSucceeded { result, .. } if *result == json!({"said": "***"}))
    );
}

#[test]
fn an_answer_and_a_ruling_from_outside_are_shown_without_secrets() {
    let plan = composition([external("ask"), post("s")]).input("pw", true).plan();
    let mut desk = Desk::begin(&plan, json!({"pw": "s3cret pw"}));
    desk.question();
    desk.reply("ask", json!({"said": "s3cret pw"}));
    let call = desk.call();
    desk.fail(&call, naftiko_adapter::FailureKind::Unknown);
    let ruling = naftiko_journal::Ruling::Happened { result: json!("s3cret pw") };
    desk.intervene(&crate::Intervention::Resolve { step: "s".into(), ruling }).unwrap();
    assert!(!all_shown(&desk).contains("s3cret"), "{}", all_shown(&desk));
}
