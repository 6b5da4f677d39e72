//! The table "Style Values" of the standard, row by row, and the combinations that it leaves undefined.

use naftiko_adapter::{Method, Parameter, Place, Style};
use serde_json::{Value, json};

use super::{operation, parameter};
use crate::query::Part;
use crate::refusal::Target;
use crate::{cookie, encoded, header, path, query};

fn color(place: Place, style: Style, explode: bool) -> Parameter {
    Parameter { style, explode, ..parameter(place, "color") }
}

fn written(parameter: &Parameter, value: &Value) -> Result<String, String> {
    let joined = |pairs: Vec<(String, String)>| {
        let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    };
    let operation = operation(Method::Get, "/", vec![parameter.clone()]);
    let written = match parameter.place {
        Place::Path => path::write(&operation, parameter, value),
        Place::Query => query::write(&operation, parameter, &parameter.schema, value).map(|parts| {
            let parts: Vec<String> = parts.into_iter().map(Part::into_text).collect();
            parts.join("&")
        }),
        Place::Header => header::write(parameter, value),
        Place::Cookie => cookie::write(&operation, parameter, value).map(joined),
    };
    written.map_err(|problem| problem.at(Target::Operation).message)
}

/// Checks the four columns: empty string, string, list, object. `None` means rejected.
fn check(place: Place, style: Style, explode: bool, expected: [Option<&str>; 4]) {
    let values =
        [json!(""), json!("blue"), json!(["blue", "black", "brown"]), json!({"R": 100, "G": 200, "B": 150})];
    for (value, expected) in values.iter().zip(expected) {
        let found = written(&color(place, style, explode), value);
        assert_eq!(found.as_deref().ok(), expected, "{style:?} {explode} {value} {found:?}");
    }
}

#[test]
fn path_styles() {
    let row = |style, explode, expected| check(Place::Path, style, explode, expected);
    let some = Some;
    // An empty value in the style `simple` would produce the path of another resource.
    row(
        Style::Matrix,
        false,
        [
            some(";color"),
            some(";color=blue"),
            some(";color=blue,black,brown"),
            some(";color=R,100,G,200,B,150"),
        ],
    );
    row(
        Style::Matrix,
        true,
        [
            some(";color"),
            some(";color=blue"),
            some(";color=blue;color=black;color=brown"),
            some(";R=100;G=200;B=150"),
        ],
    );
    row(
        Style::Label,
        false,
        [some("."), some(".blue"), some(".blue,black,brown"), some(".R,100,G,200,B,150")],
    );
    row(
        Style::Label,
        true,
        [some("."), some(".blue"), some(".blue.black.brown"), some(".R=100.G=200.B=150")],
    );
    row(Style::Simple, false, [None, some("blue"), some("blue,black,brown"), some("R,100,G,200,B,150")]);
    row(Style::Simple, true, [None, some("blue"), some("blue,black,brown"), some("R=100,G=200,B=150")]);
    for style in [Style::Form, Style::DeepObject] {
        row(style, false, [None; 4]);
        row(style, true, [None; 4]);
    }
}

