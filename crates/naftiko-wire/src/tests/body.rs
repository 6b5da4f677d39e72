//! Rendering of bodies: JSON, forms, multipart, text, and other media types.

use indexmap::IndexMap;
use naftiko_adapter::{Arguments, Encoding, Method, RequestBody, Style};
use serde_json::{Value, json};

use super::operation;
use crate::request::render;

/// The media type and the rendered body, or the reason for the rejection.
fn written(spec: RequestBody, value: Value) -> Result<(String, String), String> {
    let mut operation = operation(Method::Post, "/things", Vec::new());
    operation.definitions.insert("File".to_owned(), json!({"type": "string", "format": "binary"}));
    operation.body = Some(spec);
    let given = Arguments { body: Some(value), ..Arguments::default() };
    let parts = render(&operation, &given).map_err(|failure| failure.message)?;
    let sent = parts.headers.into_iter().find(|(name, _)| name == "content-type").map(|(_, value)| value);
    let body = String::from_utf8_lossy(&parts.body.unwrap_or_default()).into_owned();
    Ok((sent.unwrap_or_default(), body))
}

fn body(content_type: &str, value: Value) -> Result<String, String> {
    let (sent, body) = written(RequestBody::new(content_type, true, json!({})), value)?;
    assert_eq!(sent, content_type.replace("*/*", "application/json"));
    Ok(body)
}

