//! Rendering of whole requests, and rejections before anything is sent.

use naftiko_adapter::{Arguments, Method, Operation, Parameter, Place, ResponseSpec};
use serde_json::{Value, json};

use super::{arguments, json_body, operation, parameter};
use crate::request::{RequestParts, render};

fn refusal(operation: &Operation, arguments: &Arguments) -> String {
    render(operation, arguments).expect_err("this has to be refused").message
}

fn path(template: &str, given: Value) -> Result<String, String> {
    let operation = operation(Method::Get, template, vec![parameter(Place::Path, "id")]);
    let parts = render(&operation, &arguments([(Place::Path, "id", given)]));
    parts.map(|parts| parts.path_and_query).map_err(|failure| failure.message)
}

fn header<'a>(parts: &'a RequestParts, name: &str) -> Option<&'a str> {
    parts.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[test]
fn a_path_is_filled_in() {
    let check = |template, given, expected: &str| assert_eq!(path(template, given).as_deref(), Ok(expected));
    check("/things/{id}", json!("a/b"), "/things/a%2Fb");
    check("things/{id}/parts", json!(7), "/things/7/parts");
    check("/things/{id}:close", json!("x"), "/things/x:close");
    check("/{id}/again/{id}", json!("x"), "/x/again/x");
    check("/a b/é/{id}", json!("x"), "/a%20b/%C3%A9/x");
    check("/things/{id}?action=close", json!("?"), "/things/%3F?action=close");
    check("/things/{id}", json!("{id}"), "/things/%7Bid%7D");
    check("/things/{id}", json!("..."), "/things/...");
    check("/things/{id}", json!("%2e%2e"), "/things/%252e%252e");
}

#[test]
fn a_path_that_would_lead_elsewhere_is_refused() {
    for given in [json!("."), json!(".."), json!(""), json!(null), json!([]), json!([""]), json!({})] {
        assert!(path("/things/{id}", given.clone()).is_err(), "{given}");
    }
    assert!(path("/things/.{id}", json!(".")).is_err());
    assert!(path("/things/%2E{id}", json!(".")).is_err());
    assert!(path("/things/../{id}", json!("x")).is_err());
}

#[test]
fn a_path_that_is_not_filled_is_refused() {
    let id = || vec![parameter(Place::Path, "id")];
    let given = arguments([(Place::Path, "id", json!("x"))]);
    let check = |template: &str, given: &Arguments, expected: &str| {
        assert_eq!(refusal(&operation(Method::Get, template, id()), given), expected);
    };
    check("/things/{id}", &Arguments::default(), "the path parameter `id` is required and missing");
    check("/{id}/{other}", &given, "`{other}` in the path of `Things_do` has no argument");
    check("/things/{id", &given, "the path of `Things_do` has a `{` without its `}`");
    check("/things", &given, "the path of `Things_do` has no place for `id`");
    let described_nowhere = operation(Method::Get, "/things/{id}", Vec::new());
    let message = refusal(&described_nowhere, &Arguments::default());
    assert_eq!(message, "`{id}` in the path of `Things_do` has no argument");
}

#[test]
fn query_parameters_come_in_the_order_of_the_description() {
    let parameters = ["b", "a", "c"].map(|name| parameter(Place::Query, name)).to_vec();
    let operation = operation(Method::Get, "/things", parameters);
    let given = arguments([(Place::Query, "a", json!(1)), (Place::Query, "b", json!("x y"))]);
    let parts = render(&operation, &given).expect("both can be written");
    assert_eq!(parts.path_and_query, "/things?b=x%20y&a=1");
    assert_eq!(parts.body, None);
}

#[test]
fn an_argument_that_belongs_nowhere_is_refused() {
    let operation = operation(Method::Get, "/things", vec![parameter(Place::Query, "id")]);
    let elsewhere = arguments([(Place::Header, "id", json!(1))]);
    assert_eq!(refusal(&operation, &elsewhere), "`Things_do` has no header parameter `id`");
    let body = Arguments { body: Some(json!({})), ..Arguments::default() };
    assert_eq!(refusal(&operation, &body), "`Things_do` takes no body");
}

#[test]
fn a_required_argument_that_is_missing_is_refused() {
    let required = Parameter { required: true, ..parameter(Place::Query, "tenant") };
    let mut operation = operation(Method::Post, "/things", vec![required]);
    let message = refusal(&operation, &Arguments::default());
    assert_eq!(message, "the query parameter `tenant` is required and missing");
    operation.parameters.clear();
    operation.body = Some(json_body(true));
    assert_eq!(refusal(&operation, &Arguments::default()), "`Things_do` requires a body");
    operation.body = Some(json_body(false));
    assert!(render(&operation, &Arguments::default()).is_ok());
}

#[test]
fn headers_and_cookies() {
    let parameters = vec![
        parameter(Place::Header, "X-Trace"),
        parameter(Place::Cookie, "session"),
        parameter(Place::Cookie, "tags"),
    ];
    let operation = operation(Method::Get, "/things", parameters);
    let given = arguments([
        (Place::Header, "X-Trace", json!("a b")),
        (Place::Cookie, "session", json!("s1")),
        (Place::Cookie, "tags", json!(["x", "y"])),
    ]);
    let parts = render(&operation, &given).expect("all can be written");
    assert_eq!(header(&parts, "x-trace"), Some("a b"));
    assert_eq!(header(&parts, "cookie"), Some("session=s1; tags=x; tags=y"));
    assert_eq!(header(&parts, "accept"), Some("application/json, */*;q=0.1"));
}

#[test]
fn a_header_that_is_not_an_argument_is_refused() {
    for name in ["Authorization", "Content-Type", "HOST", "Transfer-Encoding", "bad name", "x:y", ""] {
        let operation = operation(Method::Get, "/things", vec![parameter(Place::Header, name)]);
        refusal(&operation, &arguments([(Place::Header, name, json!("x"))]));
        // A described header without an argument is allowed.
        assert!(render(&operation, &Arguments::default()).is_ok());
    }
    let twice = vec![parameter(Place::Header, "X-A"), parameter(Place::Header, "x-a")];
    let given = arguments([(Place::Header, "X-A", json!(1)), (Place::Header, "x-a", json!(2))]);
    let message = refusal(&operation(Method::Get, "/", twice), &given);
    assert_eq!(message, "the header `x-a` is given twice");
}

#[test]
fn described_media_types_are_asked_for() {
    let mut operation = operation(Method::Get, "/things", Vec::new());
    let types =
        ["application/json; charset=utf-8", "application/json", "text/csv", "*/*", "a/b\r\nx: y", "odd"];
    for (status, content_type) in (200u16..).zip(types) {
        let content_type = Some(content_type.to_owned());
        let spec = ResponseSpec { content_type, schema: None, examples: Vec::new() };
        operation.responses.insert(status.to_string(), spec);
    }
    let parts = render(&operation, &Arguments::default()).expect("there is nothing to refuse");
    assert_eq!(header(&parts, "accept"), Some("application/json, text/csv, */*;q=0.1"));
}
