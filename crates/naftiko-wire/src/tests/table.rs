//! Every combination of place, style and kind of value has one written form or one rejection, and each form is parsed
//! back.

use naftiko_adapter::{Arguments, Method, Operation, Parameter, Place, Style};
use serde_json::{Value, json};

use super::operation;
use crate::{parameter_refusal, read, render};

/// The kinds of value: name, schema and example.
fn kinds() -> Vec<(&'static str, Value, Value)> {
    let text = || json!({"type": "string"});
    let list = |items: Value| json!({"type": "array", "items": items});
    let object = |properties: Value| json!({"type": "object", "properties": properties});
    let numbers = || object(json!({"R": {"type": "integer"}, "G": {"type": "integer"}}));
    vec![
        ("text", json!("a b"), text()),
        ("empty text", json!(""), text()),
        ("null", json!(null), json!({"type": ["string", "null"]})),
        ("boolean", json!(true), json!({"type": "boolean"})),
        ("integer", json!(-7), json!({"type": "integer"})),
        ("number", json!(1.25), json!({"type": "number"})),
        ("list", json!(["a", "b"]), list(text())),
        ("list of one", json!([5]), list(json!({"type": "integer"}))),
        ("empty list", json!([]), list(text())),
        ("list with null", json!(["a", null]), list(json!({"type": ["string", "null"]}))),
        ("list in a list", json!([["a"], ["b", "c"]]), list(list(text()))),
        ("object", json!({"R": 1, "G": 2}), numbers()),
        ("empty object", json!({}), numbers()),
        ("object with null", json!({"R": null}), object(json!({"R": {"type": ["integer", "null"]}}))),
        (
            "nested object",
            json!({"a": {"b": [1]}}),
            object(json!({"a": object(json!({"b": list(json!({"type": "integer"}))}))})),
        ),
    ]
}

