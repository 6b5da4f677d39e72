//! Schemas of every version as JSON Schema 2020-12.

use insta::{assert_compact_json_snapshot, assert_snapshot};

use super::{listed, schema};

#[test]
fn null_is_a_type_in_3_0_as_well() {
    let three = |text: &str| schema("3.0.3", text);
    assert_compact_json_snapshot!(three("{type: string, nullable: true}"), @r#"{"type": ["string", "null"]}"#);
    assert_compact_json_snapshot!(three("{type: string, nullable: false}"), @r#"{"type": "string"}"#);
    assert_compact_json_snapshot!(three("{type: string, nullable: true, enum: [a, b]}"), @r#"{"type": ["string", "null"], "enum": ["a", "b", null]}"#);
    assert_compact_json_snapshot!(three("{nullable: true, enum: [a, null]}"), @r#"{"enum": ["a", null]}"#);
    assert_compact_json_snapshot!(three("{$ref: '#/components/schemas/Thing', nullable: true}"), @r##"{"anyOf": [{"$ref": "#/$defs/Thing"}, {"type": "null"}]}"##);
    assert_compact_json_snapshot!(
        three("{description: d, nullable: true, type: object, allOf: [{$ref: '#/components/schemas/Thing'}]}"),
        @r##"{"description": "d", "anyOf": [{"type": "object", "allOf": [{"$ref": "#/$defs/Thing"}]}, {"type": "null"}]}"##
    );
    assert_compact_json_snapshot!(three("{nullable: true}"), @"{}");
    // In 3.1 the keyword has no meaning, and in no version is a property of this name a keyword.
    assert_compact_json_snapshot!(schema("3.1.0", "{type: string, nullable: true}"), @r#"{"type": "string", "nullable": true}"#);
    assert_compact_json_snapshot!(three("{properties: {nullable: {type: boolean, nullable: true}}}"), @r#"{"properties": {"nullable": {"type": ["boolean", "null"]}}}"#);
}

#[test]
fn null_is_understood_in_every_spelling() {
    assert_compact_json_snapshot!(schema("3.0.3", "{type: string, x-nullable: true}"), @r#"{"type": ["string", "null"]}"#);
    assert_compact_json_snapshot!(schema("3.0.3", "{type: [string, 'null']}"), @r#"{"type": ["string", "null"]}"#);
    assert_compact_json_snapshot!(schema("3.1.0", "{type: [string, null]}"), @r#"{"type": ["string", "null"]}"#);
    assert_compact_json_snapshot!(schema("3.1.0", "{anyOf: [{type: string}, {type: 'null'}]}"), @r#"{"anyOf": [{"type": "string"}, {"type": "null"}]}"#);
}

#[test]
fn what_nothing_fits_is_left_out_and_reported_where_it_is() {
    assert_snapshot!(listed(&schema("3.1.0", "
type: object
required: [id, other]
properties:
  id: {type: string, minLength: 5, maxLength: 3}
  none: {enum: []}
  number: {exclusiveMinimum: 5, maximum: 4.5, multipleOf: 2}
  joined: {type: string, allOf: [{minLength: 2}, {type: integer}, {$ref: '#/components/schemas/Thing'}]}
  whole: {allOf: [{type: number}, {type: integer, maximum: 3}]}
  maybe: {allOf: [{type: [string, 'null']}, {type: string}]}
  exact: {minimum: 3, maximum: 3}
additionalProperties: false
")), @r##"
    schema:
      type: "object"
      required: ["id","other"]
      properties: {"id":{"type":"string"},"none":{},"number":{"multipleOf":2},"joined":{"type":"string","allOf":[{"minLength":2},{},{"$ref":"#/$defs/Thing"}]},"whole":{"allOf":[{"type":"number"},{"type":"integer","maximum":3}]},"maybe":{"allOf":[{"type":["string","null"]},{"type":"string"}]},"exact":{"minimum":3,"maximum":3}}
    said:
      warning impossible-schema: no value fits: `minLength` is 5, and `maxLength` is 3 (at `3`)
      warning impossible-schema: `enum` is empty, so no value fits (at `[]`)
      warning impossible-schema: no value fits: `exclusiveMinimum` is 5, and `maximum` is 4.5 (at `4.5`)
      warning impossible-schema: no value fits: this schema takes `integer`, and another one in `allOf` takes `string` (at `{type: integer}`)
      warning impossible-schema: no value fits: `other` is required, and excluded here (at `false`)
    "##);
    // Properties declared by sibling schemas are not excluded.
    assert_compact_json_snapshot!(schema("3.1.0", "{required: [a], additionalProperties: false, allOf: [{properties: {a: {}}}]}"), @r#"{"required": ["a"], "additionalProperties": false, "allOf": [{"properties": {"a": {}}}]}"#);
}

#[test]
fn bounds_that_exclude_are_numbers() {
    let three = |text: &str| schema("3.0.3", text);
    assert_compact_json_snapshot!(three("{minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false}"), @r#"{"maximum": 9, "exclusiveMinimum": 1}"#);
    assert_compact_json_snapshot!(three("{exclusiveMaximum: true}"), @"{}");
    assert_compact_json_snapshot!(schema("3.1.0", "{exclusiveMinimum: 1, maximum: 2}"), @r#"{"exclusiveMinimum": 1, "maximum": 2}"#);
}

#[test]
fn properties_may_be_called_like_keywords() {
    assert_snapshot!(listed(&schema("3.0.3", "
type: object
required: [$ref, type, type]
properties:
  $ref: {type: string}
  type: {type: string, example: {$ref: '#/nowhere', nullable: true}}
  nullable: {type: boolean}
  example: {type: integer, example: 3}
  properties: {type: object, properties: {$ref: {$ref: '#/components/schemas/Thing'}}}
  enum: {enum: [{$ref: '#/nowhere'}]}
  $defs: {default: {$ref: '#/nowhere'}}
")), @r##"
    type: "object"
    required:
      $ref
      type
    properties:
      $ref: {"type":"string"}
      type: {"type":"string","example":{"$ref":"#/nowhere","nullable":true}}
      nullable: {"type":"boolean"}
      example: {"type":"integer","example":3}
      properties: {"type":"object","properties":{"$ref":{"$ref":"#/$defs/Thing"}}}
      enum: {"enum":[{"$ref":"#/nowhere"}]}
      $defs: {"default":{"$ref":"#/nowhere"}}
    "##);
}

#[test]
fn what_stands_beside_a_reference_counts_from_3_1_on() {
    let text = "{$ref: '#/components/schemas/Thing', description: d, maxProperties: 2, example: {}}";
    assert_compact_json_snapshot!(schema("3.0.3", text), @r##"{"$ref": "#/$defs/Thing", "description": "d", "example": {}}"##);
    assert_compact_json_snapshot!(schema("3.1.0", text), @r##"{"$ref": "#/$defs/Thing", "description": "d", "maxProperties": 2, "example": {}}"##);
}

#[test]
fn older_drafts_are_said_in_the_newer_words() {
    let one = |text: &str| schema("3.1.0", text);
    assert_compact_json_snapshot!(one("{items: [{type: string}, true], additionalItems: false}"), @r#"{"prefixItems": [{"type": "string"}, true], "items": false}"#);
    assert_compact_json_snapshot!(one("{items: {}, additionalItems: false}"), @r#"{"items": {}}"#);
    assert_compact_json_snapshot!(one("{dependencies: {a: [b], c: {required: [d]}}}"), @r#"{"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"required": ["d"]}}}"#);
    assert_compact_json_snapshot!(one("{$id: 'https://x.test/a', $schema: x, $anchor: here, $defs: {A: {}}, type: [string, 'null']}"), @r#"{"type": ["string", "null"]}"#);
    assert_compact_json_snapshot!(one("true"), @"true");
    assert_compact_json_snapshot!(one(""), @"{}");
}

#[test]
fn keywords_of_the_wrong_shape_are_left_out_and_said() {
    assert_snapshot!(listed(&schema("3.1.0", "
type: [string, date]
required: true
minLength: -1
pattern: 5
allOf: []
anyOf: [3]
properties: [a]
enum: x
items: 7
maximum: '9'
x-free: anything
")), @r#"
    schema:
      anyOf: [{}]
      items: {}
      x-free: "anything"
    said:
      warning malformed-description: expected a type of JSON Schema, found `date` (at `date`)
      warning malformed-description: expected `required` to be a list of names, found a boolean (at `true`)
      warning malformed-description: expected `minLength` to be a whole number from 0, found a number (at `-1`)
      warning malformed-description: expected `pattern` to be a string, found a number (at `5`)
      warning malformed-description: expected a schema, found a number (at `3`)
      warning malformed-description: expected `properties` to be a mapping, found a list (at `[a]`)
      warning malformed-description: expected `enum` to be a list, found a string (at `x`)
      warning malformed-description: expected a schema, found a number (at `7`)
      warning malformed-description: expected `maximum` to be a number, found a string (at `'9'`)
    "#);
}

#[test]
fn a_discriminator_leads_to_definitions_like_a_reference() {
    assert_snapshot!(super::shown("
openapi: 3.0.0
paths:
  /pets:
    get:
      responses:
        200: {content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
components:
  schemas:
    Pet:
      type: object
      properties: {kind: {type: string}}
      discriminator:
        propertyName: kind
        mapping: {cat: Cat, dog: '#/components/schemas/Dog', gone: Gone}
    Cat: {allOf: [{$ref: '#/components/schemas/Pet'}, {properties: {lives: {type: integer}}}]}
    Dog: {allOf: [{$ref: '#/components/schemas/Pet'}]}
"), @r##"
    id: "GET /pets"
    method: "GET"
    path: "/pets"
    responses:
      200: {"content_type":"application/json","schema":{"$ref":"#/$defs/Pet"},"examples":[]}
    definitions:
      Pet: {"type":"object","properties":{"kind":{"type":"string"}},"discriminator":{"propertyName":"kind","mapping":{"cat":"#/$defs/Cat","dog":"#/$defs/Dog"}}}
      Cat: {"allOf":[{"$ref":"#/$defs/Pet"},{"properties":{"lives":{"type":"integer"}}}]}
      Dog: {"allOf":[{"$ref":"#/$defs/Pet"}]}
    "##);
}
