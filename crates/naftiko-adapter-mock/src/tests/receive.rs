//! Requests that the HTTP adapter writes are parsed back unchanged, in every place and style.

use std::sync::Arc;

use naftiko_adapter::{Arguments, Call, Encoding, Method, Operation, Parameter, Place, RequestBody, Style};
use naftiko_wire::render;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{operation, parameter, with_body};
use crate::{Received, Router, Unroutable};

/// The styles with the places in which they are allowed.
const STYLES: [(Place, Style); 10] = [
    (Place::Path, Style::Simple),
    (Place::Path, Style::Label),
    (Place::Path, Style::Matrix),
    (Place::Query, Style::Form),
    (Place::Query, Style::SpaceDelimited),
    (Place::Query, Style::PipeDelimited),
    (Place::Query, Style::DeepObject),
    (Place::Header, Style::Simple),
    (Place::Cookie, Style::Form),
    (Place::Query, Style::Form),
];

fn receive(operation: &Operation, arguments: &Arguments) -> Option<Result<Call, Unroutable>> {
    let parts = render(operation, arguments).ok()?;
    let body = parts.body.unwrap_or_default();
    let request = Received {
        method: parts.method.as_str(),
        target: &parts.path_and_query,
        headers: &parts.headers,
        body: &body,
    };
    Some(Router::new([Arc::new(operation.clone())]).receive(&request))
}

fn schema_of(value: &Value) -> Value {
    match value {
        Value::Bool(_) => json!({"type": "boolean"}),
        Value::Number(_) => json!({"type": "number"}),
        Value::Array(items) => {
            json!({"type": "array", "items": items.first().map_or(json!(true), schema_of)})
        }
        Value::Object(fields) => {
            let properties: Map<String, Value> =
                fields.iter().map(|(name, value)| (name.clone(), schema_of(value))).collect();
            json!({"type": "object", "properties": properties})
        }
        _ => json!({"type": "string"}),
    }
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ -~é€]{1,8}".prop_map(Value::from),
        "[a-z]{1,8}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        scalar(),
        prop::collection::vec("[a-z &=+%/?#é]{1,6}", 1..4).prop_map(Value::from),
        prop::collection::vec(any::<u16>(), 1..4).prop_map(Value::from),
        prop::collection::btree_map("p|[a-z]{1,5}", "[a-z &]{1,6}", 1..4).prop_map(|map| map
            .into_iter()
            .map(|(name, text)| (name, Value::from(text)))
            .collect::<Map<_, _>>()
            .into()),
    ]
}

fn described(place: Place, style: Style, explode: bool, value: &Value) -> Operation {
    let path = if place == Place::Path { "/things/{p}/parts" } else { "/things" };
    let mut operation = operation(Method::Get, path, "200", None);
    let described = Parameter { style, explode, schema: schema_of(value), ..parameter(place, "p") };
    operation.parameters = vec![described];
    operation
}

proptest! {
    #[test]
    fn a_parameter_comes_back_as_it_was(
        (place, style) in prop::sample::select(&STYLES[..]),
        explode in any::<bool>(),
        value in value(),
    ) {
        let operation = described(place, style, explode, &value);
        let parameters = [((place, "p".to_owned()), value)].into_iter().collect();
        let arguments = Arguments { parameters, body: None };
        // Arguments without a written form are refused before they are sent.
        if let Some(received) = receive(&operation, &arguments) {
            prop_assert_eq!(received.map(|call| call.arguments), Ok(arguments));
        }
    }

    #[test]
    fn a_parameter_of_a_media_type_comes_back_as_it_was(
        place in prop::sample::select(&[Place::Query, Place::Header][..]),
        value in value(),
    ) {
        let mut operation = described(place, if place == Place::Query { Style::Form } else { Style::Simple }, false, &value);
        for parameter in &mut operation.parameters {
            parameter.content_type = Some("application/json".to_owned());
        }
        let parameters = [((place, "p".to_owned()), value)].into_iter().collect();
        let arguments = Arguments { parameters, body: None };
        let received = receive(&operation, &arguments).expect("any value has a form in JSON");
        prop_assert_eq!(received.map(|call| call.arguments), Ok(arguments));
    }

    #[test]
    fn a_body_comes_back_as_it_was(
        form in any::<bool>(),
        fields in prop::collection::btree_map("[a-z]{1,5}", value(), 1..4),
    ) {
        let body: Value = fields.into_iter().collect::<Map<_, _>>().into();
        let mut operation = with_body(operation(Method::Post, "/things", "201", None), schema_of(&body));
        if form {
            let content_type = "application/x-www-form-urlencoded".to_owned();
            operation.body = operation.body.map(|spec| RequestBody { content_type, ..spec });
        }
        let arguments = Arguments { body: Some(body), ..Arguments::default() };
        if let Some(received) = receive(&operation, &arguments) {
            prop_assert_eq!(received.map(|call| call.arguments), Ok(arguments));
        }
    }
}

#[test]
fn a_form_is_read_as_its_encodings_say() {
    let body = json!({
        "filter": {"state": "open", "size": "5"},
        "tags": ["a", "b"],
        "address": {"city": {"name": "Bern"}},
        "rows": [{"n": 1}, {"n": 2}],
        "name": "x & y"
    });
    let mut operation = with_body(operation(Method::Post, "/things", "201", None), schema_of(&body));
    let styled = |style, explode| Encoding { style: Some(style), explode, ..Encoding::default() };
    let json = Encoding { content_type: Some("application/json".to_owned()), ..Encoding::default() };
    operation.body = operation.body.map(|spec| RequestBody {
        content_type: "application/x-www-form-urlencoded".to_owned(),
        encoding: [
            ("filter".to_owned(), styled(Style::DeepObject, true)),
            ("tags".to_owned(), styled(Style::PipeDelimited, false)),
            ("rows".to_owned(), json),
        ]
        .into_iter()
        .collect(),
        ..spec
    });
    let arguments = Arguments { body: Some(body), ..Arguments::default() };
    let received = receive(&operation, &arguments).expect("it has a written form");
    assert_eq!(received.map(|call| call.arguments), Ok(arguments));
}