#[test]
fn bodies_are_written_in_their_media_type() {
    let check = |content_type, value, expected: &str| {
        assert_eq!(body(content_type, value).as_deref(), Ok(expected));
    };
    check("application/json", json!({"é": [1, null, "x"]}), r#"{"é":[1,null,"x"]}"#);
    check("application/json; charset=utf-8", json!(null), "null");
    check("application/merge-patch+json", json!([]), "[]");
    check("*/*", json!("x"), r#""x""#);
    check("text/plain", json!("a\r\nb é"), "a\r\nb é");
    check("Text/Plain; charset=UTF-8", json!(7), "7");
    check("text/csv", json!("a,b\n1,2\n"), "a,b\n1,2\n");
    check("application/xml", json!("<a>é</a>"), "<a>é</a>");
    check("application/octet-stream", json!("x"), "x");
    check("image/png", json!("data:image/png;base64,aGVsbG8="), "hello");
    check("application/octet-stream", json!("data:;base64,aGVsbG8="), "hello");
    check("text/plain", json!("data:;base64,aGVsbG8="), "data:;base64,aGVsbG8=");
    let form = json!({"a b": "x&y=z é+", "n": 1, "on": true, "list": ["p", "q"], "map": {"k": [1]}});
    check(
        "application/x-www-form-urlencoded",
        form,
        "a+b=x%26y%3Dz+%C3%A9%2B&n=1&on=true&list=p&list=q&map=%7B%22k%22%3A%5B1%5D%7D",
    );
}

#[test]
fn bodies_without_a_written_form_are_refused() {
    let check = |content_type, value| {
        let found = body(content_type, value);
        assert!(found.is_err(), "{content_type} {found:?}");
    };
    check("multipart/form-data", json!({}));
    check("multipart/form-data", json!("x"));
    check("multipart/mixed", json!([]));
    check("multipart/form-data", json!(["x"]));
    check("multipart/form-data", json!([{"a": 1, "b": 2}]));
    check("image/png", json!("data:image/png;base64,@@"));
    check("application/xml", json!({"a": 1}));
    check("application/octet-stream", json!(7));
    check("application/json\r\nx: y", json!("x"));
    check("text/plain", json!({"a": 1}));
    check("text/plain", json!(null));
    for value in [json!("a=b"), json!({"a": null}), json!({"a": []})] {
        check("application/x-www-form-urlencoded", value.clone());
        check("multipart/form-data", value);
    }
    for (charset, text) in
        [("iso-8859-1", "☃"), ("utf-16", "x"), ("\"Shift_JIS\"", "ß"), ("us-ascii", "é"), ("x", "é")]
    {
        let message = body(&format!("text/plain; charset={charset}"), json!(text)).unwrap_err();
        let charset = charset.trim_matches('"').to_ascii_lowercase();
        assert_eq!(message, format!("`body` cannot be written in the character set `{charset}`"));
    }
    check("application/x-www-form-urlencoded; charset=iso-8859-1", json!({"a": "é"}));
}

#[test]
fn text_is_written_in_the_character_set_of_its_media_type() {
    let check = |content_type: &str, value: Value, expected: &[u8]| {
        let mut operation = operation(Method::Post, "/things", Vec::new());
        operation.body = Some(RequestBody::new(content_type, true, json!({})));
        let given = Arguments { body: Some(value), ..Arguments::default() };
        let parts = render(&operation, &given).expect("it can be written");
        assert_eq!(parts.body.as_deref(), Some(expected), "{content_type}");
    };
    check("text/plain; charset=ISO-8859-1", json!("é"), b"\xe9");
    check("text/csv; charset=\"utf-8\"", json!("é"), "é".as_bytes());
    check("application/xml; charset=windows-1252", json!("<a>€</a>"), b"<a>\x80</a>");
    check("text/plain; charset=shift_jis", json!("あ"), b"\x82\xa0");
    check("text/plain; charset=us-ascii", json!(5), b"5");
    // JSON is UTF-8; for another character set, its escapes are ASCII.
    check("application/json; charset=iso-8859-1", json!("é"), b"\"\\u00e9\"");
    check("application/x-www-form-urlencoded; charset=iso-8859-1", json!({"a": "e"}), b"a=e");
}

/// A rendered body with encodings, as in the examples of the standard.
fn encoded<const N: usize>(
    content_type: &str,
    schema: Value,
    encoding: [(&str, Encoding); N],
) -> RequestBody {
    let encoding: IndexMap<_, _> =
        encoding.into_iter().map(|(name, encoding)| (name.to_owned(), encoding)).collect();
    RequestBody { encoding, ..RequestBody::new(content_type, true, schema) }
}

fn of_type(content_type: &str) -> Encoding {
    Encoding { content_type: Some(content_type.to_owned()), ..Encoding::default() }
}

#[test]
fn a_form_has_an_encoding_for_each_property() {
    let style = |style, explode| Encoding { style: Some(style), explode, ..Encoding::default() };
    let form = encoded(
        "application/x-www-form-urlencoded",
        json!({}),
        [
            ("csv", style(Style::Form, false)),
            ("pipes", style(Style::PipeDelimited, false)),
            ("deep", style(Style::DeepObject, true)),
            ("json", of_type("application/json")),
            (
                "raw",
                Encoding {
                    style: Some(Style::Form),
                    explode: true,
                    allow_reserved: true,
                    ..Encoding::default()
                },
            ),
        ],
    );
    let value = json!({
        "csv": ["a,b", "c"], "pipes": ["a", "b"], "deep": {"k": "v"}, "json": [1, "x"], "raw": "a/b&c", "plain": [1, 2],
    });
    let expected = "csv=a%2Cb,c&pipes=a%7Cb&deep%5Bk%5D=v&json=%5B1%2C%22x%22%5D&raw=a/b%26c&plain=1&plain=2";
    assert_eq!(written(form, value).map(|(_, body)| body).as_deref(), Ok(expected));
}

/// The parts of a rendered body, without the boundary.
fn parts(spec: RequestBody, value: Value) -> Result<Vec<String>, String> {
    let (content_type, body) = written(spec, value)?;
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").expect("a boundary");
    let body = body.strip_prefix(&format!("--{boundary}\r\n")).expect("the first");
    let body = body.strip_suffix(&format!("\r\n--{boundary}--\r\n")).expect("the last");
    Ok(body.split(&format!("\r\n--{boundary}\r\n")).map(|part| part.replace("\r\n", "\n")).collect())
}

#[test]
fn several_parts_have_the_media_types_of_their_schemas() {
    let schema = json!({"allOf": [{"properties": {
        "file": {"$ref": "#/$defs/File"},
        "encoded": {"type": "string", "contentEncoding": "base64"},
        "picture": {"contentMediaType": "image/png", "type": "string"},
        "addresses": {"type": "array", "items": {"type": "object"}},
        "files": {"type": "array", "items": {"$ref": "#/$defs/File"}},
    }}]});
    let value = json!({
        "id": 7, "na\"me\r\n": "é\n", "file": "data:text/csv;base64,YSxiCg==", "encoded": "aGVsbG8=",
        "picture": "data:image/jpeg;base64,aGVsbG8=", "addresses": [{"a": 1}, {"a": 2}], "files": ["x", "y"],
    });
    let found =
        parts(RequestBody::new("multipart/form-data", true, schema), value).expect("all can be written");
    assert_eq!(
        found,
        [
            "Content-Disposition: form-data; name=\"id\"\nContent-Type: text/plain; charset=utf-8\n\n7",
            "Content-Disposition: form-data; name=\"na%22me%0D%0A\"\nContent-Type: text/plain; charset=utf-8\n\né\n",
            "Content-Disposition: form-data; name=\"file\"; filename=\"file\"\nContent-Type: text/csv\n\na,b\n",
            "Content-Disposition: form-data; name=\"encoded\"; filename=\"encoded\"\nContent-Type: application/octet-stream\n\naGVsbG8=",
            "Content-Disposition: form-data; name=\"picture\"; filename=\"picture\"\nContent-Type: image/png\n\nhello",
            "Content-Disposition: form-data; name=\"addresses\"\nContent-Type: application/json\n\n{\"a\":1}",
            "Content-Disposition: form-data; name=\"addresses\"\nContent-Type: application/json\n\n{\"a\":2}",
            "Content-Disposition: form-data; name=\"files\"; filename=\"files\"\nContent-Type: application/octet-stream\n\nx",
            "Content-Disposition: form-data; name=\"files\"; filename=\"files\"\nContent-Type: application/octet-stream\n\ny",
        ]
    );
}

#[test]
fn several_parts_have_an_encoding_for_each_property() {
    let csv = Encoding { style: Some(Style::Form), explode: false, ..Encoding::default() };
    let spec = || {
        encoded(
            "multipart/form-data",
            json!({}),
            [
                ("meta", of_type("application/json")),
                ("image", of_type("image/png, image/jpeg")),
                ("any", of_type("image/*")),
                ("odd", of_type("text/plain\r\nx: y")),
                ("csv", csv.clone()),
            ],
        )
    };
    let value = json!({"meta": "x", "image": "data:image/jpeg;base64,aGVsbG8=", "any": "data:image/gif;base64,aGVsbG8=", "csv": ["a b", "c"]});
    assert_eq!(
        parts(spec(), value).expect("all can be written"),
        [
            "Content-Disposition: form-data; name=\"meta\"\nContent-Type: application/json\n\n\"x\"",
            "Content-Disposition: form-data; name=\"image\"; filename=\"image\"\nContent-Type: image/jpeg\n\nhello",
            "Content-Disposition: form-data; name=\"any\"; filename=\"any\"\nContent-Type: image/gif\n\nhello",
            "Content-Disposition: form-data; name=\"csv\"\nContent-Type: text/plain; charset=utf-8\n\na b,c",
        ]
    );
    assert!(parts(spec(), json!({"csv": ["a,b", "c"]})).is_err());
    assert!(parts(spec(), json!({"odd": "x"})).is_err());
    let wild = parts(spec(), json!({"any": "not a data URL"})).expect("it can be written");
    assert!(wild[0].contains("Content-Type: application/octet-stream"), "{wild:?}");
}
