//! Round trips of bodies: a rendered body is parsed to the same value.

use indexmap::IndexMap;
use naftiko_adapter::{Arguments, Encoding, Method, Operation, Parameter, Place, RequestBody, Style};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::operation;
use crate::{body_refusal, read, render};

fn with_body(spec: RequestBody) -> Operation {
    Operation { body: Some(spec), ..operation(Method::Post, "/things", Vec::new()) }
}

/// The body parsed from the request that is rendered for a value, or the reason why there is none.
fn read_back(operation: &Operation, value: &Value) -> Result<Option<Value>, String> {
    let given = Arguments { body: Some(value.clone()), ..Arguments::default() };
    let parts = render(operation, &given).map_err(|refusal| refusal.message)?;
    let content_type = parts.headers.iter().find(|(name, _)| name == "content-type");
    let content_type = content_type.map(|(_, value)| value.as_str());
    read::body(operation, content_type, &parts.body.unwrap_or_default())
}

fn check(spec: RequestBody, value: &Value) {
    let operation = with_body(spec);
    assert_eq!(read_back(&operation, value), Ok(Some(value.clone())));
    assert_eq!(body_refusal(&operation, value), None);
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "count": {"type": "integer"},
            "on": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "matrix": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
            "address": {"type": "object", "properties": {"city": {"type": "string"}}},
            "rows": {"type": "array", "items": {"type": "object"}},
            "file": {"type": "string", "format": "binary"},
            "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        },
    })
}

fn styled(style: Style, explode: bool) -> Encoding {
    Encoding { style: Some(style), explode, ..Encoding::default() }
}

fn of_type(content_type: &str, explode: bool) -> Encoding {
    Encoding { content_type: Some(content_type.to_owned()), explode, ..Encoding::default() }
}

/// A body whose `tags`, `address`, `rows` and `matrix` have these encodings.
fn encoded(content_type: &str, encoding: &[(&str, Encoding)]) -> RequestBody {
    let encoding: IndexMap<String, Encoding> =
        encoding.iter().map(|(name, encoding)| ((*name).to_owned(), encoding.clone())).collect();
    RequestBody { encoding, ..RequestBody::new(content_type, true, schema()) }
}

const FORM: &str = "application/x-www-form-urlencoded";
const PARTS: &str = "multipart/form-data";

#[test]
fn a_form_comes_back_in_every_encoding() {
    let value = json!({
        "name": "x & y = é+%", "count": 5, "on": false, "tags": ["a", "b c"], "matrix": [[1], [2, 3]],
        "address": {"city": "Bern"}, "rows": [{"n": 1}, {"n": [2]}],
    });
    for content_type in [FORM, PARTS] {
        check(encoded(content_type, &[]), &value);
        for style in [Style::Form, Style::PipeDelimited, Style::TabDelimited] {
            check(encoded(content_type, &[("tags", styled(style, false))]), &value);
        }
        for style in [Style::Form, Style::SpaceDelimited, Style::DeepObject] {
            check(
                encoded(content_type, &[("tags", styled(style, true)), ("address", styled(style, true))]),
                &value,
            );
        }
        let deep = || styled(Style::DeepObject, true);
        let typed = json!({"name": "x", "rows": [{"n": "1"}, {"m": "a[b]"}], "matrix": [[1], [2, 3]]});
        check(encoded(content_type, &[("rows", deep()), ("matrix", deep())]), &typed);
        let json = || of_type("application/json", content_type == PARTS);
        check(encoded(content_type, &[("address", json()), ("name", json())]), &value);
    }
    check(encoded(FORM, &[("tags", of_type("application/json", false))]), &value);
    check(encoded(FORM, &[("tags", of_type("application/json", true))]), &value);
}

#[test]
fn files_come_back() {
    let png = "data:image/png;base64,iVBORw0KGgoA/w==";
    check(encoded(PARTS, &[]), &json!({"file": png, "files": [png, png], "name": "a.png"}));
    check(encoded(PARTS, &[]), &json!({"file": "some text\r\n"}));
    check(encoded(PARTS, &[("file", of_type("image/jpeg, image/png", false))]), &json!({"file": png}));
    check(encoded(PARTS, &[("file", of_type("image/*", false))]), &json!({"file": png}));
    check(encoded(PARTS, &[("file", styled(Style::Form, true))]), &json!({"file": png}));
}

#[test]
fn parts_without_names_come_back_in_their_order() {
    let schema = json!({"type": "array", "prefixItems": [{"type": "object"}, {"type": "string"}], "items": {"type": "integer"}});
    let spec = RequestBody {
        prefix_encoding: vec![Encoding::default(), of_type("text/csv", false)],
        item_encoding: Some(of_type("text/plain", false)),
        ..RequestBody::new("multipart/mixed", true, schema)
    };
    assert_eq!(
        read_back(&with_body(spec), &json!([{"a": 1}, "b,c", 5])),
        Ok(Some(json!([{"a": 1}, "b,c", "5"]))),
        "the items of a list are read alike"
    );
}

