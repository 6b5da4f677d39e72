//! The values of bodies, and the encoding of their parts, in each version.

use serde_json::{Value as Json, json};

use super::first;

/// The body that a `content` of a version describes.
fn body(version: &str, content: &str) -> Json {
    let text = format!(
        "openapi: {version}\npaths: {{/a: {{post: {{requestBody: {{content: {{{content}}}}}}}}}}}\n\
        components: {{schemas: {{Pet: {{type: object, properties: {{name: {{type: string}}}}}}, Word: {{type: string}}}}}}"
    );
    first(&text)["body"].clone()
}

#[test]
fn a_body_that_is_not_json_is_given_as_text() {
    let check = |media_type: &str, schema: &str, expected: Json| {
        let found = body("3.1.0", &format!("{media_type}: {{schema: {schema}}}"));
        assert_eq!((&found["content_type"], &found["schema"]), (&json!(media_type), &expected));
    };
    let text = || json!({"type": "string"});
    check("application/xml", "{$ref: '#/components/schemas/Pet'}", text());
    check("application/x-ndjson", "{type: array, items: {type: object}}", text());
    check("application/octet-stream", "{}", text());
    check(
        "image/png",
        "{type: string, format: binary, maxLength: 5}",
        json!({"type": "string", "format": "binary"}),
    );
    check("application/xml", "{$ref: '#/components/schemas/Word'}", json!({"$ref": "#/$defs/Word"}));
    check("application/pdf", "{type: integer}", text());
    check("text/plain", "{type: integer, minimum: 1}", json!({"type": "integer", "minimum": 1}));
    check("text/csv", "{type: array, items: {type: string}}", text());
    check("text/plain", "{$ref: '#/components/schemas/Pet'}", text());
    check("application/json", "{type: object}", json!({"type": "object"}));
    check("application/x-www-form-urlencoded", "{type: object}", json!({"type": "object"}));
    let scalar = json!({"type": ["string", "number", "boolean"]});
    assert_eq!(body("3.0.3", "text/plain: {}")["schema"], scalar);
    assert_eq!(body("3.2.0", "application/x-ndjson: {itemSchema: {type: object}}")["schema"], text());
    let list = json!({"type": "array", "items": {"type": "object"}});
    assert_eq!(body("3.2.0", "application/json: {itemSchema: {type: object}}")["schema"], list);
    let swagger = "swagger: '2.0'\npaths: {/a: {post: {consumes: [application/xml], parameters: \
        [{name: b, in: body, required: true, schema: {type: object}}]}}}";
    assert_eq!(
        first(swagger)["body"],
        json!({"content_type": "application/xml", "required": true, "schema": text()})
    );
}

#[test]
fn a_range_of_json_is_json() {
    assert_eq!(body("3.0.3", "application/*+json: {}, text/plain: {}")["content_type"], "application/json");
    assert_eq!(
        body("3.0.3", "text/json: {}, application/x-www-form-urlencoded: {}")["content_type"],
        "text/json"
    );
}

#[test]
fn styles_of_several_parts_count_from_3_1_on() {
    let encoding = |version: &str, media_type: &str| {
        let content = format!(
            "{media_type}: {{schema: {{type: object}}, encoding: {{file: {{style: form}}, typed: {{style: form, contentType: image/png}}}}}}"
        );
        body(version, &content)["encoding"].clone()
    };
    let styled = json!({"style": "form", "explode": true});
    let both = json!({"file": &styled, "typed": &styled});
    let typed = json!({"file": {}, "typed": {"content_type": "image/png"}});
    assert_eq!(encoding("3.0.3", "multipart/form-data"), typed);
    assert_eq!(encoding("3.0.3", "application/x-www-form-urlencoded"), both);
    assert_eq!(encoding("3.1.0", "multipart/form-data"), both);
    assert_eq!(encoding("3.1.0", "multipart/mixed"), typed);
}

