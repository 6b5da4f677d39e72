//! Unusual forms of APIs, and the calls that the mock refuses.

use std::slice::from_ref;

use naftiko_adapter::{FailureKind, Method, Operation};
use serde_json::{Value, json};

use super::{ask, call, operation, say, status, with_body, with_definitions, with_query};
use crate::MockAdapter;

fn thing() -> Value {
    json!({
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "integer", "minimum": 1},
            "title": {"type": "string"},
            "done": {"type": "boolean"},
            "shelfId": {"type": "integer"}
        }
    })
}

fn post(path: &str, schema: Value) -> Operation {
    with_body(operation(Method::Post, path, "201", Some(schema)), json!({"type": "object"}))
}

#[test]
fn a_plain_array_and_integer_ids() {
    let mock = MockAdapter::new(1);
    let created =
        ask(&mock, &post("/shelves/{shelfId}/things", thing()), &[("shelfId", json!("12"))], Some(json!({})));
    assert_eq!(created["shelfId"], 12);
    let all = json!({"type": "array", "items": thing()});
    let list = operation(Method::Get, "/shelves/{shelfId}/things", "200", Some(all));
    assert_eq!(ask(&mock, &list, &[("shelfId", json!(12))], None), json!([created]));
    let elsewhere = ask(&mock, &list, &[("shelfId", json!(13))], None);
    assert_eq!(elsewhere[0]["shelfId"], 13);
    assert_ne!(elsewhere[0]["id"], created["id"]);
    // A path carries only text.
    let find = operation(Method::Get, "/things/{thingId}", "200", Some(thing()));
    assert_eq!(ask(&mock, &find, &[("thingId", json!(created["id"].to_string()))], None), created);
    // A resource that the run did not create is assumed to exist from before the run.
    assert_eq!(ask(&mock, &find, &[("thingId", json!(7))], None)["id"], 7);
}

#[test]
fn an_answer_that_wraps_its_resource() {
    let mock = MockAdapter::new(1);
    let wrapped = json!({"type": "object", "properties": {"data": thing(), "ok": {"const": true}}});
    let created = ask(&mock, &post("/things", wrapped.clone()), &[], Some(json!({"title": "lamp"})));
    assert_eq!((&created["data"]["title"], &created["ok"]), (&json!("lamp"), &json!(true)));
    let find = operation(Method::Get, "/things/{id}", "200", Some(wrapped));
    assert_eq!(ask(&mock, &find, &[("id", created["data"]["id"].clone())], None), created);
}

#[test]
fn a_resource_is_found_by_another_of_its_fields() {
    let mock = MockAdapter::new(1);
    let created = ask(&mock, &post("/things", thing()), &[], Some(json!({"title": "lamp"})));
    let find = operation(Method::Get, "/things/by_title/{title}", "200", Some(thing()));
    assert_eq!(ask(&mock, &find, &[("title", json!("lamp"))], None), created);
    let assumed = ask(&mock, &find, &[("title", json!("desk"))], None);
    assert_eq!(assumed["title"], "desk");
    assert_eq!(ask(&mock, &find, &[("title", json!("desk"))], None), assumed);
}

#[test]
fn a_name_that_the_caller_chooses_can_be_new() {
    let mock = MockAdapter::new(1);
    let put =
        with_body(operation(Method::Put, "/things/{title}", "200", Some(thing())), json!({"type": "object"}));
    let title = [("title", json!("lamp"))];
    let created = ask(&mock, &put, &title, Some(json!({"done": true})));
    assert_eq!((&created["title"], &created["done"]), (&json!("lamp"), &json!(true)));
    assert_eq!(ask(&mock, &put, &title, Some(json!({"done": false})))["id"], created["id"]);
    let delete = operation(Method::Delete, "/things/{title}", "204", None);
    assert_eq!(status(&mock, &delete, &title, None), 204);
    assert_eq!(status(&mock, &delete, &title, None), 404);
}

#[test]
fn what_was_put_somewhere_can_be_taken_away_once() {
    let mock = MockAdapter::new(1);
    let path = "/flags/{slug}/targets/{userId}";
    let on = operation(Method::Post, path, "204", None);
    let off = operation(Method::Delete, path, "204", None);
    let target = [("slug", json!("beta")), ("userId", json!("user_1"))];
    assert_eq!(status(&mock, &on, &target, None), 204);
    assert_eq!(status(&mock, &off, &target, None), 204);
    assert_eq!(status(&mock, &off, &target, None), 404);
}

#[test]
fn what_has_no_id_still_has_the_name_it_is_asked_by() {
    let mock = MockAdapter::new(1);
    let role = json!({"type": "object", "properties": {"slug": {"type": "string", "example": "admin"}}});
    let get = operation(Method::Get, "/roles/{slug}", "200", Some(role));
    assert_eq!(ask(&mock, &get, &[("slug", json!("member"))], None), json!({"slug": "member"}));
}