#[test]
fn text_and_bytes_come_back() {
    let spec = |content_type: &str| RequestBody::new(content_type, true, json!({"type": "string"}));
    check(spec("text/plain"), &json!("a\r\n é"));
    check(spec("text/plain"), &json!(""));
    check(spec("text/plain; charset=iso-8859-1"), &json!("é"));
    check(spec("application/xml"), &json!("<a>é</a>"));
    check(spec("application/x-ndjson"), &json!("{}\n{}\n"));
    check(spec("application/octet-stream"), &json!("data:;base64,AAH/"));
    check(RequestBody::new("text/plain", true, json!({"type": "integer"})), &json!(5));
}

#[test]
fn a_query_string_comes_back_as_a_whole() {
    let read_back = |content_type: &str, schema: Value, value: &Value, expected: &str| {
        let parameter = Parameter {
            style: Style::Querystring,
            content_type: Some(content_type.to_owned()),
            encoding: [("deep".to_owned(), styled(Style::DeepObject, true))].into_iter().collect(),
            ..Parameter::new("q", Place::Query, schema)
        };
        let operation = operation(Method::Get, "/things", vec![parameter]);
        let parameters = [((Place::Query, "q".to_owned()), value.clone())].into_iter().collect();
        let parts = render(&operation, &Arguments { parameters, body: None }).expect("it can be written");
        let (_, query) = parts.path_and_query.split_once('?').expect("a query");
        assert_eq!(query, expected);
        assert_eq!(read::query(&operation, &operation.parameters[0], query, &[]), Ok(Some(value.clone())));
    };
    let schema = json!({"type": "object", "properties": {"deep": {"type": "object"}}});
    read_back(FORM, schema, &json!({"a": "x y", "deep": {"b": "1"}}), "a=x+y&deep%5Bb%5D=1");
    let json = json!({"numbers": [1, 2], "flag": null});
    read_back("application/json", json!({}), &json, "%7B%22numbers%22%3A%5B1%2C2%5D%2C%22flag%22%3Anull%7D");
    read_back("application/jsonpath", json!({"type": "string"}), &json!("$.a.b[1:1]"), "%24.a.b%5B1%3A1%5D");
}

#[test]
fn a_name_cannot_come_from_two_parameters() {
    let parameters = vec![
        Parameter::new("page", Place::Query, json!({})),
        Parameter::new("filter", Place::Query, json!({})),
        Parameter::new("c", Place::Cookie, json!({})),
        Parameter::new("d", Place::Cookie, json!({})),
    ];
    let operation = operation(Method::Get, "/things", parameters);
    let refusal = |given: &[(Place, &str, Value)]| {
        let parameters =
            given.iter().map(|(place, name, value)| ((*place, (*name).to_owned()), value.clone())).collect();
        render(&operation, &Arguments { parameters, body: None }).err().map(|refusal| refusal.message)
    };
    let filter = (Place::Query, "filter", json!({"page": 2}));
    assert_eq!(refusal(std::slice::from_ref(&filter)), None);
    let message = "a name in `filter` is the name of another query parameter";
    assert_eq!(refusal(&[(Place::Query, "page", json!(1)), filter]).as_deref(), Some(message));
    let both = [(Place::Cookie, "c", json!(1)), (Place::Cookie, "d", json!({"c": 2}))];
    assert_eq!(refusal(&both).as_deref(), Some("a name in `d` is the name of another cookie"));
}

/// Values of any depth, with strings as the only scalars, since text does not distinguish other scalars.
fn deep() -> impl Strategy<Value = Value> {
    let leaf = "[ -~é€]{0,6}".prop_map(Value::from);
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z .&=é]{1,5}", inner, 1..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn schema_of(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let tuple: Vec<Value> = items.iter().map(schema_of).collect();
            json!({"type": "array", "prefixItems": tuple})
        }
        Value::Object(entries) => {
            let properties: Map<String, Value> =
                entries.iter().map(|(name, entry)| (name.clone(), schema_of(entry))).collect();
            json!({"type": "object", "properties": properties})
        }
        _ => json!({"type": "string"}),
    }
}

/// Whether every list contains only strings, so that one schema describes its items.
fn is_even(value: &Value) -> bool {
    match value {
        Value::Array(items) => {
            let kind = |item: &Value| (item.is_array(), item.is_object());
            items.iter().all(|item| is_even(item) && item.is_string() && kind(item) == kind(&items[0]))
        }
        Value::Object(entries) => entries.values().all(is_even),
        _ => true,
    }
}

