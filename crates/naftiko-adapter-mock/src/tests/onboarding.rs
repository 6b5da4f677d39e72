//! The onboarding of a customer, over schemas in the style of WorkOS.

use naftiko_adapter::{Method, Operation};
use serde_json::{Value, json};

use super::{ask, operation, status, with_body, with_definitions, with_query};
use crate::MockAdapter;

const PAGING: [&str; 4] = ["limit", "before", "after", "order"];

fn definitions() -> Value {
    json!({
        "Organization": {
            "type": "object",
            "required": ["object", "id", "name", "domains", "metadata", "created_at", "updated_at"],
            "properties": {
                "object": {"type": "string", "const": "organization"},
                "id": {"type": "string", "example": "org_01EHWNCE74X7JSDV0X3SZ3KJNY"},
                "name": {"type": "string", "example": "Acme Inc."},
                "domains": {"type": "array", "items": {"$ref": "#/$defs/OrganizationDomain"}},
                "metadata": {"type": "object", "additionalProperties": {"type": "string"}, "example": {"tier": "x"}},
                "external_id": {"type": ["string", "null"]},
                "created_at": {"type": "string", "format": "date-time", "example": "2020-01-01T00:00:00.000Z"},
                "updated_at": {"type": "string", "format": "date-time", "example": "2020-01-01T00:00:00.000Z"}
            }
        },
        "OrganizationDomain": {
            "type": "object",
            "required": ["object", "id", "organization_id", "domain"],
            "properties": {
                "domain": {"type": "string", "example": "foo-corp.com"},
                "object": {"type": "string", "const": "organization_domain"},
                "organization_id": {"type": "string", "example": "org_01HE8GSH8FQPASKSY27THRKRBP"},
                "id": {"type": "string", "example": "org_domain_01EHZNVPK2QXHMVWCEDQEKY69A"},
                "state": {"type": "string", "enum": ["failed", "pending", "verified"], "example": "pending"}
            }
        },
        "Connection": {
            "type": "object",
            "required": ["object", "id", "state"],
            "properties": {
                "object": {"type": "string", "const": "connection"},
                "id": {"type": "string", "example": "conn_01E4ZCR3C56J083X43JQXF3JK5"},
                "organization_id": {"type": "string", "example": "org_01EHWNCE74X7JSDV0X3SZ3KJNY"},
                "connection_type": {"type": "string", "enum": ["ADFSSAML", "OktaSAML"], "example": "OktaSAML"},
                "state": {"type": "string", "enum": ["requires_type", "draft", "active"], "example": "active"}
            }
        },
        "Directory": {
            "type": "object",
            "required": ["object", "id", "state", "organization_id"],
            "properties": {
                "object": {"type": "string", "const": "directory"},
                "id": {"type": "string", "example": "directory_01ECAZ4NV9QMV47GW873HDCX74"},
                "organization_id": {"type": "string", "example": "org_01EHWNCE74X7JSDV0X3SZ3KJNY"},
                "state": {"type": "string", "enum": ["linked", "unlinked"], "example": "linked"}
            }
        },
        "DirectoryUser": {
            "type": "object",
            "required": ["id", "directory_id"],
            "properties": {
                "object": {"type": "string", "const": "directory_user"},
                "id": {"type": "string", "example": "directory_user_01E1JG7J09H96KYP8HM9B0G5SJ"},
                "directory_id": {"type": "string", "example": "directory_01ECAZ4NV9QMV47GW873HDCX74"},
                "organization_id": {"type": ["string", "null"]},
                "email": {"type": "string", "example": "marcelina.davis@example.com"}
            }
        },
        "ListMetadata": {
            "type": "object",
            "required": ["before", "after"],
            "properties": {
                "before": {"type": ["string", "null"], "example": "org_01"},
                "after": {"type": ["string", "null"], "example": "org_02"}
            }
        }
    })
}

fn one(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

fn many(name: &str) -> Value {
    json!({
        "type": "object",
        "required": ["object", "data", "list_metadata"],
        "properties": {
            "object": {"type": "string", "const": "list"},
            "data": {"type": "array", "items": {"$ref": format!("#/$defs/{name}")}},
            "list_metadata": {"$ref": "#/$defs/ListMetadata"}
        }
    })
}

fn list(path: &str, name: &str, filters: &[&str]) -> Operation {
    let operation = with_query(operation(Method::Get, path, "200", Some(many(name))), &PAGING);
    with_definitions(with_query(operation, filters), &definitions())
}

fn create_organization() -> Operation {
    let body = json!({
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "domains": {"type": "array", "items": {"type": "string"}}}
    });
    with_definitions(
        with_body(operation(Method::Post, "/organizations", "201", Some(one("Organization"))), body),
        &definitions(),
    )
}

