//! A finished step exists even without a body: `exists(step)` is true exactly if the step was done.

use naftiko_adapter::ResponseSpec;
use serde_json::{Value, json};

use crate::tests::desk::{Desk, response};
use crate::tests::draft::{Draft, composition, embedded, external, in_a_row, post};

/// The values that the next step reads from a step that was answered with `status` and no body.
fn read(step: Draft, status: u16) -> Value {
    let id = step.name().to_owned();
    let then = post("then")
        .body("it", &format!("${{{id} ?? 'nothing'}}"))
        .body("done", &format!("${{exists({id})}}"));
    let mut desk = Desk::begin(&in_a_row([step, then]).plan(), json!({}));
    let call = desk.call_of(&id);
    desk.answer(&call, response(status, Value::Null));
    desk.resume(json!({}));
    desk.call().arguments.body.unwrap()
}

#[test]
fn an_answer_without_a_body_reads_as_an_object_without_fields() {
    let done = json!({"it": {}, "done": true});
    assert_eq!(read(post("remove"), 204), done, "nothing is described");
    let without = ResponseSpec { schema: None, content_type: None, examples: vec![] };
    assert_eq!(read(post("remove").answers("200", without.clone()), 200), done);
    let with = ResponseSpec {
        schema: Some(json!({"type": ["object", "null"]})),
        content_type: Some("application/json".into()),
        examples: vec![],
    };
    assert_eq!(read(post("remove").answers("200", with.clone()), 204), done, "204 has none by itself");
    // A null body is a body.
    let null = json!({"it": "nothing", "done": false});
    assert_eq!(read(post("remove").answers("200", with.clone()).answers("204", without), 200), null);
    assert_eq!(read(post("remove").answers("2XX", with), 202), null);
}

#[test]
fn an_answer_without_a_body_is_null_where_every_body_is_a_scalar_or_a_list() {
    let with = |schema: Value| ResponseSpec {
        schema: Some(schema),
        content_type: Some("application/json".into()),
        examples: vec![],
    };
    let null = json!({"it": "nothing", "done": false});
    for schema in [json!({"type": "string"}), json!({"type": "array"})] {
        assert_eq!(read(post("look").answers("200", with(schema)), 204), null);
    }
    let done = json!({"it": {}, "done": true});
    let either = post("look").answers("200", with(json!({"type": "string"})));
    assert_eq!(read(either.answers("201", with(json!({"type": "object"}))), 204), done);
}

#[test]
fn what_was_skipped_or_failed_is_absent_and_what_was_done_is_not() {
    let inner = in_a_row([
        post("fails").continues(),
        post("skipped").when("exists(fails)"),
        post("remove").when("!exists(skipped)").expects("!exists(response.body)"),
        post("audit").when("exists(remove)"),
        post("each").for_each("[1, 2]", 1),
        external("ask"),
    ]);
    let inner = inner.output("asked", "exists(ask) && exists(each[1])", false);
    let plan = composition([embedded("inner", inner)]).output("asked", "inner.asked", false).plan();
    let mut desk = Desk::begin(&plan, json!({}));
    desk.failed("inner/fails");
    for step in ["inner/remove", "inner/audit", "inner/each[0]", "inner/each[1]"] {
        desk.done(step, Value::Null);
    }
    desk.decide();
    desk.reply("inner/ask", Value::Null);
    desk.resume(json!({}));
    desk.decide();
    insta::assert_snapshot!(desk.told(), @r#"
    stepOpened {"step":"inner"}
    attemptStarted {"step":"inner/fails","attempt":1,"request":{}}
    stepFailed {"step":"inner/fails","attempt":1,"failure":{"cause":"status","message":"`POST /fails` responded 400 Bad Request","status":400}}
    stepSkipped {"step":"inner/skipped"}
    attemptStarted {"step":"inner/remove","attempt":1,"request":{}}
    stepSucceeded {"step":"inner/remove","attempt":1,"status":200,"result":null}
    attemptStarted {"step":"inner/audit","attempt":1,"request":{}}
    stepSucceeded {"step":"inner/audit","attempt":1,"status":200,"result":null}
    stepOpened {"step":"inner/each","items":2}
    attemptStarted {"step":"inner/each[0]","attempt":1,"request":{}}
    stepSucceeded {"step":"inner/each[0]","attempt":1,"status":200,"result":null}
    attemptStarted {"step":"inner/each[1]","attempt":1,"request":{}}
    stepSucceeded {"step":"inner/each[1]","attempt":1,"status":200,"result":null}
    stepSucceeded {"step":"inner/each","result":[{},{}]}
    stepAsked {"step":"inner/ask"}
    stepSucceeded {"step":"inner/ask","result":null,"through":"prompt"}
    stepSucceeded {"step":"inner","result":{"asked":true}}
    runFinished {"status":"succeeded","outputs":{"asked":true}}
    "#);
}
