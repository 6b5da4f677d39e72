//! Responses that are not JSON, and operations that require no credential.

use insta::assert_snapshot;

use super::{Loaded, shown};

#[test]
fn an_answer_that_is_not_json_is_a_text_whatever_its_structure() {
    assert_snapshot!(shown(r"
openapi: 3.1.0
components: {schemas: {Name: {type: string, enum: [a, b]}, Pet: {type: object, properties: {id: {type: integer}}}}}
paths:
  /a:
    get:
      responses:
        '200': {description: d, content: {application/xml: {schema: {$ref: '#/components/schemas/Pet'}, example: {id: 1}}}}
        '201': {description: d, content: {application/x-ndjson: {itemSchema: {$ref: '#/components/schemas/Pet'}}}}
        '202': {description: d, content: {text/plain: {schema: {$ref: '#/components/schemas/Name'}, example: a}}}
        '203': {description: d, content: {text/plain: {schema: {type: integer}}}}
        '206': {description: d, content: {image/png: {schema: {type: string, format: binary, maxLength: 5}}}}
        '207': {description: d, content: {application/pdf: {}}}
        '208': {description: d, content: {application/xml: {schema: {type: object}}, application/problem+json: {schema: {type: object}}}}
        '226': {description: d, content: {'*/*': {schema: {type: object}}}}
"), @r##"
    id: "GET /a"
    method: "GET"
    path: "/a"
    responses:
      200: {"content_type":"application/xml","schema":{"type":"string"},"examples":[]}
      201: {"content_type":"application/x-ndjson","schema":{"type":"string"},"examples":[]}
      202: {"content_type":"text/plain","schema":{"$ref":"#/$defs/Name"},"examples":["a"]}
      203: {"content_type":"text/plain","schema":{"type":"string"},"examples":[]}
      206: {"content_type":"image/png","schema":{"type":"string","format":"binary"},"examples":[]}
      207: {"content_type":"application/pdf","schema":{"type":"string"},"examples":[]}
      208: {"content_type":"application/problem+json","schema":{"type":"object"},"examples":[]}
      226: {"content_type":"application/json","schema":{"type":"object"},"examples":[]}
    definitions:
      Name: {"type":"string","enum":["a","b"]}
    "##);
}

#[test]
fn only_an_operation_that_says_so_itself_takes_no_credential() {
    let takes_none = |of_all: &str, own: &str| {
        let text = format!("openapi: 3.0.3\n{of_all}\npaths: {{/a: {{get: {{{own}responses: {{}}}}}}}}\n");
        Loaded::new(&text).first().0.is_public
    };
    let all = "security: [{key: []}]";
    assert!(takes_none(all, "security: [], "));
    assert!(takes_none(all, "security: [{}], "));
    assert!(!takes_none(all, ""));
    assert!(!takes_none(all, "security: [{}, {key: []}], "), "it may take one");
    assert!(!takes_none("", ""));
    assert!(!takes_none("security: []", ""), "the capabilities may know better");
}
