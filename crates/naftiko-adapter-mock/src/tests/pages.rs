//! Pagination of lists, in each of the usual ways.

use naftiko_adapter::{Method, Operation};
use serde_json::{Value, json};

use super::{ask, operation, with_body, with_query};
use crate::MockAdapter;

fn things() -> (MockAdapter, Vec<Value>) {
    let mock = MockAdapter::new(3);
    let thing = json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}});
    let create = with_body(operation(Method::Post, "/things", "201", Some(thing)), json!({"type": "object"}));
    let ids = (0..5).map(|_| ask(&mock, &create, &[], Some(json!({})))["id"].clone()).collect();
    (mock, ids)
}

fn list(fields: &Value, parameters: &[&str]) -> Operation {
    let mut properties = json!({"data": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}});
    properties.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let required: Vec<&String> = fields.as_object().unwrap().keys().collect();
    let page = json!({"type": "object", "required": required, "properties": properties});
    with_query(operation(Method::Get, "/things", "200", Some(page)), parameters)
}

fn ids(page: &Value) -> Vec<Value> {
    page["data"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect()
}

#[test]
fn a_cursor_leads_through_all_of_it_and_the_last_page_has_none() {
    let nested = json!({"meta": {"type": "object", "properties": {"after": {"type": ["string", "null"]}, "before": {"type": ["string", "null"]}}}});
    let flat = json!({"nextPageToken": {"type": "string"}});
    for (fields, place, parameter, last) in
        [(nested, "/meta/after", "after", Value::Null), (flat, "/nextPageToken", "pageToken", json!(""))]
    {
        let (mock, all) = things();
        let list = list(&fields, &[parameter, "limit", "before"]);
        let (mut seen, mut more) = (Vec::new(), vec![("limit", json!(2))]);
        let mut pages = 0;
        loop {
            let page = ask(&mock, &list, &more, None);
            seen.extend(ids(&page));
            pages += 1;
            let cursor = page.pointer(place).unwrap().clone();
            if cursor == last {
                break;
            }
            more = vec![("limit", json!(2)), (parameter, cursor)];
        }
        assert_eq!((seen, pages), (all, 3), "{parameter}");
    }
}

#[test]
fn all_of_it_is_one_page_unless_a_limit_is_asked_for() {
    let (mock, all) = things();
    let fields = json!({"meta": {"type": "object", "properties": {"after": {"type": "string"}}}});
    let page = ask(&mock, &list(&fields, &["after", "limit"]), &[], None);
    assert_eq!(ids(&page), all);
    assert_eq!(page.pointer("/meta/after"), None);
    for parameter in ["page", "offset"] {
        let list = list(&json!({}), &[parameter]);
        let count = |value: u32| ids(&ask(&mock, &list, &[(parameter, json!(value))], None)).len();
        let first = u32::from(parameter == "page");
        assert_eq!((count(first), count(first + 5)), (5, 0), "{parameter}");
    }
}

#[test]
fn numbers_and_offsets_choose_a_part_of_it() {
    let (mock, all) = things();
    let list = list(&json!({}), &["page", "offset", "limit"]);
    let part = |given: &[(&str, Value)]| ids(&ask(&mock, &list, given, None));
    assert_eq!(part(&[("page", json!(2)), ("limit", json!(2))]), all[2..4]);
    assert_eq!(part(&[("page", json!("3")), ("limit", json!(2))]), all[4..]);
    assert_eq!(part(&[("offset", json!(3)), ("limit", json!(9))]), all[3..]);
    assert_eq!(part(&[("offset", json!(5))]), [Value::Null; 0]);
}