proptest! {
    #[test]
    fn a_deep_object_of_any_depth_comes_back(value in deep().prop_filter("lists of one kind", is_even)) {
        let parameter =
            Parameter { style: Style::DeepObject, ..Parameter::new("p", Place::Query, schema_of(&value)) };
        let operation = operation(Method::Get, "/", vec![parameter]);
        let parameters = [((Place::Query, "p".to_owned()), value.clone())].into_iter().collect();
        let parts = render(&operation, &Arguments { parameters, body: None }).expect("any depth has a form");
        let (_, query) = parts.path_and_query.split_once('?').expect("a query");
        prop_assert_eq!(read::query(&operation, &operation.parameters[0], query, &[]), Ok(Some(value)));
    }

    #[test]
    fn any_form_comes_back(
        value in deep().prop_filter("lists of one kind", |value| is_even(value) && value.is_object()),
        in_parts in any::<bool>(),
        is_deep in any::<bool>(),
    ) {
        let names: Vec<&String> = value.as_object().into_iter().flat_map(Map::keys).collect();
        let encoding: IndexMap<String, Encoding> = names
            .into_iter()
            .filter(|_| is_deep)
            .map(|name| (name.clone(), styled(Style::DeepObject, true)))
            .collect();
        let content_type = if in_parts { PARTS } else { FORM };
        let spec = RequestBody { encoding, ..RequestBody::new(content_type, true, schema_of(&value)) };
        prop_assert_eq!(read_back(&with_body(spec), &value), Ok(Some(value)));
    }
}

#[test]
fn a_field_called_like_one_within_a_deep_object_comes_back() {
    let value = json!({"a": {"b": "1"}, "b": "2"});
    let encoding =
        ["a", "b"].map(|name| (name.to_owned(), styled(Style::DeepObject, true))).into_iter().collect();
    let spec = RequestBody { encoding, ..RequestBody::new(FORM, true, schema_of(&value)) };
    assert_eq!(read_back(&with_body(spec), &value), Ok(Some(value)));
}

#[test]
fn a_boundary_that_the_description_names_is_replaced() {
    let value = json!({"name": "x", "file": "--named\r\n--named--"});
    for content_type in [
        "multipart/form-data; boundary=named",
        "multipart/form-data;boundary=\"named; x\"; charset=utf-8",
        "multipart/form-data; BOUNDARY=named; boundary=other",
    ] {
        check(encoded(content_type, &[]), &value);
        let given = Arguments { body: Some(value.clone()), ..Arguments::default() };
        let parts = render(&with_body(encoded(content_type, &[])), &given).expect("it has a written form");
        let (_, sent) = parts.headers.iter().find(|(name, _)| name == "content-type").expect("a media type");
        assert_eq!(sent.to_ascii_lowercase().matches("boundary=").count(), 1, "{sent}");
        assert!(!sent.contains("named"), "{sent}");
    }
}

#[test]
fn what_is_deeper_than_a_reader_goes_is_not_written() {
    let nested = |depth: usize| (0..depth).fold(json!("x"), |inner, _| json!({"a": inner}));
    let operation = with_body(encoded(FORM, &[("rows", styled(Style::DeepObject, true))]));
    assert_eq!(body_refusal(&operation, &json!({"rows": nested(64)})), None);
    let refused = body_refusal(&operation, &json!({"rows": nested(65)})).expect("a refusal");
    assert_eq!(refused.message, "the lists and objects in `rows` are more than 64 deep");
    let name = format!("rows{}=x", "%5Ba%5D".repeat(65));
    let read = read::body(&operation, Some(FORM), name.as_bytes());
    assert_eq!(read, Err("a name that begins with `rows` has more than 64 keys".to_owned()));
}

#[test]
fn a_name_belongs_to_one_property_of_a_body() {
    let spread = [("address", styled(Style::Form, true))];
    for content_type in [FORM, PARTS] {
        let operation = with_body(encoded(content_type, &spread));
        for (body, pointer) in [
            (json!({"name": "x", "address": {"name": "y"}}), Some("/address")),
            (json!({"address": {"name": "y"}, "name": "x"}), Some("/name")),
            (json!({"address": {"address": "y"}}), Some("/address/address")),
            (json!({"address": {"city": "y"}, "name": "x"}), None),
        ] {
            let refused = body_refusal(&operation, &body).map(|refused| refused.pointer);
            assert_eq!(refused.as_deref(), pointer, "{content_type}: {body}");
        }
    }
}

#[test]
fn a_schema_that_contains_itself_in_many_ways_is_only_read_as_far_as_a_value_goes() {
    let properties: Map<String, Value> =
        (0..60).map(|at| (format!("p{at}"), json!({"$ref": "#/$defs/node"}))).collect();
    let node = json!({"type": ["object", "string"], "properties": properties});
    let spec = RequestBody {
        encoding: [("p1".to_owned(), styled(Style::DeepObject, true))].into_iter().collect(),
        ..RequestBody::new(FORM, true, json!({"$ref": "#/$defs/node"}))
    };
    let mut operation = with_body(spec);
    operation.definitions.insert("node".to_owned(), node);
    let value = json!({"p0": "x", "p1": {"p2": {"p3": "y"}}});
    assert_eq!(read_back(&operation, &value), Ok(Some(value)));
}
