//! The resolution of references.

use insta::assert_snapshot;

use super::{first, listed, shown};

/// The definitions of an operation whose response has the schema `A` of these, and the diagnostics.
fn definitions(schemas: &str) -> serde_json::Value {
    let schema = "schema: {$ref: '#/components/schemas/A'}";
    let mut all = first(&format!(
        "openapi: 3.1.0
paths:
  /a:
    get:
      x-schemas: [{{maxLength: 2}}]
      responses: {{200: {{content: {{application/json: {{{schema}}}}}}}}}
components:
  schemas:
{schemas}
",
    ));
    let (definitions, said) = (all["definitions"].take(), all["said"].take());
    if said.is_null() { definitions } else { serde_json::json!({"definitions": definitions, "said": said}) }
}

#[test]
fn definitions_are_what_is_reached_and_recursion_stays() {
    assert_snapshot!(listed(&definitions("
    A: {type: object, properties: {next: {$ref: '#/components/schemas/A'}, b: {$ref: '#/components/schemas/B'}}}
    B: {type: array, items: {$ref: '#/components/schemas/C'}}
    C: {oneOf: [{type: string}, {$ref: '#/components/schemas/B'}]}
    Unreached: {$ref: '#/nowhere'}
")), @r##"
    A:
      type: "object"
      properties: {"next":{"$ref":"#/$defs/A"},"b":{"$ref":"#/$defs/B"}}
    B:
      type: "array"
      items: {"$ref":"#/$defs/C"}
    C:
      oneOf: [{"type":"string"},{"$ref":"#/$defs/B"}]
    "##);
}

#[test]
fn references_lead_anywhere_in_the_document_under_names_of_their_own() {
    assert_snapshot!(listed(&definitions("
    A:
      allOf:
        - $ref: '#/components/schemas/a~1b~0c%20d'
        - $ref: '#/components/x-more/A'
        - $ref: '#/components/schemas/A~1'
        - $ref: '#/paths/~1a/get/x-schemas/0'
        - $ref: '#thing'
    a/b~c d: {type: string}
    A/: {type: integer}
    Named: {properties: {x: {$anchor: thing, minLength: 1}}}
  x-more:
    A: {type: object}
")), @r##"
    A:
      allOf: [{"$ref":"#/$defs/a_b_c_d"},{"$ref":"#/$defs/A_2"},{"$ref":"#/$defs/A_"},{"$ref":"#/$defs/0"},{"$ref":"#/$defs/x"}]
    a_b_c_d:
      type: "string"
    A_2:
      type: "object"
    A_:
      type: "integer"
    0:
      maxLength: 2
    x:
      minLength: 1
    "##);
}

#[test]
fn a_fragment_within_a_schema_with_an_id_is_one_of_that_schema() {
    assert_snapshot!(listed(&definitions("
    A: {properties: {ext: {$ref: 'https://x.test/ext'}, other: {$ref: '#/components/schemas/Other'}}}
    Ext: {$id: 'https://x.test/ext', properties: {e: {$ref: '#/$defs/E'}, again: {$ref: '#'}, o: {$ref: '#/components/schemas/Other'}}, $defs: {E: {type: string}}}
    Other: {type: integer}
")), @r##"
    A:
      properties: {"ext":{"$ref":"#/$defs/Ext"},"other":{"$ref":"#/$defs/Other"}}
    Ext:
      properties: {"e":{"$ref":"#/$defs/E"},"again":{"$ref":"#/$defs/Ext"},"o":{"$ref":"#/$defs/Other"}}
    Other:
      type: "integer"
    E:
      type: "string"
    "##);
}

#[test]
fn a_reference_to_nowhere_or_elsewhere_is_said_once_and_fits_everything() {
    assert_snapshot!(listed(&definitions("
    A:
      properties:
        a: {$ref: '#/components/schemas/Gone'}
        b: {$ref: 'common.yaml#/B', description: of b}
        c: {$ref: 'https://x.test/c.json'}
        d: {$ref: '#nobody'}
        e: {$ref: 5}
        f: {$ref: '#/components/schemas/A/properties/a'}
")), @r##"
    definitions:
      A: {"properties":{"a":{},"b":{"description":"of b"},"c":{},"d":{},"e":{},"f":{"$ref":"#/$defs/a"}}}
      a: {}
    said:
      warning dangling-reference: `#/components/schemas/Gone` is not in this document; every value is accepted (at `'#/components/schemas/Gone'`)
      warning external-reference: `common.yaml#/B` is in another document; every value is accepted (at `'common.yaml#/B'`)
      warning external-reference: `https://x.test/c.json` is in another document; every value is accepted (at `'https://x.test/c.json'`)
      warning dangling-reference: `#nobody` is not in this document; every value is accepted (at `'#nobody'`)
      warning malformed-description: expected `$ref` to be a string, found a number (at `5`)
    "##);
}

#[test]
fn circles_that_say_nothing_are_opened() {
    assert_snapshot!(listed(&definitions("
    A: {$ref: '#/components/schemas/B', description: d}
    B: {allOf: [{$ref: '#/components/schemas/C'}, {type: object}]}
    C: {anyOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/D'}]}
    D:
      oneOf: [{$ref: '#/components/schemas/E'}, {type: string}]
      properties: {d: {$ref: '#/components/schemas/D'}}
    E: {allOf: [{$ref: '#/components/schemas/D'}], dependentSchemas: {x: {$ref: '#/components/schemas/E'}}}
")), @r##"
    definitions:
      A: {"$ref":"#/$defs/B","description":"d"}
      B: {"allOf":[{"$ref":"#/$defs/C"},{"type":"object"}]}
      C: {"anyOf":[{},{"$ref":"#/$defs/D"}]}
      D: {"oneOf":[{"$ref":"#/$defs/E"},{"type":"string"}],"properties":{"d":{"$ref":"#/$defs/D"}}}
      E: {"allOf":[{}],"dependentSchemas":{"x":{}}}
    said:
      warning circular-reference: `#/components/schemas/A` leads back to itself (at `'#/components/schemas/A'`)
      warning circular-reference: `#/components/schemas/D` leads back to itself (at `'#/components/schemas/D'`)
      warning circular-reference: `#/components/schemas/E` leads back to itself (at `'#/components/schemas/E'`)
    "##);
}

#[test]
fn references_of_parameters_bodies_and_answers_are_followed_or_said() {
    assert_snapshot!(shown("
openapi: 3.2.0
$self: https://x.test/api.yaml
paths:
  /a/{id}/{other}:
    post:
      parameters:
        - {$ref: 'https://x.test/api.yaml#/components/parameters/Id'}
        - {$ref: 'elsewhere.yaml#/Other'}
        - {$ref: '#/components/parameters/Round'}
      requestBody: {$ref: '#/components/requestBodies/Gone'}
      responses:
        200: {$ref: '#/components/responses/Round'}
components:
  parameters:
    Id: {$ref: '#/components/parameters/RealId'}
    RealId: {name: id, in: path, schema: {$ref: '#/components/parameters/Id/x'}}
    Round: {$ref: '#/components/parameters/Round'}
  responses:
    Round: {$ref: '#/components/responses/Round'}
"), @r#"
    id: "POST /a/{id}/{other}"
    method: "POST"
    path: "/a/{id}/{other}"
    parameters:
      {"name":"id","place":"path","required":true,"style":"simple","explode":false,"schema":{}}
      {"name":"other","place":"path","required":true,"style":"simple","explode":false,"schema":{"type":"string"}}
    body: {"content_type":"application/json","required":false,"schema":{}}
    responses:
      200: {"content_type":null,"schema":{},"examples":[]}
    said:
      warning external-reference: `elsewhere.yaml#/Other` is in another document; every value is accepted (at `'elsewhere.yaml#/Other'`)
      warning circular-reference: `#/components/parameters/Round` leads back to itself (at `'#/components/parameters/Round'`)
      warning dangling-reference: `#/components/parameters/Id/x` is not in this document; every value is accepted (at `'#/components/parameters/Id/x'`)
      warning dangling-reference: `#/components/requestBodies/Gone` is not in this document; every value is accepted (at `'#/components/requestBodies/Gone'`)
      warning circular-reference: `#/components/responses/Round` leads back to itself (at `'#/components/responses/Round'`)
    "#);
}
