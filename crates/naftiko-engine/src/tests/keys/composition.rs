//! `composition`: another composition as a step, with names of its own.

use naftiko_adapter::Place;
use naftiko_journal::Status;
use serde_json::json;

use crate::tests::desk::{Desk, response, said};
use crate::tests::draft::{Composition, composition, embedded, external, get, in_a_row, post};
use crate::{Intervention, Refused};

/// Creates an object from a name and a limit, and returns its id.
fn create() -> Composition {
    let step = post("create").body("name", "${inputs.name}").query("limit", "${inputs.limit}");
    composition([step]).required("name").defaults("limit", json!(10)).output("id", "create.id", false)
}

#[test]
fn its_inputs_are_handed_over_and_its_outputs_are_the_result() {
    let steps = [
        post("create").body("name", "outer"),
        embedded("inner", create()).hands_over("name", "${create.name}"),
        post("then").body("id", "${inner.id}"),
    ];
    let mut desk = Desk::begin(&in_a_row(steps).plan(), json!({"name": "not its own"}));
    desk.done("create", json!({"id": "outer", "name": "Acme"}));
    let call = desk.call_of("inner/create");
    assert_eq!(call.arguments.body, Some(json!({"name": "Acme"})));
    assert_eq!(call.arguments.parameter(Place::Query, "limit"), Some(&json!(10)));
    desk.answer(&call, response(201, json!({"id": "inner"})));
    assert_eq!(desk.call().arguments.body, Some(json!({"id": "inner"})));
    insta::assert_snapshot!(desk.told(), @r#"
    attemptStarted {"step":"create","attempt":1,"request":{"name":"outer"}}
    stepSucceeded {"step":"create","attempt":1,"status":200,"result":{"id":"outer","name":"Acme"}}
    stepOpened {"step":"inner"}
    attemptStarted {"step":"inner/create","attempt":1,"request":{"name":"Acme","limit":10}}
    stepSucceeded {"step":"inner/create","attempt":1,"status":201,"result":{"id":"inner"}}
    stepSucceeded {"step":"inner","result":{"id":"inner"}}
    attemptStarted {"step":"then","attempt":1,"request":{"id":"inner"}}
    "#);
}

#[test]
fn an_input_that_is_needed_and_not_there_fails_the_step() {
    let failure = |draft| said(&Desk::begin(&composition([draft]).plan(), json!({"n": 1})).decision());
    let inner = || embedded("inner", create());
    insta::assert_snapshot!(failure(inner()), @"stepFailed Unresolved: `test` requires the input `name`, \
                                                which is absent");
    insta::assert_snapshot!(failure(inner().hands_over("name", "${inputs.gone}")), @"stepFailed Unresolved: \
        `test` requires the input `name`, which is absent");
    insta::assert_snapshot!(failure(inner().hands_over("name", "it is ${inputs.gone}")), @"stepFailed Unresolved: input `name` of `test`: `inputs.gone` is absent");
    insta::assert_snapshot!(failure(inner().hands_over("name", "${inputs.n.deeper}")), @"stepFailed Type: input `name` of `test`: expected an object, found a number in `inputs.n.deeper`");
    // An absent value that the author requires fails the step, even if the input is optional.
    let optional = || composition([get("s").query("q", "${inputs.q ?? 'none'}")]).input("q", false);
    insta::assert_snapshot!(failure(embedded("inner", optional()).hands_over("q", "${inputs.gone}")), @"stepFailed Unresolved: input `q` of `test`: `inputs.gone` is absent");
}

#[test]
fn an_optional_input_that_is_not_given_is_not_handed_on() {
    let sent = |inner: Composition| {
        let plan = composition([embedded("inner", inner).hands_on("q", "${inputs.gone}")]).plan();
        let mut desk = Desk::begin(&plan, json!({}));
        let call = desk.call();
        desk.resume(json!({}));
        assert_eq!(desk.call().arguments, call.arguments);
        call.arguments.parameter(Place::Query, "q").cloned()
    };
    let inner = || composition([get("s").query("q", "${inputs.q ?? 'none'}")]);
    assert_eq!(sent(inner().input("q", false)), Some(json!("none")));
    assert_eq!(sent(inner().defaults("q", json!("its default"))), Some(json!("its default")));
}

#[test]
fn an_input_that_breaks_its_schema_fails_the_step_before_anything_of_it_is_done() {
    let schema = json!({"type": "string", "format": "email", "pattern": "@acme\\.example$"});
    let inner =
        composition([post("a").body("to", "${inputs.to}").undone_by(post("undo"))]).takes("to", schema);
    let plan = composition([embedded("inner", inner).hands_over("to", "${inputs.to}")]).plan();
    let said = |to| {
        let mut desk = Desk::begin(&plan, json!({ "to": to }));
        desk.decide();
        assert!(desk.callable().is_empty());
        desk.told()
    };
    insta::assert_snapshot!(said(json!("nobody")), @r#"
    stepFailed {"step":"inner","failure":{"cause":"input","message":"input `to` of `test`: expected a text that matches `@acme\\.example$`; expected an e-mail address"}}
    runFinished {"status":"failed"}
    "#);
    insta::assert_snapshot!(said(json!(7)), @r#"
    stepFailed {"step":"inner","failure":{"cause":"input","message":"input `to` of `test`: expected a string, found a number"}}
    runFinished {"status":"failed"}
    "#);
    insta::assert_snapshot!(said(json!("it@other.example")), @r#"
    stepFailed {"step":"inner","failure":{"cause":"input","message":"input `to` of `test`: expected a text that matches `@acme\\.example$`"}}
    runFinished {"status":"failed"}
    "#);
    let call = Desk::begin(&plan, json!({"to": "it@acme.example"})).call();
    assert_eq!(call.arguments.body, Some(json!({"to": "it@acme.example"})));
}

#[test]
fn what_is_wrong_inside_of_an_input_is_said_without_its_value() {
    let schema = json!({"type": "object", "properties": {"seats": {"minimum": 1}, "plan": {"enum": ["free", "team"]}}});
    let secret = json!({"seats": -4711, "plan": "hunter2"});
    let said = |inner: Composition| {
        let step = embedded("inner", inner).hands_over("all", "${inputs.all}");
        let mut desk = Desk::begin(&composition([step]).plan(), json!({"all": secret}));
        desk.decide();
        let told = desk.told();
        assert!(!told.contains("4711") && !told.contains("hunter2"), "{told}");
        told
    };
    insta::assert_snapshot!(said(composition([]).takes("all", schema.clone())), @r#"
    stepFailed {"step":"inner","failure":{"cause":"input","message":"input `all` of `test`: expected at least 1 at `/seats`; expected `free` or `team` at `/plan`"}}
    runFinished {"status":"failed"}
    "#);
    insta::assert_snapshot!(said(composition([]).input("all", true).of_schema(schema)), @r#"
    stepFailed {"step":"inner","failure":{"cause":"input","message":"input `all` of `test`: the value does not fit its schema"}}
    runFinished {"status":"failed"}
    "#);
}

#[test]
fn each_item_is_held_to_the_schema_and_the_run_may_go_on_without_those_that_break_it() {
    let inner = composition([post("a").body("n", "${inputs.n}")]).takes("n", json!({"minimum": 1}));
    let step = embedded("each", inner).for_each("inputs.all", 1).hands_over("n", "${item}").continues();
    let mut desk = Desk::begin(&composition([step]).plan(), json!({"all": [2, 0]}));
    desk.done("each[0]/a", json!({}));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"each","items":2}
    stepOpened {"step":"each[0]"}
    attemptStarted {"step":"each[0]/a","attempt":1,"request":{"n":2}}
    stepSucceeded {"step":"each[0]/a","attempt":1,"status":200,"result":{}}
    stepSucceeded {"step":"each[0]","result":{}}
    stepFailed {"step":"each[1]","failure":{"cause":"input","message":"input `n` of `test`: expected at least 1"}}
    stepFailed {"step":"each","failure":{"cause":"input","message":"`each[1]`: input `n` of `test`: expected at least 1"}}
    runFinished {"status":"succeeded"}
    "#);
}

#[test]
fn compositions_stand_in_compositions_and_a_failure_names_the_step_it_came_from() {
    let inmost = composition([post("a"), post("b").after(&["a"])]).output("b", "b", false);
    let middle = composition([embedded("deep", inmost)]).output("all", "deep", false);
    let plan = composition([embedded("top", middle)]).output("all", "top.all.b", false).plan();
    let mut desk = Desk::begin(&plan, json!({}));
    desk.done("top/deep/a", json!({}));
    desk.resume(json!({}));
    desk.done("top/deep/b", json!("done"));
    desk.decide();
    assert_eq!(serde_json::to_value(desk.run.outputs()).unwrap(), json!({"all": "done"}));
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"top"}
    stepOpened {"step":"top/deep"}
    attemptStarted {"step":"top/deep/a","attempt":1,"request":{}}
    stepSucceeded {"step":"top/deep/a","attempt":1,"status":200,"result":{}}
    attemptStarted {"step":"top/deep/b","attempt":1,"request":{}}
    stepSucceeded {"step":"top/deep/b","attempt":1,"status":200,"result":"done"}
    stepSucceeded {"step":"top/deep","result":{"b":"done"}}
    stepSucceeded {"step":"top","result":{"all":{"b":"done"}}}
    runFinished {"status":"succeeded","outputs":{"all":"done"}}
    "#);

    let mut desk = Desk::begin(&plan, json!({}));
    desk.failed("top/deep/a");
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"top"}
    stepOpened {"step":"top/deep"}
    attemptStarted {"step":"top/deep/a","attempt":1,"request":{}}
    stepFailed {"step":"top/deep/a","attempt":1,"failure":{"cause":"status","message":"`POST /a` responded 400 Bad Request","status":400}}
    stepFailed {"step":"top/deep","failure":{"cause":"status","message":"`top/deep/a`: `POST /a` responded 400 Bad Request","status":400}}
    stepFailed {"step":"top","failure":{"cause":"status","message":"`top/deep/a`: `POST /a` responded 400 Bad Request","status":400}}
    runFinished {"status":"failed"}
    "#);
}

#[test]
fn a_composition_is_run_for_each_item() {
    let step = embedded("each", create()).for_each("inputs.names", 1).hands_over("name", "${item}");
    let plan = composition([step]).output("ids", "each[*].id", false).plan();
    let mut desk = Desk::begin(&plan, json!({"names": ["a", "b"]}));
    desk.done("each[0]/create", json!({"id": 1}));
    desk.done("each[1]/create", json!({"id": 2}));
    desk.decide();
    assert_eq!(serde_json::to_value(desk.run.outputs()).unwrap(), json!({"ids": [1, 2]}));
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"each","items":2}
    stepOpened {"step":"each[0]"}
    attemptStarted {"step":"each[0]/create","attempt":1,"request":{"name":"a","limit":10}}
    stepSucceeded {"step":"each[0]/create","attempt":1,"status":200,"result":{"id":1}}
    stepSucceeded {"step":"each[0]","result":{"id":1}}
    stepOpened {"step":"each[1]"}
    attemptStarted {"step":"each[1]/create","attempt":1,"request":{"name":"b","limit":10}}
    stepSucceeded {"step":"each[1]/create","attempt":1,"status":200,"result":{"id":2}}
    stepSucceeded {"step":"each[1]","result":{"id":2}}
    stepSucceeded {"step":"each","result":[{"id":1},{"id":2}]}
    runFinished {"status":"succeeded","outputs":{"ids":[1,2]}}
    "#);
}

#[test]
fn a_composition_without_its_outputs_has_failed() {
    let inner = in_a_row([post("a").undone_by(post("undo")), post("b")]).output("id", "b.id", false);
    let plan = composition([embedded("inner", inner)]).plan();
    let mut desk = Desk::begin(&plan, json!({}));
    desk.done("inner/a", json!({}));
    desk.done("inner/b", json!({}));
    desk.done("inner/a:compensate", json!({}));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"inner"}
    attemptStarted {"step":"inner/a","attempt":1,"request":{}}
    stepSucceeded {"step":"inner/a","attempt":1,"status":200,"result":{}}
    attemptStarted {"step":"inner/b","attempt":1,"request":{}}
    stepSucceeded {"step":"inner/b","attempt":1,"status":200,"result":{}}
    stepFailed {"step":"inner","failure":{"cause":"unresolved","message":"output `id` has no value: `b.id` is absent"}}
    attemptStarted {"step":"inner/a:compensate","attempt":1,"request":{}}
    stepSucceeded {"step":"inner/a:compensate","attempt":1,"status":200,"result":{}}
    runFinished {"status":"compensated"}
    "#);
}

#[test]
fn a_composition_without_steps_is_done_at_once() {
    let inner = composition([]).input("x", false).output("x", "inputs.x", false);
    let plan = composition([embedded("inner", inner).hands_over("x", "y")]).plan();
    let mut desk = Desk::begin(&plan, json!({}));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"inner"}
    stepSucceeded {"step":"inner","result":{"x":"y"}}
    runFinished {"status":"succeeded"}
    "#);
}