/// The written forms of the kinds, in order; `-` means rejected.
type Row = (Place, Style, bool, [&'static str; 15]);

const ROWS: [Row; 27] = [
    (
        Place::Path,
        Style::Simple,
        false,
        [
            "/a%20b/",
            "-",
            "-",
            "/true/",
            "/-7/",
            "/1.25/",
            "/a,b/",
            "/5/",
            "-",
            "-",
            "-",
            "/R,1,G,2/",
            "-",
            "-",
            "-",
        ],
    ),
    (
        Place::Path,
        Style::Simple,
        true,
        [
            "/a%20b/",
            "-",
            "-",
            "/true/",
            "/-7/",
            "/1.25/",
            "/a,b/",
            "/5/",
            "-",
            "-",
            "-",
            "/R=1,G=2/",
            "-",
            "-",
            "-",
        ],
    ),
    (
        Place::Path,
        Style::Label,
        false,
        [
            "/.a%20b/",
            "-",
            "-",
            "/.true/",
            "/.-7/",
            "/.1.25/",
            "/.a,b/",
            "/.5/",
            "-",
            "-",
            "-",
            "/.R,1,G,2/",
            "-",
            "-",
            "-",
        ],
    ),
    (
        Place::Path,
        Style::Label,
        true,
        [
            "/.a%20b/",
            "-",
            "-",
            "/.true/",
            "/.-7/",
            "/.1.25/",
            "/.a.b/",
            "/.5/",
            "-",
            "-",
            "-",
            "/.R=1.G=2/",
            "-",
            "-",
            "-",
        ],
    ),
    (
        Place::Path,
        Style::Matrix,
        false,
        [
            "/;p=a%20b/",
            "/;p/",
            "-",
            "/;p=true/",
            "/;p=-7/",
            "/;p=1.25/",
            "/;p=a,b/",
            "/;p=5/",
            "-",
            "-",
            "-",
            "/;p=R,1,G,2/",
            "-",
            "-",
            "-",
        ],
    ),
    (
        Place::Path,
        Style::Matrix,
        true,
        [
            "/;p=a%20b/",
            "/;p/",
            "-",
            "/;p=true/",
            "/;p=-7/",
            "/;p=1.25/",
            "/;p=a;p=b/",
            "/;p=5/",
            "-",
            "-",
            "-",
            "/;R=1;G=2/",
            "-",
            "-",
            "-",
        ],
    ),
    (
        Place::Path,
        Style::SpaceDelimited,
        false,
        [
            "/a%20b/",
            "-",
            "-",
            "/true/",
            "/-7/",
            "/1.25/",
            "/a%20b/",
            "/5/",
            "-",
            "-",
            "-",
            "/R%201%20G%202/",
            "-",
            "-",
            "-",
        ],
    ),
    (
        Place::Path,
        Style::PipeDelimited,
        false,
        [
            "/a%20b/",
            "-",
            "-",
            "/true/",
            "/-7/",
            "/1.25/",
            "/a%7Cb/",
            "/5/",
            "-",
            "-",
            "-",
            "/R%7C1%7CG%7C2/",
            "-",
            "-",
            "-",
        ],
    ),
    (
        Place::Path,
        Style::TabDelimited,
        false,
        [
            "/a%20b/",
            "-",
            "-",
            "/true/",
            "/-7/",
            "/1.25/",
            "/a%09b/",
            "/5/",
            "-",
            "-",
            "-",
            "/R%091%09G%092/",
            "-",
            "-",
            "-",
        ],
    ),
    (
        Place::Query,
        Style::Form,
        false,
        [
            "?p=a%20b",
            "?p=",
            "-",
            "?p=true",
            "?p=-7",
            "?p=1.25",
            "?p=a,b",
            "?p=5",
            "-",
            "-",
            "-",
            "?p=R,1,G,2",
            "-",
            "-",
            "-",
        ],
    ),
    (
        Place::Query,
        Style::Form,
        true,
        [
            "?p=a%20b", "?p=", "-", "?p=true", "?p=-7", "?p=1.25", "?p=a&p=b", "?p=5", "-", "-", "-",
            "?R=1&G=2", "-", "-", "-",
        ],
    ),
    (
        Place::Query,
        Style::SpaceDelimited,
        false,
        [
            "?p=a%20b",
            "?p=",
            "-",
            "?p=true",
            "?p=-7",
            "?p=1.25",
            "?p=a%20b",
            "?p=5",
            "-",
            "-",
            "-",
            "?p=R%201%20G%202",
            "-",
            "-",
            "-",
        ],
    ),
    (
        Place::Query,
        Style::SpaceDelimited,
        true,
        [
            "?p=a%20b", "?p=", "-", "?p=true", "?p=-7", "?p=1.25", "?p=a&p=b", "?p=5", "-", "-", "-",
            "?R=1&G=2", "-", "-", "-",
        ],
    ),
    (
        Place::Query,
        Style::PipeDelimited,
        false,
        [
            "?p=a%20b",
            "?p=",
            "-",
            "?p=true",
            "?p=-7",
            "?p=1.25",
            "?p=a%7Cb",
            "?p=5",
            "-",
            "-",
            "-",
            "?p=R%7C1%7CG%7C2",
            "-",
            "-",
            "-",
        ],
    ),
    (
        Place::Query,
        Style::PipeDelimited,
        true,
        [
            "?p=a%20b", "?p=", "-", "?p=true", "?p=-7", "?p=1.25", "?p=a&p=b", "?p=5", "-", "-", "-",
            "?R=1&G=2", "-", "-", "-",
        ],
    ),
    (
        Place::Query,
        Style::TabDelimited,
        false,
        [
            "?p=a%20b",
            "?p=",
            "-",
            "?p=true",
            "?p=-7",
            "?p=1.25",
            "?p=a%09b",
            "?p=5",
            "-",
            "-",
            "-",
            "?p=R%091%09G%092",
            "-",
            "-",
            "-",
        ],
    ),
    (
        Place::Query,
        Style::DeepObject,
        false,
        [
            "?p=a%20b",
            "?p=",
            "-",
            "?p=true",
            "?p=-7",
            "?p=1.25",
            "?p%5B0%5D=a&p%5B1%5D=b",
            "?p%5B0%5D=5",
            "-",
            "-",
            "?p%5B0%5D%5B0%5D=a&p%5B1%5D%5B0%5D=b&p%5B1%5D%5B1%5D=c",
            "?p%5BR%5D=1&p%5BG%5D=2",
            "-",
            "-",
            "?p%5Ba%5D%5Bb%5D%5B0%5D=1",
        ],
    ),
    (
        Place::Query,
        Style::DeepObject,
        true,
        [
            "?p=a%20b",
            "?p=",
            "-",
            "?p=true",
            "?p=-7",
            "?p=1.25",
            "?p%5B0%5D=a&p%5B1%5D=b",
            "?p%5B0%5D=5",
            "-",
            "-",
            "?p%5B0%5D%5B0%5D=a&p%5B1%5D%5B0%5D=b&p%5B1%5D%5B1%5D=c",
            "?p%5BR%5D=1&p%5BG%5D=2",
            "-",
            "-",
            "?p%5Ba%5D%5Bb%5D%5B0%5D=1",
        ],
    ),
    (
        Place::Header,
        Style::Simple,
        false,
        ["a b", "", "-", "true", "-7", "1.25", "a,b", "5", "-", "-", "-", "R,1,G,2", "-", "-", "-"],
    ),
    (
        Place::Header,
        Style::Simple,
        true,
        ["a b", "", "-", "true", "-7", "1.25", "a,b", "5", "-", "-", "-", "R=1,G=2", "-", "-", "-"],
    ),
    (
        Place::Header,
        Style::SpaceDelimited,
        false,
        ["a b", "", "-", "true", "-7", "1.25", "a b", "5", "-", "-", "-", "R 1 G 2", "-", "-", "-"],
    ),
    (
        Place::Header,
        Style::PipeDelimited,
        false,
        ["a b", "", "-", "true", "-7", "1.25", "a|b", "5", "-", "-", "-", "R|1|G|2", "-", "-", "-"],
    ),
    (
        Place::Header,
        Style::TabDelimited,
        false,
        ["a b", "", "-", "true", "-7", "1.25", "a\tb", "5", "-", "-", "-", "R\t1\tG\t2", "-", "-", "-"],
    ),
    (
        Place::Cookie,
        Style::Form,
        false,
        [
            "p=a%20b",
            "p=",
            "-",
            "p=true",
            "p=-7",
            "p=1.25",
            "p=a,b",
            "p=5",
            "-",
            "-",
            "-",
            "p=R,1,G,2",
            "-",
            "-",
            "-",
        ],
    ),
    (
        Place::Cookie,
        Style::Form,
        true,
        [
            "p=a%20b", "p=", "-", "p=true", "p=-7", "p=1.25", "p=a; p=b", "p=5", "-", "-", "-", "R=1; G=2",
            "-", "-", "-",
        ],
    ),
    (
        Place::Cookie,
        Style::Cookie,
        false,
        ["-", "p=", "-", "p=true", "p=-7", "p=1.25", "-", "-", "-", "-", "-", "-", "-", "-", "-"],
    ),
    (
        Place::Cookie,
        Style::Cookie,
        true,
        [
            "-", "p=", "-", "p=true", "p=-7", "p=1.25", "p=a; p=b", "p=5", "-", "-", "-", "R=1; G=2", "-",
            "-", "-",
        ],
    ),
];

fn described(place: Place, style: Style, explode: bool, schema: Value) -> Operation {
    let path = if place == Place::Path { "/{p}/" } else { "/" };
    let parameter = Parameter { style, explode, schema, ..Parameter::new("p", place, Value::Null) };
    operation(Method::Get, path, vec![parameter])
}

/// The text of the parameter in a request, and the value parsed from it.
fn sent(operation: &Operation, value: &Value) -> Result<(String, Option<Value>), String> {
    let parameter = &operation.parameters[0];
    let parameters = [((parameter.place, "p".to_owned()), value.clone())].into_iter().collect();
    let parts =
        render(operation, &Arguments { parameters, body: None }).map_err(|refusal| refusal.message)?;
    let header = |name: &str| {
        let found = parts.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, text)| text.clone()).unwrap_or_default()
    };
    Ok(match parameter.place {
        Place::Path => {
            let raw = parts.path_and_query.trim_matches('/');
            (parts.path_and_query.clone(), read::path(operation, parameter, raw))
        }
        Place::Query => {
            let (_, query) = parts.path_and_query.split_once('?').unwrap_or_default();
            (format!("?{query}"), read::query(operation, parameter, query, &[])?)
        }
        Place::Header => (header("p"), Some(read::header(operation, parameter, &header("p")))),
        Place::Cookie => {
            let cookies = read::cookies(&header("cookie"));
            (header("cookie"), read::cookie(operation, parameter, &cookies))
        }
    })
}