#[test]
fn query_styles() {
    let row = |style, explode, expected| check(Place::Query, style, explode, expected);
    let some = Some;
    row(
        Style::Form,
        false,
        [some("color="), some("color=blue"), some("color=blue,black,brown"), some("color=R,100,G,200,B,150")],
    );
    row(
        Style::Form,
        true,
        [
            some("color="),
            some("color=blue"),
            some("color=blue&color=black&color=brown"),
            some("R=100&G=200&B=150"),
        ],
    );
    row(
        Style::SpaceDelimited,
        false,
        [
            some("color="),
            some("color=blue"),
            some("color=blue%20black%20brown"),
            some("color=R%20100%20G%20200%20B%20150"),
        ],
    );
    row(
        Style::PipeDelimited,
        false,
        [
            some("color="),
            some("color=blue"),
            some("color=blue%7Cblack%7Cbrown"),
            some("color=R%7C100%7CG%7C200%7CB%7C150"),
        ],
    );
    // The table leaves these undefined; readers treat them like the style `form`.
    for style in [Style::SpaceDelimited, Style::PipeDelimited] {
        row(
            style,
            true,
            [
                some("color="),
                some("color=blue"),
                some("color=blue&color=black&color=brown"),
                some("R=100&G=200&B=150"),
            ],
        );
    }
    for explode in [false, true] {
        row(
            Style::DeepObject,
            explode,
            [
                some("color="),
                some("color=blue"),
                some("color%5B0%5D=blue&color%5B1%5D=black&color%5B2%5D=brown"),
                some("color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
            ],
        );
    }
    for style in [Style::Matrix, Style::Label, Style::Simple] {
        row(style, false, [None; 4]);
    }
}

#[test]
fn header_and_cookie_styles() {
    let some = Some;
    check(
        Place::Header,
        Style::Simple,
        false,
        [some(""), some("blue"), some("blue,black,brown"), some("R,100,G,200,B,150")],
    );
    check(
        Place::Header,
        Style::Simple,
        true,
        [some(""), some("blue"), some("blue,black,brown"), some("R=100,G=200,B=150")],
    );
    check(Place::Header, Style::Form, false, [None; 4]);
    check(
        Place::Cookie,
        Style::Form,
        false,
        [some("color="), some("color=blue"), some("color=blue,black,brown"), some("color=R,100,G,200,B,150")],
    );
    check(
        Place::Cookie,
        Style::Form,
        true,
        [
            some("color="),
            some("color=blue"),
            some("color=blue; color=black; color=brown"),
            some("R=100; G=200; B=150"),
        ],
    );
    // RFC 6265 allows no comma in a cookie, and the style `cookie` encodes nothing.
    check(Place::Cookie, Style::Cookie, false, [some("color="), some("color=blue"), None, None]);
    check(
        Place::Cookie,
        Style::Cookie,
        true,
        [
            some("color="),
            some("color=blue"),
            some("color=blue; color=black; color=brown"),
            some("R=100; G=200; B=150"),
        ],
    );
    check(Place::Cookie, Style::Simple, false, [None; 4]);
    check(Place::Header, Style::Cookie, false, [None; 4]);
    check(Place::Query, Style::Cookie, false, [None; 4]);
    check(Place::Path, Style::Cookie, false, [None; 4]);
}

#[test]
fn what_has_no_written_form_is_refused_everywhere() {
    let values = [
        json!(null),
        json!([]),
        json!({}),
        json!([null]),
        json!([["nested"]]),
        json!({"a": {"b": 1}}),
        json!({"a": [1]}),
        json!({"a": null}),
    ];
    for place in [Place::Path, Place::Query, Place::Header, Place::Cookie] {
        for value in &values {
            let found = written(&parameter(place, "color"), value);
            assert!(found.is_err(), "{place:?} {value} {found:?}");
        }
    }
}

#[test]
fn a_deep_object_has_any_depth() {
    let deep = color(Place::Query, Style::DeepObject, true);
    let value = json!({"a": {"b": [1, {"c": "x y"}], "d": true}, "e": ["&"]});
    let expected = "color%5Ba%5D%5Bb%5D%5B0%5D=1&color%5Ba%5D%5Bb%5D%5B1%5D%5Bc%5D=x%20y\
        &color%5Ba%5D%5Bd%5D=true&color%5Be%5D%5B0%5D=%26";
    assert_eq!(written(&deep, &value).as_deref(), Ok(expected));
    for value in [
        json!({"": 1}),
        json!({"a": {"": 1}}),
        json!({"a": []}),
        json!({"a": {"b": {}}}),
        json!([[null]]),
        json!({"a]": 1}),
        json!({"a": [{"[": 1}]}),
    ] {
        assert!(written(&deep, &value).is_err(), "{value}");
    }
}

#[test]
fn a_message_never_shows_the_value() {
    let values =
        [json!(["hunter2", null]), json!({"hunter2": {"hunter2": "hunter2"}}), json!(["hunter2, x"])];
    for place in [Place::Path, Place::Query, Place::Header, Place::Cookie] {
        for value in &values {
            if let Err(message) = written(&parameter(place, "password"), value) {
                assert!(message.contains("`password`") && !message.contains("hunter2"), "{message}");
            }
        }
    }
}

#[test]
fn only_unreserved_bytes_stay_as_they_are() {
    let all: String = (0u8..=127).map(char::from).collect();
    let kept: String =
        all.chars().filter(|byte| encoded(&byte.to_string(), "") == byte.to_string()).collect();
    assert_eq!(kept, "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~");
    assert_eq!(encoded("a b/é%41+\u{1f600}\0", ""), "a%20b%2F%C3%A9%2541%2B%F0%9F%98%80%00");
}

#[test]
fn reserved_characters_stay_where_they_are_allowed_and_harmless() {
    let reserved = |place| Parameter { allow_reserved: true, ..parameter(place, "to") };
    let value = json!(":/?#[]@!$&'()*+,;=%41");
    let found = written(&reserved(Place::Query), &value);
    assert_eq!(found.as_deref(), Ok("to=:/?%23%5B%5D@!$%26'()*%2B,;=%2541"));
    let found = written(&reserved(Place::Path), &value);
    assert_eq!(found.as_deref(), Ok(":%2F%3F%23%5B%5D@!$&'()*+,;=%2541"));
    let joined = Parameter { explode: false, ..reserved(Place::Query) };
    assert_eq!(written(&joined, &json!(["a,b", "c/d"])).as_deref(), Ok("to=a%2Cb,c/d"));
}

#[test]
fn separators_inside_an_item_are_encoded_or_refused() {
    let list = json!(["a,b.c", "d|e f"]);
    assert_eq!(written(&parameter(Place::Path, "color"), &list).as_deref(), Ok("a%2Cb.c,d%7Ce%20f"));
    for (style, item, harmless) in [
        (Style::PipeDelimited, "d|e", json!(["a,b.c", "e f"])),
        (Style::SpaceDelimited, "e f", json!(["a,b.c", "d|e"])),
    ] {
        let delimited = color(Place::Query, style, false);
        assert!(written(&delimited, &harmless).is_ok(), "{style:?}");
        for ambiguous in [json!(["a", item]), json!({ "a": item }), json!({ item: "a" })] {
            let refused = written(&delimited, &ambiguous).unwrap_err();
            assert!(refused.contains("an item of `color` has a `"), "{refused}");
        }
        assert!(written(&color(Place::Query, style, true), &json!(["a", item])).is_ok(), "{style:?}");
    }
    assert!(written(&color(Place::Path, Style::Label, true), &list).is_err());
    assert!(written(&parameter(Place::Header, "color"), &list).is_err());
    assert!(written(&color(Place::Cookie, Style::Cookie, true), &list).is_err());
    assert_eq!(
        written(&color(Place::Cookie, Style::Form, false), &list).as_deref(),
        Ok("color=a%2Cb.c,d|e%20f")
    );
}

#[test]
fn headers_and_cookies_carry_only_what_arrives() {
    let raw = Parameter { style: Style::Cookie, ..parameter(Place::Cookie, "x") };
    assert_eq!(written(&raw, &json!("a%20==")).as_deref(), Ok("x=a%20=="));
    let form = parameter(Place::Cookie, "x");
    assert_eq!(written(&form, &json!("a b;é,%==")).as_deref(), Ok("x=a%20b%3B%C3%A9%2C%25=="));
    for text in ["a\r\nb", "a\nb", "a\u{0}b", "é", " a", "a ", "\ta", "\u{7f}"] {
        assert!(written(&parameter(Place::Header, "x"), &json!(text)).is_err(), "{text:?}");
        assert!(written(&raw, &json!(text)).is_err(), "{text:?}");
    }
    for text in ["a b", "a\tb", "a;b", "a,b", "a\"b", "a\\b"] {
        assert_eq!(written(&parameter(Place::Header, "x"), &json!(text)).as_deref(), Ok(text));
        assert!(written(&raw, &json!(text)).is_err(), "{text:?}");
    }
    assert!(written(&parameter(Place::Cookie, "not a token"), &json!("x")).is_err());
}

#[test]
fn names_are_encoded_too() {
    let odd = parameter(Place::Query, "filter[a&b]=");
    assert_eq!(written(&odd, &json!(true)).as_deref(), Ok("filter%5Ba%26b%5D%3D=true"));
}

#[test]
fn a_parameter_may_be_written_in_a_media_type() {
    let typed = |place, content_type: &str| Parameter {
        content_type: Some(content_type.to_owned()),
        ..parameter(place, "where")
    };
    let json = |place| typed(place, "application/json");
    let value = json!({"é": ["a b", null, {"x": 1}]});
    let check = |parameter: &Parameter, value: &Value, expected: &str| {
        assert_eq!(written(parameter, value).as_deref(), Ok(expected));
    };
    let encoded = "%7B%22%C3%A9%22%3A%5B%22a%20b%22%2Cnull%2C%7B%22x%22%3A1%7D%5D%7D";
    check(&json(Place::Query), &value, &format!("where={encoded}"));
    check(&json(Place::Path), &value, encoded);
    check(&json(Place::Header), &value, r#"{"\u00e9":["a b",null,{"x":1}]}"#);
    check(&json(Place::Header), &json!("\u{1f600}"), r#""\ud83d\ude00""#);
    check(&json(Place::Query), &json!("x"), "where=%22x%22");
    check(&json(Place::Query), &json!([]), "where=%5B%5D");
    check(&json(Place::Cookie), &json!(7), "where=7");
    check(&typed(Place::Query, "text/plain"), &json!("a&b"), "where=a%26b");
    check(&json(Place::Cookie), &json!("x"), "where=%22x%22");
    assert!(written(&typed(Place::Query, "application/xml"), &value).is_err());
    assert!(written(&typed(Place::Query, "text/plain; charset=latin1"), &json!("é")).is_err());
}
