//! Operations of 2.0.

use insta::assert_snapshot;

use super::{first, shown};

#[test]
fn parameters_have_their_schema_in_themselves() {
    assert_snapshot!(shown(r"
swagger: '2.0'
paths:
  /items/{id}:
    parameters:
      - {$ref: '#/parameters/Id'}
    get:
      operationId: getItem
      parameters:
        - {name: tags, in: query, type: array, items: {type: string, minLength: 1}, collectionFormat: multi}
        - {name: fields, in: query, type: array, items: {type: string}, collectionFormat: pipes, x-nullable: true}
        - {name: words, in: query, type: array, items: {type: string}, collectionFormat: ssv}
        - {name: sort, in: query, type: string, enum: [up, down], default: up, required: true, allowEmptyValue: true}
        - {name: X-Ids, in: header, type: array, items: {type: integer}, description: which}
        - {name: tabs, in: query, type: array, items: {type: string}, collectionFormat: tsv}
        - {name: X-Words, in: header, type: array, items: {type: string}, collectionFormat: ssv}
        - {name: X-Many, in: header, type: array, items: {type: string}, collectionFormat: multi}
parameters:
  Id: {name: id, in: path, required: true, type: integer, minimum: 0, exclusiveMinimum: true}
"), @r#"
    id: "getItem"
    method: "GET"
    path: "/items/{id}"
    parameters:
      {"name":"id","place":"path","required":true,"style":"simple","explode":false,"schema":{"type":"integer","exclusiveMinimum":0}}
      {"name":"tags","place":"query","required":false,"style":"form","explode":true,"schema":{"type":"array","items":{"type":"string","minLength":1}}}
      {"name":"fields","place":"query","required":false,"style":"pipeDelimited","explode":false,"schema":{"type":["array","null"],"items":{"type":"string"}}}
      {"name":"words","place":"query","required":false,"style":"spaceDelimited","explode":false,"schema":{"type":"array","items":{"type":"string"}}}
      {"name":"sort","place":"query","required":true,"style":"form","explode":false,"schema":{"type":"string","enum":["up","down"],"default":"up"}}
      {"name":"X-Ids","place":"header","required":false,"style":"simple","explode":false,"schema":{"type":"array","items":{"type":"integer"}},"description":"which"}
      {"name":"tabs","place":"query","required":false,"style":"tabDelimited","explode":false,"schema":{"type":"array","items":{"type":"string"}}}
      {"name":"X-Words","place":"header","required":false,"style":"spaceDelimited","explode":false,"schema":{"type":"array","items":{"type":"string"}}}
      {"name":"X-Many","place":"header","required":false,"style":"simple","explode":false,"schema":{"type":"array","items":{"type":"string"}}}
    said:
      warning unsupported-description: `multi` is not supported in header; `csv` is used (at `multi`)
    "#);
}

#[test]
fn a_body_is_among_the_parameters() {
    assert_snapshot!(shown(r"
swagger: '2.0'
consumes: [text/xml, application/json]
produces: [application/xml]
paths:
  /items:
    post:
      produces: [text/plain, application/vnd.item+json]
      parameters:
        - {name: item, in: body, required: true, schema: {$ref: '#/definitions/Item'}}
      responses:
        200:
          description: fine
          schema: {$ref: '#/definitions/Item'}
          examples: {application/vnd.item+json: {id: 1}, text/plain: one}
        404: {description: none}
        406: {description: words, examples: {text/plain: no}}
definitions:
  Item:
    type: object
    required: [id]
    properties:
      id: {type: integer, x-nullable: true}
      parent: {$ref: '#/definitions/Item'}
      kind: {$ref: '#/definitions/Kind', x-nullable: true}
  Kind: {type: object, discriminator: kind, properties: {kind: {type: string}}}
"), @r##"
    id: "POST /items"
    method: "POST"
    path: "/items"
    body: {"content_type":"application/json","required":true,"schema":{"$ref":"#/$defs/Item"}}
    responses:
      200: {"content_type":"application/vnd.item+json","schema":{"$ref":"#/$defs/Item"},"examples":[{"id":1}]}
      404: {"content_type":null,"schema":null,"examples":[]}
      406: {"content_type":"text/plain","schema":{"type":"string"},"examples":["no"]}
    definitions:
      Item: {"type":"object","required":["id"],"properties":{"id":{"type":["integer","null"]},"parent":{"$ref":"#/$defs/Item"},"kind":{"anyOf":[{"$ref":"#/$defs/Kind"},{"type":"null"}]}}}
      Kind: {"type":"object","discriminator":{"propertyName":"kind"},"properties":{"kind":{"type":"string"}}}
    "##);
}

#[test]
fn form_fields_make_a_body() {
    assert_snapshot!(shown(r"
swagger: '2.0'
paths:
  /upload:
    post:
      consumes: [application/x-www-form-urlencoded, multipart/form-data]
      parameters:
        - {name: photo, in: formData, type: file, required: true, description: a picture}
        - {name: note, in: formData, type: string, maxLength: 10}
      responses:
        200: {description: back, schema: {type: file}}
"), @r#"
    id: "POST /upload"
    method: "POST"
    path: "/upload"
    body: {"content_type":"multipart/form-data","required":true,"schema":{"type":"object","properties":{"photo":{"format":"binary","type":"string","description":"a picture"},"note":{"type":"string","maxLength":10}},"required":["photo"]}}
    responses:
      200: {"content_type":"application/octet-stream","schema":{"type":"string","format":"binary"},"examples":[]}
    "#);
    let kind = |field: &str| {
        let text = format!(
            "swagger: '2.0'\npaths: {{/a: {{post: {{parameters: [{{name: a, in: formData, {field}}}]}}}}}}"
        );
        first(&text)["body"]["content_type"].as_str().unwrap().to_owned()
    };
    let lists = first(
        "swagger: '2.0'\npaths: {/a: {post: {parameters: [
        {name: csv, in: formData, type: array, items: {type: string}},
        {name: ssv, in: formData, type: array, items: {type: string}, collectionFormat: ssv},
        {name: multi, in: formData, type: array, items: {type: string}, collectionFormat: multi},
        {name: one, in: formData, type: string}]}}}",
    );
    assert_eq!(
        lists["body"]["encoding"].to_string(),
        r#"{"csv":{"style":"form"},"ssv":{"style":"spaceDelimited"}}"#
    );
    assert_eq!(kind("type: string"), "application/x-www-form-urlencoded");
    assert_eq!(kind("type: file"), "multipart/form-data");
}
