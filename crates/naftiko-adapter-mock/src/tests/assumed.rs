//! Real-world descriptions: ids of any name and pattern, and resources from before the run.

use naftiko_adapter::{Adapter as _, FailureKind, Method};
use serde_json::{Value, json};

use super::{ask, call, operation, status, with_body};
use crate::MockAdapter;

fn object(fields: &Value) -> Value {
    let required: Vec<&String> = fields.as_object().unwrap().keys().collect();
    json!({"type": "object", "required": required, "properties": fields})
}

fn text() -> Value {
    json!({"type": "string"})
}

#[test]
fn what_was_created_is_found_by_whatever_the_path_calls_its_id() {
    for (collection, parameter, id) in [
        ("/special-events", "eventId", "eventId"),
        ("/services", "Sid", "sid"),
        ("/tasks", "task_gid", "gid"),
        ("/labels", "name", "name"),
        ("/repos", "repo_slug", "slug"),
        ("/accounts", "account_id", "id"),
    ] {
        let mock = MockAdapter::new(3);
        let schema = object(&json!({ id: text(), "note": text() }));
        let create = operation(Method::Post, collection, "201", Some(schema.clone()));
        let create = with_body(create, json!({"type": "object"}));
        let find = operation(Method::Get, &format!("{collection}/{{{parameter}}}"), "200", Some(schema));
        let one = ask(&mock, &create, &[], Some(json!({"note": "mine", "name": "one", "slug": "one"})));
        let two = ask(&mock, &create, &[], Some(json!({"note": "yours", "name": "two", "slug": "two"})));
        assert_ne!(one[id], two[id], "{collection}");
        assert_eq!(ask(&mock, &find, &[(parameter, one[id].clone())], None), one, "{collection}");
        assert_eq!(ask(&mock, &find, &[(parameter, two[id].clone())], None), two, "{collection}");
    }
}

#[test]
fn a_summary_and_the_whole_are_one_resource() {
    let mock = MockAdapter::new(1);
    let summary = object(&json!({"envelopeId": text(), "status": text()}));
    let whole = object(&json!({"envelopeId": text(), "subject": text(), "status": text()}));
    let mut create =
        operation(Method::Post, "/envelopes", "201", Some(json!({"$ref": "#/$defs/EnvelopeSummary"})));
    create.definitions.insert("EnvelopeSummary".to_owned(), summary);
    let create = with_body(create, json!({"type": "object"}));
    let mut find =
        operation(Method::Get, "/envelopes/{envelopeId}", "200", Some(json!({"$ref": "#/$defs/Envelope"})));
    find.definitions.insert("Envelope".to_owned(), whole);
    let created = ask(&mock, &create, &[], Some(json!({"status": "sent"})));
    let found = ask(&mock, &find, &[("envelopeId", created["envelopeId"].clone())], None);
    assert_eq!((&found["envelopeId"], &found["status"]), (&created["envelopeId"], &json!("sent")));
}

#[test]
fn ids_match_their_pattern_and_are_new_each_time() {
    let mock = MockAdapter::new(1);
    for pattern in ["^(0|[1-9][0-9]*)$", "^AC[0-9a-f]{32}$", r"^(?!x)[a-z]{3}-\d{6}$"] {
        let schema = object(&json!({"id": {"type": "string", "pattern": pattern}}));
        let create = operation(Method::Post, "/messages", "201", Some(schema));
        let made = [ask(&mock, &create, &[], None), ask(&mock, &create, &[], None)];
        assert_ne!(made[0], made[1], "{pattern}");
        let exact = pattern.replace("(?!x)", "");
        let pattern = regex::Regex::new(&exact).unwrap();
        assert!(made.iter().all(|made| pattern.is_match(made["id"].as_str().unwrap())), "{made:?}");
    }
}