#[test]
fn a_body_of_another_branch_is_complete_too() {
    let mock = MockAdapter::new(1);
    let by_id = json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}});
    let by_name = json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}});
    let check = operation(Method::Post, "/check", "200", Some(json!({"type": "object"})));
    let check = with_body(check, json!({"oneOf": [by_id, by_name]}));
    assert_eq!(status(&mock, &check, &[], Some(json!({"name": "x"}))), 200);
    assert_eq!(status(&mock, &check, &[], Some(json!({"id": "x"}))), 200);
    assert!(say(&mock, &call(&check, &[], Some(json!({})))).is_err());
}

#[test]
fn what_lies_inside_refers_to_what_the_whole_refers_to() {
    let mock = MockAdapter::new(1);
    let group = json!({
        "type": "object",
        "properties": {"name": {"type": "string"}, "directory_id": {"type": "string", "example": "directory_0123"}}
    });
    let user = json!({
        "type": "object",
        "properties": {
            "groups": {"type": "array", "items": group},
            "directory_id": {"type": "string", "example": "directory_0123"},
            "id": {"type": "string", "example": "user_0123"}
        }
    });
    let list = operation(Method::Get, "/users", "200", Some(json!({"type": "array", "items": user})));
    let users = ask(&mock, &list, &[], None);
    assert_eq!(users[0]["groups"][0]["directory_id"], users[0]["directory_id"]);
    let id = users[0]["directory_id"].as_str().unwrap_or_default();
    assert!(id.starts_with("directory_01") && id.len() == "directory_".len() + 26, "{id}");
}

#[test]
fn an_action_changes_what_it_acts_upon() {
    let mock = MockAdapter::new(1);
    let created = ask(&mock, &post("/things", thing()), &[], Some(json!({"title": "lamp", "done": false})));
    let finish = post("/things/{id}/finish", thing());
    let id = [("id", created["id"].clone())];
    let finished = ask(&mock, &finish, &id, Some(json!({"done": true})));
    assert_eq!(
        finished,
        json!({"id": created["id"], "title": "lamp", "done": true, "shelfId": created["shelfId"]})
    );
    assert_eq!(ask(&mock, &finish, &[("id", json!(7))], Some(json!({})))["id"], 7);
}

#[test]
fn a_change_without_an_answer_is_seen_afterwards() {
    let mock = MockAdapter::new(1);
    let created = ask(&mock, &post("/things", thing()), &[], Some(json!({"title": "lamp"})));
    let change = with_body(operation(Method::Patch, "/things/{id}", "204", None), json!({"type": "object"}));
    let id = [("id", created["id"].clone())];
    assert_eq!(
        ask(&mock, &change, &id, Some(json!({"title": "desk", "done": "not a boolean"}))),
        Value::Null
    );
    let find = operation(Method::Get, "/things/{id}", "200", Some(thing()));
    let found = ask(&mock, &find, &id, None);
    assert_eq!((&found["title"], &found["done"]), (&json!("desk"), &created["done"]));
}

#[test]
fn what_is_no_resource_stays_the_same_until_somebody_changes_it() {
    let mock = MockAdapter::new(1);
    let settings = json!({
        "type": "object",
        "properties": {"token": {"type": "string", "format": "uuid"}, "color": {"type": "string"}}
    });
    let read = with_query(operation(Method::Get, "/settings", "200", Some(settings.clone())), &["page"]);
    let write =
        with_body(operation(Method::Put, "/settings", "200", Some(settings)), json!({"type": "object"}));
    let before = ask(&mock, &read, &[], None);
    assert_eq!(ask(&mock, &read, &[("page", json!(1))], None), before);
    let after = ask(&mock, &write, &[], Some(json!({"color": "red"})));
    assert_eq!(after, json!({"token": before["token"], "color": "red"}));
    assert_eq!(ask(&mock, &read, &[], None), after);
}

#[test]
fn an_answer_without_a_schema_is_its_example() {
    let mock = MockAdapter::new(1);
    let mut ping = operation(Method::Get, "/ping", "200", None);
    assert_eq!(ask(&mock, &ping, &[], None), Value::Null);
    ping.responses[0].examples.push(json!("pong"));
    assert_eq!(ask(&mock, &ping, &[], None), json!("pong"));
    ping.responses.clear();
    assert_eq!(status(&mock, &ping, &[], None), 200);
}

#[test]
fn an_example_of_the_whole_answer_is_taken_apart() {
    let mock = MockAdapter::new(1);
    let mut create = post("/things", thing());
    create.responses[0].examples.push(json!({"id": 5, "title": "from the example", "shelfId": 3}));
    let created = ask(&mock, &create, &[], Some(json!({"done": true})));
    assert_eq!((&created["title"], &created["done"]), (&json!("from the example"), &json!(true)));
    assert_ne!(created["id"], 5);
}