#[test]
fn most_of_what_there_is_has_a_written_form() {
    let values = [json!("a"), json!(["a", "b"]), json!({"a": "b"})];
    let mut written = 0;
    for (place, style) in STYLES {
        for explode in [false, true] {
            for value in &values {
                let operation = described(place, style, explode, value);
                let parameters = [((place, "p".to_owned()), value.clone())].into_iter().collect();
                written += usize::from(receive(&operation, &Arguments { parameters, body: None }).is_some());
            }
        }
    }
    assert_eq!(written, 60, "or the property above would hold of nothing");
}

fn routed(target: &str, method: &str) -> Result<String, Unroutable> {
    let operations = [
        operation(Method::Get, "/things/{id}", "200", None),
        operation(Method::Get, "/things/mine", "200", None),
        operation(Method::Delete, "/things/{id}", "204", None),
        operation(Method::Get, "/things/{id}/parts/{part}.json", "200", None),
        operation(Method::Post, "/token?grant=code", "200", None),
        operation(Method::Post, "/token?grant=refresh", "200", None),
        operation(Method::Get, "/a b", "200", None),
    ];
    let router = Router::new(operations.map(Arc::new));
    let request = Received { method, target, headers: &[], body: &[] };
    router.receive(&request).map(|call| call.operation.id.clone())
}

#[test]
fn the_route_that_says_most_is_meant() {
    for (target, method, expected) in [
        ("/things/1", "GET", "GET /things/{id}"),
        ("/things/mine", "GET", "GET /things/mine"),
        ("/things/mine", "DELETE", "DELETE /things/{id}"),
        ("/things/1/parts/2.json", "GET", "GET /things/{id}/parts/{part}.json"),
        ("/token?grant=refresh&x=1", "POST", "POST /token?grant=refresh"),
        ("/a%20b", "GET", "GET /a b"),
    ] {
        assert_eq!(routed(target, method).as_deref(), Ok(expected), "{target}");
    }
    assert_eq!(routed("/things", "GET"), Err(Unroutable::NoPath));
    assert_eq!(routed("/token", "POST"), Err(Unroutable::NoPath));
    assert_eq!(routed("/things/1", "PUT"), Err(Unroutable::OtherMethods(vec![Method::Get, Method::Delete])));
}

#[test]
fn a_body_that_cannot_be_read_says_why() {
    let operation = with_body(operation(Method::Post, "/things", "201", None), json!({"type": "object"}));
    let headers = [("content-type".to_owned(), "application/json".to_owned())];
    let request = Received { method: "POST", target: "/things", headers: &headers, body: b"{" };
    let refused = Router::new([Arc::new(operation)]).receive(&request).unwrap_err();
    assert!(
        matches!(&refused, Unroutable::Body(why) if why.starts_with("the body is not JSON")),
        "{refused:?}"
    );
}

#[test]
fn an_entry_with_the_name_of_its_parameter_arrives_as_an_entry_or_is_refused() {
    let value = json!({"p": "&", "q": "x"});
    let typed = |types: &str| {
        let types: Vec<&str> = types.split(' ').collect();
        json!({"type": types, "properties": {"p": {"type": "string"}}, "additionalProperties": {"type": "string"}})
    };
    for (place, style) in
        [(Place::Path, Style::Matrix), (Place::Query, Style::Form), (Place::Cookie, Style::Form)]
    {
        for (types, arrives) in [("object", true), ("object string", false), ("object array", false)] {
            let mut operation = described(place, style, true, &value);
            operation.parameters[0].schema = typed(types);
            for value in [&value, &json!({"p": "alone"})] {
                let parameters = [((place, "p".to_owned()), value.clone())].into_iter().collect();
                let arguments = Arguments { parameters, body: None };
                let received = receive(&operation, &arguments);
                assert_eq!(received.is_some(), arrives, "{place:?} {types}");
                if let Some(received) = received {
                    assert_eq!(received.map(|call| call.arguments), Ok(arguments), "{place:?} {types}");
                }
            }
        }
    }
}

#[test]
fn a_query_that_is_too_deep_is_refused_and_a_wide_one_is_read() {
    let mut operation = operation(Method::Get, "/things", "200", None);
    let described = Parameter {
        style: Style::DeepObject,
        explode: true,
        schema: json!({"type": "object"}),
        ..parameter(Place::Query, "p")
    };
    operation.parameters = vec![described];
    let router = Router::new([Arc::new(operation)]);
    let ask = |target: &str| {
        let request = Received { method: "GET", target, headers: &[], body: b"" };
        router.receive(&request).map(|call| call.arguments.parameters.into_values().next())
    };
    let deep = |keys: usize| format!("/things?p{}=1", "[a]".repeat(keys));
    assert!(matches!(ask(&deep(64)), Ok(Some(_))));
    for keys in [65, 100_000] {
        let refused = ask(&deep(keys));
        let expected = "a name that begins with `p` has more than 64 keys";
        assert!(matches!(&refused, Err(Unroutable::Query(why)) if why == expected), "{keys}");
    }
    let wide: Vec<String> = (0..100_000).map(|at| format!("p[k{at}]=1")).collect();
    let wide = ask(&format!("/things?{}", wide.join("&"))).unwrap();
    assert_eq!(wide.and_then(|value| value.as_object().map(Map::len)), Some(100_000));
}
