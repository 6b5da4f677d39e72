//! Operations of 3.0, 3.1 and 3.2: parameters, bodies, answers.

use insta::assert_snapshot;

use super::{first, shown};

#[test]
fn parameters_of_the_path_are_merged_and_styles_filled_in() {
    assert_snapshot!(shown(r"
openapi: 3.0.3
paths:
  /shops/{shop}/items/{item}:
    parameters:
      - {name: shop, in: path, required: true, schema: {type: string}}
      - {name: limit, in: query, schema: {type: integer, maximum: 10}, description: of the path}
      - {name: limit, in: header, schema: {type: integer}}
    get:
      operationId: getItem
      parameters:
        - {name: item, in: path, style: matrix, schema: {type: array, items: {type: string}}}
        - {name: limit, in: query, schema: {type: integer, maximum: 99}, description: of the operation}
        - {name: filter, in: query, style: deepObject, explode: true, schema: {type: object}}
        - {name: tags, in: query, style: pipeDelimited, schema: {type: array}, deprecated: true}
        - {name: session, in: cookie, required: true, schema: {type: string}}
        - {name: expand, in: query, explode: false, allowReserved: true, schema: {type: array}}
        - {name: where, in: query, content: {application/json: {schema: {type: object}}}}
"), @r#"
    id: "getItem"
    method: "GET"
    path: "/shops/{shop}/items/{item}"
    parameters:
      {"name":"shop","place":"path","required":true,"style":"simple","explode":false,"schema":{"type":"string"}}
      {"name":"limit","place":"query","required":false,"style":"form","explode":true,"schema":{"type":"integer","maximum":99},"description":"of the operation"}
      {"name":"limit","place":"header","required":false,"style":"simple","explode":false,"schema":{"type":"integer"}}
      {"name":"item","place":"path","required":true,"style":"matrix","explode":false,"schema":{"type":"array","items":{"type":"string"}}}
      {"name":"filter","place":"query","required":false,"style":"deepObject","explode":true,"schema":{"type":"object"}}
      {"name":"tags","place":"query","required":false,"style":"pipeDelimited","explode":false,"schema":{"type":"array"},"deprecated":true}
      {"name":"session","place":"cookie","required":true,"style":"form","explode":true,"schema":{"type":"string"}}
      {"name":"expand","place":"query","required":false,"style":"form","explode":false,"allow_reserved":true,"schema":{"type":"array"}}
      {"name":"where","place":"query","required":false,"style":"form","explode":true,"content_type":"application/json","schema":{"type":"object"}}
    "#);
}

#[test]
fn headers_that_something_else_decides_are_left_out() {
    assert_snapshot!(shown(r"
openapi: 3.1.0
paths:
  /a:
    get:
      parameters:
        - {name: ACCEPT, in: header, schema: {type: string}}
        - {name: content-type, in: header, required: true, schema: {type: string}}
        - {name: Authorization, in: header, schema: {type: string}}
        - {name: Authorization, in: query, schema: {type: string}}
"), @r#"
    id: "GET /a"
    method: "GET"
    path: "/a"
    parameters:
      {"name":"Authorization","place":"query","required":false,"style":"form","explode":true,"schema":{"type":"string"}}
    "#);
}

#[test]
fn a_path_parameter_is_always_there_and_only_where_the_path_has_it() {
    assert_snapshot!(shown(r"
openapi: 3.1.0
paths:
  /a/{id}.{format}:
    get:
      parameters:
        - {name: other, in: path, required: true, schema: {type: string}}
        - {name: format, in: path, schema: {enum: [json, xml]}}
"), @r#"
    id: "GET /a/{id}.{format}"
    method: "GET"
    path: "/a/{id}.{format}"
    parameters:
      {"name":"format","place":"path","required":true,"style":"simple","explode":false,"schema":{"enum":["json","xml"]}}
      {"name":"id","place":"path","required":true,"style":"simple","explode":false,"schema":{"type":"string"}}
    said:
      warning malformed-description: the path `/a/{id}.{format}` has no parameter `other` (at `other`)
      warning undeclared-path-parameter: `id` of `/a/{id}.{format}` is declared by no parameter (at `/a/{id}.{format}`)
    "#);
}

#[test]
fn what_a_parameter_cannot_be_is_said_and_left_out() {
    assert_snapshot!(shown(r"
openapi: 3.2.0
paths:
  /a:
    get:
      parameters:
        - {name: b, in: body, schema: {}}
        - {in: query, schema: {}}
        - {name: no-place}
        - {name: c, in: cookie, style: cookie, schema: {type: string}}
        - {name: h, in: header, style: deepObject, schema: {type: string}}
        - {name: n, in: query}
        - nothing
"), @r#"
    id: "GET /a"
    method: "GET"
    path: "/a"
    parameters:
      {"name":"c","place":"cookie","required":false,"style":"cookie","explode":true,"schema":{"type":"string"}}
      {"name":"h","place":"header","required":false,"style":"simple","explode":false,"schema":{"type":"string"}}
      {"name":"n","place":"query","required":false,"style":"form","explode":true,"schema":{}}
    said:
      warning malformed-description: expected a parameter to be a mapping, found a string (at `nothing`)
      warning malformed-description: expected `path`, `query`, `header` or `cookie`, found `body` (at `body`)
      warning malformed-description: a parameter has no `name` (at `{in: query, schema: {}}`)
      warning malformed-description: a parameter has no `in` (at `{name: no-place}`)
      warning malformed-description: expected a style for a header parameter, found `deepObject` (at `deepObject`)
    "#);
}

#[test]
fn json_is_preferred_then_forms_then_text() {
    let chosen = |types: &str| {
        let text =
            format!("openapi: 3.1.0\npaths: {{/a: {{post: {{requestBody: {{content: {{{types}}}}}}}}}}}");
        first(&text)["body"]["content_type"].as_str().unwrap().to_owned()
    };
    assert_eq!(chosen("text/csv: {}, application/hal+json: {}, application/json: {}"), "application/json");
    assert_eq!(chosen("text/csv: {}, application/hal+json; v=1: {}, '*/*': {}"), "application/hal+json; v=1");
    assert_eq!(
        chosen("text/csv: {}, Application/JSON; charset=utf-8: {}"),
        "Application/JSON; charset=utf-8"
    );
    assert_eq!(
        chosen("multipart/form-data: {}, application/x-www-form-urlencoded: {}"),
        "application/x-www-form-urlencoded"
    );
    assert_eq!(chosen("image/png: {}, text/plain: {}, multipart/form-data: {}"), "multipart/form-data");
    assert_eq!(chosen("image/png: {}, text/plain: {}"), "text/plain");
    assert_eq!(chosen("image/png: {}, application/zip: {}"), "image/png");
    assert_eq!(chosen("'*/*': {}"), "application/json");
}

#[test]
fn properties_of_forms_have_encodings() {
    let encoding = |kind: &str, encoding: &str| {
        let text = format!(
            "openapi: 3.1.0\npaths: {{/a: {{post: {{requestBody: {{content: {{{kind}: {{encoding: {encoding}}}}}}}}}}}}}"
        );
        first(&text)["body"]["encoding"].to_string()
    };
    let all = "{a: {contentType: image/png}, b: {style: deepObject}, c: {explode: false, contentType: text/plain}, \
        d: {allowReserved: true}, e: {}, f: {headers: {X-A: {schema: {type: string}}}}}";
    let expected = r#"{"a":{"content_type":"image/png"},"b":{"style":"deepObject"},"c":{"style":"form"},"d":{"style":"form","explode":true,"allow_reserved":true},"e":{},"f":{}}"#;
    assert_eq!(encoding("multipart/form-data", all), expected);
    assert_eq!(encoding("application/x-www-form-urlencoded", all), expected);
    assert_eq!(encoding("application/json", all), "null", "it has a meaning for forms only");
    assert_eq!(encoding("multipart/form-data", "[a]"), "null");
}

#[test]
fn bodies_and_answers_are_followed_with_their_examples() {
    assert_snapshot!(shown(r"
openapi: 3.1.0
paths:
  /pets:
    post:
      operationId: createPet
      deprecated: true
      requestBody: {$ref: '#/components/requestBodies/Pet'}
      responses:
        '201':
          description: made
          content:
            text/plain: {schema: {type: string}}
            application/json:
              schema: {$ref: '#/components/schemas/Pet'}
              examples:
                cat: {value: {name: Tom}}
                dog: {$ref: '#/components/examples/Dog'}
                elsewhere: {externalValue: 'https://x.test'}
        '204': {description: nothing}
        4XX: {$ref: '#/components/responses/Wrong'}
        default: {description: other, content: {'*/*': {example: null}}}
        x-hidden: {}
components:
  requestBodies:
    Pet: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
  responses:
    Wrong: {description: wrong, content: {application/problem+json: {schema: {type: object}, example: {title: no}}}}
  examples:
    Dog: {value: {name: Rex}}
  schemas:
    Pet: {type: object, properties: {name: {type: string}}}
"), @r##"
    id: "createPet"
    method: "POST"
    path: "/pets"
    body: {"content_type":"application/json","required":true,"schema":{"$ref":"#/$defs/Pet"}}
    responses:
      201: {"content_type":"application/json","schema":{"$ref":"#/$defs/Pet"},"examples":[{"name":"Tom"},{"name":"Rex"}]}
      204: {"content_type":null,"schema":null,"examples":[]}
      4XX: {"content_type":"application/problem+json","schema":{"type":"object"},"examples":[{"title":"no"}]}
      default: {"content_type":"application/json","schema":null,"examples":[null]}
    definitions:
      Pet: {"type":"object","properties":{"name":{"type":"string"}}}
    deprecated: true
    "##);
}

#[test]
fn streams_shared_media_types_and_written_examples_of_3_2() {
    assert_snapshot!(shown(r"
openapi: 3.2.0
paths:
  /events:
    get:
      responses:
        200:
          content:
            application/json: {$ref: '#/components/mediaTypes/Events'}
components:
  mediaTypes:
    Events:
      itemSchema: {type: object}
      examples: {one: {dataValue: [{}], serializedValue: '[{}]'}}
"), @r#"
    id: "GET /events"
    method: "GET"
    path: "/events"
    responses:
      200: {"content_type":"application/json","schema":{"type":"array","items":{"type":"object"}},"examples":[[{}]]}
    "#);
}