#[test]
fn what_was_created_without_an_answer_is_found_by_its_name() {
    let mock = MockAdapter::new(1);
    let create = operation(Method::Post, "/projects", "201", None);
    let create = with_body(create, json!({"type": "object"}));
    assert_eq!(status(&mock, &create, &[], Some(json!({"project_name": "demo", "public": true}))), 201);
    let schema =
        object(&json!({"project_id": {"type": "integer"}, "name": text(), "public": {"type": "boolean"}}));
    let find = operation(Method::Get, "/projects/{project_name_or_id}", "200", Some(schema));
    let found = ask(&mock, &find, &[("project_name_or_id", json!("demo"))], None);
    assert_eq!((&found["name"], &found["public"]), (&json!("demo"), &json!(true)));
    assert_eq!(ask(&mock, &find, &[("project_name_or_id", found["project_id"].clone())], None), found);
    assert_eq!(ask(&mock, &find, &[("project_name_or_id", json!("demo"))], None), found);
}

#[test]
fn what_was_created_before_the_run_can_be_read_changed_and_deleted_once() {
    let mock = MockAdapter::new(1);
    let schema = object(&json!({"id": text(), "name": text()}));
    let path = "/users/{id}";
    let find = operation(Method::Get, path, "200", Some(schema.clone()));
    let change = with_body(operation(Method::Patch, path, "200", Some(schema)), json!({"type": "object"}));
    let delete = operation(Method::Delete, path, "204", None);
    let id = [("id", json!("u1"))];
    assert_eq!(ask(&mock, &find, &id, None)["id"], "u1");
    let changed = ask(&mock, &change, &id, Some(json!({"name": "Ann"})));
    assert_eq!(changed, json!({"id": "u1", "name": "Ann"}));
    assert_eq!(ask(&mock, &find, &id, None), changed);
    assert_eq!(status(&mock, &delete, &id, None), 204);
    for (operation, body) in [(&find, None), (&delete, None), (&change, Some(json!({})))] {
        assert_eq!(status(&mock, operation, &id, body), 404);
    }
    let other = [("id", json!("u2"))];
    assert_eq!(status(&mock, &delete, &other, None), 204);
    assert_eq!(status(&mock, &find, &other, None), 404);
}

#[test]
fn a_put_creates() {
    let mock = MockAdapter::new(1);
    let schema = object(&json!({"id": text(), "name": text()}));
    let put = with_body(
        operation(Method::Put, "/users/{id}", "200", Some(schema.clone())),
        json!({"type": "object"}),
    );
    let find = operation(Method::Get, "/users/{id}", "200", Some(schema));
    let id = [("id", json!("u1"))];
    let created = ask(&mock, &put, &id, Some(json!({"name": "Ann"})));
    assert_eq!(created, json!({"id": "u1", "name": "Ann"}));
    assert_eq!(ask(&mock, &find, &id, None), created);
}

#[test]
fn an_answer_fits_a_schema_whose_first_branch_does_not() {
    let mock = MockAdapter::new(1);
    let schema = json!({
        "type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}, "size": {"type": "integer"}},
        "oneOf": [{"required": ["size"], "properties": {"kind": {"const": "big"}}}, {"properties": {"kind": {"const": "small"}, "size": false}}],
        "not": {"required": ["size"]},
    });
    let get = operation(Method::Get, "/shape", "200", Some(schema.clone()));
    let made = ask(&mock, &get, &[], None);
    assert!(jsonschema::draft202012::is_valid(&schema, &made), "{made}");
}

#[tokio::test]
async fn a_poll_that_nothing_can_end_fails_and_names_the_line_that_ends_it() {
    let mock = MockAdapter::new(1);
    let status = json!({"type": "string", "enum": ["open", "solved"]});
    let get = operation(
        Method::Get,
        "/tickets/{id}",
        "200",
        Some(object(&json!({"id": text(), "status": status}))),
    );
    let mut call = call(&get, &[("id", json!("t1"))], None);
    let mut outcome = Ok(());
    while outcome.is_ok() && call.attempt < 1_000 {
        call.attempt += 1;
        outcome = mock.invoke(&call).await.map(|_| ());
    }
    let failure = outcome.unwrap_err();
    assert_eq!((failure.kind, call.attempt < 102), (FailureKind::Refused, true));
    let line = format!("operations: {{{}: [{{times: 3}}, {{patch: {{status: solved}}}}]}}", get.id);
    assert!(failure.message.contains(&line), "{}", failure.message);
    assert!(mock.say(&call).is_ok());
}