fn list_connections() -> Operation {
    list("/connections", "Connection", &["organization_id", "connection_type", "search"])
}

fn list_directories() -> Operation {
    list("/directories", "Directory", &["organization_id", "search"])
}

fn list_users() -> Operation {
    list("/directory_users", "DirectoryUser", &["directory", "group"])
}

#[test]
fn what_is_created_echoes_what_was_asked_for() {
    let mock = MockAdapter::new(7);
    let body = json!({"name": "Umbrella", "domains": ["umbrella.test"], "metadata": {"plan": "gold"}});
    let organization = ask(&mock, &create_organization(), &[], Some(body));
    insta::assert_json_snapshot!(organization, @r#"
    {
      "object": "organization",
      "id": "org_0159SA3J0VP7DAMD20AS9MFN04",
      "name": "Umbrella",
      "domains": [
        {
          "domain": "umbrella.test",
          "object": "organization_domain",
          "organization_id": "org_0159SA3J0VP7DAMD20AS9MFN04",
          "id": "org_domain_011H0RSCSMRFT2W5H6Z3TEVCEH",
          "state": "pending"
        }
      ],
      "metadata": {
        "plan": "gold"
      },
      "external_id": null,
      "created_at": "2026-01-15T12:00:00Z",
      "updated_at": "2026-01-15T12:00:00Z"
    }
    "#);
    assert_eq!(organization["domains"][0]["organization_id"], organization["id"]);
}

#[test]
fn a_list_that_is_scoped_to_what_was_created_finds_what_came_with_it() {
    let mock = MockAdapter::new(7);
    let organization = ask(&mock, &create_organization(), &[], Some(json!({"name": "Umbrella"})));
    let scope = [("organization_id", organization["id"].clone())];
    let connections = ask(&mock, &list_connections(), &scope, None);
    insta::assert_json_snapshot!(connections, @r#"
    {
      "object": "list",
      "data": [
        {
          "object": "connection",
          "id": "conn_01P9F5SW17WCF7BR4SZ3JFHB75",
          "organization_id": "org_0159SA3J0VP7DAMD20AS9MFN04",
          "connection_type": "OktaSAML",
          "state": "active"
        }
      ],
      "list_metadata": {
        "before": null,
        "after": null
      }
    }
    "#);
    let directories = ask(&mock, &list_directories(), &scope, None);
    assert_eq!(directories["data"][0]["state"], "linked");
    assert_eq!(directories["data"][0]["organization_id"], organization["id"]);
    let users = ask(&mock, &list_users(), &[("directory", directories["data"][0]["id"].clone())], None);
    assert_eq!(users["data"][0]["directory_id"], directories["data"][0]["id"]);
    assert_eq!(users["data"][0]["organization_id"], organization["id"]);
    // A second poll returns the same resource.
    assert_eq!(ask(&mock, &list_connections(), &scope, None), connections);
    assert_eq!(ask(&mock, &list_directories(), &scope, None), directories);
}

#[test]
fn every_tenant_has_its_own() {
    let mock = MockAdapter::new(7);
    let ids: Vec<Value> = ["One", "Two", "Three"]
        .map(|name| ask(&mock, &create_organization(), &[], Some(json!({ "name": name })))["id"].clone())
        .to_vec();
    let connection = |id: &Value| {
        ask(&mock, &list_connections(), &[("organization_id", id.clone())], None)["data"][0].clone()
    };
    let connections: Vec<Value> = ids.iter().map(connection).collect();
    for (id, connection) in ids.iter().zip(&connections) {
        assert_eq!(connection["organization_id"], *id);
    }
    assert_ne!(connections[0]["id"], connections[1]["id"]);
    assert_ne!(connections[1]["id"], connections[2]["id"]);
    // Without a filter, all resources are returned, up to the requested number.
    let count = |given: &[(&str, Value)]| {
        ask(&mock, &list_connections(), given, None)["data"].as_array().map(Vec::len)
    };
    assert_eq!(count(&[]), Some(3));
    assert_eq!(count(&[("limit", json!(2)), ("order", json!("asc"))]), Some(2));
    assert_eq!(count(&[("limit", json!(5)), ("after", connections[0]["id"].clone())]), Some(2));
    assert_eq!(count(&[("after", json!("conn_x"))]), Some(0));
    assert_eq!(count(&[("limit", json!("1"))]), Some(1));
}

#[test]
fn a_filter_that_nothing_can_hold_still_finds_the_same_again() {
    let mock = MockAdapter::new(7);
    let odd = [("connection_type", json!("NoSuchType"))];
    let first = ask(&mock, &list_connections(), &odd, None);
    assert_eq!(first["data"][0]["connection_type"], "OktaSAML");
    assert_eq!(ask(&mock, &list_connections(), &odd, None), first);
}

#[test]
fn the_rest_of_a_life() {
    let mock = MockAdapter::new(7);
    let at = |method, status, schema| {
        with_definitions(operation(method, "/organizations/{id}", status, schema), &definitions())
    };
    let find = at(Method::Get, "200", Some(one("Organization")));
    let change = with_body(at(Method::Put, "200", Some(one("Organization"))), json!({"type": "object"}));
    let delete = at(Method::Delete, "204", None);
    let organization = ask(&mock, &create_organization(), &[], Some(json!({"name": "Umbrella"})));
    let id = [("id", organization["id"].clone())];
    assert_eq!(ask(&mock, &find, &id, None), organization);
    let changed = ask(&mock, &change, &id, Some(json!({"name": "Acme", "id": "other", "external_id": "7"})));
    assert_eq!(changed["id"], organization["id"]);
    assert_eq!((&changed["name"], &changed["external_id"]), (&json!("Acme"), &json!("7")));
    assert_eq!(changed["created_at"], "2026-01-15T12:00:00Z");
    assert_eq!(changed["updated_at"], "2026-01-15T12:00:02Z");
    assert_eq!(ask(&mock, &find, &id, None), changed);
    assert_eq!(ask(&mock, &delete, &id, None), Value::Null);
    for operation in [&find, &delete] {
        assert_eq!(status(&mock, operation, &id, None), 404);
    }
    assert_eq!(status(&mock, &change, &id, Some(json!({}))), 404);
}

#[test]
fn a_part_is_found_by_its_own_id() {
    let mock = MockAdapter::new(7);
    let body = json!({"name": "Umbrella", "domains": ["umbrella.test", "umbrella.example"]});
    let organization = ask(&mock, &create_organization(), &[], Some(body));
    let find = operation(Method::Get, "/organization_domains/{id}", "200", Some(one("OrganizationDomain")));
    let find = with_definitions(find, &definitions());
    let second = &organization["domains"][1];
    assert_eq!(second["domain"], "umbrella.example");
    assert_eq!(ask(&mock, &find, &[("id", second["id"].clone())], None), *second);
}

/// The same document with the keys of every object in reverse order.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let entries: Vec<_> = map.iter().map(|(key, value)| (key.clone(), reversed(value))).collect();
            Value::Object(entries.into_iter().rev().collect())
        }
        Value::Array(items) => items.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

#[test]
fn the_order_in_which_a_document_writes_its_keys_decides_nothing() {
    let run = |turn: fn(&Value) -> Value| {
        let mock = MockAdapter::new(1);
        let turned = |operation: Operation| with_definitions(operation, &turn(&definitions()));
        let body = turn(
            &json!({"name": "Umbrella", "domains": ["umbrella.test"], "metadata": {"a": "1", "b": "2"}}),
        );
        let organization = ask(&mock, &turned(create_organization()), &[], Some(body));
        let users = ask(&mock, &turned(list_users()), &[], None);
        (organization, users, ask(&mock, &turned(list_directories()), &[], None))
    };
    assert_eq!(run(Value::clone), run(reversed));
}

#[test]
fn the_seed_and_the_calls_decide_everything() {
    let run = |seed, first: Value| {
        let mock = MockAdapter::new(seed);
        let organization = ask(&mock, &create_organization(), &[], Some(first));
        let scope = [("organization_id", organization["id"].clone())];
        (organization, ask(&mock, &list_directories(), &scope, None))
    };
    let body = json!({"name": "Umbrella", "domains": ["umbrella.test"]});
    let reordered = json!({"domains": ["umbrella.test"], "name": "Umbrella"});
    assert_eq!(run(1, body.clone()), run(1, reordered));
    assert_ne!(run(1, body.clone()).0["id"], run(2, body).0["id"]);
}