#[test]
fn a_repeat_with_the_same_key_has_no_second_effect() {
    let mock = MockAdapter::new(1);
    let mut create = post("/things", thing());
    create.idempotency_key = Some("Idempotency-Key".to_owned());
    let with_key = |key: &str| {
        let mut call = call(&create, &[], Some(json!({})));
        call.idempotency_key = Some(key.to_owned());
        say(&mock, &call).expect("an answer").body
    };
    let first = with_key("a");
    assert_eq!(with_key("a"), first);
    assert_ne!(with_key("b")["id"], first["id"]);
}

#[test]
fn counts_count() {
    let mock = MockAdapter::new(1);
    for _ in 0..3 {
        ask(&mock, &post("/things", thing()), &[], Some(json!({})));
    }
    let page = json!({
        "type": "object",
        "properties": {
            "total": {"type": "integer", "example": 99},
            "items": {"type": "array", "items": thing()},
            "next": {"type": ["string", "null"], "example": "more"}
        }
    });
    let page = ask(&mock, &operation(Method::Get, "/things", "200", Some(page)), &[], None);
    assert_eq!((&page["total"], &page["next"]), (&json!(3), &Value::Null));
    assert_eq!(page["items"].as_array().map(Vec::len), Some(3));
}

#[test]
fn what_a_real_adapter_refuses_is_refused() {
    let mock = MockAdapter::new(1);
    let body = json!({"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}});
    let mut create = with_body(operation(Method::Post, "/shelves/{id}/things", "201", Some(thing())), body);
    create = with_query(create, &["dry"]);
    let full = json!({"title": "lamp"});
    let refusal = |given: &[(&str, Value)], body: Option<Value>| {
        let failure = say(&mock, &call(&create, given, body)).expect_err("this has to be refused");
        assert_eq!(failure.kind, FailureKind::Refused);
        failure.message
    };
    let id = ("id", json!(1));
    assert_eq!(refusal(&[], Some(full.clone())), "the path parameter `id` is required and missing");
    assert_eq!(refusal(&[("id", json!(""))], Some(full.clone())), "the path parameter `id` is empty");
    assert_eq!(
        refusal(&[id.clone(), ("dry", json!(null))], Some(full.clone())),
        "`dry` is or contains null, which cannot be serialized"
    );
    let unknown = refusal(&[id.clone(), ("dri", json!(1))], Some(full.clone()));
    assert_eq!(unknown, "`POST /shelves/{id}/things` has no query parameter `dri`");
    assert_eq!(refusal(from_ref(&id), None), "`POST /shelves/{id}/things` requires a body");
    let without = refusal(from_ref(&id), Some(json!({})));
    assert_eq!(without, "the body does not fit its description: `title` is missing");
    assert_eq!(status(&mock, &create, &[id], Some(full)), 201);
}

#[test]
fn recursive_schemas_end() {
    let mock = MockAdapter::new(1);
    let definitions = json!({
        "Node": {
            "type": "object",
            "required": ["label", "children"],
            "properties": {
                "label": {"type": "string"},
                "parent": {"$ref": "#/$defs/Node"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}}
            }
        },
        "Endless": {
            "type": "object",
            "required": ["left", "right"],
            "properties": {"left": {"$ref": "#/$defs/Endless"}, "right": {"$ref": "#/$defs/Endless"}}
        },
        "Circle": {"$ref": "#/$defs/Circle"}
    });
    let get = |name: &str| {
        let schema = json!({"$ref": format!("#/$defs/{name}")});
        with_definitions(operation(Method::Get, "/tree", "200", Some(schema)), &definitions)
    };
    assert_eq!(ask(&mock, &get("Node"), &[], None), json!({"label": "label", "children": []}));
    let mut found = ask(&MockAdapter::new(1), &get("Endless"), &[], None);
    let mut depth = 0;
    while let Some(left) = found.get_mut("left") {
        found = left.take();
        depth += 1;
    }
    assert!(depth > 0, "no value fits it, and yet there is an answer");
    assert_eq!(ask(&MockAdapter::new(1), &get("Circle"), &[], None), Value::Null);
}

#[test]
fn a_schema_that_doubles_with_every_level_ends() {
    let mut definitions = serde_json::Map::new();
    definitions.insert("N0".to_owned(), json!({"type": "string"}));
    for level in 1..60 {
        let below = json!({"$ref": format!("#/$defs/N{}", level - 1)});
        let schema = json!({"type": "object", "required": ["a"], "properties": {"a": below, "b": below}});
        definitions.insert(format!("N{level}"), schema);
    }
    let schema = json!({"$ref": "#/$defs/N59"});
    let get = with_definitions(operation(Method::Get, "/deep", "200", Some(schema)), &definitions.into());
    assert!(ask(&MockAdapter::new(1), &get, &[], None).is_object());
}