#[test]
fn what_is_undone_before_the_run_goes_on_is_all_that_was_done_inside() {
    let inner =
        in_a_row([post("a").undone_by(post("undo-a")), post("b").undone_by(post("undo-b")), post("c")]);
    let steps = [
        post("before").undone_by(post("undo-before")),
        embedded("inner", inner).after(&["before"]).continues(),
        post("after").after(&["inner"]).body("x", "${inner ?? 'absent'}"),
    ];
    let mut desk = Desk::begin(&composition(steps).plan(), json!({}));
    desk.done("before", json!({}));
    desk.done("inner/a", json!({}));
    desk.done("inner/b", json!({}));
    desk.failed("inner/c");
    assert_eq!(desk.callable(), ["inner/b:compensate"], "and `after` waits for that");
    desk.done("inner/b:compensate", json!({}));
    desk.done("inner/a:compensate", json!({}));
    desk.done("after", json!({}));
    desk.decide();
    assert_eq!(desk.run.status(), Status::Succeeded);
    insta::assert_snapshot!(desk.told(), @r#"
    attemptStarted {"step":"before","attempt":1,"request":{}}
    stepSucceeded {"step":"before","attempt":1,"status":200,"result":{}}
    stepOpened {"step":"inner"}
    attemptStarted {"step":"inner/a","attempt":1,"request":{}}
    stepSucceeded {"step":"inner/a","attempt":1,"status":200,"result":{}}
    attemptStarted {"step":"inner/b","attempt":1,"request":{}}
    stepSucceeded {"step":"inner/b","attempt":1,"status":200,"result":{}}
    attemptStarted {"step":"inner/c","attempt":1,"request":{}}
    stepFailed {"step":"inner/c","attempt":1,"failure":{"cause":"status","message":"`POST /c` responded 400 Bad Request","status":400}}
    attemptStarted {"step":"inner/b:compensate","attempt":1,"request":{}}
    stepSucceeded {"step":"inner/b:compensate","attempt":1,"status":200,"result":{}}
    attemptStarted {"step":"inner/a:compensate","attempt":1,"request":{}}
    stepSucceeded {"step":"inner/a:compensate","attempt":1,"status":200,"result":{}}
    stepFailed {"step":"inner","failure":{"cause":"status","message":"`inner/c`: `POST /c` responded 400 Bad Request","status":400}}
    attemptStarted {"step":"after","attempt":1,"request":{"x":"absent"}}
    stepSucceeded {"step":"after","attempt":1,"status":200,"result":{}}
    runFinished {"status":"succeeded"}
    "#);
}

#[test]
fn what_is_asked_in_a_composition_that_failed_cannot_be_answered_any_more() {
    let inner = composition([external("ask"), post("bad")]);
    let steps = [embedded("inner", inner).continues(), external("other")];
    let mut desk = Desk::begin(&composition(steps).plan(), json!({}));
    desk.decide();
    assert!(desk.run.is_awaited("inner/ask"));
    desk.failed("inner/bad");
    desk.decide();
    assert!(!desk.run.is_awaited("inner/ask") && desk.run.is_awaited("other"));
    let answer = Intervention::Complete { step: "inner/ask".into(), result: json!(1), through: None };
    let refused = desk.intervene(&answer).unwrap_err();
    assert!(matches!(&refused, Refused::Phase(step, _) if step == "inner"));
    insta::assert_snapshot!(refused, @"`inner`: the step has already failed");
}