#[test]
fn every_combination_has_one_outcome() {
    for (place, style, explode, expected) in ROWS {
        for ((kind, value, schema), expected) in kinds().into_iter().zip(expected) {
            let operation = described(place, style, explode, schema);
            let found = sent(&operation, &value);
            let text = found.as_ref().map_or("-", |(text, _)| text.as_str());
            let combination = format!("{kind} in {place:?} {style:?} {explode}: {found:?}");
            assert_eq!(text, expected, "{combination}");
            let refusal = parameter_refusal(&operation, &operation.parameters[0], &value);
            assert_eq!(refusal.is_some(), found.is_err(), "{combination}");
            if let Ok((_, read)) = &found {
                assert_eq!(read.as_ref(), Some(&value), "{combination}");
            }
        }
    }
}

#[test]
fn a_style_of_another_place_is_refused() {
    let all = [
        Style::Matrix,
        Style::Label,
        Style::Simple,
        Style::Form,
        Style::SpaceDelimited,
        Style::PipeDelimited,
        Style::DeepObject,
        Style::Cookie,
        Style::TabDelimited,
        Style::Querystring,
    ];
    for place in [Place::Path, Place::Query, Place::Header, Place::Cookie] {
        let known: Vec<Style> = ROWS.iter().filter(|row| row.0 == place).map(|row| row.1).collect();
        let is_whole = |style: &Style| place == Place::Query && *style == Style::Querystring;
        for style in all.into_iter().filter(|style| !known.contains(style) && !is_whole(style)) {
            let operation = described(place, style, false, json!({"type": "string"}));
            assert!(sent(&operation, &json!("x")).is_err(), "{place:?} {style:?}");
        }
    }
}