#[test]
fn a_part_without_a_type_is_a_file_from_3_1_on() {
    let content = "multipart/form-data: {schema: {type: object, properties: {a: {}, b: {description: x}, \
        c: {type: string}, d: {type: array, items: {}}, e: {$ref: '#/components/schemas/Pet'}, f: {const: 1}}}, \
        encoding: {b: {contentType: image/png}}}";
    let file = json!({"content_type": "application/octet-stream, application/json"});
    let expected = json!({"b": {"content_type": "image/png"}, "a": &file, "d": &file});
    assert_eq!(body("3.1.0", content)["encoding"], expected);
    assert_eq!(body("3.0.3", content)["encoding"], json!({"b": {"content_type": "image/png"}}));
}

#[test]
fn a_media_type_is_for_each_item_of_a_list_in_a_form_from_3_2_on() {
    let content =
        "application/x-www-form-urlencoded: {encoding: {a: {contentType: application/json}, b: {}}}";
    let each = json!({"a": {"content_type": "application/json", "explode": true}, "b": {}});
    assert_eq!(body("3.2.0", content)["encoding"], each);
    assert_eq!(
        body("3.1.0", content)["encoding"],
        json!({"a": {"content_type": "application/json"}, "b": {}})
    );
}

#[test]
fn parts_are_encoded_by_position_from_3_2_on() {
    let content = "multipart/mixed: {schema: {type: array}, prefixEncoding: [{}, {contentType: image/png}], \
        itemEncoding: {contentType: text/plain}}";
    let found = body("3.2.0", content);
    assert_eq!(found["prefix_encoding"], json!([{}, {"content_type": "image/png"}]));
    assert_eq!(found["item_encoding"], json!({"content_type": "text/plain"}));
    assert_eq!(body("3.1.0", content)["item_encoding"], json!(null));
    // A part whose schema has no type is a file, wherever it is.
    let content = "multipart/mixed: {schema: {type: array, prefixItems: [{type: string}, {}], items: {}}, prefixEncoding: [{}]}";
    let found = body("3.2.0", content);
    let bytes = json!({"content_type": "application/octet-stream, application/json"});
    assert_eq!(found["prefix_encoding"], json!([{}, bytes]));
    assert_eq!(found["item_encoding"], bytes);
}

#[test]
fn a_parameter_may_be_the_whole_query_string() {
    let parameter = |version: &str, content: &str| {
        let text = format!(
            "openapi: {version}\npaths: {{/a: {{get: {{parameters: [{{name: q, in: querystring, required: true, content: {{{content}}}}}]}}}}}}"
        );
        first(&text)["parameters"][0].clone()
    };
    let form =
        "application/x-www-form-urlencoded: {schema: {type: object}, encoding: {a: {style: deepObject}}}";
    assert_eq!(
        parameter("3.2.0", form),
        json!({
            "name": "q", "place": "query", "required": true, "style": "querystring", "explode": true,
            "content_type": "application/x-www-form-urlencoded", "encoding": {"a": {"style": "deepObject"}},
            "schema": {"type": "object"},
        })
    );
    assert_eq!(
        parameter("3.2.0", "text/plain: {schema: {type: object}}")["schema"],
        json!({"type": "string"})
    );
    assert_eq!(parameter("3.1.0", form), json!(null), "older versions have no such parameter");
}

#[test]
fn reserved_characters_are_for_queries_and_from_3_2_on_for_paths() {
    let allowed = |version: &str, place: &str| {
        let text = format!(
            "openapi: {version}\npaths: {{'/a/{{p}}': {{get: {{parameters: [{{name: p, in: {place}, allowReserved: true}}]}}}}}}"
        );
        let loaded = super::Loaded::new(&text);
        let (operation, _) = loaded.first();
        operation.parameters.iter().any(|parameter| parameter.allow_reserved)
    };
    assert!(allowed("3.0.3", "query") && allowed("3.2.0", "path"));
    assert!(!allowed("3.0.3", "path") && !allowed("3.2.0", "header"));
}

#[test]
fn headers_of_the_client_are_no_parameters() {
    let text = "openapi: 3.1.0\npaths: {/a: {get: {parameters: [{name: ACCEPT, in: header}, {name: Host, in: header, required: true}, \
        {name: User-Agent, in: header, required: true}, {name: Content-Length, in: header}]}}}";
    let found = first(text);
    assert_eq!(found["parameters"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found["parameters"][0]["name"], "User-Agent");
}