#[test]
fn a_refusal_points_at_the_part_at_fault() {
    let check = |place: Place, style: Style, explode: bool, value: Value, expected: &str| {
        let operation = described(place, style, explode, Value::Bool(true));
        let refusal = parameter_refusal(&operation, &operation.parameters[0], &value).expect("a refusal");
        assert_eq!(refusal.pointer, expected, "{}", refusal.message);
    };
    check(Place::Path, Style::Simple, false, json!(""), "");
    check(Place::Path, Style::Simple, false, json!(".."), "");
    check(Place::Path, Style::Label, true, json!(["a", "b.c"]), "/1");
    check(Place::Query, Style::Form, true, json!(["a", null]), "/1");
    check(Place::Query, Style::Form, true, json!({"a~b/c": [1]}), "/a~0b~1c");
    check(Place::Query, Style::PipeDelimited, false, json!(["a", "b|c"]), "/1");
    check(Place::Query, Style::DeepObject, true, json!({"a": [{"b": null}]}), "/a/0/b");
    check(Place::Header, Style::Simple, false, json!("Müller"), "");
    check(Place::Header, Style::Simple, false, json!(["a", "é"]), "/1");
    check(Place::Header, Style::Simple, false, json!(["a", "b,c"]), "/1");
    check(Place::Cookie, Style::Cookie, true, json!({"a": "x", "b": "y z"}), "/b");
}
